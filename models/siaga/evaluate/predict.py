"""Run the exported file over labelled pictures, through the detector that the edge runs; once per picture."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from siaga.core.detection import Detections
from siaga.core.frame import Frame
from siaga.data.cards import Card
from siaga.detect import OnnxDetector, Wish, open_detector
from siaga.manifest import Manifest

from .pictures import Area, Rgb, Size, Truth, decode, read_bytes, read_truth
from .samples import LabelledSet, Sample

LEAST_SCORE = 0.01
"""Weaker boxes are not kept; average precision hardly sees them."""
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Found:
    """One picture: what is there, and what the model found.

    Attributes:
        sha256: Of the picture file.
        area: What of the file was shown to the model; boxes are in pixels of that.
        scale: Pixels of the model's input for each pixel of the picture.
        detections: From ``LEAST_SCORE`` on.
    """

    sample: Sample
    sha256: str
    area: Area
    scale: float
    truth: Truth
    detections: Detections

    @property
    def size(self) -> Size:
        """(width, height) of the picture as evaluated."""
        return self.area.size


def no_progress(done: int, total: int) -> None:
    """For callers without a bar."""


class Predictions:
    """Detections of one model file, kept on disk when a folder is given.

    An entry is named by the model's sha256, how it is driven (input, output form, NMS) and the picture's
    sha256; a broken entry is made anew. The detector is opened when a picture is not known yet.

    Args:
        manifest: The model; its thresholds play no part.
        cache: Folder of the entries; None: none are kept.
        provider: What runs the model.
    """

    def __init__(self, manifest: Manifest, cache: Path | None = None, provider: Wish = "cpu") -> None:
        floor = dict.fromkeys(manifest.classes, LEAST_SCORE)
        thresholds = manifest.thresholds.model_copy(update={"confidence": floor})
        self.manifest = manifest.model_copy(update={"thresholds": thresholds})
        self._provider: Wish = provider
        self._folder = cache / _folder_name(self.manifest) if cache else None
        self._detector: OnnxDetector | None = None
        self.reused = 0

    def over(self, part: LabelledSet, progress: Progress = no_progress) -> list[Found]:
        """What was found on every picture of ``part``, in its order.

        Raises:
            ConfigError: A picture or label file is broken; the text names it.
            ModelError: The model cannot be used.
        """
        found = []
        for done, sample in enumerate(part.samples, 1):
            found.append(self._one(sample, part.card))
            progress(done, len(part.samples))
        return found

    def close(self) -> None:
        """Let go of the model."""
        if self._detector is not None:
            self._detector.close()
            self._detector = None

    def _one(self, sample: Sample, card: Card) -> Found:
        data, sha256 = read_bytes(sample.image)
        entry = self._folder / f"{sha256}{'-rows' * card.mirrored_padding}.npz" if self._folder else None
        kept = _load(entry, self.manifest.classes) if entry else None
        if kept is None:
            rgb, area = decode(data, sample.image, card)
            # Labels first: a wrong line is told before the model spends time on the picture.
            read_truth(sample, card, area)
            kept = (area, *self._detect(rgb))
            if entry:
                _store(entry, *kept)
        else:
            self.reused += 1
        area, scale, detections = kept
        return Found(sample, sha256, area, scale, read_truth(sample, card, area), detections)

    def _detect(self, rgb: Rgb) -> tuple[float, Detections]:
        if self._detector is None:
            self._detector = open_detector(self.manifest, provider=self._provider)
        size = (rgb.shape[1], rgb.shape[0])
        frame = Frame("evaluation", 0, 0, 0.0, 0.0, _NO_TIME, rgb, size)
        (detections,) = self._detector.detect([frame])
        return self._detector.analysis_size(size)[0] / size[0], detections


def _folder_name(manifest: Manifest) -> str:
    driven = manifest.model_dump(mode="json", include={"classes", "input", "output"})
    driven |= {"nms_iou": manifest.thresholds.nms_iou, "least_score": LEAST_SCORE}
    digest = hashlib.sha256(json.dumps(driven, sort_keys=True).encode()).hexdigest()
    return f"{manifest.sha256}/{manifest.input.width}x{manifest.input.height}-{digest[:12]}"


def _load(path: Path, classes: tuple[str, ...]) -> tuple[Area, float, Detections] | None:
    try:
        # np.load leaves a file open that is no archive.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as entry:
            width, height, first, last = entry["area"].tolist()
            scale = float(entry["scale"])
            detections = Detections(entry["xyxy"], entry["confidence"], entry["class_id"], classes)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None
    return Area((width, height), (first, last)), scale, detections


def _store(path: Path, area: Area, scale: float, detections: Detections) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as stream:
        np.savez(
            stream,
            area=np.array([*area.file_size, *area.rows]),
            scale=np.float64(scale),
            xyxy=detections.xyxy,
            confidence=detections.confidence,
            class_id=detections.class_id,
        )
    Path(stream.name).replace(path)
