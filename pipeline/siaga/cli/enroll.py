"""``siaga enroll``: make this box known to a service."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from siaga.cli.console import stdout
from siaga.core.errors import ConfigError


def enroll(
    url: Annotated[str, typer.Argument(help="The service's address, e.g. https://siaga.example.com.")],
    code: Annotated[str, typer.Option("--code", help="The one-time code that the service gave out.")],
    config: Annotated[
        Path,
        typer.Option("--config", help="This box's configuration; names state_dir and deliver.token_file."),
    ] = Path("site.yaml"),
) -> None:
    """Make this box known to a service, with a one-time code and the box's own key.

    The token that the service gives goes to deliver.token_file; only its owner can read it.
    """
    import httpx

    from siaga.core.settings.load import load_settings
    from siaga.deliver.device import load_or_make_key
    from siaga.deliver.enrol import enrol

    settings = load_settings(config).settings
    path = settings.deliver.token_file
    if path is None:
        raise ConfigError(
            "There is no file for the token.",
            where=str(config),
            fix="Set deliver.token_file, e.g. device.token.",
        )
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    key = load_or_make_key(settings.state_dir / "device.key")
    with httpx.Client(timeout=settings.deliver.timeout) as client:
        enrolled = enrol(client, url, code, key)
    _keep(path, enrolled.token)
    console = stdout()
    console.print(f"[bold green]{escape(enrolled.device_id)}[/] belongs to {escape(enrolled.site)}.")
    if settings.site.name != enrolled.site:
        console.print(
            f"[bold red]The configuration says {escape(settings.site.name)}:[/] set site.name to "
            f"{escape(enrolled.site)}, or nothing will be taken."
        )
    if settings.deliver.url != url.rstrip("/"):
        console.print(f"Set deliver.url to {escape(url.rstrip('/'))}.")


def _keep(path: Path, token: str) -> None:
    """Write the token, readable for its owner only, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(token + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(path)
