"""The service's interface as the edge uses it; every answer becomes a value or an error of the tree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import UUID

import httpx

from siaga.core.canonical import canonical_json
from siaga.core.clock import Clock
from siaga.core.errors import (
    Conflict,
    DeliveryError,
    DeliveryRejected,
    DeliveryUnauthorised,
    DeliveryUnavailable,
    NotFound,
)
from siaga.core.ledger import LedgerRow
from siaga.core.settings import Deliver

Token = Callable[[], str | None]

_LONGEST_TEXT = 200
_LONGEST_WAIT_S = 3600.0
_AWAY = frozenset({429, 502, 503, 504, 507})


class ServiceFailed(DeliveryUnavailable):
    """The service failed on this very request (500): others may work."""


class HashMismatch(DeliveryRejected):
    """The bytes that arrived are not those that the record names."""


@dataclass(frozen=True, slots=True)
class Upload:
    """How much of a piece of evidence the service has."""

    offset: int
    complete: bool


def token_source(settings: Deliver) -> Token:
    """Where the device's token comes from: the settings, or a file that is read anew each time."""
    token, file = settings.token, settings.token_file

    def read() -> str | None:
        if token is not None:
            return token.reveal()
        return _read(file) if file is not None else None

    return read


def _read(file: Path) -> str | None:
    try:
        return file.read_text().strip() or None
    except FileNotFoundError:
        return None


class Service:
    """One service, as one device sees it.

    Args:
        client: Its timeouts are replaced by ``settings.timeout``; redirects are not followed.
        settings: Address and time-out.
        clock: For a ``Retry-After`` that is a date.
        token: Asked before every request.

    All methods raise:
        DeliveryUnavailable: No answer, or one that asks to wait.
        DeliveryUnauthorised: The token is not accepted.
        DeliveryRejected: The body will never be accepted.
    """

    def __init__(self, client: httpx.Client, settings: Deliver, clock: Clock, token: Token) -> None:
        self._client = client
        self._base = settings.url or ""
        self._timeout = settings.timeout
        self._clock = clock
        self._token = token

    def put_event(self, record_id: UUID, body: bytes) -> None:
        """Hand over a record; again with the same body is fine."""
        path = f"/api/v1/events/{record_id}"
        answer = self._ask("PUT", path, body, {"Content-Type": "application/json"})
        self._check(answer, path)

    def put_ledger(self, device_id: str, rows: Sequence[LedgerRow]) -> None:
        """Hand over totals; they replace those of the same camera, zone and hour."""
        path = f"/api/v1/ledger/{device_id}"
        body = canonical_json({"rows": [row.model_dump(mode="json") for row in rows]})
        answer = self._ask("PUT", path, body, {"Content-Type": "application/json"})
        self._check(answer, path)

    def upload_state(self, sha256: str) -> Upload:
        """How much of the evidence is there.

        Raises:
            NotFound: No event that the service has names it.
        """
        path = f"/api/v1/evidence/{sha256}"
        answer = self._ask("HEAD", path)
        self._check(answer, path)
        return self._upload(answer, path)

    def upload_piece(self, sha256: str, offset: int, total: int, media_type: str, body: bytes) -> Upload:
        """Send the bytes from ``offset`` on; gives how much is there now.

        Raises:
            NotFound: No event that the service has names it.
            Conflict: The service stands at another offset.
            HashMismatch: All bytes are there, and they are not those of ``sha256``.
        """
        path = f"/api/v1/evidence/{sha256}"
        headers = {"Upload-Offset": str(offset), "Upload-Length": str(total), "Content-Type": media_type}
        answer = self._ask("PATCH", path, body, headers)
        if answer.status_code == 409:
            raise Conflict("the service stands at another offset", where=path)
        if answer.status_code == 422 and "hash_mismatch" in _problem_type(answer):
            raise HashMismatch("the bytes that arrived have another hash", where=path)
        self._check(answer, path)
        return self._upload(answer, path)

    def _authorisation(self) -> dict[str, str]:
        token = self._token()
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        timeout: float | None = None,
    ) -> httpx.Response:
        headers = {**(headers or {}), **self._authorisation()}
        try:
            return self._client.request(
                method,
                self._base + path,
                content=body,
                headers=headers,
                timeout=self._timeout if timeout is None else timeout,
                follow_redirects=False,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The error's text may hold the address with credentials; its name says enough.
            raise DeliveryUnavailable(
                f"the service does not answer ({type(error).__name__})",
                where=path,
                fix="Check deliver.url and the network; it is tried again.",
            ) from None

    def _check(self, answer: httpx.Response, path: str) -> None:
        if answer.is_success:
            return
        raise self._error(answer, path)

    def _error(self, answer: httpx.Response, path: str) -> DeliveryError | NotFound:
        status = answer.status_code
        what = f"the service answered {status}"
        if status in (401, 403):
            return DeliveryUnauthorised(what, where=path, fix="Check deliver.token or deliver.token_file.")
        if status in (400, 409, 413, 415, 422):
            return DeliveryRejected(f"{what}: {_problem_text(answer)}", where=path)
        if status == 404 and "/evidence/" in path:
            return NotFound(what, where=path)
        if status in _AWAY:
            return DeliveryUnavailable(what, where=path, retry_after=self._retry_after(answer))
        if status >= 500:
            return ServiceFailed(what, where=path, retry_after=self._retry_after(answer))
        return DeliveryUnavailable(what, where=path, fix="Check deliver.url: this is no Siaga service.")

    def _retry_after(self, answer: httpx.Response) -> float | None:
        """Seconds, from a number or an HTTP date (RFC 9110 §10.2.3)."""
        text = answer.headers.get("Retry-After", "").strip()
        if text.isdigit():
            return min(float(text), _LONGEST_WAIT_S)
        try:
            when = parsedate_to_datetime(text)
        except ValueError:
            return None
        return min(max(when.timestamp() - self._clock.utc().timestamp(), 0.0), _LONGEST_WAIT_S)

    def _upload(self, answer: httpx.Response, path: str) -> Upload:
        text = answer.headers.get("Upload-Offset", "")
        if not text.isdigit():
            raise ServiceFailed("the service's answer has no Upload-Offset", where=path)
        return Upload(int(text), answer.headers.get("Upload-Complete") == "1")


def _problem(answer: httpx.Response) -> dict[str, object]:
    try:
        problem = answer.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _problem_type(answer: httpx.Response) -> str:
    return str(_problem(answer).get("type", ""))


def _problem_text(answer: httpx.Response) -> str:
    """The problem's own short words (RFC 9457), never the body as it came."""
    problem = _problem(answer)
    words = problem.get("detail") or problem.get("title") or "no reason given"
    return str(words)[:_LONGEST_TEXT]
