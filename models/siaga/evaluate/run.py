"""All that is measured of a model on labelled pictures: boxes by class, and people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siaga.data.cards import Card
from siaga.detect import Wish
from siaga.manifest import Manifest

from .bootstrap import Draws, draw
from .classes import ClassResult, class_result, means
from .heads import Look, table
from .metrics import Scene
from .people import Outcome, SecondStage, evaluate_people
from .pictures import Rgb, decode, read_bytes
from .predict import Found, Predictions, Progress, no_progress
from .samples import LabelledSet, of_card
from .scenes import looks_of, scene_of
from .tally import Tally

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found on one split. ``scenes``: by class, one scene per picture."""

    card: Card
    split: str
    images: int
    scenes: Mapping[str, Sequence[Scene]]
    looks: Sequence[Look]


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How many resamples, and the seed that they are drawn with."""

    resamples: int = RESAMPLES
    seed: int = 0


@dataclass(frozen=True, slots=True)
class SourceResult:
    """One source, or several together.

    Attributes:
        name: The source's; ``split`` likewise.
        resampled_by: ``camera`` or ``picture``: what the intervals resample.
        annotates: Classes that are labelled; ``left_out``: the source's own that stand for none of ours.
        found: Every picture.
        scenes: By class, one per picture of ``found`` (of those sources that label the class, when several).
        people: None where neither helmets nor bare heads are labelled.
    """

    name: str
    split: str
    resampled_by: str
    annotates: tuple[str, ...]
    left_out: tuple[str, ...]
    found: tuple[Found, ...]
    draws: Draws
    scenes: Mapping[str, Sequence[Scene]]
    looks: Sequence[Look]
    classes: tuple[ClassResult, ...]
    outcomes: tuple[Outcome, ...]
    people: Tally | None

    def plain(self, thresholds: Mapping[str, float]) -> dict[str, Any]:
        """As JSON has it."""
        people = self.people
        return {
            "source": self.name,
            "split": self.split,
            "images": len(self.found),
            "clusters": self.draws.clusters,
            "resampled_by": self.resampled_by,
            "classes_left_out": list(self.left_out),
            **means(self.classes),
            "classes": {one.name: one.plain() for one in self.classes},
            "heads": table(self.looks, thresholds["head"], thresholds["helmet"])
            if {"head", "helmet"} <= set(thresholds)
            else [],
            "people": people.plain() if people else None,
            "people_above_gate": people.above_gate().plain() if people else None,
            "people_by_head_px": [
                {"from_px": low, "to_px": high} | part.plain() for low, high, part in people.by_head_px()
            ]
            if people
            else [],
        }


def find(manifest: Manifest, card: Card, split: str, root: Path, provider: Wish = "cpu") -> Findings:
    """Detect on every picture of a source's split, keeping even weak boxes."""
    predictions = Predictions(manifest, provider=provider)
    part = of_card(card, split, root)
    try:
        return findings(part, predictions.over(part), manifest)
    finally:
        predictions.close()


def findings(part: LabelledSet, found: Sequence[Found], manifest: Manifest) -> Findings:
    """What is scored, of what was found."""
    names = scored(part, manifest)
    return Findings(
        part.card,
        part.split,
        len(found),
        {name: [scene_of(picture, name) for picture in found] for name in names},
        [look for picture in found for look in looks_of(picture, part.card.annotates)],
    )


def scored(part: LabelledSet, manifest: Manifest) -> list[str]:
    """The classes that the source labels and the model knows."""
    return [name for name in part.card.annotates if name in manifest.classes]


def evaluate(
    part: LabelledSet,
    predictions: Predictions,
    manifest: Manifest,
    bootstrap: Bootstrap,
    second_stage: SecondStage | None = None,
    progress: Progress = no_progress,
) -> SourceResult:
    """Everything about one source.

    Args:
        manifest: With the thresholds and gates that people are judged at.
        second_stage: Judges helmets again.
    """
    found = predictions.over(part, progress)
    measured = findings(part, found, manifest)
    draws = draw([sample.cluster for sample in part.samples], bootstrap.resamples, bootstrap.seed)
    annotates = part.card.annotates
    outcomes: list[Outcome] = []
    if {"helmet", "head"} & set(annotates) and "person" in manifest.classes:

        def pixels(picture: Found) -> Rgb:
            return pixels_of(picture, part.card)

        outcomes = evaluate_people(found, manifest, annotates, second_stage, pixels)
    return SourceResult(
        name=part.card.name,
        split=part.split,
        resampled_by="camera" if part.by_camera else "picture",
        annotates=tuple(annotates),
        left_out=part.left_out,
        found=tuple(found),
        draws=draws,
        scenes=measured.scenes,
        looks=measured.looks,
        classes=classes_of(measured.scenes, manifest, dict.fromkeys(measured.scenes, draws)),
        outcomes=tuple(outcomes),
        people=Tally(outcomes, draws, "head" in annotates) if outcomes else None,
    )


def pixels_of(found: Found, card: Card) -> Rgb:
    """The picture that was evaluated, (H, W, 3) uint8 RGB."""
    data, _ = read_bytes(found.sample.image)
    return decode(data, found.sample.image, card)[0]


def classes_of(
    scenes: Mapping[str, Sequence[Scene]], manifest: Manifest, draws: Mapping[str, Draws]
) -> tuple[ClassResult, ...]:
    """Results by class; ``draws`` are of each class's own pictures."""
    least = manifest.thresholds.confidence
    return tuple(class_result(name, own, least[name], draws[name]) for name, own in scenes.items())
