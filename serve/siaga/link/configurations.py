"""The configurations of a site: every version is kept, the newest holds, an old one comes back as a new."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select

from siaga.access.audit import Auditor
from siaga.core.canonical import sha256_hex
from siaga.core.errors import BadRequest, Conflict, NotFound
from siaga.core.link import CONFIGURATION_BYTES
from siaga.core.settings.remote import parse_remote
from siaga.db import Database
from siaga.db.tables.link import WHOLE_SITE, link_configurations
from siaga.link.errors import Unusable
from siaga.link.orders import bump
from siaga.link.views import ConfigurationPage, ConfigurationText, ConfigurationView
from siaga.link.who import Who

_table = link_configurations.c


class Configurations:
    """See the module.

    Every method is bound by the caller's sites: another site raises ``NotFound``. All raise ``StorageError``.
    ``box``: a device's id; None: every box of the site that has no configuration of its own.
    """

    def __init__(self, database: Database, auditor: Auditor) -> None:
        self._database = database
        self._auditor = auditor

    def put(
        self,
        who: Who,
        site: str,
        text: str,
        *,
        box: str | None = None,
        note: str = "",
        based_on: int | None = None,
    ) -> ConfigurationText:
        """Make ``text`` the configuration that holds.

        Args:
            text: YAML; ``{ENV_NAME}`` for every secret.
            based_on: The version that the writer saw; 0: none. None: whatever holds.

        Raises:
            ConfigError: It does not validate; names line and key.
            Conflict: Another version holds by now.
        """
        who.at_site(site)
        if len(text.encode()) > CONFIGURATION_BYTES:
            raise Unusable(f"A configuration has at most {CONFIGURATION_BYTES} bytes.", where=site)
        parse_remote(text, site=site)
        with self._database.writing() as connection:
            bump(connection, site, who.at)
            newest = _newest(connection, site, box)
            if based_on is not None and based_on != newest:
                raise Conflict(
                    f"Meanwhile version {newest} holds, not version {based_on}.",
                    where=site,
                    fix="Read it, and put your change into it.",
                )
            return self._add(connection, who, site, box, text, note, None)

    def roll_back(self, who: Who, site: str, version: int, *, box: str | None = None) -> ConfigurationText:
        """Bring the text of an earlier version back, as a new version.

        Raises:
            NotFound: No such version.
            ConfigError: It does not validate any more.
        """
        who.at_site(site)
        with self._database.writing() as connection:
            bump(connection, site, who.at)
            earlier = _get(connection, site, box, version)
            parse_remote(earlier.text, site=site)
            return self._add(connection, who, site, box, earlier.text, earlier.note, version)

    def _add(
        self,
        connection: Connection,
        who: Who,
        site: str,
        box: str | None,
        text: str,
        note: str,
        copy_of: int | None,
    ) -> ConfigurationText:
        row: dict[str, Any] = {
            "site": site,
            "box": box or WHOLE_SITE,
            "version": _newest(connection, site, box) + 1,
            "text": text,
            "sha256": sha256_hex(text.encode()),
            "note": note,
            "copy_of": copy_of,
            "created_at": who.at,
            "created_by": who.principal.name,
        }
        connection.execute(insert(link_configurations).values(row))
        details = {"version": row["version"], "sha256": row["sha256"], "box": box, "copy_of": copy_of}
        action = "configuration.put" if copy_of is None else "configuration.roll_back"
        self._auditor.record(connection, who.entry(action, f"site/{site}", site, details))
        return ConfigurationText.model_validate(row | {"box": box})

    def get(self, who: Who, site: str, version: int, *, box: str | None = None) -> ConfigurationText:
        """One version.

        Raises:
            NotFound: No such version.
        """
        who.at_site(site)
        with self._database.reading() as connection:
            return ConfigurationText.model_validate(_fields(_get(connection, site, box, version)))

    def history(
        self, who: Who, site: str, *, box: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> ConfigurationPage:
        """Versions, newest first.

        Raises:
            BadRequest: The cursor is not known.
        """
        who.at_site(site)
        wanted = select(link_configurations).where(_table.site == site, _table.box == (box or WHOLE_SITE))
        if cursor is not None:
            wanted = wanted.where(_table.version < _number(cursor))
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(_table.version.desc()).limit(limit + 1)).all()
        items = tuple(ConfigurationView.model_validate(_fields(row)) for row in rows[:limit])
        return ConfigurationPage(
            items=items, next_cursor=str(items[-1].version) if len(rows) > limit else None
        )


def _newest(connection: Connection, site: str, box: str | None) -> int:
    rows = (
        select(_table.version)
        .where(_table.site == site, _table.box == (box or WHOLE_SITE))
        .order_by(_table.version.desc())
        .limit(1)
    )
    return connection.execute(rows).scalar_one_or_none() or 0


def _get(connection: Connection, site: str, box: str | None, version: int) -> Row[Any]:
    rows = select(link_configurations).where(
        _table.site == site, _table.box == (box or WHOLE_SITE), _table.version == version
    )
    row = connection.execute(rows).one_or_none()
    if row is None:
        raise NotFound("No such version.", where=f"{site} {version}")
    return row


def _fields(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping) | {"box": row.box or None}


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise BadRequest("This cursor is not known.", fix="Take next_cursor of an earlier answer as it is.")
    return int(cursor)
