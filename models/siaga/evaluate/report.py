"""The same numbers for people: tables, as text and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Result = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` have as many cells as ``header``; ``note`` stands below."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def tables(results: Sequence[Result]) -> list[Table]:
    """All tables over sources (as ``SourceResult.plain`` gives them)."""
    made = [_boxes(results), _sizes(results), _head_px(results), _people(results), _people_by_px(results)]
    return [table for table in made if table.rows]


def markdown(made: Sequence[Table]) -> str:
    """The tables as Markdown."""
    blocks = []
    for table in made:
        lines = [f"## {table.title}", "", _line(table.header), _line(["---"] * len(table.header))]
        lines += [_line(row) for row in table.rows]
        blocks.append("\n".join([*lines, "", table.note, ""] if table.note else [*lines, ""]))
    return "\n".join(blocks)


def write_report(path: Path, summary: Result, results: Sequence[Result], pictures: Sequence[str]) -> None:
    """One Markdown page: what was run, the tables, the pictures beside it."""
    head = [
        f"# {summary['model']} on {', '.join(one['source'] for one in results)}",
        "",
        f"Model sha256 `{summary['sha256']}`, input {summary['input']}. Brackets: 95 % intervals, bootstrap "
        f"of {summary['resamples']} resamples over pictures, or over cameras where the source names them.",
        "",
    ]
    shown = [f"![{name}]({name})\n" for name in pictures]
    path.write_text("\n".join([*head, markdown(tables(results)), *shown]), encoding="utf-8")


def number(value: float | None, digits: int = 3) -> str:
    """A number, or a dash where it is not defined."""
    return "-" if value is None else f"{value:.{digits}f}"


def with_interval(value: float | None, interval: Sequence[float] | None) -> str:
    """``0.912 [0.880, 0.941]``."""
    if value is None:
        return "-"
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else f"{value:.3f}"


def _rate(rate: Mapping[str, Any]) -> str:
    """``12/80 = 0.150 [0.080, 0.220]``."""
    if rate["value"] is None:
        return "-"
    return f"{rate['count']}/{rate['of']} = {with_interval(rate['value'], rate['interval'])}"


def _boxes(results: Sequence[Result]) -> Table:
    rows = []
    for one in results:
        for name, row in one["classes"].items():
            cells = (
                one["source"],
                name,
                str(row["truths"]),
                with_interval(row["ap50"], row["ap50_interval"]),
                with_interval(row["ap50_95"], row["ap50_95_interval"]),
                number(row["precision"]),
                number(row["recall"]),
            )
            rows.append(cells)
        mean = (
            with_interval(one["map50"], one["map50_interval"]),
            with_interval(one["map50_95"], one["map50_95_interval"]),
        )
        rows.append((one["source"], "all (mean)", "", *mean, "", ""))
    header = ("source", "class", "boxes", "AP50", "AP50-95", "precision", "recall")
    return Table("Boxes", header, tuple(rows), "Precision and recall: at the manifest's thresholds, IoU 0.5.")


def _sizes(results: Sequence[Result]) -> Table:
    names = ("small", "medium", "large")
    rows = [
        (one["source"], name, *(_band(row["sizes"][size]) for size in names))
        for one in results
        for name, row in one["classes"].items()
    ]
    header = ("source", "class", "small (< 32²)", "medium", "large (≥ 96²)")
    note = "AP50 / AP50-95 (boxes), by area in square pixels of the picture, as COCO has it."
    return Table("Boxes by size", header, tuple(rows), note)


def _head_px(results: Sequence[Result]) -> Table:
    rows = [
        (one["source"], name, *(_band(band) for band in row["head_px"]))
        for one in results
        for name, row in one["classes"].items()
        if row["head_px"]
    ]
    first = next((row for one in results for row in one["classes"].values() if row["head_px"]), None)
    header = ("source", "class", *(_px(band) for band in first["head_px"])) if first else ("source", "class")
    return Table("Heads by height", header, tuple(rows), "AP50 (boxes), by height in pixels of the picture.")


def _people(results: Sequence[Result]) -> Table:
    rows = []
    for one in results:
        for key, which in (("people", "all"), ("people_above_gate", "above the gate")):
            if (row := one[key]) is not None:
                rows.append((one["source"], which, str(row["people"]), *_people_cells(row)))
    header = ("source", "heads", "people", *_PEOPLE)
    note = "Verdicts on single pictures, without votes over a track; docs/evaluate.md says what is counted."
    return Table("People: is the helmet worn?", header, tuple(rows), note)


_PEOPLE = (
    "`missing` precision",
    "`missing` recall",
    "bare head judged worn",
    "helmet judged missing",
    "unknown",
    "of these not found",
)


def _people_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        _rate(row["missing_precision"]),
        _rate(row["missing_recall"]),
        _rate(row["bare_heads_judged_worn"]),
        _rate(row["worn_judged_missing"]),
        _rate(row["unknown_share"]),
        _rate(row["not_found_share"]),
    )


def _people_by_px(results: Sequence[Result]) -> Table:
    rows = []
    for one in results:
        for row in one["people_by_head_px"]:
            if row["people"]:
                bare, worn = (_calls(row["confusion"][truth]) for truth in ("missing", "worn"))
                rows.append((one["source"], _px(row), bare, worn, _rate(row["unknown_share"])))
    header = (
        "source",
        "head height",
        "bare: worn/missing/unknown",
        "helmet: worn/missing/unknown",
        "unknown",
    )
    note = "Unknown includes people who were not found. Height in pixels of the picture."
    return Table("People by head height", header, tuple(rows), note)


def _calls(row: Mapping[str, int]) -> str:
    return f"{sum(row.values())}: {row['worn']}/{row['missing']}/{row['unknown'] + row['not_found']}"


def _band(band: Mapping[str, Any]) -> str:
    if not band["truths"]:
        return "-"
    values = " / ".join(number(band[key]) for key in ("ap50", "ap50_95") if key in band)
    return f"{values} ({band['truths']})"


def _px(row: Mapping[str, Any]) -> str:
    return f"{row['from_px']}-{row['to_px']} px" if row["to_px"] < 10_000 else f"≥ {row['from_px']} px"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
