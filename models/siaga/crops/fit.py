"""Fitting a crop classifier."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from siaga.detect.crops import cut
from siaga.manifest import CropManifest

from .augment import Wear, shrink
from .net import MEAN, STD, CropNet
from .recipe import CropRecipe, Rendered
from .sets import Crop, Rgb

Logits = npt.NDArray[np.float32]
STATE = "last.pt"
"""The checkpoint's name."""
_SAVE_EVERY = 50


def tensor(pictures: Sequence[Rgb]) -> torch.Tensor:
    """(B, 3, H, W) float32 of crops as :func:`siaga.detect.crops.cut` gives them."""
    stacked = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()
    return ((stacked - MEAN) / STD).contiguous(memory_format=torch.channels_last)


def logits(net: CropNet, crops: Sequence[Crop], pictures: Sequence[Rgb], manifest: CropManifest,
           height_px: float | None = None) -> Logits:  # fmt: skip
    """(N, K) logits of crops as they are, or shrunk until the box is ``height_px`` high."""
    net.eval()
    out: list[Logits] = []
    with torch.inference_mode():
        for start in range(0, len(crops), 32):
            shown = []
            for crop, picture in zip(crops[start : start + 32], pictures[start : start + 32], strict=True):
                small, box = (
                    (picture, crop.xyxy) if height_px is None else shrink(picture, crop.xyxy, height_px)
                )
                shown.append(cut(small, box, manifest))
            out.append(net(tensor(shown)).numpy())
    return np.concatenate(out) if out else np.zeros((0, len(manifest.classes)), np.float32)


class Sampler:
    """Batches in which every class stands alike, and rendered crops in their share."""

    def __init__(self, recipe: CropRecipe, crops: Sequence[Crop]) -> None:
        self._rng = np.random.default_rng([recipe.seed, 1])
        self._share = sum(source.share for source in recipe.sources if isinstance(source, Rendered))
        self._pools: dict[tuple[str, bool], list[int]] = {}
        for index, crop in enumerate(crops):
            self._pools.setdefault((crop.state, crop.source == "rendered"), []).append(index)
        present = [name for name in recipe.classes if any(state == name for state, _ in self._pools)]
        # "Unclear" is for what is no head at all: easy, so half as often.
        weights = np.array([0.5 if name == "unclear" else 1.0 for name in present])
        self._classes, self._weights = present, weights / weights.sum()

    def draw(self, count: int) -> list[int]:
        """Indices of crops."""
        chosen: list[int] = []
        for name in self._rng.choice(self._classes, count, p=self._weights):
            pool = self._pools.get((str(name), bool(self._rng.random() < self._share)))
            pool = pool or self._pools.get((str(name), False)) or self._pools[(str(name), True)]
            chosen.append(pool[int(self._rng.integers(len(pool)))])
        return chosen


def fit(
    recipe: CropRecipe,
    crops: Sequence[Crop],
    pictures: Sequence[Rgb],
    manifest: CropManifest,
    out: Path,
    progress: Callable[[int, int, float], None] | None = None,
) -> CropNet:
    """Train on ``crops``; goes on from ``out``'s checkpoint where there is one.

    Args:
        progress: Called with (step, steps, loss).

    Returns:
        The moving average of the weights.
    """
    torch.manual_seed(recipe.seed)
    settings = recipe.fit
    net = CropNet(len(recipe.classes), settings.dropout, settings.frozen, settings.pooling).to(
        memory_format=torch.channels_last
    )
    mean: CropNet = copy.deepcopy(net)
    optimiser = _optimiser(net, recipe)
    sampler, wear = Sampler(recipe, crops), Wear(recipe.augment, manifest, recipe.seed)
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=settings.smoothing)
    done, before = _resume(out / STATE, net, mean, optimiser)
    started = time.monotonic() - before
    for step in range(done, settings.steps):
        _set_rate(optimiser, step, recipe)
        chosen = sampler.draw(settings.batch)
        shown = tensor([wear(pictures[i], crops[i].xyxy) for i in chosen])
        truth = torch.tensor([recipe.classes.index(crops[i].state) for i in chosen])
        net.train()
        loss = loss_of(net(shown), truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        _average(mean, net, min(settings.averaging, (step + 1) / (step + 10)))
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == settings.steps:
            _save(out / STATE, step + 1, time.monotonic() - started, net, mean, optimiser)
        if progress:
            progress(step + 1, settings.steps, float(loss.detach()))
    mean.eval()
    return mean


def _optimiser(net: CropNet, recipe: CropRecipe) -> torch.optim.Optimizer:
    settings = recipe.fit
    groups = [
        {"params": net.learning(), "peak": settings.start_rate},
        {"params": list(net.last.parameters()), "peak": settings.rate},
    ]
    return torch.optim.AdamW(groups, lr=settings.rate, weight_decay=settings.weight_decay)


def _set_rate(optimiser: torch.optim.Optimizer, step: int, recipe: CropRecipe) -> None:
    done = step / recipe.fit.steps
    warm = min(1.0, done / recipe.fit.warm_up) if recipe.fit.warm_up else 1.0
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * warm * (1 + math.cos(math.pi * done)) / 2


def _average(mean: CropNet, net: CropNet, keep: float) -> None:
    with torch.no_grad():
        for kept, new in zip(mean.state_dict().values(), net.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.mul_(keep).add_(new, alpha=1 - keep)
            else:
                kept.copy_(new)


def _save(
    path: Path, step: int, seconds: float, net: CropNet, mean: CropNet, optimiser: torch.optim.Optimizer
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {
        "step": step,
        "seconds": seconds,
        "net": net.state_dict(),
        "mean": mean.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def _resume(path: Path, net: CropNet, mean: CropNet, optimiser: torch.optim.Optimizer) -> tuple[int, float]:
    """The step to go on from, and the seconds that it took so far."""
    if not path.is_file():
        return 0, 0.0
    state = torch.load(path, weights_only=True, map_location="cpu")
    net.load_state_dict(state["net"])
    mean.load_state_dict(state["mean"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"]), float(state["seconds"])


def hours(out: Path) -> float:
    """Wall-clock hours that the run in ``out`` has taken, stops left out."""
    return float(torch.load(out / STATE, weights_only=True, map_location="cpu")["seconds"]) / 3600
