"""A part of a video file, packets as they are."""

from pathlib import Path

import av


def cut_at_keyframes(source: Path, target: Path, first: float, last: float) -> tuple[float, float]:
    """Copy the pictures from the last keyframe at or before ``first`` to before ``last`` (seconds).

    Returns:
        Seconds of the first picture copied, and of the end of the last one.
    """
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.pts is not None]
        base = float(stream.time_base or 0)
        begin = max((p.pts for p in packets if p.is_keyframe and p.pts * base <= first), default=0)
        copy = out.add_stream_from_template(stream)
        kept = [packet for packet in packets if begin <= packet.pts < last / base]
        for packet in kept:
            packet.pts, packet.dts = packet.pts - begin, (packet.dts or packet.pts) - begin
            packet.stream = copy
            out.mux(packet)
    return begin * base, min(last, (begin + kept[-1].pts + kept[-1].duration) * base)
