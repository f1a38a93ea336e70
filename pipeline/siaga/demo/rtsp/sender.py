"""Sends one camera to one client, in real time."""

import asyncio
from contextlib import suppress

from siaga.core.clock import Clock
from siaga.demo.rtsp.clip import Unit
from siaga.demo.rtsp.mount import Mount
from siaga.demo.rtsp.payload import interleaved, rtp_header, sender_report

REPORT_EVERY_S = 5.0
STUCK_CLIENT_S = 10.0

_NAP_S = 0.05


class Sender:
    """RTP and RTCP over the RTSP connection of one client.

    Args:
        mount: The camera.
        clock: Paces the pictures, and tells the wall-clock time for the sender reports.
        writer: The connection.
        channels: Interleaved channels of RTP and RTCP.
        ssrc: Names this stream in its packets.
    """

    def __init__(
        self,
        mount: Mount,
        clock: Clock,
        writer: asyncio.StreamWriter,
        channels: tuple[int, int],
        ssrc: int,
    ) -> None:
        self._mount = mount
        self._clock = clock
        self._writer = writer
        self._rtp, self._rtcp = channels
        self._ssrc = ssrc
        self._sequence = 0
        self._packets = 0
        self._octets = 0
        self._next_report = 0.0

    async def run(self) -> None:
        """Send until cancelled, until the client goes or stops reading, or until a fault ends it."""
        self._mount.playing += 1
        try:
            # OSError: the client went away, or read nothing for STUCK_CLIENT_S. A camera forgets about it.
            with suppress(OSError):
                await self._send_units()
            self._writer.transport.abort()
        finally:
            self._mount.playing -= 1

    async def _send_units(self) -> None:
        clip, started = self._mount.clip, self._clock.monotonic()
        position = clip.keyframe_at(self._mount.ticks(started))
        while True:
            unit, sent, shown = clip.at(position)
            if not await self._wait(self._mount.due(sent), started):
                return
            newest = clip.keyframe_at(self._mount.ticks(self._clock.monotonic()))
            if newest > position and self._clock.monotonic() - self._mount.due(sent) > self._mount.max_lag:
                position = newest
                continue
            self._writer.write(self._report() + self._packets_of(unit, position, shown))
            async with asyncio.timeout(STUCK_CLIENT_S):
                await self._writer.drain()
            position += 1

    async def _wait(self, due: float, started: float) -> bool:
        """Wait until ``due`` and while frozen; False when the connection's time is up."""
        faults = self._mount.faults
        while True:
            now = self._clock.monotonic()
            if faults.drop_after is not None and now - started >= faults.drop_after:
                return False
            if now >= due and not faults.frozen:
                return True
            await asyncio.sleep(_NAP_S if faults.frozen else min(due - now, _NAP_S))

    def _packets_of(self, unit: Unit, position: int, shown: int) -> bytes:
        timestamp = self._mount.rtp_time(shown)
        arrived = self._mount.faults.damage(unit.payloads, position)
        out = bytearray()
        for index, payload in enumerate(arrived, 1):
            if payload is not None:
                header = rtp_header(
                    marker=index == len(arrived),
                    sequence=self._sequence,
                    timestamp=timestamp,
                    ssrc=self._ssrc,
                )
                out += interleaved(self._rtp, header + payload)
                self._packets += 1
                self._octets += len(payload)
            self._sequence += 1
        return bytes(out)

    def _report(self) -> bytes:
        now = self._clock.monotonic()
        if now < self._next_report:
            return b""
        self._next_report = now + REPORT_EVERY_S
        # With B-frames the decoding order runs ahead by ``delay``: what is sent now is shown then.
        ticks = self._mount.ticks(now) + self._mount.clip.delay
        packet = sender_report(
            ssrc=self._ssrc,
            unix_time=self._clock.utc().timestamp(),
            timestamp=self._mount.rtp_time(ticks),
            packets=self._packets,
            octets=self._octets,
        )
        return interleaved(self._rtcp, packet)
