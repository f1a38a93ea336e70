"""The page of a pack: no script, every value escaped, opens without a network."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from siaga.core.event import Event, EventState, Evidence
from siaga.core.ledger import LedgerRow
from siaga.core.verdict import State
from siaga.proof.pack.rules import RULES
from siaga.proof.pack.selection import Purpose, Selection

_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "video/mp4": "mp4"}
_FLUSH = 64


@dataclass(frozen=True, slots=True)
class Heading:
    """What the pack says of itself.

    Attributes:
        zone: In which times are shown; they are stored in UTC.
    """

    selection: Selection
    made_at: datetime
    made_by: str
    purpose: Purpose
    service_key: str
    zone: tzinfo


@dataclass(slots=True)
class Camera:
    """Seconds of one camera over the span, whole picture."""

    watched_s: float = 0.0
    person_s: float = 0.0
    hours: int = 0
    down_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    judged_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    unknown_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


@dataclass(frozen=True, slots=True)
class Picture:
    """Evidence on the page. ``name``: its file in the pack, None without; then ``status`` says why."""

    evidence: Evidence
    name: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation on the page: what its records say together."""

    first: Event
    newest: Event
    records: list[Event]
    pictures: list[Picture]

    @property
    def ended(self) -> datetime | None:
        """When it ended; None: no record says so."""
        ends = [event for event in self.records if event.state is EventState.END]
        return (ends[-1].end_at or ends[-1].said_at) if ends else None

    def verdicts(self) -> list[tuple[int, str]]:
        """Track and verdict in words, of the first record that names people."""
        about = next((event for event in self.records if event.subjects), self.first)
        return [
            (subject.track_id, _verdict(verdict))
            for subject in about.subjects
            for verdict in subject.verdicts
        ]


def _verdict(verdict: Any) -> str:
    votes = verdict.votes
    looks = f"{votes.missing} looks missing, {votes.worn} worn, {votes.unknown} cannot tell"
    if verdict.state is State.UNKNOWN:
        return f"{verdict.item.value}: cannot tell ({str(verdict.reason).replace('_', ' ')}; {looks})"
    said = "worn" if verdict.state is State.WORN else "not worn"
    return f"{verdict.item.value}: {said}, confidence {verdict.confidence:.2f} ({looks})"


def file_name(event: Event, piece: Evidence) -> str:
    """The evidence's file in a pack, stamped with UTC time and camera, ending in its sha256."""
    moment = piece.t0 or event.said_at
    camera = re.sub(r"[^A-Za-z0-9]+", "_", event.camera).strip("_")[:40] or "camera"
    ending = _ENDINGS.get(piece.media_type, "bin")
    return f"evidence/{moment:%Y%m%dT%H%M%SZ}-{camera}-{piece.kind.value}-{piece.sha256}.{ending}"


def watched(rows: Iterable[LedgerRow]) -> dict[str, Camera]:
    """The ledger by camera."""
    cameras: dict[str, Camera] = {}
    for row in rows:
        if row.zone is not None:
            continue
        camera = cameras.setdefault(row.camera, Camera())
        camera.watched_s += row.watched_s
        camera.person_s += row.person_s
        camera.hours += 1
        for told, total in (
            (row.down_s, camera.down_s),
            (row.judged_s, camera.judged_s),
            (row.unknown_s, camera.unknown_s),
        ):
            for name, seconds in told.items():
                total[name] += seconds
    return dict(sorted(cameras.items()))


def render(
    heading: Heading,
    cameras: Mapping[str, Camera],
    violations: Iterator[Violation],
    deletions: Mapping[tuple[str, str], int],
    documents: Mapping[str, str | None],
) -> Iterator[bytes]:
    """The page in pieces.

    Args:
        violations: Read as the page is made, one by one.
        deletions: How many tombstones by what was deleted and under which policy.
        documents: What configurations and models are called, and their file; None: not kept here.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def stamp(moment: datetime) -> str:
        local = moment.astimezone(heading.zone)
        offset = local.strftime("%z")
        return f"{local:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}"

    stream = environment.get_template("index.html").stream(
        heading=heading,
        cameras=cameras,
        violations=violations,
        deletions=deletions,
        documents=documents,
        rules=RULES,
        stamp=stamp,
        hours=lambda seconds: f"{seconds / 3600:.2f}",
    )
    stream.enable_buffering(_FLUSH)
    return (text.encode() for text in stream)
