"""Video files, read from start to end as fast as they are asked for."""

from collections.abc import Iterator
from datetime import datetime

from siaga.core.errors import SourceError, SourceInvalid, SourceUnavailable
from siaga.core.settings import StreamUrl
from siaga.frames.failure import FFmpegFailure
from siaga.frames.source import SourcePacket, after
from siaga.frames.stream import ContainerSource, open_container

_MISSING_TAIL_SECONDS = 0.5


class FileSource(ContainerSource):
    """A file; its stream time is the rule clock. Parameters and errors: see ``open_source``."""

    def __init__(self, url: StreamUrl, *, start_utc: datetime, epoch: int) -> None:
        address = str(url.path)
        if not url.path.is_file():
            what = "There is no such file." if not url.path.exists() else "This is not a file."
            raise SourceUnavailable(what, where=address, fix="Check the path.")
        options = {"protocol_whitelist": "file"}
        container = open_container(f"file:{address}", address, options)
        super().__init__(container, address, live=False, epoch=epoch)
        self._start_utc = start_utc

    def packets(self) -> Iterator[SourcePacket]:
        read_to, packets = 0.0, 0
        try:
            for packet in self._units():
                pts, dts = self._place(packet, 0.0)
                utc = after(self._start_utc, pts)
                read_to, packets = max(read_to, pts), packets + 1
                yield SourcePacket(
                    packet, pts, dts, packet.is_keyframe, self.epoch, pts, utc, packet.is_corrupt
                )
            failure = self._missing_tail(read_to, packets)
        except FFmpegFailure:
            failure = self._damaged(read_to)
        if failure is not None:
            raise failure

    def _missing_tail(self, read_to: float, packets: int) -> SourceError | None:
        """The error when the file says that it is longer than what could be read."""
        seconds = self._announced_seconds()
        # Trimmed files announce more frames than they show, held last frames more time: both must be missing.
        if seconds is None or 0 < self._stream.frames <= packets:
            return None
        frame = 1 / self.info.fps if self.info.fps else 0.0
        return self._damaged(read_to) if seconds - frame - read_to > _MISSING_TAIL_SECONDS else None

    def _announced_seconds(self) -> float | None:
        """The video's length by the file's own header; None when it has none."""
        if self._stream.duration is not None:
            return float(self._stream.duration * self.info.time_base)
        container = self._container
        # Other formats than Matroska announce nothing, and FFmpeg guesses.
        alone = len(container.streams) == 1 and "matroska" in container.format.name
        return container.duration / 1e6 if alone and container.duration else None

    def _damaged(self, read_to: float) -> SourceInvalid:
        what = f"The file is damaged or cut off at {read_to:.1f} s."
        fix = "Copy the file again; what came before was read."
        return SourceInvalid(what, where=self.address, fix=fix)
