"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes; each works once."""

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pyotp
from sqlalchemy import Connection, Row, delete, select, update

from siaga.access import AuditEntry, Auditor, Principal
from siaga.auth.limiter import SignInLimiter
from siaga.auth.passwords import Passwords
from siaga.auth.secrets import Vault, hashed
from siaga.core.clock import Clock
from siaga.core.errors import BadRequest, Conflict, Unauthorised
from siaga.db import Database
from siaga.db.tables.people import recovery_codes, users

_STEP_S = 30
_DRIFT = 1
"""Steps that a phone's clock may be off either way."""
_CODES = 10
_ISSUER = "Siaga"


@dataclass(frozen=True, slots=True)
class Seed:
    """What the app is told once. ``uri``: ``otpauth://…``, for a QR code."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


class SecondFactor:
    """Sets up, asks for and takes away a user's second factor."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        auditor: Auditor,
        vault: Vault,
        passwords: Passwords,
        limiter: SignInLimiter,
    ) -> None:
        self._database = database
        self._clock = clock
        self._auditor = auditor
        self._vault = vault
        self._passwords = passwords
        self._limiter = limiter

    def begin(self, who: Principal, password: str) -> Seed:
        """Make a new seed; it is asked for only after ``confirm``.

        Raises:
            BadRequest: The password is wrong.
            Conflict: There is a second factor already.
        """
        self._check_password(UUID(who.id), password)
        secret = pyotp.random_base32()
        with self._database.writing() as connection:
            row = connection.execute(select(users).where(users.c.id == UUID(who.id))).one()
            if row.totp_confirmed_at is not None:
                raise Conflict("There is a second factor already.", fix="Take it away first.")
            sealed = self._vault.close_up(secret)
            connection.execute(update(users).where(users.c.id == row.id).values(totp_secret=sealed))
        return Seed(secret, pyotp.TOTP(secret).provisioning_uri(name=row.login, issuer_name=_ISSUER))

    def confirm(self, who: Principal, code: str) -> tuple[str, ...]:
        """Switch it on with a first code; gives the recovery codes, once.

        Raises:
            Unauthorised: The code is wrong.
            Conflict: Nothing was begun, or it is on already.
        """
        user_id = UUID(who.id)
        codes = tuple(_recovery_code() for _ in range(_CODES))
        with self._database.writing() as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).one()
            if row.totp_secret is None or row.totp_confirmed_at is not None:
                raise Conflict("No second factor is being set up.", fix="Begin anew.")
            if not self._take_app_code(connection, row, code):
                raise _wrong()
            now = self._clock.utc()
            connection.execute(update(users).where(users.c.id == user_id).values(totp_confirmed_at=now))
            connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
            for made in codes:
                kept = {"user_id": user_id, "hash": hashed(_plain(made))}
                connection.execute(recovery_codes.insert().values(kept))
            self._auditor.record(connection, self._entry(who, "account.second_factor_on"))
        return codes

    def remove(self, who: Principal, password: str) -> None:
        """Switch it off.

        Raises:
            BadRequest: The password is wrong.
        """
        user_id = UUID(who.id)
        self._check_password(user_id, password)
        with self._database.writing() as connection:
            remove_second_factor(connection, user_id)
            self._auditor.record(connection, self._entry(who, "account.second_factor_off"))

    def is_right(self, user_id: UUID, code: str) -> bool:
        """Whether the code is right and was not taken before; then it is used up."""
        with self._database.writing() as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).one()
            return self._take_app_code(connection, row, code) or _take_recovery(
                connection, user_id, code, self._clock
            )

    def _check_password(self, user_id: UUID, password: str) -> None:
        query = select(users.c.password_hash, users.c.login).where(users.c.id == user_id)
        with self._database.reading() as connection:
            row = connection.execute(query).one()
        self._limiter.check(row.login, "", known=True)
        if not self._passwords.is_right(row.password_hash, password):
            self._limiter.wrong(row.login, "")
            raise BadRequest("The password is wrong.")

    def _take_app_code(self, connection: Connection, row: Row[Any], code: str) -> bool:
        given = _plain(code)
        totp = pyotp.TOTP(self._vault.open_up(row.totp_secret))
        now = int(self._clock.utc().timestamp()) // _STEP_S
        for step in range(now - _DRIFT, now + _DRIFT + 1):
            if secrets.compare_digest(totp.generate_otp(step).encode(), given.encode()):
                taken = update(users).where(
                    users.c.id == row.id,
                    users.c.totp_last_step < step,
                )
                return connection.execute(taken.values(totp_last_step=step)).rowcount == 1
        return False

    def _entry(self, who: Principal, action: str) -> AuditEntry:
        return AuditEntry(who, action, f"user/{who.id}", None, self._clock.utc())


def remove_second_factor(connection: Connection, user_id: UUID) -> None:
    """Forget the seed and the recovery codes."""
    gone = update(users).where(users.c.id == user_id)
    connection.execute(gone.values(totp_secret=None, totp_confirmed_at=None))
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))


def _take_recovery(connection: Connection, user_id: UUID, code: str, clock: Clock) -> bool:
    table = recovery_codes.c
    used = update(recovery_codes).where(
        table.user_id == user_id, table.hash == hashed(_plain(code)), table.used_at.is_(None)
    )
    return connection.execute(used.values(used_at=clock.utc())).rowcount == 1


def _recovery_code() -> str:
    """120 random bits, to be read off paper: ``ABCD-EFGH-…``, six groups."""
    text = base64.b32encode(secrets.token_bytes(15)).decode()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _plain(code: str) -> str:
    return code.replace("-", "").replace(" ", "").upper()


def _wrong() -> Unauthorised:
    return Unauthorised("The code is wrong, or was used already.", fix="Take the next one.")
