"""The edge's second stage on single pictures: a crop classifier judges helmets again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from siaga.core.detection import Detections
from siaga.core.errors import BadRequest
from siaga.core.verdict import Look
from siaga.detect.classifier import Classifier, open_classifier
from siaga.detect.crops import cut
from siaga.judge.closer import answer, confirmed, gate, head_places
from siaga.manifest import CropManifest, Manifest, resolve_classifier

from .people import Judged
from .pictures import Rgb

_HEADS = ("head", "helmet")
DISABLED = "disabled"


class HeadStage:
    """See :class:`siaga.evaluate.people.SecondStage`; everybody is looked at, however many there are.

    Args:
        classifier: Judges helmets on crops of heads.
        detector: Says from which confidence on a head is sure, and from which it is a candidate.
    """

    def __init__(self, classifier: Classifier, detector: Manifest) -> None:
        self._classifier = classifier
        self._detector = detector

    @property
    def gate_px(self) -> float:
        """See :class:`siaga.evaluate.people.SecondStage`."""
        return self._classifier.manifest.gates.min_px

    def __call__(self, judged: Judged, rgb: Rgb) -> Sequence[Look]:
        """See :class:`siaga.evaluate.people.SecondStage`."""
        manifest = self._classifier.manifest
        sure_person = self._detector.thresholds.confidence["person"]
        places = head_places(judged.people, self._weak_heads(judged.detections), judged.size, sure_person)
        wanted = [gate(place, manifest) for place in places]
        seen = [place for place in wanted if not isinstance(place, Look)]
        rows = iter(self._classifier.classify([cut(rgb, place.xyxy, manifest) for place in seen]))
        looks = [
            place if isinstance(place, Look) else answer(next(rows), manifest, place) for place in wanted
        ]
        return [
            confirmed(look, person, judged.gates) for look, person in zip(looks, judged.people, strict=True)
        ]

    def _weak_heads(self, detections: Detections) -> Detections:
        thresholds = self._detector.thresholds
        sure = np.array([thresholds.confidence[name] for name in detections.class_names], np.float32)
        is_head = np.array([name in _HEADS for name in detections.class_names])
        weak = (detections.confidence > thresholds.candidate) & is_head[detections.class_id]
        return detections.take(weak & (detections.confidence <= sure[detections.class_id]))


def head_classifier(asked: str | None, detector: Manifest) -> CropManifest | None:
    """The classifier asked for by name or path; None: the one that the detector's manifest names, if any.

    Raises:
        ModelError: It cannot be used.
        BadRequest: It does not judge helmets on crops of heads.
    """
    if asked == DISABLED:
        return None
    manifest = detector.companion(detector.head_model) if asked is None else resolve_classifier(asked)
    if manifest is not None and (manifest.item, manifest.region) != ("helmet", "head"):
        raise BadRequest(
            f"{manifest.name} judges {manifest.item} on crops of the {manifest.region}.",
            fix="Name a classifier that judges helmets on crops of heads.",
        )
    return manifest


@contextmanager
def open_second_stage(classifier: CropManifest, detector: Manifest) -> Iterator[HeadStage]:
    """Open the classifier, and let go of it afterwards.

    Raises:
        ModelError: The model file cannot be used.
    """
    opened = open_classifier(classifier, provider="cpu")
    try:
        yield HeadStage(opened, detector)
    finally:
        opened.close()
