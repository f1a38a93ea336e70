"""Default-deny: a route says what its caller must be allowed to do, or the service does not start."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive

from siaga.access import Permission
from siaga.core.errors import ConfigError

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])
_MARK = "__siaga_policy__"
_SMALL_BODY = 64 * 1024


def guarded(permission: Permission, max_body: int = _SMALL_BODY) -> Callable[[_Endpoint], _Endpoint]:
    """Declare what a caller of an endpoint must be allowed to do.

    Args:
        max_body: Bytes of request body that are taken; more is answered with 413.
    """

    def mark(endpoint: _Endpoint) -> _Endpoint:
        setattr(endpoint, _MARK, (permission, max_body))
        return endpoint

    return mark


class GuardedRoute(APIRoute):
    """A route that asks ``app.state.guard`` before it looks at anything else of the request.

    Raises:
        ConfigError: The endpoint declares no policy.
    """

    @property
    def permission(self) -> Permission:
        """What its caller must be allowed to do."""
        return self._declared()[0]

    def _declared(self) -> tuple[Permission, int]:
        declared: tuple[Permission, int] | None = getattr(self.endpoint, _MARK, None)
        if declared is None:
            raise ConfigError(
                "A route has no policy.", where=self.path, fix="Declare one with @guarded(Permission...)."
            )
        return declared

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        permission, max_body = self._declared()
        handle = super().get_route_handler()

        async def check_and_handle(request: Request) -> Response:
            principal = await run_in_threadpool(request.app.state.guard.authorise, request, permission)
            request.state.principal = principal
            request.state.scope = principal.scope(permission)
            return await handle(Request(request.scope, _limited(request.receive, max_body)))

        return check_and_handle


def _limited(receive: Receive, max_body: int) -> Receive:
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > max_body:
            raise HTTPException(413, f"At most {max_body} bytes are taken here.")
        return message

    return limited


def check_policies(app: FastAPI) -> None:
    """Refuse an app with a route that is not guarded.

    Raises:
        ConfigError: A route, mount or websocket would answer without a policy.
    """
    for route in app.routes:
        if not isinstance(route, GuardedRoute):
            raise ConfigError(
                "A route has no policy.",
                where=str(getattr(route, "path", route)),
                fix="Declare it on a router whose route_class is GuardedRoute.",
            )
