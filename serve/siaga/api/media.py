"""Evidence bytes by their sha256, with one range (RFC 9110 §14)."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse

from siaga.access import Permission
from siaga.api.deps import ArchiveDep, AuditDep, EvidenceDep, NowDep, PrincipalDep, ScopeDep, Sha256Path
from siaga.auth import GuardedRoute, guarded
from siaga.core.errors import NotFound

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["media"])

_RANGE = re.compile(r"bytes=\s*(?P<first>[0-9]{0,19})\s*-\s*(?P<last>[0-9]{0,19})\s*")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """From ``start`` (included) to ``stop`` (excluded)."""

    start: int
    stop: int


class Unsatisfiable(Exception):
    """No byte of the range exists, or more than one range was asked for."""


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The range that a ``Range`` header asks for; None means everything.

    A header of another unit or without sense is ignored, as RFC 9110 allows. Several ranges are refused:
    no player needs them, and they multiply the work of one request.

    Raises:
        Unsatisfiable: Nothing of it exists.
    """
    if header is None or not header.startswith("bytes="):
        return None
    if "," in header:
        raise Unsatisfiable
    match = _RANGE.fullmatch(header)
    if match is None:
        return None
    first, last = match["first"], match["last"]
    if not first:
        return _suffix(last, size)
    start = int(first)
    stop = min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return ByteRange(start, stop)


def _suffix(last: str, size: int) -> ByteRange | None:
    if not last:
        return None
    if int(last) == 0:
        raise Unsatisfiable
    return ByteRange(max(0, size - int(last)), size)


@router.head("/media/{sha256}", response_class=Response)
@router.get("/media/{sha256}", response_class=Response)
@guarded(Permission.READ_MEDIA)
def get_media(
    sha256: Sha256Path,
    request: Request,
    archive: ArchiveDep,
    evidence: EvidenceDep,
    scope: ScopeDep,
    who: PrincipalDep,
    audit: AuditDep,
    now: NowDep,
    range: Annotated[str | None, Header()] = None,
    if_range: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The bytes of complete evidence; 206 for a range, 304 if the client has them."""
    blob = archive.blob(sha256, scope)
    if blob is None:
        raise NotFound("There is no such complete evidence.", where=sha256)
    etag = f'"{blob.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    if if_none_match is not None and etag in if_none_match:
        return Response(status_code=304, headers=headers)
    try:
        wanted = parse_range(range if if_range in (None, etag) else None, blob.bytes)
    except Unsatisfiable:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{blob.bytes}"})
    part = wanted or ByteRange(0, blob.bytes)
    headers |= {"Content-Length": str(part.stop - part.start), "Content-Type": blob.media_type}
    if wanted is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{blob.bytes}"
    status = 200 if wanted is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    audit.viewed_media(who, scope, sha256, now)
    return StreamingResponse(evidence.read(blob.path, part.start, part.stop), status, headers)
