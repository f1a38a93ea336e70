"""``siaga model``: what models are here, what they are, and whether they are whole."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer
from rich.markup import escape
from rich.table import Table

from siaga.cli.console import stdout
from siaga.cli.training import bars, need_training
from siaga.core.errors import BadRequest

if TYPE_CHECKING:
    from siaga.detect import Provider

app = typer.Typer(help="Look at models: list, show, check, card.", no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(help="Name of a shipped model, or path of a manifest.", show_default=False)
]
Folder = Annotated[Path | None, typer.Option(help="Folder of manifests; default: the shipped weights.")]


@app.callback()
def model() -> None:
    """Look at models: list, show, check, card."""


@app.command("list")
def list_models(folder: Folder = None) -> None:
    """List the models in a folder."""
    from siaga.manifest import names, resolve_any

    table = Table("name", "task", "input", "precision", "MB", "classes", box=None)
    for name in names(folder):
        manifest = resolve_any(name, folder)
        spec = manifest.input
        table.add_row(
            manifest.name,
            manifest.task,
            f"{spec.width}x{spec.height}",
            _precision(manifest),
            f"{manifest.bytes / 1e6:.1f}",
            ", ".join(manifest.classes),
        )
    stdout().print(table)


@app.command("show")
def show(name: Name) -> None:
    """Show what the manifest knows, as its card does."""
    need_training()
    from siaga.export.card import facts
    from siaga.manifest import resolve_any

    stdout().print(escape(facts(resolve_any(name))), end="")


@app.command("check")
def check(
    name: Name,
    data: Annotated[
        Path | None, typer.Option(help="Prepared set, to compare the file on its val split once more.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Model to compare it with; default: the one in its manifest.")
    ] = None,
    provider: Annotated[str, typer.Option(help="What runs the file: cpu, openvino, cuda, tensorrt.")] = "cpu",
) -> None:
    """Check that a model file is the one in its manifest, loads, and runs; with --data, its parity too.

    Nothing is written.
    """
    from siaga.detect.onnx import read_model
    from siaga.manifest import Manifest, resolve_any

    manifest = resolve_any(name)
    read_model(manifest)
    console = stdout()
    console.print(f"{escape(str(manifest.path))}: sha256 {manifest.sha256}")
    if not isinstance(manifest, Manifest):
        return
    from siaga.detect import open_detector

    runs_on = _provider(provider)
    open_detector(manifest, provider=runs_on).close()
    console.print(f"loads and runs on {runs_on}: {', '.join(manifest.classes)}")
    need_training()
    from siaga.export.card import parity_text

    console.print(escape(parity_text(manifest.parity)))
    if data is not None:
        from siaga.export.again import compare_again

        with bars() as progress:
            found = compare_again(manifest, against, data, runs_on, progress)
        console.print(f"now, on {runs_on}: {escape(str(found))}")


@app.command("card")
def card(name: Name) -> None:
    """Write the model card's facts anew from the manifest; what was written by hand stays."""
    need_training()
    from siaga.export.card import write_card
    from siaga.manifest import manifest_path, resolve_any

    path = manifest_path(name).with_suffix(".md")
    write_card(resolve_any(name), path)
    stdout().print(escape(str(path)))


def _provider(name: str) -> "Provider":
    from siaga.detect import Provider

    for known in get_args(Provider):
        if known == name:
            return cast("Provider", known)
    raise BadRequest(f"There is no provider {name!r}.", fix=f"Choose: {', '.join(get_args(Provider))}.")


def _precision(manifest: object) -> str:
    parity = getattr(manifest, "parity", None)
    return parity.precision if parity is not None else "-"
