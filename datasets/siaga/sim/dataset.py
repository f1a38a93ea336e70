"""Stills to train on: made-up scenes, rendered, degraded, through the codec, with YOLO and COCO labels.

The folder::

    images/SCENE_FRAME.jpg  labels/SCENE_FRAME.txt   train.txt val.txt dataset.yaml   coco.json
    records/SCENE.json      the scene as a scenario   records/SCENE_FRAME.json   the renderer's records
    jobs/                   scenes on their way

The same number and seed give the same scenes; what is finished is not made again. Several processes may work
on one folder. A scene is either for training or for validation as a whole.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .camera import Camera
from .casting import random_scene
from .clip import Job, camera_pictures
from .encode import through_codec
from .labels import CLASSES, Label, labels_of, write_coco, write_yolo
from .raw import read_raw, write_raw
from .scenario import Scenario
from .sheet import write_picture

FRAMES_OF_A_SCENE = 8
"""Moments of one scene: they share the plate, which costs most."""
_VALIDATION_EVERY = 10
_JPEG_QUALITY = 95

Renderer = Callable[[Scenario, str, Path], None]
"""Renders all frames of a scenario through one camera into a job's folder; skips what is there."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """What is in the folder now. ``boxes``: how many of each class."""

    pictures: int
    wanted: int
    boxes: dict[str, int]


def make_dataset(
    out: Path,
    *,
    count: int,
    seed: int,
    size: tuple[int, int],
    render: Renderer,
    progress: Progress | None = None,
) -> DatasetReport:
    """Make the pictures that are not there yet, then write the lists.

    Args:
        count: Pictures in all.
        size: Width and height, pixels, both even.
        render: See ``Renderer``.
        progress: Called with the scenes done, and of all.

    Raises:
        StorageError: Something cannot be written.
    """
    for part in ("images", "labels", "records", "jobs"):
        (out / part).mkdir(parents=True, exist_ok=True)
    scenes = math.ceil(count / FRAMES_OF_A_SCENE)
    names: list[str] = []
    for number in range(scenes):
        frames = min(FRAMES_OF_A_SCENE, count - number * FRAMES_OF_A_SCENE)
        scene = random_scene(seed, number, FRAMES_OF_A_SCENE, *size)
        made = [f"{scene.name}_{frame}" for frame in range(frames)]
        if not all(_is_made(out, name) for name in made):
            _make_scene(out, scene, render)
        names += [name for name in made if _is_made(out, name)]
        if progress is not None:
            progress(number + 1, scenes)
    return _write_lists(out, names, count, size)


def _is_made(out: Path, name: str) -> bool:
    return (out / "records" / f"{name}.json").exists()


def _make_scene(out: Path, scene: Scenario, render: Renderer) -> None:
    """Render and finish a scene; nothing is finished while another process still renders part of it."""
    folder = out / "jobs" / scene.name
    render(scene, "view", folder)
    if not Job.is_complete(folder, scene.frame_count):
        return
    job = Job(folder, scene.frame_count)
    camera = Camera.from_view(scene.cameras["view"], scene.width, scene.height)
    view = scene.cameras["view"]
    records = [job.record(frame) for frame in range(scene.frame_count)]
    (out / "records" / f"{scene.name}.json").write_text(scene.model_dump_json() + "\n", encoding="utf-8")
    for record, clean in zip(records, camera_pictures(scene, "view", job, records), strict=True):
        name = f"{scene.name}_{record.frame}"
        # The codec spends its bits as at ten pictures a second, whatever the distance between the moments.
        picture = through_codec(clean, fps=10, codec=view.codec, kbps=view.kbps)
        write_picture(out / "images" / f"{name}.jpg", picture, _JPEG_QUALITY)
        labels = labels_of(record, camera)
        write_yolo(out / "labels" / f"{name}.txt", labels, scene.width, scene.height)
        write_raw(out / "records" / f"{name}.json", record)
    shutil.rmtree(folder)


def _write_lists(out: Path, names: Sequence[str], wanted: int, size: tuple[int, int]) -> DatasetReport:
    labelled = [(name, _labels(out, name)) for name in names]
    write_coco(out / "coco.json", [(f"{name}.jpg", labels) for name, labels in labelled], *size)
    validation = {
        name for name in names if int(name.split("_")[1]) % _VALIDATION_EVERY == _VALIDATION_EVERY - 1
    }
    for split, members in (
        ("train", [name for name in names if name not in validation]),
        ("val", [name for name in names if name in validation]),
    ):
        lines = "".join(f"./images/{name}.jpg\n" for name in members)
        (out / f"{split}.txt").write_text(lines, encoding="utf-8")
    listed = "".join(f"  {number}: {name}\n" for number, name in enumerate(CLASSES))
    text = f"path: .\ntrain: train.txt\nval: val.txt\nnames:\n{listed}"
    (out / "dataset.yaml").write_text(text, encoding="utf-8")
    counts: dict[str, int] = dict.fromkeys(CLASSES, 0)
    for _, found in labelled:
        for label in found:
            counts[label.name] += 1
    return DatasetReport(len(names), wanted, counts)


def _labels(out: Path, name: str) -> list[Label]:
    scene = name.rsplit("_", 1)[0]
    document = json.loads((out / "records" / f"{scene}.json").read_text(encoding="utf-8"))
    scenario = Scenario.model_validate(document)
    camera = Camera.from_view(scenario.cameras["view"], scenario.width, scenario.height)
    return labels_of(read_raw(out / "records" / f"{name}.json"), camera)
