"""Options that several of the commands have, and what they mean."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from siaga.cli.console import stderr
from siaga.core.errors import ConfigError

if TYPE_CHECKING:
    from siaga.data.cards import Card
    from siaga.data.records import DataSet


class Form(StrEnum):
    """How a set is written."""

    yolo = "yolo"
    coco = "coco"
    voc = "voc"


Set = Annotated[Path, typer.Argument(help="A set: its folder, or its data.yaml.", show_default=False)]
NewFolder = Annotated[Path, typer.Argument(help="A new folder for the result.", show_default=False)]
Cards = Annotated[
    Path | None, typer.Option("--cards", help="Folder of the dataset cards; default: the shipped ones.")
]
CardName = Annotated[
    str | None,
    typer.Option(
        "--card",
        help="The set's card: a file, or a name among the cards; default: card.yaml in the set, or the card "
        "that is called as the set's folder is.",
    ),
]
From = Annotated[Form, typer.Option("--from", help="How the set is written.")]
Camera = Annotated[
    str | None,
    typer.Option(
        "--camera",
        help="Regular expression for the part of a file name that names the camera or clip; default: the "
        "card's camera_prefix.",
    ),
]
Seed = Annotated[int, typer.Option(help="Another seed, another draw.", min=0)]


def read(path: Path, form: Form, card: str | None, cards: Path | None) -> "tuple[DataSet, Card | None]":
    """A set and its card."""
    from siaga.data.formats import read_set

    own = card_of(path, card, cards)
    return read_set(path, form.value, own), own


def card_of(path: Path, card: str | None, cards: Path | None) -> "Card | None":
    """The card of the set at ``path``."""
    from siaga.data.cards import cards_dir, find_card

    return find_card(card, cards or cards_dir(), path)


def must_be_new(folder: Path | None) -> None:
    """Refuse a folder with something in it before any work is done.

    Raises:
        ConfigError: Something is in it.
    """
    if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError("The output folder is not empty.", where=str(folder), fix="Name a new folder.")


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar that is gone when the work is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr(), transient=True) as bars:
        task = bars.add_task(escape(what), total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
