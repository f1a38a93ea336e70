"""What changes, told while it happens: server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, cast

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from siaga.access import Permission, Scope
from siaga.api.deps import ScopeDep
from siaga.archive.errors import Busy
from siaga.auth import GuardedRoute, guarded
from siaga.db.live import LiveFeed, Numbered

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["live"])

_HEARTBEAT_S = 15.0
_LONGEST_S = 600.0
"""Then the browser comes again by itself, and what it may see is asked again."""
_WAITING = 1000
_LISTENERS = 200
_RETRY_MS = 3000
_LOST = "event: lost\ndata: {}\n\n"


class _Waiting:
    """What one listener has not been sent yet; bounded, and it knows when something did not fit."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Numbered | None] = asyncio.Queue(_WAITING)
        self._lost = False

    def deliver(self, told: Sequence[Numbered]) -> None:
        """Called from the feed's thread."""
        ours = [one for one in told if self._scope.allows(one.change.site)]
        if ours or not told:
            self._loop.call_soon_threadsafe(self._put, ours)

    def _put(self, told: Sequence[Numbered]) -> None:
        for one in told or (None,):
            if self._queue.full():
                self._lost = True
                return
            self._queue.put_nowait(one)

    async def take(self) -> str:
        """The next text to send: changes, or a heartbeat when there are none for a while."""
        try:
            async with asyncio.timeout(_HEARTBEAT_S):
                found = [await self._queue.get()]
        except TimeoutError:
            return ": nothing new\n\n"
        while not self._queue.empty():
            found.append(self._queue.get_nowait())
        lost, self._lost = self._lost, False
        return "".join(_text(one) for one in found if one) + (_LOST if lost else "")


def _text(one: Numbered) -> str:
    change = one.change
    data = json.dumps({"kind": change.kind, "site": change.site, "object": change.object})
    return f"id: {one.id}\nevent: change\ndata: {data}\n\n"


@router.get(
    "/live",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                "text/event-stream": {
                    "example": 'id: 17\nevent: change\ndata: {"kind": "violation", "site": "north",'
                    ' "object": "01900000-0000-7000-8000-000000000000"}\n\n'
                }
            },
            "description": "`change`: what is not as it was. `lost`: more than could be told; load anew."
            " The stream ends after ten minutes; go on with `Last-Event-ID`.",
        }
    },
)
@guarded(Permission.READ_EVENTS)
async def listen(
    request: Request,
    scope: ScopeDep,
    last_event_id: Annotated[int | None, Header(ge=0, le=2**62)] = None,
) -> StreamingResponse:
    """Changes at the caller's sites from now on, or from a number on. A change may be told twice."""
    feed = cast(LiveFeed, request.app.state.live)
    if feed.listeners() >= _LISTENERS:
        raise Busy("Too many pages are listening.", retry_after=30)
    return StreamingResponse(
        _stream(feed, scope, last_event_id), media_type="text/event-stream", headers=_HEADERS
    )


_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def _stream(feed: LiveFeed, scope: Scope, last: int | None) -> AsyncIterator[str]:
    waiting = _Waiting(scope)
    end = asyncio.get_running_loop().time() + _LONGEST_S
    with feed.listening(waiting.deliver):
        yield f"retry: {_RETRY_MS}\n\n"
        if last is not None:
            missed = await run_in_threadpool(feed.since, last, scope)
            yield _LOST if missed is None else "".join(_text(one) for one in missed)
        while asyncio.get_running_loop().time() < end and not feed.ended:
            yield await waiting.take()
