"""Who moves so little that the last picture of them still holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from siaga.sim.camera import Camera
from siaga.sim.motion.state import State
from siaga.sim.skeleton import BONES, JOINTS

from .raster import Array

STILL_PX = 0.7
STANDING_S = 0.2
"""Who keeps both feet where they are is pictured anew at most this often."""
_PLANTED_M = 0.005
StateAt = Callable[[float], State | None]

_ENDS = np.array([[*JOINTS[joint], 1.0] for bone in BONES for joint in (bone.head, bone.tail)])


def joints(state: State) -> Array:
    """(2 B, 3) world metres of both ends of every bone."""
    ends = _ENDS.reshape(len(BONES), 2, 4)
    return np.asarray(np.einsum("bij,bej->bei", state.bones[:, :3], ends).reshape(-1, 3))


def held_times(state_at: StateAt, camera: Camera, times: Sequence[float]) -> list[float | None]:
    """For each time, the one whose pose is shown instead: the same, or an earlier one that looks the same.

    None while the person is not on the site. A pose is kept while no joint would be seen to move by more
    than 0.7 pixels, and for less than 0.2 s while the feet stay where they are; never while helmet, lanyard
    or load changes.
    """
    held: list[float | None] = []
    kept: tuple[float, State, Array] | None = None
    for time in times:
        state = state_at(time)
        if state is None:
            kept = None
            held.append(None)
            continue
        pixels = camera.project(joints(state))[:, :2]
        if kept is not None and _same(kept[1], state):
            still = bool(np.abs(pixels - kept[2]).max() <= STILL_PX)
            standing = time - kept[0] < STANDING_S - 1e-6 and _planted(kept[1], state)
            if still or standing:
                held.append(kept[0])
                continue
        kept = (time, state, pixels)
        held.append(kept[0])
    return held


def _planted(a: State, b: State) -> bool:
    return bool(np.abs(a.feet - b.feet).max() < _PLANTED_M)


def _same(a: State, b: State) -> bool:
    return (a.helmet, a.lanyard, a.carrying) == (b.helmet, b.lanyard, b.carrying)
