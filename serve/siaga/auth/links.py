"""Ways in that work once: the owner's at the first start, invitations, new passwords, the demo's."""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, select, update

from siaga.access import AuditEntry, Auditor, Principal, Role, Scope
from siaga.auth.directory import DEMO_LOGIN, insert_user, make_admin
from siaga.auth.passwords import Passwords
from siaga.auth.rows import read_user
from siaga.auth.secrets import hashed
from siaga.auth.sessions import end_all
from siaga.auth.views import User
from siaga.core.clock import Clock, random_token
from siaga.core.errors import BadRequest, Unauthorised
from siaga.db import Database
from siaga.db.tables.people import one_time_links, user_roles, users

_OWNER_LIFE = timedelta(days=1)
_USER_LIFE = timedelta(days=3)


class LinkKind(StrEnum):
    """What a link is for."""

    OWNER = "owner"
    """The first user: name and password."""
    PASSWORD = "password"  # noqa: S105
    """A user's new password."""
    DEMO = "demo"
    """Signs in without a password; made by ``siaga demo`` only."""


class Links:
    """Makes and takes one-time links; each is a secret of 256 bits."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        auditor: Auditor,
        passwords: Passwords,
        make_token: Callable[[], str] = random_token,
    ) -> None:
        self._database = database
        self._clock = clock
        self._auditor = auditor
        self._passwords = passwords
        self._make_token = make_token

    def for_owner(self) -> str:
        """The first user's link; the one before it ends."""
        return self._make(LinkKind.OWNER, None, _OWNER_LIFE)

    def for_demo(self) -> str:
        """A link that signs in as the demo's own user, who is made if absent."""
        with self._database.writing() as connection:
            query = select(users.c.id).where(users.c.login == DEMO_LOGIN)
            user_id: UUID | None = connection.execute(query).scalar_one_or_none()
            if user_id is None:
                user_id = uuid4()
                insert_user(connection, self._clock, user_id, DEMO_LOGIN, "Demo")
                make_admin(connection, user_id)
        return self._make(LinkKind.DEMO, user_id, _OWNER_LIFE)

    def end_demo(self) -> None:
        """A service that is no demo has no user without a password: take the demo's user away."""
        with self._database.writing() as connection:
            query = select(users.c.id).where(users.c.login == DEMO_LOGIN, users.c.password_hash.is_(None))
            user_id = connection.execute(query).scalar_one_or_none()
            if user_id is not None:
                end_all(connection, user_id)
                for table, column in ((user_roles, "user_id"), (one_time_links, "user_id"), (users, "id")):
                    connection.execute(delete(table).where(table.c[column] == user_id))

    def for_user(self, by: Principal, user: User) -> str:
        """A link with which this user sets a password; the ones before it end.

        The caller has checked that ``by`` may do this to the user.
        """
        token = self._make(LinkKind.PASSWORD, user.id, _USER_LIFE)
        told = AuditEntry(by, "user.link", f"user/{user.id}", None, self._clock.utc())
        self._auditor.record(None, told)
        return token

    def kind(self, token: str) -> LinkKind | None:
        """What a link is for, if it still works."""
        with self._database.reading() as connection:
            row = self._open_row(connection, token)
            return None if row is None else row[0]

    def enter_demo(self, token: str) -> UUID:
        """Use up the demo's link.

        Raises:
            Unauthorised: It does not work (any more).
        """
        with self._database.writing() as connection:
            user_id = self._use(connection, token, LinkKind.DEMO)
        if user_id is None:
            raise _over()
        return user_id

    def set_owner(self, token: str, login: str, name: str, password: str) -> UUID:
        """Make the first user, who manages everything, and use up the link.

        Raises:
            Unauthorised: The link does not work (any more).
            BadRequest: The password is too weak.
        """
        if self.kind(token) is not LinkKind.OWNER:
            raise _over()
        kept, user_id = self._passwords.hash(password, (login, name)), uuid4()
        with self._database.writing() as connection:
            self._use(connection, token, LinkKind.OWNER)
            if connection.execute(select(users.c.id).limit(1)).first() is not None:
                raise _over()
            insert_user(connection, self._clock, user_id, login, name)
            make_admin(connection, user_id)
            self._put_password(connection, user_id, name, kept, "owner.set_up")
        return user_id

    def set_password(self, token: str, password: str) -> UUID:
        """Give the link's user a new password, end the user's sessions and use up the link.

        Raises:
            Unauthorised: The link does not work (any more), or the user is disabled.
            BadRequest: The password is too weak.
        """
        with self._database.reading() as connection:
            row = self._open_row(connection, token)
            user = read_user(connection, row[1]) if row and row[1] else None
        if row is None or row[0] is not LinkKind.PASSWORD or user is None or user.disabled:
            raise _over()
        kept = self._passwords.hash(password, (user.login, user.name))
        with self._database.writing() as connection:
            self._use(connection, token, LinkKind.PASSWORD)
            end_all(connection, user.id)
            self._put_password(connection, user.id, user.name, kept, "account.password")
        return user.id

    def _make(self, kind: LinkKind, user_id: UUID | None, life: timedelta) -> str:
        token, now = self._make_token(), self._clock.utc()
        same = delete(one_time_links).where(one_time_links.c.kind == kind.value)
        if user_id is not None:
            same = same.where(one_time_links.c.user_id == user_id)
        row = {"hash": hashed(token), "kind": kind.value, "user_id": user_id, "created_at": now}
        with self._database.writing() as connection:
            connection.execute(same)
            connection.execute(one_time_links.insert().values(**row, expires_at=now + life))
        return token

    def _open_row(self, connection: Connection, token: str) -> tuple[LinkKind, UUID | None] | None:
        link = one_time_links.c
        query = select(link.kind, link.user_id).where(
            link.hash == hashed(token), link.used_at.is_(None), link.expires_at > self._clock.utc()
        )
        row = connection.execute(query).one_or_none()
        return None if row is None else (LinkKind(row.kind), row.user_id)

    def _use(self, connection: Connection, token: str, kind: LinkKind) -> UUID | None:
        row = self._open_row(connection, token)
        link = one_time_links.c
        used = (
            update(one_time_links)
            .where(link.hash == hashed(token), link.used_at.is_(None))
            .values(used_at=self._clock.utc())
        )
        # Of two who come at once only one finds it unused.
        if row is None or row[0] is not kind or connection.execute(used).rowcount != 1:
            raise _over()
        return row[1]

    def _put_password(self, connection: Connection, user_id: UUID, name: str, kept: str, action: str) -> None:
        now = self._clock.utc()
        row = update(users).where(users.c.id == user_id)
        connection.execute(row.values(password_hash=kept, password_at=now))
        who = Principal(str(user_id), name, {Role.VIEWER: Scope.nothing()})
        self._auditor.record(connection, AuditEntry(who, action, f"user/{user_id}", None, now))


def check_owner_fields(login: str | None, name: str | None) -> tuple[str, str]:
    """The first user's names.

    Raises:
        BadRequest: One is missing.
    """
    if not login or not name:
        raise BadRequest("The first user needs a name to sign in with and a name to show.")
    return login, name


def _over() -> Unauthorised:
    return Unauthorised("This link does not work (any more).", fix="Ask for a new one.")
