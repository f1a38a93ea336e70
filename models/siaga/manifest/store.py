"""Finding, loading and checking a manifest."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePath
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, PrivateAttr, ValidationError, model_validator

from siaga.core.errors import ModelMissing, ModelTampered, ModelUnsupported

from .schema import Gates, InputSpec, Measurement, OutputSpec, Sha256, Thresholds, Training, Votes, _Frozen

_CHUNK = 1 << 20
_HERE = Path(__file__).resolve().parent


class Manifest(_Frozen):
    """All that a program must know to drive a model file.

    ``licence`` is an SPDX expression for the weights. ``classes[i]`` names class id ``i``.
    """

    schema_version: Literal[1]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    task: Literal["detect"]
    file: str
    sha256: Sha256
    bytes: Annotated[int, Field(gt=0)]
    licence: str
    classes: Annotated[tuple[str, ...], Field(min_length=1)]
    input: InputSpec
    output: OutputSpec
    thresholds: Thresholds
    gates: Gates = Gates()
    votes: Votes = Votes()
    training: Training | None = None
    measured: tuple[Measurement, ...] = ()

    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if PurePath(self.file).name != self.file or self.file in {"", ".", ".."}:
            raise ValueError("file must be a bare file name in the manifest's own folder")
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("classes must not repeat")
        if set(self.thresholds.confidence) != set(self.classes):
            raise ValueError("thresholds.confidence must name every class, and no other")
        return self

    @property
    def path(self) -> Path:
        """The model file, in the folder that the manifest was loaded from."""
        return self._folder / self.file

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a manifest. The model file itself is not touched.

        Raises:
            ModelMissing: No such manifest.
            ModelUnsupported: The manifest is not valid; the text names the field.
        """
        path = Path(path)
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ModelMissing(
                "The model's manifest cannot be read.",
                where=str(path),
                fix="Give the name or the path of a manifest (.yaml) that exists.",
            ) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ModelUnsupported("The model's manifest is not YAML.", where=str(path)) from error
        return cls._parse(raw, path)

    @classmethod
    def _parse(cls, raw: object, path: Path) -> Self:
        try:
            manifest = cls.model_validate(raw)
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, fault['loc'])) or 'manifest'}: {fault['msg']}"
                for fault in error.errors(include_url=False, include_input=False)
            )
            raise ModelUnsupported(
                f"The model's manifest is not valid: {faults}.", where=str(path), fix="Correct these fields."
            ) from error
        manifest._folder = path.resolve().parent
        return manifest

    def verify_sha256(self) -> None:
        """Compare the model file with the manifest; call it before anything parses the file.

        Raises:
            ModelMissing: The model file is not there.
            ModelTampered: Its size or sha256 is not the manifest's.
        """
        try:
            size = self.path.stat().st_size
            digest = file_sha256(self.path)
        except OSError as error:
            raise ModelMissing(
                "The model file cannot be read.",
                where=str(self.path),
                fix="Fetch it again, or choose another model.",
            ) from error
        if (size, digest) != (self.bytes, self.sha256):
            raise ModelTampered(
                f"The model file ({size} bytes, sha256 {digest[:12]}…) is not the one in its manifest "
                f"({self.bytes} bytes, sha256 {self.sha256[:12]}…).",
                where=str(self.path),
                fix="Fetch it again, or export it anew together with its manifest.",
            )


def file_sha256(path: Path) -> str:
    """Lower-case hexadecimal sha256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def weights_dir() -> Path:
    """The folder of the shipped weights: inside the installed package, or a checkout's ``models/weights``."""
    packaged = _HERE / "weights"
    return packaged if packaged.is_dir() else _HERE.parents[1] / "weights"


def names(folder: Path | None = None) -> tuple[str, ...]:
    """Names of the manifests in ``folder`` (default: the shipped weights), sorted."""
    return tuple(sorted(path.stem for path in (folder or weights_dir()).glob("*.yaml")))


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
    """The manifest that :func:`manifest_path` finds.

    Raises:
        ModelMissing: Neither a known name nor an existing manifest.
        ModelUnsupported: The manifest is not valid.
    """
    return Manifest.load(manifest_path(name_or_path, folder))
