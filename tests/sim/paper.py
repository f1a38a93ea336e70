"""A site of paper: people are cards that face the camera, so that every number can be worked out by hand.

The camera stands at (0, -10, 2) and looks along +Y; with 90 degrees and 640 x 360 pixels, one metre at a
distance of d metres is 320 / d pixels, and the horizon is row 180.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from siaga.sim.camera import Camera
from siaga.sim.motion.state import HelmetState
from siaga.sim.raw import PartName, RawActor, RawFrame, RawPart, measure, write_raw
from siaga.sim.scenario import Scenario, parse_scenario

SCENARIO = """
name: paper
site: groundworks
seed: 4
duration_s: 4
fps: 10
width: 640
height: 360
start: 2026-03-01T06:00:00Z
cameras:
  gate: {position: [0, -10, 2], look_at: [0, 0, 2], fov_deg: 90, kbps: 600}
zones:
  pit: {polygon: [[1, -2], [4, -2], [4, 2], [1, 2]], exclusion: true}
  edge: {polygon: [[-4, -6], [-2, -6], [-2, -4], [-4, -4]], requires: [harness]}
"""

_CARDS: dict[PartName, tuple[float, float, float]] = {
    "person": (0.5, 0.0, 1.75),
    "head": (0.24, 1.5, 1.75),
    "helmet": (0.28, 1.66, 1.8),
    "vest": (0.5, 0.9, 1.5),
    "harness": (0.4, 0.8, 1.5),
}
"""Width, bottom and top of each part, metres."""
_COLOURS: dict[PartName, tuple[int, int, int]] = {
    "person": (50, 60, 110),
    "vest": (240, 120, 20),
    "harness": (20, 20, 20),
    "head": (200, 150, 120),
    "helmet": (250, 220, 40),
}
_DOWN: dict[str, tuple[float, float, float]] = {"hand": (0.28, 0.7, 0.84), "hip": (0.28, 0.9, 1.04)}


@dataclass(frozen=True)
class PaperPerson:
    """Somebody who is at ``place(t)`` and whose helmet is where ``helmet(t)`` says."""

    id: str
    place: Callable[[float], tuple[float, float]]
    helmet: Callable[[float], HelmetState] = lambda _t: "worn"
    harness: bool = False


def scenario(text: str = SCENARIO) -> Scenario:
    return parse_scenario(text)


def camera(of: Scenario, name: str = "gate") -> Camera:
    return Camera.from_view(of.cameras[name], of.width, of.height)


def paper_frame(
    camera: Camera, people: list[PaperPerson], frame: int, fps: int, render: np.ndarray
) -> RawFrame:
    """The record of a frame; the people are painted on ``render`` (RGB)."""
    time_s = frame / fps
    width, height = camera.render_size
    owner = np.full((height, width), -1, np.int8)
    for index in sorted(range(len(people)), key=lambda index: -people[index].place(time_s)[1]):
        for name, points in _parts(people[index], time_s).items():
            mask = _mask(camera, points)
            render[mask] = _COLOURS[name]
            owner[mask] = index
    actors = tuple(_actor(camera, person, time_s, owner == index) for index, person in enumerate(people))
    return RawFrame(frame, time_s, actors)


def plate(camera: Camera) -> np.ndarray:
    width, height = camera.render_size
    ground = np.full((height, width, 3), (150, 140, 125), np.uint8)
    ground[: height // 2] = (190, 205, 220)
    return ground


def write_job(folder: Path, of: Scenario, people: list[PaperPerson], name: str = "gate") -> Path:
    """What the renderer leaves: frames, records, plate and depth."""
    lens = camera(of, name)
    for part in ("frames", "raw"):
        (folder / part).mkdir(parents=True)
    for frame in range(of.frame_count):
        render = plate(lens)
        record = paper_frame(lens, people, frame, of.fps, render)
        cv2.imwrite(str(folder / "frames" / f"{frame:06d}.png"), render[..., ::-1])
        write_raw(folder / "raw" / f"{frame:06d}.json", record)
    cv2.imwrite(str(folder / "plate.png"), plate(lens)[..., ::-1])
    np.save(folder / "depth.npy", np.full(lens.render_size[::-1], 30, np.float32))
    return folder


def records(of: Scenario, people: list[PaperPerson]) -> Iterator[RawFrame]:
    lens = camera(of)
    canvas = plate(lens)
    return (paper_frame(lens, people, frame, of.fps, canvas) for frame in range(of.frame_count))


def _parts(person: PaperPerson, time_s: float) -> dict[PartName, np.ndarray]:
    """Corners of the cards, in the order in which they are painted."""
    x, y = person.place(time_s)
    worn = person.helmet(time_s)
    cards = dict(_CARDS)
    if worn == "worn":
        cards["person"] = (0.5, 0.0, 1.8)
    elif worn in _DOWN:
        cards["helmet"] = _DOWN[worn]
    else:
        del cards["helmet"]
    if not person.harness:
        del cards["harness"]
    return {
        name: np.array([(x + side * cards[name][0] / 2, y, z) for side in (-1, 1) for z in cards[name][1:]])
        for name in _COLOURS
        if name in cards
    }


def _mask(camera: Camera, points: np.ndarray) -> np.ndarray:
    width, height = camera.render_size
    mask = np.zeros((height, width), bool)
    seen = camera.project(points)[:, :2]
    left, top = np.round(seen.min(axis=0)).astype(int).clip(0)
    right, bottom = np.round(seen.max(axis=0)).astype(int).clip(0)
    mask[top:bottom, left:right] = True
    return mask


def _actor(camera: Camera, person: PaperPerson, time_s: float, owned: np.ndarray) -> RawActor:
    x, y = person.place(time_s)
    measured: dict[PartName, RawPart] = {}
    for name, points in _parts(person, time_s).items():
        full = _mask(camera, points)
        part = measure(camera, points, full & owned, full)
        if part is not None:
            measured[name] = part
    feet = ((x - 0.1, y, 0.0), (x + 0.1, y, 0.0))
    helmet = person.helmet(time_s)
    return RawActor(person.id, measured, (x, y, 0.0), 0.0, feet, helmet, person.harness, "none")
