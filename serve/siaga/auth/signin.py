"""Signing in: by password (and code), by one-time link, by OpenID."""

from dataclasses import dataclass, field
from typing import NoReturn
from uuid import UUID

import structlog
from sqlalchemy import select, update

from siaga.access import AuditEntry, Auditor, Principal
from siaga.auth.limiter import SignInLimiter
from siaga.auth.passwords import Passwords
from siaga.auth.rows import principal_of
from siaga.auth.second_factor import SecondFactor
from siaga.auth.secrets import csrf_token
from siaga.auth.sessions import Browser, Sessions, end_all
from siaga.core.clock import Clock
from siaga.core.errors import BadRequest, Unauthorised
from siaga.db import Database
from siaga.db.tables.people import users

_log = structlog.get_logger(__name__)


class CodeNeeded(Unauthorised):
    """Name and password are right; a code of the second factor is needed too."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session. ``secret`` is for the cookie."""

    user_id: UUID
    secret: str = field(repr=False)

    @property
    def csrf_token(self) -> str:
        """Goes with every change that a page sends."""
        return csrf_token(self.secret)


class SignIn:
    """Opens sessions for people who show that they are who they say."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        auditor: Auditor,
        passwords: Passwords,
        sessions: Sessions,
        second_factor: SecondFactor,
        limiter: SignInLimiter,
    ) -> None:
        self._database = database
        self._clock = clock
        self._auditor = auditor
        self._passwords = passwords
        self._sessions = sessions
        self._second_factor = second_factor
        self._limiter = limiter

    def by_password(self, login: str, password: str, code: str | None, browser: Browser) -> SignedIn:
        """Sign in. Takes the same time whether the user is unknown or the password is wrong.

        Raises:
            CodeNeeded: All is right, but a code is missing.
            Unauthorised: Something is wrong; not told what. ``RateLimited`` after too many wrong tries.
        """
        login = login.casefold()
        with self._database.reading() as connection:
            row = connection.execute(select(users).where(users.c.login == login)).one_or_none()
        known = row is not None and self._sessions.is_known(row.id, browser.address)
        self._limiter.check(login, browser.address, known=known)
        right = self._passwords.is_right(row.password_hash if row is not None else None, password)
        if row is None or not right or row.disabled_at is not None:
            self._refuse(login, browser, row.id if row is not None else None, "password")
        if row.totp_confirmed_at is not None:
            if not code:
                raise CodeNeeded("A code of your authenticator app is needed too.")
            if not self._second_factor.is_right(row.id, code):
                self._refuse(login, browser, row.id, "code")
        if self._passwords.is_outdated(row.password_hash):
            self._keep_anew(row.id, password)
        return self.open(row.id, "password", browser)

    def open(self, user_id: UUID, method: str, browser: Browser) -> SignedIn:
        """Open a session for a user who was let in.

        Raises:
            Unauthorised: The user is disabled or gone.
        """
        now = self._clock.utc()
        with self._database.writing() as connection:
            who = principal_of(connection, user_id, now)
            if who is None:
                raise Unauthorised("This account does not work (any more).")
            secret = self._sessions.open(connection, user_id, method, browser)
            connection.execute(update(users).where(users.c.id == user_id).values(last_sign_in_at=now))
            entry = AuditEntry(who, "session.open", f"user/{user_id}", None, now, {"method": method})
            self._auditor.record(connection, entry)
        return SignedIn(user_id, secret)

    def change_password(self, who: Principal, old: str, new: str) -> None:
        """Change the caller's own password; all other sessions end.

        Raises:
            BadRequest: The old one is wrong, or the new one too weak.
            RateLimited: The old one was wrong too often.
        """
        user_id = UUID(who.id)
        with self._database.reading() as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).one()
        self._limiter.check(row.login, "", known=True)
        if not self._passwords.is_right(row.password_hash, old):
            self._limiter.wrong(row.login, "")
            raise BadRequest("The old password is wrong.")
        kept = self._passwords.hash(new, (row.login, row.name))
        now = self._clock.utc()
        with self._database.writing() as connection:
            changed = update(users).where(users.c.id == user_id)
            connection.execute(changed.values(password_hash=kept, password_at=now))
            end_all(connection, user_id, but=who.session)
            entry = AuditEntry(who, "account.password", f"user/{user_id}", None, now)
            self._auditor.record(connection, entry)

    def _refuse(self, login: str, browser: Browser, user_id: UUID | None, what: str) -> NoReturn:
        # The name is not logged: now and then it is a password in the wrong field.
        _log.warning("sign_in_refused", user=str(user_id), address=browser.address, wrong=what)
        self._limiter.wrong(login, browser.address)
        raise Unauthorised("Name, password or code are wrong.", fix="Try again.")

    def _keep_anew(self, user_id: UUID, password: str) -> None:
        kept = self._passwords.hash_again(password)
        with self._database.writing() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(password_hash=kept))
