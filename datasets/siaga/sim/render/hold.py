"""Who moves so little that the last picture of them still holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from siaga.sim.camera import Camera
from siaga.sim.motion.state import State
from siaga.sim.skeleton import BONES, JOINTS

from .raster import Array

STILL_PX = 0.7
StateAt = Callable[[float], State | None]

_ENDS = np.array([[*JOINTS[joint], 1.0] for bone in BONES for joint in (bone.head, bone.tail)])


def joints(state: State) -> Array:
    """(2 B, 3) world metres of both ends of every bone."""
    ends = _ENDS.reshape(len(BONES), 2, 4)
    return np.asarray(np.einsum("bij,bej->bei", state.bones[:, :3], ends).reshape(-1, 3))


def held_times(state_at: StateAt, camera: Camera, times: Sequence[float]) -> list[float | None]:
    """For each time, the one whose pose is shown instead: the same, or an earlier one that looks the same.

    None while the person is not on the site. A pose is kept while no joint would be seen to move by more than
    0.7 pixels, and neither helmet nor lanyard nor load changes.
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
        if kept is None or not _same(kept[1], state) or not np.abs(pixels - kept[2]).max() <= STILL_PX:
            kept = (time, state, pixels)
        held.append(kept[0])
    return held


def _same(a: State, b: State) -> bool:
    return (a.helmet, a.lanyard, a.carrying) == (b.helmet, b.lanyard, b.carrying)
