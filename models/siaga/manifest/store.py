"""The detector's manifest, and finding a manifest by its name or path."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from siaga.core.errors import ModelMissing, ModelUnsupported

from .crops import CropManifest
from .model_file import ModelFile, read, task_of
from .schema import Gates, OutputSpec, Parity, Thresholds, Votes

_HERE = Path(__file__).resolve().parent
_Companion = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]


class Manifest(ModelFile):
    """All that a program must know to drive a detector.

    ``classes[i]`` names class id ``i``.
    """

    task: Literal["detect"]
    output: OutputSpec
    thresholds: Thresholds
    gates: Gates = Gates()
    votes: Votes = Votes()
    parity: Parity | None = None
    """How far the file is from what it was made of; None: never compared."""
    head_model: _Companion | None = None
    """Name of the classifier, in the same folder, that judges helmets where the site names none."""
    harness_model: _Companion | None = None
    """Name of the classifier, in the same folder, that judges harnesses where the site names none."""

    @model_validator(mode="after")
    def _every_class_has_a_threshold(self) -> Self:
        if set(self.thresholds.confidence) != set(self.classes):
            raise ValueError("thresholds.confidence must name every class, and no other")
        return self

    def companion(self, name: str | None) -> CropManifest | None:
        """The classifier ``name`` beside this manifest; None when it is not there.

        Raises:
            ModelUnsupported: It is there and is not valid.
        """
        path = self._folder / f"{name}.yaml"
        return CropManifest.load(path) if name is not None and path.is_file() else None


def weights_dir() -> Path:
    """The folder of the shipped weights: inside the installed package, or a checkout's ``models/weights``."""
    packaged = _HERE / "weights"
    return packaged if packaged.is_dir() else _HERE.parents[1] / "weights"


def names(folder: Path | None = None, task: Literal["detect", "classify"] | None = None) -> tuple[str, ...]:
    """Names of the manifests in ``folder`` (default: the shipped weights), sorted; of one ``task``."""
    paths = (folder or weights_dir()).glob("*.yaml")
    return tuple(sorted(path.stem for path in paths if task is None or _task(path) == task))


def _task(path: Path) -> object:
    try:
        raw = read(path)
    except (ModelMissing, ModelUnsupported):
        return None
    return raw.get("task") if isinstance(raw, dict) else None


def manifest_path(name_or_path: str | Path, folder: Path | None = None) -> Path:
    """Where the manifest of that name (in ``folder``; default: the shipped weights) or at that path is.

    A path to the model file itself stands for the manifest beside it (same name, ``.yaml``). Several
    manifests may drive one model file.

    Raises:
        ModelMissing: Not a known name.
    """
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml", ".onnx"}:
        return path if path.suffix != ".onnx" else path.with_suffix(".yaml")
    known = names(folder)
    if str(name_or_path) not in known:
        raise ModelMissing(
            f"No model is called {str(name_or_path)!r}.",
            fix=f"Known here: {', '.join(known) or 'none'}. Or give the path of a manifest (.yaml).",
        )
    return (folder or weights_dir()) / f"{name_or_path}.yaml"


def resolve(name_or_path: str | Path, folder: Path | None = None) -> Manifest:
    """The detector's manifest that :func:`manifest_path` finds.

    Raises:
        ModelMissing: Neither a known name nor an existing manifest.
        ModelUnsupported: The manifest is not valid, or not a detector's.
    """
    return Manifest.load(manifest_path(name_or_path, folder))


def resolve_classifier(name_or_path: str | Path, folder: Path | None = None) -> CropManifest:
    """The crop classifier's manifest that :func:`manifest_path` finds.

    Raises:
        ModelMissing: Neither a known name nor an existing manifest.
        ModelUnsupported: The manifest is not valid, or not a crop classifier's.
    """
    return CropManifest.load(manifest_path(name_or_path, folder))


def resolve_any(name_or_path: str | Path, folder: Path | None = None) -> Manifest | CropManifest:
    """The manifest that :func:`manifest_path` finds, of whatever kind its ``task`` says.

    Raises:
        ModelMissing: Neither a known name nor an existing manifest.
        ModelUnsupported: The manifest is not valid.
    """
    path = manifest_path(name_or_path, folder)
    return CropManifest.load(path) if _task(path) == task_of(CropManifest) else Manifest.load(path)
