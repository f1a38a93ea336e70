"""What each process is told at its start: plain, picklable, and light to import."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from siaga.core.event import ModelRef
from siaga.core.geometry import Polygon
from siaga.core.settings import Camera, Clip, Settings
from siaga.core.verdict import Item
from siaga.manifest import Manifest


def model_ref(manifest: Manifest) -> ModelRef:
    """How events name the model."""
    return ModelRef(name=manifest.name, sha256=manifest.sha256)


@dataclass(frozen=True)
class StoreSpec:
    """Where and under which settings to record; picklable.

    Attributes:
        boot_id: Names this start of the edge.
        classifiers: The second stage's, by the item that they judge.
        seed: Makes key and ids repeatable, for results that depend on a file alone; None for a real box.
            A key that anybody can make again proves integrity, not origin.
    """

    settings: Settings
    config_hash: str
    model: ModelRef
    boot_id: UUID
    seed: bytes | None = None
    classifiers: Mapping[Item, ModelRef] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The state folder."""
        return self.settings.state_dir


@dataclass(frozen=True)
class EngineSpec:
    """What an engine process needs; picklable.

    Attributes:
        cameras: Names of the cameras it analyses.
        socket: Where its cameras find it; ``key`` lets them in.
        status: The file that it rewrites with its state.
    """

    name: str
    cameras: tuple[str, ...]
    store: StoreSpec
    socket: Path
    key: bytes
    status: Path

    @property
    def preview(self) -> Path:
        """Which cameras are shown live; there while any is."""
        return self.status.with_name("preview.json")


@dataclass(frozen=True)
class CameraSpec:
    """All that a camera process needs; it reads no configuration itself.

    Attributes:
        analysis_box: (width, height) in pixels that the analysed picture must fit into.
        engine: Socket of the engine that analyses this camera, and the key to it.
        ring_s: Seconds of packets kept for clips.
    """

    name: str
    camera: Camera
    analysis_box: tuple[int, int]
    clip: Clip
    engine: Path
    engine_key: bytes
    ring_s: float

    @property
    def masks(self) -> tuple[Polygon, ...]:
        """Privacy masks."""
        return tuple(mask.coordinates for mask in self.camera.masks.values())

    def analysis_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """The largest even size of the same aspect as ``size`` (width, height) that fits the box."""
        ratio = min(self.analysis_box[0] / size[0], self.analysis_box[1] / size[1], 1.0)
        return max(2, round(size[0] * ratio / 2) * 2), max(2, round(size[1] * ratio / 2) * 2)


@dataclass(frozen=True)
class DeliverySpec:
    """What the delivery process needs; picklable. ``status``: the file that it rewrites with its state."""

    store: StoreSpec
    status: Path

    @property
    def runtime(self) -> Path:
        """The private folder where the processes of this box tell each other how they are."""
        return self.status.parent
