#!/usr/bin/env python3
"""Fill an archive with events of a year and measure what people ask of it.

    python benchmarks/archive.py [--events 100000] [--database URL] [--rounds 40]

Without ``--database`` in a temporary SQLite file; a PostgreSQL database must be empty, or one that this
program filled before (it is used as it is). Prints a table; the last line of output is one JSON object.
"""

import argparse
import itertools
import json
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import Table, func, insert, select, text

from benchmarks import machine
from siaga.access import Scope
from siaga.archive import Slice, StoredArchive, ViolationFilter
from siaga.archive.contract import Span
from siaga.archive.cursor import encode
from siaga.core.canonical import ZERO_HASH
from siaga.core.event import Event, RuleKind, Severity
from siaga.core.ledger import LedgerRow
from siaga.db import Database
from siaga.db.migrate import upgrade
from siaga.db.tables.archive import blobs, cameras, devices, evidence, ledger, records, violations
from siaga.stats.facts import Dimension, Where
from siaga.stats.statistics import Statisticians
from siaga.stats.views import CountedAs

_MANY = 2000
_END = datetime(2026, 7, 1, tzinfo=UTC)
_YEAR = timedelta(days=365)
_SITES = 4
_CAMERAS = 6
_RULES = ((RuleKind.MISSING_PPE, 0.62), (RuleKind.ZONE_INTRUSION, 0.3), (RuleKind.CAMERA_UNMONITORED, 0.08))
_ZONES = (None, "pit", "crane", "gate road")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=100_000, help="violations; each has two records")
    parser.add_argument("--database", help="postgresql://...; default: a temporary SQLite file")
    parser.add_argument("--rounds", type=int, default=40, help="how often each question is asked")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--smoke", action="store_true", help="300 events, 2 rounds: shows that it works")
    options = parser.parse_args()
    if options.smoke:
        options.events, options.rounds = 300, 2
    return options


class Filler:
    """Rows of a year: most in daylight and on working days, few zones, some still open."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._count = itertools.count(1)

    def violation(self) -> dict[str, list[dict[str, Any]]]:
        """One violation with two records and a picture."""
        dice, number = self._dice, next(self._count)
        site = f"site {dice.choices(range(_SITES), (4, 3, 2, 1))[0]}"
        rule = dice.choices([kind for kind, _ in _RULES], [share for _, share in _RULES])[0]
        begun, lasted = self._moment(), timedelta(seconds=dice.expovariate(1 / 40))
        event_id, sha256 = self._id(begun), f"{dice.getrandbits(256):064x}"
        zone = dice.choice(_ZONES) if rule is not RuleKind.CAMERA_UNMONITORED else None
        about = {
            "site": site,
            "camera": f"camera {dice.randrange(_CAMERAS)}",
            "rule": rule,
            "zone": zone,
            "severity": dice.choices(list(Severity), (1, 3, 6))[0],
        }
        open_still = dice.random() < 0.002
        rows = [self._record(about, event_id, event_id, 2 * number - 1, begun, sha256, None)]
        if not open_still:
            own = self._id(begun + lasted)
            rows.append(self._record(about, event_id, own, 2 * number, begun, sha256, begun + lasted))
        shared = {"event_id": event_id, "site": site}
        return {
            "records": rows,
            "violations": [
                about
                | shared
                | {
                    "device_id": rows[0]["device_id"],
                    "open": open_still,
                    "start_at": begun,
                    "end_at": None if open_still else begun + lasted,
                    "received_at": begun,
                    "items": "helmet" if rule is RuleKind.MISSING_PPE else "",
                }
            ],
            "evidence": [shared | {"sha256": sha256, "bytes": 90_000, "media_type": "image/jpeg"}],
            "blobs": [
                {
                    "sha256": sha256,
                    "bytes": 90_000,
                    "media_type": "image/jpeg",
                    "path": f"{sha256[:2]}/{sha256}",
                    "completed_at": begun,
                }
            ],
        }

    def _moment(self) -> datetime:
        day = _END - timedelta(days=self._dice.randrange(365))
        while day.weekday() == 6 and self._dice.random() < 0.9:
            day -= timedelta(days=self._dice.randrange(1, 7))
        hour = min(max(self._dice.gauss(5.0, 3.0), 0.0), 23.99)
        return day + timedelta(hours=hour) - timedelta(days=1)

    def _id(self, moment: datetime) -> uuid.UUID:
        milliseconds = int(moment.timestamp() * 1000)
        return uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | self._dice.getrandbits(62))

    def _record(
        self,
        about: dict[str, Any],
        event_id: uuid.UUID,
        own_id: uuid.UUID,
        seq: int,
        begun: datetime,
        sha256: str,
        ended: datetime | None,
    ) -> dict[str, Any]:
        """A record's row. Its body has the form of ``Event``; that is looked at once (``_check``)."""
        verdict = {"item": "helmet", "state": "missing", "confidence": 0.83, "votes": {"missing": 9}}
        subject = {"track_id": seq % 500, "xyxyn": [0.31, 0.2, 0.38, 0.61], "verdicts": [verdict]}
        picture = {"kind": "snapshot", "media_type": "image/jpeg", "sha256": sha256, "bytes": 90_000}
        said = (ended or begun).isoformat()
        body = about | {
            "id": str(own_id),
            "event_id": str(event_id),
            "items": ["helmet"] if about["rule"] is RuleKind.MISSING_PPE else [],
            "state": "new" if ended is None else "end",
            "reason": None if ended is None else "resolved",
            "start_at": begun.isoformat(),
            "end_at": None if ended is None else said,
            "said_at": said,
            "subjects": [subject],
            "detail": {"looks": 12},
            "config_hash": ZERO_HASH,
            "evidence": [picture],
            "device_id": f"box of {about['site']}",
            "boot_id": "00000000-0000-0000-0000-000000000001",
            "seq": seq,
            "recorded_at": said,
            "prev_hash": ZERO_HASH,
            "hash": f"{seq:064x}",
            "signature": "0" * 128,
        }
        return {
            "id": own_id,
            "event_id": event_id,
            "device_id": body["device_id"],
            "seq": seq,
            "ended": ended is not None,
            "hash": body["hash"],
            "chain": "follows",
            "received_at": ended or begun,
            "body": json.dumps(body, sort_keys=True),
            "site": about["site"],
        }

    def ledger(self, days: int) -> Iterator[dict[str, Any]]:
        """A row per camera and hour, and one per zone."""
        hours = (_END - timedelta(hours=number) for number in range(1, days * 24 + 1))
        for hour, site, camera, zone in itertools.product(
            hours, range(_SITES), range(_CAMERAS), (None, "pit")
        ):
            people = max(0.0, self._dice.gauss(1800, 900)) if 0 <= hour.hour <= 11 else 0.0
            body = {
                "site": f"site {site}",
                "camera": f"camera {camera}",
                "zone": zone,
                "hour": hour.isoformat(),
                "watched_s": 3540.0,
                "down_s": {"offline": 60.0},
                "person_s": people,
                "judged_s": {"helmet.worn": people * 0.7, "helmet.missing": people * 0.02},
                "unknown_s": {"helmet.too_small": people * 0.28},
            }
            yield {
                "device_id": f"box of site {site}",
                "hour": hour,
                "camera": body["camera"],
                "zone": "" if zone is None else f"zone:{zone}",
                "body": json.dumps(body, sort_keys=True),
                "site": body["site"],
                "watched_s": 3540.0,
                "down_s": 60.0,
                "person_s": people,
                "judged_s": people * 0.72,
                "unknown_s": people * 0.28,
            }


def fill(database: Database, events: int, seed: int, ledger_days: int) -> float:
    """Write the rows, past the ingest (which is measured elsewhere). Returns seconds."""
    began, filler = time.perf_counter(), Filler(seed)
    _check(Filler(seed))
    tables: dict[str, Table] = {
        "records": records,
        "violations": violations,
        "evidence": evidence,
        "blobs": blobs,
    }
    for start in range(0, events, _MANY):
        made = [filler.violation() for _ in range(min(_MANY, events - start))]
        with database.writing() as connection:
            for name, table in tables.items():
                connection.execute(insert(table), [row for one in made for row in one[name]])
        if start % (50 * _MANY) == 0:
            print(f"{start} of {events} events", file=sys.stderr, flush=True)
    rows = filler.ledger(ledger_days)
    with database.writing() as connection:
        while part := list(itertools.islice(rows, _MANY)):
            connection.execute(insert(ledger), part)
        _heard_of(connection)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return time.perf_counter() - began


def _check(filler: Filler) -> None:
    """What is filled in has the form of what comes in."""
    for row in filler.violation()["records"]:
        Event.model_validate_json(row["body"])
    for row in itertools.islice(filler.ledger(1), 10):
        LedgerRow.model_validate_json(row["body"])


def _heard_of(connection: Any) -> None:
    for site in range(_SITES):
        name = f"site {site}"
        connection.execute(
            insert(cameras),
            [{"site": name, "camera": f"camera {one}", "last_heard_at": _END} for one in range(_CAMERAS)],
        )
        connection.execute(
            insert(devices).values(
                device_id=f"box of {name}",
                site=name,
                first_seen_at=_END - _YEAR,
                last_seen_at=_END,
                highest_seq=1,
                highest_hash=ZERO_HASH,
                records=1,
            )
        )


def questions(database: Database, seed: int) -> dict[str, Callable[[], Any]]:
    """What people ask, each with other values every time."""
    archive, numbers, dice = StoredArchive(database), Statisticians(database), random.Random(seed)
    everything = Scope.everything()

    def page(**wanted: Any) -> Callable[[], Any]:
        def ask() -> Any:
            given = {name: pick() for name, pick in wanted.items()}
            return archive.violations(ViolationFilter(**given), Slice(50), everything)

        return ask

    def month() -> Span:
        since = _END - timedelta(days=dice.randrange(30, 365))
        return Span(since, since + timedelta(days=30))

    def deep() -> Any:
        after = encode(month().since or _END, uuid.UUID(int=0))
        return archive.violations(ViolationFilter(), Slice(50, after), everything)

    def year() -> Any:
        where = Where(_END - _YEAR, _END)
        return numbers.by(everything, where, dice.choice(list(Dimension)), CountedAs.NOT_FALSE_ALARM, _END)

    pick_site = lambda: f"site {dice.randrange(_SITES)}"  # noqa: E731
    pick_camera = lambda: f"camera {dice.randrange(_CAMERAS)}"  # noqa: E731
    return {
        "newest": page(),
        "open": page(open=lambda: True),
        "site": page(site=pick_site),
        "camera": page(camera=pick_camera),
        "rule": page(rule=lambda: dice.choice(list(RuleKind))),
        "zone": page(zone=lambda: "pit"),
        "severity": page(severity=lambda: Severity.INFO),
        "month": page(span=month),
        "all_filters": page(
            site=pick_site,
            camera=pick_camera,
            rule=lambda: RuleKind.ZONE_INTRUSION,
            zone=lambda: "crane",
            severity=lambda: Severity.WARNING,
            open=lambda: False,
            span=month,
        ),
        "one_site_only": lambda: archive.violations(
            ViolationFilter(), Slice(50), Scope(frozenset({pick_site()}))
        ),
        "deep_page": deep,
        "statistics_of_a_year": year,
        "summary_of_a_day": lambda: archive.summary(_END - timedelta(days=1), _END, everything),
    }


def measure(ask: Callable[[], Any], rounds: int) -> dict[str, float]:
    """Milliseconds, after one that is not counted; wall and this process's CPU."""
    ask()
    wall, cpu = [], []
    for _ in range(rounds):
        began, spent = time.perf_counter(), time.process_time()
        ask()
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - spent) * 1000)
    return {
        "p50_ms": round(_quantile(wall, 0.5), 1),
        "p95_ms": round(_quantile(wall, 0.95), 1),
        "cpu_p50_ms": round(_quantile(cpu, 0.5), 1),
        "cpu_p95_ms": round(_quantile(cpu, 0.95), 1),
    }


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    """Run and report."""
    options = _arguments()
    described = machine.describe()
    with tempfile.TemporaryDirectory(prefix="siaga-archive-") as folder:
        database = Database(options.database or f"sqlite:///{folder}/archive.sqlite3")
        upgrade(database)
        with database.reading() as connection:
            there = connection.execute(select(func.count()).select_from(violations)).scalar_one()
        took = 0.0 if there else fill(database, options.events, options.seed, 2 if options.smoke else 365)
        asked = {}
        for name, ask in questions(database, options.seed).items():
            asked[name] = figures = measure(ask, options.rounds)
            told = "  ".join(f"{key} {value:8.1f}" for key, value in figures.items())
            print(f"{name:>22}  {told}", flush=True)
        database.close()
    lists = [figures for name, figures in asked.items() if not name.startswith(("statistics", "summary"))]
    result = {
        "benchmark": "archive",
        "smoke": options.smoke,
        "database": database.dialect,
        "events": there or options.events,
        "fill_s": round(took, 1),
        "list_p95_ms": max(figures["p95_ms"] for figures in lists),
        "list_cpu_p95_ms": max(figures["cpu_p95_ms"] for figures in lists),
        "questions": asked,
    }
    machine.last_line(described | json.loads(json.dumps(result)))


if __name__ == "__main__":
    main()
