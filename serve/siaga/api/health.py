"""Whether the service lives and can take what is sent."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from siaga.access import Permission
from siaga.api.deps import ArchiveDep, EvidenceDep
from siaga.auth import GuardedRoute, guarded

router = APIRouter(route_class=GuardedRoute, tags=["health"])


class Health(BaseModel):
    """It answers."""

    status: Literal["ok"] = "ok"


@router.get("/healthz")
@guarded(Permission.PUBLIC)
def healthz() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz")
@guarded(Permission.PUBLIC)
def readyz(archive: ArchiveDep, evidence: EvidenceDep) -> Health:
    """The archive can be written to and the evidence store reached; 507 with a problem if not."""
    archive.check()
    evidence.check()
    return Health()


@router.get("/api/v1/openapi.json", include_in_schema=False)
@guarded(Permission.MANAGE_SERVICE)
def openapi(request: Request) -> dict[str, Any]:
    """The API's schema."""
    schema: dict[str, Any] = request.app.openapi()
    return schema
