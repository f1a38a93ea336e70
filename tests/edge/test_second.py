"""The second stage of one camera, with a classifier that sees colours: who is looked at, and when."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import yaml

from siaga.core.detection import Detections
from siaga.core.event import ModelRef
from siaga.core.frame import Frame, Patch, Pixels, Rgb
from siaga.core.geometry import Box
from siaga.core.person import Part, Person
from siaga.core.settings import Settings
from siaga.core.settings.load import parse_settings
from siaga.core.verdict import Item, Look, Reason, State
from siaga.detect.classifier import Probabilities
from siaga.edge.second import SecondStage
from siaga.manifest import CropManifest, Manifest
from tests.detect.classifiers import described
from tests.judge.scenes import found, head_of, upright
from tests.models.test_manifest import content

SIZE = (1920, 1080)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
NAMES = ("person", "helmet", "head", "vest")


class Eyes:
    """A classifier: green is worn, red is missing, all else is unclear; remembers its crops."""

    def __init__(self, manifest: CropManifest) -> None:
        self.manifest = manifest
        self.model = ModelRef(name=manifest.name, sha256=manifest.sha256)
        self.shown: list[Rgb] = []

    def classify(self, crops: Sequence[Rgb]) -> Probabilities:
        self.shown += crops
        colours = np.array([crop.mean(axis=(0, 1)) for crop in crops])
        return np.eye(3, dtype=np.float32)[[{0: 1, 1: 0, 2: 2}[at] for at in colours.argmax(axis=1).tolist()]]

    def close(self) -> None: ...


def detector() -> Manifest:
    confidence = dict.fromkeys(NAMES, 0.4)
    return Manifest.model_validate(content(classes=list(NAMES), thresholds={"confidence": confidence}))


def site(more: str = "", camera: str = "") -> Settings:
    text = f"cameras: {{gate: {{ffmpeg: {{inputs: [{{path: 'file:x'}}]}}{camera}}}}}\n{more}"
    return parse_settings(text).settings


class Stage:
    """A second stage with what it needs."""

    def __init__(self, item: Item, settings: Settings, **manifest: object) -> None:
        region = "head" if item is Item.HELMET else "person"
        self.eyes = Eyes(described(region=region, **manifest))
        ticks = iter(np.arange(0, 1000, 0.25).tolist())
        self.stage = SecondStage(
            settings.cameras["gate"], settings, detector(), {item: self.eyes}, lambda: next(ticks)
        )
        self.count = self.stage.counts[item]
        self.item = item

    def look(
        self, t: float, people: Sequence[Person], picture: Rgb | None, detections: Detections | None = None
    ) -> dict[int, Look]:
        got = self.stage.look(frame(picture, t), people, found() if detections is None else detections)
        assert set(got) == {person.track_id for person in people}
        return {track: looks[self.item] for track, looks in got.items() if looks}


def frame(picture: Rgb | None, t: float) -> Frame:
    """A frame of ``picture``; None: it has been overwritten."""

    def patch(box: Pixels) -> Patch | None:
        if picture is None:
            return None
        left, top = max(box[0], 0), max(box[1], 0)
        return Patch(picture[top : max(box[3], 0), left : max(box[2], 0)].copy(), left, top)

    small = np.zeros((360, 640, 3), np.uint8)
    return Frame("gate", 1, 1, t, t, datetime(2026, 1, 1, tzinfo=UTC), small, SIZE, patch=patch)


def painted(*areas: tuple[Box, tuple[int, int, int]]) -> Rgb:
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    for (x1, y1, x2, y2), colour in areas:
        picture[int(y1) : int(y2) + 1, int(x1) : int(x2) + 1] = colour
    return picture


def standing(number: int, x: float, *, head: bool = True, confidence: float = 0.9) -> Person:
    box = upright(x, 300)
    place = head_of(box)
    known = {"head": Part(place, 0.9), "head_px": place[3] - place[1]} if head else {}
    return Person(number, box, confidence, **known)  # type: ignore[arg-type]


PEOPLE = [standing(number, 150 + 200 * number) for number in range(1, 7)]
CROWD = painted(*((head_of(person.xyxy), RED) for person in PEOPLE))


def test_every_head_is_looked_at_where_it_is_in_the_full_picture() -> None:
    stage = Stage(Item.HELMET, site())
    one, two = PEOPLE[:2]
    looks = stage.look(0.0, [one, two], painted((head_of(one.xyxy), RED), (head_of(two.xyxy), GREEN)))
    assert {track: look.state for track, look in looks.items()} == {1: State.MISSING, 2: State.WORN}
    assert [crop.shape for crop in stage.eyes.shown] == [(64, 64, 3)] * 2


def test_over_the_bound_who_waited_longest_comes_first() -> None:
    stage = Stage(Item.HELMET, site("crops: {heads_per_frame: 4}"))
    assert set(stage.look(0.0, PEOPLE, CROWD)) == {1, 2, 3, 4}
    assert set(stage.look(0.2, PEOPLE, CROWD)) == {5, 6, 1, 2}
    assert set(stage.look(0.4, PEOPLE, CROWD)) == {3, 4, 5, 6}
    assert (stage.count.looked, stage.count.left_out) == (12, 6)
    assert stage.count.seconds == pytest.approx(3 * 0.25)


def test_a_picture_that_is_gone_gives_no_look_and_is_counted() -> None:
    stage = Stage(Item.HELMET, site())
    assert stage.look(0.0, PEOPLE[:2], None) == {}
    assert (stage.count.looked, stage.count.left_out) == (0, 2)
    assert stage.eyes.shown == []


def test_a_head_under_the_gate_costs_no_crop() -> None:
    stage = Stage(Item.HELMET, site(), gates={"min_px": 60})
    unknown = Look(Item.HELMET, State.UNKNOWN, 0.0, Reason.TOO_SMALL)
    assert stage.look(0.0, PEOPLE[:1], CROWD) == {1: unknown}
    assert (stage.count.looked, stage.count.left_out) == (0, 0)


def test_weak_heads_show_where_to_look_and_are_no_detections() -> None:
    stage = Stage(Item.HELMET, site())
    person = standing(1, 800, head=False)
    place = head_of(person.xyxy, across=0.3)
    both = found(("head", place, 0.15), ("helmet", (5, 5, 30, 30), 0.41), ("person", person.xyxy, 0.2))
    assert stage.stage.sure(both).confidence.tolist() == pytest.approx([0.41, 0.2])
    looks = stage.look(0.0, [person], painted((place, RED)), both)
    assert looks[1].state is State.MISSING
    blind = Stage(Item.HELMET, site())
    blind.look(0.0, [person], painted((place, RED)))
    assert stage.eyes.shown[0].mean() > 1.5 * blind.eyes.shown[0].mean()


@pytest.mark.parametrize(
    ("colour", "state", "reason"), [(GREEN, State.WORN, None), (RED, State.UNKNOWN, Reason.NOT_SEEN)]
)
def test_where_no_head_was_found_a_helmet_may_be_seen_and_no_bare_head(
    colour: tuple[int, int, int], state: State, reason: Reason | None
) -> None:
    stage = Stage(Item.HELMET, site())
    people = [standing(1, 400, head=False), standing(2, 800)]
    picture = painted((people[0].xyxy, colour), (head_of(people[1].xyxy), RED))
    looks = stage.look(0.0, people, picture)
    assert (looks[1].state, looks[1].reason) == (state, reason)
    assert looks[2].state is State.MISSING
    assert stage.count.looked == 2


@pytest.mark.parametrize(
    ("camera", "states"),
    [
        ("", [State.UNKNOWN, State.MISSING]),
        (", objects: {filters: {person: {min_score: 0.2}}}", [State.MISSING, State.MISSING]),
    ],
    ids=["the model's threshold", "the camera's"],
)
def test_of_two_weak_boxes_none_makes_the_other_sure(camera: str, states: list[State]) -> None:
    stage = Stage(Item.HELMET, site(camera=camera))
    people = [standing(1, 400, head=False, confidence=0.3), standing(2, 800, head=False, confidence=0.4)]
    heads = [head_of(person.xyxy) for person in people]
    weak = found(*(("head", head, 0.2) for head in heads))
    looks = stage.look(0.0, people, painted(*((head, RED) for head in heads)), weak)
    assert [look.state for look in looks.values()] == states


def test_a_cameras_own_filter_says_what_is_sure() -> None:
    filtered = site(camera=", objects: {filters: {head: {min_score: 0.1}}}")
    stage = Stage(Item.HELMET, filtered)
    weak = found(("head", (0, 0, 9, 9), 0.15), ("helmet", (0, 0, 9, 9), 0.15))
    assert stage.stage.sure(weak).class_id.tolist() == [NAMES.index("head")]


ZONE = ", zones: {roof: {coordinates: '0,0,0.5,0,0.5,1,0,1', requires: [harness]}}"


def bodies(colour: tuple[int, int, int]) -> Rgb:
    return painted(*((person.xyxy, colour) for person in PEOPLE))


def test_a_harness_is_looked_for_only_in_zones_that_require_it() -> None:
    stage = Stage(Item.HARNESS, site(camera=ZONE))
    inside = {1, 2, 3}
    looks = stage.look(0.0, PEOPLE, bodies(RED))
    assert set(looks) == inside
    assert {look.state for look in looks.values()} == {State.MISSING}
    assert stage.count.left_out == 0


def test_a_harness_asked_for_everywhere_is_looked_for_everywhere() -> None:
    stage = Stage(Item.HARNESS, site("ppe: {requires: [harness]}\ncrops: {harness_per_frame: 9}"))
    assert set(stage.look(0.0, PEOPLE, bodies(GREEN))) == {1, 2, 3, 4, 5, 6}
    only_zone = Stage(Item.HARNESS, site("ppe: {requires: [harness]}", ", ppe: {requires: []}" + ZONE))
    assert set(only_zone.look(0.0, PEOPLE, bodies(GREEN))) == {1, 2, 3}


def test_each_person_at_most_once_a_period_and_so_many_a_frame() -> None:
    stage = Stage(Item.HARNESS, site("crops: {harness_per_frame: 2, harness_period: 0.5}", ZONE))
    times = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    looked = [sorted(stage.look(t, PEOPLE, bodies(BLUE))) for t in times]
    assert looked == [[1, 2], [3], [], [1, 2], [3], []]
    assert (stage.count.looked, stage.count.left_out) == (6, 1)


def test_somebody_cut_off_is_unknown_at_the_same_pace_and_costs_no_crop() -> None:
    stage = Stage(Item.HARNESS, site("ppe: {requires: [harness]}"))
    edge = Person(1, upright(0, 300), 0.9)
    assert stage.look(0.0, [edge], bodies(RED))[1].reason is Reason.CUT_OFF
    assert stage.look(0.2, [edge], bodies(RED)) == {}
    assert stage.eyes.shown == []


def test_who_was_not_seen_for_long_is_forgotten() -> None:
    stage = Stage(Item.HELMET, site("crops: {heads_per_frame: 1}"))
    for number in range(50):
        stage.look(number * 1.0, [standing(number, 500)], CROWD)
    assert len(stage.stage._turns[Item.HELMET].last) < 10


def test_the_documented_examples_are_right() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs/second-stage.md").read_text(encoding="utf-8")
    configuration, manifest = (block.split("```")[0] for block in text.split("```yaml\n")[1:])
    settings = parse_settings(configuration).settings
    assert settings.crops == Settings(cameras=settings.cameras).crops
    described = CropManifest.model_validate(yaml.safe_load(manifest.replace("…", "a" * 64)))
    assert (described.item, described.region) == ("helmet", "head")
