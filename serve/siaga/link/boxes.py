"""What boxes say of themselves: the last heartbeat of each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from siaga.access.audit import Auditor
from siaga.core.errors import Forbidden
from siaga.core.link import LONGEST_WAIT_S, Outcome, Report
from siaga.db import Database
from siaga.db.statements import insert_or, within
from siaga.db.tables.link import link_boxes, link_sites
from siaga.link.views import BoxPage, BoxView, Standing
from siaga.link.who import Who

SILENT_AFTER = timedelta(seconds=3 * LONGEST_WAIT_S + 15)


class Boxes:
    """See the module. Every method is bound by the caller's sites. All raise ``StorageError``."""

    def __init__(self, database: Database, auditor: Auditor) -> None:
        self._database = database
        self._auditor = auditor

    def heard(self, who: Who, report: Report) -> None:
        """Keep a heartbeat; what the box did with its orders goes into the access log when it changes.

        Raises:
            NotFound: The site is not the caller's.
            Forbidden: The caller is another box than it says.
        """
        who.at_site(report.site)
        own = who.principal.device_id
        if own is not None and own != report.device_id:
            raise Forbidden("This token belongs to another box.", where=report.device_id)
        row = {
            "site": report.site,
            "device_id": report.device_id,
            "seen_at": who.at,
            "report": report.model_dump_json(),
        }
        with self._database.writing() as connection:
            before = _last(connection, report)
            new = insert_or(connection, link_boxes).values(row)
            connection.execute(
                new.on_conflict_do_update(
                    index_elements=["site", "device_id"],
                    set_={"seen_at": new.excluded.seen_at, "report": new.excluded.report},
                )
            )
            self._note_changes(connection, who, before.outcome if before else Outcome(), report)

    def _note_changes(self, connection: Connection, who: Who, before: Outcome, report: Report) -> None:
        now, box = report.outcome, f"device/{report.device_id}"
        if now.halted != before.halted:
            action = "halt.obeyed" if now.halted else "halt.ended"
            self._auditor.record(connection, who.entry(action, box, report.site))
        if now.refused is not None and now.refused != before.refused:
            details = {"version": now.refused.version}
            self._auditor.record(connection, who.entry("configuration.refused", box, report.site, details))
        elif now.configuration != before.configuration:
            details = {"version": now.configuration or 0}
            self._auditor.record(connection, who.entry("configuration.applied", box, report.site, details))

    def page(self, who: Who, site: str) -> BoxPage:
        """The boxes of a site, by id."""
        who.at_site(site)
        ordered = select(link_sites.c.number).where(link_sites.c.site == site)
        rows = (
            select(link_boxes)
            .where(link_boxes.c.site == site, within(who.scope, link_boxes.c.site))
            .order_by(link_boxes.c.device_id)
        )
        with self._database.reading() as connection:
            number = connection.execute(ordered).scalar_one_or_none() or 0
            found = connection.execute(rows).all()
        return BoxPage(items=tuple(_view(row, number, who.at) for row in found))


def _last(connection: Connection, report: Report) -> Report | None:
    rows = select(link_boxes.c.report).where(
        link_boxes.c.site == report.site, link_boxes.c.device_id == report.device_id
    )
    text = connection.execute(rows).scalar_one_or_none()
    return Report.model_validate_json(text) if text is not None else None


def _view(row: Row[Any], number: int, now: datetime) -> BoxView:
    report = Report.model_validate_json(row.report)
    outcome = report.outcome
    return BoxView(
        site=row.site,
        device_id=row.device_id,
        seen_at=row.seen_at,
        standing=_standing(outcome, number, now - row.seen_at > SILENT_AFTER),
        software=report.software,
        number=outcome.number,
        configuration=outcome.configuration,
        halted=outcome.halted,
        refusal=outcome.refused,
        trouble=report.trouble,
        models=report.models,
        cameras=report.cameras,
        waiting=report.waiting,
    )


def _standing(outcome: Outcome, number: int, silent: bool) -> Standing:
    if silent:
        return "unreachable"
    if outcome.number < number:
        return "waiting"
    return "refused" if outcome.refused is not None else "current"
