"""The chain grows without a gap, in the transaction of what it is about, and is signed where it stands."""

import stat
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from siaga.core.canonical import ZERO_HASH, sha256_hex
from siaga.core.errors import StorageError
from siaga.db import Database
from siaga.db.tables.proof import proof_checkpoints, proof_entries, proof_heads
from siaga.proof import ProofChain, ServiceKey, load_or_make_key
from siaga.proof.chain import checkpoints, entries, sites_of

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEY = ServiceKey.from_seed(bytes(range(32)))


def _digest(number: int) -> str:
    return sha256_hex(str(number).encode())


def test_entries_are_numbered_and_follow_each_other_per_site(database: Database) -> None:
    chain = ProofChain(KEY)
    with database.writing() as connection:
        for number in range(3):
            chain.append(connection, "north", "record", _digest(number), AT, {"seq": number, "device": "é"})
        chain.append(connection, "south", "evidence", _digest(9), AT)
    with database.reading() as connection:
        assert sites_of(connection) == ["north", "south"]
        north, south = (list(entries(connection, site)) for site in ("north", "south"))
    assert [entry.number for entry, _ in north] == [1, 2, 3]
    assert [entry.prev for entry, _ in north] == [ZERO_HASH, north[0][1], north[1][1]]
    assert all(entry.hash == stored for entry, stored in north + south)
    assert north[1][0].about == {"seq": 1, "device": "é"}
    assert [entry.number for entry, _ in south] == [1]


def test_an_entry_has_a_golden_hash(database: Database) -> None:
    with database.writing() as connection:
        entry = ProofChain(KEY).append(connection, "north", "record", "a" * 64, AT, {"seq": 1})
    assert entry.line() == (
        b'{"about":{"seq":1},"at":"2026-01-01T12:00:00.000000Z","hash":"'
        + entry.hash.encode()
        + b'","kind":"record","number":1,"prev":"'
        + b"0" * 64
        + b'","sha256":"'
        + b"a" * 64
        + b'","site":"north"}'
    )
    assert entry.hash == "c1afef29523f739f876415386cc472ea92e3ad1e86d57b045d9fd238e2e82b72"


def test_what_is_rolled_back_leaves_no_entry(database: Database) -> None:
    chain = ProofChain(KEY)

    def fail() -> None:
        with database.writing() as connection:
            chain.append(connection, "north", "record", _digest(1), AT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as connection:
        assert connection.execute(select(proof_entries)).all() == []
        assert connection.execute(select(proof_heads)).all() == []


def test_a_checkpoint_is_made_every_so_many_entries_and_follows_the_one_before(database: Database) -> None:
    noted: list[int] = []
    chain = ProofChain(KEY, every=2, note=lambda checkpoint: noted.append(checkpoint.number))
    with database.writing() as connection:
        for number in range(5):
            chain.append(connection, "north", "record", _digest(number), AT + timedelta(seconds=number))
    with database.reading() as connection:
        first, second = checkpoints(connection, "north")
        hashes = {entry.number: stored for entry, stored in entries(connection, "north")}
    assert noted == [2, 4]
    assert (first.number, first.hash, first.prev) == (2, hashes[2], ZERO_HASH)
    assert (second.number, second.hash, second.prev) == (4, hashes[4], sha256_hex(first.signed()))
    assert second.at == AT + timedelta(seconds=3)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(second.public_key))
    key.verify(bytes.fromhex(second.signature), second.signed())


def test_at_least_hourly_where_there_is_something_new(database: Database) -> None:
    chain = ProofChain(KEY)
    made = []
    with database.writing() as connection:
        chain.append(connection, "north", "record", _digest(1), AT)
        made.append(chain.checkpoint_due(connection, AT))
        chain.append(connection, "north", "record", _digest(2), AT)
        made.append(chain.checkpoint_due(connection, AT + timedelta(minutes=59)))
        made.append(chain.checkpoint_due(connection, AT + timedelta(minutes=60)))
        made.append(chain.checkpoint_due(connection, AT + timedelta(minutes=200)))
    assert [[checkpoint.number for checkpoint in some] for some in made] == [[1], [], [2], []]


def test_writers_at_the_same_time_make_one_chain(database: Database) -> None:
    chain = ProofChain(KEY, every=7)

    def write(base: int) -> None:
        for number in range(10):
            with database.writing() as connection:
                chain.append(connection, "north", "record", _digest(base + number), AT)

    threads = [threading.Thread(target=write, args=(100 * index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        found = list(entries(connection, "north"))
        signed = [
            row.number for row in connection.execute(select(proof_checkpoints.c.number).order_by("number"))
        ]
    assert [entry.number for entry, _ in found] == list(range(1, 41))
    assert all(entry.prev == before[1] for before, (entry, _) in pairwise(found))
    assert signed == [7, 14, 21, 28, 35]


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "service.key"
    first = load_or_make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make_key(path).public_key == first.public_key
    assert first.public_key not in path.read_text()
    path.chmod(0o640)
    with pytest.raises(StorageError, match="Others may read"):
        load_or_make_key(path)
    path.chmod(0o600)
    path.write_text("nonsense")
    with pytest.raises(StorageError, match="not an Ed25519 key"):
        load_or_make_key(path)
