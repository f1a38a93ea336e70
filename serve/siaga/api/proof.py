"""Where chains stand, and inspector packs."""

import tempfile
from collections.abc import Iterator
from typing import IO, Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from siaga.access import AuditEntry, Permission
from siaga.api.deps import NowDep, PrincipalDep, ScopeDep
from siaga.api.keeping import KeepingDep
from siaga.archive.errors import Busy
from siaga.auth import GuardedRoute, guarded
from siaga.core.errors import BadRequest
from siaga.core.event import Name
from siaga.privacy.policy import require_site
from siaga.proof.chain import checkpoints, entries
from siaga.proof.pack import Purpose, Selection

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["proof"])

_PIECE = 1 << 20
_SPOOLED = 8 << 20
_RETRY_S = 30


class CheckpointView(BaseModel):
    """The service's signature under entry `number` of a site's chain.

    The signature is over the canonical JSON (RFC 8785) of `at`, `format` (`siaga-checkpoint-1`), `hash`,
    `number`, `prev`, `public_key` and `site`.
    """

    number: int
    hash: str
    at: AwareDatetime
    prev: str
    public_key: str
    signature: str


class ProofView(BaseModel):
    """Where a site's chain stands; note it down, and nobody can cut the chain shorter unseen."""

    site: str
    entries: int
    hash: str | None
    public_key: str
    checkpoint: CheckpointView | None


class PackWanted(BaseModel):
    """Violations of one site that began in the span."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "site": "north tower",
                    "since": "2026-01-01T00:00:00Z",
                    "until": "2026-02-01T00:00:00Z",
                    "purpose": "inspection",
                }
            ]
        },
    )

    site: Name
    since: AwareDatetime
    until: AwareDatetime
    """Excluded."""
    purpose: Purpose
    """Stands in pack and access log. `disciplinary` needs that a person reviewed every violation."""
    camera: Name | None = None
    event_ids: Annotated[tuple[UUID, ...], Field(max_length=1000)] = ()
    """Only these; empty: all."""
    time_zone: str = "UTC"
    """In which the page shows times (IANA name)."""


@router.get("/proof")
@guarded(Permission.READ_STATISTICS)
def get_proof(site: Annotated[Name, Query()], keeping: KeepingDep, scope: ScopeDep) -> ProofView:
    """Where a site's chain of hashes stands. Hashes only: nothing of what was seen."""
    with keeping.database.reading() as connection:
        require_site(connection, site, scope)
        newest = max(checkpoints(connection, site), key=lambda one: one.number, default=None)
        last, digest = newest.number if newest else 0, newest.hash if newest else None
        for entry, stored in entries(connection, site, last + 1):
            last, digest = entry.number, stored
    shown = None
    if newest is not None:
        told = newest.body() | {"signature": newest.signature}
        shown = CheckpointView.model_validate({name: told[name] for name in CheckpointView.model_fields})
    return ProofView(
        site=site, entries=last, hash=digest, public_key=keeping.chain.public_key, checkpoint=shown
    )


_ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}}}


@router.post("/packs", response_class=StreamingResponse, responses=_ZIP)
@guarded(Permission.EXPORT)
def make_pack(
    wanted: PackWanted, keeping: KeepingDep, scope: ScopeDep, principal: PrincipalDep, now: NowDep
) -> StreamingResponse:
    """An inspector pack: one zip with pictures, clips, records, ledger, the chain, and a verifier.

    One is made at a time; 503 with `Retry-After` meanwhile.
    """
    try:
        zone = ZoneInfo(wanted.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadRequest("No such time zone.", fix="Give an IANA name, e.g. Asia/Singapore.") from error
    selection = Selection(wanted.site, wanted.since, wanted.until, wanted.camera, wanted.event_ids)
    if not keeping.packing.acquire(blocking=False):
        raise Busy("Another pack is being made.", retry_after=_RETRY_S)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_SPOOLED)  # noqa: SIM115
    try:
        manifest = keeping.packer.make(
            file, selection, scope, now=now, made_by=principal.name, purpose=wanted.purpose, zone=zone
        )
    except BaseException:
        file.close()
        raise
    finally:
        keeping.packing.release()
    details = {"purpose": wanted.purpose.value, "since": manifest["since"], "until": manifest["until"]}
    keeping.auditor.record(
        None, AuditEntry(principal, "pack.make", f"site/{wanted.site}", wanted.site, now, details)
    )
    size = file.tell()
    file.seek(0)
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f'attachment; filename="siaga-pack-{now:%Y%m%dT%H%M%SZ}.zip"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_read(file), media_type="application/zip", headers=headers)


def _read(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
