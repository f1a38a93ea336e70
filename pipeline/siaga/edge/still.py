"""A still for whoever sets a camera up: people's heads are covered, or there is no still."""

import cv2
import numpy as np
from numpy.typing import NDArray

from siaga.core.clock import Clock
from siaga.core.detection import Detections
from siaga.core.errors import StorageError
from siaga.core.frame import Frame
from siaga.core.geometry import Box
from siaga.core.settings import ObjectFilter
from siaga.detect import OnnxDetector, open_detector
from siaga.evidence.blur import head_region, pixelate
from siaga.manifest import resolve

_NAME = "still"
_MIN_SCORE = 0.1
_QUALITY = 90


def open_still_detector(model: str) -> OnnxDetector:
    """A detector that finds people more readily than the edge does: covering too much costs nothing.

    Raises:
        ModelError, DependencyMissing: No detector can run here.
    """
    manifest = resolve(model)
    eager = {name: ObjectFilter(min_score=_MIN_SCORE) for name in manifest.classes}
    return open_detector(manifest, filters={_NAME: eager})


def covered_still(rgb: NDArray[np.uint8], detector: OnnxDetector, clock: Clock) -> tuple[bytes, int]:
    """A JPEG of ``rgb`` with every head pixelated.

    Args:
        rgb: (H, W, 3) uint8 RGB at full resolution; not changed.
        detector: From :func:`open_still_detector`.

    Returns:
        The file's bytes (no EXIF), and how many regions were covered.

    Raises:
        ModelUnsupported: The model failed on the picture.
        StorageError: The picture cannot be encoded.
    """
    size = (rgb.shape[1], rgb.shape[0])
    small = cv2.resize(rgb, detector.analysis_size(size), interpolation=cv2.INTER_AREA)
    frame = Frame(_NAME, 0, 0, 0.0, 0.0, clock.utc(), np.asarray(small, np.uint8), size)
    picture = rgb.copy()
    covered = pixelate(picture, head_regions(detector.detect([frame])[0]))
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    good, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not good:
        raise StorageError("the still cannot be encoded")
    return data.tobytes(), covered


def head_regions(found: Detections) -> list[Box]:
    """Where heads are or may be: every head that was found, and the upper part of every person."""
    heads = [box for name in ("head", "helmet") for box in _boxes(found.of(name))]
    return [
        *(head_region(box, box) for box in heads),
        *(head_region(box, None) for box in _boxes(found.of("person"))),
    ]


def _boxes(found: Detections) -> list[Box]:
    return [(float(x1), float(y1), float(x2), float(y2)) for x1, y1, x2, y2 in found.xyxy]
