"""Live previews: a few blurred pictures a second of one camera, for somebody who asked, for a short time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from siaga.access.audit import Auditor
from siaga.core.clock import IdFactory
from siaga.core.errors import NotFound
from siaga.core.link import LONGEST_PREVIEW_S, PREVIEW_BYTES, PreviewRequest, Signed, Signer, seal
from siaga.db import Database
from siaga.db.statements import within
from siaga.db.tables.link import link_previews
from siaga.link.errors import Unusable
from siaga.link.orders import bump
from siaga.link.views import PreviewView
from siaga.link.who import Who

_JPEG = b"\xff\xd8\xff"
_GONE = {"frame": None}


@dataclass(frozen=True, slots=True)
class PreviewFrame:
    """A JPEG and when it came."""

    data: bytes
    at: datetime


class Previews:
    """See the module. Every method is bound by the caller's sites. All raise ``StorageError``."""

    def __init__(self, database: Database, auditor: Auditor, signer: Signer, new_id: IdFactory) -> None:
        self._database = database
        self._auditor = auditor
        self._signer = signer
        self._new_id = new_id

    def start(self, who: Who, site: str, camera: str, seconds: int) -> PreviewView:
        """Ask the site's boxes to show a camera."""
        who.at_site(site)
        row: dict[str, Any] = {
            "id": self._new_id(),
            "site": site,
            "camera": camera,
            "seconds": min(seconds, LONGEST_PREVIEW_S),
            "requested_at": who.at,
            "requested_by": who.principal.name,
            "expires_at": who.at + timedelta(seconds=min(seconds, LONGEST_PREVIEW_S)),
            "frames": 0,
            "frame_at": None,
        }
        with self._database.writing() as connection:
            _forget(connection, who.at)
            bump(connection, site, who.at)
            connection.execute(insert(link_previews).values(row))
            details = {"camera": camera, "seconds": row["seconds"]}
            entry = who.entry("preview.start", f"preview/{row['id']}", site, details)
            self._auditor.record(connection, entry)
        return PreviewView.model_validate(row)

    def running(self, who: Who, site: str) -> tuple[Signed, ...]:
        """What a box of the site shall show now, signed."""
        who.at_site(site)
        rows = select(link_previews).where(link_previews.c.site == site, link_previews.c.expires_at > who.at)
        with self._database.reading() as connection:
            found = connection.execute(rows.order_by(link_previews.c.id)).all()
        return tuple(seal(_request(row), self._signer) for row in found)

    def take(self, who: Who, preview: UUID, frame: bytes) -> None:
        """Keep a picture in place of the one before.

        Raises:
            NotFound: The preview is over.
            Unusable: It is no JPEG, or too large.
        """
        if not frame.startswith(_JPEG) or len(frame) > PREVIEW_BYTES:
            raise Unusable("This is no JPEG of a preview.", where=str(preview))
        with self._database.writing() as connection:
            _forget(connection, who.at)
            row = _running(connection, who, preview)
            new = {"frame": frame, "frame_at": who.at, "frames": row.frames + 1}
            connection.execute(update(link_previews).where(link_previews.c.id == preview).values(new))

    def frame(self, who: Who, preview: UUID) -> PreviewFrame | None:
        """The newest picture; None while there is none.

        Raises:
            NotFound: The preview is over.
        """
        with self._database.reading() as connection:
            row = _running(connection, who, preview)
        self._auditor.viewed(who.entry("preview.view", f"preview/{preview}", row.site))
        return PreviewFrame(bytes(row.frame), row.frame_at) if row.frame is not None else None

    def stop(self, who: Who, preview: UUID) -> None:
        """End it now; its last picture is removed.

        Raises:
            NotFound: It is over already.
        """
        with self._database.writing() as connection:
            row = _running(connection, who, preview)
            over = {"expires_at": who.at, **_GONE}
            connection.execute(update(link_previews).where(link_previews.c.id == preview).values(over))
            bump(connection, row.site, who.at)

    def forget(self, at: datetime) -> None:
        """Remove the pictures of previews that are over."""
        with self._database.writing() as connection:
            _forget(connection, at)


def _forget(connection: Connection, at: datetime) -> None:
    over = (link_previews.c.expires_at <= at, link_previews.c.frame.is_not(None))
    connection.execute(update(link_previews).where(*over).values(_GONE))


def _running(connection: Connection, who: Who, preview: UUID) -> Row[Any]:
    rows = select(link_previews).where(
        link_previews.c.id == preview,
        link_previews.c.expires_at > who.at,
        within(who.scope, link_previews.c.site),
    )
    row = connection.execute(rows).one_or_none()
    if row is None:
        raise NotFound("This preview is over.", where=str(preview))
    return row


def _request(row: Row[Any]) -> PreviewRequest:
    return PreviewRequest(
        id=row.id, site=row.site, camera=row.camera, expires_at=row.expires_at, seconds=row.seconds
    )
