"""Fitting a picture into a model's input: scaled with its aspect kept, centred, padded.

The geometry and its rounding are those of ultralytics' ``LetterBox`` and ``scale_boxes`` (8.4), so that
the same file gives the same boxes there and here.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from siaga.core.frame import Rgb
from siaga.manifest import InputSpec

Size = tuple[int, int]
Boxes = NDArray[np.float32]
Tensor = NDArray[np.float32] | NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a picture sits in a model's input. All sizes are (width, height) in pixels.

    Attributes:
        target: The model's input.
        resized: The picture inside it.
        left: Columns of padding left of the picture; what remains is on its right.
        top: Rows of padding above the picture; what remains is below.
    """

    target: Size
    resized: Size
    left: int
    top: int

    def to_full(self, xyxy: Boxes, size: Size) -> Boxes:
        """Boxes (N, 4) float32 from input pixels to pixels of the full picture of ``size``, clipped to it."""
        pad = np.array((self.left, self.top) * 2, np.float32)
        gain = np.array((self.resized[0] / size[0], self.resized[1] / size[1]) * 2, np.float32)
        full = np.clip((xyxy - pad) / gain, np.float32(0), np.array(size * 2, np.float32))
        return np.asarray(full, np.float32)


def fit(source: Size, target: Size, stride: int | None = None) -> Fit:
    """Where a picture of size ``source`` goes in an input of size ``target``, both (width, height).

    Args:
        source: The picture.
        target: The largest input.
        stride: Given for a model with free height and width: the input shrinks to the smallest multiple of
            it around the scaled picture.
    """
    ratio = min(target[1] / source[1], target[0] / source[0])
    resized = max(round(source[0] * ratio), 1), max(round(source[1] * ratio), 1)
    spare = target[0] - resized[0], target[1] - resized[1]
    if stride is not None:
        spare = spare[0] % stride, spare[1] % stride
    return Fit(
        target=(resized[0] + spare[0], resized[1] + spare[1]),
        resized=resized,
        left=round(spare[0] / 2 - 0.1),
        top=round(spare[1] / 2 - 0.1),
    )


class Canvas:
    """A model input that is kept and painted over: (slots, 3, height, width), padding written once.

    Args:
        spec: Channel order, scaling, padding and dtype.
        size: (width, height) of the input.
        slots: Pictures that it holds.
    """

    def __init__(self, spec: InputSpec, size: Size, slots: int) -> None:
        order = (0, 1, 2) if spec.channels == "RGB" else (2, 1, 0)
        scale = np.array([spec.scale / deviation for deviation in spec.std], np.float32)
        shift = np.array([-mean / deviation for mean, deviation in zip(spec.mean, spec.std, strict=True)])
        self._channels = [(order[i], scale[i], np.float32(shift[i])) for i in range(3)]
        self._pad = (spec.pad_value * scale + shift).astype(np.float32)
        self._placed: list[Fit | None] = [None] * slots
        self._planes = [np.empty((0, 0), np.uint8) for _ in range(3)]
        self.tensor: Tensor = np.empty((slots, 3, size[1], size[0]), spec.dtype)

    @property
    def slots(self) -> int:
        """How many pictures it holds."""
        return len(self._placed)

    def place(self, slot: int, rgb: Rgb, place: Fit) -> None:
        """Paint ``rgb`` (h, w, 3) uint8 RGB into ``slot`` as ``place`` says; ``tensor`` changes in place."""
        if rgb.shape[1::-1] != place.resized:
            rgb = np.asarray(cv2.resize(rgb, place.resized, interpolation=cv2.INTER_LINEAR), np.uint8)
        out = self.tensor[slot]
        if self._placed[slot] != place:
            out[:] = self._pad[:, None, None]
            self._placed[slot] = place
        width, height = place.resized
        inside = out[:, place.top : place.top + height, place.left : place.left + width]
        if self._planes[0].shape != (height, width):
            self._planes = [np.empty((height, width), np.uint8) for _ in range(3)]
        # One plane at a time: a strided read of interleaved pixels takes twice as long.
        cv2.split(np.ascontiguousarray(rgb), self._planes)
        for plane, (source, scale, shift) in zip(inside, self._channels, strict=True):
            # Two passes over a plane that fits the cache: faster than one with numpy's cast on the way.
            np.copyto(plane, self._planes[source])
            np.multiply(plane, scale, out=plane, casting="same_kind")
            if shift:
                np.add(plane, shift, out=plane, casting="same_kind")
