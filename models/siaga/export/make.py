"""From a checkpoint, or from an exported file, to a gated ONNX file with manifest and card."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from siaga.core.errors import BadRequest, Conflict
from siaga.detect import Detector, OnnxDetector, choose, open_detector
from siaga.evaluate.samples import LabelledSet
from siaga.manifest import Manifest, Parity, file_sha256, resolve
from siaga.train.checkpoint import load

from . import describe, parity, pictures
from .card import write_card
from .framework import to_onnx
from .half import to_half
from .parity import Precision
from .quantise import sample, to_int8
from .reference import TorchRuntime

_NAME = r"[a-z0-9][a-z0-9._-]*"
Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made.

    Attributes:
        weights: A checkpoint (``.pt``), or the name or path of an exported model.
        manifest: The new manifest; file and card go beside it.
        data: Prepared set: its ``val`` split is the gate's, its ``train`` split calibrates.
        precision: Of the numbers in the file.
        size: (width, height) of a checkpoint's input; an exported model keeps its own.
        dynamic: Whether a checkpoint's sizes stay free.
        runs: Folders of the runs that made a checkpoint, first one first; none: the one that it lies in.
        calibrate: Folder of pictures to calibrate with instead.
        calibration_pictures: How many of them.
    """

    weights: Path
    manifest: Path
    data: Path
    precision: Precision = "fp32"
    size: tuple[int, int] = (960, 544)
    dynamic: bool = True
    runs: tuple[Path, ...] = ()
    calibrate: Path | None = None
    calibration_pictures: int = 64


class _Origin(Protocol):
    """What a new file is made of."""

    @property
    def identity(self) -> tuple[str, str]:
        """File name and sha256."""
        ...

    def write_fp32(self, target: Path) -> None:
        """Write it as a float32 ONNX file."""
        ...

    def content(self, model: Path) -> dict[str, Any]:
        """The manifest of the new file ``model``."""
        ...

    def reference(self, manifest: Manifest) -> Detector:
        """The original, with the thresholds of ``manifest``."""
        ...


class _Checkpoint:
    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._model, _ = load(wanted.weights)
        self.identity = (wanted.weights.name, file_sha256(wanted.weights))

    def write_fp32(self, target: Path) -> None:
        to_onnx(self._wanted.weights, target, self._wanted.size, self._wanted.dynamic)

    def content(self, model: Path) -> dict[str, Any]:
        wanted = self._wanted
        form = "end2end" if getattr(self._model.model[-1], "end2end", False) else "yolov8"
        classes = [str(name) for name in self._model.names.values()]
        content = describe.of_checkpoint(model, classes, wanted.size, wanted.dynamic, form)
        own = wanted.weights.resolve().parent.parent
        runs = wanted.runs or ((own,) if (own / "training.yaml").is_file() else ())
        return content | ({"training": describe.training_facts(runs)} if runs else {})

    def reference(self, manifest: Manifest) -> Detector:
        return OnnxDetector(manifest, TorchRuntime(self._model), choose("cpu"), {})


class _Exported:
    def __init__(self, wanted: Wanted) -> None:
        if wanted.precision == "fp32":
            raise BadRequest(
                "This file is exported already.", where=str(wanted.weights), fix="Ask for int8 or half."
            )
        self._source = resolve(wanted.weights)
        self._source.verify_sha256()
        self.identity = (self._source.file, self._source.sha256)

    def write_fp32(self, target: Path) -> None:
        shutil.copyfile(self._source.path, target)

    def content(self, model: Path) -> dict[str, Any]:
        return describe.of_model(model, self._source)

    def reference(self, manifest: Manifest) -> Detector:
        own = self._source.model_copy(update={"thresholds": manifest.thresholds})
        return open_detector(own, provider="cpu")


def export(wanted: Wanted, progress: Progress) -> Manifest:
    """Make the file, hold it against its original, and put it in place with manifest and card.

    Raises:
        Conflict: One of the three files is there already.
        ModelError: The file differs more from its original than allowed; nothing is put in place.
        ConfigError: The prepared set or the calibration pictures cannot be used.
    """
    model = wanted.manifest.with_suffix(".onnx")
    _check_target(wanted.manifest, model)
    held_out = pictures.prepared_split(wanted.data, "val")
    origin: _Origin = _Checkpoint(wanted) if wanted.weights.suffix == ".pt" else _Exported(wanted)
    model.parent.mkdir(parents=True, exist_ok=True)
    # On the same file system, so that putting in place is a rename.
    with tempfile.TemporaryDirectory(dir=model.parent, prefix=f".{model.stem}.") as scratch:
        made = Path(scratch) / model.name
        _write(origin, made, wanted, progress)
        content = origin.content(made)
        candidate = describe.write(made.with_suffix(".yaml"), content)
        figures = _figures(origin, candidate, held_out, progress)
        parity.judge(figures, wanted.precision)
        found: Parity = parity.entry(figures, wanted.precision, origin.identity, "onnxruntime, CPU")
        describe.write(made.with_suffix(".yaml"), content | {"parity": found.model_dump(mode="json")})
        shutil.move(made, model)
        shutil.move(made.with_suffix(".yaml"), wanted.manifest)
    manifest = Manifest.load(wanted.manifest)
    manifest.verify_sha256()
    write_card(manifest, wanted.manifest.with_suffix(".md"))
    return manifest


def _check_target(manifest: Path, model: Path) -> None:
    if manifest.suffix != ".yaml" or not re.fullmatch(_NAME, manifest.stem):
        raise BadRequest(
            f"{manifest.name!r} is no name for a model's manifest.",
            where=str(manifest),
            fix="Write it like own-ppe.yaml: small letters, digits, dots, dashes.",
        )
    for path in (manifest, model):
        if path.exists():
            raise Conflict(
                "This file is there already.", where=str(path), fix="Name another, or remove it first."
            )


def _write(origin: _Origin, made: Path, wanted: Wanted, progress: Progress) -> None:
    if wanted.precision == "fp32":
        origin.write_fp32(made)
        return
    seen = pictures.prepared_split(wanted.data, "train")
    found = pictures.calibration_pictures(wanted.calibrate, seen)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "fp32.onnx"
        origin.write_fp32(source)
        if wanted.precision == "fp16":
            to_half(source, made)
            return
        to_int8(
            source,
            made,
            sample(found, wanted.calibration_pictures),
            Manifest.model_validate(origin.content(source)).input,
            pictures.Reader(seen),
            lambda done, total: progress("calibrating", done, total),
        )


def _figures(
    origin: _Origin, candidate: Manifest, held_out: LabelledSet, progress: Progress
) -> parity.Figures:
    weak = parity.with_weak_boxes(candidate)
    reference = origin.reference(weak)
    tried = open_detector(weak, provider="cpu")
    total = len(held_out.samples)
    try:
        return parity.compare(
            reference,
            tried,
            pictures.read(held_out),
            candidate.thresholds.confidence,
            lambda done: progress("comparing", done, total),
        )
    finally:
        reference.close()
        tried.close()
