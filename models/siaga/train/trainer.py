"""The detector's trainer: keeps what the COCO start knows about people, and is quick on a CPU."""

from __future__ import annotations

import math
import os
import time
from typing import Any

import torch
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.torch_utils import strip_optimizer

_COCO_PERSON = 0
_BIAS_AT_640_PX = 640


def narrow_classes(model: DetectionModel, names: dict[int, str], start_rows: list[int]) -> None:
    """Replace the last classification layer by one for ``names``, each row starting from a COCO row.

    Loading weights into a head of another class count would throw the whole classification branch away,
    and with it what the start knows about people. Here only its last 1 x 1 convolution changes.

    Args:
        start_rows: For each new class the COCO class id that its row starts from; a negative one starts
            the row near zero.
    """
    head = model.model[-1]
    for branch, stride in zip(head.cv3, head.stride.tolist(), strict=True):
        old = branch[-1]
        new = torch.nn.Conv2d(old.in_channels, len(names), 1)
        with torch.no_grad():
            torch.nn.init.normal_(new.weight, std=0.01)
            new.bias.fill_(math.log(5 / len(names) / (_BIAS_AT_640_PX / stride) ** 2))
            for row, coco_id in enumerate(start_rows):
                if coco_id >= 0:
                    new.weight[row] = old.weight[coco_id]
                    new.bias[row] = old.bias[coco_id]
        branch[-1] = new
    head.nc = model.nc = len(names)
    head.no = head.nc + 4 * head.reg_max
    model.yaml["nc"] = len(names)
    model.names = names


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


class PpeTrainer(DetectionTrainer):  # type: ignore[misc]
    """Ultralytics' trainer, from a COCO checkpoint (its person row is kept) or from one of its own."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Ultralytics forces 0 on a CPU; one loader beside the compute threads hides the augmentation.
        self.args.workers = 1
        self.add_callback("on_train_batch_end", fit_rate_to_time)

    def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> DetectionModel:
        names = {int(key): str(value) for key, value in self.data["names"].items()}
        coco_classes = 80
        model = DetectionModel(cfg, nc=coco_classes, ch=self.data["channels"], verbose=verbose)
        start_rows = [_COCO_PERSON if name == "person" else -1 for name in names.values()]
        if weights is not None and weights.names == names:
            narrow_classes(model, names, start_rows)
            model.load(weights)
        else:
            if weights is not None:
                model.load(weights)
            narrow_classes(model, names, start_rows)
        return model

    def _setup_train(self) -> None:
        super()._setup_train()
        if self.device.type == "cpu":
            # Measured on AVX-512: convolutions forward and backward 1.5 times as fast.
            self.model.to(memory_format=torch.channels_last)
            # Ultralytics computes on all cores but one. On a shared machine say OMP_NUM_THREADS=1: threads
            # that wait for each other on busy cores were measured six times slower than one alone.
            torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))

    def validate(self) -> tuple[dict[str, float], float]:
        """Nothing: what counts is the exported file, and ``siaga.evaluate`` measures that."""
        return {}, 0.0

    def final_eval(self) -> None:
        """Only drop the optimiser's state from the last checkpoint."""
        strip_optimizer(self.last)
