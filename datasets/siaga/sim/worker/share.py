"""What of a folder of crops is done, and the list of all; several processes may work at one folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def unfinished(out: Path, people: int) -> Iterator[int]:
    """Numbers of people whose labels are not there, looked up as one goes."""
    for person in range(people):
        if not is_finished(out, person):
            yield person


def is_finished(out: Path, person: int) -> bool:
    """Whether a person's labels are there."""
    return _labels(out, person).exists()


def finish(out: Path, person: int, lines: list[str]) -> None:
    """Write a person's labels, whole or not at all."""
    target = _labels(out, person)
    part = target.with_suffix(f".{os.getpid()}.part")
    part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    part.replace(target)


def merge(out: Path) -> int:
    """Write ``crops.jsonl`` from all labels that are there; returns the number of lines."""
    text = "".join(file.read_text(encoding="utf-8") for file in sorted((out / "labels").glob("*.jsonl")))
    part = out / f"crops.{os.getpid()}.part"
    part.write_text(text, encoding="utf-8")
    part.replace(out / "crops.jsonl")
    return text.count("\n")


def _labels(out: Path, person: int) -> Path:
    return out / "labels" / f"{person:05d}.jsonl"
