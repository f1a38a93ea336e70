"""The camera's on-screen display: its name and the time, in white with a dark rim."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from .conditions import Conditions, Rgb
from .glyphs import GLYPHS

_GLYPH_WIDTH, _GLYPH_HEIGHT = 5, 7
_TEXT_SHARE = 1 / 38
"""Height of a letter as a share of the picture's."""
_WHITE, _BLACK = 236, 18


class Stamp:
    """Draws the display of one camera."""

    def __init__(self, conditions: Conditions, size: tuple[int, int]) -> None:
        self._conditions = conditions
        self._width, height = size
        self._letter_px = max(_GLYPH_HEIGHT, round(height * _TEXT_SHARE))
        self._margin = round(height * 0.024)

    def text(self, frame: int) -> tuple[str, str]:
        """Camera name and time, as one frame shows them."""
        now = self._conditions.start + timedelta(seconds=frame / self._conditions.fps)
        name = self._conditions.camera.upper().replace("_", " ")
        return f"CAM {name}", f"{now:%Y-%m-%d  %H:%M:%S}"

    def draw(self, picture: Rgb, frame: int) -> None:
        """Draw on an (H, W, 3) uint8 picture, in place."""
        name, time = self.text(frame)
        self._put(picture, name, self._margin)
        right = text_mask(time, self._letter_px)[0].shape[1]
        self._put(picture, time, self._width - self._margin - right)

    def _put(self, picture: Rgb, text: str, x: int) -> None:
        letters, rim = text_mask(text, self._letter_px)
        x, y = max(0, x), self._margin
        region = picture[y : y + letters.shape[0], x : x + letters.shape[1]]
        height, width = region.shape[:2]
        dark, bright = rim[:height, :width, None], letters[:height, :width, None]
        mixed = region * (1 - dark) + _BLACK * dark
        region[:] = (mixed * (1 - bright) + _WHITE * bright).astype(np.uint8)


@lru_cache(maxsize=8)
def text_mask(text: str, letter_px: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """A line of text as two (H, W) masks, 0 to 1: letters and dark rim. Unknown letters are blank."""
    cells = np.zeros((_GLYPH_HEIGHT + 2, (_GLYPH_WIDTH + 1) * len(text) + 1), np.float32)
    for place, letter in enumerate(text):
        rows = bytes.fromhex(GLYPHS.get(letter, GLYPHS[" "]))
        bits = np.unpackbits(np.frombuffer(rows, np.uint8)[:, None], axis=1)[:, 3:]
        left = 1 + place * (_GLYPH_WIDTH + 1)
        cells[1 : 1 + _GLYPH_HEIGHT, left : left + _GLYPH_WIDTH] = bits
    scale = letter_px / _GLYPH_HEIGHT
    fine = cv2.resize(cells, None, fx=4 * scale, fy=4 * scale, interpolation=cv2.INTER_CUBIC)
    # Rounds the steps of the 5 x 7 letters: blurred, then cut again at a half.
    fine = cv2.GaussianBlur(fine, (0, 0), max(0.5, 1.5 * scale))
    size = round(cells.shape[1] * scale), round(cells.shape[0] * scale)
    letters = cv2.resize((fine > 0.42).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    reach = 2 * max(1, round(letter_px / 12)) + 1
    rim = cv2.dilate(letters, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return np.asarray(letters, np.float32), np.asarray(rim * 0.75, np.float32)
