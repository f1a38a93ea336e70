"""``siaga data split``, ``merge``, ``autolabel`` and ``prepare``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from siaga.cli.console import stderr, stdout
from siaga.cli.data.options import (
    Camera,
    CardName,
    Cards,
    Form,
    NewFolder,
    Seed,
    Set,
    bar,
    must_be_new,
    read,
)
from siaga.core.errors import BadRequest, ConfigError

if TYPE_CHECKING:
    from siaga.data.boxes import Boxes, Image
    from siaga.data.cards import Card
    from siaga.data.records import DataSet

_CLASSES = "person,helmet,head,vest"


def split(
    source: Set,
    out: NewFolder,
    val: Annotated[float, typer.Option(help="Share of the pictures for validation.", min=0, max=0.9)] = 0.15,
    test: Annotated[float, typer.Option(help="Share of the pictures for the test.", min=0, max=0.9)] = 0.15,
    camera: Camera = None,
    photographs: Annotated[
        bool, typer.Option("--photographs", help="No two pictures come from one camera: each stands alone.")
    ] = False,
    by_source: Annotated[
        bool, typer.Option("--by-source", help="Keep each source of a merged set on one side.")
    ] = False,
    hold_out: Annotated[
        list[str] | None, typer.Option("--hold-out", help="A camera or source that goes to the test.")
    ] = None,
    card: CardName = None,
    cards: Cards = None,
    seed: Seed = 0,
) -> None:
    """Divide a set by camera, scene or source, never by frame. Near-duplicates stay together."""
    from siaga.data.formats import write_set
    from siaga.data.overlap import fingerprints
    from siaga.data.split import divide, write_groups

    must_be_new(out)
    data, own = read(source, Form.yolo, card, cards)
    _refuse_faults(data)
    regex = camera or (own.camera_prefix if own else None)
    if regex is None and not photographs and not by_source:
        raise BadRequest(
            "nothing says which pictures come from one camera",
            where=str(source),
            fix="Give --camera REGEX, or --by-source, or --photographs if each picture stands alone.",
        )
    with bar("pictures") as progress:
        prints = fingerprints([picture.path for picture in data.pictures], progress)
    division = divide(
        data,
        prints,
        {"train": 1 - val - test, "val": val, "test": test},
        camera=None if photographs else regex,
        by_source=by_source,
        hold_out=hold_out or (),
        seed=seed,
    )
    write_set(division.data, out, "yolo")
    write_groups(division, out, own)
    for name in division.data.splits:
        boxes = ", ".join(f"{key} {count}" for key, count in division.data.box_counts(name).items())
        groups = division.groups_of(name)
        pictures = len(division.data.of(name))
        stdout().print(f"{name}: {pictures} pictures of {groups} cameras or scenes; boxes: {escape(boxes)}")


def merge(
    sets: Annotated[
        list[Path], typer.Argument(help="Sets, each with a card; the first counts most.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", help="A new folder for the merged set.")],
    classes: Annotated[str, typer.Option(help="The classes of the merged set, in order.")] = _CLASSES,
    cards: Cards = None,
) -> None:
    """Make one set of several, in the project's classes and box conventions, by their cards."""
    from siaga.data.merge import merge as put_together

    must_be_new(out)
    found = [(read(path, Form.yolo, None, cards), path) for path in sets]
    sources = [(data, _needed(own, path)) for (data, own), path in found]
    with bar("pictures") as progress:
        made = put_together(sources, out, tuple(classes.split(",")), progress=progress)
    for name in made.pictures:
        boxes = ", ".join(f"{key} {count}" for key, count in made.boxes[name].items())
        by_source = ", ".join(f"{key} {count}" for key, count in made.pictures[name].items())
        stdout().print(f"{name}: {escape(by_source)}; boxes: {escape(boxes)}")
    for why, count in made.dropped.items():
        stdout().print(f"left out: {count} pictures ({why})")
    for name, lacking in made.missing.items():
        stderr().print(
            f"[yellow]warning:[/] {escape(name)} does not annotate {', '.join(lacking)}: there they count as "
            "background until siaga data autolabel fills them in"
        )
    if made.unreadable:
        stderr().print(
            f"[yellow]warning:[/] {made.unreadable} boxes that nobody can read are not carried over"
        )
    for _, own in sources:
        if own.licence.startswith("LicenseRef"):
            stderr().print(f"[yellow]warning:[/] {escape(own.name)} states no licence: weights must not ship")


def autolabel(
    source: Annotated[Path, typer.Argument(help="A set that siaga data merge made.", show_default=False)],
    out: NewFolder,
    model: Annotated[
        str,
        typer.Option(help="COCO weights (.pt, people only), or a detector of Siaga's by name or manifest."),
    ],
    classes: Annotated[
        list[str], typer.Option("--class", help="A class to fill in; may be given more than once.")
    ],
    confidence: Annotated[float, typer.Option(help="Least score.", min=0.01, max=0.99)] = 0.4,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="Also where the source annotates the class.")
    ] = False,
) -> None:
    """Fill in the boxes of a class where its source does not annotate it, from a model, marked as such."""
    from siaga.data.autolabel import fill_in, open_teacher

    must_be_new(out)
    data, _ = read(source, Form.yolo, None, None)
    _refuse_faults(data)
    teacher = open_teacher(model, tuple(classes), confidence)
    with bar("pictures") as progress:
        added = fill_in(data, out, teacher, everywhere=everywhere, progress=progress)
    stdout().print(f"{escape(str(out))}: {json.dumps(added)} boxes filled in; autolabelled.json names each")


def prepare(
    config: Annotated[
        Path,
        typer.Argument(help="Training configuration, such as configs/train/ppe-n.yaml.", show_default=False),
    ],
    data: Annotated[Path, typer.Option("--data", help="Folder that holds one folder for each source.")],
    out: Annotated[Path, typer.Option("--out", help="A new folder for the training set.")],
    teacher: Annotated[
        Path | None,
        typer.Option(
            help="COCO weights (.pt) that label people where a source does not.", show_default=False
        ),
    ] = None,
    cards: Cards = None,
) -> None:
    """Make the training set that a configuration describes.

    The last line of output is one JSON object.
    """
    from dataclasses import asdict

    from siaga.data.autolabel import coco_person_finder
    from siaga.data.cards import cards_dir
    from siaga.data.prepare import prepare as make
    from siaga.data.recipe import Recipe

    recipe = Recipe.load(config)
    must_be_new(out)
    find = coco_person_finder(teacher, recipe.data.teacher) if teacher else _no_teacher
    with bar("pictures read") as progress:
        report = make(recipe, cards or cards_dir(), data, out, find, progress)
    summary = {key: value for key, value in asdict(report).items() if key != "autolabelled"}
    summary["autolabelled_boxes"] = sum(len(rows) for rows in report.autolabelled.values())
    typer.echo(json.dumps(summary))


def _no_teacher(_image: "Image") -> "Boxes":
    raise BadRequest(
        "A source of the configuration does not annotate people.",
        fix="Name a model that labels them: --teacher yolo11n.pt.",
    )


def _refuse_faults(data: "DataSet") -> None:
    if faults := [finding for finding in data.findings if finding.error]:
        raise ConfigError(
            f"{faults[0].what} ({len(faults)} faults in all)",
            where=faults[0].where,
            fix="Repair it, or let siaga data audit --fix leave it out.",
        )


def _needed(card: "Card | None", path: Path) -> "Card":
    if card is None:
        raise ConfigError(
            "The set has no card: nothing says what its classes and boxes mean.",
            where=str(path),
            fix=f"siaga data card {path} writes one to fill in.",
        )
    return card
