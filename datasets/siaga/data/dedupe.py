"""A hash that hardly changes when a picture is resized or compressed again."""

from __future__ import annotations

import cv2
import numpy as np

from .boxes import Image


def dhash(image: Image) -> int:
    """64 bits: whether each of 8 x 9 shrunken grey pixels is brighter than its left neighbour."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = (small[:, 1:] > small[:, :-1]).ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)
