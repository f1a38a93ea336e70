"""What the archive calls as it keeps things, so that each gets its entry in the same transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from siaga.core.event import Event
from siaga.db.tables.archive import blobs, evidence, records
from siaga.db.tables.proof import proof_entries, proof_heads
from siaga.proof.chain import ProofChain
from siaga.proof.entry import Kind

_MANY = 500


def about_record(event: Event) -> dict[str, str | int]:
    """What an entry says of its record; the device's own signature stays beside it when the record goes."""
    return {
        "device": event.device_id,
        "event": str(event.event_id),
        "record": str(event.id),
        "seq": event.seq,
        "signature": event.signature,
    }


class Witness:
    """Enters records and evidence into the chain of their site."""

    def __init__(self, chain: ProofChain) -> None:
        self._chain = chain

    def record(self, connection: Connection, event: Event, at: datetime) -> None:
        """A record was kept; its rows are written already. ``at``: its ``received_at``."""
        self._chain.append(connection, event.site, Kind.RECORD, event.hash, at, about_record(event))
        named = {piece.sha256 for piece in event.evidence if piece.sha256}
        if not named:
            return
        # Bytes that another violation brought here before need no upload.
        here = connection.scalars(select(blobs.c.sha256).where(blobs.c.sha256.in_(named)))
        for sha256 in sorted(here):
            self._evidence_at(connection, event.site, sha256, at)

    def evidence(self, connection: Connection, sha256: str, at: datetime) -> None:
        """Bytes are complete, their row is written: they enter the chain of every site that names them."""
        sites = connection.scalars(select(evidence.c.site).where(evidence.c.sha256 == sha256).distinct())
        for site in sorted(sites):
            self._evidence_at(connection, site, sha256, at)

    def _evidence_at(self, connection: Connection, site: str, sha256: str, at: datetime) -> None:
        last = connection.scalar(
            select(proof_entries.c.kind)
            .where(proof_entries.c.site == site, proof_entries.c.sha256 == sha256)
            .order_by(proof_entries.c.number.desc())
            .limit(1)
        )
        if last != Kind.EVIDENCE.value:
            self._chain.append(connection, site, Kind.EVIDENCE, sha256, at)

    def adopt(self, connection: Connection) -> int:
        """Enter what an archive held before it had a chain, each with its time of receipt.

        Only for sites that have no chain at all: later, what has no entry was not put there by the service.

        Returns:
            How many entries were made.
        """
        chained = select(proof_heads.c.site)
        wanted = select(records.c.site).where(records.c.site.not_in(chained)).distinct()
        made = 0
        for site in sorted(connection.scalars(wanted)):
            made += self._adopt_records(connection, site)
            made += self._adopt_evidence(connection, site)
        return made

    def _adopt_records(self, connection: Connection, site: str) -> int:
        made, after = 0, 0
        numbered = (
            select(records.c.body, records.c.received_at)
            .where(records.c.site == site)
            .order_by(records.c.received_at, records.c.device_id, records.c.seq)
        )
        while rows := connection.execute(numbered.offset(after).limit(_MANY)).all():
            for body, received_at in rows:
                event = Event.model_validate_json(body)
                self._chain.append(
                    connection, site, Kind.RECORD, event.hash, received_at, about_record(event)
                )
            made, after = made + len(rows), after + len(rows)
        return made

    def _adopt_evidence(self, connection: Connection, site: str) -> int:
        wanted = (
            select(blobs.c.sha256, func.min(blobs.c.completed_at))
            .join(evidence, evidence.c.sha256 == blobs.c.sha256)
            .where(evidence.c.site == site)
            .group_by(blobs.c.sha256)
            .order_by(blobs.c.sha256)
        )
        rows = connection.execute(wanted).all()
        for sha256, completed_at in rows:
            self._chain.append(connection, site, Kind.EVIDENCE, sha256, completed_at)
        return len(rows)
