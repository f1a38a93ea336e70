"""Made-up scenes, from a seed: a site, a camera, weather, and people of all kinds at all kinds of work.

For pictures to train on, not for clips to judge by.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVar, get_args

import numpy as np

from .camera import Camera
from .scenario import Actor, CameraView, Light, Scenario
from .script import Doing, Kneel, Point, Squat, Stand, Step, Walk
from .sites import SITES, Deck, Site, View, inside
from .worker.variation import sample_look

Choice = TypeVar("Choice")
_DOING: tuple[Doing, ...] = get_args(Doing)
_LIGHTS: dict[Light, float] = {"day": 0.4, "overcast": 0.25, "low_sun": 0.15, "night": 0.12, "infrared": 0.08}
_PEOPLE = (3, 8)
_NEAREST_M, _FURTHEST_M = 4.0, 32.0
_CLEAR_M = 0.45
_TRIES = 60
_BEGUN_S = 600.0
"""Most seconds before the first frame at which somebody may have begun."""


def random_scene(seed: int, number: int, frames: int, width: int = 1280, height: int = 720) -> Scenario:
    """Scene ``number`` of a seed: ``frames`` moments, a second apart, of one camera called ``view``."""
    rng = np.random.default_rng([seed, number])
    site = SITES[str(rng.choice(sorted(SITES)))]
    view = _camera_view(rng, site.views[str(rng.choice(sorted(site.views)))])
    light = _pick(rng, _LIGHTS)
    wet = light != "low_sun" and rng.random() < 0.18
    camera = Camera.from_view(view, width, height)
    people = int(rng.integers(_PEOPLE[0], _PEOPLE[1] + 1))
    cast = {f"p{index}": actor for index in range(people) if (actor := _actor(rng, site, camera, frames))}
    return Scenario(
        name=f"scene_{number:06d}",
        site=site.name,
        seed=int(rng.integers(2**31)),
        duration_s=float(frames),
        fps=1,
        width=width,
        height=height,
        start=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=int(rng.integers(365 * 24 * 60))),
        light=light,
        rain=round(float(rng.uniform(0.2, 1)), 2) if wet else 0.0,
        dust=0.0 if wet or rng.random() < 0.8 else round(float(rng.uniform(0.1, 0.7)), 2),
        dirt=round(float(rng.uniform(0.1, 0.9)), 2) if rng.random() < 0.3 else 0.0,
        cameras={"view": view},
        cast=cast,
    )


def _camera_view(rng: np.random.Generator, near: View) -> CameraView:
    """A camera about where one of the site's is."""
    x, y, z = np.add(near.position, rng.normal(0, (0.8, 0.8, 0.4))).tolist()
    to_x, to_y, to_z = np.add(near.look_at, rng.normal(0, (1.0, 1.0, 0.3))).tolist()
    return CameraView(
        position=(x, y, max(2.3, z)),
        look_at=(to_x, to_y, to_z),
        fov_deg=round(float(np.clip(near.fov_deg * rng.uniform(0.7, 1.35), 28, 92)), 1),
        k1=round(float(-rng.uniform(0, 0.14)), 3),
        noise=round(float(rng.beta(2, 4)), 2),
        codec=_pick(rng, {"h264": 0.6, "h265": 0.4}),
        kbps=int(rng.choice((500, 800, 1200, 2000, 4000))),
    )


def _actor(rng: np.random.Generator, site: Site, camera: Camera, seconds: int) -> Actor | None:
    """Somebody in the camera's view; None where no free place was found."""
    level: str | None = None
    if site.decks and rng.random() < 0.4:
        level = str(rng.choice(sorted(site.decks)))
    start = _free_place(rng, site, camera, level)
    if start is None:
        return None
    step = _what_to_do(rng, site, start, level, seconds)
    look = sample_look(rng)
    if look.harness is not None and look.harness.lanyard == "clipped":
        # What it would be clipped to is not there everywhere.
        look = look.model_copy(update={"harness": look.harness.model_copy(update={"lanyard": "hanging"})})
    return Actor(
        look=look,
        start=start,
        level=level,
        facing_deg=round(float(rng.uniform(0, 360)), 1),
        enters_s=-round(float(rng.uniform(0.5, 3.0)), 2),
        script=(step,),
    )


def _what_to_do(rng: np.random.Generator, site: Site, start: Point, level: str | None, seconds: int) -> Step:
    if level is None and rng.random() < 0.4:
        way = _free_way(rng, site, start)
        if way is not None:
            return Step(walk=Walk(to=(way,), speed=round(float(rng.uniform(0.9, 1.5)), 2)))
    long = min(_BEGUN_S, seconds + 6.0)
    kind = rng.random()
    if kind < 0.12:
        return Step(kneel=Kneel(seconds=long))
    if kind < 0.2:
        return Step(squat=Squat(seconds=long))
    return Step(stand=Stand(seconds=long, doing=_DOING[int(rng.integers(len(_DOING)))]))


def _free_place(rng: np.random.Generator, site: Site, camera: Camera, level: str | None) -> Point | None:
    """A point that the camera sees and that nothing stands on."""
    deck = site.decks[level] if level else None
    for _ in range(_TRIES):
        x, y, z = _on_deck(rng, deck) if deck else _on_ground(rng, site, camera)
        if not deck and site.clearance(x, y) < _CLEAR_M:
            continue
        feet, chest = camera.project([(x, y, z), (x, y, z + 1.4)])
        seen = camera.distort([feet[:2], chest[:2]])
        inside_picture = (seen > 0).all() and (seen < (camera.width, camera.height)).all()
        if inside_picture and _NEAREST_M < chest[2] < _FURTHEST_M:
            return round(x, 2), round(y, 2)
    return None


def _on_deck(rng: np.random.Generator, deck: Deck) -> tuple[float, float, float]:
    low, high = np.min(deck.polygon, axis=0) + 0.3, np.max(deck.polygon, axis=0) - 0.3
    x, y = rng.uniform(low, np.maximum(low, high)).tolist()
    return (x, y, deck.z) if inside(deck.polygon, x, y) else (x, y, float("nan"))


def _on_ground(rng: np.random.Generator, site: Site, camera: Camera) -> tuple[float, float, float]:
    """Along the view: near ones are as likely as far ones, though there is less ground near."""
    reach = rng.uniform(_NEAREST_M, _FURTHEST_M)
    aside = reach * np.tan(np.radians(camera.fov_deg) / 2) * rng.uniform(-1, 1)
    right, _, forward = camera.axes
    level_forward = forward[:2] / np.linalg.norm(forward[:2])
    x, y = (np.asarray(camera.position[:2]) + reach * level_forward + aside * right[:2]).tolist()
    return x, y, site.ground(x, y)


def _free_way(rng: np.random.Generator, site: Site, start: Point) -> Point | None:
    for _ in range(_TRIES // 3):
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(3, 9)
        end = start[0] + length * np.cos(angle), start[1] + length * np.sin(angle)
        way = np.linspace(start, end, 12)
        if all(site.clearance(x, y) > _CLEAR_M for x, y in way.tolist()):
            return round(float(end[0]), 2), round(float(end[1]), 2)
    return None


def _pick(rng: np.random.Generator, shares: dict[Choice, float]) -> Choice:
    names = list(shares)
    return names[int(rng.choice(len(names), p=np.array(list(shares.values())) / sum(shares.values())))]
