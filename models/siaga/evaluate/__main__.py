"""``python -m siaga.evaluate MODEL.yaml SOURCE:SPLIT... --data ROOT``: score the exported file.

The last line of output is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from siaga.core.errors import BadRequest
from siaga.data.cards import Card
from siaga.manifest import Manifest, manifest_path, resolve

from .record import record
from .report import text
from .run import find, summarise


def _with_input(manifest: Manifest, size: str | None) -> Manifest:
    if size is None:
        return manifest
    try:
        width, height = (int(side) for side in size.split("x"))
    except ValueError as error:
        raise BadRequest(f"{size!r} is no size.", fix="Write it like 1280x704.") from error
    return manifest.model_copy(
        update={"input": manifest.input.model_copy(update={"width": width, "height": height})}
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="siaga.evaluate", description="Score an exported detector.")
    parser.add_argument("model", help="name or path of the manifest")
    parser.add_argument("sources", nargs="+", help="SOURCE:SPLIT, such as cctv_plant:test")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds one folder per source")
    parser.add_argument(
        "--cards", type=Path, default=Path("datasets/cards"), help="folder of the dataset cards"
    )
    parser.add_argument("--input", help="WIDTHxHEIGHT instead of the manifest's")
    parser.add_argument("--record", action="store_true", help="write the results into the manifest")
    parser.add_argument("--tuned-on", action="store_true", help="with --record: thresholds were chosen here")
    args = parser.parse_args(arguments)
    if args.record and args.input:
        raise BadRequest(
            "Only results at the manifest's own input size are recorded.", fix="Leave out --input."
        )
    manifest = _with_input(resolve(args.model), args.input)
    results: list[Mapping[str, Any]] = []
    for word in args.sources:
        name, _, split = word.partition(":")
        card = Card.load(args.cards / f"{name}.yaml")
        found = find(manifest, card, split or "test", args.data)
        results.append(summarise(found, manifest.thresholds.confidence))
        sys.stdout.write(text(results[-1]) + "\n\n")
        sys.stdout.flush()
    if args.record:
        record(manifest_path(args.model), results, args.tuned_on)
    size = f"{manifest.input.width}x{manifest.input.height}"
    summary = {"model": manifest.name, "sha256": manifest.sha256, "input": size, "results": results}
    sys.stdout.write(json.dumps(summary) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
