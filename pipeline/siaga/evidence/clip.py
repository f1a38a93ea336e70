"""The video of an event: cut from the camera's own packets, blurred, and encoded in memory only."""

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from siaga.core.errors import SiagaError, SourceInvalid
from siaga.core.settings import Clip
from siaga.core.video import ClipJob, EncodedPacket, PacketSlice
from siaga.evidence.blur import HeadTimeline, Planes, black_out_yuv, pixelate_yuv

_TIME_BASE = Fraction(1, 90_000)
_NOMINAL_FPS = 25
_KEYFRAME_EVERY = 50
_TRIGGER_TOLERANCE_S = 0.05
_GRID_SLACK = 1e-3
PRESET = "veryfast"


class ClipAborted(SiagaError):
    """Cutting was asked to stop before it was done; nothing of the clip is kept."""


@dataclass(frozen=True, slots=True)
class ClipResult:
    """A finished clip.

    Attributes:
        data: The MP4 file (H.264, yuv420p, index in front).
        width: In pixels.
        height: In pixels.
        t0: UTC of the first picture.
        t1: UTC of the last picture.
        trigger_s: Seconds from the first picture to the one nearest to the trigger; None when the packets
            do not reach over the trigger.
        heads_covered: Different tracks whose heads were pixelated in it.
        masks: Privacy masks that were blacked out.
        frames: Pictures in it.
        damaged: Packets that could not be decoded, and pictures that came out damaged and were left out.
    """

    data: bytes
    width: int
    height: int
    t0: datetime
    t1: datetime
    trigger_s: float | None
    heads_covered: int
    masks: int
    frames: int
    damaged: int


def never() -> bool:
    """Nobody asks to stop."""
    return False


def cut_clip(
    packets: PacketSlice,
    job: ClipJob,
    settings: Clip,
    *,
    stop: Callable[[], bool] = never,
    preset: str = PRESET,
) -> ClipResult:
    """Cut, blur and encode the clip that ``job`` asks for.

    Pictures keep their own times, so a stream of variable rate, or one with pictures missing, plays as it
    was. The clip covers what the packets hold of ``pts0..pts1``; the result says what that is.

    Args:
        packets: From a keyframe at or before ``job.pts0``, if there is one, in decoding order.
        job: Times on the clock of ``packets``; head boxes in pixels of ``job.size``.
        settings: Largest width and quality.
        stop: Asked before every packet.
        preset: x264's.

    Raises:
        ClipAborted: ``stop`` said so.
        SourceInvalid: Not one picture in the span can be decoded.
    """
    decoder = _Decoder(packets, job.pts0, job.pts1, stop)
    encoder: _Encoder | None = None
    for pts, frame in _thinned(decoder.pictures(), settings.max_fps, job.trigger_pts):
        if encoder is None:
            encoder = _Encoder(frame, job, settings, preset, len(packets.packets))
        encoder.add(pts, frame)
    if encoder is None:
        raise SourceInvalid(
            "no picture of the event's clip can be decoded",
            where=f"camera {job.camera}",
            fix="Check the camera's stream with siaga camera probe.",
        )
    data = encoder.finish()
    times = encoder.times
    return ClipResult(
        data=data,
        width=encoder.width,
        height=encoder.height,
        t0=packets.utc0 + timedelta(seconds=times[0]),
        t1=packets.utc0 + timedelta(seconds=times[-1]),
        trigger_s=_trigger(times, job.trigger_pts),
        heads_covered=len(encoder.tracks),
        masks=len(job.masks),
        frames=len(times),
        damaged=decoder.damaged,
    )


def _thinned(
    pictures: Iterator[tuple[float, VideoFrame]], max_fps: float, trigger: float
) -> Iterator[tuple[float, VideoFrame]]:
    """At most ``max_fps`` pictures a second, on a grid that the trigger's own picture lies on."""
    taken: int | None = None
    for pts, frame in pictures:
        slot = math.floor((pts - trigger) * max_fps + _GRID_SLACK)
        if slot != taken:
            taken = slot
            yield pts, frame


def _trigger(times: list[float], trigger: float) -> float | None:
    if not times[0] - _TRIGGER_TOLERANCE_S <= trigger <= times[-1] + _TRIGGER_TOLERANCE_S:
        return None
    nearest = min(times, key=lambda pts: abs(pts - trigger))
    return round(nearest - times[0], 4)


class _Decoder:
    """Pictures of a span, in the order they are shown, from one thread."""

    def __init__(self, packets: PacketSlice, pts0: float, pts1: float, stop: Callable[[], bool]) -> None:
        self._packets = _from_keyframe(packets.packets, pts0)
        self._span = (pts0 - 0.5 / 90_000, pts1 + 0.5 / 90_000)
        self._stop = stop
        self.damaged = 0
        context = av.CodecContext.create(packets.codec, "r")
        if not isinstance(context, VideoCodecContext):
            raise SourceInvalid(f"{packets.codec} is not a video codec")
        if packets.extradata:
            context.extradata = packets.extradata
        context.thread_count = 1
        self._context = context

    def pictures(self) -> Iterator[tuple[float, VideoFrame]]:
        last = float("-inf")
        for packet in [*self._packets, None]:
            if self._stop():
                raise ClipAborted("cutting the clip was stopped")
            if packet is not None and packet.dts > self._span[1] and packet.pts > self._span[1]:
                continue
            for frame in self._decode(packet):
                pts = None if frame.pts is None else float(frame.pts * _TIME_BASE)
                if pts is None or not self._span[0] <= pts <= self._span[1] or pts <= last:
                    continue
                if frame.is_corrupt:
                    self.damaged += 1
                    continue
                last = pts
                yield pts, frame

    def _decode(self, packet: EncodedPacket | None) -> list[VideoFrame]:
        try:
            return self._context.decode(_av_packet(packet) if packet else None)
        except av.error.FFmpegError:
            self.damaged += 1
            return []


def _from_keyframe(packets: tuple[EncodedPacket, ...], pts0: float) -> tuple[EncodedPacket, ...]:
    starts = [index for index, packet in enumerate(packets) if packet.keyframe and packet.pts <= pts0]
    return packets[starts[-1] :] if starts else packets


def _av_packet(packet: EncodedPacket) -> "av.Packet[Any]":
    made: av.Packet[Any] = av.Packet(packet.data)
    made.pts = round(packet.pts / _TIME_BASE)
    made.dts = round(packet.dts / _TIME_BASE)
    made.time_base = _TIME_BASE
    return made


def _planes(picture: VideoFrame) -> Planes:
    """Views on the three planes of a yuv420p picture."""
    luma, blue, red = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in picture.planes
    )
    return luma, blue, red


class _Encoder:
    """Blurs pictures and encodes them into memory: no unblurred byte leaves this class."""

    def __init__(
        self, first: VideoFrame, job: ClipJob, settings: Clip, preset: str, pictures_at_most: int
    ) -> None:
        self.width = max(min(settings.max_width, first.width) // 2 * 2, 2)
        self.height = max(round(first.height * self.width / first.width) // 2 * 2, 2)
        self.times: list[float] = []
        self.tracks: set[int] = set()
        self._masks = job.masks
        self._scaler = VideoReformatter()
        self._timeline = HeadTimeline(job.samples)
        self._scale = (self.width / job.size[0], self.height / job.size[1])
        self._file = io.BytesIO()
        # The index goes into room kept for it in front of the pictures; +faststart would need a real file.
        room = 8192 + 48 * pictures_at_most
        options = {"moov_size": str(room), "fflags": "+bitexact"}
        self._container = av.open(self._file, "w", format="mp4", options=options)
        stream = self._container.add_stream("libx264", rate=_NOMINAL_FPS)
        stream.width, stream.height, stream.pix_fmt = self.width, self.height, "yuv420p"
        stream.codec_context.time_base = _TIME_BASE
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {
            "preset": preset,
            "profile": "baseline",
            "crf": str(settings.crf),
            "g": str(_KEYFRAME_EVERY),
        }
        self._stream = stream

    def add(self, pts: float, frame: VideoFrame) -> None:
        """Take one picture at ``pts`` (rising); the decoder's own picture is not touched."""
        picture = self._scaled(frame)
        found = self._timeline.by_track(pts)
        x, y = self._scale
        regions = [
            (box[0] * x, box[1] * y, box[2] * x, box[3] * y) for boxes in found.values() for box in boxes
        ]
        planes = _planes(picture)
        pixelate_yuv(planes, regions)
        black_out_yuv(planes, self._masks)
        self.tracks.update(found)
        self.times.append(pts)
        picture.pts, picture.time_base = round((pts - self.times[0]) / _TIME_BASE), _TIME_BASE
        self._container.mux(self._stream.encode(picture))

    def _scaled(self, frame: VideoFrame) -> VideoFrame:
        scaled = self._scaler.reformat(
            frame,
            self.width,
            self.height,
            format="yuv420p",
            interpolation=Interpolation.FAST_BILINEAR,
            threads=1,
        )
        if scaled is frame:
            # The decoder still refers to this picture: a blur in it would spread into later ones.
            scaled = VideoFrame(self.width, self.height, "yuv420p")
            for mine, theirs in zip(_planes(scaled), _planes(frame), strict=True):
                mine[...] = theirs
        # The kind of picture it was in the stream would be forced on the encoder.
        scaled.pict_type = PictureType.NONE
        return scaled

    def finish(self) -> bytes:
        """Close the file and give its bytes."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._file.getvalue()
