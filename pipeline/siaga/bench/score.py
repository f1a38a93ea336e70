"""The score of one clip, and of several together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from statistics import median
from typing import Any

from siaga.bench.matching import Fate, Matching, Outcome
from siaga.bench.people import BUCKETS, NOTHING_JUDGED, TALL, Found, Judging, added
from siaga.core.ledger import LedgerRow
from siaga.core.verdict import Item


@dataclass(frozen=True, slots=True)
class Seen:
    """Person-seconds of the whole picture as the ledger gives them; by item and state, or item and reason."""

    person_s: float
    judged_s: dict[str, float]
    unknown_s: dict[str, float]


def seen_in(rows: Sequence[LedgerRow]) -> Seen:
    """The ledger's sums over the hours of the whole picture."""
    person_s, judged_s, unknown_s = 0.0, dict[str, float](), dict[str, float]()
    for row in rows:
        if row.zone is None:
            person_s += row.person_s
            judged_s, unknown_s = added(judged_s, row.judged_s), added(unknown_s, row.unknown_s)
    return Seen(person_s, judged_s, unknown_s)


@dataclass(frozen=True, slots=True)
class ClipScore:
    """What came out for one clip.

    Attributes:
        seconds: Length of the clip.
        found: Person tracks by height bucket.
        condition: Light, weather, dirt.
        judging: Person-seconds that could be told, by item and height bucket.
        seen: The ledger's sums.
        proof: One line per missing piece of evidence.
        misses: One line per missed event: what went wrong.
        false_alarms: One line per false report.
    """

    name: str
    condition: str
    seconds: float
    matching: Matching
    found: dict[str, Found]
    judging: dict[Item, dict[str, Judging]]
    seen: Seen
    proof: tuple[str, ...]
    misses: tuple[str, ...]
    false_alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums over clips, and the ratios that follow from them."""

    true_events: int
    """Events of the truth that could be told."""
    found: int
    """Of those, the ones that were reported, merged ones included."""
    merged: int
    """Events of the truth that had no report of their own."""
    split: int
    """Events of the truth with more than one report."""
    untellable: int
    """Events of the truth that could never be told and were not reported."""
    correct: int
    """Reports matched to an event of the truth."""
    false: int
    """Reports of what did not happen."""
    duplicates: int
    """Further reports of the same violation."""
    delays_s: tuple[float, ...]
    """From when it could first be told to when it was said."""
    missing_proof: int
    """Pieces of evidence that are not there."""

    @property
    def precision(self) -> float | None:
        """Correct reports among correct and false ones; duplicates stand apart. None without any."""
        return _share(self.correct, self.correct + self.false)

    @property
    def recall(self) -> float | None:
        """Found events among those that could be told; None without any."""
        return _share(self.found, self.true_events)


def counts(scores: Sequence[ClipScore]) -> Counts:
    """Sums over ``scores``."""
    happened = [entry for score in scores for entry in score.matching.happened]
    told = [said.outcome for score in scores for said in score.matching.told]
    tellable = [entry for entry in happened if entry.tellable]
    return Counts(
        true_events=len(tellable),
        found=sum(entry.fate in (Fate.FOUND, Fate.MERGED) for entry in tellable),
        merged=sum(entry.fate is Fate.MERGED for entry in happened),
        split=sum(entry.reports > 1 for entry in happened),
        untellable=sum(entry.fate is Fate.UNTELLABLE for entry in happened),
        correct=told.count(Outcome.CORRECT),
        false=told.count(Outcome.FALSE),
        duplicates=told.count(Outcome.DUPLICATE),
        delays_s=tuple(entry.delay_s for entry in happened if entry.delay_s is not None),
        missing_proof=sum(len(score.proof) for score in scores),
    )


def judged(scores: Sequence[ClipScore]) -> Judging:
    """Person-seconds that could be told, over clips, items and heights."""
    parts = (part for score in scores for row in score.judging.values() for part in row.values())
    return reduce(add, parts, NOTHING_JUDGED)


def ledger_unknown(scores: Sequence[ClipScore]) -> dict[str, float]:
    """Person-seconds unknown by item and reason, as the ledgers give them."""
    return _sums([score.seen.unknown_s for score in scores])


def found_by_condition(scores: Sequence[ClipScore]) -> dict[str, dict[str, Found]]:
    """Person tracks by condition, then by height bucket."""
    table: dict[str, dict[str, Found]] = {}
    for score in scores:
        nothing = {name: Found() for name in (*(n for _, n in BUCKETS), TALL)}
        row = table.setdefault(score.condition, nothing)
        for name, found in score.found.items():
            row[name] += found
    return table


def judging_by_condition(scores: Sequence[ClipScore]) -> dict[str, dict[Item, dict[str, Judging]]]:
    """Person-seconds that could be told by condition, then by item, then by height bucket."""
    table: dict[str, dict[Item, dict[str, Judging]]] = {}
    for score in scores:
        rows = table.setdefault(score.condition, {})
        for item, parts in score.judging.items():
            row = rows.setdefault(item, {name: NOTHING_JUDGED for _, name in BUCKETS})
            for name, part in parts.items():
                row[name] += part
    return table


def as_json(scores: Sequence[ClipScore], about: dict[str, Any]) -> dict[str, Any]:
    """Everything as one JSON object; ``about`` says under what it was measured."""
    return {
        **_numbers(scores),
        "clips": {score.name: {**_numbers([score]), **_words(score)} for score in scores},
        **about,
    }


def _numbers(scores: Sequence[ClipScore]) -> dict[str, Any]:
    total, persons = counts(scores), judged(scores)
    return {
        "precision": total.precision,
        "recall": total.recall,
        "duplicates": total.duplicates,
        "events_true": total.true_events,
        "events_found": total.found,
        "events_merged": total.merged,
        "events_split": total.split,
        "events_untellable": total.untellable,
        "reports_correct": total.correct,
        "reports_false": total.false,
        "reports_merging": sum(score.matching.merged_reports for score in scores),
        "time_to_report_s": {
            "median": _rounded(median(total.delays_s)) if total.delays_s else None,
            "max": _rounded(max(total.delays_s)) if total.delays_s else None,
        },
        "missed_evidence": total.missing_proof,
        "tellable_person_s": _rounded(persons.tellable),
        "right_verdict_s": _rounded(persons.right),
        "wrong_verdict_s": _rounded(persons.wrong),
        "wrong_unknown_s": _all_rounded(persons.unknown),
        "not_found_s": _rounded(persons.not_found),
        "ledger_unknown_s": _all_rounded(ledger_unknown(scores)),
        "ledger_judged_s": _all_rounded(_sums([score.seen.judged_s for score in scores])),
        "person_tracks": {
            condition: {name: {"tracks": part.tracks, "found": part.found} for name, part in row.items()}
            for condition, row in found_by_condition(scores).items()
        },
        "verdicts": {
            condition: {item.value: _verdicts(row) for item, row in rows.items()}
            for condition, rows in judging_by_condition(scores).items()
        },
    }


def _verdicts(row: Mapping[str, Judging]) -> dict[str, dict[str, float]]:
    return {
        name: {
            "could_tell_s": _rounded(part.tellable),
            "right_s": _rounded(part.right),
            "wrong_s": _rounded(part.wrong),
            "unknown_s": _rounded(sum(part.unknown.values())),
            "not_found_s": _rounded(part.not_found),
        }
        for name, part in row.items()
    }


def _words(score: ClipScore) -> dict[str, Any]:
    return {
        "condition": score.condition,
        "seconds": _rounded(score.seconds),
        "misses": list(score.misses),
        "false_alarms": list(score.false_alarms),
        "proof": list(score.proof),
    }


def _sums(parts: Sequence[dict[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for part in parts:
        total = added(total, part)
    return total


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _rounded(value: float) -> float:
    return round(value, 3)


def _all_rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {key: _rounded(value) for key, value in values.items()}
