"""Errors as problem details (RFC 9457), by type. A bare ``ValueError`` stays what it is: our fault, a 500."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from siaga.archive.errors import Busy, OffsetMismatch
from siaga.auth.limiter import RateLimited
from siaga.core.errors import SiagaError, StorageError, Unauthorised
from siaga.core.redact import redact
from siaga.review.errors import Meanwhile
from siaga.review.limits import TooOften

MEDIA_TYPE = "application/problem+json"
_STORAGE_RETRY_S = 30


def problem(
    status: int, code: str, title: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """A problem details answer; ``code`` is a short stable name, also in ``type``."""
    body = {"type": f"urn:siaga:problem:{code}", "code": code, "title": title, "status": status, **more}
    shown = {key: value for key, value in body.items() if value is not None}
    return JSONResponse(shown, status, headers, media_type=MEDIA_TYPE)


def from_siaga_error(error: SiagaError) -> JSONResponse:
    """The answer to one of our own errors. Paths of this machine are not told."""
    where = None if error.http_status >= 500 else error.where
    detail = " ".join(redact(part) for part in (where and f"{where}:", error.what, error.fix) if part)
    more: dict[str, Any] = {}
    if isinstance(error, OffsetMismatch):
        more = {"offset": error.offset, "complete": error.complete}
    if isinstance(error, Meanwhile):
        at = None if error.at is None else error.at.isoformat()
        more = {"version": error.version, "by": error.by, "at": at, "state": error.state}
    return problem(
        error.http_status, code_of(error), redact(error.what), headers_of(error), detail=detail, **more
    )


def code_of(error: SiagaError) -> str:
    """The error's class name in snake case, e.g. ``hash_mismatch``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def headers_of(error: SiagaError) -> dict[str, str]:
    """Headers that belong to an error."""
    if isinstance(error, OffsetMismatch):
        return {"Upload-Offset": str(error.offset)} | ({"Upload-Complete": "1"} if error.complete else {})
    if isinstance(error, Busy | RateLimited | TooOften):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, StorageError):
        return {"Retry-After": str(_STORAGE_RETRY_S)}
    if isinstance(error, Unauthorised):
        return {"WWW-Authenticate": "Bearer"}
    return {}


def from_validation_error(error: RequestValidationError) -> JSONResponse:
    """The answer to a request that does not have the documented form. Values are not repeated."""
    return problem(422, "validation", "The request does not have the documented form.", errors=_errors(error))


def _errors(error: RequestValidationError) -> Sequence[Mapping[str, Any]]:
    return [
        {"where": [str(part) for part in item["loc"]], "what": item["msg"], "kind": item["type"]}
        for item in error.errors()[:20]
    ]


def from_http_exception(error: HTTPException) -> JSONResponse:
    """The answer to what the framework itself refuses (no such path, method ...)."""
    return problem(error.status_code, f"http_{error.status_code}", str(error.detail), error.headers)


def from_unexpected(_request: Request, _error: Exception) -> JSONResponse:
    """The answer to a fault of ours; the log has the rest."""
    return problem(500, "internal", "The service failed at this. Its log says more.")
