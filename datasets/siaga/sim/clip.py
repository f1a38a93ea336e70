"""From a rendered job to a clip and its ground truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from siaga.core.errors import StorageError

from .camera import Camera
from .degrade import Conditions, Degrader
from .degrade.conditions import Plane, Rgb
from .degrade.people import Mover
from .encode import encode_clip
from .labels import labels_of, write_coco, write_yolo
from .raw import Box, RawFrame, read_raw
from .scenario import Scenario
from .sheet import read_picture
from .truth import Person, Truth, Views, build_truth, in_this_light, people_of, write_truth

Progress = Callable[[int, int], None]
"""Called with the number of frames done, and of all."""


class Job:
    """A folder of rendered frames (see ``raw``).

    Raises:
        StorageError: A frame or a record is missing.
    """

    def __init__(self, folder: Path, frames: int) -> None:
        self.folder = folder
        self.frames = frames
        absent = _absent(folder, frames)
        if absent:
            raise StorageError(
                f"{len(absent)} of {frames} frames are not rendered, the first is {absent[0]}",
                where=str(folder),
                fix="Run the same command again; what is there is not rendered twice.",
            )

    @staticmethod
    def is_complete(folder: Path, frames: int) -> bool:
        """Whether a folder holds all frames and records."""
        return not _absent(folder, frames)

    def picture(self, number: int) -> Rgb:
        """One render, RGB."""
        return read_picture(_frame(self.folder, number))

    def record(self, number: int) -> RawFrame:
        """What the renderer wrote down about it."""
        return read_raw(_raw(self.folder, number))

    def plate(self) -> Rgb | None:
        """The render without people, if there is one."""
        path = self.folder / "plate.png"
        return read_picture(path) if path.exists() else None

    def depth(self) -> Plane | None:
        """Metres, if there are any."""
        path = self.folder / "depth.npy"
        return np.asarray(np.load(path), np.float32) if path.exists() else None


def _frame(folder: Path, number: int) -> Path:
    return folder / "frames" / f"{number:06d}.png"


def _raw(folder: Path, number: int) -> Path:
    return folder / "raw" / f"{number:06d}.json"


def _absent(folder: Path, frames: int) -> list[int]:
    return [n for n in range(frames) if not (_frame(folder, n).exists() and _raw(folder, n).exists())]


def finish_clip(
    scenario: Scenario, camera_name: str, job_folder: Path, out: Path, progress: Progress | None = None
) -> Truth:
    """Degrade and encode a job's frames, and write the ground truth and the labels beside the clip.

    Args:
        camera_name: One of the scenario's cameras.
        out: The clip, ``NAME.mp4``. Beside it: ``NAME.truth.json``, ``NAME.coco.json`` and ``NAME.yolo/``
            with a file for each frame.

    Raises:
        StorageError: The job is not whole, or something cannot be written.
    """
    job = Job(job_folder, scenario.frame_count)
    records = [job.record(number) for number in range(job.frames)]
    view = scenario.cameras[camera_name]
    camera = Camera.from_view(view, scenario.width, scenario.height)
    people: list[tuple[Person, ...]] = []

    def pictures() -> Iterator[Rgb]:
        for number, (picture, views) in enumerate(_with_views(scenario, camera_name, job, records)):
            found = people_of(records[number], camera, scenario.zones)
            people.append(in_this_light(found, views) if views else found)
            yield picture
            if progress is not None:
                progress(number + 1, job.frames)

    encode_clip(out, pictures(), fps=scenario.fps, codec=view.codec, kbps=view.kbps)
    truth = build_truth(scenario, camera_name, people, out.name)
    write_truth(out.with_suffix(".truth.json"), truth)
    _write_labels(scenario, camera_name, records, out)
    return truth


def _write_labels(scenario: Scenario, camera_name: str, records: Sequence[RawFrame], out: Path) -> None:
    camera = Camera.from_view(scenario.cameras[camera_name], scenario.width, scenario.height)
    folder = out.with_suffix(".yolo")
    folder.mkdir(exist_ok=True)
    images = []
    for number, record in enumerate(records):
        labels = labels_of(record, camera)
        write_yolo(folder / f"{number:06d}.txt", labels, scenario.width, scenario.height)
        images.append((f"{number:06d}.jpg", labels))
    write_coco(out.with_suffix(".coco.json"), images, scenario.width, scenario.height)


def camera_pictures(
    scenario: Scenario, camera_name: str, job: Job, records: Sequence[RawFrame]
) -> Iterator[Rgb]:
    """What the camera delivers, frame by frame, before the codec: (height, width, 3) RGB uint8."""
    return (picture for _, picture in _delivered(_degrader(scenario, camera_name, job), job, records))


def _with_views(
    scenario: Scenario, camera_name: str, job: Job, records: Sequence[RawFrame]
) -> Iterator[tuple[Rgb, Views | None]]:
    """As ``camera_pictures``, and beside each, if there is a plate, the same moment in the other views."""
    degrader, plate = _degrader(scenario, camera_name, job), job.plate()
    weather = scenario.rain + scenario.dust + scenario.dirt > 0
    fair = scenario.model_copy(update={"rain": 0.0, "dust": 0.0, "dirt": 0.0})
    clear = _degrader(fair, camera_name, job) if weather else None
    for number, picture in _delivered(degrader, job, records):
        if plate is None:
            yield picture, None
            continue
        lit = clear.apply(job.picture(number), number) if clear else picture
        yield picture, Views(picture, degrader.apply(plate, number), lit)


def _degrader(scenario: Scenario, camera_name: str, job: Job) -> Degrader:
    camera = Camera.from_view(scenario.cameras[camera_name], scenario.width, scenario.height)
    return Degrader(camera, Conditions.of(scenario, camera_name), job.plate(), job.depth())


def _delivered(degrader: Degrader, job: Job, records: Sequence[RawFrame]) -> Iterator[tuple[int, Rgb]]:
    before: RawFrame | None = None
    for number, record in enumerate(records):
        movers = movers_of(record, before, degrader.camera)
        yield number, degrader.apply(job.picture(number), number, movers)
        before = record


def movers_of(record: RawFrame, before: RawFrame | None, camera: Camera) -> list[Mover]:
    """The people of a frame with their distance, and their speed since the frame before."""
    movers = []
    last = (
        {actor.id: actor.parts["person"] for actor in before.actors if "person" in actor.parts}
        if before
        else {}
    )
    seconds = record.time_s - before.time_s if before else 1.0
    for actor in record.actors:
        body = actor.parts.get("person")
        if body is None:
            continue
        depth = float(camera.project(actor.position)[0, 2])
        x, y = _middle(body.xyxy)
        last_x, last_y = _middle(last[actor.id].xyxy) if actor.id in last else (x, y)
        movers.append(Mover(body.xyxy, depth, ((x - last_x) / seconds, (y - last_y) / seconds)))
    return movers


def _middle(xyxy: Box) -> tuple[float, float]:
    return (xyxy[0] + xyxy[2]) / 2, (xyxy[1] + xyxy[3]) / 2
