"""Climbing a ladder rung by rung, each foot with the opposite hand; down is up, backwards."""

import math
from dataclasses import dataclass, field

import numpy as np

from siaga.sim.sites import Ladder
from siaga.sim.skeleton import Array

from .footsteps import BALL, Foothold
from .gait import Footwork, facing
from .timeline import HandKey, HandPath

_RUNG_SECONDS = 0.62
_SWING = 0.7
_LEAD_IN = 0.7
_NEVER = 1e9


@dataclass(slots=True)
class _Ascent:
    """The way up in seconds from its start: per foot (leave, arrive, place, lift), body and hand keys."""

    start: dict[str, Array]
    steps: dict[str, list[tuple[float, float, Array, Array]]] = field(
        default_factory=lambda: {"L": [], "R": []}
    )
    body: list[tuple[float, Array]] = field(default_factory=list)
    hands: dict[str, list[tuple[float, Array]]] = field(default_factory=lambda: {"L": [], "R": []})
    seconds: float = 0.0


def stance(ladder: Ladder, *, up: bool) -> tuple[Array, float]:
    """Where to stand before climbing, (2,) world metres, and the heading, radians."""
    yaw = math.radians(ladder.heading_deg)
    foot = np.array(ladder.base[:2]) - facing(yaw) * 0.42
    return (foot if up else _landing(ladder)[:2]), yaw


def _landing(ladder: Ladder) -> Array:
    """(3,): where both feet stand after stepping off: one short step from the top, towards ``step_off``."""
    top = np.array(ladder.top)
    way = np.array(ladder.step_off) - top
    landing: Array = top + way * min(1.0, 0.38 / max(1e-6, float(np.linalg.norm(way))))
    return landing


def climb(feet: Footwork, ladder: Ladder, *, up: bool) -> list[HandPath]:
    """Climb, from :func:`stance`, both feet side by side; returns the ways of the hands."""
    ascent = _plan(feet, ladder)
    begin = feet.time + (_LEAD_IN if up else 0.2)
    for side in "LR":
        _feet(feet, ascent, side, begin, up)
    for time, place in ascent.body if up else reversed(ascent.body):
        feet.key(begin + (time if up else ascent.seconds - time), at=place[:2], z=float(place[2]))
    hands = [_hand(ascent, side, begin, up) for side in "LR"]
    feet.time = begin + ascent.seconds + (0.2 if up else _LEAD_IN)
    return hands


def _plan(feet: Footwork, ladder: Ladder) -> _Ascent:
    yaw = math.radians(ladder.heading_deg)
    ahead = np.array([*facing(yaw), 0.0])
    left = np.array([math.cos(yaw), math.sin(yaw), 0.0])
    base, top = np.array(ladder.base), np.array(ladder.top)
    count = max(2, round(float(np.linalg.norm(top - base)) / ladder.rung_spacing))
    rung = (top - base) / count
    slope = float(np.linalg.norm(rung[:2]) / rung[2])
    size = feet.scale
    low = np.array([*stance(ladder, up=True)[0], base[2]])
    high = _landing(ladder)

    def foothold(index: int, side: str) -> Array:
        sign = 1 if side == "L" else -1
        across: Array = left * sign * 0.085 * size
        if index <= 0 or index >= count:
            return (low if index <= 0 else high) + across
        place: Array = base + rung * index + across + ahead * float(BALL[1]) * size
        return place

    def grip(index: int, side: str) -> Array:
        sign = 1 if side == "L" else -1
        held = min(index, count + 3)
        point: Array = base + rung * held + left * sign * 0.17 - ahead * 0.09 - np.array([0, 0, 0.03])
        return point

    plan = _Ascent({side: foothold(0, side) for side in "LR"})
    plan.body.append((0.0, low))
    plan.hands = {"L": [(0.0, grip(5, "L"))], "R": [(0.0, grip(4, "R"))]}
    for index in range(1, count + 2):
        side, other = ("L", "R") if index % 2 else ("R", "L")
        seconds = _RUNG_SECONDS * (1.0 if index < count else 1.3)
        leave, arrive = plan.seconds, plan.seconds + _SWING * seconds
        off = -ahead * 0.11 + np.array([0, 0, 0.05])
        plan.steps[side].append((leave, arrive, foothold(index, side), off))
        if index < count:
            plan.hands[other] += [(leave, plan.hands[other][-1][1]), (arrive, grip(index + 4, other))]
        plan.seconds += seconds
        back = max(0.12, 0.30 - 0.55 * slope) * size
        under = base + rung * (index - 0.5) - ahead * back
        under[2] = base[2] + rung[2] * (index - 1) - 0.03
        share = max(0, index - count + 1) / 2
        plan.body.append((plan.seconds, under * (1 - share) + high * share))
    plan.body[-1] = (plan.seconds, high)
    return plan


def _feet(feet: Footwork, ascent: _Ascent, side: str, begin: float, up: bool) -> None:
    steps = ascent.steps[side]
    if not up:
        places = [ascent.start[side], *(place for _, _, place, _ in steps)]
        steps = [
            (ascent.seconds - arrive, ascent.seconds - leave, places[index], lift)
            for index, (leave, arrive, _, lift) in reversed(list(enumerate(steps)))
        ]
    for leave, arrive, place, lift in steps:
        hold = Foothold(begin + arrive, _NEVER, place, feet.yaw, lift=lift)
        feet.step(side, hold, leave=begin + leave)


def _hand(ascent: _Ascent, side: str, begin: float, up: bool) -> HandPath:
    keys = ascent.hands[side]
    if not up:
        keys = [(ascent.seconds - time, point) for time, point in reversed(keys)]
    first, last = keys[0][0], keys[-1][0]
    world = [HandKey(begin + time, "world", point) for time, point in keys]
    free = HandKey(begin + first - 0.6), HandKey(begin + last + 0.6)
    return HandPath("L" if side == "L" else "R", (free[0], *world, free[1]))
