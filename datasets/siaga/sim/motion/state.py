"""What a person is like at one moment."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
HelmetState = Literal["worn", "hand", "hip", "table", "none"]
LanyardState = Literal["clipped", "hanging", "none"]


@dataclass(frozen=True, slots=True)
class State:
    """A person at one moment of scene time.

    Attributes:
        bones: (B, 4, 4) float64, in the order of :data:`siaga.sim.skeleton.BONES`: takes points of the rest
            pose to world metres. The person's size is in it (a uniform scale).
        position: (3,) world metres: the point of the ground below the pelvis.
        yaw: Heading in radians; the person faces (sin yaw, -cos yaw).
        feet: (2, 3) world metres, left then right: the ground point under each ankle.
        helmet: Where the helmet is; ``none``: the person has none.
        lanyard: ``none``: the person wears no harness, or one without a lanyard.
        lanyard_anchor: (3,) world metres of the hook while clipped, else None.
        carrying: What is in both hands, or None.
    """

    bones: Array
    position: Array
    yaw: float
    feet: Array
    helmet: HelmetState
    lanyard: LanyardState
    lanyard_anchor: Array | None
    carrying: str | None
