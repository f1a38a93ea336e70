"""The contract of a crop classifier, and the one that drives an ONNX file by its manifest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from siaga.core.event import ModelRef
from siaga.core.frame import Rgb
from siaga.manifest import CropManifest

from .first_load import Limits
from .letterbox import Canvas, fit
from .load import load
from .providers import Choice, Machine, Wish
from .runtime import Runtime

MAX_BATCH = 16
"""Most crops that go through the model together: more gain nothing and only take memory."""

Probabilities = NDArray[np.float32]


class Classifier(Protocol):
    """Judges one item on crops. Not for use from several threads at once."""

    @property
    def manifest(self) -> CropManifest:
        """What it judges, on which crops, and which probabilities count."""
        ...

    @property
    def model(self) -> ModelRef:
        """Which model file it runs."""
        ...

    def classify(self, crops: Sequence[Rgb]) -> Probabilities:
        """Probabilities (N, K) float32 of the manifest's classes, for crops (H, W, 3) uint8 RGB."""
        ...

    def close(self) -> None:
        """Let go of the model; no more calls after it."""
        ...


class OnnxClassifier:
    """A crop classifier that drives an ONNX file by its manifest.

    Args:
        manifest: What the model is.
        runtime: Runs it; takes any number of crops at once.
        choice: What runs it and why, for ``siaga doctor``.

    Attributes:
        choice: What runs it and why.
    """

    def __init__(self, manifest: CropManifest, runtime: Runtime, choice: Choice) -> None:
        self.choice = choice
        self._manifest = manifest
        self._runtime = runtime
        self._size = (manifest.input.width, manifest.input.height)
        self._canvas: Canvas | None = None

    @property
    def manifest(self) -> CropManifest:
        """See :class:`Classifier`."""
        return self._manifest

    @property
    def model(self) -> ModelRef:
        """See :class:`Classifier`."""
        return ModelRef(name=self._manifest.name, sha256=self._manifest.sha256)

    def classify(self, crops: Sequence[Rgb]) -> Probabilities:
        """See :class:`Classifier`.

        Args:
            crops: From :func:`siaga.detect.crops.cut`; of another size, they are letterboxed.

        Returns:
            (N, K) float32, each row summing to 1; all 0 where the model gave no number. Owned by the caller.

        Raises:
            ModelUnsupported: The model failed on a crop.
        """
        found = np.zeros((len(crops), len(self._manifest.classes)), np.float32)
        for start in range(0, len(crops), MAX_BATCH):
            chunk = crops[start : start + MAX_BATCH]
            found[start : start + len(chunk)] = self._together(chunk)
        return found

    def _together(self, crops: Sequence[Rgb]) -> Probabilities:
        if self._canvas is None:
            self._canvas = Canvas(self._manifest.input, self._size, MAX_BATCH)
        for slot, crop in enumerate(crops):
            self._canvas.place(slot, crop, fit((crop.shape[1], crop.shape[0]), self._size))
        logits = self._runtime.run(self._canvas.tensor[: len(crops)])
        return softmax(logits, self._manifest.temperature)

    def close(self) -> None:
        """See :class:`Classifier`."""
        self._runtime.close()
        self._canvas = None


def softmax(logits: NDArray[np.float32], temperature: float) -> Probabilities:
    """``softmax(logits / temperature)`` over rows (N, K) float32; a row that is not finite gives zeros."""
    finite = np.isfinite(logits).all(axis=1, keepdims=True)
    scaled = np.where(finite, logits, 0).astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(np.where(finite, powers / powers.sum(axis=1, keepdims=True), 0), np.float32)


def open_classifier(
    manifest: CropManifest,
    *,
    provider: Wish = "auto",
    threads: int = 1,
    remembered: Path | None = None,
    limits: Limits | None = None,
    machine: Machine | None = None,
) -> OnnxClassifier:
    """Open the model of ``manifest``: bytes checked, tried once in a child with limits, then loaded here.

    Arguments and errors are those of ``open_detector``.

    Raises:
        ModelMissing: No such file.
        ModelTampered: Its bytes are not those of the manifest.
        ModelUnsupported: It is not what the manifest says, or breaks a limit.
        DependencyMissing: ``provider`` is not installed, or does not start.
    """
    runtime, choice = load(
        manifest, provider=provider, threads=threads, remembered=remembered, limits=limits, machine=machine
    )
    return OnnxClassifier(manifest, runtime, choice)
