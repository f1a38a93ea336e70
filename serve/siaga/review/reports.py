"""Near misses and hazards that people tell, with their name or without."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, tuple_, update
from sqlalchemy.sql.elements import literal

from siaga.access.audit import Auditor
from siaga.core.clock import IdFactory
from siaga.core.errors import NotFound
from siaga.db import Database
from siaga.db.tables.review import report_links, reports
from siaga.review import links, photos
from siaga.review.caller import Caller
from siaga.review.errors import Meanwhile
from siaga.review.pictures import Picture, encode_photo
from siaga.review.sites import check_site
from siaga.review.views import LinkView, ReportKind, ReportState, ReportView

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without those that are read for one another."""
_REFERENCE_LETTERS = 8


@dataclass(frozen=True, slots=True)
class NewReport:
    """What somebody tells. ``happened_at``: aware. ``photo``: JPEG or PNG as sent."""

    kind: ReportKind
    text: str
    happened_at: datetime
    zone: str | None = None
    photo: bytes | None = None


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """All given conditions hold together."""

    site: str | None = None
    kind: ReportKind | None = None
    state: ReportState | None = None


class Reports:
    """Reports by hand and the links for anonymous ones; bound by the caller's sites like ``Reviews``."""

    def __init__(self, database: Database, auditor: Auditor, new_id: IdFactory) -> None:
        self._database = database
        self._auditor = auditor
        self._new_id = new_id

    def add(self, caller: Caller, site: str, wanted: NewReport) -> ReportView:
        """Keep a report under the caller's name.

        Raises:
            NotFound: The site is not within the caller's.
            PictureRefused: The photo is no picture that is taken.
        """
        picture = None if wanted.photo is None else encode_photo(wanted.photo)
        with self._database.writing() as connection:
            check_site(connection, caller, site)
            view = self._keep(connection, caller, site, wanted, picture, anonymous=False)
            self._auditor.record(connection, caller.entry("report.add", f"report/{view.id}", site))
            return view

    def add_anonymously(self, caller: Caller, code: str, wanted: NewReport) -> ReportView:
        """Keep a report of somebody who has a link's code; nothing of the sender is kept.

        Raises:
            NotFound: The code is not one of a link that holds.
            PictureRefused: The photo is no picture that is taken.
        """
        link = self.link_behind(code)
        picture = None if wanted.photo is None else encode_photo(wanted.photo)
        with self._database.writing() as connection:
            zoned = NewReport(wanted.kind, wanted.text, wanted.happened_at, wanted.zone or link.zone)
            return self._keep(connection, caller, link.site, zoned, picture, anonymous=True)

    def _keep(
        self,
        connection: Connection,
        caller: Caller,
        site: str,
        wanted: NewReport,
        picture: Picture | None,
        *,
        anonymous: bool,
    ) -> ReportView:
        photo_id = None
        if picture is not None:
            photo_id = self._new_id()
            photos.keep(connection, caller, photo_id, site, picture)
        row = {
            "id": self._new_id(),
            "reference": "".join(secrets.choice(_LETTERS) for _ in range(_REFERENCE_LETTERS)),
            "site": site,
            "kind": wanted.kind,
            "zone": wanted.zone,
            "text": wanted.text,
            "happened_at": wanted.happened_at,
            "received_at": caller.at,
            "anonymous": anonymous,
            "by_id": None if anonymous else caller.principal.id,
            "by_name": None if anonymous else caller.principal.name,
            "photo_id": photo_id,
            "state": ReportState.NEW,
            "answer": "",
            "version": 1,
        }
        connection.execute(insert(reports).values(**row))
        return _view(connection.execute(select(reports).where(reports.c.id == row["id"])).one())

    def change(
        self, caller: Caller, report_id: UUID, version: int, state: ReportState, answer: str
    ) -> ReportView:
        """Say what became of a report.

        Raises:
            NotFound: There is none within the caller's sites.
            Meanwhile: Somebody changed it since ``version``.
        """
        with self._database.writing() as connection:
            row = _row(connection, caller, report_id, hold=True)
            if row.version != version:
                raise Meanwhile(
                    f"{row.changed_by} has changed this report meanwhile.",
                    version=row.version,
                    by=row.changed_by,
                    at=row.changed_at,
                    state=row.state,
                    where=f"report {report_id}",
                )
            values = {
                "state": state,
                "answer": answer,
                "version": version + 1,
                "changed_by": caller.principal.name,
                "changed_at": caller.at,
            }
            connection.execute(update(reports).where(reports.c.id == report_id).values(**values))
            entry = caller.entry("report.change", f"report/{report_id}", row.site, state=str(state))
            self._auditor.record(connection, entry)
            return _view(_row(connection, caller, report_id))

    def one(self, caller: Caller, report_id: UUID) -> ReportView:
        """One report. Raises ``NotFound``."""
        with self._database.reading() as connection:
            return _view(_row(connection, caller, report_id))

    def photo(self, caller: Caller, photo_id: UUID) -> Picture:
        """A photo of a report or an action; that it was looked at is noted. Raises ``NotFound``."""
        with self._database.reading() as connection:
            picture, site = photos.read(connection, caller, photo_id)
        self._auditor.viewed(caller.entry("photo.view", f"photo/{photo_id}", site))
        return picture

    def listed(
        self, caller: Caller, wanted: ReportFilter, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> tuple[ReportView, ...]:
        """At most ``limit`` reports, newest receipt first, after the given receipt and id."""
        r = reports.c
        query = select(reports).where(caller.within(r.site))
        for column, value in ((r.site, wanted.site), (r.kind, wanted.kind), (r.state, wanted.state)):
            if value is not None:
                query = query.where(column == value)
        if after is not None:
            place = tuple_(literal(after[0], r.received_at.type), literal(after[1], r.id.type))
            query = query.where(tuple_(r.received_at, r.id) < place)
        query = query.order_by(r.received_at.desc(), r.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return tuple(_view(row) for row in connection.execute(query))

    def add_link(self, caller: Caller, site: str, label: str, zone: str | None) -> LinkView:
        """Make a link for anonymous reports about a site. Raises ``NotFound``."""
        with self._database.writing() as connection:
            check_site(connection, caller, site)
            row = {
                "id": self._new_id(),
                "site": site,
                "label": label,
                "zone": zone,
                "secret": links.new_secret(),
                "created_by": caller.principal.name,
                "created_at": caller.at,
            }
            connection.execute(insert(report_links).values(**row))
            entry = caller.entry("report_link.add", f"report_link/{row['id']}", site)
            self._auditor.record(connection, entry)
            found = connection.execute(select(report_links).where(report_links.c.id == row["id"])).one()
            return _link(found)

    def end_link(self, caller: Caller, link_id: UUID) -> LinkView:
        """End a link: its printed codes are refused from now on. Raises ``NotFound``."""
        mine = (report_links.c.id == link_id) & caller.within(report_links.c.site)
        with self._database.writing() as connection:
            row = connection.execute(select(report_links).where(mine)).first()
            if row is None:
                raise NotFound("No such link.", where=str(link_id))
            if row.revoked_at is None:
                connection.execute(update(report_links).where(mine).values(revoked_at=caller.at))
                entry = caller.entry("report_link.end", f"report_link/{link_id}", row.site)
                self._auditor.record(connection, entry)
            return _link(connection.execute(select(report_links).where(mine)).one())

    def link(self, caller: Caller, link_id: UUID) -> LinkView:
        """One link. Raises ``NotFound``."""
        found = [link for link in self.links(caller) if link.id == link_id]
        if not found:
            raise NotFound("No such link.", where=str(link_id))
        return found[0]

    def links(self, caller: Caller) -> tuple[LinkView, ...]:
        """All links of the caller's sites, newest first."""
        query = (
            select(report_links).where(caller.within(report_links.c.site)).order_by(report_links.c.id.desc())
        )
        with self._database.reading() as connection:
            return tuple(_link(row) for row in connection.execute(query))

    def link_behind(self, code: str) -> LinkView:
        """The link that a code was made for.

        Raises:
            NotFound: The code is none of ours, or its link was ended.
        """
        link_id = links.link_id_of(code)
        with self._database.reading() as connection:
            row = connection.execute(select(report_links).where(report_links.c.id == link_id)).first()
        known = row is not None and links.is_code(code, row.id, row.site, row.secret)
        if row is None or not known or row.revoked_at is not None:
            raise NotFound("This link does not hold any more.", fix="Ask at the site for the new one.")
        return _link(row)


def _row(connection: Connection, caller: Caller, report_id: UUID, *, hold: bool = False) -> Row[Any]:
    query = select(reports).where(reports.c.id == report_id, caller.within(reports.c.site))
    row = connection.execute(query.with_for_update() if hold else query).first()
    if row is None:
        raise NotFound("No such report.", where=str(report_id))
    return row


def _view(row: Row[Any]) -> ReportView:
    told = {name: value for name, value in row._asdict().items() if name not in ("by_id", "by_name")}
    return ReportView(**told, by=row.by_name)


def _link(row: Row[Any]) -> LinkView:
    return LinkView(
        id=row.id,
        site=row.site,
        zone=row.zone,
        label=row.label,
        code=links.code_of(row.id, row.site, row.secret),
        created_by=row.created_by,
        created_at=row.created_at,
        ended_at=row.revoked_at,
    )
