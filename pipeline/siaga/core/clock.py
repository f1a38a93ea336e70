"""Time and identity, passed in and never reached for, so that tests and files decide what the clock says."""

import os
import random
import secrets
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the time is."""

    def monotonic(self) -> float:
        """Seconds that never go back; the origin means nothing. For intervals."""

    def utc(self) -> datetime:
        """Aware UTC wall time. For what is stored and shown, never for intervals."""


class SystemClock:
    """The machine's clocks."""

    def monotonic(self) -> float:
        return time.monotonic()

    def utc(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when told to.

    Args:
        start: Wall time at monotonic zero; aware.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0

    def advance(self, seconds: float) -> None:
        """Move both clocks on by ``seconds``."""
        self._elapsed += seconds

    def set(self, seconds: float) -> None:
        """Put the monotonic clock at ``seconds`` (and the wall clock as far after its start)."""
        self._elapsed = seconds

    def monotonic(self) -> float:
        return self._elapsed

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self._start.timestamp() + self._elapsed, UTC)


IdFactory = Callable[[], uuid.UUID]


def uuid7_factory(clock: Clock, random_bytes: Callable[[int], bytes] = os.urandom) -> IdFactory:
    """Make a source of UUIDv7 (RFC 9562 §5.7), in order within the millisecond.

    The 12 bits ``rand_a`` count up within one millisecond (RFC 9562 §6.2, method 1).

    Args:
        clock: Gives the 48-bit Unix time in milliseconds.
        random_bytes: Source of the random part; a seeded one makes ids repeatable for files.
    """
    last_ms = -1
    counter = 0

    def make() -> uuid.UUID:
        nonlocal last_ms, counter
        now_ms = max(int(clock.utc().timestamp() * 1000), last_ms)
        if now_ms == last_ms:
            counter += 1
            if counter > 0xFFF:
                now_ms, counter = now_ms + 1, 0
        else:
            counter = int.from_bytes(random_bytes(2)) & 0x7FF
        last_ms = now_ms
        tail = int.from_bytes(random_bytes(8)) & ((1 << 62) - 1)
        value = (now_ms << 80) | (0x7 << 76) | (counter << 64) | (0b10 << 62) | tail
        return uuid.UUID(int=value)

    return make


def repeatable(seed: bytes | None, purpose: str) -> Callable[[int], bytes]:
    """Random bytes for :func:`uuid7_factory`: the machine's, or with a seed the same ones every time.

    Args:
        purpose: Keeps apart what is made from one seed.
    """
    if seed is None:
        return os.urandom
    return random.Random(seed + purpose.encode()).randbytes


def random_token() -> str:
    """A new URL-safe secret of 256 bits."""
    return secrets.token_urlsafe(32)
