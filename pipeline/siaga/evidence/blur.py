"""What is taken out of a picture before anybody may store it: heads and privacy masks.

A region is cut into at most ``BLOCKS`` blocks along its longer side; each block becomes one colour of
``LEVEL_STEP`` coarse levels. The original cannot be computed back: the means of a few coarse blocks are
all that is left, and the coarse levels keep a moving picture from leaking more of them over time.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from siaga.core.geometry import Box, Polygon, grow
from siaga.core.video import HeadSample

Picture = NDArray[np.uint8]
Planes = tuple[Picture, Picture, Picture]

BLOCKS = 6
MIN_BLOCK_PX = 8
LEVEL_STEP = 8
HEAD_PADDING = 0.4
HOLD_S = 1.0
LONG_GAP_S = 1.0

_UPRIGHT_ASPECT = 0.6
_LYING_ASPECT = 1.2


def head_region(person: Box, head: Box | None) -> Box:
    """Where the head of a person must be covered, in the pixels of the boxes.

    A head that was found is padded by ``HEAD_PADDING`` of its size on every side. When none was found, the
    upper third of the person's box is covered, more of it the wider the box is for its height: a bent person
    has the head lower, and of one who lies the whole box is covered.
    """
    if head is not None:
        return grow(head, HEAD_PADDING)
    x1, y1, x2, y2 = person
    width, height = x2 - x1, y2 - y1
    aspect = width / max(height, 1e-6)
    bent = min(max((aspect - _UPRIGHT_ASPECT) / (_LYING_ASPECT - _UPRIGHT_ASPECT), 0.0), 1.0)
    share = 1 / 3 + bent * (1 - 1 / 3)
    side, above = 0.15 * width, 0.1 * height
    return (x1 - side, y1 - above, x2 + side, y1 + share * height + above * bent)


class HeadTimeline:
    """Where heads are at any time, from the frames that were analysed.

    Args:
        samples: Any order, any number of tracks; boxes in the pixels of one picture size.
        hold: Seconds for which a track's first region holds before it, and its last region after it.
    """

    def __init__(self, samples: Iterable[HeadSample], *, hold: float = HOLD_S) -> None:
        tracks: dict[int, list[HeadSample]] = {}
        for sample in sorted(samples, key=lambda sample: sample.pts):
            tracks.setdefault(sample.track_id, []).append(sample)
        self._tracks = tracks
        self._hold = hold

    def regions(self, pts: float) -> list[Box]:
        """Regions to cover at ``pts`` (seconds on the clock of the samples)."""
        return [box for boxes in self.by_track(pts).values() for box in boxes]

    def by_track(self, pts: float) -> dict[int, list[Box]]:
        """The same, by track; tracks without a region at ``pts`` are left out."""
        found = {track: self._of_track(samples, pts) for track, samples in self._tracks.items()}
        return {track: boxes for track, boxes in found.items() if boxes}

    def _of_track(self, samples: Sequence[HeadSample], pts: float) -> list[Box]:
        before = next((sample for sample in reversed(samples) if sample.pts <= pts), None)
        after = next((sample for sample in samples if sample.pts >= pts), None)
        if before is not None and after is not None:
            return self._between(before, after, pts)
        nearest = before or after
        if nearest is None or abs(pts - nearest.pts) > self._hold:
            return []
        return [head_region(nearest.person, nearest.head)]

    def _between(self, before: HeadSample, after: HeadSample, pts: float) -> list[Box]:
        low = head_region(before.person, before.head)
        high = head_region(after.person, after.head)
        gap = after.pts - before.pts
        if gap <= 0:
            return [_hull(low, high)]
        # A found head beside a guessed one: a straight line between the two could miss the head.
        if (before.head is None) != (after.head is None):
            return [_hull(low, high)]
        boxes = [_mix(low, high, (pts - before.pts) / gap)]
        if gap > LONG_GAP_S:
            # Nobody knows the way a person took through a long gap: both known ends stay covered too.
            boxes += [low] if pts - before.pts <= self._hold else []
            boxes += [high] if after.pts - pts <= self._hold else []
        return boxes


def pixelate(rgb: Picture, regions: Iterable[Box]) -> int:
    """Pixelate ``regions`` in place.

    Args:
        rgb: (H, W, 3) uint8 in any colour order, writable.
        regions: In pixels of ``rgb``; may reach over the edge.

    Returns:
        How many regions lay in the picture.
    """
    height, width = rgb.shape[:2]
    covered = 0
    for region in regions:
        window = _window(region, width, height)
        if window is not None:
            covered += 1
            _pixelate_window(rgb, window, _grid(window))
    return covered


def pixelate_yuv(planes: Planes, regions: Iterable[Box]) -> int:
    """Pixelate ``regions`` in place in all three planes.

    Args:
        planes: Luma (H, W) and the two chroma planes (H / 2, W / 2), uint8, 4:2:0; H and W even.
        regions: In luma pixels; may reach over the edge.

    Returns:
        How many regions lay in the picture.
    """
    luma, *chroma = planes
    height, width = luma.shape
    covered = 0
    for region in regions:
        window = _window(region, width, height)
        if window is None:
            continue
        covered += 1
        grid = _grid(window)
        _pixelate_window(luma, window, grid)
        x1, y1, x2, y2 = window
        for plane in chroma:
            _pixelate_window(plane, (x1 // 2, y1 // 2, x2 // 2, y2 // 2), grid)
    return covered


def black_out(rgb: Picture, masks: Iterable[Polygon]) -> None:
    """Paint ``masks`` black in place on (H, W, 3) uint8."""
    height, width = rgb.shape[:2]
    for mask in masks:
        cv2.fillPoly(rgb, [mask.pixels((width, height))], (0, 0, 0))


def black_out_yuv(planes: Planes, masks: Iterable[Polygon]) -> None:
    """Paint ``masks`` black in place in all three planes (see :func:`pixelate_yuv`)."""
    luma, *chroma = planes
    for mask in masks:
        _fill(luma, mask, 16, border=1)
        for plane in chroma:
            # One chroma sample wider, so that the colour under the mask's edge goes as well.
            _fill(plane, mask, 128, border=3)


def _fill(plane: Picture, mask: Polygon, value: int, *, border: int) -> None:
    corners = mask.pixels((plane.shape[1], plane.shape[0]))
    cv2.fillPoly(plane, [corners], (value,))
    cv2.polylines(plane, [corners], True, (value,), border)


def _window(region: Box, width: int, height: int) -> tuple[int, int, int, int] | None:
    """The region inside the picture on even pixels, so that chroma samples are never shared with outside."""
    x1, y1 = (max(int(np.floor(value)), 0) // 2 * 2 for value in region[:2])
    x2, y2 = (max(int(np.ceil(value)), 0) for value in region[2:])
    x2, y2 = min(x2 + x2 % 2, width), min(y2 + y2 % 2, height)
    return (x1, y1, x2, y2) if x2 > x1 and y2 > y1 else None


def _grid(window: tuple[int, int, int, int]) -> tuple[int, int]:
    x1, y1, x2, y2 = window
    block = max((max(x2 - x1, y2 - y1)) / BLOCKS, MIN_BLOCK_PX)
    return max(int((x2 - x1) / block), 1), max(int((y2 - y1) / block), 1)


def _pixelate_window(plane: Picture, window: tuple[int, int, int, int], grid: tuple[int, int]) -> None:
    x1, y1, x2, y2 = window
    part = plane[y1:y2, x1:x2]
    if part.size == 0:
        return
    columns, rows = min(grid[0], x2 - x1), min(grid[1], y2 - y1)
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    coarse = small // LEVEL_STEP * LEVEL_STEP + LEVEL_STEP // 2
    part[...] = cv2.resize(coarse, (x2 - x1, y2 - y1), interpolation=cv2.INTER_NEAREST).reshape(part.shape)


def _hull(a: Box, b: Box) -> Box:
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))


def _mix(a: Box, b: Box, share: float) -> Box:
    x1, y1, x2, y2 = (low + (high - low) * share for low, high in zip(a, b, strict=True))
    return (x1, y1, x2, y2)
