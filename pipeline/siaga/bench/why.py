"""What went wrong, in words: for every missed event and every false report."""

from collections import Counter
from collections.abc import Mapping, Sequence

from siaga.bench.matching import Happened, Told
from siaga.bench.sightings import Sighting
from siaga.bench.truth import ClipTruth, TruthEvent, overlap_s
from siaga.core.geometry import Polygon, anchor_point
from siaga.core.verdict import Item


def why_missed(
    entry: Happened, sightings: Sequence[Sighting], zones: Mapping[str, Polygon], size: tuple[int, int]
) -> str:
    """What the edge had of the person while it could be told.

    Args:
        zones: Polygons by name.
        size: (width, height) of the picture in pixels.
    """
    seen = [sighting for sighting in sightings if _in(sighting, entry.event)]
    found = [sighting for sighting in seen if sighting.judged is not None]
    if not seen:
        return "no picture was analysed while it could be told"
    text = f"tracked in {len(found)} of {len(seen)} pictures in which it could be told"
    if entry.event.item is not None:
        return text + _verdicts(found, entry.event.item)
    inside = sum(_inside(sighting, zones.get(entry.event.zone or ""), size) for sighting in found)
    return f"{text}; its track stood in the zone in {inside}"


def why_false(said: Told, truth: ClipTruth) -> str:
    """What the truth says of the person at that moment."""
    if said.who is None:
        return "nobody stands there"
    report = said.report
    person = next(person for person in truth.at(report.said_s) if person.id == said.who)
    if report.item is not None and person.wears(report.item):
        return f"{said.who} wears the {report.item.value}"
    if report.item is None and report.zone not in person.zones:
        return f"{said.who} does not stand in the zone"
    return f"{said.who}: no such event in the truth within a second of it"


def _in(sighting: Sighting, event: TruthEvent) -> bool:
    moment = (sighting.t, sighting.t)
    return sighting.person.id == event.who and any(overlap_s(moment, span) >= 0 for span in event.tellable)


def _verdicts(found: Sequence[Sighting], item: Item) -> str:
    said: Counter[str] = Counter()
    for sighting in found:
        verdict = sighting.judged.verdict(item) if sighting.judged else None
        said["not asked" if verdict is None else (verdict.reason or verdict.state).value] += 1
    words = ", ".join(f"{word} in {count}" for word, count in said.most_common())
    return f"; verdicts on the {item.value}: {words}" if words else ""


def _inside(sighting: Sighting, zone: Polygon | None, size: tuple[int, int]) -> bool:
    if sighting.judged is None or zone is None:
        return False
    return zone.contains(anchor_point(sighting.judged.person.xyxy), size)
