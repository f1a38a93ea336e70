"""``python -m siaga.train CONFIG --data DIR --start WEIGHTS --out DIR``: train on a prepared set.

Leaves ``DIR/weights/last.pt`` after every epoch (the moving average of the weights), so that a run that is
stopped early is still worth something.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from siaga.core.errors import ConfigError
from siaga.data.recipe import Recipe


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="siaga.train", description="Train the detector on a prepared set.")
    parser.add_argument("config", type=Path, help="training configuration, such as configs/train/ppe-n.yaml")
    parser.add_argument("--data", type=Path, required=True, help="folder that siaga.data.prepare wrote")
    parser.add_argument("--start", type=Path, required=True, help="COCO weights (.pt) to start from")
    parser.add_argument("--out", type=Path, required=True, help="new folder for checkpoints and the log")
    parser.add_argument(
        "--fraction", type=float, default=1.0, help="share of the set to use, to time an epoch"
    )
    parser.add_argument("--epochs", type=int, help="instead of the configuration's")
    parser.add_argument("--hours", type=float, help="stop after so long; the schedule is fitted to it")
    parser.add_argument(
        "--cards", type=Path, default=Path("datasets/cards"), help="folder of the dataset cards"
    )
    args = parser.parse_args(arguments)
    recipe = Recipe.load(args.config)
    if not (args.data / "dataset.yaml").is_file():
        raise ConfigError(
            "No prepared set here.", where=str(args.data), fix="Make one with python -m siaga.data.prepare."
        )
    if (args.out / "weights").exists():
        raise ConfigError("This folder holds an earlier run.", where=str(args.out), fix="Name a new one.")
    settings = dict(recipe.train)
    if args.epochs is not None:
        settings["epochs"] = args.epochs
    if args.hours is not None:
        settings["time"] = args.hours
    # Before ultralytics is imported: it must neither look for updates nor send anything.
    os.environ.setdefault("YOLO_OFFLINE", "true")
    from . import facts
    from .trainer import PpeTrainer

    command = ["python -m siaga.train", *(Path(word).name if "/" in word else word for word in sys.argv[1:])]
    facts.write(args.out, args.data, args.cards, args.start, command, datetime.now(UTC))

    overrides = settings | {
        "model": str(args.start),
        "data": str(args.data / "dataset.yaml"),
        "project": str(args.out.resolve().parent),
        "name": args.out.name,
        "exist_ok": True,
        "seed": recipe.seed,
        "deterministic": True,
        "fraction": args.fraction,
        "val": False,
        "plots": False,
        "workers": 1,
    }
    PpeTrainer(overrides=overrides).train()
    return 0


if __name__ == "__main__":
    sys.exit(main())
