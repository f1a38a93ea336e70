"""Builds an engine's parts from the settings: model, detector, and a lane per camera."""

from collections.abc import Mapping
from dataclasses import dataclass

from siaga.core.clock import Clock, repeatable, uuid7_factory
from siaga.core.settings import ObjectFilter, Settings
from siaga.detect.detector import OnnxDetector, open_detector
from siaga.edge.lane import Lane
from siaga.manifest import Manifest, resolve

_WEAK_PERSON = 0.1


@dataclass(frozen=True)
class Parts:
    """An engine's detector and lanes."""

    detector: OnnxDetector
    lanes: Mapping[str, Lane]


def filters_of(settings: Settings) -> dict[str, Mapping[str, ObjectFilter]]:
    """Camera to class to filter."""
    return {
        name: {str(kind): entry for kind, entry in camera.objects.filters.items()}
        for name, camera in settings.cameras.items()
    }


def build_detector(settings: Settings, manifest: Manifest) -> OnnxDetector:
    """Open the model.

    Raises:
        ModelError: It cannot be used.
        DependencyMissing: The provider that the settings ask for is not installed.
    """
    return open_detector(
        with_weak_people(manifest),
        provider=settings.detector.provider,
        filters=filters_of(settings),
        remembered=settings.state_dir / "models.json",
    )


def with_weak_people(manifest: Manifest) -> Manifest:
    """The same model, asked for weak person boxes too.

    They begin no track. They keep half-hidden people's tracks alive (ByteTrack's second association), and
    whoever might be a person is pixelated.
    """
    confidence = manifest.thresholds.confidence
    weak = confidence | {"person": min(_WEAK_PERSON, confidence.get("person", 1.0))}
    thresholds = manifest.thresholds.model_copy(update={"confidence": weak})
    return manifest.model_copy(update={"thresholds": thresholds})


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
    lanes = {name: Lane(name, settings, manifest, new_id) for name in cameras}
    return Parts(build_detector(settings, manifest), lanes)
