"""API tokens: a script's way in, acting as its user, with an end, limited to chosen permissions if wanted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, select, update

from siaga.access import AuditEntry, Auditor, Permission, Principal
from siaga.auth.rows import principal_of
from siaga.auth.secrets import API_TOKEN, hashed
from siaga.auth.views import TokenView
from siaga.core.clock import Clock, random_token
from siaga.core.errors import NotFound
from siaga.db import Database
from siaga.db.tables.people import api_tokens

_TOUCH = timedelta(hours=1)
_NEVER = frozenset({Permission.OWN_ACCOUNT, Permission.INGEST})
"""A token changes no password and makes no token."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made; ``secret`` is told this once."""

    view: TokenView
    secret: str = field(repr=False)


class ApiTokens:
    """Makes, finds and revokes tokens."""

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

    def make(self, who: Principal, name: str, only: Sequence[Permission], life: timedelta) -> NewToken:
        """Make a token of the caller's."""
        secret, now = API_TOKEN + self._make_token(), self._clock.utc()
        limits = ",".join(sorted({permission.value for permission in only}))
        row = {
            "id": uuid4(),
            "user_id": UUID(who.id),
            "name": name,
            "permissions": limits,
            "created_at": now,
            "expires_at": now + life,
        }
        with self._database.writing() as connection:
            connection.execute(api_tokens.insert().values(**row, hash=hashed(secret)))
            made = connection.execute(select(api_tokens).where(api_tokens.c.id == row["id"])).one()
            entry = AuditEntry(who, "token.make", f"token/{made.id}", None, now, {"only": limits})
            self._auditor.record(connection, entry)
        return NewToken(_view(made), secret)

    def listed(self, who: Principal) -> tuple[TokenView, ...]:
        """The caller's tokens that work, newest first."""
        table = api_tokens.c
        query = select(api_tokens).where(
            table.user_id == UUID(who.id), table.revoked_at.is_(None), table.expires_at > self._clock.utc()
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(table.created_at.desc(), table.id)).all()
        return tuple(_view(row) for row in rows)

    def revoke(self, who: Principal, token_id: UUID) -> None:
        """End a token of the caller's.

        Raises:
            NotFound: The caller has no such token.
        """
        table, now = api_tokens.c, self._clock.utc()
        with self._database.writing() as connection:
            ended = update(api_tokens).where(
                table.id == token_id, table.user_id == UUID(who.id), table.revoked_at.is_(None)
            )
            if connection.execute(ended.values(revoked_at=now)).rowcount == 0:
                raise NotFound("No such token.", where=str(token_id))
            self._auditor.record(connection, AuditEntry(who, "token.revoke", f"token/{token_id}", None, now))

    def principal(self, secret: str) -> Principal | None:
        """Whose token this is; None: it does not work (any more)."""
        table, now = api_tokens.c, self._clock.utc()
        with self._database.reading() as connection:
            row = connection.execute(
                select(api_tokens).where(
                    table.hash == hashed(secret), table.revoked_at.is_(None), table.expires_at > now
                )
            ).one_or_none()
            if row is None:
                return None
            only = frozenset(_permissions(row) or Permission) - _NEVER
            found = principal_of(connection, row.user_id, now, only=only)
        if found is not None and (row.used_at is None or now - row.used_at > _TOUCH):
            with self._database.writing() as connection:
                connection.execute(update(api_tokens).where(table.id == row.id).values(used_at=now))
        return found


def _permissions(row: Row[Any]) -> tuple[Permission, ...]:
    return tuple(Permission(name) for name in row.permissions.split(",") if name)


def _view(row: Row[Any]) -> TokenView:
    return TokenView(
        id=row.id,
        name=row.name,
        permissions=_permissions(row),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
