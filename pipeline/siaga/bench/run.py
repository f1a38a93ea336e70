"""Clips with truth through the whole edge, one after the other."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from siaga.bench.matching import Fate, Matching, Outcome, match
from siaga.bench.people import judging, tracks_found
from siaga.bench.proof import missing_proof
from siaga.bench.reports import reports_of
from siaga.bench.score import ClipScore, seen_in
from siaga.bench.sightings import person_of_track, sightings
from siaga.bench.truth import ClipTruth, TruthEvent, read_truth, truth_path
from siaga.bench.why import why_false, why_missed
from siaga.core.errors import ConfigError, Conflict, NotFound
from siaga.core.event import Event, EvidenceKind
from siaga.core.ledger import LedgerRow
from siaga.core.scene import Scene
from siaga.core.settings import Camera, Settings, StreamUrl, Zone
from siaga.core.settings.load import hash_settings
from siaga.core.verdict import Item
from siaga.edge.offline import OfflineJob, analyse
from siaga.evidence.store import BlobStore

START = datetime(2000, 1, 1, tzinfo=UTC)
"""Wall time of every clip's first picture."""


@dataclass(frozen=True)
class Clip:
    """A clip and what is true of it. ``name``: unique among the clips of a run."""

    name: str
    path: Path
    truth: ClipTruth


@dataclass(frozen=True)
class Models:
    """Names or paths of models to use instead of those of the configuration; None: those.

    ``disabled`` for a classifier: none of that kind, not even the one that the detector's manifest names.
    """

    model: str | None = None
    head_model: str | None = None
    harness_model: str | None = None


def shipped_clips() -> list[Path]:
    """The clips in the package: those of the demo, and what is there for the score alone."""
    data = Path(str(files("siaga.demo") / "data"))
    return [*clips_in(data), *clips_in(data / "score")]


def clips_in(folder: Path) -> list[Path]:
    """Every clip of a folder that has its truth beside it, by name."""
    return sorted(path for path in folder.glob("*.mp4") if truth_path(path).is_file())


def read_clips(paths: Iterable[Path]) -> list[Clip]:
    """Clips by path; a folder stands for every clip with truth in it.

    Raises:
        NotFound: No such clip, a clip without truth, or a folder without any clip that has it.
        BadRequest: A truth cannot be understood.
    """
    clips: list[Clip] = []
    for path in paths:
        found = clips_in(path) if path.is_dir() else [path]
        if not found:
            raise NotFound(
                "no clip with ground truth in this folder",
                where=str(path),
                fix="It needs NAME.mp4 with NAME.truth.json beside it.",
            )
        for clip in found:
            truth = read_truth(clip)
            clips.append(Clip(_name(clip, {taken.name for taken in clips}), clip, truth))
    return clips


def _name(path: Path, taken: set[str]) -> str:
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem).strip("_-")[:50] or "clip"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 10_000)))
    return next(name for name in names if name not in taken)


def settings_for(clip: Clip, base: Settings | None = None, models: Models | None = None) -> Settings:
    """The settings under which ``clip`` is analysed: its own zones and requirements, the rest from ``base``.

    Args:
        base: Gives everything else: of its cameras the one with the clip's name, or else the only one.
        models: Instead of those that ``base`` names.

    Raises:
        ConfigError: None of several cameras has the clip's name.
    """
    empty = Camera.model_validate({"ffmpeg": {"inputs": [{"path": "file:recording"}]}})
    settings = base or Settings(cameras={clip.name: empty})
    if clip.name not in settings.cameras and len(settings.cameras) > 1:
        raise ConfigError(
            f"none of the cameras is named {clip.name!r}",
            where="cameras",
            fix="Name one like the clip, or configure one camera that stands for every clip.",
        )
    camera = settings.cameras.get(clip.name) or next(iter(settings.cameras.values()))
    camera = camera.model_copy(update={"zones": _zones(clip.truth)})
    named = {key: name for key, name in asdict(models or Models()).items() if name is not None}
    return settings.model_copy(update={"cameras": {clip.name: camera}, **named})


def _zones(truth: ClipTruth) -> dict[str, Zone]:
    """Zones with a rule, of which something is in the picture."""
    return {
        name: Zone.model_validate(zone.model_dump())
        for name, zone in truth.zones.items()
        if (zone.exclusion or zone.requires) and len(zone.coordinates) > 2
    }


def score_clip(
    clip: Clip, settings: Settings, out: Path, progress: Callable[[float], None] = lambda _: None
) -> ClipScore:
    """Analyse ``clip`` and hold what was reported against what is true.

    Args:
        settings: From :func:`settings_for`.
        out: Folder for what the edge writes; made, must not hold an earlier result.
        progress: Told the seconds of video reached.

    Raises:
        Conflict: ``out`` holds an earlier result.
        SourceError, ModelError, StorageError: See :func:`siaga.edge.offline.analyse`.
    """
    if (out / "records.sqlite").exists():
        raise Conflict(
            "the folder holds an earlier result; nothing is overwritten",
            where=str(out),
            fix="Choose another --out or remove the folder.",
        )
    scenes: list[Scene] = []
    job = OfflineJob(
        source=StreamUrl(f"file:{clip.path}"),
        settings=settings,
        config_hash=hash_settings(settings),
        camera=clip.name,
        out=out,
        start=START,
    )
    result = analyse(job, progress, on_scene=scenes.append)
    rows = [LedgerRow.model_validate(row) for row in json.loads((out / "ledger.json").read_text())]
    proof = missing_proof(result.events, BlobStore(out / "evidence"), _kinds(settings))
    return score_run(clip, settings, Run(result.events, tuple(scenes), tuple(rows), tuple(proof)))


@dataclass(frozen=True)
class Run:
    """What the edge gave for a clip whose first picture is at :data:`START`.

    Attributes:
        events: All records.
        scenes: Every analysed picture.
        ledger: Its rows.
        proof: One line per missing piece of evidence.
    """

    events: tuple[Event, ...]
    scenes: tuple[Scene, ...]
    ledger: tuple[LedgerRow, ...] = ()
    proof: tuple[str, ...] = ()


def score_run(clip: Clip, settings: Settings, run: Run) -> ClipScore:
    """Hold what the edge gave against what is true."""
    truth, size = clip.truth, (clip.truth.width, clip.truth.height)
    seen = sightings(truth, run.scenes)
    matching = match(
        truth,
        reports_of(run.events, START, size, truth.seconds),
        lambda report: person_of_track(seen, report.track_id, report.said_s),
    )
    polygons = {name: zone.coordinates for name, zone in settings.cameras[clip.name].zones.items()}
    misses = (
        f"{event_words(entry.event)}: {why_missed(entry, seen, polygons, size)}"
        for entry in matching.happened
        if entry.fate is Fate.MISSED
    )
    return ClipScore(
        name=clip.name,
        condition=truth.condition,
        seconds=truth.seconds,
        matching=matching,
        found=tracks_found(seen),
        judging={item: judging(seen, item) for item in items_asked(settings, clip.name)},
        seen=seen_in(run.ledger),
        proof=run.proof,
        misses=tuple(misses),
        false_alarms=_false_alarms(truth, matching),
    )


def items_asked(settings: Settings, camera: str) -> tuple[Item, ...]:
    """Equipment that is asked for somewhere in the picture of ``camera``."""
    block = settings.cameras[camera]
    whole = settings.ppe.requires if block.ppe.requires is None else block.ppe.requires
    zones = [item for zone in block.zones.values() for item in zone.requires]
    return tuple(dict.fromkeys((*whole, *zones)))


def _kinds(settings: Settings) -> frozenset[EvidenceKind]:
    evidence = settings.evidence
    wanted = {EvidenceKind.SNAPSHOT: evidence.snapshot.enabled, EvidenceKind.CLIP: evidence.clip.enabled}
    return frozenset(kind for kind, enabled in wanted.items() if enabled)


def event_words(event: TruthEvent) -> str:
    """A true event in a few words."""
    what = f"no {event.item.value}" if event.item else event.rule
    place = f" in {event.zone}" if event.zone else ""
    return f"{event.who}, {what}{place}, {event.start_s:.1f}-{event.end_s:.1f} s"


def _false_alarms(truth: ClipTruth, matching: Matching) -> tuple[str, ...]:
    return tuple(
        f"{said.report.rule}{f' ({said.report.item.value})' if said.report.item else ''} "
        f"at {said.report.said_s:.1f} s: {why_false(said, truth)}"
        for said in matching.told
        if said.outcome is Outcome.FALSE
    )
