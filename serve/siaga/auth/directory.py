"""Users and their roles: who is there, and who may change whom.

A site is the boundary here too: who manages users at some sites sees the users who hold a role there, and
gives and takes roles there. What changes a user as a whole needs all of that user's sites.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from siaga.access import AuditEntry, Auditor, Principal, Role, Scope
from siaga.auth.rows import make_user, read_roles, read_user
from siaga.auth.sessions import end_all
from siaga.auth.views import Held, User
from siaga.core.clock import Clock
from siaga.core.errors import BadRequest, Conflict, Forbidden, NotFound
from siaga.db import Database
from siaga.db.tables.people import (
    EVERYWHERE,
    api_tokens,
    one_time_links,
    recovery_codes,
    user_roles,
    users,
)

DEMO_LOGIN = "demo"
"""The user of ``siaga demo``, who has no password; a service that is no demo has no such user."""


class NeedsEverySite(Forbidden):
    """The caller may do this at some sites, but it concerns others too."""


class Directory:
    """The users."""

    def __init__(self, database: Database, clock: Clock, auditor: Auditor) -> None:
        self._database = database
        self._clock = clock
        self._auditor = auditor

    def is_empty(self) -> bool:
        """Whether nobody has an account yet."""
        with self._database.reading() as connection:
            return connection.execute(select(users.c.id).limit(1)).first() is None

    def users(self, scope: Scope) -> tuple[User, ...]:
        """Those who hold a role at a site of the scope (for a scope of everything: all), by name."""
        query = select(users).order_by(users.c.name, users.c.login)
        if scope.sites is not None:
            here = select(user_roles.c.user_id).where(user_roles.c.site.in_(sorted(scope.sites)))
            query = query.where(users.c.id.in_(here))
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            return tuple(make_user(row, read_roles(connection, row.id)) for row in rows)

    def user(self, scope: Scope, user_id: UUID) -> User:
        """One user.

        Raises:
            NotFound: There is none with a role at the scope's sites.
        """
        with self._database.reading() as connection:
            return _seen(connection, scope, user_id)

    def manageable(self, scope: Scope, user_id: UUID) -> User:
        """One user whom a caller with this scope may change as a whole.

        Raises:
            NotFound: No such user.
            NeedsEverySite: The user holds a role outside of the scope.
        """
        with self._database.reading() as connection:
            return _whole(connection, scope, user_id)

    def by_login(self, login: str) -> User | None:
        """The user who signs in with this name."""
        with self._database.reading() as connection:
            user_id = connection.execute(select(users.c.id).where(users.c.login == login.casefold())).scalar()
            return None if user_id is None else read_user(connection, user_id)

    def add(self, by: Principal, scope: Scope, login: str, name: str, roles: Sequence[Held]) -> User:
        """Make an account without a password; the way in is a link or the OpenID provider.

        Raises:
            Conflict: Somebody signs in with this name already.
            NotFound: A role at a site outside of the scope.
            BadRequest: No role where the caller may only act at some sites, or the device's role.
        """
        _check_roles(scope, roles)
        if scope.sites is not None and not roles:
            raise BadRequest("A new user holds a role at one of your sites.", fix="Give a role.")
        user_id = uuid4()
        with self._database.writing() as connection:
            insert_user(connection, self._clock, user_id, login, name)
            _insert_roles(connection, user_id, roles)
            self._tell(connection, by, "user.add", user_id, roles)
            return _seen(connection, scope, user_id)

    def set_roles(self, by: Principal, scope: Scope, user_id: UUID, roles: Sequence[Held]) -> User:
        """Replace the roles that a user holds at the scope's sites; takes effect at the next request.

        Raises:
            NotFound: No such user; a role at a site outside of the scope.
            Conflict: Nobody would be left who manages everything.
        """
        _check_roles(scope, roles)
        gone = delete(user_roles).where(user_roles.c.user_id == user_id)
        if scope.sites is not None:
            gone = gone.where(user_roles.c.site.in_(sorted(scope.sites)))
        with self._database.writing() as connection:
            _seen(connection, scope, user_id)
            connection.execute(gone)
            _insert_roles(connection, user_id, roles)
            _check_somebody_manages(connection)
            self._tell(connection, by, "user.roles", user_id, roles)
            user = read_user(connection, user_id)
        if user is None:
            raise _no_user(user_id)
        return user

    def change(
        self, by: Principal, scope: Scope, user_id: UUID, *, name: str | None, disabled: bool | None
    ) -> User:
        """Rename, or stop and allow the way in; stopping ends all sessions. None: as it is.

        Raises:
            NotFound: No such user.
            NeedsEverySite: The user holds a role outside of the scope.
            Conflict: Nobody would be left who manages everything.
        """
        with self._database.writing() as connection:
            user = _whole(connection, scope, user_id)
            row = update(users).where(users.c.id == user_id)
            if name is not None:
                connection.execute(row.values(name=name))
            if disabled is not None and disabled != user.disabled:
                connection.execute(row.values(disabled_at=self._clock.utc() if disabled else None))
                end_all(connection, user_id)
                _check_somebody_manages(connection)
                self._tell(connection, by, "user.disable" if disabled else "user.enable", user_id, ())
            return _seen(connection, scope, user_id)

    def remove(self, by: Principal, scope: Scope, user_id: UUID) -> None:
        """Delete the account with all that belongs to it. What the user did stays in the logs.

        Raises:
            NotFound: No such user.
            NeedsEverySite: The user holds a role outside of the scope.
            Conflict: Nobody would be left who manages everything.
        """
        with self._database.writing() as connection:
            _whole(connection, scope, user_id)
            end_all(connection, user_id)
            for table in (user_roles, recovery_codes, api_tokens, one_time_links):
                connection.execute(delete(table).where(table.c.user_id == user_id))
            connection.execute(delete(users).where(users.c.id == user_id))
            _check_somebody_manages(connection)
            self._tell(connection, by, "user.remove", user_id, ())

    def reset_second_factor(self, by: Principal, scope: Scope, user_id: UUID) -> None:
        """Take a user's second factor away: the phone is lost and so are the recovery codes.

        Raises:
            NotFound: No such user.
            NeedsEverySite: The user holds a role outside of the scope.
        """
        with self._database.writing() as connection:
            _whole(connection, scope, user_id)
            row = update(users).where(users.c.id == user_id)
            connection.execute(row.values(totp_secret=None, totp_confirmed_at=None))
            connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
            end_all(connection, user_id)
            self._tell(connection, by, "user.second_factor_off", user_id, ())

    def _tell(
        self, connection: Connection, by: Principal, action: str, user_id: UUID, roles: Iterable[Held]
    ) -> None:
        told = ", ".join(f"{entry.role} at {entry.site or 'every site'}" for entry in roles)
        details = {"roles": told} if told else {}
        about = AuditEntry(by, action, f"user/{user_id}", None, self._clock.utc(), details)
        self._auditor.record(connection, about)


def insert_user(connection: Connection, clock: Clock, user_id: UUID, login: str, name: str) -> None:
    """Add the account's row.

    Raises:
        Conflict: Somebody signs in with this name already.
    """
    row = {"id": user_id, "login": login.casefold(), "name": name, "created_at": clock.utc()}
    try:
        with connection.begin_nested():
            connection.execute(users.insert().values(row))
    except IntegrityError as error:
        raise Conflict("Somebody signs in with this name already.", fix="Take another.") from error


def make_admin(connection: Connection, user_id: UUID) -> None:
    """Let a user manage everything."""
    _insert_roles(connection, user_id, (Held(role=Role.ADMIN),))


def _insert_roles(connection: Connection, user_id: UUID, roles: Iterable[Held]) -> None:
    wanted = {(entry.role, entry.site): entry for entry in roles}.values()
    for entry in wanted:
        site = EVERYWHERE if entry.site is None else entry.site
        values = {"user_id": user_id, "role": entry.role.value, "site": site, "until": entry.until}
        connection.execute(user_roles.insert().values(values))


def _check_roles(scope: Scope, roles: Iterable[Held]) -> None:
    for entry in roles:
        if entry.role is Role.DEVICE:
            raise BadRequest("A user is no device.", fix="Enrol the device with a code.")
        if entry.site is None and scope.sites is not None:
            raise NeedsEverySite("Only who manages every site gives a role at every site.")
        if entry.site is not None and not scope.allows(entry.site):
            raise NotFound("No such site.", where=entry.site)


def _seen(connection: Connection, scope: Scope, user_id: UUID) -> User:
    user = read_user(connection, user_id)
    if user is None or not _visible(scope, user):
        raise _no_user(user_id)
    return user


def _visible(scope: Scope, user: User) -> bool:
    return scope.sites is None or any(entry.site in scope.sites for entry in user.roles)


def _whole(connection: Connection, scope: Scope, user_id: UUID) -> User:
    user = _seen(connection, scope, user_id)
    if scope.sites is not None and not all(entry.site in scope.sites for entry in user.roles):
        raise NeedsEverySite("This user holds a role at other sites too.", fix="Take away the role at yours.")
    return user


def _no_user(user_id: UUID) -> NotFound:
    return NotFound("No such user.", where=str(user_id))


def _check_somebody_manages(connection: Connection) -> None:
    admins = (
        select(users.c.id)
        .join(user_roles, user_roles.c.user_id == users.c.id)
        .where(
            user_roles.c.role == Role.ADMIN.value,
            user_roles.c.site == EVERYWHERE,
            user_roles.c.until.is_(None),
            users.c.disabled_at.is_(None),
            or_(
                users.c.password_hash.is_not(None),
                users.c.oidc_subject.is_not(None),
                users.c.login == DEMO_LOGIN,
            ),
        )
    )
    if connection.execute(admins.limit(1)).first() is None:
        raise Conflict(
            "Nobody would be left who manages everything.",
            fix="Make somebody else an admin of every site first.",
        )
