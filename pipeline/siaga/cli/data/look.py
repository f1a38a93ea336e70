"""``siaga data audit`` and ``convert``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from siaga.cli.console import stdout
from siaga.cli.data.options import (
    Camera,
    CardName,
    Cards,
    Form,
    From,
    NewFolder,
    Seed,
    Set,
    bar,
    card_of,
    must_be_new,
    read,
)
from siaga.core.errors import ConfigError

if TYPE_CHECKING:
    from siaga.data.audit import Audit
    from siaga.data.records import Finding

_SHOWN = 8


def audit(
    sets: Annotated[
        list[Path],
        typer.Argument(
            help="Sets: their folders, or data.yaml files; several are compared.", show_default=False
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="A new folder for report and contact sheets.")] = None,
    fix: Annotated[
        Path | None, typer.Option(help="A new folder for a copy without what is broken and what leaks.")
    ] = None,
    form: From = Form.yolo,
    card: CardName = None,
    cards: Cards = None,
    camera: Camera = None,
    seed: Seed = 0,
) -> None:
    """Look for broken files, wrong boxes, duplicates, and pictures on both sides of a split.

    The last line of output is one JSON object. The exit code is not 0 where a training would be wrong.
    """
    from siaga.data.audit import audit as look
    from siaga.data.audit_report import summary

    for folder in (out, fix):
        must_be_new(folder)
    found = [read(path, form, card, cards) for path in sets]
    regexes = [camera or (own.camera_prefix if own else None) for _, own in found]
    with bar("pictures") as progress:
        audited = look([data for data, _ in found], regexes, progress)
    _show(audited)
    if out is not None:
        _write_report(audited, out, seed)
    if fix is not None:
        _write_fixed(audited, fix)
    typer.echo(json.dumps(summary(audited)))
    if audited.errors:
        raise _refusal(audited, sets)


def convert(
    source: Set,
    out: NewFolder,
    form: From = Form.yolo,
    to: Annotated[Form, typer.Option("--to", help="How the copy is to be written.")] = Form.coco,
    card: CardName = None,
    cards: Cards = None,
) -> None:
    """Write a set in another form. A set with a fault in it is refused, its file and line named."""
    from siaga.data.formats import convert as write

    made = write(source, out, form.value, to.value, card_of(source, card, cards))
    boxes = sum(made.box_counts().values())
    stdout().print(f"{escape(str(out))}: {len(made.pictures)} pictures, {boxes} boxes as {to.value}")


def _show(audited: "Audit") -> None:
    console = stdout()
    for data in audited.sets:
        parts = ", ".join(f"{split} {len(data.of(split))}" for split in data.splits)
        console.print(f"[bold]{escape(data.name)}[/]: {len(data.pictures)} pictures ({parts})")
        boxes = ", ".join(f"{name} {count}" for name, count in data.box_counts().items())
        console.print(f"  boxes: {escape(boxes)}")
    kinds: dict[str, list[Finding]] = {}
    for finding in sorted(audited.findings, key=lambda finding: not finding.error):
        kinds.setdefault(finding.code, []).append(finding)
    for code, group in kinds.items():
        kind = "[red]error[/]" if group[0].error else "[yellow]warning[/]"
        console.print(f"{kind} {code}: {len(group)}")
        for finding in group[:_SHOWN]:
            console.print(f"  {escape(finding.where)}: {escape(finding.what)}")
        if len(group) > _SHOWN:
            console.print(f"  and {len(group) - _SHOWN} more; --out writes them all")


def _write_report(audited: "Audit", out: Path, seed: int) -> None:
    from siaga.data.audit_report import write_report
    from siaga.data.contact import write_sheets

    out.mkdir(parents=True, exist_ok=True)
    sheets = write_sheets(audited, out, seed)
    write_report(audited, out, sheets)
    stdout().print(f"{escape(str(out))}: report.md, report.json and {len(sheets)} contact sheets")


def _write_fixed(audited: "Audit", out: Path) -> None:
    from siaga.data.audit import cleaned
    from siaga.data.formats import write_set

    for number, data in enumerate(audited.sets):
        target = out if len(audited.sets) == 1 else out / data.name
        kept = cleaned(audited, number)
        write_set(kept, target, "yolo")
        left_out = len(data.pictures) - len(kept.pictures)
        stdout().print(f"{escape(str(target))}: {len(kept.pictures)} pictures, {left_out} left out")


def _refusal(audited: "Audit", sets: list[Path]) -> ConfigError:
    codes = {finding.code for finding in audited.errors}
    ways = ["Correct the files named"]
    if codes - {"camera-in-two-splits", "no-boxes", "empty-split"}:
        ways.append("let siaga data audit --fix NEW copy the set without them")
    if codes & {"camera-in-two-splits", "leak"}:
        ways.append("divide it anew with siaga data split")
    return ConfigError(
        f"A training on this would be wrong: {len(audited.errors)} errors ({', '.join(sorted(codes))}).",
        where=", ".join(map(str, sets)),
        fix=f"{', or '.join(ways)}.",
    )
