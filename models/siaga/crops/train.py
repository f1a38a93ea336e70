"""From a crop set to a crop classifier that the edge can run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from siaga.core.errors import ConfigError
from siaga.detect import open_classifier
from siaga.manifest import CropManifest, file_sha256
from siaga.train.facts import commit, hardware

from .calibrate import GATES, Looks, settle, temperature, together
from .net import MEAN, STD, CropNet
from .onnx_file import INPUT, OUTPUT, check_parity, export, probabilities
from .recipe import Boxes, CropRecipe, Folders, Rendered, Verdicts
from .sets import Crop, Rgb, read, read_pictures

Progress = Callable[[int, int, float], None]


def train(config: Path, data: Path, out: Path, cards: Path = Path("datasets/cards"),
          progress: Progress | None = None) -> Path:  # fmt: skip
    """Fit, calibrate, export and check a crop classifier; goes on where a stopped run was.

    Args:
        config: A configuration with ``task: classify``.
        data: The crop set, as ``siaga crops collect`` made it.
        out: Folder for the checkpoint, the ONNX file, its manifest and ``report.json``.
        progress: Called with (step, steps, loss).

    Returns:
        The manifest's path.

    Raises:
        ConfigError: The configuration or the set cannot be used.
        ModelUnsupported: The exported file does not agree with the framework.
    """
    recipe = CropRecipe.load(config)
    crops = read(data)
    _check(recipe, crops, data)
    plan = planned(recipe)
    learnt = [crop for crop in crops if crop.split == "train"]
    from .fit import fit, hours, logits

    net = fit(recipe, learnt, read_pictures(data, learnt), plan, out, progress)
    held = [crop for crop in crops if crop.split == "val"]
    pictures = read_pictures(data, held)
    tuned = _tuned(plan, recipe, net, held, pictures)
    path = out / f"{recipe.name}.onnx"
    export(net, recipe.size, path)
    facts = _facts(recipe, learnt, cards, config, hours(out))
    manifest = tuned.model_copy(update={"sha256": file_sha256(path), "bytes": path.stat().st_size})
    content = manifest.model_dump(mode="json", exclude_defaults=True) | {"training": facts}
    target = path.with_suffix(".yaml")
    target.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    _gate(CropManifest.load(target), logits(net, held[:256], pictures[:256], plan), held, pictures, target)
    return target


def planned(recipe: CropRecipe) -> CropManifest:
    """The manifest as far as the configuration says it; the file is not there yet."""
    width, height = recipe.size
    return CropManifest.model_validate(
        {
            "schema_version": 1,
            "name": recipe.name,
            "task": "classify",
            "file": f"{recipe.name}.onnx",
            "sha256": "0" * 64,
            "bytes": 1,
            "licence": "AGPL-3.0-or-later",
            "item": recipe.item,
            "region": recipe.region,
            "margin": recipe.margin,
            "classes": recipe.classes,
            "input": {
                "name": INPUT, "width": width, "height": height, "stride": 1, "scale": 1.0,
                "mean": (MEAN,) * 3, "std": (STD,) * 3,
            },
            "output": {"name": OUTPUT},
            "thresholds": {"worn": 0.5, "missing": 0.5},
        }
    )  # fmt: skip


def _check(recipe: CropRecipe, crops: Sequence[Crop], data: Path) -> None:
    for split in ("train", "val"):
        states = Counter(crop.state for crop in crops if crop.split == split)
        if lacking := [name for name in ("worn", "missing") if not states[name]]:
            raise ConfigError(
                f"The set's {split} crops show no {' and no '.join(lacking)}.",
                where=str(data),
                fix="Name a source that has them, or hold some out of one (held_out).",
            )
    if strange := sorted({crop.state for crop in crops} - set(recipe.classes)):
        raise ConfigError(
            f"The set has states that the configuration's classes lack: {', '.join(strange)}.",
            where=str(data),
        )
    torn = {c.group for c in crops if c.split == "train"} & {c.group for c in crops if c.split != "train"}
    if torn:
        raise ConfigError(
            f"{len(torn)} groups stand in training and outside it, such as {min(torn)}.",
            where=str(data),
            fix="Make the set again with siaga crops collect.",
        )


def _tuned(
    plan: CropManifest, recipe: CropRecipe, net: CropNet, held: Sequence[Crop], pictures: Sequence[Rgb]
) -> CropManifest:
    """The manifest with temperature, thresholds and gate from the validation crops."""
    from .fit import logits

    truth = np.array([recipe.classes.index(crop.state) for crop in held], np.int64)

    def looks(height: float | None) -> Looks:
        # A crop that is smaller than that height says nothing about it.
        rows = [i for i, crop in enumerate(held) if height is None or crop.height_px >= height]
        found = logits(net, [held[i] for i in rows], [pictures[i] for i in rows], plan, height)
        return Looks(recipe.classes, np.asarray(found, np.float64), truth[rows])

    low, high = recipe.augment.height_px
    by_height = {float(height): looks(height) for height in GATES if low <= height <= high}
    at = round(temperature(together([looks(None), *by_height.values()])), 3)
    wrong = recipe.most_wrong.model_dump()
    settled = settle(by_height, at, wrong, recipe.most_unknown)
    found = {"temperature": at, "thresholds": settled.thresholds, "gates": {"min_px": settled.min_px}}
    return CropManifest.model_validate(plan.model_dump() | found)


def _facts(
    recipe: CropRecipe, learnt: Sequence[Crop], cards: Path, config: Path, hours: float
) -> dict[str, Any]:
    from importlib.metadata import version

    counts = Counter(crop.source for crop in learnt)
    return {
        "start": recipe.fit.start,
        "framework": f"torch {version('torch')}",
        "command": f"siaga train {config.name}",
        "commit": commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": hardware(),
        "hours": round(hours, 2),
        "sources": [
            origin | {"images": counts[origin["name"]]}
            for origin in origins(recipe, cards)
            if counts[origin["name"]]
        ],
    }


def origins(recipe: CropRecipe, cards: Path) -> list[dict[str, Any]]:
    """Name, licence and address of every source of the configuration, each once."""
    from siaga.data.cards import Card

    found: dict[str, dict[str, Any]] = {}
    for source in recipe.sources:
        if isinstance(source, Boxes):
            card = Card.load(cards / f"{source.card}.yaml")
            found[card.name] = {"name": card.name, "licence": card.licence, "url": card.origin}
        elif isinstance(source, Folders | Verdicts):
            found[source.name] = {"name": source.name, "licence": source.licence, "url": source.url}
        elif isinstance(source, Rendered):
            found["rendered"] = {
                "name": "rendered",
                "licence": "AGPL-3.0-or-later",
                "url": "docs/simulated-site.md",
            }
    return list(found.values())


def _gate(
    manifest: CropManifest, expected: Any, held: Sequence[Crop], pictures: Sequence[Rgb], target: Path
) -> None:
    """Compare the file, run as the edge runs it, with the framework; both are removed if it fails."""
    from siaga.detect.crops import cut

    classifier = open_classifier(manifest, provider="cpu")
    try:
        chosen = zip(held[: len(expected)], pictures, strict=False)
        found = classifier.classify([cut(picture, crop.xyxy, manifest) for crop, picture in chosen])
        apart = check_parity(found, probabilities(expected, manifest.temperature), target)
    except BaseException:
        target.unlink()
        manifest.path.unlink()
        raise
    finally:
        classifier.close()
    (target.parent / "parity.json").write_text(json.dumps({"crops": len(found), "most_apart": apart}) + "\n")
