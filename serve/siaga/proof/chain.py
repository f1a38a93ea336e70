"""Adds to a site's chain, signs where it stands, and reads it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects import postgresql, sqlite

from siaga.core.canonical import ZERO_HASH, sha256_hex
from siaga.db.tables.proof import proof_checkpoints, proof_entries, proof_heads
from siaga.proof.entry import Checkpoint, Entry, Kind, about_of, about_text
from siaga.proof.key import ServiceKey

EVERY = 256
"""Entries between two checkpoints."""
AT_LEAST_EVERY = timedelta(hours=1)
"""Time between two checkpoints of a site that has something new."""
_PAGE = 1000

Note = Callable[[Checkpoint], None]


class ProofChain:
    """The chains of all sites, in the database of the archive.

    Args:
        key: Signs checkpoints.
        every: A checkpoint is made at every entry whose number is a multiple of this.
        note: Told of each checkpoint as it is made, inside its transaction.
    """

    def __init__(self, key: ServiceKey, every: int = EVERY, note: Note | None = None) -> None:
        self._key = key
        self._every = every
        self._note = note

    @property
    def public_key(self) -> str:
        """The key that checkpoints are signed with: raw Ed25519, in hex."""
        return self._key.public_key

    def append(
        self,
        connection: Connection,
        site: str,
        kind: str,
        sha256: str,
        at: datetime,
        about: Mapping[str, str | int] | None = None,
    ) -> Entry:
        """Add an entry, inside the transaction that keeps (or deletes) what it is about.

        On PostgreSQL the site's head stays locked until that transaction ends; a transaction that adds to
        several sites does so in the order of their names.

        Args:
            kind: A ``Kind``.
            sha256: 64 hex digits.
            at: Aware; when the service took it.
        """
        head = _locked_head(connection, site)
        entry = Entry(site, head.number + 1, at, Kind(kind), sha256, dict(about or {}), head.hash)
        hashed = entry.hash
        connection.execute(
            proof_entries.insert().values(
                site=site,
                number=entry.number,
                at=at,
                kind=entry.kind.value,
                sha256=sha256,
                about=about_text(entry.about),
                prev=entry.prev,
                hash=hashed,
            )
        )
        connection.execute(
            update(proof_heads).where(proof_heads.c.site == site).values(number=entry.number, hash=hashed)
        )
        if entry.number % self._every == 0:
            self.checkpoint(connection, site, at)
        return entry

    def checkpoint(self, connection: Connection, site: str, at: datetime) -> Checkpoint | None:
        """Sign the newest entry; None when the site has nothing that is not signed yet."""
        head = _locked_head(connection, site)
        if head.number == head.checkpoint_number:
            return None
        unsigned = Checkpoint(site, head.number, head.hash, at, head.checkpoint_hash, self.public_key)
        signature = self._key.sign(unsigned.signed())
        connection.execute(
            proof_checkpoints.insert().values(
                site=site,
                number=unsigned.number,
                hash=unsigned.hash,
                at=at,
                prev=unsigned.prev,
                public_key=unsigned.public_key,
                signature=signature,
            )
        )
        connection.execute(
            update(proof_heads)
            .where(proof_heads.c.site == site)
            .values(
                checkpoint_number=unsigned.number,
                checkpoint_hash=sha256_hex(unsigned.signed()),
                checkpoint_at=at,
            )
        )
        made = Checkpoint(
            site, unsigned.number, unsigned.hash, at, unsigned.prev, unsigned.public_key, signature
        )
        if self._note is not None:
            self._note(made)
        return made

    def checkpoint_due(self, connection: Connection, now: datetime) -> list[Checkpoint]:
        """Sign every chain that has something new and was not signed for ``AT_LEAST_EVERY``."""
        heads = connection.execute(
            select(proof_heads.c.site, proof_heads.c.checkpoint_at)
            .where(proof_heads.c.number > proof_heads.c.checkpoint_number)
            .order_by(proof_heads.c.site)
        ).all()
        due = [site for site, last in heads if last is None or now - last >= AT_LEAST_EVERY]
        made = [self.checkpoint(connection, site, now) for site in due]
        return [checkpoint for checkpoint in made if checkpoint is not None]


def sites_of(connection: Connection) -> list[str]:
    """Every site that has a chain, by name."""
    return list(connection.scalars(select(proof_heads.c.site).order_by(proof_heads.c.site)))


def entries(
    connection: Connection, site: str, first: int = 1, last: int | None = None
) -> Iterator[tuple[Entry, str]]:
    """The chain from number ``first`` to ``last`` (both included), each with the hash that is stored.

    Read in pages, so that memory stays bounded.
    """
    table, after = proof_entries, first - 1
    while True:
        wanted = select(table).where(table.c.site == site, table.c.number > after)
        if last is not None:
            wanted = wanted.where(table.c.number <= last)
        rows = connection.execute(wanted.order_by(table.c.number).limit(_PAGE)).all()
        for row in rows:
            yield entry_of(row), row.hash
        if len(rows) < _PAGE:
            return
        after = rows[-1].number


def checkpoints(
    connection: Connection, site: str, first: int = 0, last: int | None = None
) -> Iterator[Checkpoint]:
    """The signed checkpoints of entries ``first`` to ``last`` (both included), by number."""
    table = proof_checkpoints
    wanted = select(table).where(table.c.site == site, table.c.number >= first)
    if last is not None:
        wanted = wanted.where(table.c.number <= last)
    for row in connection.execute(wanted.order_by(table.c.number)):
        yield checkpoint_of(row)


def entry_of(row: Row[Any]) -> Entry:
    """An entry from its row.

    Raises:
        ValueError: The row holds what no entry can (it was changed).
    """
    about = about_of(row.about)
    return Entry(row.site, row.number, row.at, Kind(row.kind), row.sha256, about, row.prev)


def checkpoint_of(row: Row[Any]) -> Checkpoint:
    """A checkpoint from its row."""
    return Checkpoint(
        row.site, row.number, row.hash, row.at, row.prev, row.public_key, row.signature, row.timestamp
    )


def _locked_head(connection: Connection, site: str) -> Row[Any]:
    wanted = select(proof_heads).where(proof_heads.c.site == site).with_for_update()
    head = connection.execute(wanted).one_or_none()
    if head is None:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        first = {"site": site, "number": 0, "hash": ZERO_HASH, "checkpoint_number": 0}
        connection.execute(
            dialect.insert(proof_heads).values(**first, checkpoint_hash=ZERO_HASH).on_conflict_do_nothing()
        )
        head = connection.execute(wanted).one()
    return head
