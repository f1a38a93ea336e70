"""The score as tables that people read."""

from collections.abc import Callable, Sequence
from statistics import median

from rich.markup import escape
from rich.table import Table

from siaga.bench.people import BUCKETS, TALL, Judging
from siaga.bench.score import (
    ClipScore,
    Counts,
    counts,
    found_by_condition,
    judged,
    judging_by_condition,
    ledger_unknown,
)

_NOTHING = "–"


def tables(scores: Sequence[ClipScore]) -> tuple[Table, ...]:
    """Events; how they were told; verdicts; what was unknown; people by condition and height."""
    return (
        events_table(scores),
        telling_table(scores),
        verdicts_table(scores),
        unknown_table(scores),
        people_table(scores),
    )


def events_table(scores: Sequence[ClipScore]) -> Table:
    """Right and wrong, one row per clip and one for all."""
    headings = ("precision", "recall", "found", "false", "duplicates")
    return _per_clip("Events", headings, scores, lambda part: _events(counts(part)))


def telling_table(scores: Sequence[ClipScore]) -> Table:
    """How events were told: in how many pieces, how late, with what evidence."""
    headings = ("split", "merged", "told after", "at the latest", "evidence missing")
    return _per_clip("How they were told", headings, scores, lambda part: _telling(counts(part)))


def verdicts_table(scores: Sequence[ClipScore]) -> Table:
    """Person-seconds in which it could be told, and what became of them."""
    headings = ("could tell", "right", "wrong", "unknown", "not found")
    title = "Person-seconds in which a careful person could tell"
    return _per_clip(title, headings, scores, lambda part: _verdicts(judged(part)))


def unknown_table(scores: Sequence[ClipScore]) -> Table:
    """What the edge could not tell, by reason, over all clips: by the ledger, and where it could be told."""
    table = Table("reason", title="Person-seconds unknown")
    table.add_column("in the ledger", justify="right")
    table.add_column("of these, could be told", justify="right")
    wrong, ledger = judged(scores).unknown, ledger_unknown(scores)
    for reason in sorted({*wrong, *ledger}, key=lambda reason: -ledger.get(reason, 0.0)):
        table.add_row(reason, f"{ledger.get(reason, 0.0):.1f} s", f"{wrong.get(reason, 0.0):.1f} s")
    return table


def _per_clip(
    title: str,
    headings: Sequence[str],
    scores: Sequence[ClipScore],
    cells: Callable[[Sequence[ClipScore]], tuple[str, ...]],
) -> Table:
    table = Table("clip", title=title)
    for heading in headings:
        table.add_column(heading, justify="right")
    for score in scores:
        table.add_row(escape(score.name), *cells([score]))
    if len(scores) > 1:
        table.add_section()
        table.add_row("all", *cells(scores))
    return table


def _events(total: Counts) -> tuple[str, ...]:
    return (
        _percent(total.precision),
        _percent(total.recall),
        f"{total.found} of {total.true_events}",
        str(total.false),
        str(total.duplicates),
    )


def _telling(total: Counts) -> tuple[str, ...]:
    delays = total.delays_s
    return (
        str(total.split),
        str(total.merged),
        f"{median(delays):.1f} s" if delays else _NOTHING,
        f"{max(delays):.1f} s" if delays else _NOTHING,
        str(total.missing_proof),
    )


def _verdicts(part: Judging) -> tuple[str, ...]:
    unknown = sum(part.unknown.values())
    shares = (_of(seconds, part.tellable) for seconds in (part.right, part.wrong, unknown, part.not_found))
    return (f"{part.tellable:.1f} s", *shares)


def people_table(scores: Sequence[ClipScore]) -> Table:
    """Person tracks found, and verdicts that are right, by condition and height in the picture."""
    table = Table("condition", title="People by height in pixels: tracks found; right and wrong verdicts")
    headings = (*(name for _, name in BUCKETS), TALL)
    for heading in headings:
        table.add_column(heading, justify="right")
    verdicts = judging_by_condition(scores)
    for condition, row in found_by_condition(scores).items():
        cells = (f"{row[name].found} of {row[name].tracks}" for name in headings)
        table.add_row(escape(condition), *cells)
        for item, parts in verdicts[condition].items():
            judgings = [parts[name] for _, name in BUCKETS]
            table.add_row(f"  {item.value} right", *(_of(part.right, part.tellable) for part in judgings), "")
            table.add_row(f"  {item.value} wrong", *(_of(part.wrong, part.tellable) for part in judgings), "")
    return table


def problems(scores: Sequence[ClipScore]) -> tuple[str, ...]:
    """One line for everything that went wrong with an event."""
    return tuple(
        f"{score.name}: {kind}: {line}"
        for score in scores
        for kind, lines in (
            ("missed", score.misses),
            ("false", score.false_alarms),
            ("evidence", score.proof),
        )
        for line in lines
    )


def _percent(share: float | None) -> str:
    return _NOTHING if share is None else f"{100 * share:.0f} %"


def _of(part: float, whole: float) -> str:
    return _percent(part / whole if whole else None)
