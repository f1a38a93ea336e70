"""Photos as rows: kept and removed together with what they belong to."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, insert, select

from siaga.core.errors import NotFound
from siaga.db.tables.review import photos
from siaga.review.caller import Caller
from siaga.review.pictures import Picture


def keep(connection: Connection, caller: Caller, photo_id: UUID, site: str, picture: Picture) -> None:
    """Add a photo."""
    connection.execute(
        insert(photos).values(
            id=photo_id,
            site=site,
            sha256=picture.sha256,
            width=picture.width,
            height=picture.height,
            data=picture.data,
            at=caller.at,
        )
    )


def read(connection: Connection, caller: Caller, photo_id: UUID) -> tuple[Picture, str]:
    """A photo and its site.

    Raises:
        NotFound: There is none within the caller's sites.
    """
    query = select(photos).where(photos.c.id == photo_id, caller.within(photos.c.site))
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("No such photo.", where=str(photo_id))
    return Picture(row.data, row.sha256, row.width, row.height), row.site
