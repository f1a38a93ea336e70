"""Footwork: standing, turning on the spot, walking, as footholds that do not slide."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from siaga.sim.skeleton import Array

from .footsteps import Foothold, turn_between
from .timeline import BodyKey, Timeline

Ground = Callable[[float, float], float]
"""Height of the ground at world (x, y), metres."""

_HALF_TRACK = 0.085
_PITCH_OFF = math.radians(36)
_PITCH_ON = math.radians(-13)
_NEVER = 1e9


def facing(yaw: float) -> Array:
    """(2,) unit vector in which a heading looks."""
    return np.array([math.sin(yaw), -math.cos(yaw)])


def heading(direction: Array) -> float:
    """Heading, radians, of a direction in the plane."""
    return math.atan2(float(direction[0]), -float(direction[1]))


class Footwork:
    """Adds footholds and body keys to a timeline, from where the person stands now.

    Attributes:
        time: Scene time up to which the timeline is filled.
        xy: (2,) world metres.
        yaw: Radians, not wrapped.
    """

    def __init__(
        self, timeline: Timeline, ground: Ground, *, start: Array, yaw: float, time: float, scale: float
    ) -> None:
        self.timeline = timeline
        self.ground = ground
        self.xy = start
        self.yaw = yaw
        self.time = time
        self.scale = scale
        self._next = "L"
        for side in "LR":
            place = self._on_ground(self.beside(side))
            timeline.holds[side].append(Foothold(time - 1, _NEVER, place, yaw))
        self.key(time)

    def key(self, time: float, *, at: Array | None = None, z: float | None = None) -> None:
        """Note where the body is at ``time``."""
        x, y = (float(value) for value in (self.xy if at is None else at))
        self.timeline.body.append(BodyKey(time, x, y, self.ground(x, y) if z is None else z, self.yaw))

    def beside(self, side: str, forward: float = 0.0, out: float = 0.0) -> Array:
        """(2,): where that foot stands beside the body; offsets in metres of the rest skeleton."""
        sign = 1 if side == "L" else -1
        left = np.array([math.cos(self.yaw), math.sin(self.yaw)])
        offset: Array = left * sign * (_HALF_TRACK + out) + facing(self.yaw) * forward
        return self.xy + offset * self.scale

    def step(
        self, side: str, hold: Foothold, *, leave: float, pitch_out: float = 0.0, roll: float = 0.2
    ) -> None:
        """Move a foot from where it stands, leaving at ``leave``, to ``hold``."""
        holds = self.timeline.holds[side]
        holds[-1] = replace(holds[-1], leave=leave, pitch_out=pitch_out, roll=roll)
        holds.append(hold)

    def plain_step(self, side: str, xy: Array, leave: float, arrive: float, *, pitch: float = 0.0) -> None:
        """A step on the ground, rolling more the longer it is; ``pitch``: how the foot then stands."""
        place = self._on_ground(xy)
        last = self.timeline.holds[side][-1]
        stride = min(1.0, float(np.linalg.norm(place - last.place)) / (1.1 * self.scale))
        landing = pitch / 2 if pitch else _PITCH_ON * stride
        hold = Foothold(
            arrive,
            _NEVER,
            place,
            self.yaw,
            pitch=pitch,
            pitch_in=landing,
            settle=1.0 if pitch else 0.12,
            lift=np.array([0.0, 0.0, 0.03 + 0.02 * stride]),
        )
        roll = 0.9 if last.pitch else 0.22
        self.step(side, hold, leave=leave, pitch_out=max(_PITCH_OFF * stride, last.pitch / 2), roll=roll)

    def stand(self, seconds: float) -> None:
        """Stay."""
        self.key(self.time)
        self.time += seconds
        self.key(self.time)

    def square(self) -> None:
        """Put both feet beside the body, heading as it does."""
        self.key(self.time)
        for side in "LR":
            self.plain_step(side, self.beside(side), self.time, self.time + 0.4)
            self.time += 0.45
        self.key(self.time)

    def turn(self, yaw: float) -> None:
        """Turn on the spot in steps of at most 43 degrees."""
        change = turn_between(self.yaw, yaw)
        steps = max(2, math.ceil(abs(change) / 0.75))
        steps += steps % 2
        start, period = self.yaw, 0.5
        self.key(self.time)
        self._next = "L" if change > 0 else "R"
        for index in range(steps):
            self.yaw = start + change * min(1.0, (index + 1) / max(1, steps - 1))
            side = self._swap()
            self.plain_step(side, self.beside(side), self.time + 0.05 * period, self.time + 0.85 * period)
            self.time += period
            self.yaw = start + change * (index + 1) / steps
            self.key(self.time)

    def walk(self, points: Sequence[tuple[float, float]], speed: float) -> None:
        """Walk through points at a speed in m/s; turns on the spot first if the way starts aside."""
        path = _Path(np.vstack([self.xy, np.array(points, dtype=np.float64)]))
        if path.length < 0.05:
            return
        first = path.heading(min(0.3, path.length / 2))
        if abs(turn_between(self.yaw, first)) > math.radians(50):
            self.turn(first)
        stride = (0.38 + 0.22 * speed) * self.scale
        count = max(2, round(path.length / stride) + 1)
        stride = path.length / (count - 1)
        marks = [(index - 0.5) * stride for index in range(1, count)] + [path.length]
        marks[-2] += 0.25 * stride
        last = 0.0
        self.key(self.time)
        for index, mark in enumerate(marks):
            self._walk_step(path, mark, last, index in (0, count - 1), stride / speed)
            last = mark
        self.xy = path.at(path.length - 0.12 * stride)

    def _walk_step(self, path: "_Path", mark: float, last: float, at_end: bool, period: float) -> None:
        self.yaw += turn_between(self.yaw, path.heading(min(mark, max(0.0, path.length - 0.2))))
        xy = self.xy
        self.xy = path.at(mark)
        side = self._swap()
        duration = period * (1.15 if at_end else 1.0)
        leave = self.time - (0.12 * duration if last > 0 else 0)
        self.plain_step(side, self.beside(side), leave, self.time + 0.72 * duration)
        self.time += duration
        closing = mark >= path.length
        middle = path.length - (mark - last) * 0.16 if closing else (last + mark) / 2
        self.key(self.time - (0 if closing else 0.2 * duration), at=path.at(middle))
        self.xy = xy

    def _swap(self) -> str:
        side = self._next
        self._next = "R" if side == "L" else "L"
        return side

    def _on_ground(self, xy: Array) -> Array:
        return np.array([xy[0], xy[1], self.ground(float(xy[0]), float(xy[1]))])


class _Path:
    """A way through points with its corners cut (Chaikin 1974, three times)."""

    def __init__(self, points: Array) -> None:
        for _ in range(3):
            if len(points) > 2:
                near = points[:-1] * 0.75 + points[1:] * 0.25
                far = points[:-1] * 0.25 + points[1:] * 0.75
                middle = np.stack([near, far], axis=1).reshape(-1, 2)
                points = np.vstack([points[0], middle, points[-1]])
        pieces = np.linalg.norm(np.diff(points, axis=0), axis=1)
        self._points = points
        self._along = np.concatenate([[0.0], np.cumsum(pieces)])
        self.length = float(self._along[-1])

    def at(self, distance: float) -> Array:
        """(2,): the point after ``distance`` metres."""
        return np.array([np.interp(distance, self._along, column) for column in self._points.T])

    def heading(self, distance: float) -> float:
        """The way's heading there, over 0.7 m, radians."""
        ahead = self.at(min(self.length, distance + 0.35))
        return heading(ahead - self.at(max(0.0, distance - 0.35)))
