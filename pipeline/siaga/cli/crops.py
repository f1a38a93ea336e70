"""``siaga crops``: the crop sets and the proof of the second stage's classifiers."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from siaga.cli.console import stdout, wide_stdout
from siaga.cli.training import bars, need_training

app = typer.Typer(help="Crops of heads and people for the second stage's classifiers.", no_args_is_help=True)

_FIGURES = (
    ("balanced_accuracy", "balanced accuracy"),
    ("unknown", "cannot tell"),
    ("missing_called_worn", "missing called worn"),
    ("worn_called_missing", "worn called missing"),
    ("auc", "AUC"),
)


@app.callback()
def crops() -> None:
    """Crops of heads and people for the second stage's classifiers."""


@app.command("collect")
def collect(
    config: Annotated[
        Path, typer.Argument(help="Configuration, such as configs/train/crops-head.yaml.", show_default=False)
    ],
    data: Annotated[Path, typer.Option(help="Folder that holds images/SOURCE and what else is named.")],
    out: Annotated[Path, typer.Option(help="New folder for the crop set.")],
    rendered: Annotated[
        Path | None, typer.Option(help="Folder that siaga sim crops wrote.", show_default=False)
    ] = None,
    cards: Annotated[Path, typer.Option(help="Folder of the dataset cards.")] = Path("datasets/cards"),
) -> None:
    """Cut the crops of a configuration's sources out of their pictures."""
    need_training()
    from collections import Counter

    from siaga.crops import collect as sources
    from siaga.crops.recipe import CropRecipe
    from siaga.crops.sets import write

    recipe = CropRecipe.load(config)
    with bars() as bar:
        made = []
        for crop in write(out, sources.collect(recipe, data, cards, rendered)):
            made.append(crop)
            bar("crops", len(made), len(made))
    table = Table("source", "split", "worn", "missing", "unclear", box=SIMPLE_HEAD)
    counts = Counter((crop.source, crop.split, crop.state) for crop in made)
    for source, split in sorted({(crop.source, crop.split) for crop in made}):
        states = [str(counts[source, split, state]) for state in ("worn", "missing", "unclear")]
        table.add_row(escape(source), split, *states)
    stdout().print(table)


@app.command("eval")
def evaluate(
    model: Annotated[
        str, typer.Argument(help="Name or path of the classifier's manifest.", show_default=False)
    ],
    crop_set: Annotated[
        Path, typer.Argument(metavar="SET", help="Folder of a crop set.", show_default=False)
    ],
    split: Annotated[list[str] | None, typer.Option(help="train, val or test; may be repeated.")] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Write the results into the model's manifest.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print nothing but the JSON object.")] = False,
) -> None:
    """Score a crop classifier, as the edge runs it: with 95 % intervals, whole pictures drawn.

    The last line of output is one JSON object.
    """
    from siaga.crops.judge import report
    from siaga.crops.record import record as write_down
    from siaga.manifest import manifest_path, resolve_classifier

    manifest = resolve_classifier(model)
    with bars() as bar:
        result = report(manifest, crop_set, split or ["test"], lambda done, of: bar("crops", done, of))
    if record:
        write_down(manifest_path(model), result)
    if not as_json:
        _show(result)
    typer.echo(json.dumps(result))


def _show(result: dict[str, Any]) -> None:
    console = wide_stdout()
    table = Table("source", "worn", "missing", *(title for _, title in _FIGURES), box=SIMPLE_HEAD)
    for source in result["sources"]:
        figures = [source["figures"][name] for name, _ in _FIGURES]
        cells = [f"{_text(f['value'])} ({_text(f['low'])}-{_text(f['high'])})" for f in figures]
        name = f"{source['source']} ({source['split']})"
        table.add_row(escape(name), str(source["worn"]), str(source["missing"]), *cells)
    console.print(table)
    for source in result["sources"]:
        small = Table("height px", "crops", *(title for _, title in _FIGURES), box=SIMPLE_HEAD)
        small.title = f"{source['source']}, shrunk"
        for row in source["shrunk"]:
            cells = [_text(row[name]) for name, _ in _FIGURES]
            small.add_row(str(row["height_px"]), str(row["crops"]), *cells)
        if source["shrunk"]:
            console.print(small)


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
