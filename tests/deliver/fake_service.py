"""A small real service over HTTP that keeps what it gets, and fails when told to."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from siaga.core.canonical import sha256_hex
from siaga.core.event import Event

Fault = str | None
"""None, a status ("500"), "cut" before the request is handled, or "lost": handled, the answer never sent."""

TOKEN = "token-of-the-device-1234"


@dataclass
class FakeService:
    """What has arrived. ``fault`` is asked for each request, with its method and path."""

    fault: Callable[[str, str], Fault] = lambda _method, _path: None
    events: dict[UUID, bytes] = field(default_factory=dict)
    order: list[UUID] = field(default_factory=list)
    evidence: dict[str, bytearray] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    complete: dict[str, int] = field(default_factory=dict)
    ledger: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    bodies: int = 0
    retry_after: str | None = None
    url: str = ""

    def put_event(self, record_id: UUID, body: bytes) -> "Answer":
        known = self.events.get(record_id)
        if known is not None:
            return Answer(200 if known == body else 409)
        event = Event.model_validate_json(body)
        if event.site == "unknown":
            return Answer(422, problem={"type": "about:blank", "detail": "no such site"})
        self.events[record_id] = body
        self.order.append(record_id)
        for piece in event.evidence:
            if piece.sha256 is not None:
                self.evidence.setdefault(piece.sha256, bytearray())
        return Answer(201)

    def head(self, sha256: str) -> "Answer":
        if sha256 not in self.evidence:
            return Answer(404)
        headers = {"Upload-Offset": str(len(self.evidence[sha256]))}
        if sha256 in self.complete:
            headers["Upload-Complete"] = "1"
        return Answer(200, headers)

    def patch(self, sha256: str, offset: int, total: int, body: bytes) -> "Answer":
        if sha256 not in self.evidence:
            return Answer(404)
        held = self.evidence[sha256]
        if sha256 in self.complete or offset != len(held) or len(held) + len(body) > total:
            return Answer(409, {"Upload-Offset": str(len(held))})
        held += body
        headers = {"Upload-Offset": str(len(held))}
        if len(held) < total:
            return Answer(200, headers)
        if sha256_hex(bytes(held)) != sha256:
            held.clear()
            return Answer(422, problem={"type": "https://example.org/problems/hash_mismatch"})
        self.complete[sha256] = self.complete.get(sha256, 0) + 1
        return Answer(201, headers | {"Upload-Complete": "1"})


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    problem: dict[str, str] | None = None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def handle_one(self) -> None:
        service = self.server.service
        service.requests.append((self.command, self.path))
        fault = service.fault(self.command, self.path)
        if fault == "cut":
            self._hang_up()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service.bodies += len(body)
        if fault and fault.isdigit():
            headers = {"Retry-After": service.retry_after} if service.retry_after else {}
            self._answer(Answer(int(fault), headers))
            return
        with self.server.lock:
            answer = self._route(service, body)
        if fault == "lost":
            self._hang_up()
        else:
            self._answer(answer)

    do_PUT = do_PATCH = do_HEAD = handle_one  # noqa: N815 (the names that http.server calls)

    def _route(self, service: FakeService, body: bytes) -> Answer:
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in service.tokens:
            return Answer(401)
        *_, kind, name = self.path.split("/")
        if (self.command, kind) == ("PUT", "events"):
            return service.put_event(UUID(name), body)
        if (self.command, kind) == ("PUT", "ledger"):
            service.ledger[name] = json.loads(body)["rows"]
            return Answer(200)
        if (self.command, kind) == ("HEAD", "evidence"):
            return service.head(name)
        offset, total = int(self.headers["Upload-Offset"]), int(self.headers["Upload-Length"])
        return service.patch(name, offset, total, body)

    def _answer(self, answer: Answer) -> None:
        body = json.dumps(answer.problem).encode() if answer.problem else b""
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: FakeService) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service
        self.lock = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        # A connection that was hung up on purpose.
        return


@contextmanager
def serving(service: FakeService) -> Iterator[FakeService]:
    """Run the service on a free port of this machine."""
    with _Server(service) as server:
        service.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
