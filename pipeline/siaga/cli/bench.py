"""``siaga bench``: how good it is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import Progress, TaskID

from siaga.cli.console import stdout, video_progress

if TYPE_CHECKING:
    from siaga.bench.run import Clip
    from siaga.bench.score import ClipScore
    from siaga.core.settings import Settings

app = typer.Typer(help="Measure how good it is.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure how good it is."""


@app.command("events")
def events(
    clips: Annotated[
        list[Path] | None,
        typer.Argument(
            help="MP4 files with NAME.truth.json beside them, or folders; default: the shipped clips.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Instead of the model of the configuration.")
    ] = None,
    head_model: Annotated[
        str | None,
        typer.Option(
            "--head-model",
            help="The crop classifier that judges helmets again, or disabled; default: the configuration's.",
        ),
    ] = None,
    harness_model: Annotated[
        str | None, typer.Option("--harness-model", help="The crop classifier for harnesses, likewise.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", help="A site's configuration; zones come from the clips all the same."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print nothing but the JSON object.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for score.json, and per clip a timeline and what the edge wrote."),
    ] = None,
) -> None:
    """Run the whole edge over clips with ground truth and hold its reports against it.

    Each clip's truth gives zones and requirements. The last line of output is one JSON object.
    """
    from siaga.bench.run import Models, read_clips, settings_for, shipped_clips
    from siaga.bench.score import as_json as score_json
    from siaga.bench.timeline import need_matplotlib
    from siaga.core.settings.load import load_settings

    if out is not None:
        need_matplotlib()
    base = load_settings(config).settings if config else None
    chosen = read_clips(clips or shipped_clips())
    models = Models(model, head_model, harness_model)
    jobs = [(clip, settings_for(clip, base, models)) for clip in chosen]
    about = _about([settings for _, settings in jobs])
    with _folder(out) as folder:
        scores = _run(jobs, folder)
        result = score_json(scores, about)
        if out is not None:
            _keep(scores, result, out)
    if not as_json:
        _report(scores, out)
    typer.echo(json.dumps(result, sort_keys=True))


def _about(sites: "list[Settings]") -> dict[str, Any]:
    """Under what it was measured; ``classifiers`` by the item that they judged, in any of the clips."""
    from siaga.edge.check import model_for_people
    from siaga.edge.companions import crop_models

    manifest = model_for_people(sites[0])
    taking_part = {item: one for site in sites for item, one in crop_models(site, manifest).items()}
    return {
        "model": manifest.name,
        "model_sha256": manifest.sha256,
        "classifiers": {
            item.value: {"name": one.name, "sha256": one.sha256} for item, one in taking_part.items()
        },
        "siaga": version("siaga"),
    }


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is not None:
        yield out
        return
    with TemporaryDirectory(prefix="siaga-bench-") as folder:
        yield Path(folder)


def _run(jobs: "list[tuple[Clip, Settings]]", folder: Path) -> "list[ClipScore]":
    from siaga.bench.run import score_clip

    bar = video_progress()
    scores = []
    with bar:
        for clip, settings in jobs:
            task = bar.add_task(clip.name, total=clip.truth.seconds)
            scores.append(score_clip(clip, settings, folder / clip.name, partial(_advance, bar, task)))
            bar.update(task, completed=clip.truth.seconds)
    return scores


def _advance(bar: Progress, task: TaskID, seconds: float) -> None:
    bar.update(task, completed=seconds)


def _keep(scores: "list[ClipScore]", result: dict[str, Any], out: Path) -> None:
    from siaga.bench.timeline import draw_timeline

    for score in scores:
        draw_timeline(score, out / f"{score.name}.timeline.svg")
    (out / "score.json").write_text(json.dumps(result, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _report(scores: "list[ClipScore]", out: Path | None) -> None:
    from siaga.bench.table import problems, tables

    console = stdout()
    for table in tables(scores):
        console.print(table)
    for line in problems(scores):
        console.print(escape(line))
    if out is not None:
        console.print(escape(f"Timelines and score.json are in {out}/"))
