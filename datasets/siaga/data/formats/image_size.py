"""A picture's size, from its header."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from siaga.data.records import Finding

SUFFIXES = frozenset({".webp", ".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"})
_ORIENTATION = 0x0112
_QUARTER_TURNS = frozenset({5, 6, 7, 8})


def is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder, by name; none where there is no such folder."""
    return sorted(path for path in folder.iterdir() if is_picture(path)) if folder.is_dir() else []


def image_size(path: Path) -> tuple[int, int] | Finding:
    """Width and height in pixels as the picture is decoded, its EXIF orientation applied."""
    try:
        with Image.open(path) as image:
            width, height = image.size
            turned = image.getexif().get(_ORIENTATION) in _QUARTER_TURNS
    except FileNotFoundError:
        return Finding("missing-picture", True, str(path), "the picture is not there")
    # Training libraries that put an opener of their own in Pillow's place ask for one more package here.
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, ImportError) as error:
        return Finding("broken-picture", True, str(path), f"the picture cannot be opened ({error})")
    return (height, width) if turned else (width, height)
