"""People keep their numbers, and every camera counts for itself."""

import numpy as np
import pytest
import supervision
from trackers.core.bytetrack.tracker import ByteTrackTracker

from siaga.core.detection import Detections
from siaga.core.geometry import Box
from siaga.track import ByteTrack, Tracker, TrackRules

NAMES = ("person", "helmet", "head")
STEP = 0.2


def seen(*boxes: Box, scores: tuple[float, ...] = (), names: tuple[str, ...] = ()) -> Detections:
    return Detections(
        np.asarray(boxes, np.float32).reshape(-1, 4),
        np.asarray(scores or [0.9] * len(boxes), np.float32),
        np.asarray([NAMES.index(name) for name in names or ["person"] * len(boxes)], np.int32),
        NAMES,
    )


def standing(x: float, y: float = 100.0, width: float = 60.0, height: float = 160.0) -> Box:
    return (x, y, x + width, y + height)


def ids(tracker: Tracker, detections: Detections, t: float) -> list[int]:
    return [track.track_id for track in tracker.update(detections, t)]


def test_a_person_gets_a_number_once_confirmed() -> None:
    tracker = ByteTrack()
    assert ids(tracker, seen(standing(10)), 0.0) == []
    assert ids(tracker, seen(standing(14)), 0.2) == [1]
    (track,) = tracker.update(seen(standing(18)), 0.4)
    assert (track.track_id, track.xyxy) == (1, (18.0, 100.0, 78.0, 260.0))
    assert track.confidence == pytest.approx(0.9)


def test_only_people_are_followed() -> None:
    tracker = ByteTrack()
    for index in range(4):
        found = seen(standing(10), (20, 100, 50, 130), (300, 0, 340, 40), names=("person", "helmet", "head"))
        tracks = tracker.update(found, index * STEP)
    assert [track.xyxy for track in tracks] == [standing(10)]


def test_a_model_without_people_gives_no_tracks() -> None:
    tracker = ByteTrack()
    empty = Detections.empty(("helmet",))
    assert [tracker.update(empty, index * STEP) for index in range(3)] == [(), (), ()]


def test_cameras_count_for_themselves() -> None:
    first, second = ByteTrack(), ByteTrack()
    for index in range(5):
        both = seen(standing(10), standing(400))
        assert ids(first, both, index * STEP) == ([] if index == 0 else [1, 2])
    for index in range(2):
        last = ids(second, seen(standing(700)), index * STEP)
    assert last == [1]


def test_numbers_never_repeat_after_a_reset() -> None:
    tracker = ByteTrack()
    for index in range(3):
        before = ids(tracker, seen(standing(10), standing(400)), index * STEP)
    tracker.reset()
    assert ids(tracker, seen(standing(10)), 10.0) == []
    after = ids(tracker, seen(standing(10)), 10.2)
    tracker.reset()
    tracker.reset()
    ids(tracker, seen(standing(10)), 20.0)
    assert (before, after, ids(tracker, seen(standing(10)), 20.2)) == ([1, 2], [3], [4])


def test_two_people_crossing_keep_their_numbers() -> None:
    tracker = ByteTrack()
    for index in range(31):
        # Different depths: the nearer one is larger and its feet are lower in the picture.
        right, left = standing(20 + 12 * index, 100), standing(400 - 12 * index, 120, 75, 200)
        tracks = {track.xyxy: track.track_id for track in tracker.update(seen(right, left), index * STEP)}
    assert tracks == {right: 1, left: 2}


@pytest.mark.parametrize(("gap", "expected"), [(1.0, [1]), (2.6, [])])
def test_a_gap_of_a_second_keeps_the_number(gap: float, expected: list[int]) -> None:
    tracker = ByteTrack()
    for index in range(10):
        ids(tracker, seen(standing(10 + 4 * index)), index * STEP)
    t = 9 * STEP + gap
    assert ids(tracker, seen(standing(46 + 20 * gap)), t) == expected


def test_missed_frames_within_a_second_keep_the_number() -> None:
    tracker = ByteTrack()
    last: list[int] = []
    for index in range(20):
        found = seen() if 8 <= index < 12 else seen(standing(10 + 4 * index))
        last = ids(tracker, found, index * STEP)
        assert bool(last) == (index > 0 and not 8 <= index < 12)
    assert last == [1]


def test_weak_boxes_keep_a_number_but_begin_none() -> None:
    tracker = ByteTrack()
    for index in range(12):
        scores = (0.9 if index < 4 else 0.2, 0.2)
        last = ids(tracker, seen(standing(10), standing(500), scores=scores), index * STEP)
    assert last == [1]
    assert ids(tracker, seen(standing(10), scores=(0.05,)), 12 * STEP) == []


def test_the_rate_may_vary() -> None:
    tracker = ByteTrack()
    t, numbers = 0.0, set()
    for index in range(40):
        numbers.update(ids(tracker, seen(standing(10 + 40 * t)), t))
        t += (0.2, 0.1, 0.45, 0.033)[index % 4]
    assert numbers == {1}


def test_time_going_back_gives_no_tracks_and_harms_none() -> None:
    tracker = ByteTrack()
    for t in (1.0, 1.2, 1.4):
        ids(tracker, seen(standing(10)), t)
    assert ids(tracker, seen(standing(10)), 0.3) == []
    assert ids(tracker, seen(standing(10)), 1.6) == [1]


def _crowd(rng: np.random.Generator, frames: int) -> list[Detections]:
    start = rng.uniform(0, 900, (6, 2))
    speed = rng.uniform(-25, 25, (6, 2))
    scenes = []
    for index in range(frames):
        here = start + index * speed + rng.normal(0, 2, (6, 2))
        boxes = [standing(float(x), float(y)) for x, y in here]
        kept = rng.uniform(size=6) > 0.2
        scores = rng.uniform(0.05, 1.0, 6)
        scenes.append(
            Detections(
                np.asarray(boxes, np.float32), scores.astype(np.float32), np.zeros(6, np.int32), NAMES
            ).take(kept)
        )
    return scenes


def test_agrees_with_the_library_driven_by_hand() -> None:
    rules = TrackRules()
    tracker = ByteTrack(rules)
    library = ByteTrackTracker(
        lost_track_buffer=60,
        frame_rate=5.0,
        track_activation_threshold=0.4,
        minimum_consecutive_frames=2,
        minimum_iou_threshold=0.1,
        high_conf_det_threshold=0.4,
    )
    total = 0
    for index, scene in enumerate(_crowd(np.random.default_rng(5), 60)):
        strong = scene.confidence >= np.float32(0.1)
        theirs = library.update(
            supervision.Detections(
                xyxy=scene.xyxy[strong], confidence=scene.confidence[strong], class_id=scene.class_id[strong]
            ),
            timestamp=index * STEP,
        )
        expected = {
            (int(number) + 1, tuple(box.tolist()))
            for number, box in zip(theirs.tracker_id, theirs.xyxy, strict=True)
            if number != -1
        }
        ours = {(track.track_id, track.xyxy) for track in tracker.update(scene, index * STEP)}
        assert ours == expected
        total += len(ours)
    assert total > 100


def test_golden_sequence() -> None:
    tracker = ByteTrack()
    scenes = _crowd(np.random.default_rng(11), 12)
    assert [ids(tracker, scene, index * STEP) for index, scene in enumerate(scenes)] == [
        [],
        [1, 2],
        [1, 2],
        [2, 3],
        [1, 2],
        [1, 2, 3, 4],
        [1, 3, 4, 5],
        [2, 3, 4, 5],
        [1, 2, 3, 4, 5],
        [2, 3, 5],
        [2, 5, 6],
        [2, 3, 4, 6],
    ]
