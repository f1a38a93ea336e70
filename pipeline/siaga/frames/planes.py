"""I420: the planar form in which pictures are scaled, masked and handed on.

An I420 array is (H * 3 / 2, W) uint8, W and H even: the luma rows, then the U and the V plane at half width
and height, tightly packed. Values are limited range (luma 16..235); BT.601 is taken for the way to RGB, as
OpenCV does, whatever the stream says: a slight tint, the same everywhere.
"""

from collections.abc import Sequence

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Interpolation
from numpy.typing import NDArray

from siaga.core.errors import SourceInvalid
from siaga.core.frame import Pixels
from siaga.core.geometry import Polygon

I420 = NDArray[np.uint8]
Rgb = NDArray[np.uint8]
Size = tuple[int, int]

_BLACK = (16, 128, 128)
_PLANAR = frozenset({"yuv420p", "yuvj420p"})
_LIMITED, _FULL = int(ColorRange.MPEG), int(ColorRange.JPEG)
_LEVELS = np.arange(256)
_LIMIT_LUMA = np.rint(16 + _LEVELS * 219 / 255).astype(np.uint8)
_LIMIT_CHROMA = np.rint(128 + (_LEVELS - 128) * 224 / 255).astype(np.uint8)


def even(size: Size) -> Size:
    """``size`` (width, height) rounded down to even numbers, at least 2."""
    return max(size[0] & ~1, 2), max(size[1] & ~1, 2)


def planes_of(i420: I420) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Views (H, W), (H/2, W/2), (H/2, W/2) of the three planes of a contiguous I420 array."""
    rows, width = i420.shape
    height = rows * 2 // 3
    flat = i420.reshape(-1)
    luma, quarter, half = height * width, height * width // 4, (height // 2, width // 2)
    return (
        flat[:luma].reshape(height, width),
        flat[luma : luma + quarter].reshape(half),
        flat[luma + quarter :].reshape(half),
    )


def write_i420(frame: av.VideoFrame, out: I420) -> None:
    """Write ``frame`` into ``out``, scaled to its size (bilinear, as detectors are trained) if it differs.

    OpenCV scales the planes: as cheap as FFmpeg's FAST_BILINEAR, which moves a 1080p picture aside by nearly
    two pixels on the way.
    """
    full_range = frame.format.name == "yuvj420p" or frame.color_range == _FULL
    if frame.format.name not in _PLANAR:
        frame, full_range = _converted(frame, full_range, out), False
    for plane, target in zip(frame.planes, planes_of(out), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        rows = rows[: plane.height, : plane.width]
        step = _odd_step(rows.shape, target.shape)
        if step:
            np.copyto(target, rows[step // 2 :: step, step // 2 :: step])
        else:
            cv2.resize(rows, target.shape[::-1], dst=target, interpolation=cv2.INTER_LINEAR)
    if full_range:
        luma, *chroma = planes_of(out)
        cv2.LUT(luma, _LIMIT_LUMA, dst=luma)
        for plane_out in chroma:
            cv2.LUT(plane_out, _LIMIT_CHROMA, dst=plane_out)


def _odd_step(source: tuple[int, ...], target: tuple[int, ...]) -> int:
    """At which step ``target`` takes pixels of ``source``, where bilinear scaling does just that; else 0.

    At an odd whole factor (1920 x 1080 to 640 x 360) the sample lies on the middle pixel: the same values,
    at a third of the cost.
    """
    step = source[1] // target[1]
    exact = step % 2 == 1 and (target[0] * step, target[1] * step) == source
    return step if exact else 0


def _converted(frame: av.VideoFrame, full_range: bool, out: I420) -> av.VideoFrame:
    """Limited-range yuv420p of the size of ``out``."""
    return frame.reformat(
        width=out.shape[1],
        height=out.shape[0] * 2 // 3,
        format="yuv420p",
        interpolation=Interpolation.BILINEAR,
        src_color_range=_FULL if full_range else _LIMITED,
        dst_color_range=_LIMITED,
        threads=1,
    )


def to_rgb(i420: I420) -> Rgb:
    """A new (H, W, 3) uint8 RGB array."""
    return np.asarray(cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420), np.uint8)


def inside(pixels: Pixels, size: Size) -> Pixels | None:
    """The part of the box ``pixels`` in a picture of ``size``, grown to even numbers; None: there is none.

    Colour is kept at half resolution: only even boxes give the same colours as the whole picture.
    """
    left, top = max(pixels[0], 0) & ~1, max(pixels[1], 0) & ~1
    right, bottom = min((pixels[2] + 1) & ~1, size[0]), min((pixels[3] + 1) & ~1, size[1])
    return (left, top, right, bottom) if left < right and top < bottom else None


def cut_out(i420: I420, even_box: Pixels) -> I420:
    """A copy of the part of ``i420`` in ``even_box``, from :func:`inside`: I420 of the box's size."""
    left, top, right, bottom = even_box
    out = np.empty(((bottom - top) * 3 // 2, right - left), np.uint8)
    for plane, target, step in zip(planes_of(i420), planes_of(out), (1, 2, 2), strict=True):
        np.copyto(target, plane[top // step : bottom // step, left // step : right // step])
    return out


def burn(i420: I420, masks: Sequence[Polygon]) -> None:
    """Black out ``masks`` in place, and a margin of two pixels around them: scaling mixes neighbours.

    Raises:
        SourceInvalid: A mask could not be drawn; the picture must not be used.
    """
    if not masks:
        return
    try:
        planes = planes_of(i420)
        for plane, level in zip(planes, _BLACK, strict=True):
            height, width = plane.shape
            for mask in masks:
                corners = np.minimum(mask.pixels((width, height)), (width - 1, height - 1)).astype(np.int32)
                cv2.fillPoly(plane, [corners], level)
                cv2.polylines(plane, [corners], True, level, thickness=3)
                if plane[corners[0, 1], corners[0, 0]] != level:
                    raise SourceInvalid("A privacy mask left no trace in the picture.")
    except (cv2.error, ValueError, IndexError) as error:
        raise SourceInvalid(f"A privacy mask could not be drawn ({type(error).__name__}).") from error
