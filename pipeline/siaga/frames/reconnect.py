"""How soon to try again, and how to say the same error once a minute instead of once a try."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from siaga.core.clock import Clock


class Backoff:
    """Waiting times with full jitter: each is drawn from 0 to a bound that doubles up to ``cap``.

    Args:
        first: Bound of the first wait, seconds.
        cap: Largest bound. Under 10 s less the time to connect, so that a camera is back within 10 s of its
            server.
        rng: Draws the waits; seeded in tests.
        floor: Least wait, so that a camera that refuses at once is not hammered.
    """

    def __init__(
        self, first: float = 0.5, cap: float = 8.0, *, rng: random.Random, floor: float = 0.1
    ) -> None:
        self._first = first
        self._cap = cap
        self._rng = rng
        self._floor = floor
        self._bound = first

    def next(self) -> float:
        """Seconds to wait before the next try."""
        bound, self._bound = self._bound, min(self._bound * 2, self._cap)
        return self._rng.uniform(min(self._floor, bound), bound)

    def reset(self) -> None:
        """A try succeeded: data flows."""
        self._bound = self._first


@dataclass(slots=True)
class RepeatedErrors:
    """Passes a message on at once when it is new, and then at most once per period, with a count.

    Args:
        say: Where messages go.
        clock: Monotonic time.
        period: Seconds between two reports of the same message.
    """

    say: Callable[[str], None]
    clock: Clock
    period: float = 60.0
    _since: dict[str, float] = field(default_factory=dict, init=False)
    _unsaid: dict[str, int] = field(default_factory=dict, init=False)

    def note(self, message: str) -> None:
        """The error ``message`` happened once more; it must be free of secrets."""
        self.flush()
        if message in self._since:
            self._unsaid[message] = self._unsaid.get(message, 0) + 1
            return
        self._since[message] = self.clock.monotonic()
        self.say(message)

    def flush(self) -> None:
        """Report the counts whose period is over; also called by ``note``."""
        now = self.clock.monotonic()
        for message in [message for message, since in self._since.items() if now - since >= self.period]:
            seconds = now - self._since.pop(message)
            count = self._unsaid.pop(message, 0)
            if count:
                self.say(f"{message} (same error ×{count} in the last {seconds:.0f} s)")
                self._since[message] = now
