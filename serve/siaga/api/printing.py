"""The report to print, made of the same numbers as the page shows."""

from datetime import datetime, timedelta

from siaga.api.desk import Desk
from siaga.exports.document import Document, Table
from siaga.exports.purpose import Purpose
from siaga.review.caller import Caller
from siaga.review.queue import EventFilter
from siaga.stats.facts import Dimension, Where
from siaga.stats.views import Cell, CountedAs, EarlyWarning, Leading, Statistics

_SPAN = timedelta(days=28)
_EVENTS = 100
_COUNTED = CountedAs.NOT_FALSE_ALARM
_NAMES = {
    Dimension.ZONE: "Zone",
    Dimension.CAMERA: "Camera",
    Dimension.RULE: "Rule",
    Dimension.WEEK: "Week",
    Dimension.HOUR: "Hour of the day",
    Dimension.WEEKDAY: "Weekday",
}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_RATE_NOTE = (
    "Rate: violations that nobody judged false, per 100 observed person-hours, with its exact 95 % interval "
    "(Garwood). Intervals take violations as independent; several of one situation make them too narrow. "
    "Down: camera hours that did not watch."
)
_REASONS = {
    "more_violations": "more violations than expected",
    "reports": "reports by hand",
    "overdue_actions": "overdue actions",
}


def printed(desk: Desk, caller: Caller, wanted: EventFilter, purpose: Purpose) -> Document:
    """The report of a span; without one, of the last four weeks. Review states do not narrow its numbers."""
    until = wanted.until or caller.at
    since = wanted.since or until - _SPAN
    where = Where(since, until, wanted.site, wanted.camera, wanted.zone, wanted.rule)
    shown = [desk.statistics.by(caller.scope, where, by, _COUNTED, caller.at) for by in _NAMES]
    notes = (_RATE_NOTE, *("" for _ in shown[1:]))
    leading = desk.leading.of(caller.scope, where, caller.at)
    warnings = desk.warnings.at(caller.scope, wanted.site, caller.at)
    return Document(
        title="Safety report",
        subtitle=f"{wanted.site or 'All sites'} · {_day(since)} to {_day(until)} (UTC)",
        facts=(*_facts(shown[0].total, leading), ("Purpose", purpose.value), ("Made by", _made(caller))),
        tables=(
            *(_cells(found, note) for found, note in zip(shown, notes, strict=True)),
            _scores(warnings),
            _events(desk, caller, wanted),
        ),
        footer=f"Siaga · {purpose.value} · {caller.at:%Y-%m-%d %H:%M} UTC",
        made_at=caller.at,
    )


def _made(caller: Caller) -> str:
    return f"{caller.principal.name}, {caller.at:%Y-%m-%d %H:%M} UTC"


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")


def _facts(total: Cell, leading: Leading) -> tuple[tuple[str, str], ...]:
    counts, seen = total.counts, total.seen
    return (
        (
            "Violations",
            f"{counts.reported} reported · {counts.confirmed} confirmed · "
            f"{counts.false_alarm} false alarms · {counts.unclear} unclear · "
            f"{counts.unreviewed} nobody looked at",
        ),
        ("Rate", _rate(total) + " per 100 person-hours" if total.rate else "nobody was observed"),
        ("Observed", f"{seen.person_hours:.1f} person-hours in {seen.watched_hours:.1f} camera hours"),
        (
            "Not observed",
            f"{seen.down_hours:.1f} camera hours down · "
            f"{seen.unaccounted_hours or 0:.1f} of which nothing is known · "
            f"{_percent(seen.unknown_share)} of person-time could not be told",
        ),
        (
            "Looked at",
            f"{_percent(leading.reviewed_share)} reviewed · half within "
            f"{_hours(leading.median_hours_to_review)}",
        ),
        ("Told by hand", f"{leading.near_misses} near misses · {leading.hazards} hazards"),
        ("Actions", f"{leading.actions_open} open · {leading.actions_overdue} overdue"),
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _hours(hours: float | None) -> str:
    return "–" if hours is None else f"{hours:.1f} h"


def _rate(cell: Cell) -> str:
    rate = cell.rate
    return "" if rate is None else f"{rate.per_100_person_hours:.2f} ({rate.low:.2f} – {rate.high:.2f})"


def _cells(found: Statistics, note: str) -> Table:
    rows = tuple(
        (
            _label(found.by, cell),
            str(cell.counts.reported),
            str(cell.counts.false_alarm),
            f"{cell.seen.person_hours:.1f}",
            f"{cell.seen.down_hours:.1f}",
            _rate(cell),
        )
        for cell in found.cells
    )
    name = _NAMES[found.by]
    header = (name, "Reported", "False", "Person-hours", "Down h", "Rate (95 %)")
    return Table(f"By {name.lower()}", header, rows, (34, 13, 11, 17, 12, 28), note)


def _label(by: Dimension, cell: Cell) -> str:
    if by is Dimension.WEEKDAY:
        return _WEEKDAYS[int(cell.key) - 1]
    if by is Dimension.HOUR:
        return f"{int(cell.key):02}:00"
    name = cell.key.replace("_", " ") or "whole picture"
    return f"{cell.site} · {name}" if cell.site else name


def _scores(found: EarlyWarning) -> Table:
    rows = tuple(
        (
            f"{item.site} · {item.zone or 'whole picture'}",
            f"{item.score:.0f}",
            item.level,
            ", ".join(_REASONS[part.name] for part in item.components if part.points > 0),
            _percent(item.watched_share),
        )
        for item in found.items
    )
    note = "The last seven days against the four weeks before: 0 (as usual) to 100."
    return Table(
        "Early warning", ("Zone", "Score", "Level", "Why", "Watched"), rows, (34, 10, 12, 44, 13), note
    )


def _events(desk: Desk, caller: Caller, wanted: EventFilter) -> Table:
    found = desk.reviews.queue(caller, wanted, _EVENTS)
    rows = tuple(
        (
            f"{item.start_at:%Y-%m-%d %H:%M}",
            f"{item.camera}{f' · {item.zone}' if item.zone else ''}",
            item.rule.value.replace("_", " "),
            ", ".join(item.items),
            item.review.state.value.replace("_", " "),
        )
        for item in found
    )
    note = f"The newest {_EVENTS} at most; all of them are in the CSV and XLSX exports. Times in UTC."
    header = ("Began", "Where", "Rule", "Missing", "Review")
    return Table("Events", header, rows, (26, 34, 24, 18, 18), note)
