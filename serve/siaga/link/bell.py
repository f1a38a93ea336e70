"""Holds a box's request until there is something for it, whichever replica was told."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import anyio
import anyio.to_thread

_LOOK_EVERY_S = 0.5


class Bell:
    """Waits on the event loop. However many boxes wait, the database is looked at twice a second at most.

    Args:
        look: Site to a number that changes with everything that its boxes should hear of. Blocks.
        stopping: Whether the service is about to end: then nobody waits.
    """

    def __init__(
        self, look: Callable[[], Mapping[str, int]], stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._look = look
        self._stopping = stopping
        self._seen: Mapping[str, int] = {}
        self._seen_at = float("-inf")
        self._looking: anyio.Lock | None = None

    async def wait(self, site: str, known: int, seconds: float) -> None:
        """Return when the site's number is over ``known``, or after ``seconds``."""
        with anyio.move_on_after(seconds):
            while not self._stopping() and (await self._newest()).get(site, 0) <= known:
                await anyio.sleep(_LOOK_EVERY_S)

    async def _newest(self) -> Mapping[str, int]:
        if self._looking is None:
            self._looking = anyio.Lock()
        async with self._looking:
            if anyio.current_time() - self._seen_at >= _LOOK_EVERY_S:
                self._seen = await anyio.to_thread.run_sync(self._look)
                self._seen_at = anyio.current_time()
        return self._seen
