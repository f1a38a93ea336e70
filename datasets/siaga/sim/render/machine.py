"""How far a machine has swung at a moment of its script."""

from __future__ import annotations

import math
from collections.abc import Sequence

from siaga.sim.script import MachineStep

_STEP = math.radians(0.8)


def swing_at(script: Sequence[MachineStep], time: float) -> float:
    """Angle from the rest position, radians, anticlockwise, at `time` seconds; it starts and stops gently.

    Whole steps of 0.8 degrees: what was pictured on the way out serves on the way back.
    """
    angle, begins = 0.0, 0.0
    for step in script:
        lasts = step.seconds if step.seconds is not None else step.stop or 0.0
        if time < begins:
            break
        if step.swing_deg is not None:
            share = min(1.0, (time - begins) / lasts)
            angle += (math.radians(step.swing_deg) - angle) * share * share * (3 - 2 * share)
        begins += lasts
    return round(angle / _STEP) * _STEP
