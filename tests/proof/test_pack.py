"""A pack holds what was chosen, opens without a script, is the same bytes again, and checks itself."""

import io
import json
import subprocess
import sys
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from siaga.access import Scope
from siaga.core.errors import BadRequest, Conflict, NotFound
from siaga.db import Database
from siaga.db.tables.review import reviews
from siaga.proof.pack import Purpose, Selection
from siaga.proof.verify import Pack, main
from tests.support.proved import ALL, SERVICE, START, ProvedSite

DAY = Selection("north", START, START + timedelta(days=1))


@pytest.fixture
def site(database: Database, tmp_path: Path) -> ProvedSite:
    """Six violations and an hour of the ledger."""
    made = ProvedSite(database, tmp_path)
    for number in range(6):
        made.put(number)
    made.put(20, site="south")
    made.put_ledger(down_s={"offline": 600.0}, person_s=120.0, unknown_s={"helmet.too_small": 36.0})
    return made


def _names(data: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(data)).namelist()


def _read(data: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(data)).read(name)


def _checked(data: bytes, tmp_path: Path) -> Pack:
    path = tmp_path / "pack.zip"
    path.write_bytes(data)
    return Pack(path, [SERVICE.public_key])


def test_a_pack_is_whole_and_the_same_again(site: ProvedSite, tmp_path: Path) -> None:
    data = site.pack()
    assert site.pack() == data
    pack = _checked(data, tmp_path)
    assert (pack.problems, pack.notes) == ([], [])
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


def test_it_holds_what_was_chosen_and_nothing_of_another_site(site: ProvedSite, tmp_path: Path) -> None:
    data = site.pack(Selection("north", START + timedelta(minutes=2), START + timedelta(minutes=4)))
    records = [json.loads(line) for line in _read(data, "records.jsonl").splitlines()]
    assert [record["event_id"] for record in records] == [str(UUID(int=n)) for n in (3, 3, 4, 4)]
    evidence = [name for name in _names(data) if name.startswith("evidence/")]
    assert len(evidence) == 4
    assert evidence[0].startswith("evidence/20260101T120000Z-gate-snapshot-")
    chain = [json.loads(line) for line in _read(data, "chain.jsonl").splitlines()]
    # From the checkpoint before the first record on, not from the beginning.
    assert [chain[0]["number"], chain[-1]["number"]] == [9, 24]
    assert _checked(data, tmp_path).problems == []
    assert b"south" not in data
    assert _names(site.pack(replace(DAY, event_ids=(UUID(int=6),)))).count("records.jsonl") == 1


def test_the_page_says_what_was_seen_and_what_was_not(site: ProvedSite) -> None:
    page = _read(site.pack(zone=ZoneInfo("Asia/Singapore")), "index.html").decode()
    assert "2026-01-01 20:03:00 +08:00" in page
    assert "offline: 0.17" in page
    assert "helmet too small: 0.01" in page
    assert "not kept by this service" in page
    assert page.count("<article") == 6
    assert page.count("<img") == page.count("<video") == 6
    assert "<script" not in page


def test_everything_on_the_page_is_escaped(database: Database, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    made = ProvedSite(database, tmp_path)
    made.put(1, camera=evil, zone=evil, reason=evil)
    page = _read(made.pack(made_by=evil), "index.html").decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_quiet_span_is_a_pack_too(site: ProvedSite, tmp_path: Path) -> None:
    data = site.pack(Selection("north", START + timedelta(days=3), START + timedelta(days=4)))
    assert _checked(data, tmp_path).problems == []
    assert "nothing is known to have been observed" in _read(data, "index.html").decode()


def test_what_never_arrived_is_said(database: Database, tmp_path: Path) -> None:
    made = ProvedSite(database, tmp_path)
    told = {"kind": "clip", "media_type": "video/mp4", "sha256": "f" * 64, "bytes": 9}
    made.keep(made.record("north", 1, "new", [told]), START)
    made.keep(made.record("north", 2, "new", [{"kind": "clip", "status": "shed", "reason": "disk"}]), START)
    data = made.pack()
    assert _checked(data, tmp_path).notes == [f"Evidence {'f' * 64} never reached the service."]
    page = _read(data, "index.html").decode()
    assert "it never arrived" in page
    assert "shed (disk)" in page


def test_bytes_that_are_gone_are_left_out_and_said(site: ProvedSite, tmp_path: Path) -> None:
    gone = next(site.bytes.root.iterdir())
    gone.unlink()
    site.bytes.read = _failing  # type: ignore[method-assign]
    pack = _checked(site.pack(), tmp_path)
    assert pack.problems == []
    assert len(pack.notes) == 12


def _failing(path: str, start: int, stop: int) -> object:
    raise NotFound("No such bytes.", where=path)


def test_a_disciplinary_pack_needs_that_somebody_reviewed_all(site: ProvedSite) -> None:
    with pytest.raises(Conflict, match="6 of these violations"):
        site.pack(purpose=Purpose.DISCIPLINARY)
    with site.database.writing() as connection:
        for number in range(6):
            row = {"event_id": UUID(int=number + 1), "site": "north", "state": "confirmed", "version": 1}
            connection.execute(reviews.insert().values(**row, by_name="someone", at=START))
    assert site.pack(purpose=Purpose.DISCIPLINARY)


def test_what_is_refused(site: ProvedSite) -> None:
    with pytest.raises(NotFound):
        site.pack(replace(DAY, site="nowhere"))
    with pytest.raises(BadRequest, match="empty"):
        site.pack(replace(DAY, until=START))
    scope = Scope(frozenset({"south"}))
    arguments = {"now": START, "made_by": "x", "purpose": Purpose.INSPECTION}
    with pytest.raises(NotFound):
        site.packer.make(io.BytesIO(), DAY, scope, **arguments)  # type: ignore[arg-type]
    assert ALL.allows("north")


def test_memory_does_not_grow_with_the_evidence(database: Database, tmp_path: Path) -> None:
    made = ProvedSite(database, tmp_path)
    made.put(1)
    big = tmp_path / "evidence" / "big"
    with big.open("wb") as file:
        file.truncate(64 << 20)

    def pieces(_path: str, _start: int, _stop: int) -> object:
        with big.open("rb") as file:
            yield from iter(lambda: file.read(1 << 20), b"")

    made.bytes.read = pieces  # type: ignore[method-assign,assignment]
    with (tmp_path / "pack.zip").open("w+b") as file:
        tracemalloc.start()
        made.packer.make(file, DAY, ALL, now=START, made_by="x", purpose=Purpose.INSPECTION)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert file.tell() > 128 << 20
    assert most < 16 << 20


def test_the_verifier_of_the_pack_runs_alone(site: ProvedSite, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(site.pack())
    folder = tmp_path / "unpacked"
    zipfile.ZipFile(path).extractall(folder)
    for arguments in ([str(folder / "verify.py"), str(path)], [str(folder / "verify.py")]):
        done = subprocess.run(
            [sys.executable, "-I", "-W", "error", *arguments, "--key", SERVICE.public_key],
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout, done.stderr) == (
            0,
            "whole: nothing was changed, removed, added or reordered\n",
            "",
        )
    (folder / "ledger.jsonl").write_bytes(b"")
    assert main([str(folder), "--key", SERVICE.public_key]) == 1
    assert main([str(path), "--key", "0" * 64]) == 1
    assert main([str(path)]) == 0
    assert main([str(tmp_path / "nothing.zip")]) == 2
