"""From what was found on pictures to what is scored: scenes by class, and looks at true heads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from siaga.core.detection import Detections

from .heads import Look, looks
from .metrics import Floats, Scene
from .predict import Found

_NO_BOXES: Floats = np.empty((0, 4))


def truth_of(found: Found, name: str) -> Floats:
    """True boxes (N, 4) of class ``name``."""
    return found.truth.boxes.get(name, _NO_BOXES)


def ignored_of(found: Found, name: str) -> Floats:
    """Regions (N, 4) in which class ``name`` is neither right nor wrong."""
    return found.truth.ignored.get(name, _NO_BOXES)


def scene_of(found: Found, name: str) -> Scene:
    """Class ``name`` in one picture."""
    own = found.detections.of(name)
    return Scene(
        truth_of(found, name),
        own.xyxy.astype(np.float64),
        own.confidence.astype(np.float64),
        ignored_of(found, name),
    )


def looks_of(found: Found, annotates: Sequence[str]) -> list[Look]:
    """One look at each true head and helmet that the source annotates."""
    heads, helmets = (_scored(found.detections.of(name)) for name in ("head", "helmet"))
    out: list[Look] = []
    for name in ("head", "helmet"):
        if name in annotates:
            out.extend(looks(truth_of(found, name), name == "head", heads, helmets, found.scale))
    return out


def _scored(detections: Detections) -> Floats:
    return np.column_stack([detections.xyxy, detections.confidence]).astype(np.float64)
