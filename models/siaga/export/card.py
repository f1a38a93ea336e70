"""The model card: what the manifest knows, written by the program, and what only people know, by hand.

The facts stand between two marks and are written anew by ``siaga model card``; everything after the second
mark is kept as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from siaga.core.errors import ConfigError
from siaga.manifest import CropManifest, Manifest, Measurement, Parity

BEGIN = "<!-- Facts from the manifest: written by `siaga model card`, not by hand. -->"
END = "<!-- End of the facts. What follows is written by hand and kept. -->"
_HAND = "\n## Known failures\n\nNot described yet.\n"
_COLUMNS = (
    ("boxes", "boxes"),
    ("ap50", "AP50"),
    ("ap50_95", "AP50-95"),
    ("precision", "precision"),
    ("recall", "recall"),
)
_CROPS = ("worn", "missing")
_OF_CROPS = (
    ("balanced_accuracy", "balanced accuracy"),
    ("unknown", "cannot tell"),
    ("missing_called_worn", "missing called worn"),
    ("worn_called_missing", "worn called missing"),
    ("auc", "AUC"),
    ("forced_balanced_accuracy", "balanced accuracy, never unknown"),
)


def write_card(manifest: Manifest | CropManifest, path: Path) -> None:
    """Write the card at ``path``, or only its facts anew where it is there.

    Raises:
        ConfigError: There is a card without the marks: nothing in it is the program's to change.
    """
    hand = _HAND
    if path.is_file():
        hand = hand_written(path.read_text(encoding="utf-8"), path)
    path.write_text(card(manifest, hand), encoding="utf-8")


def hand_written(text: str, path: Path) -> str:
    """What stands after the facts.

    Raises:
        ConfigError: The marks are missing.
    """
    if BEGIN not in text or END not in text:
        raise ConfigError(
            "This card was written by hand altogether.",
            where=str(path),
            fix=f"Put these two lines round what the manifest knows: {BEGIN} and {END}",
        )
    return text.partition(END)[2]


def card(manifest: Manifest | CropManifest, hand: str) -> str:
    """The whole card."""
    return f"# {manifest.name}\n\n{BEGIN}\n\n{facts(manifest)}\n{END}{hand}"


def facts(manifest: Manifest | CropManifest) -> str:
    """What the manifest knows, as Markdown."""
    blocks = [_head(manifest), *_data(manifest), *_parity(manifest), *_measured(manifest)]
    return "\n\n".join(blocks) + "\n"


def _head(manifest: Manifest | CropManifest) -> str:
    spec = manifest.input
    free = "sizes free" if spec.dynamic else "sizes fixed"
    lines = [
        f"- file: `{manifest.file}`, {manifest.bytes:,} bytes, sha256 `{manifest.sha256}`",
        f"- licence: {manifest.licence}",
        f"- classes: {', '.join(manifest.classes)}",
        f"- input: {spec.width} x {spec.height}, {spec.channels}, {spec.dtype}, {free}",
    ]
    if isinstance(manifest, Manifest):
        scores = ", ".join(f"{name} {value:g}" for name, value in manifest.thresholds.confidence.items())
        gates = manifest.gates
        lines.append(f"- thresholds: {scores}; overlap for NMS {manifest.thresholds.nms_iou:g}")
        lines.append(
            f"- nothing is judged under a head of {gates.min_head_px:g} px and a person of "
            f"{gates.min_person_px:g} px, in the picture that the model sees"
        )
    else:
        least = manifest.thresholds
        lines.append(
            f"- judges: {manifest.item} on the {manifest.region}; worn from {least.worn:g}, missing from "
            f"{least.missing:g}; temperature {manifest.temperature:g}; "
            f"unknown under {manifest.gates.min_px:g} px"
        )
    return "\n".join(lines)


def _data(manifest: Manifest | CropManifest) -> Iterator[str]:
    training = manifest.training
    if training is None:
        yield "## Training\n\nNothing is known of it."
        return
    rows = [(one.name, one.licence, str(one.images)) for one in training.sources]
    yield "## Data\n\n" + _table(("source", "licence", "training pictures"), rows)
    yield (
        f"## Training\n\n{training.hours:g} hours on {training.hardware}, {training.date}, commit "
        f"`{training.commit[:12]}`, {training.framework}, started from {training.start}:\n\n"
        f"    {training.command}"
    )


def _parity(manifest: Manifest | CropManifest) -> Iterator[str]:
    if isinstance(manifest, Manifest):
        yield f"## Parity\n\n{parity_text(manifest.parity)}"


def parity_text(found: Parity | None) -> str:
    """The comparison in one sentence."""
    if found is None:
        return "Never compared with what it was made of."
    points = 100 * (found.map50_95 - found.map50_95_against)
    sentences = (
        f"{found.precision} against `{found.against}` (sha256 `{found.against_sha256[:12]}`)",
        f"on {found.images} labelled pictures, {found.runtime}",
        f"{found.matched:.2%} of {found.boxes} boxes found by both",
        f"mean IoU {found.box_iou:.4f}",
        f"mean score difference {found.score_difference:.4f}",
        f"mAP50-95 {found.map50_95:.4f} against {found.map50_95_against:.4f} ({points:+.2f} points)",
    )
    return ", ".join(sentences) + "."


def _measured(manifest: Manifest | CropManifest) -> Iterator[str]:
    for tuned, title in ((False, "## Results"), (True, "## Results where the thresholds were tuned")):
        chosen = [one for one in manifest.measured if one.tuned_on == tuned]
        if chosen:
            yield f"{title}\n\n" + _results(manifest, chosen)


def _results(manifest: Manifest | CropManifest, measured: Sequence[Measurement]) -> str:
    """A table, and in words what has no column in it."""
    if isinstance(manifest, Manifest):
        titles = ("source (pictures)", "class", *(title for _, title in _COLUMNS))
    else:
        titles = ("source (crops)", *_CROPS, *(title for _, title in _OF_CROPS))
    rows: list[tuple[str, ...]] = []
    others: list[str] = []
    for one in measured:
        left = dict(one.metrics)
        name = f"{one.source} {one.split} ({one.images})"
        if isinstance(manifest, Manifest):
            rows += _of_classes(manifest.classes, name, left)
        else:
            counts = (f"{left.pop(state, 0):.0f}" for state in _CROPS)
            rows.append((name, *counts, *(_with_interval(left, key) for key, _ in _OF_CROPS)))
        if left:
            words = ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in left.items())
            others.append(f"- {one.source} {one.split}: {words}")
    table = [_table(titles, rows)] if rows else []
    return "\n\n".join([*table, *(["\n".join(others)] if others else [])])


def _of_classes(classes: Sequence[str], name: str, left: dict[str, float]) -> Iterator[tuple[str, ...]]:
    """One row for each class that was measured; what is in a row is taken out of ``left``."""
    for kind in classes:
        cells = [left.pop(f"{kind}_{key}", None) for key, _ in _COLUMNS]
        if any(cell is not None for cell in cells):
            yield (name, kind, *map(_cell, cells))


def _with_interval(left: dict[str, float], key: str) -> str:
    """The figure ``key`` and its 95 % interval, taken out of ``left``."""
    value, low, high = (left.pop(f"{key}{end}", None) for end in ("", "_low", "_high"))
    return _cell(value) if low is None or high is None else f"{_cell(value)} ({low:.3f}–{high:.3f})"


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return str(int(value)) if value == int(value) and value > 1 else f"{value:.3f}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
