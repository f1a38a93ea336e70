"""``siaga data list``, ``fetch``, ``sample``, ``card`` and ``page``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from siaga.cli.console import stderr, stdout
from siaga.cli.data.options import Cards, Form, From, NewFolder, must_be_new


def list_sources(cards: Cards = None) -> None:
    """Every source that has a card: licence, what it labels, how much there is."""
    from siaga.data.cards import all_cards, cards_dir
    from siaga.data.listing import licence_text

    table = Table(box=None, pad_edge=False)
    table.add_column("source", no_wrap=True)
    for heading in ("kind", "licence", "labels throughout", "pictures", "to get it"):
        table.add_column(heading)
    for card in all_cards(cards or cards_dir()):
        plan = card.fetch
        table.add_row(
            card.name,
            card.kind,
            licence_text(card),
            ", ".join(card.annotates) or "nothing",
            " ".join(f"{split} {count}" for split, count in card.pictures.items()),
            "fetch" if plan and (plan.git or plan.files) else "by hand",
        )
    stdout().print(table)


def fetch(
    name: Annotated[str, typer.Argument(help="A source, as siaga data list names it.", show_default=False)],
    data: Annotated[Path, typer.Option("--data", help="Folder that holds one folder for each source.")],
    cards: Cards = None,
) -> None:
    """Bring a public source by its card. Stopped, it goes on; it is there whole or not at all."""
    from siaga.data.cards import Card, cards_dir
    from siaga.data.fetch import fetch as bring

    card = Card.load((cards or cards_dir()) / f"{name}.yaml")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=stderr(), transient=True) as bars:
        task = bars.add_task(escape(name), total=None)
        target = bring(card, data, lambda done, total: bars.update(task, completed=done, total=total))
    stdout().print(f"{escape(str(target))}: {escape(card.title)}, {escape(card.licence)}")
    if card.fetch and card.fetch.by_hand:
        stdout().print(f"next: {escape(' '.join(card.fetch.by_hand.split()))}")


def sample(
    out: NewFolder,
    camera: Annotated[
        list[str] | None, typer.Option("--camera", help="A view; may be repeated; default: all six.")
    ] = None,
    each: Annotated[int, typer.Option(help="Pictures of each view.", min=1, max=15)] = 6,
    without: Annotated[
        list[str] | None, typer.Option("--without", help="A class to leave unlabelled; may be repeated.")
    ] = None,
    reviewed: Annotated[
        bool, typer.Option("--reviewed", help="With reviews.csv, as reviewed corrections come.")
    ] = False,
    to: Annotated[Form, typer.Option("--to", help="How the set is to be written.")] = Form.yolo,
) -> None:
    """Write a small labelled set out of the shipped clips, to try commands on.

    Everything in it is drawn: figures on it say nothing of a model.
    """
    from tempfile import TemporaryDirectory

    from siaga.data.formats import convert
    from siaga.data.sample import CAMERAS, write_sample

    must_be_new(out)
    with TemporaryDirectory() as scratch:
        target = out if to.value == "yolo" else Path(scratch) / "set"
        made = write_sample(target, camera or CAMERAS, each, without=without or (), reviewed=reviewed)
        if target != out:
            convert(target, out, "yolo", to.value)
    stdout().print(f"{escape(str(out))}: {made} pictures, drawn, CC BY 4.0")


def card(
    folder: Annotated[Path, typer.Argument(help="The folder of a set of yours.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="The card's file; default: card.yaml in the folder.")
    ] = None,
    form: From = Form.yolo,
    name: Annotated[str | None, typer.Option(help="The source's name; default: the folder's.")] = None,
) -> None:
    """Write a card to begin with for a set of one's own: classes and counts as found, the rest to fill in."""
    from siaga.data.listing import skeleton, write_skeleton

    made = skeleton(folder, form.value, name)
    path = out or folder / "card.yaml"
    write_skeleton(made, path)
    left = [own for own in made.classes if own not in made.mapping]
    stdout().print(f"{escape(str(path))}: {len(made.classes)} classes, {len(made.mapping)} of them mapped")
    if left:
        stdout().print(f"left out until you map them: {escape(', '.join(left))}")


def page(
    out: Annotated[Path, typer.Option(help="The page's file.")] = Path("docs/datasets.md"),
    cards: Cards = None,
) -> None:
    """Write the page of the datasets from their cards."""
    from siaga.data.cards import all_cards, cards_dir
    from siaga.data.listing import page as write

    out.write_text(write(all_cards(cards or cards_dir())), encoding="utf-8")
    stdout().print(escape(str(out)))
