"""What an audit finds, and what it does not take for a fault."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from siaga.data.audit import Audit, audit, cleaned, sizes
from siaga.data.audit_report import markdown, summary
from siaga.data.formats import read_set, write_set
from siaga.data.overlap import Print, components, fingerprint, near_pairs, turned_likeness

from .made import add, paint, yolo_set


@pytest.fixture
def hats(tmp_path: Path) -> Path:
    return yolo_set(tmp_path / "hats", train=4, valid=2, test=2)


def look(root: Path, camera: str | None = None) -> Audit:
    return audit([read_set(root)], [camera])


def found(audited: Audit) -> list[tuple[str, bool, str]]:
    return [(f.code, f.error, Path(f.where).name) for f in audited.findings]


def test_a_sound_set_has_nothing_to_find(hats: Path) -> None:
    assert found(look(hats)) == []


def jpeg(path: Path, seed: int, quality: int = 95) -> bytes:
    data = cv2.imencode(".jpg", paint(seed, 400, 300), [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    path.write_bytes(data)
    path.parents[1].joinpath("labels", f"{path.stem}.txt").write_text("0 0.5 0.5 0.2 0.3\n")
    return data


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.97])
def test_a_truncated_jpeg_is_named(hats: Path, kept: float) -> None:
    path = hats / "train/images/cut.jpg"
    data = jpeg(path, 50)
    path.write_bytes(data[: int(len(data) * kept)])
    assert found(look(hats)) == [("broken-picture", True, "cut.jpg")]


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_so_is_another_truncated_picture(hats: Path, suffix: str) -> None:
    path = add(hats / "train", f"cut{suffix}", 50)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert found(look(hats)) == [("broken-picture", True, path.name)]


def test_the_same_file_in_two_splits_is_a_leak(hats: Path) -> None:
    for kind, suffix in (("images", "png"), ("labels", "txt")):
        source = hats / f"train/{kind}/train1.{suffix}"
        (hats / f"test/{kind}/again.{suffix}").write_bytes(source.read_bytes())
    audited = look(hats)
    assert found(audited) == [("leak", True, "train1.png")]
    assert audited.pairs[0].kind == "same-bytes"
    assert "train and test share it" in audited.findings[0].what
    assert "again.png" in audited.findings[0].what


def test_a_smaller_compressed_copy_is_a_leak(hats: Path) -> None:
    add(hats / "train", "big.png", 70)
    small = cv2.resize(paint(70), (84, 63), interpolation=cv2.INTER_AREA)
    noisy = np.clip(small.astype(int) + np.random.default_rng(0).integers(-9, 9, small.shape), 0, 255)
    add(hats / "valid", "small.png", 99)
    cv2.imwrite(str(hats / "valid/images/small.png"), noisy.astype(np.uint8))
    audited = look(hats)
    assert found(audited) == [("leak", True, "big.png")]
    assert audited.pairs[0].kind == "near"


def test_a_copy_in_the_same_split_is_a_warning(hats: Path) -> None:
    add(hats / "train", "twin.png", 0)
    assert found(look(hats)) == [("duplicate", False, "train0.png")]


def test_two_sets_that_share_a_picture(hats: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    add(other / "train", "mine.png", 1)
    add(other / "test", "yours.png", 2)
    (other / "data.yaml").write_text("train: train/images\ntest: test/images\nnames: [helmet, head]\n")
    audited = audit([read_set(hats), read_set(other)])
    assert [(f.code, Path(f.where).name) for f in audited.findings if "class" not in f.code] == [
        ("shared-by-sources", "train1.png"),
        ("leak", "train2.png"),
    ]
    assert summary(audited)["shared"] == {"hats and other": 2}


def test_roboflows_copies_of_one_original_are_found_however_turned(hats: Path) -> None:
    original = paint(80, 240, 180)
    matrix = cv2.getRotationMatrix2D((120, 90), 11, 1.0)
    turned = cv2.warpAffine(original[:, ::-1], matrix, (240, 180))
    for split, name, picture in (
        ("train", "a_jpg.rf.00aa.png", original),
        ("test", "a_jpg.rf.11bb.png", turned),
        ("test", "b_jpg.rf.22cc.png", paint(81, 240, 180)),
        ("train", "b_jpg.rf.33dd.png", paint(82, 240, 180)),
    ):
        add(hats / split, name, 0)
        cv2.imwrite(str(hats / split / "images" / name), picture)
    audited = look(hats)
    assert found(audited) == [("leak", True, "a_jpg.rf.00aa.png")]
    assert audited.pairs[0].kind == "same-original"


def test_likeness_of_turned_pictures() -> None:
    picture = paint(5, 200, 150)
    assert turned_likeness(picture, np.ascontiguousarray(picture[::-1])) > 0.95
    assert turned_likeness(picture, paint(6, 200, 150)) < 0.6


def test_plain_pictures_are_not_alike(tmp_path: Path) -> None:
    for name, grey in (("a", 90), ("b", 200)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((60, 80, 3), grey, np.uint8))
    assert near_pairs([fingerprint(tmp_path / "a.png"), fingerprint(tmp_path / "b.png")]) == []


def test_a_camera_in_two_splits(hats: Path) -> None:
    add(hats / "train", "cam7_a.png", 61)
    add(hats / "valid", "cam7_b.png", 62)
    add(hats / "train", "cam8_a.png", 63)
    audited = look(hats, r"^cam\d+")
    assert [(f.code, f.error, f.where) for f in audited.findings] == [
        ("camera-in-two-splits", True, "hats: cam7")
    ]
    assert summary(audited)["cameras"] == 2


def test_boxes_are_looked_at(hats: Path) -> None:
    (hats / "train/labels/train0.txt").write_text(
        "0 0.5 0.5 0.2 0.3\n1 0.5 0.5 0.2 0.3\n0 0.5 0.5 0.201 0.3\n0 0.2 0.2 0.01 0.3\n"
    )
    assert found(look(hats)) == [("tiny-box", False, "train0.txt:4"), ("same-box", False, "train0.txt:3")]


def test_a_set_without_boxes(tmp_path: Path) -> None:
    add(tmp_path, "a.png", 1, "")
    (tmp_path / "classes.txt").write_text("helmet\n")
    assert found(look(tmp_path)) == [("no-boxes", True, tmp_path.name)]


def test_class_balance(hats: Path) -> None:
    row = "0 0.5 0.5 0.2 0.3\n"
    for label in hats.glob("*/labels/*.txt"):
        label.write_text("".join(f"0 {0.1 + 0.05 * n} 0.5 0.04 0.3\n" for n in range(12)))
    (hats / "train/labels/train0.txt").write_text(row.replace("0 0.5", "1 0.5", 1))
    assert found(look(hats)) == [
        ("class-not-in-split", False, "hats"),
        ("class-not-in-split", False, "hats"),
        ("rare-class", False, "hats"),
    ]


def test_exif_orientation(hats: Path) -> None:
    path = hats / "train/images/turned.jpg"
    jpeg(path, 50)
    with Image.open(path) as image:
        exif = image.getexif()
        exif[0x0112] = 6
        image.save(path, exif=exif)
    audited = look(hats)
    assert found(audited) == [("exif-turned", False, "turned.jpg")]
    picture = next(p for p in audited.pictures if p.path == path)
    assert (picture.width, picture.height) == (300, 400)


def test_the_clean_copy_is_clean(hats: Path, tmp_path: Path) -> None:
    add(hats / "train", "leak.png", 4)
    add(hats / "train", "bare.png", 90, None)
    add(hats / "train", "wrong.png", 91, "0 0.5 0.5 0.2 0.3\n9 0.5 0.5 0.2 0.3\n")
    (hats / "test/images/test1.png").write_bytes((hats / "test/images/test1.png").read_bytes()[:900])
    audited = look(hats)
    assert {f.code for f in audited.errors} == {
        "leak", "missing-label", "class-out-of-range", "broken-picture",
    }  # fmt: skip
    write_set(cleaned(audited, 0), tmp_path / "clean")
    again = look(tmp_path / "clean")
    assert again.errors == ()
    names = {p.path.name for p in again.pictures}
    assert names == {p.path.name for p in audited.pictures} - {"leak.png", "bare.png", "test1.png"}
    assert [len(p.boxes) for p in again.pictures if p.path.name == "wrong.png"] == [1]


def test_the_report_counts_and_names(hats: Path) -> None:
    add(hats / "train", "leak.png", 4)
    (hats / "train/labels/leak.txt").write_text("0 0.5 0.5 0.1 0.1\n1 0.2 0.5 0.2 0.4\n")
    audited = look(hats)
    text = markdown(audited)
    assert "| pictures | 5 | 2 | 2 | 9 |" in text
    assert "| helmet | 3 | 1 | 1 | 5 |" in text
    # Boxes of 24 x 27 px and one of 12 x 9.
    row = next(line for line in text.splitlines() if line.startswith("| helmet | 0"))
    assert row.replace(" ", "") == "|helmet|0|0|1|0|0|4|0|0|0|0|0|0|"
    assert "### leak: 1 (error)" in text
    told = summary(audited)
    assert (told["errors"], told["leaks"], told["findings"]) == (1, 1, {"leak": 1})
    assert told["sets"]["hats"]["boxes"]["train"] == {"helmet": 3, "head": 3}


def test_sizes_and_components(hats: Path) -> None:
    np.testing.assert_allclose(sizes(read_set(hats).pictures[0]), [(24 * 27) ** 0.5])
    assert components(5, [(0, 3), (3, 4)]).tolist() == [0, 1, 2, 0, 0]
    assert components(2, []).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("bits", "likeness", "alike"),
    [
        (14, 0.91, True),
        (14, 0.89, False),
        (15, 0.99, False),
        (5, 0.71, True),
        (5, 0.69, False),
        (6, 0.8, False),
    ],
)
def test_where_the_line_is(bits: int, likeness: float, alike: bool) -> None:
    one, other = np.zeros(1024, np.float32), np.zeros(1024, np.float32)
    one[0] = 1.0
    other[:2] = likeness, (1 - likeness**2) ** 0.5
    pairs = near_pairs([Print("a", 0, one), Print("b", 2**bits - 1, other)])
    assert [(pair.a, pair.b, pair.kind) for pair in pairs] == ([(0, 1, "near")] if alike else [])
