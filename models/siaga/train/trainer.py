"""The detector's trainer: keeps what the start knows of our classes, and is quick on a CPU."""

from __future__ import annotations

import csv
import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.torch_utils import strip_optimizer

_BIAS_AT_640_PX = 640
_MOST_LOADERS = 8


def rows_by_name(names: Mapping[int, str], start_names: Mapping[int, str]) -> list[int]:
    """For each of our classes the start's class of the same name; -1 where it has none."""
    known = {name: class_id for class_id, name in start_names.items()}
    return [known.get(name, -1) for name in names.values()]


def narrow_classes(model: DetectionModel, names: dict[int, str], start_rows: Sequence[int]) -> None:
    """Replace the last classification layer by one for ``names``, each row starting from one of the start's.

    Loading weights into a head of another class count would throw the whole classification branch away,
    and with it what the start knows about people. Here only its last 1 x 1 convolution changes.

    Args:
        start_rows: For each new class the start's class id that its row starts from; a negative one starts
            the row near zero.
    """
    head = model.model[-1]
    # A head without NMS has a second set of branches.
    for branches in (head.cv3, getattr(head, "one2one_cv3", None) or ()):
        for branch, stride in zip(branches, head.stride.tolist(), strict=False):
            branch[-1] = _narrowed(branch[-1], len(names), start_rows, stride)
    head.nc = model.nc = len(names)
    head.no = head.nc + 4 * head.reg_max
    model.yaml["nc"] = len(names)
    model.names = names


def _narrowed(old: Any, classes: int, start_rows: Sequence[int], stride: float) -> Any:
    new = torch.nn.Conv2d(old.in_channels, classes, 1)
    with torch.no_grad():
        torch.nn.init.normal_(new.weight, std=0.01)
        new.bias.fill_(math.log(5 / classes / (_BIAS_AT_640_PX / stride) ** 2))
        for row, start_row in enumerate(start_rows):
            if start_row >= 0:
                new.weight[row] = old.weight[start_row]
                new.bias[row] = old.bias[start_row]
    return new


def fit_rate_to_time(trainer: DetectionTrainer) -> None:
    """In a run limited by time, let the learning rate fall by a cosine over that time.

    Ultralytics lowers it once an epoch, which is no schedule at all in a run of one or two epochs.
    """
    if not trainer.args.time:
        return
    done = min(1.0, (time.time() - trainer.train_time_start) / (3600 * trainer.args.time))
    last = trainer.args.lrf
    factor = last + (1 - last) * (1 + math.cos(math.pi * done)) / 2
    for group in trainer.optimizer.param_groups:
        group["lr"] = group["initial_lr"] * factor


def count_from_the_first_start(trainer: DetectionTrainer) -> None:
    """In a resumed run, let the clock go on where the killed one left it.

    Ultralytics starts it at zero again, so that a limit of hours would be granted anew and the log would
    forget the hours spent.
    """
    if not trainer.start_epoch:
        return
    with trainer.csv.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if int(row["epoch"]) <= trainer.start_epoch]
    trainer.train_time_start -= float(rows[-1]["time"]) if rows else 0.0
    trainer.start_epoch = 0


class PpeTrainer(DetectionTrainer):  # type: ignore[misc]
    """Ultralytics' trainer, from any detector's checkpoint; rows of classes with our names are kept."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Ultralytics forces 0 on a CPU; one loader beside the compute threads hides the augmentation.
        most = 1 if self.device.type == "cpu" else _MOST_LOADERS
        self.args.workers = min(most, os.cpu_count() or 1)
        self.add_callback("on_train_epoch_start", count_from_the_first_start)
        self.add_callback("on_train_batch_end", fit_rate_to_time)

    def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> DetectionModel:
        names = {int(key): str(value) for key, value in self.data["names"].items()}
        if weights is None:
            return DetectionModel(cfg, nc=len(names), ch=self.data["channels"], verbose=verbose)
        # A head of the start's own width first, so that every weight finds its place. The width follows the
        # class count of the start's own first training (80 for COCO), whatever it was narrowed to since.
        hidden = weights.model[-1].cv3[0][-1].in_channels
        model = DetectionModel(cfg, nc=hidden, ch=self.data["channels"], verbose=verbose)
        start_names = {int(key): str(value) for key, value in weights.names.items()}
        narrow_classes(model, start_names, [-1] * len(start_names))
        model.load(weights)
        narrow_classes(model, names, rows_by_name(names, weights.names))
        return model

    def _setup_train(self) -> None:
        super()._setup_train()
        if self.device.type == "cpu":
            # Measured on AVX-512: convolutions forward and backward 1.5 times as fast.
            self.model.to(memory_format=torch.channels_last)
            # Ultralytics computes on all cores but one. On a shared machine say OMP_NUM_THREADS=1: threads
            # that wait for each other on busy cores were measured six times slower than one alone.
            torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))

    def save_model(self) -> bool:
        """As ultralytics does, but a run that is killed while it writes keeps the checkpoint before."""
        last: Path = self.wdir / "last.pt"
        self.last = last.with_suffix(".partial")
        try:
            saved = bool(super().save_model())
            self.last.replace(last)
        finally:
            self.last = last
        return saved

    def validate(self) -> tuple[dict[str, float], float]:
        """Nothing: what counts is the exported file, and ``siaga eval`` measures that."""
        return {}, 0.0

    def final_eval(self) -> None:
        """Only drop the optimiser's state from the last checkpoint."""
        strip_optimizer(self.last)
