"""What the page says, in plain words. Every text that a person reads about a violation is made here."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from siaga.archive.views import CameraView, EvidenceView, RecordView, ViolationView
from siaga.core.event import EvidenceKind, EvidenceStatus, RuleKind, VerdictRecord
from siaga.core.verdict import Item, Reason, State

RULES: Mapping[RuleKind, str] = {
    RuleKind.MISSING_PPE: "Missing equipment",
    RuleKind.ZONE_INTRUSION: "Exclusion zone",
    RuleKind.CAMERA_UNMONITORED: "Camera not watching",
}

KINDS: Mapping[EvidenceKind, str] = {
    EvidenceKind.SNAPSHOT: "Picture",
    EvidenceKind.ANNOTATED: "Picture with markings",
    EvidenceKind.CLIP: "Clip",
}

_ITEMS: Mapping[Item, str] = {Item.HELMET: "helmet", Item.VEST: "vest", Item.HARNESS: "harness"}

_STATES: Mapping[State, str] = {
    State.WORN: "worn",
    State.MISSING: "not worn",
    State.UNKNOWN: "cannot tell",
}

_UNKNOWN: Mapping[Reason, str] = {
    Reason.TOO_SMALL: "too small in the picture",
    Reason.OCCLUDED: "covered by something",
    Reason.CUT_OFF: "cut off by the edge of the picture",
    Reason.BLURRED: "too blurred",
    Reason.NOT_SEEN: "this part of the person was not seen",
    Reason.AMBIGUOUS: "it could belong to somebody else",
    Reason.NOT_ENOUGH_LOOKS: "not enough clear looks yet",
    Reason.NOT_JUDGED_BY_MODEL: "the model in use does not judge this",
}

_CONDITIONS: Mapping[str, str] = {
    "offline": "offline",
    "frozen": "picture frozen",
    "dark": "too dark",
    "covered": "lens covered",
    "moved": "camera was moved",
    "clock_off": "its clock is wrong",
    "corrupt": "damaged pictures",
}

_REASONS: Mapping[str, str] = {
    "resolved": "resolved",
    "left": "the person left",
    "lost_sight": "lost from sight",
    "camera_down": "the camera stopped watching",
    "closed": "Siaga was stopped",
    "items_changed": "other equipment is missing now",
    "continued": "it went on after a pause",
    "track_changed": "seen again as another track",
}

_CHAIN = {
    "first": "first of its device",
    "follows": "follows the record before it",
    "gap": "records before it had not arrived",
    "out_of_order": "arrived after later ones",
    "broken": "does not follow the record before it",
}

_ABSENT: Mapping[EvidenceStatus, str] = {
    EvidenceStatus.STORED: "on its way from the camera's box",
    EvidenceStatus.PENDING: "being made",
    EvidenceStatus.SHED: "given up to save room",
    EvidenceStatus.MISSED: "could not be made",
}


def title(violation: ViolationView) -> str:
    """What happened, in one line."""
    if violation.rule is RuleKind.MISSING_PPE:
        names = [_ITEMS[item] for item in violation.items] or ["protective equipment"]
        return ", ".join(f"{'No' if index == 0 else 'no'} {name}" for index, name in enumerate(names))
    if violation.rule is RuleKind.ZONE_INTRUSION:
        return (
            f"Person in exclusion zone “{violation.zone}”" if violation.zone else "Person in exclusion zone"
        )
    cause = violation.detail.get("condition", "")
    return f"Camera not watching: {condition(str(cause))}" if cause else "Camera not watching"


def condition(name: str) -> str:
    """Why a camera does not watch."""
    return _CONDITIONS.get(name, name.replace("_", " "))


def reason(name: str) -> str:
    """Why a record was written."""
    return _REASONS.get(name) or condition(name)


def band(camera: CameraView) -> str:
    """What is wrong with a camera that does not watch."""
    return condition(camera.condition) if camera.condition else "not watching"


def number(count: int, one: str, many: str | None = None) -> str:
    """``1 person``, ``3 people``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def verdict_line(violation: ViolationView) -> str | None:
    """The strongest verdict behind a violation of equipment, with its votes, for the list."""
    asked = [
        verdict
        for subject in violation.subjects
        for verdict in subject.verdicts
        if verdict.item in violation.items and verdict.state is State.MISSING
    ]
    if not asked:
        return None
    best = max(asked, key=lambda verdict: verdict.confidence)
    looks = best.votes.worn + best.votes.missing + best.votes.unknown
    return f"{best.votes.missing} of {number(looks, 'look')} · {percent(best.confidence)} sure"


def state(verdict: VerdictRecord) -> str:
    """A verdict's state."""
    return _STATES[verdict.state]


def item(verdict: VerdictRecord) -> str:
    """What was asked for."""
    return _ITEMS[verdict.item].capitalize()


def why_unknown(verdict: VerdictRecord) -> str | None:
    """Why it cannot be told; None when it can."""
    return _UNKNOWN[verdict.reason] if verdict.reason else None


def votes(verdict: VerdictRecord) -> list[tuple[str, int, float, float]]:
    """Class name, count, and start and width in percent of each part of the bar of votes."""
    counts = (
        ("missing", verdict.votes.missing),
        ("worn", verdict.votes.worn),
        ("unknown", verdict.votes.unknown),
    )
    total = sum(count for _, count in counts) or 1
    bars, start = [], 0.0
    for name, count in counts:
        width = 100 * count / total
        bars.append((name, count, round(start, 2), round(width, 2)))
        start += width
    return bars


def evidence_status(view: EvidenceView) -> str:
    """Whether it is here, and if not, why."""
    if view.available:
        return "stored, hash verified"
    text = _ABSENT[view.evidence.status]
    return f"{text} ({view.evidence.reason.replace('_', ' ')})" if view.evidence.reason else text


def no_picture(violation: ViolationView) -> str:
    """Why there is no picture to show."""
    if violation.rule is RuleKind.CAMERA_UNMONITORED and not violation.evidence:
        return "No picture: the camera was not watching"
    if not violation.evidence:
        return "No picture was announced"
    pictures = [view for view in violation.evidence if view.evidence.kind is not EvidenceKind.CLIP]
    return f"Picture: {evidence_status((pictures or list(violation.evidence))[0])}"


def privacy(view: EvidenceView) -> str | None:
    """What was done to the picture before it was written."""
    done = view.evidence.privacy
    if done is None:
        return None
    heads = (
        f"{number(done.heads_covered, 'head')} pixelated"
        if done.heads == "pixelated"
        else "heads not pixelated"
    )
    return f"{heads}, {number(done.masks, 'privacy mask')}" if done.masks else heads


def chain(view: RecordView) -> str:
    """How a record fitted when it came."""
    return _CHAIN[view.chain]


def percent(share: float) -> str:
    """``14 %``."""
    return f"{100 * share:.0f} %"


def hours(seconds: float) -> str:
    """Hours with one decimal, ``<0.1`` for a little."""
    value = seconds / 3600
    return "<0.1" if 0 < value < 0.05 else f"{value:.1f}"


def size(count: int) -> str:
    """Bytes for a person."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def duration(start: datetime, end: datetime) -> str:
    """How long, with the two largest units."""
    seconds = max(0, round((end - start).total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    units = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    first = next(index for index, (length, _) in enumerate(units) if seconds >= length)
    parts = []
    for length, unit in units[first : first + 2]:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts)


def utc(moment: datetime) -> str:
    """A moment in UTC, for whoever has no script."""
    return f"{moment.astimezone(UTC):%d %b %Y, %H:%M:%S} UTC"


def machine(moment: datetime) -> str:
    """A moment as ``<time datetime>`` wants it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def joined(parts: Sequence[str | None]) -> str:
    """Those that are there, with a dot between them."""
    return " · ".join(part for part in parts if part)
