"""One typer app; each command imports what it needs when it is called, so that ``--help`` is quick."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from siaga.cli import (
    account,
    analyze,
    archive,
    bench,
    camera,
    config,
    crops,
    data,
    demo,
    doctor,
    enroll,
    export,
    model,
    proof,
    run,
    serve,
    sim,
    status,
    train,
)
from siaga.cli import eval as evaluation
from siaga.cli.console import show_error
from siaga.core.errors import SiagaError

app = typer.Typer(
    name="siaga",
    help="Siaga: safety watch for construction and energy sites, from the CCTV you have.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("status")(status.status)
app.command("serve")(serve.serve)
app.command("enroll")(enroll.enroll)
app.command("analyze")(analyze.analyze)
app.command("doctor")(doctor.doctor)
app.command("export")(export.export)
app.command("train")(train.train)
app.command("eval")(evaluation.evaluate)
app.command("tune")(evaluation.tune)
app.add_typer(bench.app, name="bench")
app.add_typer(config.app, name="config")
app.add_typer(camera.app, name="camera")
app.add_typer(data.app, name="data")
app.add_typer(sim.app, name="sim")
app.add_typer(model.app, name="model")
app.add_typer(crops.app, name="crops")
archive.app.command("pack")(proof.pack)
archive.app.command("prove")(proof.prove)
archive.app.command("sweep")(proof.sweep)
app.add_typer(archive.app, name="archive")
app.add_typer(account.app, name="account")


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"siaga {version('siaga')}")
        raise typer.Exit


@app.callback()
def siaga(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Siaga: safety watch for construction and energy sites, from the CCTV you have."""


def main() -> None:
    """Run the command line; errors of Siaga's own tree become one message and their exit code."""
    try:
        app()
    except SiagaError as error:
        show_error(error)
        sys.exit(error.exit_code)
    except ImportError as error:
        from siaga.edge.libraries import explain

        missing = explain(error)
        show_error(missing)
        sys.exit(missing.exit_code)
    except BrokenPipeError:
        sys.exit(0)
