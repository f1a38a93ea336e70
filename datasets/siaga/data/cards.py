"""The card of a source: where it comes from, what its boxes mean, and how they become the project's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from siaga.core.errors import ConfigError
from siaga.core.yaml_file import YamlFile

_HERE = Path(__file__).resolve().parent
Class = Literal["person", "head", "helmet", "vest", "harness"]
Extent = Literal["shell", "head"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FetchFile(_Part):
    """One file over HTTP. ``unpack``: it is a ZIP archive of the source's folder."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
    bytes: Annotated[int, Field(gt=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    unpack: bool = False

    @property
    def name(self) -> str:
        """The last part of its address."""
        return self.url.rstrip("/").rpartition("/")[2].partition("?")[0] or "file"


class FetchGit(_Part):
    """A folder of a commit of a Git repository; the commit id vouches for every byte."""

    repository: Annotated[str, Field(pattern=r"^https://[^\s]+$")]
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    folder: str = "."

    @field_validator("folder")
    @classmethod
    def _stays_inside(cls, folder: str) -> str:
        if folder.startswith(("-", "/")) or ".." in folder.split("/"):
            raise ValueError("folder must be a path below the repository's root")
        return folder


class Fetch(_Part):
    """Where a source is brought from. ``by_hand``: how a person gets it, or what to do once it is here."""

    files: tuple[FetchFile, ...] = ()
    git: FetchGit | None = None
    by_hand: str = ""


class Card(YamlFile):
    """One source. ``classes[i]`` names the source's class id ``i``; a class without mapping is dropped.

    ``kind``: pictures with boxes, crops sorted into a folder per class, or videos without labels.
    ``annotates``: the project's classes that the source labels throughout. What is not there is missing
    from its pictures, not absent from the scene. ``helmet_extends``, ``head_extends``: what a box covers:
    ``head``, the whole head (with its helmet), or ``shell``, down to about the brows only. ``ignore``: a
    source's class whose boxes are unreadable, to the project's classes that it may be; a detection there is
    neither right nor wrong. ``camera_prefix``: regular expression for the part of a file name that names the
    camera. ``pictures``, ``boxes``: how many there are, by split and by the source's class.
    """

    called = "dataset card"

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    title: str
    kind: Literal["boxes", "crops", "videos"] = "boxes"
    origin: str
    licence: str
    attribution: str
    annotates: tuple[Class, ...] = ()
    classes: tuple[str, ...] = ()
    mapping: dict[str, Class] = Field(default_factory=dict)
    ignore: dict[str, tuple[Class, ...]] = Field(default_factory=dict)
    helmet_extends: Extent = "head"
    head_extends: Extent = "head"
    mirrored_padding: bool = False
    camera_prefix: str | None = None
    splits: Annotated[dict[Literal["train", "val", "test"], str], Field(min_length=1)]
    pictures: dict[str, int] = Field(default_factory=dict)
    boxes: dict[str, int] = Field(default_factory=dict)
    fetch: Fetch | None = None
    notes: str = ""

    @property
    def may_ship(self) -> bool:
        """Whether its licence is stated, so that weights trained on it may be given away."""
        return not self.licence.startswith("LicenseRef")

    @model_validator(mode="after")
    def _maps_its_own_classes(self) -> Self:
        if unknown := (set(self.mapping) | set(self.ignore)) - set(self.classes):
            raise ValueError(
                f"mapping or ignore names classes that the source does not have: {sorted(unknown)}"
            )
        if unmapped := set(self.annotates) - set(self.mapping.values()):
            raise ValueError(f"annotates names classes that nothing maps to: {sorted(unmapped)}")
        return self

    def write(self, path: Path) -> None:
        """Write the card, without what stands at its default."""
        content = self.model_dump(mode="json", exclude_defaults=True)
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=108)
        path.write_text(text, encoding="utf-8")

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


def cards_dir() -> Path:
    """The folder of the shipped cards: inside the installed package, or a checkout's ``datasets/cards``."""
    packaged = _HERE / "shipped_cards"
    return packaged if packaged.is_dir() else _HERE.parents[1] / "cards"


def all_cards(folder: Path) -> tuple[Card, ...]:
    """Every card of a folder, by name.

    Raises:
        ConfigError: One of them is not valid.
    """
    return tuple(Card.load(path) for path in sorted(folder.glob("*.yaml")))


def find_card(wanted: str | Path | None, folder: Path, data: Path) -> Card | None:
    """The card of the set ``data``.

    That is the one wanted (its file, or its name in ``folder``), or ``card.yaml`` in the set's own folder,
    or the one in ``folder`` that is called as the set's folder is; None where there is no such card.

    Raises:
        ConfigError: The card that is wanted is not there, or a card is not valid.
    """
    if wanted is not None:
        path = Path(wanted)
        return Card.load(path if path.suffix in {".yaml", ".yml"} else folder / f"{wanted}.yaml")
    root = data if data.is_dir() else data.parent
    for path in (root / "card.yaml", folder / f"{root.resolve().name}.yaml"):
        if path.is_file():
            return Card.load(path)
    return None
