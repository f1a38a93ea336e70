"""The contract of a detector, and the one that drives an ONNX file by its manifest."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from siaga.core.detection import Detections
from siaga.core.event import ModelRef
from siaga.core.frame import Frame
from siaga.manifest import Manifest

from .decode import Output, decode
from .filters import BoxFilter, Filters
from .first_load import Limits
from .letterbox import Canvas, Fit, Size, fit
from .load import load
from .providers import Choice, Machine, Wish
from .runtime import Runtime

_NO_FILTERS: Filters = {}


class Detector(Protocol):
    """Finds objects in pictures. Not for use from several threads at once."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """``class_names[i]`` is the name of class id ``i``."""
        ...

    @property
    def model(self) -> ModelRef:
        """Which model file it runs."""
        ...

    def analysis_size(self, size: Size) -> Size:
        """(width, height) to which a picture of ``size`` is best scaled: then it needs only padding."""
        ...

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """What is in each of ``frames``, of any cameras and sizes; boxes in pixels of the full picture."""
        ...

    def close(self) -> None:
        """Let go of the model; no more calls after it."""
        ...


class OnnxDetector:
    """A detector that drives an ONNX file by its manifest.

    Args:
        manifest: What the model is.
        runtime: Runs it.
        choice: What runs it and why, for ``siaga doctor``.
        filters: Camera to class to filter.

    Attributes:
        choice: What runs it and why.
    """

    def __init__(
        self, manifest: Manifest, runtime: Runtime, choice: Choice, filters: Mapping[str, Filters]
    ) -> None:
        self.choice = choice
        self._manifest = manifest
        self._runtime = runtime
        self._target: Size = (manifest.input.width, manifest.input.height)
        self._stride = manifest.input.stride if manifest.input.dynamic else None
        self._default = self._filter(_NO_FILTERS)
        self._filters = {camera: self._filter(per_class) for camera, per_class in filters.items()}
        self._canvases: dict[Size, Canvas] = {}

    def _filter(self, filters: Filters) -> BoxFilter:
        return BoxFilter(self._manifest.classes, self._manifest.thresholds.confidence, filters)

    @property
    def class_names(self) -> tuple[str, ...]:
        """See :class:`Detector`."""
        return self._manifest.classes

    @property
    def model(self) -> ModelRef:
        """See :class:`Detector`."""
        return ModelRef(name=self._manifest.name, sha256=self._manifest.sha256)

    def analysis_size(self, size: Size) -> Size:
        """See :class:`Detector`. 1920 x 1080 gives 640 x 360 for an input of 640 x 384."""
        return fit(size, self._target).resized

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See :class:`Detector`.

        Frames of one input size go through the model together when its sizes are free, else one by one.

        Raises:
            ModelUnsupported: The model failed on a picture.
        """
        fits = [fit((frame.rgb.shape[1], frame.rgb.shape[0]), self._target, self._stride) for frame in frames]
        groups: dict[Size, list[int]] = {}
        for index, place in enumerate(fits):
            groups.setdefault(place.target, []).append(index)
        found: dict[int, Detections] = {}
        for size, group in groups.items():
            step = len(group) if self._manifest.input.dynamic else self._runtime.batch
            for start in range(0, len(group), step):
                chunk = {index: fits[index] for index in group[start : start + step]}
                found.update(self._detect_together(frames, chunk, self._canvas(size, step), step))
        return [found[index] for index in range(len(frames))]

    def _detect_together(
        self, frames: Sequence[Frame], chunk: Mapping[int, Fit], canvas: Canvas, batch: int
    ) -> dict[int, Detections]:
        """One run of the model on the frames of ``chunk``; a fixed batch may keep slots that nobody reads."""
        for slot, (index, place) in enumerate(chunk.items()):
            canvas.place(slot, frames[index].rgb, place)
        outputs = self._runtime.run(canvas.tensor[:batch])
        return {
            index: self._finish(outputs[slot], frames[index], place)
            for slot, (index, place) in enumerate(chunk.items())
        }

    def _canvas(self, size: Size, slots: int) -> Canvas:
        kept = self._canvases.get(size)
        if kept is None or kept.slots < slots:
            kept = self._canvases[size] = Canvas(self._manifest.input, size, slots)
        return kept

    def _finish(self, output: Output, frame: Frame, place: Fit) -> Detections:
        chosen = self._filters.get(frame.camera, self._default)
        manifest = self._manifest
        raw = decode(manifest.output, output, chosen.thresholds, manifest.thresholds.nms_iou)
        boxes = place.to_full(raw.xyxy, frame.size)
        return chosen.by_area(Detections(boxes, raw.confidence, raw.class_id, manifest.classes))

    def close(self) -> None:
        """See :class:`Detector`."""
        self._runtime.close()
        self._canvases.clear()


def open_detector(
    manifest: Manifest,
    *,
    provider: Wish = "auto",
    threads: int = 1,
    filters: Mapping[str, Filters] | None = None,
    remembered: Path | None = None,
    limits: Limits | None = None,
    machine: Machine | None = None,
) -> OnnxDetector:
    """Open the model of ``manifest``: bytes checked, tried once in a child with limits, then loaded here.

    Args:
        manifest: What the model is, and where.
        provider: What runs it.
        threads: Threads of one inference; one per session and one session per core gives the most frames.
        filters: Camera to class to filter, as in ``cameras.NAME.objects.filters``.
        remembered: A JSON file of models that passed the first load; None: try it at every start.
        limits: For the first load.
        machine: What is installed; default: look.

    Raises:
        ModelMissing: No such file.
        ModelTampered: Its bytes are not those of the manifest.
        ModelUnsupported: It is not what the manifest says, or breaks a limit.
        DependencyMissing: ``provider`` is not installed, or does not start. Only ``auto`` takes the CPU then,
            and ``choice`` says so.
    """
    runtime, choice = load(
        manifest, provider=provider, threads=threads, remembered=remembered, limits=limits, machine=machine
    )
    return OnnxDetector(manifest, runtime, choice, filters or {})
