"""The card of a source: where it comes from, what its boxes mean, and how they become the project's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from siaga.core.errors import ConfigError

Class = Literal["person", "head", "helmet", "vest", "harness"]
Extent = Literal["shell", "head"]


class Card(BaseModel):
    """One source. ``classes[i]`` names the source's class id ``i``; a class without mapping is dropped.

    ``annotates``: the project's classes that the source labels throughout. What is not there is missing
    from its pictures, not absent from the scene. ``ignore``: a source's class whose boxes are unreadable,
    to the project's classes that it may be; a detection there is neither right nor wrong. ``camera_prefix``:
    regular expression for the part of a file name that names the camera.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    origin: str
    licence: str
    attribution: str
    annotates: tuple[Class, ...]
    classes: tuple[str, ...]
    mapping: dict[str, Class]
    ignore: dict[str, tuple[Class, ...]] = {}
    helmet_extends: Extent
    head_extends: Extent
    mirrored_padding: bool = False
    camera_prefix: str | None = None
    splits: Annotated[dict[Literal["train", "val", "test"], str], Field(min_length=1)]
    notes: str = ""

    @model_validator(mode="after")
    def _maps_its_own_classes(self) -> Self:
        if unknown := (set(self.mapping) | set(self.ignore)) - set(self.classes):
            raise ValueError(
                f"mapping or ignore names classes that the source does not have: {sorted(unknown)}"
            )
        if unmapped := set(self.annotates) - set(self.mapping.values()):
            raise ValueError(f"annotates names classes that nothing maps to: {sorted(unmapped)}")
        return self

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a card.

        Raises:
            ConfigError: It is not there, or not valid.
        """
        try:
            return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise ConfigError(f"The dataset card cannot be used: {error}", where=str(path)) from error

    def covers_shell_only(self, target: Class) -> bool:
        """Whether this source's boxes of ``target`` end at the brows."""
        return {"helmet": self.helmet_extends, "head": self.head_extends}.get(target) == "shell"

    def folder(self, split: str) -> str:
        """The folder of ``split``, below the source's own.

        Raises:
            ConfigError: The source has no such split.
        """
        for name, folder in self.splits.items():
            if name == split:
                return folder
        raise ConfigError(f"{self.name} has no split {split!r}.", fix=f"It has: {', '.join(self.splits)}.")
