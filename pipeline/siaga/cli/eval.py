"""``siaga eval`` and ``siaga tune``: what an exported model is worth, and the thresholds to run it at."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from siaga.cli.console import stderr, wide_stdout
from siaga.core.errors import BadRequest, DependencyMissing

if TYPE_CHECKING:
    from siaga.evaluate.job import Job
    from siaga.evaluate.samples import LabelledSet

Model = Annotated[str, typer.Argument(help="Name or path of the model's manifest.", show_default=False)]
Root = Annotated[
    Path | None, typer.Option("--data", help="With sources: the folder that holds one folder per source.")
]
Cards = Annotated[
    Path | None, typer.Option("--cards", help="Folder of the dataset cards; default: the shipped ones.")
]
Cache = Annotated[
    Path | None,
    typer.Option("--cache", help="Keep here what the model finds on each picture; later runs take seconds."),
]
Mapping = Annotated[
    Path | None, typer.Option("--map", help="YAML that says what the classes of DATA.yaml mean.")
]
Input = Annotated[
    str | None, typer.Option("--input", metavar="WIDTHxHEIGHT", help="Input size instead of the manifest's.")
]
_YAML = (".yaml", ".yml")
Bars = Callable[[str], Callable[[int, int], None]]


def evaluate(
    model: Model,
    dataset: Annotated[
        Path | None,
        typer.Argument(metavar="[DATA.yaml]", help="A set in YOLO format.", show_default=False),
    ] = None,
    mapping: Mapping = None,
    split: Annotated[str, typer.Option(help="Of DATA.yaml: train, val or test.")] = "test",
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="NAME[:SPLIT]", help="A source by its card; may be repeated."),
    ] = None,
    data: Root = None,
    cards: Cards = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="New folder for report.md, result.json and pictures.")
    ] = None,
    cache: Cache = None,
    size: Input = None,
    head_model: Annotated[
        str | None,
        typer.Option(
            "--head-model",
            help="The crop classifier that judges helmets again, or disabled; default: what the model names.",
        ),
    ] = None,
    resamples: Annotated[int, typer.Option(help="Of the bootstrap.", min=10, max=100_000)] = 1000,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.", min=0)] = 0,
    record: Annotated[
        bool, typer.Option("--record", help="Write the results into the model's manifest.")
    ] = False,
    tuned_on: Annotated[
        bool, typer.Option("--tuned-on", help="With --record: the thresholds were chosen on these pictures.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print nothing but the JSON object.")] = False,
) -> None:
    """Score a detector on labelled pictures: boxes by class and size, and verdicts by person.

    The pictures are a set in YOLO format (DATA.yaml) or sources with a card (--source, --data). The last
    line of output is one JSON object.
    """
    _need_pillow()
    from siaga.evaluate.job import Job, run, with_input
    from siaga.evaluate.run import Bootstrap
    from siaga.manifest import resolve

    if record and size:
        raise BadRequest(
            "Only results at the manifest's own input size are recorded.", fix="Leave out --input."
        )
    manifest = resolve(model)
    job = Job(
        with_input(manifest, size) if size else manifest,
        (*_of_yaml(dataset, mapping, split), *_of_cards(source or [], data, cards)),
        Bootstrap(resamples, seed),
        cache,
        out,
    )
    with _second_stage(job, head_model) as whole, _bars() as bars:
        summary = run(whole, bars)
    if record:
        _record(model, summary, tuned_on)
    if not as_json:
        _report(summary, out)
    typer.echo(json.dumps(summary))


def tune(
    model: Model,
    pictures: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA.yaml|NAME[:SPLIT]...", help="Sets in YOLO format, sources by their cards."
        ),
    ],
    mapping: Mapping = None,
    split: Annotated[str, typer.Option(help="Where a name says none: train, val or test.")] = "val",
    data: Root = None,
    cards: Cards = None,
    cache: Cache = None,
    write: Annotated[bool, typer.Option("--write", help="Into the model's manifest.")] = False,
) -> None:
    """Choose a detector's thresholds and head gate on validation pictures, with the exported file.

    The last line of output is one JSON object with what was chosen.
    """
    _need_pillow()
    from siaga.evaluate.tune import tune_file

    sets = [Path(word) for word in pictures if word.endswith(_YAML)]
    names = [word if ":" in word else f"{word}:{split}" for word in pictures if not word.endswith(_YAML)]
    parts = (
        *(part for path in sets for part in _of_yaml(path, mapping, split)),
        *_of_cards(names, data, cards),
    )
    with _bars() as bars:
        tuned = tune_file(model, parts, cache, bars, write)
    typer.echo(json.dumps({"confidence": tuned.confidence, "min_head_px": tuned.head_input_px}))


def _need_pillow() -> None:
    if find_spec("PIL") is None:
        raise DependencyMissing(
            "reading pictures for an evaluation needs Pillow", fix="Install it: pip install 'siaga[bench]'."
        )


def _of_yaml(dataset: Path | None, mapping: Path | None, split: str) -> "tuple[LabelledSet, ...]":
    if dataset is None:
        if mapping is not None:
            raise BadRequest("--map says what the classes of a DATA.yaml mean.", fix="Name the DATA.yaml.")
        return ()
    from siaga.evaluate.yolo_set import of_yaml

    return (of_yaml(dataset, mapping, split),)


def _of_cards(words: list[str], data: Path | None, cards: Path | None) -> "tuple[LabelledSet, ...]":
    from siaga.evaluate.job import sources

    if words and data is None:
        raise BadRequest("Sources by name need the folder that holds them.", fix="Add --data FOLDER.")
    return sources(words, cards, data or Path())


@contextmanager
def _second_stage(job: "Job", asked: str | None) -> "Iterator[Job]":
    from dataclasses import replace

    from siaga.evaluate.second_stage import head_classifier, open_second_stage

    classifier = head_classifier(asked, job.manifest)
    if classifier is None:
        yield job
        return
    with open_second_stage(classifier, job.manifest) as stage:
        yield replace(job, second_stage=stage, head_model=classifier.sha256)


@contextmanager
def _bars() -> Iterator[Bars]:
    with Progress(console=stderr(), transient=True) as bars:

        def add(name: str) -> Callable[[int, int], None]:
            task = bars.add_task(escape(name), total=None)
            return lambda done, total: bars.update(task, completed=done, total=total)

        yield add


def _record(model: str, summary: dict[str, Any], tuned_on: bool) -> None:
    from siaga.evaluate.record import record
    from siaga.manifest import manifest_path

    record(manifest_path(model), summary["sources"], tuned_on)


def _report(summary: dict[str, Any], out: Path | None) -> None:
    from siaga.evaluate.report import tables

    console = wide_stdout()
    for table in tables(summary["sources"]):
        shown = Table(title=escape(table.title), caption=escape(table.note) or None, box=SIMPLE_HEAD)
        for index, name in enumerate(table.header):
            shown.add_column(escape(name), no_wrap=index < 2)
        for row in table.rows:
            # An interval goes under its value: the tables are wide.
            shown.add_row(*(escape(cell).replace(" \\[", "\n\\[") for cell in row))
        console.print(shown)
    for one in summary["sources"]:
        if one["classes_left_out"]:
            names = ", ".join(one["classes_left_out"])
            stderr().print(escape(f"{one['source']}: not mapped, so left out: {names}"))
    if out is not None:
        console.print(escape(f"The report is {out}/report.md, its pictures beside it."))
