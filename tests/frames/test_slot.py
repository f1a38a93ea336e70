"""The newest-frame slot, between real processes."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import av
import numpy as np
import pytest

from siaga.core.errors import BadRequest, SourceInvalid
from siaga.core.frame import Pixels
from siaga.core.geometry import Polygon
from siaga.frames import planes
from siaga.frames.capture import CaptureStats, Picture, picture_to_frame
from siaga.frames.planes import Size, planes_of, to_rgb
from siaga.frames.slot import BUFFERS, FrameSlot, _Buffer

FULL = (256, 144)
SMALL = (64, 36)
START = datetime(2026, 5, 4, 3, 2, 1, 987654, tzinfo=UTC)


def flat_picture(number: int, *, full: Size = FULL, masks: tuple[Polygon, ...] = ()) -> Picture:
    """A picture whose every pixel says ``number``: luma 16 + number % 200 in small and full."""
    level = 16 + number % 200
    small = np.full((SMALL[1] * 3 // 2, SMALL[0]), 128, np.uint8)
    planes_of(small)[0][:] = level
    i420 = np.full((full[1] * 3 // 2, full[0]), 128, np.uint8)
    planes_of(i420)[0][:] = level
    decoded = av.VideoFrame.from_ndarray(i420, format="yuv420p")
    return Picture(
        t=number / 10,
        pts=number / 5,
        utc=START,
        epoch=number % 7,
        keyframes=1,
        size=full,
        small=small,
        decoded=decoded,
        masks=masks,
    )


@pytest.fixture
def slot() -> Iterator[FrameSlot]:
    made = FrameSlot.create(FULL, SMALL, "gate")
    yield made
    made.close()


def test_a_frame_arrives_as_it_was_published(slot: FrameSlot) -> None:
    assert slot.latest_seq() == 0
    assert slot.read() is None
    picture = flat_picture(40)
    assert slot.publish(picture) == 1
    reader = FrameSlot.attach(os.dup(slot.fd), "gate")
    got = reader.read()
    assert got is not None
    frame, overwritten = got
    assert (frame.camera, frame.seq, frame.epoch, overwritten) == ("gate", 1, 5, 0)
    assert (frame.t, frame.pts, frame.utc, frame.size) == (4.0, 8.0, START, FULL)
    assert np.array_equal(frame.rgb, picture.rgb)
    full = frame.full()
    assert full is not None
    assert np.array_equal(full, to_rgb(picture.i420))
    assert reader.read() is None
    reader.close()


def colourful(number: int) -> Picture:
    """A picture of noise in luma and colour."""
    random = np.random.default_rng(number)
    i420 = random.integers(16, 236, (FULL[1] * 3 // 2, FULL[0]), np.uint8)
    decoded = av.VideoFrame.from_ndarray(i420, format="yuv420p")
    return replace(flat_picture(number), decoded=decoded)


@pytest.mark.parametrize(
    ("box", "part"),
    [
        ((20, 30, 60, 70), (20, 30, 60, 70)),
        ((21, 31, 59, 69), (20, 30, 60, 70)),
        ((-9, -9, 3, 3), (0, 0, 4, 4)),
        ((250, 140, 300, 300), (250, 140, 256, 144)),
    ],
    ids=["even", "odd", "corner", "other corner"],
)
def test_a_patch_is_that_part_of_the_full_picture(slot: FrameSlot, box: Pixels, part: Pixels) -> None:
    picture = colourful(3)
    slot.publish(picture)
    read = slot.read()
    assert read is not None
    left, top, right, bottom = part
    for frame in (read[0], picture_to_frame(picture, "gate", 1)):
        patch, full = frame.patch(box), frame.full()
        assert patch is not None
        assert full is not None
        assert (patch.x, patch.y) == (left, top)
        assert np.array_equal(patch.rgb, full[top:bottom, left:right])
        assert frame.patch((300, 0, 320, 20)) is None


def test_a_patch_of_an_overwritten_picture_is_gone_also_while_it_is_copied(
    slot: FrameSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot.publish(flat_picture(1))
    read = slot.read()
    assert read is not None
    whole = planes.cut_out

    def overtaken(i420: planes.I420, box: Pixels) -> planes.I420:
        for number in range(2, 2 + BUFFERS):
            slot.publish(flat_picture(number))
        return whole(i420, box)

    monkeypatch.setattr(planes, "cut_out", overtaken)
    assert read[0].patch((0, 0, 8, 8)) is None
    monkeypatch.undo()
    assert read[0].patch((0, 0, 8, 8)) is None


def test_masks_are_in_a_patch_too(slot: FrameSlot) -> None:
    mask = Polygon([(0, 0), (0.5, 0), (0.5, 1), (0, 1)])
    slot.publish(flat_picture(200, masks=(mask,)))
    read = slot.read()
    assert read is not None
    patch = read[0].patch((0, 0, 64, 64))
    assert patch is not None
    assert (patch.rgb == 0).all()


def test_overwritten_frames_are_counted_and_their_full_picture_is_gone(slot: FrameSlot) -> None:
    slot.publish(flat_picture(1))
    first = slot.read()
    assert first is not None
    for number in range(2, 2 + BUFFERS):
        slot.publish(flat_picture(number))
    assert first[0].full() is None
    second = slot.read()
    assert second is not None
    assert (second[0].seq, second[1]) == (5, 3)


def test_a_picture_of_another_size_fits_and_a_larger_one_is_refused(slot: FrameSlot) -> None:
    slot.publish(flat_picture(3, full=(128, 96)))
    got = slot.read()
    assert got is not None
    full = got[0].full()
    assert full is not None
    assert (got[0].size, full.shape) == ((128, 96), (96, 128, 3))
    with pytest.raises(SourceInvalid, match="258x144"):
        slot.publish(flat_picture(4, full=(258, 144)))
    assert slot.latest_seq() == 1


def test_a_picture_whose_mask_cannot_be_drawn_never_appears(
    slot: FrameSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Polygon, size: Size) -> np.ndarray:
        raise ValueError("no corners")

    monkeypatch.setattr(Polygon, "pixels", broken)
    mask = Polygon([(0, 0), (1, 0), (1, 1)])
    with pytest.raises(SourceInvalid, match="mask"):
        slot.publish(flat_picture(9, masks=(mask,)))
    assert slot.latest_seq() == 0
    assert slot.read() is None


def test_heartbeat_and_counts(slot: FrameSlot) -> None:
    stats = CaptureStats(
        packets=9, keyframes=3, received_bytes=1000, decoded=8, published=7, corrupt=2, blind_seconds=1.5
    )
    slot.beat(12.5, stats)
    assert slot.stats().heartbeat == 12.5
    assert slot.stats().capture == stats


def test_only_a_slot_can_be_attached(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(bytes(100_000))
    fd = os.open(tmp_path / "other", os.O_RDWR)
    with pytest.raises(BadRequest):
        FrameSlot.attach(fd)
    os.close(fd)


def test_nobody_can_shrink_it(slot: FrameSlot) -> None:
    with pytest.raises(PermissionError):
        os.ftruncate(slot.fd, 4096)


def test_a_copy_that_was_overtaken_is_thrown_away(slot: FrameSlot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer comes round to the buffer between the reader's look at the stamp and its copy."""
    reader = FrameSlot.attach(os.dup(slot.fd))
    rgb, i420 = _Buffer.rgb, _Buffer.i420
    rounds = [BUFFERS]

    def overtaken(view: np.ndarray) -> np.ndarray:
        while rounds[0]:
            rounds[0] -= 1
            slot.publish(flat_picture(slot.latest_seq() + 1))
        return view

    slot.publish(flat_picture(1))
    mine = tuple(reader._buffers)
    monkeypatch.setattr(
        _Buffer, "rgb", lambda self, size: overtaken(rgb(self, size)) if self in mine else rgb(self, size)
    )
    got = reader.read()
    assert got is not None
    assert got[0].seq == 1 + BUFFERS
    assert (got[0].rgb == to_rgb(flat_picture(1 + BUFFERS).small)).all()
    monkeypatch.setattr(
        _Buffer, "i420", lambda self, size: overtaken(i420(self, size)) if self in mine else i420(self, size)
    )
    rounds[0] = BUFFERS
    assert got[0].full() is None
    reader.close()


def _write(fd: int, started: Connection) -> None:
    slot = FrameSlot.attach(fd)
    pictures = [flat_picture(number) for number in range(200)]
    started.send(True)
    while True:
        number = slot.latest_seq() + 1
        slot.publish(pictures[number % 200])


def _torn(slot: FrameSlot) -> tuple[int, int, int]:
    """Read once as a person would: (frames, torn frames, full pictures)."""
    got = slot.read()
    if got is None:
        return 0, 0, 0
    frame, _ = got
    expected = to_rgb(flat_picture(frame.seq).small)[0, 0]
    torn = int((frame.rgb != expected).any())
    torn += frame.epoch != frame.seq % 200 % 7 or frame.t != frame.seq % 200 / 10
    full = frame.full()
    torn += full is not None and bool((full != expected).any())
    return 1, int(torn), int(full is not None)


def test_no_torn_frame_is_ever_accepted_and_a_killed_writer_leaves_the_slot_readable(slot: FrameSlot) -> None:
    context = multiprocessing.get_context("fork")
    for _ in range(3):
        ours, theirs = context.Pipe()
        writer = context.Process(target=_write, args=(os.dup(slot.fd), theirs), daemon=True)
        writer.start()
        ours.recv()
        frames = torn = 0
        until = time.monotonic() + 20
        while frames < 300 and time.monotonic() < until:
            seen = _torn(slot)
            frames, torn = frames + seen[0], torn + seen[1]
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        assert frames >= 300
        assert torn == 0
        reader = FrameSlot.attach(os.dup(slot.fd))
        # Nobody writes any more, so the full picture of the newest frame must be had, whatever came before.
        assert _torn(reader) == (1, 0, 1)
        reader.close()
