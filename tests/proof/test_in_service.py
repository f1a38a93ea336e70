"""What the service keeps is in the chain when it says so; early archives are taken into it once."""

import json
from collections import Counter
from pathlib import Path

from sqlalchemy import delete, select

from siaga.core.clock import ManualClock
from siaga.db import Database
from siaga.db.tables.archive import evidence as named
from siaga.db.tables.archive import records
from siaga.db.tables.proof import proof_entries, proof_heads
from siaga.proof.check import check_archive
from siaga.proof.key import load_or_make_key
from tests.support.records import RecordMaker, evidence_entry
from tests.support.service import running_service

DATA = b"\xff\xd8 a picture"


def test_records_and_evidence_enter_the_chain_and_early_ones_are_adopted(tmp_path: Path) -> None:
    clock, folder = ManualClock(), tmp_path / "data"
    maker, entry = RecordMaker(clock), evidence_entry("snapshot", "image/jpeg", DATA)
    with running_service(folder, clock) as service:
        record = maker.make(evidence=[entry])
        assert service.put(record).status_code == 201
        assert service.put(record).status_code == 200
        assert service.upload(entry, DATA).status_code == 201
    database = Database(f"sqlite:///{folder / 'archive.sqlite3'}")
    keys = [load_or_make_key(folder / "service.key").public_key]
    with database.reading() as connection:
        rows = connection.execute(select(proof_entries).order_by("number")).all()
        assert [(row.kind, row.sha256) for row in rows] == [
            ("record", record["hash"]),
            ("evidence", entry["sha256"]),
        ]
        assert json.loads(rows[0].about)["signature"] == record["signature"]
        assert check_archive(connection, keys).problems == []
    with database.writing() as connection:
        connection.execute(delete(proof_entries))
        connection.execute(delete(proof_heads))
    with running_service(folder, clock) as service:
        assert service.put(maker.make()).status_code == 201
    with database.writing() as connection:
        kinds = Counter(connection.scalars(select(proof_entries.c.kind)))
        assert kinds == {"record": 2, "evidence": 1}
        assert check_archive(connection, keys).problems == []
        # Later, what has no entry is not taken in: it did not come through the service.
        connection.execute(delete(proof_entries).where(proof_entries.c.number == 3))
    with running_service(folder, clock), database.reading() as connection:
        assert connection.scalars(select(records.c.id)).all()
        assert connection.scalars(select(named.c.sha256)).all() == [entry["sha256"]]
        assert any("in no chain" in problem for problem in check_archive(connection, keys).problems)
    database.close()
