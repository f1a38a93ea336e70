"""What a device sends: records, evidence, the ledger. An answer of 2xx means that it is on disk."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from uuid import UUID

import anyio
from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from siaga.access import Permission
from siaga.api.deps import ArchiveDep, NowDep, PeopleDep, PrincipalDep, ScopeDep, Sha256Path, UploadsDep
from siaga.archive import Accepted
from siaga.archive.errors import Busy, HashMismatch, Unprocessable
from siaga.archive.uploads import Upload
from siaga.auth import GuardedRoute, guarded
from siaga.auth.devices import check_sender
from siaga.core.canonical import record_hash
from siaga.core.event import Event, Name
from siaga.core.ledger import LedgerRow

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["ingest"])

_RECORD_BYTES = 1 << 20
_LEDGER_BYTES = 4 << 20
_STREAM_BYTES = 1 << 40
_PIECE = 1 << 20
_SILENCE_S = 30.0


class Receipt(BaseModel):
    """What became of a record."""

    id: UUID
    status: Accepted


class LedgerUpload(BaseModel):
    """Absolute totals; sending them again changes nothing."""

    model_config = ConfigDict(extra="forbid")

    rows: Annotated[tuple[LedgerRow, ...], Field(max_length=10_000)]


class LedgerReceipt(BaseModel):
    """How many rows are kept."""

    rows: int
    status: Literal["kept"] = "kept"


async def _raw_record(request: Request) -> Any:
    # The framework has parsed this body once already; whether it has the form of Event it says afterwards.
    return await request.json() if await request.body() else {}


@router.put("/events/{record_id}", status_code=201, responses={200: {"model": Receipt}})
@guarded(Permission.INGEST, max_body=_RECORD_BYTES)
def put_event(
    record_id: UUID,
    event: Event,
    raw: Annotated[dict[str, Any], Depends(_raw_record)],
    archive: ArchiveDep,
    people: PeopleDep,
    who: PrincipalDep,
    scope: ScopeDep,
    now: NowDep,
    response: Response,
) -> Receipt:
    """Keep one record. The same id and body again: 200; the same id with another body: 409."""
    if record_id != event.id:
        raise Unprocessable("The id in the address is not the id of the record.", where=f"record {event.id}")
    try:
        computed = record_hash(raw)
    except ValueError as error:
        raise Unprocessable("A number is not finite, or a text is not valid Unicode.") from error
    if computed != event.hash:
        raise HashMismatch("The record's hash is not that of its content.", where=f"record {event.id}")
    people.devices.check_record(who, event.device_id, event.id, event.hash, event.signature)
    accepted = archive.put_event(event, raw, now, scope)
    if accepted is Accepted.KNOWN:
        response.status_code = 200
    return Receipt(id=event.id, status=accepted)


@router.put("/ledger/{device_id}")
@guarded(Permission.INGEST, max_body=_LEDGER_BYTES)
def put_ledger(
    device_id: Name,
    upload: LedgerUpload,
    archive: ArchiveDep,
    who: PrincipalDep,
    scope: ScopeDep,
    now: NowDep,
) -> LedgerReceipt:
    """Keep ledger rows; each replaces the one of the same camera, zone and hour."""
    check_sender(who, device_id)
    archive.put_ledger(device_id, upload.rows, now, scope)
    return LedgerReceipt(rows=len(upload.rows))


@router.head("/evidence/{sha256}")
@guarded(Permission.INGEST)
def evidence_progress(sha256: Sha256Path, uploads: UploadsDep, scope: ScopeDep) -> Response:
    """How many bytes are here (``Upload-Offset``), and whether that is all (``Upload-Complete: 1``)."""
    progress = uploads.progress(sha256, scope)
    return _progress(200, progress.offset, progress.complete)


@router.patch("/evidence/{sha256}", status_code=204, responses={201: {"description": "Complete."}})
@guarded(Permission.INGEST, max_body=_STREAM_BYTES)
async def append_evidence(
    sha256: Sha256Path,
    request: Request,
    uploads: UploadsDep,
    scope: ScopeDep,
    upload_offset: Annotated[int, Header(ge=0)],
    upload_length: Annotated[int, Header(ge=1)],
    content_type: Annotated[str, Header()],
) -> Response:
    """Add the body at ``Upload-Offset``. 204: more is needed; 201: complete, verified and on disk."""
    running = uploads.begin(sha256, upload_offset, upload_length, content_type, scope)
    upload = await run_in_threadpool(running.__enter__)
    try:
        await _store(request, upload, sha256)
        complete = await run_in_threadpool(uploads.finish, sha256, upload_length, content_type, scope)
    finally:
        running.__exit__(None, None, None)
    return _progress(201 if complete else 204, upload.offset, complete)


async def _store(request: Request, upload: Upload, sha256: str) -> None:
    """Write the body in pieces; what came before the client went away stays for the next try."""
    try:
        async for piece in _pieces(request):
            await run_in_threadpool(upload.write, piece)
    except TimeoutError as error:
        raise Busy(f"No data came for {_SILENCE_S:.0f} seconds.", where=sha256, retry_after=1) from error


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    held = bytearray()
    chunks = aiter(request.stream())
    try:
        while True:
            with anyio.fail_after(_SILENCE_S):
                held += await anext(chunks)
            if len(held) >= _PIECE:
                yield bytes(held)
                held.clear()
    except (StopAsyncIteration, ClientDisconnect):
        pass
    if held:
        yield bytes(held)


def _progress(status: int, offset: int, complete: bool) -> Response:
    headers = {"Upload-Offset": str(offset), "Cache-Control": "no-store"}
    if complete:
        headers["Upload-Complete"] = "1"
    return Response(status_code=status, headers=headers)
