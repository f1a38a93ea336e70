"""How fast and how soon again: the uplink's cap, and the wait between tries."""

import random
from collections.abc import Callable

from siaga.core.clock import Clock

Sleep = Callable[[float], None]

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0


class Backoff:
    """Capped exponential waits with jitter (between half and all of the wait).

    Args:
        jitter: Gives 0..1.
    """

    def __init__(
        self,
        *,
        first: float = FIRST_WAIT_S,
        longest: float = LONGEST_WAIT_S,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._first = first
        self._longest = longest
        self._jitter = jitter
        self._failures = 0

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        wait = wait_for(self._failures, first=self._first, longest=self._longest)
        self._failures += 1
        return wait * (0.5 + 0.5 * self._jitter())

    def reset(self) -> None:
        """It worked: the next failure waits shortly again."""
        self._failures = 0


def wait_for(failures: int, *, first: float = FIRST_WAIT_S, longest: float = LONGEST_WAIT_S) -> float:
    """The full wait in seconds after ``failures`` earlier ones."""
    return min(first * 2.0 ** min(failures, 30), longest)


class TokenBucket:
    """Keeps the mean rate of bytes under a cap; one piece may go at once and is paid for afterwards.

    Args:
        rate: Bytes per second; 0: no cap.
    """

    def __init__(self, rate: int, clock: Clock, sleep: Sleep) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock.monotonic()

    def take(self, count: int) -> None:
        """Wait until ``count`` bytes may be sent."""
        if self._rate <= 0:
            return
        now = self._clock.monotonic()
        if self._free_at > now:
            self._sleep(self._free_at - now)
        self._free_at = max(self._free_at, now) + count / self._rate

    def piece(self, largest: int, smallest: int = 4096) -> int:
        """Bytes that take about a second, so that something more urgent never waits long."""
        return largest if self._rate <= 0 else min(max(self._rate, smallest), largest)
