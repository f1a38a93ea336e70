"""What the manifests of all models share: the file they stand for, and how they are read and checked."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePath
from typing import Annotated, Literal, Self, get_args

import yaml
from pydantic import Field, PrivateAttr, ValidationError, model_validator

from siaga.core.errors import ModelMissing, ModelTampered, ModelUnsupported

from .schema import InputSpec, Measurement, NamedOutput, Sha256, Training, _Frozen

_CHUNK = 1 << 20
_ROLES = {"detect": "a detector", "classify": "a crop classifier"}


class ModelFile(_Frozen):
    """A model file and its licence (an SPDX expression for the weights), input and history."""

    schema_version: Literal[1]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    task: str
    file: str
    sha256: Sha256
    bytes: Annotated[int, Field(gt=0)]
    licence: str
    classes: Annotated[tuple[str, ...], Field(min_length=1)]
    input: InputSpec
    output: NamedOutput
    training: Training | None = None
    measured: tuple[Measurement, ...] = ()

    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _one_file_here(self) -> Self:
        if PurePath(self.file).name != self.file or self.file in {"", ".", ".."}:
            raise ValueError("file must be a bare file name in the manifest's own folder")
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("classes must not repeat")
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
            ModelUnsupported: The manifest is not valid, or one of another kind; the text names the field.
        """
        path = Path(path)
        raw = read(path)
        _check_task(cls, raw, path)
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


def read(path: Path) -> object:
    """The YAML in ``path``, not yet checked.

    Raises:
        ModelMissing: No such file.
        ModelUnsupported: It is not YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelMissing(
            "The model's manifest cannot be read.",
            where=str(path),
            fix="Give the name or the path of a manifest (.yaml) that exists.",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ModelUnsupported("The model's manifest is not YAML.", where=str(path)) from error


def task_of(kind: type[ModelFile]) -> str:
    """What a manifest of this ``kind`` says under ``task``."""
    (task,) = get_args(kind.model_fields["task"].annotation)
    return str(task)


def _check_task(kind: type[ModelFile], raw: object, path: Path) -> None:
    wanted, said = task_of(kind), raw.get("task") if isinstance(raw, dict) else None
    if said != wanted and said in _ROLES:
        raise ModelUnsupported(
            f"This is {_ROLES[said]} (task: {said}); {_ROLES[wanted]} (task: {wanted}) is wanted here.",
            where=str(path),
            fix="Name a detector under model, a crop classifier under head_model and harness_model.",
        )


def file_sha256(path: Path) -> str:
    """Lower-case hexadecimal sha256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
