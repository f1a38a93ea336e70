"""Average precision against pycocotools, on boxes made up at random."""

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from siaga.evaluate.classes import SIZES
from siaga.evaluate.metrics import IOUS, Scene, area, average_precision, rank_all, score, within

PICTURES = 40


def made_up(seed: int) -> list[Scene]:
    """Pictures with boxes of all sizes, found with errors, doubled, missed, invented; some unreadable."""
    rng = np.random.default_rng(seed)
    scenes = []
    for _ in range(PICTURES):
        truth = _boxes(rng, int(rng.integers(0, 7)))
        ignored = _boxes(rng, int(rng.integers(0, 3)))
        near = np.concatenate([truth, truth[: len(truth) // 3], ignored, ignored[:1]])
        kept = near[rng.random(len(near)) < 0.85]
        side = (kept[:, 2:] - kept[:, :2]).repeat(2, axis=1)
        moved = kept + rng.normal(0, 0.07, kept.shape) * side
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
        found = np.concatenate([moved, _boxes(rng, int(rng.integers(0, 4)))])
        scenes.append(Scene(truth, found, rng.random(len(found)), ignored))
    return scenes


def _boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    corner = rng.uniform(0, 500, (count, 2))
    return np.concatenate([corner, corner + np.exp(rng.uniform(1.5, 5.3, (count, 2)))], axis=1)


def coco_stats(scenes: list[Scene]) -> np.ndarray:
    """AP50-95, AP50, AP75, AP50-95 of small, medium and large, as pycocotools has them."""
    annotations = []
    for image, scene in enumerate(scenes, 1):
        for crowd, boxes in ((0, scene.truth), (1, scene.ignored)):
            for x1, y1, x2, y2 in boxes.tolist():
                box = [x1, y1, x2 - x1, y2 - y1]
                annotations.append(
                    {"image_id": image, "category_id": 1, "bbox": box, "area": box[2] * box[3]}
                    | {"iscrowd": crowd, "id": len(annotations) + 1}
                )
    results = [
        {"image_id": image, "category_id": 1, "bbox": [x1, y1, x2 - x1, y2 - y1], "score": value}
        for image, scene in enumerate(scenes, 1)
        for (x1, y1, x2, y2), value in zip(scene.found.tolist(), scene.scores.tolist(), strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        images = [{"id": image} for image in range(1, len(scenes) + 1)]
        truth.dataset = {"images": images, "annotations": annotations, "categories": [{"id": 1}]}
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return np.asarray(evaluation.stats)


@pytest.mark.parametrize("seed", range(4))
def test_average_precision_is_that_of_pycocotools(seed: int) -> None:
    scenes = made_up(seed)
    theirs = coco_stats(scenes)
    ours = score(scenes, 0.5)
    assert 0.1 < ours.ap50_95 < ours.ap50 < 0.95
    assert ours.ap50_95 == pytest.approx(theirs[0], abs=1e-3)
    assert ours.ap50 == pytest.approx(theirs[1], abs=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_average_precision_by_size_is_that_of_pycocotools(seed: int) -> None:
    scenes = made_up(seed)
    theirs = coco_stats(scenes)[3:6]
    for (_, low, high), expected in zip(SIZES, theirs, strict=True):
        inside = [within(scene, area(scene.truth), area(scene.found), low, high) for scene in scenes]
        ours = np.mean([average_precision(ranking) for ranking in rank_all(inside, IOUS.tolist())])
        assert ours == pytest.approx(expected, abs=1e-3)
