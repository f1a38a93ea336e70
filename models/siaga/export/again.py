"""The comparison of a file that is in place, once more: on another set, or on another runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from siaga.core.errors import ConfigError
from siaga.detect import Wish, open_detector
from siaga.manifest import Manifest, names, resolve

from . import parity, pictures

_PRECISION: parity.Precision = "fp32"


def compare_again(
    manifest: Manifest,
    against: str | None,
    data: Path,
    provider: Wish,
    progress: Callable[[str, int, int], None],
) -> parity.Figures:
    """Hold a file against another, and the result against the bounds of its precision.

    Args:
        manifest: The file.
        against: The other: name or path of a manifest; None: the model in the same folder whose file the
            manifest names; the file itself on the CPU where it names none.
        data: Prepared set; its ``val`` split is used.
        provider: What runs the file. The other runs on the CPU.
        progress: Called with what is going on, how much of it is done, and of how much.

    Raises:
        ModelError: They differ more than allowed.
        ConfigError: The other is not there, or the set cannot be used.
    """
    held_out = pictures.prepared_split(data, "val")
    weak = parity.with_weak_boxes(manifest)
    other = _other(manifest, against).model_copy(update={"thresholds": weak.thresholds})
    reference, candidate = open_detector(other, provider="cpu"), open_detector(weak, provider=provider)
    total = len(held_out.samples)
    try:
        figures = parity.compare(
            reference,
            candidate,
            pictures.read(held_out),
            manifest.thresholds.confidence,
            lambda done: progress("comparing", done, total),
        )
    finally:
        reference.close()
        candidate.close()
    parity.judge(figures, manifest.parity.precision if manifest.parity else _PRECISION)
    return figures


def _other(manifest: Manifest, against: str | None) -> Manifest:
    if against is not None:
        return resolve(against)
    if manifest.parity is None or manifest.parity.against.endswith(".pt"):
        return manifest
    wanted = manifest.parity.against_sha256
    for name in names(manifest.path.parent, "detect"):
        found = resolve(name, manifest.path.parent)
        if found.sha256 == wanted:
            return found
    raise ConfigError(
        f"The model that it was made of ({manifest.parity.against}) is not beside it.",
        where=str(manifest.path),
        fix="Name it: --against MANIFEST.",
    )
