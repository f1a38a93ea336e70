"""Run an exported crop classifier over a crop set, as the edge runs it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from siaga.detect import open_classifier
from siaga.detect.crops import cut
from siaga.manifest import CropManifest

from .augment import shrink
from .calibrate import calls
from .score import Judged, score
from .sets import Crop, Rgb, read, read_pictures

HEIGHTS_PX = (12, 16, 20, 24, 32, 48, 64, 96, 128, 160, 200)
"""Heights to which crops are shrunk, to see how small a crop may be."""
Progress = Callable[[int, int], None]


def judge(
    manifest: CropManifest,
    crops: Sequence[Crop],
    pictures: Sequence[Rgb],
    height_px: float | None = None,
    progress: Progress | None = None,
) -> list[Judged]:
    """What the classifier says of each crop.

    Args:
        height_px: Shrink the box to this height; None: as it is. The gate counts the resulting height.
    """
    classifier = open_classifier(manifest, provider="cpu")
    worn, missing = (manifest.classes.index(name) for name in ("worn", "missing"))
    thresholds = {"worn": manifest.thresholds.worn, "missing": manifest.thresholds.missing}
    out: list[Judged] = []
    try:
        for start in range(0, len(crops), 16):
            shown, heights = [], []
            for crop, picture in zip(crops[start : start + 16], pictures[start : start + 16], strict=True):
                small, box = (
                    (picture, crop.xyxy) if height_px is None else shrink(picture, crop.xyxy, height_px)
                )
                shown.append(cut(small, box, manifest))
                heights.append(crop.height_px if height_px is None else min(crop.height_px, height_px))
            found = classifier.classify(shown)
            said = calls(np.asarray(found, np.float64), manifest.classes, thresholds)  # type: ignore[arg-type]
            odds = np.log(np.maximum(found[:, missing], 1e-9)) - np.log(np.maximum(found[:, worn], 1e-9))
            for crop, call, height, odd in zip(crops[start:], said, heights, odds.tolist(), strict=False):
                seen = call if height >= manifest.gates.min_px else "unknown"
                out.append(Judged(crop.state, seen, float(odd), crop.group, height))
            if progress:
                progress(len(out), len(crops))
    finally:
        classifier.close()
    return out


def report(
    manifest: CropManifest, folder: Path, splits: Sequence[str], progress: Progress | None = None
) -> dict[str, Any]:
    """Figures with intervals for each source of the set's ``splits``, and by height of the box.

    Raises:
        ConfigError: The set or one of its pictures is broken.
    """
    crops = [crop for crop in read(folder) if crop.split in splits]
    sources = []
    for name, split in sorted({(crop.source, crop.split) for crop in crops}):
        chosen = [crop for crop in crops if (crop.source, crop.split) == (name, split)]
        pictures = read_pictures(folder, chosen)
        rows = judge(manifest, chosen, pictures, progress=progress)
        sources.append(
            {
                "source": name,
                "split": split,
                "crops": len(chosen),
                "worn": sum(crop.state == "worn" for crop in chosen),
                "missing": sum(crop.state == "missing" for crop in chosen),
                "figures": {key: _plain(asdict(value)) for key, value in score(rows).items()},
                "shrunk": list(_shrunk(manifest, chosen, pictures)),
            }
        )
    return {"model": manifest.name, "sha256": manifest.sha256, "sources": sources}


def _shrunk(
    manifest: CropManifest, crops: Sequence[Crop], pictures: Sequence[Rgb]
) -> Iterator[dict[str, Any]]:
    """The same source at every height that most of its crops have, without intervals."""
    for height in HEIGHTS_PX:
        rows = [i for i, crop in enumerate(crops) if crop.height_px >= height]
        if height < 0.75 * manifest.gates.min_px or len(rows) < len(crops) / 2:
            continue
        judged = judge(manifest, [crops[i] for i in rows], [pictures[i] for i in rows], height)
        figures = {key: value.value for key, value in score(judged, resamples=0).items()}
        yield {"height_px": height, "crops": len(rows), **_plain(figures)}


def _plain(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """What JSON can say: undefined ones become null."""
    return {key: None if math.isnan(value) else round(value, 4) for key, value in numbers.items()}
