"""One evaluation from start to end: which sources, what is written, what the last line says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from siaga.core.errors import BadRequest, Conflict, ModelUnsupported
from siaga.data.cards import Card, cards_dir
from siaga.detect import Wish
from siaga.manifest import Manifest

from .bootstrap import COVERAGE
from .confusion import confusion
from .people import SecondStage
from .plots import draw_confusion, draw_curves, need_matplotlib
from .pooled import pooled
from .predict import Predictions, Progress, no_progress
from .report import write_report
from .run import Bootstrap, SourceResult, evaluate, scored
from .samples import LabelledSet, of_card
from .worst import draw_worst

Bar = Callable[[str], Progress]
"""A bar for a source of that name."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked for.

    Attributes:
        manifest: The model, with the input size, thresholds and gates to use.
        parts: What it is evaluated on.
        cache: Folder that keeps what the model found on each picture; None: nothing is kept.
        out: Folder for the report; new or empty. None: none is written.
        second_stage: Judges helmets again; ``head_model`` is its sha256.
    """

    manifest: Manifest
    parts: tuple[LabelledSet, ...]
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    cache: Path | None = None
    out: Path | None = None
    provider: Wish = "cpu"
    second_stage: SecondStage | None = None
    head_model: str | None = None


def sources(words: Sequence[str], cards: Path | None, root: Path) -> tuple[LabelledSet, ...]:
    """Labelled sets of ``NAME:SPLIT`` (default split: test), by the cards in ``cards`` (or the shipped).

    Raises:
        ConfigError: A card or its data cannot be used.
    """
    found = []
    folder = cards or cards_dir()
    for word in words:
        name, _, split = word.partition(":")
        found.append(of_card(Card.load(folder / f"{name}.yaml"), split or "test", root))
    return tuple(found)


def with_input(manifest: Manifest, size: str) -> Manifest:
    """The model at another input size, ``WIDTHxHEIGHT``.

    Raises:
        BadRequest: Not a size, or not one for this model.
    """
    try:
        width, height = (int(side) for side in size.split("x"))
    except ValueError as error:
        raise BadRequest(f"{size!r} is no size.", fix="Write it like 1280x704.") from error
    spec = manifest.input
    if not spec.dynamic and (width, height) != (spec.width, spec.height):
        raise BadRequest(
            f"The model takes {spec.width}x{spec.height} only.", fix="Export it with free sizes."
        )
    if width % spec.stride or height % spec.stride or min(width, height) < spec.stride:
        raise BadRequest(f"{size} is no input size.", fix=f"Both in multiples of {spec.stride}.")
    new = spec.model_copy(update={"width": width, "height": height})
    return manifest.model_copy(update={"input": new})


def run(job: Job, bar: Bar = lambda _: no_progress) -> dict[str, Any]:
    """Evaluate; write the report if one is asked for.

    Args:
        bar: Shows how far it is.

    Returns:
        What the last line of output says: the numbers over all sources, and under ``sources`` each one's.

    Raises:
        Conflict: The folder of the report holds something.
        ModelUnsupported: The model knows none of the classes that a source labels.
        ConfigError: A picture or label is broken.
    """
    _check(job)
    predictions = Predictions(job.manifest, job.cache, job.provider)
    try:
        results = [
            evaluate(part, predictions, job.manifest, job.bootstrap, job.second_stage, bar(part.card.name))
            for part in job.parts
        ]
    finally:
        predictions.close()
    least = job.manifest.thresholds.confidence
    over_all = results[0] if len(results) == 1 else pooled(results, job.manifest)
    summary = _about(job) | over_all.plain(least) | {"sources": [one.plain(least) for one in results]}
    if job.out is not None:
        _write(job.out, job, results, summary)
    return summary


def _check(job: Job) -> None:
    if not job.parts:
        raise BadRequest(
            "There is nothing to evaluate on.", fix="Name a DATA.yaml, or --source NAME:SPLIT --data ROOT."
        )
    for part in job.parts:
        if not scored(part, job.manifest):
            raise ModelUnsupported(
                f"The model finds {', '.join(job.manifest.classes)}; {part.card.name} labels "
                f"{', '.join(part.card.annotates)}.",
                where=job.manifest.name,
                fix="Map the set's classes to the model's (--map), or take another model.",
            )
    if job.out is not None:
        need_matplotlib()
        if job.out.exists() and any(job.out.iterdir()):
            raise Conflict("The folder is not empty.", where=str(job.out), fix="Name a new folder.")


def _about(job: Job) -> dict[str, Any]:
    manifest = job.manifest
    return {
        "model": manifest.name,
        "sha256": manifest.sha256,
        "head_model": job.head_model,
        "input": f"{manifest.input.width}x{manifest.input.height}",
        "thresholds": dict(manifest.thresholds.confidence),
        "min_head_px": manifest.gates.min_head_px,
        "resamples": job.bootstrap.resamples,
        "seed": job.bootstrap.seed,
        "coverage": COVERAGE,
    }


def _write(out: Path, job: Job, results: Sequence[SourceResult], summary: Mapping[str, Any]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    least = job.manifest.thresholds.confidence
    pictures: list[str] = []
    for part, result in zip(job.parts, results, strict=True):
        stem = f"{result.name}-{result.split}"
        draw_curves(result, least, out / f"{stem}-curves.png")
        names = [one.name for one in result.classes]
        draw_confusion(result, confusion(result.found, names, least), out / f"{stem}-confusion.png")
        pictures += [f"{stem}-curves.png", f"{stem}-confusion.png"]
        if draw_worst(result, part.card, least, out / f"{stem}-worst.jpg"):
            pictures.append(f"{stem}-worst.jpg")
    write_report(out / "report.md", summary, summary["sources"], pictures)
    (out / "result.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
