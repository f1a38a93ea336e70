"""Same or nearly the same pictures, by difference hash."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from .boxes import Image


def dhash(image: Image) -> int:
    """64 bits: whether each of 8 x 9 shrunken grey pixels is brighter than its left neighbour."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = (small[:, 1:] > small[:, :-1]).ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)


def near(hashes: Sequence[int], others: Sequence[int], most_bits: int) -> npt.NDArray[np.bool_]:
    """For each of ``hashes``: whether one of ``others`` differs in at most ``most_bits`` bits."""
    return np.array([any((a ^ b).bit_count() <= most_bits for b in others) for a in hashes], dtype=np.bool_)
