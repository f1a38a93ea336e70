#!/usr/bin/env python3
"""Kill the service with SIGKILL while devices send records and evidence, then count.

    python benchmarks/service_kills.py [--kills 100] [--devices 4] [--database URL --evidence URL]

Without URLs on SQLite and disk. A PostgreSQL database and an S3 folder must be empty. Nothing that was
answered with 2xx may be missing, nothing may be there twice, and no bytes may be left that no row names.
Prints a table; the last line of output is one JSON object.
"""

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from benchmarks import machine, rig
from siaga.api.maintenance import stores_to_read
from siaga.api.opening import ServiceOptions
from siaga.archive import StoredArchive
from siaga.archive.inspection import inspect
from siaga.archive.sweep import sweep
from siaga.core.clock import SystemClock
from tests.support.records import RecordMaker, evidence_entry

_JPEG = "image/jpeg"
_BYTES = 50_000
_SLOW_S = 120.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--devices", type=int, default=4, help="how many send at once")
    parser.add_argument("--longest", type=float, default=3.0, help="most seconds from ready to kill")
    parser.add_argument("--database", help="postgresql://...")
    parser.add_argument("--evidence", help="s3://BUCKET/FOLDER")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills")
    parser.add_argument("--smoke", action="store_true", help="1 kill, 1 device: shows that it works")
    options = parser.parse_args()
    if options.smoke:
        options.kills, options.devices = 1, 1
    return options


class Device:
    """Sends a record with a picture after the other, and remembers what was acknowledged."""

    def __init__(self, service: rig.Service, name: str) -> None:
        self._service = service
        self._maker = RecordMaker(SystemClock(), name)
        self._waiting: tuple[dict[str, Any], dict[str, Any], bytes] | None = None
        self.records: set[str] = set()
        self.evidence: set[str] = set()

    def run(self) -> None:
        """Send until the service is gone."""
        headers = {"Authorization": f"Bearer {self._service.token.read_text().strip()}"}
        try:
            with httpx.Client(base_url=self._service.url, headers=headers, timeout=60) as client:
                while True:
                    self._send(client, *(self._waiting or self._next()))
                    self._waiting = None
        except httpx.TransportError:
            return

    def _next(self) -> tuple[dict[str, Any], dict[str, Any], bytes]:
        data = os.urandom(_BYTES)
        entry = evidence_entry("snapshot", _JPEG, data)
        self._waiting = self._maker.make(evidence=[entry]), entry, data
        return self._waiting

    def _send(self, client: httpx.Client, record: dict[str, Any], entry: dict[str, Any], data: bytes) -> None:
        client.put(f"/api/v1/events/{record['id']}", json=record).raise_for_status()
        self.records.add(record["id"])
        path = f"/api/v1/evidence/{entry['sha256']}"
        head = client.head(path).raise_for_status()
        if head.headers.get("Upload-Complete") != "1":
            offset = int(head.headers["Upload-Offset"])
            headers = {"Upload-Offset": str(offset), "Upload-Length": str(len(data)), "Content-Type": _JPEG}
            client.patch(path, content=data[offset:], headers=headers).raise_for_status()
        self.evidence.add(entry["sha256"])


def _rage(service: rig.Service, devices: list[Device], options: argparse.Namespace) -> None:
    dice = random.Random(options.seed)
    for count in range(1, options.kills + 1):
        service.program.start()
        service.await_ready()
        threads = [threading.Thread(target=device.run) for device in devices]
        for thread in threads:
            thread.start()
        # Some die while starting to take things in, the others in the middle of it.
        if dice.random() < 0.8:
            _await_more(devices)
        time.sleep(dice.uniform(0.0, options.longest))
        service.program.kill()
        for thread in threads:
            thread.join()
        if count % 10 == 0:
            rig.say(f"{count} kills, {_sent(devices)} records")


def _await_more(devices: list[Device]) -> None:
    before, end = _sent(devices), time.monotonic() + _SLOW_S
    while _sent(devices) == before and time.monotonic() < end:
        time.sleep(0.02)


def _sent(devices: list[Device]) -> int:
    return sum(len(device.records) for device in devices)


def _count(service: rig.Service, devices: list[Device], stores: ServiceOptions) -> dict[str, Any]:
    kept = Counter(item["record"]["id"] for item in service.records())
    sent = set().union(*(device.records for device in devices))
    pictures = set().union(*(device.evidence for device in devices))
    with service.viewer() as client:
        absent = [one for one in pictures if client.head(f"/api/v1/media/{one}").status_code != 200]
    service.program.kill()
    with stores_to_read(stores) as opened:
        swept = sweep(StoredArchive(opened.database), opened.evidence)
        found = inspect(opened.database, opened.evidence, hashes=True)
    return {
        "acknowledged_records": len(sent),
        "acknowledged_evidence": len(pictures),
        "records_lost": len(sent - kept.keys()),
        "records_twice": sum(count > 1 for count in kept.values()),
        "evidence_lost": len(absent),
        "orphans_left_to_the_sweep": swept.removed,
        "orphans_after_the_sweep": found.orphans,
        "rows_without_bytes": len(swept.missing),
        "missing_records": found.missing_records,
        "faults": list(found.faults),
    }


def main() -> None:
    """Run and report."""
    options = _arguments()
    described = machine.describe()
    for name, value in (("SIAGA_DATABASE", options.database), ("SIAGA_EVIDENCE", options.evidence)):
        if value:
            os.environ[name] = value
    with tempfile.TemporaryDirectory(prefix="siaga-service-kills-") as folder:
        service = rig.service(Path(folder) / "service")
        devices = [Device(service, f"box-{number}") for number in range(options.devices)]
        stores = ServiceOptions(service.folder, database=options.database, evidence=options.evidence)
        try:
            _rage(service, devices, options)
            service.program.start()
            service.await_ready()
            figures = _count(service, devices, stores)
        finally:
            service.program.kill()
    result = {
        "benchmark": "service_kills",
        "smoke": options.smoke,
        "kills": options.kills,
        "stores": "PostgreSQL and S3" if options.database else "SQLite and disk",
    } | figures
    for name, value in result.items():
        print(f"{name:<28} {value}")
    machine.last_line(described | result)


if __name__ == "__main__":
    main()
