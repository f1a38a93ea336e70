"""Slows down whoever tries wrong keys and passwords.

It counts in memory: of several services on one database each counts for itself.
"""

import ipaddress
import threading
from collections import OrderedDict, deque

from siaga.core.clock import Clock
from siaga.core.errors import Unauthorised


class RateLimited(Unauthorised):
    """Too many wrong keys or passwords. ``retry_after``: seconds to wait."""

    http_status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many wrong tries.", fix=f"Wait {retry_after} seconds.")
        self.retry_after = retry_after


class WrongKeyLimiter:
    """Counts wrong keys per address over a sliding window. Right keys are never counted or refused.

    Args:
        limit: Wrong keys per window.
        window_s: Length of the window in seconds.
        addresses: How many addresses are remembered; the longest silent one is forgotten first.
    """

    def __init__(self, clock: Clock, limit: int = 10, window_s: float = 60.0, addresses: int = 1024) -> None:
        self._clock = clock
        self._limit = limit
        self._window_s = window_s
        self._addresses = addresses
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def wrong(self, address: str) -> None:
        """Count a wrong key.

        Raises:
            RateLimited: There were too many.
        """
        now = self._clock.monotonic()
        with self._lock:
            times = self._wrong.setdefault(address, deque())
            self._wrong.move_to_end(address)
            self._refuse_if_full(times, now)
            times.append(now)
            if len(self._wrong) > self._addresses:
                self._wrong.popitem(last=False)

    def check(self, address: str) -> None:
        """Refuse without counting.

        Raises:
            RateLimited: There were too many wrong ones.
        """
        with self._lock:
            times = self._wrong.get(address)
            if times is not None:
                self._refuse_if_full(times, self._clock.monotonic())

    def _refuse_if_full(self, times: deque[float], now: float) -> None:
        while times and times[0] <= now - self._window_s:
            times.popleft()
        if len(times) >= self._limit:
            raise RateLimited(int(times[0] + self._window_s - now) + 1)


class SignInLimiter:
    """Guards passwords: a guesser is refused before the password is looked at, a known browser is not.

    Three counts of wrong tries: 30 in ten minutes per address; 10 in ten minutes per account and address; 100
    an hour per account. Whoever attacks an account from many addresses fills the last one. It does not hold
    for an address from which that user is signed in: others cannot lock the owner of an account out for ever.
    """

    def __init__(self, clock: Clock) -> None:
        self._by_address = WrongKeyLimiter(clock, 30, 600.0, 10_000)
        self._by_both = WrongKeyLimiter(clock, 10, 600.0, 10_000)
        self._by_account = WrongKeyLimiter(clock, 100, 3600.0, 10_000)

    def check(self, account: str, address: str, *, known: bool) -> None:
        """Refuse before anything is looked at.

        Args:
            known: This user is signed in from this address.

        Raises:
            RateLimited: There were too many wrong tries.
        """
        network = network_of(address)
        self._by_address.check(network)
        self._by_both.check(f"{account} {network}")
        if not known:
            self._by_account.check(account)

    def wrong(self, account: str, address: str) -> None:
        """Count a wrong try.

        Raises:
            RateLimited: There were too many.
        """
        network = network_of(address)
        self._by_account.wrong(account)
        self._by_both.wrong(f"{account} {network}")
        self._by_address.wrong(network)


def network_of(address: str) -> str:
    """The address to count by: of IPv6 the /64, since one machine has all of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed.packed, 64), strict=False))
