"""Devices: enrolled once with a short-lived code, each with its own key, its own token and one site."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, Select, delete, select, update
from sqlalchemy.exc import IntegrityError

from siaga.access import AuditEntry, Auditor, Principal, Role, Scope
from siaga.auth.secrets import DEVICE_TOKEN, hashed
from siaga.auth.views import CodeView, DeviceView
from siaga.core.clock import Clock, random_token
from siaga.core.errors import Conflict, Forbidden, NotFound, Unauthorised
from siaga.core.signature import device_id_of, enrolment_hash, plain_code, signed_by
from siaga.db import Database
from siaga.db.tables.archive import devices as heard
from siaga.db.tables.people import enrolled_devices, enrolment_codes, record_signatures

CODE_LIFE = timedelta(minutes=30)
# Base 32 of Crockford: no letter that looks like a digit.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 16


class WrongSignature(Forbidden):
    """The record is not signed by the key of the device that sends it."""

    http_status = 422


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code just made: 80 random bits, told this once."""

    view: CodeView
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A device just enrolled; ``token`` is told this once."""

    device_id: str
    site: str
    token: str = field(repr=False)


class Devices:
    """Enrols, finds and revokes devices."""

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

    def make_code(self, by: Principal, scope: Scope, site: str, name: str) -> NewCode:
        """Make a code with which one device of this site may be enrolled.

        Raises:
            NotFound: The site is outside of the scope.
        """
        if not scope.allows(site):
            raise NotFound("No such site.", where=site)
        now, table = self._clock.utc(), enrolment_codes.c
        code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
        view = CodeView(id=uuid4(), site=site, name=name, created_at=now, expires_at=now + CODE_LIFE)
        row = view.model_dump() | {"hash": hashed(code), "created_by": by.name}
        with self._database.writing() as connection:
            connection.execute(delete(enrolment_codes).where(table.expires_at <= now))
            connection.execute(enrolment_codes.insert().values(row))
            entry = AuditEntry(by, "device.code", f"code/{view.id}", site, now)
            self._auditor.record(connection, entry)
        return NewCode(view, "-".join(code[start : start + 4] for start in range(0, _CODE_LENGTH, 4)))

    def codes(self, scope: Scope) -> tuple[CodeView, ...]:
        """Codes of the scope's sites that still work, newest first."""
        table = enrolment_codes.c
        query = select(enrolment_codes).where(table.used_at.is_(None), table.expires_at > self._clock.utc())
        with self._database.reading() as connection:
            rows = connection.execute(
                _within(query, table.site, scope).order_by(table.created_at.desc(), table.id)
            )
            return tuple(
                CodeView(
                    id=row.id,
                    site=row.site,
                    name=row.name,
                    created_at=row.created_at,
                    expires_at=row.expires_at,
                )
                for row in rows
            )

    def drop_code(self, by: Principal, scope: Scope, code_id: UUID) -> None:
        """Take a code back.

        Raises:
            NotFound: There is no such unused code at the scope's sites.
        """
        table = enrolment_codes.c
        query = select(table.site).where(table.id == code_id, table.used_at.is_(None))
        with self._database.writing() as connection:
            site = connection.execute(_within(query, table.site, scope)).scalar_one_or_none()
            if site is None:
                raise NotFound("No such code.", where=str(code_id))
            connection.execute(delete(enrolment_codes).where(table.id == code_id))
            entry = AuditEntry(by, "device.code_drop", f"code/{code_id}", site, self._clock.utc())
            self._auditor.record(connection, entry)

    def enrol(self, code: str, public_key: str, proof: str) -> Enrolled:
        """Take in a device and use up its code.

        Args:
            code: As typed; hyphens, spaces and case do not matter.
            public_key: Raw Ed25519 key in hex (64 digits).
            proof: Signature of ``siaga.core.signature.enrolment_hash`` of the plain code, in hex.

        Raises:
            Unauthorised: The code does not work, or the key is not the sender's.
            Conflict: The device belongs to another site and was not revoked there.
        """
        plain = plain_code(code)
        if not _is_own(plain, public_key, proof):
            raise Unauthorised("The device did not show that the key is its own.")
        device_id, token, now = device_id_of(public_key), DEVICE_TOKEN + self._make_token(), self._clock.utc()
        with self._database.writing() as connection:
            row = self._use(connection, plain, now)
            table = enrolled_devices.c
            before = connection.execute(
                select(enrolled_devices).where(table.device_id == device_id)
            ).one_or_none()
            if before is not None and before.revoked_at is None and before.site != row.site:
                raise Conflict("This device is enrolled at another site.", fix="Revoke it there first.")
            connection.execute(delete(enrolled_devices).where(table.device_id == device_id))
            values = {
                "device_id": device_id,
                "site": row.site,
                "name": row.name,
                "public_key": public_key,
                "token_hash": hashed(token),
                "enrolled_by": row.created_by,
                "enrolled_at": now,
            }
            connection.execute(enrolled_devices.insert().values(values))
            who = Principal(device_id, row.name, device_id=device_id)
            entry = AuditEntry(who, "device.enrol", f"device/{device_id}", row.site, now)
            self._auditor.record(connection, entry)
        return Enrolled(device_id, row.site, token)

    def listed(self, scope: Scope) -> tuple[DeviceView, ...]:
        """Devices of the scope's sites, revoked ones too, by site and name."""
        with self._database.reading() as connection:
            table = enrolled_devices.c
            rows = connection.execute(_within(_devices(), table.site, scope).order_by(table.site, table.name))
            return tuple(_view(row) for row in rows)

    def device(self, scope: Scope, device_id: str) -> DeviceView:
        """One device.

        Raises:
            NotFound: There is none at the scope's sites.
        """
        table = enrolled_devices.c
        query = _within(_devices().where(table.device_id == device_id), table.site, scope)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound("No such device.", where=device_id)
        return _view(row)

    def revoke(self, by: Principal, scope: Scope, device_id: str) -> None:
        """End a device's token. Its key stays known, for what it signed before.

        Raises:
            NotFound: There is none at the scope's sites that still works.
        """
        device, now = self.device(scope, device_id), self._clock.utc()
        table = enrolled_devices.c
        ended = update(enrolled_devices).where(table.device_id == device_id, table.revoked_at.is_(None))
        with self._database.writing() as connection:
            if connection.execute(ended.values(revoked_at=now)).rowcount == 0:
                raise NotFound("No such device.", where=device_id)
            entry = AuditEntry(by, "device.revoke", f"device/{device_id}", device.site, now)
            self._auditor.record(connection, entry)

    def principal(self, token: str) -> Principal | None:
        """Whose token this is; None: it does not work (any more)."""
        table = enrolled_devices.c
        query = select(table.device_id, table.site, table.name).where(
            table.token_hash == hashed(token), table.revoked_at.is_(None)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        roles = {Role.DEVICE: Scope(frozenset({row.site}))}
        return Principal(row.device_id, row.name, roles, device_id=row.device_id)

    def check_record(
        self, who: Principal, device_id: str, record_id: UUID, digest: str, signature: str
    ) -> None:
        """Refuse a record that an enrolled device did not sign; keep that the signature was right.

        The shared token speaks for all devices, and nobody knows their keys: then nothing is checked.

        Args:
            device_id: Whom the record names.
            digest: The record's hash, which was checked.

        Raises:
            Forbidden: The sender is enrolled as another device.
            WrongSignature: It is not signed by the sender's key.
        """
        check_sender(who, device_id)
        if who.device_id is None:
            return
        kept = record_signatures
        key_of = select(enrolled_devices.c.public_key).where(enrolled_devices.c.device_id == device_id)
        with self._database.reading() as connection:
            key = connection.execute(key_of).scalar_one()
            known = connection.execute(select(kept.c.record_id).where(kept.c.record_id == record_id)).first()
        if not signed_by(key, digest, signature):
            raise WrongSignature(
                "This record is not signed by the device's key.", where=f"record {record_id}"
            )
        if known is None:
            row = {"record_id": record_id, "device_id": device_id, "public_key": key}
            with self._database.writing() as connection, suppress(IntegrityError), connection.begin_nested():
                connection.execute(kept.insert().values(**row, checked_at=self._clock.utc()))

    def _use(self, connection: Connection, plain: str, now: datetime) -> Row[Any]:
        table = enrolment_codes.c
        row = connection.execute(
            select(enrolment_codes).where(
                table.hash == hashed(plain), table.used_at.is_(None), table.expires_at > now
            )
        ).one_or_none()
        used = update(enrolment_codes).where(table.hash == hashed(plain), table.used_at.is_(None))
        if row is None or connection.execute(used.values(used_at=now)).rowcount != 1:
            raise Unauthorised("This code does not work (any more).", fix="Ask for a new one.")
        return row


def check_sender(who: Principal, device_id: str) -> None:
    """Refuse what a device sends in another's name; the shared token speaks for all.

    Raises:
        Forbidden: The sender is enrolled as another device.
    """
    if who.device_id is not None and who.device_id != device_id:
        raise Forbidden("A device sends in its own name only.", where=device_id)


def _is_own(plain: str, public_key: str, proof: str) -> bool:
    try:
        return signed_by(public_key, enrolment_hash(plain, public_key), proof)
    except ValueError:
        return False


def _devices() -> Select[Any]:
    table = enrolled_devices
    return select(table, heard.c.last_seen_at).join_from(
        table, heard, heard.c.device_id == table.c.device_id, isouter=True
    )


def _within(query: Select[Any], column: Any, scope: Scope) -> Select[Any]:
    return query if scope.sites is None else query.where(column.in_(sorted(scope.sites)))


def _view(row: Row[Any]) -> DeviceView:
    return DeviceView(
        device_id=row.device_id,
        site=row.site,
        name=row.name,
        public_key=row.public_key,
        enrolled_by=row.enrolled_by,
        enrolled_at=row.enrolled_at,
        revoked_at=row.revoked_at,
        last_seen_at=row.last_seen_at,
    )
