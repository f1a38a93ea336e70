"""Decisions, comments and corrected boxes of events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select

from siaga.access.audit import Auditor
from siaga.core.clock import IdFactory
from siaga.core.errors import NotFound
from siaga.db import Database
from siaga.db.tables.archive import violations
from siaga.db.tables.review import comments, decisions
from siaga.review import corrections, history, queue, words
from siaga.review.assignees import with_known_assignee
from siaga.review.caller import Caller
from siaga.review.errors import NotAllowed
from siaga.review.machine import Decision, Wanted, decide, undo
from siaga.review.queue import EventFilter, Place
from siaga.review.situation import situation_of
from siaga.review.views import (
    CommentView,
    CorrectionView,
    CorrectionWanted,
    QueueItem,
    ReviewDetail,
)

MOST_TOGETHER = 200
_Next = Callable[[Sequence[Decision]], Decision]


@dataclass(frozen=True, slots=True)
class Member:
    """An event and the version of its review that the caller has seen."""

    event_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Together:
    """What was decided, or undone, together."""

    bulk_id: UUID
    events: int


class Reviews:
    """What people make of events.

    Every method is bound by the caller's sites: an event of another site raises ``NotFound``. All raise
    ``StorageError``. Safe to use from several threads, and from several replicas on PostgreSQL.

    Args:
        new_id: Makes UUIDv7.
    """

    def __init__(self, database: Database, auditor: Auditor, new_id: IdFactory) -> None:
        self._database = database
        self._auditor = auditor
        self._new_id = new_id

    def queue(
        self, caller: Caller, wanted: EventFilter, limit: int, after: Place | None = None
    ) -> tuple[QueueItem, ...]:
        """At most ``limit`` events, newest start first, after a given one."""
        with self._database.reading() as connection:
            return queue.page(connection, caller, wanted, limit, after)

    def counts(self, caller: Caller, wanted: EventFilter) -> dict[str, int]:
        """How many events are in each state of review."""
        with self._database.reading() as connection:
            return {str(state): count for state, count in queue.counts(connection, caller, wanted).items()}

    def one(self, caller: Caller, event_id: UUID) -> ReviewDetail:
        """Everything that people made of one event.

        Raises:
            NotFound: There is no such event within the caller's sites.
        """
        with self._database.reading() as connection:
            return _detail(connection, history.event_of(connection, caller, event_id))

    def decide(
        self, caller: Caller, member: Member, wanted: Wanted, comment: str | None = None
    ) -> ReviewDetail:
        """Decide on one event.

        Args:
            comment: Kept together with the decision.

        Raises:
            NotFound: There is no such event within the caller's sites.
            Meanwhile: Somebody decided since ``member.version``.
            Conflict: Its state does not lead there.
            NotAllowed: Reason or assignee do not go with the state.
        """
        with self._database.writing() as connection:
            event = history.event_of(connection, caller, member.event_id, hold=True)
            known = with_known_assignee(connection, wanted, event.site)
            self._append(connection, caller, event, member.version, lambda past: decide(past, known))
            if comment is not None:
                self._comment(connection, caller, event, comment)
            return self._told(connection, caller, event, "review.decide")

    def undo(self, caller: Caller, member: Member) -> ReviewDetail:
        """Take back the last decision that still counts.

        Raises:
            NotFound, Meanwhile: As of ``decide``.
            Conflict: There is none.
        """
        with self._database.writing() as connection:
            event = history.event_of(connection, caller, member.event_id, hold=True)
            self._append(connection, caller, event, member.version, undo)
            return self._told(connection, caller, event, "review.undo")

    def duplicates(self, caller: Caller, event_id: UUID) -> tuple[QueueItem, ...]:
        """The events of the same situation, this one among them, by start: what may be decided together."""
        with self._database.reading() as connection:
            event = history.event_of(connection, caller, event_id)
            ids = [row.event_id for row in situation_of(connection, event, caller.at)][:MOST_TOGETHER]
            rows = connection.execute(
                queue.joined().where(violations.c.event_id.in_(ids)).order_by(violations.c.start_at)
            ).all()
            return queue.items(connection, rows)

    def decide_together(self, caller: Caller, members: Sequence[Member], wanted: Wanted) -> UUID:
        """The same decision on several events of one situation; all or nothing. Returns its bulk id.

        Raises:
            NotAllowed: They are not all of one situation.
            NotFound, Meanwhile, Conflict: As of ``decide``, for any of them.
        """
        versions = {member.event_id: member.version for member in members}
        with self._database.writing() as connection:
            events = history.events_of(connection, caller, tuple(versions), hold=True)
            if len(events) < len(versions):
                missing = set(versions) - {event.event_id for event in events}
                raise NotFound("No such violation.", where=", ".join(sorted(map(str, missing))))
            _check_one_situation(connection, caller, events)
            bulk_id = self._new_id()
            known = with_known_assignee(connection, wanted, events[0].site)
            for event in events:
                version = versions[event.event_id]
                self._append(connection, caller, event, version, lambda past: decide(past, known), bulk_id)
            self._note(connection, caller, f"bulk/{bulk_id}", events, str(wanted.state))
        return bulk_id

    def undo_together(self, caller: Caller, bulk_id: UUID) -> Together:
        """Take back what was decided together; all or nothing.

        Raises:
            NotFound: Nothing was decided under that id within the caller's sites.
            Conflict: One of the events was decided on since.
        """
        with self._database.writing() as connection:
            found = connection.execute(
                select(decisions.c.event_id, decisions.c.version).where(decisions.c.bulk_id == bulk_id)
            ).all()
            versions = {row.event_id: row.version for row in found}
            events = history.events_of(connection, caller, tuple(versions), hold=True)
            if not events:
                raise NotFound("Nothing was decided together under this id.", where=str(bulk_id))
            undoing = self._new_id()
            for event in events:
                self._append(connection, caller, event, versions[event.event_id], undo, undoing)
            self._note(connection, caller, f"bulk/{bulk_id}", events, "undone")
        return Together(undoing, len(events))

    def comment(self, caller: Caller, event_id: UUID, text: str) -> CommentView:
        """Write something to an event. Raises ``NotFound``."""
        with self._database.writing() as connection:
            event = history.event_of(connection, caller, event_id)
            view = self._comment(connection, caller, event, text)
            self._auditor.record(
                connection, caller.entry("review.comment", f"violation/{event_id}", event.site)
            )
            return view

    def correct(
        self, caller: Caller, event_id: UUID, sha256: str, version: int, wanted: CorrectionWanted
    ) -> CorrectionView:
        """Say what is to be seen in one of an event's pictures.

        Args:
            version: Of the correction that the caller has seen; 0: none.

        Raises:
            NotFound: No such event within the caller's sites, or the picture is not of its evidence.
            Meanwhile: Somebody corrected it since.
        """
        with self._database.writing() as connection:
            event = history.event_of(connection, caller, event_id, hold=True)
            corrections.check(connection, event_id, sha256, version)
            view = CorrectionView(
                **wanted.model_dump(),
                sha256=sha256,
                version=version + 1,
                by=caller.principal.name,
                at=caller.at,
            )
            corrections.keep(connection, caller, event, self._new_id(), view)
            entry = caller.entry("review.correct", f"violation/{event_id}", event.site, picture=sha256)
            self._auditor.record(connection, entry)
        return view

    def _append(
        self,
        connection: Connection,
        caller: Caller,
        event: Row[Any],
        version: int,
        following: _Next,
        bulk_id: UUID | None = None,
    ) -> None:
        past = history.load(connection, event.event_id)
        history.check_version(connection, event.event_id, past, version)
        history.append(connection, caller, event, following(past), bulk_id)

    def _comment(self, connection: Connection, caller: Caller, event: Row[Any], text: str) -> CommentView:
        view = CommentView(id=self._new_id(), text=text, by=caller.principal.name, at=caller.at)
        connection.execute(
            insert(comments).values(
                id=view.id,
                event_id=event.event_id,
                site=event.site,
                text=text,
                by_id=caller.principal.id,
                by_name=view.by,
                at=view.at,
            )
        )
        words.index(connection, view.id, event.event_id, text)
        return view

    def _told(self, connection: Connection, caller: Caller, event: Row[Any], action: str) -> ReviewDetail:
        detail = _detail(connection, event)
        entry = caller.entry(
            action,
            f"violation/{event.event_id}",
            event.site,
            state=str(detail.review.state),
            version=detail.review.version,
        )
        self._auditor.record(connection, entry)
        return detail

    def _note(
        self, connection: Connection, caller: Caller, thing: str, events: Sequence[Row[Any]], state: str
    ) -> None:
        entry = caller.entry("review.bulk", thing, events[0].site, state=state, events=len(events))
        self._auditor.record(connection, entry)


def _check_one_situation(connection: Connection, caller: Caller, events: Sequence[Row[Any]]) -> None:
    situation = {row.event_id for row in situation_of(connection, events[0], caller.at)}
    if not {event.event_id for event in events} <= situation:
        raise NotAllowed(
            "These events are not of one situation.",
            fix="Decide together only on what one camera saw of one rule and zone at the same time.",
        )


def _detail(connection: Connection, event: Row[Any]) -> ReviewDetail:
    joined = queue.joined().where(violations.c.event_id == event.event_id)
    return ReviewDetail(
        event_id=event.event_id,
        site=event.site,
        review=history.review_view(connection.execute(joined).one()),
        history=history.shown(connection, event.event_id),
        comments=_comments(connection, event.event_id),
        corrections=corrections.newest(connection, event.event_id),
    )


def _comments(connection: Connection, event_id: UUID) -> tuple[CommentView, ...]:
    query = select(comments).where(comments.c.event_id == event_id).order_by(comments.c.id)
    return tuple(
        CommentView(id=row.id, text=row.text, by=row.by_name, at=row.at) for row in connection.execute(query)
    )
