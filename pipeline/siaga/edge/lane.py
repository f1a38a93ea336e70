"""Everything one camera remembers between frames."""

from dataclasses import asdict

from siaga.core.clock import IdFactory
from siaga.core.detection import Detections
from siaga.core.event import EventState, RuleKind, Transition
from siaga.core.frame import Frame
from siaga.core.health import Condition, HealthChange
from siaga.core.scene import Scene
from siaga.core.settings import Camera, Settings
from siaga.core.verdict import Item
from siaga.core.video import HeadSample
from siaga.edge.clips import ClipPlanner
from siaga.edge.heads import HeadHistory
from siaga.edge.recorder import Occurrence, occurrence_on
from siaga.edge.second import Classifiers, SecondStage
from siaga.judge.judge import Judge
from siaga.judge.looks import Gates
from siaga.judge.vote import VoteRules
from siaga.ledger.ledger import Ledger
from siaga.manifest import Manifest
from siaga.rules.book import RuleBook
from siaga.track.bytetrack import ByteTrack, TrackRules

_BLIND = frozenset({Condition.FROZEN, Condition.DARK, Condition.COVERED, Condition.CORRUPT})
_SLACK_S = 5.0


class Lane:
    """A camera's tracker, judge, rules, ledger, and what its clips will need.

    Args:
        name: The camera's name.
        new_id: Makes event ids.
        classifiers: Of the second stage; none: the detector alone judges.

    Attributes:
        second: The second stage of this camera; None when nothing that it judges is asked for.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        manifest: Manifest,
        new_id: IdFactory,
        classifiers: Classifiers | None = None,
    ) -> None:
        self.name = name
        self.camera: Camera = settings.cameras[name]
        self.tracker = ByteTrack(
            TrackRules(activate=manifest.thresholds.confidence["person"], fps=self.camera.detect.fps)
        )
        self.rules = RuleBook(name, self.camera, settings, new_id)
        closer = {item: one for item, one in (classifiers or {}).items() if item in self.rules.items}
        self.judge = Judge(
            self.rules.items,
            manifest.classes,
            vote_rules(manifest, self.camera.detect.fps),
            Gates(manifest.gates.min_head_px, manifest.gates.min_person_px),
            {item: close_rules(manifest, item, self.camera, settings) for item in closer},
        )
        self.second = SecondStage(self.camera, settings, manifest, closer) if closer else None
        self.ledger = Ledger(settings.site.name, name, self.camera.zones)
        clip = settings.evidence.clip
        masks = tuple(mask.coordinates for mask in self.camera.masks.values())
        self.clips = ClipPlanner(name, clip, masks, new_id)
        self.heads = HeadHistory(clip.pre_roll + clip.post_roll + _SLACK_S)
        self._wants_clips = clip.enabled
        self._blurs = settings.privacy.blur == "heads"
        self.conditions: set[Condition] = set()
        self._size = (1, 1)

    @property
    def can_judge(self) -> bool:
        """Whether the pictures that come are worth looking at."""
        return not self.conditions & _BLIND

    def remember(self, frame: Frame, scene: Scene, detections: Detections) -> None:
        """Keep what the ledger, later clips and an end without a picture need of this frame."""
        self._size = frame.size
        self.ledger.observe(scene)
        self.heads.add(frame, scene.people, detections)

    def note(self, change: HealthChange) -> None:
        """Keep which conditions hold."""
        (self.conditions.add if change.active else self.conditions.discard)(change.condition)
        self.ledger.health(change)

    def occurrence(self, transition: Transition, frame: Frame) -> Occurrence:
        """A transition with the picture it was said on; counts it and asks for its clip."""
        if transition.state is EventState.NEW:
            self.ledger.events(transition.utc, transition.zone)
        zone = self.camera.zones.get(transition.zone or "")
        taken = occurrence_on(
            transition,
            frame,
            self._samples(frame),
            zone.coordinates if zone else None,
            clip_wanted=self._wants_clips and transition.rule is not RuleKind.CAMERA_UNMONITORED,
        )
        if taken.clip_wanted:
            self.clips.want(transition.event_id, frame)
        return taken

    def _samples(self, frame: Frame) -> tuple[HeadSample, ...]:
        return self.heads.between(frame.epoch, frame.pts, frame.pts) if self._blurs else ()

    def occurrence_without_picture(self, transition: Transition) -> Occurrence:
        """A transition that no picture caused."""
        return Occurrence(transition, size=self._size)


def crops_of(lane: Lane) -> dict[str, dict[str, float]]:
    """What the second stage of ``lane`` cost so far, by item, in JSON types; empty without one."""
    counts = lane.second.counts if lane.second is not None else {}
    return {item.value: asdict(count) for item, count in counts.items()}


def vote_rules(manifest: Manifest, fps: float) -> VoteRules:
    """The manifest counts looks; voting counts seconds, so that lost frames do not stretch the window."""
    return _rules(manifest, 1 / fps)


def close_rules(manifest: Manifest, item: Item, camera: Camera, settings: Settings) -> VoteRules:
    """As :func:`vote_rules`, for an item of a classifier: it looks for a harness more rarely."""
    between = 1 / camera.detect.fps
    return _rules(manifest, max(between, settings.crops.harness_period) if item is Item.HARNESS else between)


def _rules(manifest: Manifest, between: float) -> VoteRules:
    votes = manifest.votes
    return VoteRules(
        window_s=votes.window * between, min_looks=votes.min_looks, worn=votes.worn, missing=votes.missing
    )
