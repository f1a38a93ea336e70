"""What must hold when a run is over: nothing lost, nothing twice, nothing lying about, every chain whole."""

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.rig import Service
from siaga.core.clock import SystemClock
from siaga.core.errors import SiagaError
from siaga.deliver.device import load_or_make_key
from siaga.deliver.outbox import Outbox

SETTLED = ("missed", "shed")


@dataclass(frozen=True)
class Accounts:
    """The books of a run; all numbers but the first three should be 0, and ``chain`` true.

    ``lost``: records of the edge that the service lacks or has with another hash. ``twice``: records that
    the service shows more than once. ``gaps``: sequence numbers missing at the service. ``orphans_edge``,
    ``orphans_service``: files that no record names. ``evidence_open``: pieces at the service that are
    neither available nor said to be missed or shed. ``files_missing``: files that a record promises.
    """

    records: int
    violations: int
    evidence_available: int
    evidence_given_up: int
    chain: bool
    lost: int
    twice: int
    gaps: int
    orphans_edge: int
    orphans_service: int
    files_missing: int
    evidence_open: int

    @property
    def clean(self) -> bool:
        """Whether all is as it must be."""
        wrong = (self.lost, self.twice, self.gaps, self.orphans_edge, self.orphans_service)
        return self.chain and not any((*wrong, self.files_missing, self.evidence_open))

    def as_dict(self) -> dict[str, Any]:
        """For the JSON line."""
        return asdict(self) | {"clean": self.clean}


def outbox(state_dir: Path) -> Outbox:
    """The device's records; only while no edge is running."""
    key = load_or_make_key(state_dir / "device.key")
    return Outbox(state_dir / "records.sqlite", key=key, boot_id=uuid4(), clock=SystemClock())


def chain_holds(state_dir: Path) -> bool:
    """Whether hash, signature and place of every record are right."""
    with closing(outbox(state_dir)) as records:
        try:
            records.verify_chain()
        except SiagaError as error:
            print(f"chain: {error}", flush=True)
            return False
    return True


def hashes_at_edge(state_dir: Path) -> dict[str, str]:
    """Hash by id of every record on the device. May be asked while the edge runs."""
    with closing(_readable(state_dir / "records.sqlite")) as connection:
        rows = connection.execute("SELECT id, record FROM events").fetchall()
    return {row[0]: json.loads(row[1])["hash"] for row in rows}


def undelivered(state_dir: Path) -> int:
    """Items that still wait, of all lanes."""
    if not (state_dir / "records.sqlite").exists():
        return 0
    with closing(_readable(state_dir / "records.sqlite")) as connection:
        row = connection.execute("SELECT COUNT(*) FROM items WHERE status = 'due'").fetchone()
    return int(row[0])


def last_seq(state_dir: Path) -> int:
    """Number of the newest record; 0 before the first."""
    if not (state_dir / "records.sqlite").exists():
        return 0
    try:
        with closing(_readable(state_dir / "records.sqlite")) as connection:
            return int(connection.execute("SELECT COALESCE(MAX(seq), 0) FROM events").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def _readable(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=60)


def balance(state_dir: Path, service: Service) -> Accounts:
    """The books of edge and service. Edge stopped after a start-up sweep, service running."""
    ours, shown = hashes_at_edge(state_dir), [view["record"] for view in service.records()]
    theirs = {record["id"]: record["hash"] for record in shown}
    numbers = {record["seq"] for record in shown}
    violations = service.violations()
    views = [view for violation in violations for view in violation["evidence"]]
    open_views = [v for v in views if not v["available"] and v["evidence"]["status"] not in SETTLED]
    stray, absent = _files(state_dir)
    return Accounts(
        records=len(ours),
        violations=len(violations),
        evidence_available=sum(view["available"] for view in views),
        evidence_given_up=sum(not v["available"] and v["evidence"]["status"] in SETTLED for v in views),
        chain=chain_holds(state_dir),
        lost=sum(theirs.get(name) != digest for name, digest in ours.items()),
        twice=len(shown) - len(theirs) + len(violations) - len({v["event_id"] for v in violations}),
        gaps=max(numbers, default=0) - len(numbers),
        orphans_edge=stray,
        orphans_service=_service_strays(service.folder),
        files_missing=absent,
        evidence_open=len(open_views),
    )


def _files(state_dir: Path) -> tuple[int, int]:
    """Evidence files on the box that no record names, and files that a record names and that are gone."""
    folder = state_dir / "evidence"
    there = {path.name.partition(".")[0] for path in folder.rglob("*") if path.is_file()}
    with closing(outbox(state_dir)) as records:
        named = records.referenced()
    return len(there - named), len(named - there)


def _service_strays(folder: Path) -> int:
    """Evidence files that no row of the service's archive names; parts of running uploads too."""
    with closing(_readable(folder / "archive.sqlite3")) as connection:
        named = {row[0] for row in connection.execute("SELECT path FROM blobs")}
    root = folder / "evidence"
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    return len(there - named)


def await_drained(state_dir: Path, service: Service, seconds: float) -> bool:
    """Wait until nothing waits for delivery; whether it came to that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if undelivered(state_dir) == 0 and set(hashes_at_edge(state_dir)) <= _ids(service):
            return True
        time.sleep(1.0)
    return False


def _ids(service: Service) -> set[str]:
    return {view["record"]["id"] for view in service.records()}
