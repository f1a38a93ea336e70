"""Cameras that are plugged in: ``device:N`` is ``/dev/videoN`` through Video4Linux."""

from collections.abc import Iterator
from pathlib import Path

from siaga.core.clock import Clock
from siaga.core.errors import SourceError, SourceUnavailable
from siaga.core.settings import StreamUrl
from siaga.frames.failure import FFmpegFailure, ended, read_failure
from siaga.frames.source import SourcePacket
from siaga.frames.stream import ContainerSource, open_container


class DeviceSource(ContainerSource):
    """A local camera; parameters and errors: see ``open_source``."""

    def __init__(self, url: StreamUrl, *, timeout: float, clock: Clock, epoch: int) -> None:
        path = Path(f"/dev/video{int(url.reveal().removeprefix('device:'))}")
        if not path.exists():
            fix = "Plug the camera in, or choose another number; `ls /dev/video*` lists them."
            raise SourceUnavailable("There is no such device.", where=str(path), fix=fix)
        options = {"protocol_whitelist": "file"}
        container = open_container(str(path), str(path), options, form="v4l2", timeout=timeout)
        super().__init__(container, str(path), live=True, epoch=epoch)
        self._timeout = timeout
        self._clock = clock

    def packets(self) -> Iterator[SourcePacket]:
        try:
            for packet in self._units():
                arrival, utc = self._clock.monotonic(), self._clock.utc()
                pts, dts = self._place(packet, arrival)
                yield SourcePacket(
                    packet, pts, dts, packet.is_keyframe, self.epoch, arrival, utc, packet.is_corrupt
                )
            failure: SourceError = ended(self.address)
        except FFmpegFailure as error:
            failure = read_failure(error, self.address, self._timeout)
        raise failure
