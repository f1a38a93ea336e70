"""What rendered crops add to a harness classifier on real people: with and without, the same budget.

    python benchmarks/rendered_crops.py SET

SET is a crop set made by ``siaga crops collect configs/train/crops-harness.yaml``. Everything but the
training crops is the same in all runs: the frozen ImageNet start, two plain and two worn views of each
crop, a logistic regression with the same penalty, in which both states (and real and rendered crops, where
both are there) weigh alike. Each real source in turn is the test, and the other one trains. Intervals: 95
%, bootstrap over whole pictures, the same draws for all runs, so that the difference has one of its own.
The last line of output is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize

from siaga.crops.augment import Wear
from siaga.crops.fit import tensor
from siaga.crops.net import CropNet
from siaga.crops.recipe import CropRecipe
from siaga.crops.score import Judged, Table, area_under_roc, forced_accuracy
from siaga.crops.sets import Crop, Rgb, read, read_pictures
from siaga.crops.train import planned
from siaga.detect.crops import cut

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
PENALTY = 300.0
WORN_VIEWS = 2
RENDERED = "rendered"


@dataclass(frozen=True, slots=True)
class Features:
    """(N, views, D) of N crops, and what they are."""

    rows: Floats
    worn: Bools
    sources: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]


def describe(recipe: CropRecipe, crops: Sequence[Crop], pictures: Sequence[Rgb]) -> Features:
    """Mean and greatest value of the frozen start's last map: as it is, mirrored, and worn down."""
    manifest, net = planned(recipe), CropNet(2, 0.0, pooling="mean and max").eval()
    net.last = torch.nn.Identity()
    wear = Wear(recipe.augment, manifest, recipe.seed)
    rows = []
    with torch.inference_mode():
        for number, (crop, picture) in enumerate(zip(crops, pictures, strict=True), 1):
            plain = cut(picture, crop.xyxy, manifest)
            views = [plain, np.ascontiguousarray(plain[:, ::-1])]
            views += [wear(picture, crop.xyxy) for _ in range(WORN_VIEWS)]
            rows.append(net(tensor(views)).double().numpy())
            if number % 50 == 0 or number == len(crops):
                sys.stderr.write(f"\r{number} of {len(crops)} crops")
    sys.stderr.write("\n")
    return Features(
        np.stack(rows),
        np.array([crop.state == "worn" for crop in crops]),
        np.array([crop.source for crop in crops]),
        np.array([crop.group for crop in crops]),
    )


def regress(rows: Floats, truth: Bools, weight: Floats) -> Floats:
    """Coefficients and, last, the offset of a logistic regression with squared penalty."""

    def loss(at: Floats) -> tuple[float, Floats]:
        odds = rows @ at[:-1] + at[-1]
        total = (weight * (np.logaddexp(0, odds) - truth * odds)).sum() + PENALTY * (at[:-1] ** 2).sum()
        slope = weight * (1 / (1 + np.exp(-odds)) - truth)
        return float(total), np.append(rows.T @ slope + 2 * PENALTY * at[:-1], slope.sum())

    start = np.zeros(rows.shape[1] + 1)
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x)


def odds_of_missing(found: Features, train: Bools, test: Bools) -> Floats:
    """Log odds for the test crops (mean of their two plain views) of a regression on the training crops."""
    chosen = found.rows[train]
    mean, spread = chosen.mean((0, 1)), chosen.std((0, 1)) + 1e-2
    rendered = found.sources[train] == RENDERED
    weight = np.zeros(len(rendered))
    # Each cell (state, real or rendered) weighs alike, and all runs weigh the same in the whole.
    cells = [(s, r) for s in (True, False) for r in (True, False)]
    present = [inside for s, r in cells if (inside := (found.worn[train] == s) & (rendered == r)).any()]
    for inside in present:
        weight[inside] = 1500.0 / len(present) / inside.sum()
    views = chosen.shape[1]
    flat = ((chosen - mean) / spread).reshape(-1, chosen.shape[2])
    fitted = regress(flat, np.repeat(~found.worn[train], views), np.repeat(weight / views, views))
    plain = (found.rows[test][:, :2] - mean) / spread
    return np.asarray((plain @ fitted[:-1] + fitted[-1]).mean(1))


def compare(found: Features, teacher: str, test: str, seed: int = 0, draws: int = 1000) -> dict[str, object]:
    """AUC and forced balanced accuracy on ``test`` of the three ways to train, with intervals."""
    held = found.sources == test
    ways = {
        "real": found.sources == teacher,
        "real and rendered": (found.sources == teacher) | (found.sources == RENDERED),
        "rendered": found.sources == RENDERED,
    }
    tables = {name: _table(found, held, odds_of_missing(found, train, held)) for name, train in ways.items()}
    names, inverse = np.unique(found.groups[held], return_inverse=True)
    members = [np.flatnonzero(inverse == index) for index in range(len(names))]
    rng = np.random.default_rng(seed)
    out: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(draws):
        rows = np.concatenate([members[i] for i in rng.integers(len(names), size=len(names))])
        for name, table in tables.items():
            sample = table.take(rows)
            out[name].append((area_under_roc(sample), forced_accuracy(sample)))
    drawn = {name: np.array(values) for name, values in out.items()}
    result: dict[str, object] = {"train": teacher, "test": test, "people": int(held.sum())}
    for name, table in tables.items():
        result[name] = _figures(np.array([area_under_roc(table), forced_accuracy(table)]), drawn[name])
        value = np.array([area_under_roc(table), forced_accuracy(table)])
        base = np.array([area_under_roc(tables["real"]), forced_accuracy(tables["real"])])
        if name != "real":
            result[f"{name}, gain"] = _figures(value - base, drawn[name] - drawn["real"])
    return result


def _table(found: Features, held: Bools, odds: Floats) -> Table:
    truth = ["worn" if worn else "missing" for worn in found.worn[held]]
    rows = zip(truth, odds.tolist(), found.groups[held].tolist(), strict=True)
    return Table([Judged(state, "unknown", odd, group, 0.0) for state, odd, group in rows])


def _figures(value: Floats, drawn: Floats) -> dict[str, list[float]]:
    low, high = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    return {
        name: [round(float(number), 3) for number in (value[i], low[i], high[i])]
        for i, name in enumerate(("auc", "balanced_accuracy"))
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="What rendered crops add to a harness classifier.")
    parser.add_argument("set", type=Path, help="crop set with two real sources and rendered crops")
    parser.add_argument("--config", type=Path, default=Path("configs/train/crops-harness.yaml"))
    parser.add_argument("--draws", type=int, default=1000, help="of the bootstrap")
    args = parser.parse_args(arguments)
    started = time.monotonic()
    crops = read(args.set)
    found = describe(CropRecipe.load(args.config), crops, read_pictures(args.set, crops))
    real = sorted(set(found.sources.tolist()) - {RENDERED})
    results = [compare(found, a, b, draws=args.draws) for a in real for b in real if a != b]
    for result in results:
        sys.stdout.write(f"{result['train']} -> {result['test']} ({result['people']} people)\n")
        for name, figures in result.items():
            if isinstance(figures, dict):
                cells = ", ".join(
                    f"{key} {v:.3f} ({lo:.3f} to {hi:.3f})" for key, (v, lo, hi) in figures.items()
                )
                sys.stdout.write(f"  {name:26}{cells}\n")
    counts = {name: int((found.sources == name).sum()) for name in sorted(set(found.sources.tolist()))}
    summary = {
        "crops": counts, "machine": platform.machine(), "seconds": round(time.monotonic() - started),
        "results": results,
    }  # fmt: skip
    sys.stdout.write(json.dumps(summary) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
