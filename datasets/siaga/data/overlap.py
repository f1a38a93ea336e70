"""Pictures that are the same, nearly the same, or of the same scene.

Two pictures are near-duplicates when their difference hashes differ in few bits and their shrunken grey
pictures correlate. Neither is enough alone: on the project's seven image sources (3,087 pictures), 2 of 13
pairs within 5 bits, correlation under .90 and outside the plant CCTV were different pictures, both with a
correlation under .60; 24 of 24 pairs with a correlation of .90 to .95 within 14 bits were one scene.
A copy that was rotated or mirrored is found only where its name points to it (Roboflow's exports).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .boxes import Image, read_image
from .dedupe import dhash
from .records import Picture

Progress = Callable[[int, int], None]
"""Called with how many of how many are done."""
Kind = Literal["same-bytes", "near", "same-original"]
_ROWS = 128
_SIDE = 32
_SAME_ORIGINAL = 0.7
_ROBOFLOW = re.compile(r"^(?P<original>.+)_(?:jpe?g|png|webp|bmp)\.rf\.[0-9A-Za-z]+$")


@dataclass(frozen=True, slots=True)
class Print:
    """What a picture is compared by. ``thumb``: (1024,) float32, zero mean, unit length.

    ``turned``: its EXIF orientation is not upright. ``broken``: why it does not decode; nothing else holds
    then.
    """

    sha256: str = ""
    code: int = 0
    thumb: npt.NDArray[np.float32] | None = None
    turned: bool = False
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Pictures ``a`` < ``b`` (their numbers), how they are alike, and how much (correlation, 0 to 1)."""

    a: int
    b: int
    kind: Kind
    likeness: float


def fingerprint(path: Path) -> Print:
    """Decode a picture to its last byte and take its print."""
    try:
        content = path.read_bytes()
        with PillowImage.open(path) as image:
            turned = image.getexif().get(0x0112, 1) != 1
            image.load()
            rgb = np.asarray(image.convert("RGB"), dtype=np.uint8)
    except (OSError, SyntaxError, ValueError, EOFError, PillowImage.DecompressionBombError) as error:
        return Print(broken=str(error) or type(error).__name__)
    return print_of(np.ascontiguousarray(rgb[:, :, ::-1]), content, turned)


def print_of(bgr: Image, content: bytes | None = None, turned: bool = False) -> Print:
    """The print of a decoded picture. ``content``: the bytes that are to be the same; None: its pixels."""
    sha256 = hashlib.sha256(bgr.tobytes() if content is None else content).hexdigest()
    return Print(sha256, dhash(bgr), thumbnail(bgr), turned)


def fingerprints(paths: Sequence[Path], progress: Progress | None = None) -> list[Print]:
    """The print of each picture, several at a time."""
    prints: list[Print] = []
    with ThreadPoolExecutor() as pool:
        for one in pool.map(fingerprint, paths):
            prints.append(one)
            if progress is not None:
                progress(len(prints), len(paths))
    return prints


def thumbnail(image: Image) -> npt.NDArray[np.float32]:
    """(1024,) float32: the picture as 32 x 32 grey pixels, zero mean, unit length; zeros if it is plain."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    small -= small.mean()
    length = float(np.linalg.norm(small))
    return small / length if length > 1.0 else np.zeros_like(small)


def near_pairs(prints: Sequence[Print], most_bits: int = 5) -> list[Pair]:
    """Every pair with the same bytes or nearly the same picture; broken pictures have none.

    Args:
        most_bits: Within so many bits a correlation of .70 is enough; up to 14 bits it must be .90.
    """
    sound = np.array([n for n, p in enumerate(prints) if p.thumb is not None], dtype=np.int64)
    if len(sound) < 2:
        return []
    codes = np.array([prints[n].code for n in sound], dtype=np.uint64)
    thumbs = np.stack([thumb for p in prints if (thumb := p.thumb) is not None])
    pairs: list[Pair] = []
    for first in range(0, len(sound), _ROWS):
        block = slice(first, first + _ROWS)
        likeness = thumbs[block] @ thumbs.T
        bits = np.bitwise_count(codes[block, None] ^ codes[None, :])
        alike = ((bits <= 14) & (likeness >= 0.90)) | ((bits <= most_bits) & (likeness >= 0.70))
        for row, b in zip(*np.nonzero(alike), strict=True):
            a = first + int(row)
            if a < b:
                pairs.append(_pair(prints, int(sound[a]), int(sound[b]), float(likeness[row, b])))
    return pairs


def same_originals(pictures: Sequence[Picture], prints: Sequence[Print]) -> list[Pair]:
    """Pairs of one source that Roboflow made of one original (``NAME_jpg.rf.HASH``).

    The name alone proves nothing (several uploads may share one): the pictures must be alike in some
    rotation or mirror image, see ``turned_likeness``.
    """
    named: dict[tuple[str, str], list[int]] = {}
    for number, picture in enumerate(pictures):
        match = _ROBOFLOW.match(picture.path.stem)
        if match and not prints[number].broken:
            named.setdefault((picture.source, match["original"]), []).append(number)
    pairs: list[Pair] = []
    for group in named.values():
        if len(group) > 1:
            images = {number: read_image(pictures[number].path) for number in group}
            for a, b in combinations(group, 2):
                likeness = turned_likeness(images[a], images[b])
                if likeness >= _SAME_ORIGINAL:
                    pairs.append(Pair(a, b, "same-original", likeness))
    return pairs


def turned_likeness(a: Image, b: Image) -> float:
    """The greatest correlation of two pictures' middles over mirror images, quarter turns, and tilts.

    Tilts go to 15 degrees either way, in steps of 5. The whole picture counts as shrunk to a square, as
    Roboflow stretches it.
    """
    small_a, small_b = (cv2.resize(one, (96, 96), interpolation=cv2.INTER_AREA) for one in (a, b))
    middle = thumbnail(np.asarray(small_a[20:76, 20:76], dtype=np.uint8))
    best = 0.0
    for mirrored in (small_b, small_b[:, ::-1]):
        for quarters in range(4):
            turned = np.ascontiguousarray(np.rot90(mirrored, quarters))
            for degrees in range(-15, 16, 5):
                matrix = cv2.getRotationMatrix2D((47.5, 47.5), degrees, 1.0)
                tilted = cv2.warpAffine(turned, matrix, (96, 96))[20:76, 20:76]
                best = max(best, float(middle @ thumbnail(np.asarray(tilted, dtype=np.uint8))))
    return best


def components(count: int, pairs: Iterable[tuple[int, int]]) -> npt.NDArray[np.int64]:
    """(count,): the number of the group that each thing is in when the two of each pair stay together."""
    links = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(links), np.int8), (links[:, 0], links[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _pair(prints: Sequence[Print], a: int, b: int, likeness: float) -> Pair:
    same = prints[a].sha256 == prints[b].sha256
    return Pair(a, b, "same-bytes" if same else "near", min(1.0, likeness))
