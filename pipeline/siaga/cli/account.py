"""``siaga account``: what the owner of the machine can do when nobody can sign in."""

from pathlib import Path
from typing import Annotated

import typer

from siaga.core.errors import DependencyMissing

app = typer.Typer(no_args_is_help=True, help="Accounts of the service, from its own machine.")


@app.callback()
def _accounts() -> None:
    """Accounts of the service, from its own machine."""


@app.command("link")
def link(
    login: Annotated[str, typer.Argument(help="The name that the user signs in with.")],
    data: Annotated[Path, typer.Option("--data", help="The service's data folder.")] = Path("var/serve"),
    database: Annotated[
        str | None, typer.Option("--database", envvar="SIAGA_DATABASE", help="As for siaga serve.")
    ] = None,
) -> None:
    """Print a one-time link with which a user sets a new password; the service may run meanwhile."""
    try:
        from siaga.api.recovery import password_link
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            f"the service needs the package {error.name}", fix="Install it: pip install 'siaga[serve]'"
        ) from error
    typer.echo(
        f"Open below the service's address, once, within three days: {password_link(data, database, login)}"
    )
