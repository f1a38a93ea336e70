"""``siaga doctor``: can this machine do the work?"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from siaga.cli.console import stdout
from siaga.core.redact import Redactor

if TYPE_CHECKING:
    from siaga.core.settings import Settings
    from siaga.edge.finding import Finding

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(
    config: Annotated[
        Path | None, typer.Argument(help="A site's configuration; default: what Siaga takes by itself.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look at this machine and say what is right, what could be better and what is wrong, with the way out.

    Ends with 1 when something is wrong.
    """
    from siaga.edge.doctor import diagnose
    from siaga.edge.finding import Status

    settings, mask = _settings(config)
    findings = diagnose(settings)
    good = all(finding.status is not Status.FAIL for finding in findings)
    if as_json:
        told = {"ok": good, "findings": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps(mask.value(told), indent=2))
    else:
        _print(findings, mask)
    if not good:
        raise typer.Exit(1)


def _settings(config: Path | None) -> "tuple[Settings, Redactor]":
    from siaga.core.settings.load import load_settings, parse_settings

    if config is not None:
        loaded = load_settings(config)
    else:
        loaded = parse_settings("cameras: {none: {ffmpeg: {inputs: [{path: 'device:0'}]}}}")
    return loaded.settings, loaded.redact


def _print(findings: "list[Finding]", mask: Redactor) -> None:
    table = Table(box=None, show_header=False)
    for finding in findings:
        colour = _COLOURS[finding.status.value]
        said = escape(mask(finding.said))
        if finding.way_out:
            said += f"\n[bold]way out:[/] {escape(mask(finding.way_out))}"
        table.add_row(f"[{colour}]{finding.status.value}[/]", escape(finding.name), said)
    stdout().print(table)
