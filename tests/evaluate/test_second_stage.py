"""The second stage on single pictures: where it looks, and what it may say."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from siaga.core.errors import BadRequest
from siaga.core.event import ModelRef
from siaga.core.frame import Rgb
from siaga.core.verdict import State
from siaga.evaluate.people import judge
from siaga.evaluate.second_stage import HeadStage, head_classifier
from siaga.manifest import CropManifest, Manifest
from tests.detect import classifiers
from tests.evaluate.sets import HEAD, PERSON, SIZE, found, model


class RedIsMissing:
    """Sure of a bare head when the whole crop is red, and of a helmet when it is green."""

    def __init__(self, **changes: object) -> None:
        self.manifest: CropManifest = classifiers.described(**changes)
        self.model = ModelRef(name="fake", sha256="0" * 64)

    def classify(self, crops: Sequence[Rgb]) -> np.ndarray:
        reds, greens = (
            [float((crop[..., channel] > 200).mean() > 0.9) for crop in crops] for channel in (0, 1)
        )
        return np.array(
            [(green, red, 1 - red - green) for red, green in zip(reds, greens, strict=True)], np.float32
        ).reshape(-1, 3)

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return model(tmp_path_factory.mktemp("model"), head=0.5, helmet=0.5)


def painted(colour: tuple[int, int, int]) -> Rgb:
    """Black, and ``colour`` where a square round the head is cropped."""
    rgb = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    rgb[42:64, 149:171] = colour
    return rgb


def look(
    seen: list,
    manifest: Manifest,
    colour: tuple[int, int, int],
    *,
    everywhere: bool = False,
    **changes: object,
) -> tuple:
    stage = HeadStage(RedIsMissing(**changes), manifest)
    rgb = np.full((SIZE[1], SIZE[0], 3), colour, np.uint8) if everywhere else painted(colour)
    (one,) = stage(judge(found({}, seen), manifest), rgb)
    return one.state, one.reason and one.reason.value


RED, GREEN = (255, 0, 0), (0, 255, 0)


def test_it_looks_where_a_weak_head_was_found(manifest: Manifest) -> None:
    seen = [("person", PERSON, 0.9), ("head", HEAD, 0.3)]
    assert judge(found({}, seen), manifest).looks[0].state is State.UNKNOWN
    assert look(seen, manifest, RED) == (State.MISSING, None)
    # Too weak to be a candidate: it looks where the head must be, which is not all red.
    assert look([seen[0], ("head", HEAD, 0.05)], manifest, RED) == (State.UNKNOWN, "not_seen")


def test_where_no_head_was_found_it_may_see_a_helmet_and_no_bare_head(manifest: Manifest) -> None:
    seen = [("person", PERSON, 0.9)]
    assert look(seen, manifest, GREEN, everywhere=True) == (State.WORN, None)
    assert look(seen, manifest, RED, everywhere=True) == (State.UNKNOWN, "not_seen")


def test_it_says_nothing_against_a_sure_detector(manifest: Manifest) -> None:
    seen = [("person", PERSON, 0.9), ("head", HEAD, 0.8)]
    assert look(seen, manifest, RED) == (State.MISSING, None)
    assert look(seen, manifest, GREEN) == (State.UNKNOWN, "ambiguous")


def test_its_gate_counts_in_pixels_of_the_picture(manifest: Manifest) -> None:
    seen = [("person", PERSON, 0.9), ("head", HEAD, 0.8)]
    assert look(seen, manifest, RED, gates={"min_px": 23}) == (State.UNKNOWN, "too_small")
    assert HeadStage(RedIsMissing(gates={"min_px": 23}), manifest).gate_px == 23


def test_a_classifier_of_another_kind_is_refused(tmp_path: Path, manifest: Manifest) -> None:
    classifiers.write(tmp_path, name="torso", region="person")
    with pytest.raises(BadRequest, match="judges harness on crops of the person"):
        head_classifier(str(tmp_path / "torso.yaml"), manifest)
    assert head_classifier(None, manifest) is None
    assert head_classifier("disabled", manifest) is None
