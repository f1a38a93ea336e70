"""How a site's boxes shall stand: one signed statement, whose number grows with every change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from siaga.access.audit import Auditor
from siaga.core.errors import Conflict
from siaga.core.link import Configuration, Halt, OrderedModel, Orders, Signed, Signer, seal
from siaga.db import Database
from siaga.db.statements import insert_or
from siaga.db.tables.link import WHOLE_SITE, link_configurations, link_models, link_sites
from siaga.link.views import HaltView, SiteView
from siaga.link.who import Who


class SiteOrders:
    """Orders and the kill switch.

    Every method is bound by the caller's sites: another site raises ``NotFound``. All raise ``StorageError``.
    Safe to use from several threads, and from several replicas on PostgreSQL.

    Args:
        signer: The service's key, the same in all replicas.
    """

    def __init__(self, database: Database, auditor: Auditor, signer: Signer) -> None:
        self._database = database
        self._auditor = auditor
        self._signer = signer

    @property
    def public_key(self) -> str:
        """Raw Ed25519 key in hex, for boxes to pin."""
        return self._signer.public_key

    def numbers(self) -> Mapping[str, int]:
        """Site to number of its newest orders, for the service's own waiting."""
        with self._database.reading() as connection:
            return {
                row.site: row.number
                for row in connection.execute(select(link_sites.c.site, link_sites.c.number))
            }

    def newer(self, who: Who, site: str, device_id: str, known: int) -> Signed | None:
        """The orders of a box, signed; None when it knows them.

        After a backup was restored a box may know newer ones: it keeps them until the next change here.
        """
        who.at_site(site)
        with self._database.reading() as connection:
            row = _site(connection, site)
            if row is None or row.number <= known:
                return None
            orders = Orders(
                site=site,
                device_id=device_id,
                number=row.number,
                issued_at=row.changed_at,
                configuration=_configuration(connection, site, device_id),
                halt=_halt(row),
                models=_models(connection, site),
            )
        return seal(orders, self._signer)

    def view(self, who: Who, site: str) -> SiteView:
        """How the site's boxes shall stand."""
        who.at_site(site)
        with self._database.reading() as connection:
            return _view(connection, site)

    def halt(self, who: Who, site: str, reason: str) -> SiteView:
        """Turn the kill switch: no box of the site decodes a picture until it is lifted.

        Again while it holds: nothing changes, and it is in the access log all the same.
        """
        who.at_site(site)
        with self._database.writing() as connection:
            row = _site(connection, site)
            if row is None or row.halted_at is None:
                bump(connection, site, who.at)
                set_to = {"halted_at": who.at, "halted_by": who.principal.name, "halt_reason": reason}
                connection.execute(update(link_sites).where(link_sites.c.site == site).values(set_to))
            self._auditor.record(connection, who.entry("halt.set", f"site/{site}", site))
            return _view(connection, site)

    def lift(self, who: Who, site: str) -> SiteView:
        """Let the boxes watch again.

        Raises:
            Conflict: The site is not halted.
        """
        who.at_site(site)
        with self._database.writing() as connection:
            row = _site(connection, site)
            if row is None or row.halted_at is None:
                raise Conflict("This site is not halted.", where=site)
            bump(connection, site, who.at)
            nothing = {"halted_at": None, "halted_by": None, "halt_reason": None}
            connection.execute(update(link_sites).where(link_sites.c.site == site).values(nothing))
            self._auditor.record(connection, who.entry("halt.lift", f"site/{site}", site))
            return _view(connection, site)


def bump(connection: Connection, site: str, at: datetime) -> int:
    """Give the site's orders a new number; whoever calls this holds the site until the transaction ends.

    Never under the time in milliseconds: a service that was restored from a backup would otherwise count
    through numbers that its boxes know already, and take for a replay.
    """
    fresh = insert_or(connection, link_sites).values(site=site, number=0, changed_at=at)
    connection.execute(fresh.on_conflict_do_nothing())
    held = select(link_sites.c.number).where(link_sites.c.site == site).with_for_update()
    number = max(int(connection.execute(held).scalar_one()) + 1, int(at.timestamp() * 1000))
    new = {"number": number, "changed_at": at}
    connection.execute(update(link_sites).where(link_sites.c.site == site).values(new))
    return number


def _site(connection: Connection, site: str) -> Row[Any] | None:
    return connection.execute(select(link_sites).where(link_sites.c.site == site)).one_or_none()


def _halt(row: Row[Any]) -> Halt | None:
    return Halt(since=row.halted_at, reason=row.halt_reason) if row.halted_at is not None else None


def _configuration(connection: Connection, site: str, device_id: str) -> Configuration | None:
    """The newest of the box's own versions, else the newest of the whole site's."""
    table = link_configurations.c
    for box in (device_id, WHOLE_SITE):
        rows = (
            select(table.version, table.text)
            .where(table.site == site, table.box == box)
            .order_by(table.version.desc())
            .limit(1)
        )
        newest = connection.execute(rows).one_or_none()
        if newest is not None:
            return Configuration(version=newest.version, text=newest.text)
    return None


def _models(connection: Connection, site: str) -> tuple[OrderedModel, ...]:
    rows = select(link_models).where(link_models.c.site == site).order_by(link_models.c.name)
    return tuple(
        OrderedModel(name=row.name, manifest=row.manifest, sha256=row.sha256, bytes=row.bytes)
        for row in connection.execute(rows)
    )


def _view(connection: Connection, site: str) -> SiteView:
    row = _site(connection, site)
    table = link_configurations.c
    rows = (
        select(table.box, func.max(table.version).label("version"))
        .where(table.site == site)
        .group_by(table.box)
    )
    versions = {one.box: one.version for one in connection.execute(rows)}
    halted = row is not None and row.halted_at is not None
    return SiteView(
        site=site,
        number=row.number if row is not None else 0,
        halt=HaltView(since=row.halted_at, by=row.halted_by, reason=row.halt_reason)
        if row is not None and halted
        else None,
        configuration=versions.pop(WHOLE_SITE, None),
        own_configurations=versions,
        models={model.name: model.sha256 for model in _models(connection, site)},
    )
