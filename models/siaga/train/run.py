"""Train a detector on a prepared set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from siaga.core.errors import ConfigError
from siaga.data.recipe import Recipe
from siaga.evaluate.samples import LabelledSet
from siaga.evaluate.yolo_set import of_yaml
from siaga.manifest import resolve

from . import checkpoint, facts
from .augment import Augment, transforms


@dataclass(frozen=True, slots=True)
class Wanted:
    """One run.

    Attributes:
        config: Training configuration.
        data: Folder that ``siaga data prepare`` wrote.
        start: Checkpoint to start from, or name or path of an exported float32 detector; None: the run in
            ``out`` goes on.
        out: Folder for checkpoints and the log; new, unless the run goes on.
        cards: Folder of the dataset cards.
        command: As it was typed, for the manifest.
        hours: Stop after so long, and fit the learning rate to it.
        epochs: Instead of the configuration's.
        fraction: Share of the pictures to use.
        device: ``cpu``, ``0``, ``0,1``; None: the first GPU, or the processor.
    """

    config: Path
    data: Path
    start: Path | None
    out: Path
    cards: Path
    command: Sequence[str]
    hours: float | None = None
    epochs: int | None = None
    fraction: float = 1.0
    device: str | None = None

    @property
    def last(self) -> Path:
        """The checkpoint that is written after every epoch."""
        return self.out / "weights" / "last.pt"


def train(wanted: Wanted) -> Path:
    """Train, or go on; returns the last checkpoint (the moving average of the weights).

    The same configuration, data and seed give the same run on the same machine; a run that went on after it
    was killed sees the same pictures in another order.

    Raises:
        ConfigError: The configuration, the set or the folder cannot be used.
        ModelError: The checkpoint cannot be used.
    """
    recipe = Recipe.load(wanted.config)
    augment = Augment.parse(recipe.augment, wanted.config)
    check_set(wanted.data, recipe)
    if wanted.start is None:
        _train(_going_on(wanted), augment)
    elif wanted.start.suffix == ".pt":
        _train(_new(wanted, recipe, wanted.start), augment)
    else:
        with TemporaryDirectory() as scratch:
            start = _unfolded(wanted, wanted.start, Path(scratch))
            _train(_new(wanted, recipe, start), augment)
    return wanted.last


def _train(settings: dict[str, Any], augment: Augment) -> None:
    from .trainer import PpeTrainer

    PpeTrainer(overrides=settings | {"augmentations": transforms(augment)}).train()


def _unfolded(wanted: Wanted, model: Path, scratch: Path) -> Path:
    """A checkpoint of an exported detector, to begin with."""
    from .exported import write_checkpoint

    manifest = resolve(model)
    pictures = [one.image for one in of_yaml(wanted.data / "dataset.yaml", None, "train").samples]
    return write_checkpoint(manifest, pictures, scratch / f"{manifest.name}.pt")


def check_set(prepared: Path, recipe: Recipe) -> None:
    """Look at the set before the framework does.

    Raises:
        ConfigError: There is none, it holds no picture or no box, or classes other than the configuration's.
    """
    path = prepared / "dataset.yaml"
    if not path.is_file():
        raise ConfigError(
            "There is no prepared set here.", where=str(prepared), fix="Make one with: siaga data prepare."
        )
    part = of_yaml(path, None, "train")
    of_yaml(path, None, "val")
    if part.card.classes != recipe.classes:
        raise ConfigError(
            f"The set has the classes {', '.join(part.card.classes)}; the configuration has "
            f"{', '.join(recipe.classes)}.",
            where=str(path),
            fix="Prepare the set with this configuration.",
        )
    if not _any_box(part):
        raise ConfigError(
            f"None of the {len(part.samples)} training pictures has a box.",
            where=str(path),
            fix="Label the pictures, or look at the mapping on the source's card.",
        )


def _any_box(part: LabelledSet) -> bool:
    return any(one.label.read_text(encoding="utf-8").strip() for one in part.samples)


def _new(wanted: Wanted, recipe: Recipe, start: Path) -> dict[str, Any]:
    """Settings of a new run; its folder and ``training.yaml`` are made."""
    if wanted.out.exists() and (not wanted.out.is_dir() or any(wanted.out.iterdir())):
        raise ConfigError(
            "This folder is in use.",
            where=str(wanted.out),
            fix="Name a new one; or let the run in it go on: --resume.",
        )
    checkpoint.load(start)
    known = facts.collect(wanted.data, wanted.cards, start, wanted.command, datetime.now(UTC), wanted.device)
    facts.write(wanted.out, known)
    changes = {"epochs": wanted.epochs, "time": wanted.hours, "device": wanted.device}
    return (
        dict(recipe.train)
        | {key: value for key, value in changes.items() if value is not None}
        | _always(wanted)
        | {
            "model": str(start),
            "project": str(wanted.out.resolve().parent),
            "name": wanted.out.name,
            "exist_ok": True,
            "seed": recipe.seed,
            "deterministic": True,
            "fraction": wanted.fraction,
        }
    )


def _going_on(wanted: Wanted) -> dict[str, Any]:
    """Settings to go on: ultralytics takes all others from the checkpoint."""
    if not wanted.last.is_file():
        raise ConfigError(
            "There is no run here that could go on.",
            where=str(wanted.last),
            fix="A run has a checkpoint after its first epoch. Start anew, with --start WEIGHTS.",
        )
    _, state = checkpoint.load(wanted.last)
    if state.get("optimizer") is None:
        raise ConfigError(
            "This run is finished.",
            where=str(wanted.out),
            fix=f"Start another one from it: --start {wanted.last} --out NEW.",
        )
    changes = {"time": wanted.hours, "device": wanted.device}
    return _always(wanted) | {
        "resume": str(wanted.last),
        "save_dir": str(wanted.out.resolve()),
        **{key: value for key, value in changes.items() if value is not None},
    }


def _always(wanted: Wanted) -> dict[str, Any]:
    return {"data": str(wanted.data / "dataset.yaml"), "val": False, "plots": False}
