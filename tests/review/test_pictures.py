"""Photos and thumbnails: what is taken, and that nothing but the picture stays."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from siaga.review import pictures
from siaga.review.errors import PictureRefused
from siaga.review.pictures import encode_photo, make_thumbnail
from siaga.review.thumbnails import Thumbnails


def _jpeg(size: tuple[int, int] = (400, 200), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "JPEG", **options)
    return out.getvalue()


def _png_saying(width: int, height: int) -> bytes:
    """A PNG whose header promises more than it holds."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99))


def test_metadata_does_not_stay() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    for data in (
        _jpeg(exif=exif.tobytes(), comment=b"SecretComment", icc_profile=b"SecretProfile" * 20),
        _png_with_text(),
    ):
        assert b"Secret" in data
        kept = encode_photo(data)
        assert b"Secret" not in kept.data
        with Image.open(io.BytesIO(kept.data)) as opened:
            assert dict(opened.getexif()) == {}
            assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def _png_with_text() -> bytes:
    out, told = io.BytesIO(), PngImagePlugin.PngInfo()
    told.add_text("Author", "SecretAuthor")
    Image.new("RGBA", (40, 20), (0, 0, 0, 0)).save(out, "PNG", pnginfo=told)
    return out.getvalue()


def test_a_photo_is_upright_and_of_bounded_size() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encode_photo(_jpeg((400, 200), exif=exif.tobytes()))
    assert (turned.width, turned.height) == (200, 400)
    large = encode_photo(_jpeg((4000, 1000)))
    assert (large.width, large.height) == (1920, 480)


def test_what_is_see_through_becomes_white() -> None:
    kept = encode_photo(_png_with_text())
    with Image.open(io.BytesIO(kept.data)) as opened:
        assert min(opened.getpixel((5, 5))) > 250  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"GIF89a" + b"\0" * 50,
        _jpeg()[:300],
        _png_saying(20_000, 20_000),
        _png_saying(7_000, 7_000),
        _png_saying(100, 100),
        b"\0" * (pictures.MOST_BYTES + 1),
    ],
    ids=["empty", "text", "gif", "cut", "bomb", "large", "short", "long"],
)
def test_what_is_no_sound_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureRefused):
        encode_photo(data)


def test_a_thumbnail_is_small() -> None:
    small = make_thumbnail(io.BytesIO(_jpeg((1920, 1080))))
    assert (small.width, small.height) == (320, 180)
    assert len(small.data) < 20_000


def test_thumbnails_are_made_once_and_removed_for_good(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path / "thumbnails")
    asked: list[int] = []

    def source() -> list[bytes]:
        asked.append(1)
        data = _jpeg()
        return [data[:100], data[100:]]

    sha256 = "ab" * 32
    first = thumbnails.of(sha256, source)
    assert thumbnails.of(sha256, source) == first
    assert len(asked) == 1
    assert thumbnails.sweep(lambda known: known == sha256) == 0
    assert thumbnails.sweep(lambda _known: False) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    thumbnails.remove(sha256)


def test_only_so_many_thumbnails_are_kept(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path, most=1)
    thumbnails._made = 498
    for number in range(2):
        thumbnails.of(f"{number:064}", lambda: [_jpeg()])
    assert len(list(tmp_path.rglob("*.jpg"))) == 1
