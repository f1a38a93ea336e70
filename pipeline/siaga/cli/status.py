"""``siaga status``: what the service made of this box."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from siaga.cli.console import stdout


def status(
    config: Annotated[Path, typer.Argument(help="The box's own configuration, e.g. site.yaml.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say which configuration this box runs, whose orders it takes, and whether it is halted.

    Read from the state folder; it need not be running. Ends with 1 when the kill switch holds.
    """
    from siaga.core.settings.load import load_settings
    from siaga.deliver.link_state import LinkState

    settings = load_settings(config).settings
    state = LinkState(settings.state_dir, settings.deliver.link.service_key)
    orders, outcome = state.orders(), state.outcome()
    halt = orders.halt if orders else None
    told: dict[str, Any] = {
        "link": settings.deliver.link.enabled,
        "service": settings.deliver.url,
        "service_key": state.key(),
        "orders": orders.number if orders else None,
        "orders_done": outcome.number,
        "configuration": outcome.configuration,
        "refused": outcome.refused.model_dump() if outcome.refused else None,
        "halted": halt.model_dump(mode="json") if halt else None,
    }
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    else:
        _print(told)
    if halt is not None:
        raise typer.Exit(1)


def _print(told: dict[str, Any]) -> None:
    out = stdout()
    halted, refused = told["halted"], told["refused"]
    if halted:
        out.print(f"[bold red]halted[/] since {halted['since']}: {escape(halted['reason'])}")
        out.print("no camera is decoded until it is lifted in the service")
    out.print(f"link: {'on, to ' + escape(str(told['service'])) if told['link'] else 'off'}")
    if told["service_key"]:
        out.print(f"service's key: {told['service_key']}")
    version = told["configuration"]
    out.print(f"configuration: {'the own file' if version is None else f'version {version} of the service'}")
    if refused:
        out.print(f"[yellow]version {refused['version']} refused[/]: {escape(refused['reason'])}")
