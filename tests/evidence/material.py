"""Packets of a clip with readable frame numbers, as a packet ring would give them."""

import io
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import av

from siaga.core.geometry import Polygon
from siaga.core.video import ClipJob, EncodedPacket, HeadSample, PacketSlice
from tests.support.clips import Rgb

UTC0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
EVENT_ID = UUID("0195f000-0000-7000-8000-000000000001")


def packets_of(path: Path) -> PacketSlice:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        origin, base = stream.start_time or 0, stream.time_base
        packets = tuple(
            EncodedPacket(
                bytes(packet),
                float((packet.pts - origin) * base),
                float((packet.dts - origin) * base),
                bool(packet.is_keyframe),
            )
            for packet in container.demux(stream)
            if packet.size
        )
        context = stream.codec_context
        codec = "hevc" if context.codec.name.startswith("hevc") else "h264"
        size = (context.width, context.height)
        return PacketSlice(codec, bytes(context.extradata or b""), size, 1, UTC0, packets)


def job_for(
    packets: PacketSlice,
    *,
    trigger: float = 2.0,
    span: tuple[float, float] = (1.0, 3.0),
    samples: tuple[HeadSample, ...] = (),
    masks: tuple[Polygon, ...] = (),
) -> ClipJob:
    return ClipJob(EVENT_ID, "gate", 1, trigger, trigger, *span, packets.size, samples, masks)


def pictures(data: bytes) -> list[tuple[float, Rgb]]:
    with av.open(io.BytesIO(data)) as container:
        return [
            (float(frame.time or 0), frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)
        ]
