"""Deletes what is due: by policy and receipt, never what is held, and not too much at once without asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, or_, select, update

from siaga.access import Scope
from siaga.core.clock import IdFactory
from siaga.core.errors import Conflict, NotFound
from siaga.db import Database
from siaga.db.statements import within
from siaga.db.tables.archive import records, violations
from siaga.db.tables.proof import contests, deletion_queue, sweeps
from siaga.db.tables.review import reviews
from siaga.privacy.deletion import Deleted, Tombstones, delete_violations
from siaga.privacy.holds import held
from siaga.privacy.policy import Policy, policy_of

_BATCH = 100
FEW = 20
"""The guard lets so many go without asking, whatever their share is."""
_REFUSED_FOR = timedelta(days=7)
_NOTHING = Deleted()
CONTEST_DAYS = 365
"""How long an answered contest is kept."""


class Bytes(Protocol):
    """Where evidence lies, and what was made of it."""

    def remove(self, path: str) -> None:
        """Remove the bytes for good; nothing happens where there are none."""


class Orphans(Protocol):
    """The archive, which knows whether bytes are named again."""

    def remove_orphan(self, path: str, remove: Callable[[], object]) -> bool:
        """Have ``remove`` remove bytes if no row names them."""


@dataclass(frozen=True, slots=True)
class SiteSweep:
    """What a run did, or would do, at one site.

    Attributes:
        due: Violations that the policy lets go now.
        total: Violations that there are.
        state: ``done``, ``nothing``, ``asking`` (too many at once), ``refused`` or ``would`` (a dry run).
    """

    site: str
    policy: Policy
    due: int
    total: int
    state: str
    deleted: Deleted = _NOTHING


class Sweeper:
    """Runs on one archive; several services on PostgreSQL may run it at once.

    Args:
        forget: Told the sha256 of every piece of evidence that went, for what was made of it (thumbnails).
    """

    def __init__(
        self,
        database: Database,
        tombstones: Tombstones,
        orphans: Orphans,
        evidence: Bytes,
        new_id: IdFactory,
        forget: Callable[[str], object] = lambda _sha256: None,
    ) -> None:
        self._database = database
        self._tombstones = tombstones
        self._orphans = orphans
        self._evidence = evidence
        self._new_id = new_id
        self._forget = forget

    def run(
        self,
        now: datetime,
        scope: Scope,
        *,
        dry: bool = False,
        allow_mass: bool = False,
        enough: Callable[[], bool] = lambda: False,
    ) -> list[SiteSweep]:
        """Delete what is due, site by site.

        Args:
            now: Aware; the service's clock.
            dry: Say what would go, change nothing.
            allow_mass: Do not ask before a mass deletion.
            enough: Asked between batches; true ends the run.
        """
        with self._database.reading() as connection:
            known = select(violations.c.site).where(within(scope, violations.c.site)).distinct()
            sites = sorted(connection.scalars(known))
        found = []
        for site in sites:
            if enough():
                break
            found.append(self._site(site, now, dry, allow_mass, enough))
        if not dry:
            self._delete_contests(now, scope)
            self.remove_queued()
        return found

    def _site(
        self, site: str, now: datetime, dry: bool, allow_mass: bool, enough: Callable[[], bool]
    ) -> SiteSweep:
        with self._database.reading() as connection:
            policy = policy_of(connection, site)
            approved = _newest(connection, site, "approved")
            until = now if approved is None else min(now, approved.at)
            due = connection.scalar(select(func.count()).select_from(_due(site, policy, until).subquery()))
            total = connection.scalar(
                select(func.count()).select_from(violations).where(violations.c.site == site)
            )
            refused = _newest(connection, site, "refused")
        told = SiteSweep(site, policy, due or 0, total or 0, "nothing")
        if not due:
            return told
        mass = told.due > FEW and told.due > policy.mass_share * told.total
        if mass and not allow_mass and approved is None:
            return self._ask(told, now, refused, dry)
        if dry:
            return _with(told, "would")
        deleted = self._delete(site, policy, until, now, enough)
        self._note(told, now, deleted, approved)
        return _with(told, "done", deleted)

    def _ask(self, told: SiteSweep, now: datetime, refused: Row[Any] | None, dry: bool) -> SiteSweep:
        if refused is not None and now - refused.decided_at < _REFUSED_FOR:
            return _with(told, "refused")
        if not dry:
            with self._database.writing() as connection:
                connection.execute(
                    delete(sweeps).where(sweeps.c.site == told.site, sweeps.c.state == "asking")
                )
                connection.execute(insert(sweeps).values(self._row(told, now, "asking", 0)))
        return _with(told, "asking")

    def _note(self, told: SiteSweep, now: datetime, deleted: Deleted, approved: Row[Any] | None) -> None:
        with self._database.writing() as connection:
            if approved is None:
                connection.execute(insert(sweeps).values(self._row(told, now, "done", deleted.violations)))
            else:
                connection.execute(
                    update(sweeps)
                    .where(sweeps.c.id == approved.id)
                    .values(state="done", deleted=deleted.violations)
                )

    def _row(self, told: SiteSweep, now: datetime, state: str, deleted: int) -> dict[str, Any]:
        return {
            "id": self._new_id(),
            "site": told.site,
            "at": now,
            "state": state,
            "due": told.due,
            "total": told.total,
            "deleted": deleted,
            "cutoff": now - timedelta(days=told.policy.false_alarm_days),
        }

    def _delete(
        self, site: str, policy: Policy, until: datetime, now: datetime, enough: Callable[[], bool]
    ) -> Deleted:
        deleted = _NOTHING
        while not enough():
            with self._database.writing() as connection:
                wanted = _due(site, policy, until).limit(_BATCH).with_for_update(of=violations)
                event_ids = list(connection.scalars(wanted))
                if event_ids:
                    deleted += delete_violations(
                        connection, self._tombstones, event_ids, site=site, policy=policy.name, at=now
                    )
            self.remove_queued()
            if len(event_ids) < _BATCH:
                break
        return deleted

    def remove_queued(self) -> int:
        """Remove bytes whose rows are gone, also those that a crash left. Returns how many were queued."""
        with self._database.reading() as connection:
            paths = list(connection.scalars(select(deletion_queue.c.path).order_by(deletion_queue.c.path)))
        for path in paths:
            if self._orphans.remove_orphan(path, lambda path=path: self._evidence.remove(path)):  # type: ignore[misc]
                self._forget(path.rpartition("/")[2])
            with self._database.writing() as connection:
                connection.execute(delete(deletion_queue).where(deletion_queue.c.path == path))
        return len(paths)

    def _delete_contests(self, now: datetime, scope: Scope) -> None:
        with self._database.writing() as connection:
            connection.execute(
                delete(contests).where(
                    within(scope, contests.c.site),
                    contests.c.answered_at < now - timedelta(days=CONTEST_DAYS),
                )
            )

    def decide(self, sweep_id: UUID, approve: bool, scope: Scope, *, at: datetime, by: str) -> None:
        """Answer a run that asked.

        Raises:
            NotFound: There is none in the scope.
            Conflict: It does not ask any more.
        """
        with self._database.writing() as connection:
            wanted = select(sweeps).where(sweeps.c.id == sweep_id, within(scope, sweeps.c.site))
            row = connection.execute(wanted.with_for_update()).one_or_none()
            if row is None:
                raise NotFound("No such run.", where=f"sweep {sweep_id}")
            if row.state != "asking":
                raise Conflict(f"This run is {row.state}.", where=f"sweep {sweep_id}")
            state = "approved" if approve else "refused"
            connection.execute(
                update(sweeps)
                .where(sweeps.c.id == sweep_id)
                .values(state=state, decided_by=by, decided_at=at)
            )


def _with(told: SiteSweep, state: str, deleted: Deleted | None = None) -> SiteSweep:
    return SiteSweep(told.site, told.policy, told.due, told.total, state, deleted or _NOTHING)


def _newest(connection: Connection, site: str, state: str) -> Row[Any] | None:
    wanted = select(sweeps).where(sweeps.c.site == site, sweeps.c.state == state)
    return connection.execute(wanted.order_by(sweeps.c.at.desc()).limit(1)).one_or_none()


def _due(site: str, policy: Policy, now: datetime) -> Select[Any]:
    """Violations whose last record came before the policy's time, and that nothing holds."""
    last = (
        select(func.max(records.c.received_at))
        .where(records.c.event_id == violations.c.event_id)
        .scalar_subquery()
    )
    reviewed = select(reviews.c.event_id).where(
        or_(reviews.c.state == "false_alarm", reviews.c.verdict == "false_alarm")
    )
    false_alarm: ColumnElement[bool] = violations.c.event_id.in_(reviewed)
    return (
        select(violations.c.event_id)
        .where(
            violations.c.site == site,
            or_(
                last <= now - timedelta(days=policy.keep_days),
                and_(false_alarm, last <= now - timedelta(days=policy.false_alarm_days)),
            ),
            ~held(now),
        )
        .order_by(violations.c.start_at, violations.c.event_id)
    )
