"""``python -m siaga.export WEIGHTS --manifest NAME.yaml --run DIR...``: checkpoint to ONNX and manifest.

Thresholds start at 0.25 and no result is claimed; ``siaga.evaluate.tune`` and ``siaga.evaluate --record``
fill both in from the exported file.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from siaga.core.errors import ConfigError
from siaga.manifest import Manifest, file_sha256

from .onnx_file import export_onnx, tensor_names

_START_THRESHOLD = 0.25


def training_facts(runs: Sequence[Path]) -> dict[str, Any]:
    """What ``siaga.train`` wrote about runs that continue each other, with the hours of all of them.

    Raises:
        ConfigError: A folder is not that of a run.
    """
    facts: list[dict[str, Any]] = []
    commands: list[str] = []
    seconds = 0.0
    for run in runs:
        try:
            facts.append(yaml.safe_load((run / "training.yaml").read_text(encoding="utf-8")))
            with (run / "results.csv").open(encoding="utf-8") as stream:
                rows = list(csv.DictReader(stream))
        except OSError as error:
            raise ConfigError("This is no training run.", where=str(run)) from error
        seconds += float(rows[-1]["time"])
        commands.append(f"{facts[-1]['command']} ({len(rows)} epochs)")
    known = {key: facts[-1][key] for key in ("framework", "commit", "date", "hardware")}
    return known | {
        "start": facts[0]["start"],
        "command": "; then ".join(commands),
        "hours": round(seconds / 3600, 2),
        "sources": facts[-1]["sources"],
    }


def manifest_content(
    model: Path, classes: Sequence[str], size: tuple[int, int], runs: Sequence[Path]
) -> dict[str, Any]:
    """The manifest of a freshly exported YOLO11 detector, as plain types."""
    input_name, output_name = tensor_names(model)
    return {
        "schema_version": 1,
        "name": model.stem,
        "task": "detect",
        "file": model.name,
        "sha256": file_sha256(model),
        "bytes": model.stat().st_size,
        "licence": "AGPL-3.0-or-later",
        "classes": list(classes),
        "input": {"name": input_name, "width": size[0], "height": size[1], "stride": 32, "dynamic": True},
        "output": {"name": output_name, "form": "yolov8"},
        "thresholds": {"confidence": dict.fromkeys(classes, _START_THRESHOLD), "nms_iou": 0.6},
        "training": training_facts(runs),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="siaga.export", description="Checkpoint to ONNX file and manifest.")
    parser.add_argument("weights", type=Path, help="checkpoint, such as DIR/weights/last.pt")
    parser.add_argument(
        "--manifest", type=Path, required=True, help="manifest to write; the .onnx goes beside it"
    )
    parser.add_argument(
        "--run", type=Path, required=True, nargs="+", help="folders of the runs, first one first"
    )
    parser.add_argument("--width", type=int, default=960, help="of the input that the edge uses, in pixels")
    parser.add_argument("--height", type=int, default=544)
    args = parser.parse_args(arguments)
    model = args.manifest.with_suffix(".onnx")
    classes = export_onnx(args.weights, model)
    content = manifest_content(model, classes, (args.width, args.height), args.run)
    args.manifest.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    manifest = Manifest.load(args.manifest)
    manifest.verify_sha256()
    sys.stdout.write(f"{model} ({manifest.bytes} bytes), {args.manifest}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
