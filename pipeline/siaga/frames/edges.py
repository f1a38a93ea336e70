"""Whether a camera still looks where it looked: the static edges of its view, learnt slowly."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]

_CONTRAST = 0.12
_BLACK_LEVEL = 16
_DARK_NOISE = 24
_MEMORY_SECONDS = 120.0
_LEARN_SECONDS = 20.0
_STATIC_SHARE = 0.6
_LEAST_EDGES = 150
_NEIGHBOURS = np.ones((3, 3), np.uint8)
# By brightness around: the step of luma over which it counts as an edge.
_STEP_NEEDED = (_CONTRAST * (np.maximum(np.arange(256) - _BLACK_LEVEL, 0) + _DARK_NOISE)).astype(np.uint8)


class StaticEdges:
    """The edges that are nearly always there, and how many of them are missing now.

    An edge is a step of luma relative to the brightness around it, so that more or less light over the whole
    picture changes little. What moves through the picture leaves no lasting edges, and hides only a part of
    those behind it.
    """

    def __init__(self) -> None:
        self._presence: NDArray[np.float32] | None = None
        self._learnt_since = 0.0
        self._last_t = 0.0
        self._now: NDArray[np.uint8] | None = None
        self.static = 0
        """Static edge pixels known."""

    def lost_share(self, luma: Luma, t: float) -> float | None:
        """Look at a picture: share 0..1 of the static edges that are missing in it.

        None while too little is learnt, or when the view has too few static edges to tell.
        """
        self._now = _edges(luma)
        if self._presence is None or self._presence.shape != luma.shape:
            self._presence = self._now.astype(np.float32)
            self._learnt_since = self._last_t = t
        static = (self._presence > _STATIC_SHARE).view(np.uint8)
        self.static = cv2.countNonZero(static)
        if t - self._learnt_since < _LEARN_SECONDS or self.static < _LEAST_EDGES:
            return None
        found = cv2.bitwise_and(cv2.dilate(self._now, _NEIGHBOURS), static)
        return 1.0 - cv2.countNonZero(found) / self.static

    def learn(self, t: float) -> None:
        """Take the last picture as one more example of the view."""
        if self._presence is None or self._now is None:
            return
        # Quick at first, slow once the whole of the memory is filled.
        memory = min(max(t - self._learnt_since, 1.0), _MEMORY_SECONDS)
        weight = 1.0 - math.exp(-max(t - self._last_t, 0.0) / memory)
        cv2.accumulateWeighted(self._now, self._presence, weight)
        self._last_t = t

    @property
    def visible(self) -> int:
        """Edge pixels of the last picture."""
        return 0 if self._now is None else cv2.countNonZero(self._now)


def _edges(luma: Luma) -> NDArray[np.uint8]:
    """(h, w) uint8, 1 at an edge, 0 elsewhere."""
    smooth = cv2.blur(luma, (3, 3))
    step = np.zeros_like(luma)
    step[:, 1:-1] = cv2.absdiff(smooth[:, 2:], smooth[:, :-2])
    step[1:-1] = cv2.max(step[1:-1], cv2.absdiff(smooth[2:], smooth[:-2]))
    needed = cv2.LUT(cv2.blur(smooth, (9, 9)), _STEP_NEEDED)
    return (step > np.asarray(needed)).view(np.uint8)
