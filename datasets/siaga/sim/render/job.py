"""The folder of a job: what is in it, what is still to do, files that appear whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from siaga.core.errors import StorageError
from siaga.sim.raw import RawFrame, write_raw

from .claims import Claims

Picture = npt.NDArray[np.uint8]
CHUNK = 15
"""Frames of a claim: long enough that people who stand still are rendered once for several of them."""


class Job:
    """One scenario seen by one camera, in a folder that several processes may fill together."""

    def __init__(self, folder: Path) -> None:
        for part in ("frames", "raw", "machines"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self.folder, self.claims = folder, Claims(folder / "claims")

    def is_done(self, frame: int) -> bool:
        """Whether the frame's picture is there; its record was written before."""
        return self._frame(frame).exists()

    def chunks(self, frames: Sequence[int]) -> Iterator[tuple[str, list[int]]]:
        """Claim one chunk after the other; each comes with its frames that are not done yet.

        The chunk is given back when the next one is asked for.
        """
        for start in range(0, len(frames), CHUNK):
            part = frames[start : start + CHUNK]
            name = f"frames-{part[0]:06d}"
            if all(map(self.is_done, part)) or not self.claims.take(name):
                continue
            try:
                yield name, [frame for frame in part if not self.is_done(frame)]
            finally:
                self.claims.give_back(name)

    def finish(self, picture: Picture, record: RawFrame) -> None:
        """Write a frame: its record first, so that a picture never stands without one."""
        write_raw(self.folder / "raw" / f"{record.frame:06d}.json", record)
        self.save(self._frame(record.frame), picture)

    def save(self, path: Path, picture: Picture) -> None:
        """Write an RGB picture as PNG under its name only when it is whole."""
        encoded, data = cv2.imencode(".png", picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
        if not encoded:
            raise StorageError("a picture cannot be encoded", where=str(path), fix="Render again.")
        self.put(path, data.tobytes())

    def put(self, path: Path, data: bytes) -> None:
        """Write bytes under a name only when they are whole."""
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.write_bytes(data)
        aside.replace(path)

    def load(self, name: str) -> Picture:
        """An RGB picture of the job's folder."""
        picture = cv2.imread(str(self.folder / name), cv2.IMREAD_COLOR)
        if picture is None:
            raise StorageError(
                "a rendered picture cannot be read",
                where=str(self.folder / name),
                fix="Remove it, and render again.",
            )
        return np.asarray(picture[..., ::-1], np.uint8)

    def save_array(self, name: str, values: npt.NDArray[np.float32]) -> None:
        """Write an array as .npy."""
        held = io.BytesIO()
        np.save(held, values)
        self.put(self.folder / name, held.getvalue())

    def _frame(self, frame: int) -> Path:
        return self.folder / "frames" / f"{frame:06d}.png"
