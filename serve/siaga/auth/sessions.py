"""Sessions: opaque, kept here, ended by time, by the user or with the user."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, or_, select, update

from siaga.access import AuditEntry, Auditor, Principal
from siaga.auth.rows import principal_of
from siaga.auth.secrets import hashed
from siaga.auth.views import SessionView
from siaga.core.clock import Clock, random_token
from siaga.core.errors import NotFound
from siaga.db import Database
from siaga.db.tables.people import user_sessions

IDLE = timedelta(hours=12)
"""A session that nobody used for so long has ended."""
LIFE = timedelta(days=7)
"""A session ends after this, however much it was used."""
_TOUCH = timedelta(minutes=5)
_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from.

    Attributes:
        agent: The ``User-Agent``, for the user's own list of sessions.
        address: The client's address.
    """

    agent: str
    address: str


class Sessions:
    """Opens, finds and ends sessions.

    Args:
        make_token: Source of new secrets; text of 256 random bits.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        auditor: Auditor,
        make_token: Callable[[], str] = random_token,
    ) -> None:
        self._database = database
        self._clock = clock
        self._auditor = auditor
        self._make_token = make_token

    def open(self, connection: Connection, user_id: UUID, method: str, browser: Browser) -> str:
        """Start a session; returns its secret for the cookie. Ended sessions are forgotten."""
        now, secret, table = self._clock.utc(), self._make_token(), user_sessions.c
        connection.execute(
            delete(user_sessions).where(or_(table.expires_at <= now, table.used_at <= now - IDLE))
        )
        connection.execute(
            user_sessions.insert().values(
                hash=hashed(secret),
                id=uuid4(),
                user_id=user_id,
                method=method,
                agent=browser.agent[:_AGENT_LENGTH],
                address=browser.address,
                created_at=now,
                used_at=now,
                expires_at=now + LIFE,
            )
        )
        return secret

    def principal(self, secret: str) -> Principal | None:
        """Whose session this is; None: nobody's any more."""
        now, table = self._clock.utc(), user_sessions.c
        with self._database.reading() as connection:
            row = connection.execute(
                select(table.id, table.user_id, table.used_at).where(
                    table.hash == hashed(secret), table.expires_at > now, table.used_at > now - IDLE
                )
            ).one_or_none()
            found = row and principal_of(connection, row.user_id, now, session=row.id)
        if row is not None and found and now - row.used_at > _TOUCH:
            with self._database.writing() as connection:
                connection.execute(update(user_sessions).where(table.id == row.id).values(used_at=now))
        return found or None

    def is_known(self, user_id: UUID, address: str) -> bool:
        """Whether this user is signed in from this address already."""
        table = user_sessions.c
        query = select(table.id).where(
            table.user_id == user_id, table.address == address, table.expires_at > self._clock.utc()
        )
        with self._database.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def listed(self, who: Principal) -> tuple[SessionView, ...]:
        """The caller's own sessions, newest first."""
        now, table = self._clock.utc(), user_sessions.c
        query = select(user_sessions).where(
            table.user_id == UUID(who.id), table.expires_at > now, table.used_at > now - IDLE
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(table.created_at.desc(), table.id)).all()
        return tuple(
            SessionView(
                id=row.id,
                method=row.method,
                agent=row.agent,
                address=row.address,
                created_at=row.created_at,
                used_at=row.used_at,
                expires_at=row.expires_at,
                current=str(row.id) == who.session,
            )
            for row in rows
        )

    def end(self, who: Principal, session_id: UUID) -> None:
        """End one of the caller's own sessions.

        Raises:
            NotFound: The caller has no such session.
        """
        table = user_sessions.c
        with self._database.writing() as connection:
            done = connection.execute(
                delete(user_sessions).where(table.id == session_id, table.user_id == UUID(who.id))
            )
            if done.rowcount == 0:
                raise NotFound("No such session.", where=str(session_id))
            self._auditor.record(connection, self._entry(who, "session.end", f"session/{session_id}"))

    def end_others(self, who: Principal) -> None:
        """End all of the caller's sessions but the one that asks."""
        with self._database.writing() as connection:
            end_all(connection, UUID(who.id), but=who.session)
            self._auditor.record(connection, self._entry(who, "session.end_others", f"user/{who.id}"))

    def forget(self, secret: str) -> None:
        """End the session with this secret, if there is one."""
        with self._database.writing() as connection:
            connection.execute(delete(user_sessions).where(user_sessions.c.hash == hashed(secret)))

    def _entry(self, who: Principal, action: str, about: str) -> AuditEntry:
        return AuditEntry(who, action, about, None, self._clock.utc())


def end_all(connection: Connection, user_id: UUID, but: str | None = None) -> None:
    """End a user's sessions, except the one with the id ``but``."""
    doomed = delete(user_sessions).where(user_sessions.c.user_id == user_id)
    if but is not None:
        doomed = doomed.where(user_sessions.c.id != UUID(but))
    connection.execute(doomed)
