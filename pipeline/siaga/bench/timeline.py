"""A picture of a clip's events: per person the truth above, what was reported below."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siaga.bench.matching import Matching, Outcome
from siaga.bench.reports import Report
from siaga.bench.score import ClipScore
from siaga.bench.truth import Span
from siaga.core.errors import DependencyMissing

_COLOURS = {Outcome.CORRECT: "#1b7f3b", Outcome.DUPLICATE: "#e08a00", Outcome.FALSE: "#c4262e"}
_HAPPENED, _TELLABLE = "#b9c6d8", "#3b5b8c"
_ROW_INCHES, _WIDTH_INCHES = 0.62, 11.0


@dataclass(frozen=True, slots=True)
class Row:
    """One person and one violation.

    Attributes:
        happened: When the truth says so; ``tellable``: when it could be told.
        told: Span, moment at which it was said, and outcome of each report.
    """

    label: str
    happened: tuple[Span, ...]
    tellable: tuple[Span, ...]
    told: tuple[tuple[Span, float, Outcome], ...]


def rows_of(matching: Matching) -> tuple[Row, ...]:
    """The rows of the picture, by person, violations of the truth first."""
    keys = dict.fromkeys((*_true_keys(matching), *_told_keys(matching)))
    return tuple(_row(matching, key) for key in sorted(keys, key=lambda key: (key[0] == "", key)))


_Key = tuple[str, str, str, str]


def _true_keys(matching: Matching) -> Iterator[_Key]:
    for entry in matching.happened:
        yield _key(entry.event.who, entry.event.rule, entry.event.item, entry.event.zone)


def _told_keys(matching: Matching) -> Iterator[_Key]:
    for said in matching.told:
        yield _report_key(said.who, said.report)


def _report_key(who: str | None, report: Report) -> _Key:
    return _key(who or "", report.rule, report.item, report.zone)


def _key(who: str, rule: str, item: str | None, zone: str | None) -> _Key:
    return (who, rule, item or "", zone or "")


def _row(matching: Matching, key: _Key) -> Row:
    happened = [
        entry.event
        for entry in matching.happened
        if _key(entry.event.who, entry.event.rule, entry.event.item, entry.event.zone) == key
    ]
    told = [said for said in matching.told if _report_key(said.who, said.report) == key]
    who, rule, item, zone = key
    what = f"no {item}" if item else rule.replace("_", " ")
    return Row(
        label=f"{who or 'nobody'}: {what}" + (f"\n{zone}" if zone else ""),
        happened=tuple((event.start_s, event.end_s) for event in happened),
        tellable=tuple(span for event in happened for span in event.tellable),
        told=tuple((said.report.span, said.report.said_s, said.outcome) for said in told),
    )


def need_matplotlib() -> None:
    """Say early that pictures cannot be drawn.

    Raises:
        DependencyMissing: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise DependencyMissing(
            "the picture of the timeline needs matplotlib",
            fix="Install it: pip install 'siaga[bench]', or leave out --out.",
        ) from error


def draw_timeline(score: ClipScore, path: Path) -> None:
    """Write the picture; the file's suffix (.svg, .png) says which kind.

    Raises:
        DependencyMissing: matplotlib is not installed.
    """
    need_matplotlib()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    rows = rows_of(score.matching)
    figure = Figure(figsize=(_WIDTH_INCHES, 1.7 + _ROW_INCHES * max(1, len(rows))), layout="constrained")
    axes = figure.subplots()
    for number, row in enumerate(rows):
        _draw_row(axes, number, row)
    axes.set_ylim(len(rows) - 0.4 if rows else 0.6, -0.6)
    axes.set_xlim(0.0, score.seconds)
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    axes.set_xlabel("seconds of video")
    axes.set_title(f"{score.name}: the truth above, what was reported below", loc="left")
    axes.grid(axis="x", alpha=0.3)
    _legend(figure)
    # The same score gives the same bytes.
    kept = {"Date": None} if path.suffix == ".svg" else {}
    with rc_context({"svg.hashsalt": "siaga"}):
        figure.savefig(path, metadata=kept, dpi=110)


def _draw_row(axes: Any, number: int, row: Row) -> None:
    axes.broken_barh(_widths(row.happened), (number - 0.34, 0.3), color=_HAPPENED)
    axes.broken_barh(_widths(row.tellable), (number - 0.34, 0.3), color=_TELLABLE)
    for span, said_s, outcome in row.told:
        axes.broken_barh(_widths((span,)), (number + 0.02, 0.3), color=_COLOURS[outcome])
        axes.plot([said_s], [number + 0.17], marker="v", color="black", markersize=6, linestyle="none")


def _widths(spans: tuple[Span, ...]) -> list[Span]:
    return [(begin, end - begin) for begin, end in spans]


def _legend(figure: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shown = [
        Patch(color=_HAPPENED, label="truth"),
        Patch(color=_TELLABLE, label="truth, could be told"),
        *(Patch(color=colour, label=f"report: {outcome}") for outcome, colour in _COLOURS.items()),
        Line2D([], [], marker="v", color="black", linestyle="none", label="said"),
    ]
    figure.legend(handles=shown, loc="outside lower center", ncols=6, frameon=False)
