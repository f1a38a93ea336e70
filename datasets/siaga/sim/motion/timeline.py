"""What a script becomes: footholds, the way of the body, gestures, hands that reach, and changes of state."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from siaga.sim.skeleton import Array

from .footsteps import Foothold, smooth

Angles = Mapping[str, float]
"""Joint angles by name, radians; beside them ``lower`` and ``forward``, metres, for the pelvis."""
Movement = Callable[[float], Angles]
"""Angles as a function of the seconds since the gesture began."""
Frame = Literal["headb", "chest", "pelvis", "world"]

_RATE = 50
_WINDOW = 23


@dataclass(frozen=True, slots=True)
class Gesture:
    """Angles that replace those of standing and walking, faded in after ``start``, out before ``end``."""

    start: float
    end: float
    movement: Movement
    fade_in: float = 0.6
    fade_out: float = 0.6

    def weight(self, time: float) -> float:
        """0 (not at all) to 1 (wholly)."""
        return smooth((time - self.start) / self.fade_in) * smooth((self.end - time) / self.fade_out)


@dataclass(frozen=True, slots=True)
class HandKey:
    """At ``time`` the wrist is at ``point`` of ``frame``: rest pose of a bone, or world; None: free."""

    time: float
    frame: Frame | None = None
    point: Array = field(default_factory=lambda: np.zeros(3))


@dataclass(frozen=True, slots=True)
class HandPath:
    """The way of one hand through its keys, free at both ends."""

    side: Literal["L", "R"]
    keys: tuple[HandKey, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """From ``time`` on, ``what`` is ``value``."""

    time: float
    what: Literal["helmet", "lanyard", "carrying"]
    value: str | None


@dataclass(frozen=True, slots=True)
class BodyKey:
    """Where the body is: world metres, z the height of the ground below it; yaw in radians, not wrapped."""

    time: float
    x: float
    y: float
    z: float
    yaw: float


@dataclass(slots=True)
class Timeline:
    """Everything a script became, filled by a planner, then only read."""

    body: list[BodyKey] = field(default_factory=list)
    holds: dict[str, list[Foothold]] = field(default_factory=lambda: {"L": [], "R": []})
    gestures: list[Gesture] = field(default_factory=list)
    hands: list[HandPath] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def last(self, what: str, time: float) -> str | None:
        """The newest value of ``what`` at ``time``."""
        values = [change.value for change in self.changes if change.what == what and change.time <= time]
        return values[-1] if values else None


class BodyPath:
    """The body's way, smoothed over 0.44 s."""

    def __init__(self, keys: list[BodyKey]) -> None:
        times = np.array([key.time for key in keys])
        values = np.array([[key.x, key.y, key.z, key.yaw] for key in keys])
        self._start = float(times[0])
        grid = np.arange(self._start, times[-1] + 2.0, 1 / _RATE)
        sampled = np.stack([np.interp(grid, times, column) for column in values.T], axis=1)
        window = np.hanning(_WINDOW + 2)[1:-1]
        window /= window.sum()
        padded = np.pad(sampled, ((_WINDOW // 2, _WINDOW // 2), (0, 0)), "edge")
        self._values = np.stack([np.convolve(column, window, "valid") for column in padded.T], axis=1)

    def at(self, time: float) -> Array:
        """(4,): x, y, z of the ground, yaw."""
        place = min(len(self._values) - 1.0, max(0.0, (time - self._start) * _RATE))
        low = math.floor(place)
        high = min(len(self._values) - 1, low + 1)
        blended: Array = self._values[low] + (self._values[high] - self._values[low]) * (place - low)
        return blended

    def speed(self, time: float) -> float:
        """Metres per second over the ground."""
        return float(np.linalg.norm((self.at(time + 0.1) - self.at(time - 0.1))[:2]) / 0.2)
