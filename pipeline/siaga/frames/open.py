"""From an address to the source that reads it."""

from datetime import datetime

from siaga.core.clock import Clock
from siaga.core.settings import StreamUrl
from siaga.frames.device import DeviceSource
from siaga.frames.file import FileSource
from siaga.frames.rtsp import RtspSource
from siaga.frames.source import Transport, VideoSource


def open_source(
    url: StreamUrl,
    *,
    transport: Transport = "tcp",
    timeout: float = 10.0,
    clock: Clock,
    start_utc: datetime | None = None,
    epoch: int = 0,
) -> VideoSource:
    """Connect to a camera or open a file; blocks until the stream's parameters are known.

    Args:
        url: Where it is. The protocol decides the kind of source; nothing else is taken from the user.
        transport: How RTP travels; only for ``rtsp``.
        timeout: Seconds to connect, and seconds without data before a live stream counts as stalled. FFmpeg
            may take about twice as long to notice.
        clock: Stamps the packets of live streams.
        start_utc: Wall time of a file's first frame; default: now.
        epoch: Number of this connection in the camera's run.

    Raises:
        SourceUnavailable: Nothing answers there within the time-out, or it knows no such stream.
        SourceRefused: Wrong user or password, or no right to the stream.
        SourceInvalid: No video, damaged, or in a codec or form that Siaga does not read.
    """
    if url.is_file:
        return FileSource(url, start_utc=start_utc or clock.utc(), epoch=epoch)
    if url.reveal().startswith("device:"):
        return DeviceSource(url, timeout=timeout, clock=clock, epoch=epoch)
    return RtspSource(url, transport=transport, timeout=timeout, clock=clock, epoch=epoch)
