"""Adding up rows of the ledger."""

from collections.abc import Mapping

from siaga.core.ledger import LedgerRow


def add_rows(a: LedgerRow, b: LedgerRow) -> LedgerRow:
    """The totals of two rows of the same camera, zone and hour.

    Raises:
        ValueError: The rows are of different places or hours.
    """
    if (a.site, a.camera, a.zone, a.hour) != (b.site, b.camera, b.zone, b.hour):
        raise ValueError("only rows of the same site, camera, zone and hour add up")
    return LedgerRow(
        site=a.site,
        camera=a.camera,
        zone=a.zone,
        hour=a.hour,
        watched_s=_tidy(a.watched_s + b.watched_s),
        down_s=_added(a.down_s, b.down_s),
        person_s=_tidy(a.person_s + b.person_s),
        judged_s=_added(a.judged_s, b.judged_s),
        unknown_s=_added(a.unknown_s, b.unknown_s),
        frames_analysed=a.frames_analysed + b.frames_analysed,
        frames_overwritten=a.frames_overwritten + b.frames_overwritten,
        frames_corrupt=a.frames_corrupt + b.frames_corrupt,
        events=a.events + b.events,
    )


def _tidy(seconds: float) -> float:
    """Microseconds are more than the clocks know; rounding keeps sums free of 0.30000000000000004."""
    return round(seconds, 6)


def _added(a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float]:
    return {key: _tidy(a.get(key, 0.0) + b.get(key, 0.0)) for key in sorted({*a, *b})}
