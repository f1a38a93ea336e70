"""Puts the service together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from siaga.api import (
    accounts,
    actions,
    devices,
    exports,
    health,
    ingest,
    link,
    live,
    media,
    notices,
    openid,
    privacy,
    problems,
    proof,
    reading,
    reports,
    review,
    statistics,
    steering,
    users,
)
from siaga.api.headers import SecurityHeaders
from siaga.archive import Archive, EvidenceStore, Staging, Uploads
from siaga.audit import AuditLog
from siaga.auth import Guard, People, check_policies
from siaga.core.clock import Clock
from siaga.core.errors import SiagaError
from siaga.web import notice, pages, signin
from siaga.web.templates import make_templates

MAX_EVIDENCE_BYTES = 512 * 1024 * 1024
_ROUTERS = (
    ingest.router,
    reading.router,
    live.router,
    media.router,
    link.router,
    steering.router,
    accounts.router,
    openid.router,
    users.router,
    devices.router,
    review.router,
    actions.router,
    reports.router,
    statistics.router,
    exports.router,
    proof.router,
    privacy.router,
    notices.router,
    notice.router,
    health.router,
    signin.router,
    pages.router,
)


def create_app(
    archive: Archive,
    evidence: EvidenceStore,
    staging: Staging,
    people: People,
    audit: AuditLog,
    clock: Clock,
    max_evidence_bytes: int = MAX_EVIDENCE_BYTES,
) -> FastAPI:
    """The service over a given store.

    Args:
        max_evidence_bytes: Largest piece of evidence that is taken.

    Raises:
        ConfigError: A route has no policy. Routes that are added later are checked at start-up.
    """
    app = FastAPI(
        title="Siaga",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.archive = archive
    app.state.evidence = evidence
    app.state.clock = clock
    app.state.uploads = Uploads(archive, staging, evidence, clock, max_evidence_bytes)
    app.state.people = people
    app.state.audit = audit
    app.state.guard = Guard(people)
    app.state.templates = make_templates(demo=people.demo)
    # Not include_router: what it adds is no plain route in every FastAPI, and the check wants plain routes.
    for router in _ROUTERS:
        app.router.routes.extend(router.routes)
    _handle_errors(app)
    app.add_middleware(SecurityHeaders, https=people.https)
    check_policies(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    check_policies(app)
    yield


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(SiagaError)
    async def siaga_error(request: Request, error: SiagaError) -> Response:
        answer = problems.from_siaga_error(error)
        return await signin.instead_of(request, error, answer) if _is_page(request) else answer

    @app.exception_handler(RequestValidationError)
    async def validation_error(request: Request, error: RequestValidationError) -> Response:
        answer = problems.from_validation_error(error)
        return pages.error_page(request, answer) if _is_page(request) else answer

    @app.exception_handler(HTTPException)
    async def http_exception(request: Request, error: HTTPException) -> Response:
        answer = problems.from_http_exception(error)
        return pages.error_page(request, answer) if _is_page(request) else answer

    app.add_exception_handler(Exception, problems.from_unexpected)


def _is_page(request: Request) -> bool:
    return not request.url.path.startswith(("/api/", "/healthz", "/readyz"))
