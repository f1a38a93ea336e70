"""Crops of people for training: thousands by one command, each from its seed and number alone. Needs bpy.

A folder of crops holds ``images/000000.jpg`` ..., ``labels/00000.jsonl`` (each a person's crops) and
``crops.jsonl`` with a line per crop as :func:`siaga.sim.worker.crop_labels.label` makes it. A call
that was ended goes on where it stopped; several calls on one folder share the work.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import cv2
import numpy as np
import numpy.typing as npt

from siaga.core.errors import BadRequest
from siaga.sim.camera import Camera
from siaga.sim.render.claims import Claims
from siaga.sim.render.engine import Engine

from . import fields as f
from .crop_labels import COVER_CODE, PART_CODES, Index, crop_rect, label, part_boxes
from .crop_scene import CropScene
from .fields import Array
from .model import WorkerModel
from .share import finish, is_finished, merge, unfinished
from .surface import Surface
from .variation import Shot, Stance, place, sample_look, sample_shot, sample_stance

PER_PERSON = 8
"""Crops of one person: building a person costs as much as rendering several crops."""
Rgb = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Plan:
    stance: Stance
    shot: Shot


def make_crops(
    n: int,
    seed: int,
    out: Path,
    *,
    samples: int = 10,
    threads: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Render crops 0 to ``n`` - 1 that are not there yet and that no other process is at.

    Args:
        samples: Paths per pixel.
        threads: Cores to use; 0: all.
        progress: Called with (crops in the folder or taken, n) after every person.

    Returns:
        How many crops this call made.

    Raises:
        BadRequest: ``n`` below 1, or the folder holds crops of another seed.
        StorageError: The renderer's picture cannot be read back.
    """
    if n < 1:
        raise BadRequest(f"{n} crops are none.", fix="Ask for 1 or more.")
    (out / "images").mkdir(parents=True, exist_ok=True)
    (out / "labels").mkdir(exist_ok=True)
    _check_seed(out, seed)
    made, claims = 0, Claims(out / "claims")
    for person in unfinished(out, -(-n // PER_PERSON)):
        if not claims.take(str(person)):
            continue
        numbers = range(person * PER_PERSON, min(n, (person + 1) * PER_PERSON))
        if not is_finished(out, person):
            lines = _person(numbers, person, seed, out, samples, threads)
            finish(out, person, lines)
            made += len(lines)
        claims.give_back(str(person))
        if progress:
            progress(numbers.stop, n)
    merge(out)
    return made


def _check_seed(out: Path, seed: int) -> None:
    note = out / "seed.txt"
    if not note.exists():
        note.write_text(f"{seed}\n", encoding="utf-8")
    found = note.read_text(encoding="utf-8").strip()
    if found != str(seed):
        raise BadRequest(
            f"This folder holds crops of seed {found}.", where=str(out), fix="Take another folder."
        )


def _person(numbers: range, person: int, seed: int, out: Path, samples: int, threads: int) -> list[str]:
    """One person's crops; returns their labels as JSON."""
    rng = np.random.default_rng([seed, 1, person])
    look = sample_look(rng)
    scene = CropScene()
    model = WorkerModel(f"{seed}-{person}", look, 1)
    lines = []
    for number in numbers:
        rng = np.random.default_rng([seed, 0, number])
        plan = _Plan(sample_stance(rng, look), sample_shot(rng))
        model.pose(place(plan.stance, look))
        picture, found = _shoot(model, scene, plan, rng, samples, threads)
        name = f"images/{number:06d}.jpg"
        cv2.imwrite(str(out / name), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, plan.shot.jpeg])
        made = label(look, plan.stance, plan.shot, found.rect, found.parts)
        lines.append(json.dumps({"file": name, "seed": seed, "number": number, "person": person, **made}))
    return lines


@dataclass(frozen=True, slots=True)
class _Found:
    rect: Any
    parts: dict[str, dict[str, Any]]


def _shoot(
    model: WorkerModel, scene: CropScene, plan: _Plan, rng: np.random.Generator, samples: int, threads: int
) -> tuple[Rgb, _Found]:
    body = model.points()["body"]
    camera = aim(body, plan.shot)
    cover = scene.furnish(rng, plan.shot, camera)
    points, triangles, codes = _geometry(model, cover)
    pixels = camera.project(points)
    people = camera.project(body)[:, :2]
    rect = crop_rect(people, plan.shot, camera.render_size)
    worn = plan.stance.helmet == "worn"
    parts = part_boxes(pixels, triangles, codes, rect, helmet_worn=worn)
    with tempfile.TemporaryDirectory(prefix="siaga-crops-") as folder:
        engine = Engine(camera, samples, threads, Path(folder))
        # The person is another one in every crop: building fast matters more than tracing fast.
        bpy.context.scene.cycles.debug_bvh_type = "DYNAMIC_BVH"
        picture = engine.patch(rect)
        engine.close()
    _remove_cameras()
    return spoil(picture, plan.shot, rng), _Found(rect, parts)


def aim(body: Array, shot: Shot) -> Camera:
    """A camera that sees the body (N, 3) as high as the shot wants it, in a picture over twice as large."""
    middle = (body.min(0) + body.max(0)) / 2
    above, around = math.radians(shot.above_deg), math.radians(shot.around_deg)
    flat = shot.distance_m * math.cos(above)
    eye = f.shift(middle, flat * math.cos(around), flat * math.sin(around), shot.distance_m * math.sin(above))
    eye[2] = max(eye[2], 0.4)
    size = 2 * math.ceil(1.3 * shot.height_px)
    position = (float(eye[0]), float(eye[1]), float(eye[2]))
    target = (float(middle[0]), float(middle[1]), float(middle[2]))
    fov = 20.0
    for _ in range(2):
        seen = np.ptp(Camera(position, target, fov, 0.0, size, size).project(body)[:, :2], axis=0)
        tall = max(float(seen[1]), 0.75 * float(seen[0]))
        fov = math.degrees(2 * math.atan(math.tan(math.radians(fov) / 2) * tall / shot.height_px))
    return Camera(position, target, fov, 0.0, size, size)


def _geometry(model: WorkerModel, cover: Surface | None) -> tuple[Array, Index, Index]:
    """Everything that shows or hides a part: points, triangles, codes."""
    shapes = []
    for piece in model.drawn():
        code = PART_CODES["load" if piece.name == "load" else piece.part]
        shapes.append((Surface(piece.points, piece.faces), code))
    if cover is not None:
        shapes.append((cover, COVER_CODE))
    offsets = np.cumsum([0, *(len(shape.vertices) for shape, _ in shapes[:-1])])
    triangles = [shape.faces + offset for (shape, _), offset in zip(shapes, offsets, strict=True)]
    codes = [np.full(len(shape.faces), code, np.int64) for shape, code in shapes]
    return np.concatenate([s.vertices for s, _ in shapes]), np.concatenate(triangles), np.concatenate(codes)


def _remove_cameras() -> None:
    for lens in list(bpy.data.cameras):
        bpy.data.cameras.remove(lens)


def spoil(picture: Rgb, shot: Shot, rng: np.random.Generator) -> Rgb:
    """Blur, sensor noise and loss of colour as the shot has them."""
    values: npt.NDArray[np.float32] = picture.astype(np.float32)
    if shot.grey:
        values = np.repeat(values @ np.array([[0.30], [0.59], [0.11]], np.float32), 3, axis=2)
    if shot.blur_px:
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), shot.blur_px), np.float32)
    if shot.noise:
        grain = rng.normal(0, shot.noise, values.shape).astype(np.float32)
        soft = np.asarray(cv2.GaussianBlur(grain, (0, 0), 0.6), np.float32)
        values = values + 0.7 * soft + 0.5 * grain
    return np.asarray(np.clip(values, 0, 255).astype(np.uint8))
