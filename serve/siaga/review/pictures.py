"""Pictures from outside: checked, bounded, and encoded anew so that nothing but the picture stays."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from siaga.review.errors import PictureRefused

MOST_BYTES = 8 * 1024 * 1024
"""Of a photo as it is sent."""
MOST_PIXELS = 40_000_000
_SIDE = 1920
_THUMBNAIL_SIDE = 320
_QUALITY = 82
_THUMBNAIL_QUALITY = 70
_FORMATS = ("JPEG", "PNG")


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG without metadata. ``sha256`` of ``data``; sizes in pixels."""

    data: bytes = field(repr=False)
    sha256: str
    width: int
    height: int


def encode_photo(data: bytes) -> Picture:
    """A photo as it is kept: upright, at most 1920 pixels on its longer side, without metadata.

    Args:
        data: JPEG or PNG, at most ``MOST_BYTES``.

    Raises:
        PictureRefused: It is something else, broken, or too large.
    """
    if len(data) > MOST_BYTES:
        raise PictureRefused("The photo is too large.", fix=f"Send at most {MOST_BYTES >> 20} MB.")
    return _encoded(io.BytesIO(data), _SIDE, _QUALITY)


def make_thumbnail(source: BinaryIO) -> Picture:
    """A small picture of an evidence picture, at most 320 pixels on its longer side.

    Raises:
        PictureRefused: It is no picture that can be read within bounds.
    """
    return _encoded(source, _THUMBNAIL_SIDE, _THUMBNAIL_QUALITY)


def _encoded(source: BinaryIO, side: int, quality: int) -> Picture:
    with _refusing(), Image.open(source, formats=_FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise PictureRefused(
                f"The picture has {opened.width} x {opened.height} pixels.",
                fix=f"Send at most {MOST_PIXELS // 1_000_000} million.",
            )
        # JPEG is decoded at an eighth, a quarter or a half of its size where that is enough.
        opened.draft("RGB", (side, side))
        upright = ImageOps.exif_transpose(opened)
        flat = _on_white(upright)
        flat.thumbnail((side, side))
    # Of the decoded pixels only: a copy would carry comments and profiles along.
    clean = Image.frombytes("RGB", flat.size, flat.tobytes())
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=quality, optimize=True)
    encoded = out.getvalue()
    return Picture(encoded, hashlib.sha256(encoded).hexdigest(), *clean.size)


# ImportError: where another library has taught Pillow to ask for one more format's package.
_UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, ImportError, Warning)


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    except _UNREADABLE as error:
        raise PictureRefused(
            "This is no JPEG or PNG picture that can be read.", fix="Send the photo as the camera made it."
        ) from error
    except Image.DecompressionBombError as error:
        raise PictureRefused("The picture is too large.") from error
