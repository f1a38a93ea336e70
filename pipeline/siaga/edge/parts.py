"""Builds an engine's parts from the settings: model, detector, and a lane per camera."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from siaga.core.clock import Clock, repeatable, uuid7_factory
from siaga.core.settings import ObjectFilter, Settings
from siaga.core.verdict import Item
from siaga.detect.classifier import OnnxClassifier, open_classifier
from siaga.detect.detector import OnnxDetector, open_detector
from siaga.edge.companions import CropModels, crop_models
from siaga.edge.lane import Lane
from siaga.edge.second import HEADS
from siaga.manifest import Manifest, resolve

_WEAK_PERSON = 0.1


@dataclass(frozen=True)
class Parts:
    """An engine's models and lanes."""

    detector: OnnxDetector
    lanes: Mapping[str, Lane]
    classifiers: Mapping[Item, OnnxClassifier] = field(default_factory=dict)

    def close(self) -> None:
        """Let go of the models."""
        self.detector.close()
        for classifier in self.classifiers.values():
            classifier.close()


def filters_of(settings: Settings) -> dict[str, Mapping[str, ObjectFilter]]:
    """Camera to class to filter."""
    return {
        name: {str(kind): entry for kind, entry in camera.objects.filters.items()}
        for name, camera in settings.cameras.items()
    }


def build_detector(settings: Settings, manifest: Manifest, *, candidates: bool = False) -> OnnxDetector:
    """Open the model.

    Args:
        candidates: Whether a classifier looks at heads: then weak ones are wanted too.

    Raises:
        ModelError: It cannot be used.
        DependencyMissing: The provider that the settings ask for is not installed.
    """
    return open_detector(
        with_weak_heads(with_weak_people(manifest)) if candidates else with_weak_people(manifest),
        provider=settings.detector.provider,
        filters=filters_of(settings),
        remembered=settings.state_dir / "models.json",
    )


def with_weak_people(manifest: Manifest) -> Manifest:
    """The same model, asked for weak person boxes too.

    They begin no track. They keep half-hidden people's tracks alive (ByteTrack's second association), and
    whoever might be a person is pixelated.
    """
    return _down_to(_WEAK_PERSON, ("person",), manifest)


def with_weak_heads(manifest: Manifest) -> Manifest:
    """The same model, asked for weak heads and helmets too: they only show a classifier where to look."""
    return _down_to(manifest.thresholds.candidate, HEADS, manifest)


def _down_to(least: float, names: tuple[str, ...], manifest: Manifest) -> Manifest:
    confidence = {
        name: min(least, bound) if name in names else bound
        for name, bound in manifest.thresholds.confidence.items()
    }
    thresholds = manifest.thresholds.model_copy(update={"confidence": confidence})
    return manifest.model_copy(update={"thresholds": thresholds})


def build_classifiers(settings: Settings, models: CropModels) -> dict[Item, OnnxClassifier]:
    """Open the classifiers.

    Raises:
        ModelError, DependencyMissing: As for the detector.
    """
    return {
        item: open_classifier(
            manifest, provider=settings.detector.provider, remembered=settings.state_dir / "models.json"
        )
        for item, manifest in models.items()
    }


def build_parts(
    settings: Settings, cameras: tuple[str, ...], clock: Clock, *, seed: bytes | None = None
) -> Parts:
    """Build what an engine needs for ``cameras``.

    Args:
        seed: Makes event ids repeatable; None for live cameras.

    Raises:
        ModelError, DependencyMissing: See :func:`build_detector`.
    """
    manifest = resolve(settings.model)
    new_id = uuid7_factory(clock, repeatable(seed, "events"))
    models = crop_models(settings, manifest)
    classifiers = build_classifiers(settings, models)
    lanes = {name: Lane(name, settings, manifest, new_id, classifiers) for name in cameras}
    detector = build_detector(settings, manifest, candidates=Item.HELMET in models)
    return Parts(detector, lanes, classifiers)
