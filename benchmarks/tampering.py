"""Random edits, deletions and reorderings of a pack and of the archive: what the checks do not find.

    python -m benchmarks.tampering --packs 10000 --archives 10000 --seed 1 --json var/tampering.json

Every change is drawn from the seed. Changes of packs are made by somebody without a key, with a key of their
own, or with the service's key; changes of the archive by somebody who may write to database and disk.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.progress import track

from benchmarks import machine
from benchmarks.tampering_archive import ARCHIVE, Undo
from benchmarks.tampering_pack import PACK
from siaga.db import Database
from siaga.db.migrate import upgrade
from siaga.proof.check import check_archive
from siaga.proof.verify import Pack
from tests.support.proved import SERVICE, START, ProvedSite


def make_site(folder: Path, violations: int = 3) -> ProvedSite:
    """An archive of two sites on SQLite, with its newest entries signed."""
    database = Database(f"sqlite:///{folder / 'archive.sqlite3'}")
    upgrade(database)
    site = ProvedSite(database, folder, every=8)
    for number in range(violations):
        site.put(number)
    site.put(50, site="south")
    site.put_ledger(person_s=100.0)
    with database.writing() as connection:
        for name in ("north", "south"):
            site.chain.checkpoint(connection, name, START)
    return site


def attack_packs(
    site: ProvedSite, folder: Path, count: int, seed: int, verifier: Any = Pack
) -> dict[str, Any]:
    """Change a pack ``count`` times; each time the verifier is asked."""
    whole, path, chance = site.pack(), folder / "attacked.zip", random.Random(seed)
    path.write_bytes(whole)
    assert not verifier(path, [SERVICE.public_key]).problems, "the untouched pack must be whole"
    tried: Counter[str] = Counter()
    missed: list[str] = []
    names = sorted(PACK)
    for turn in track(range(count), "packs"):
        name = names[turn % len(names)]
        changed = whole
        while changed == whole:
            changed = PACK[name](whole, chance)
        path.write_bytes(changed)
        tried[name] += 1
        if not verifier(path, [SERVICE.public_key]).problems:
            missed.append(f"{turn}: {name}")
    return {"tried": dict(tried), "changes": sum(tried.values()), "missed": missed}


def attack_archive(site: ProvedSite, count: int, seed: int) -> dict[str, Any]:
    """Change the archive ``count`` times, each time from the same state; each time the check is asked."""
    chance = random.Random(seed)
    tried: Counter[str] = Counter()
    missed: list[str] = []
    names = sorted(ARCHIVE)
    assert not _problems(site, site.database), "the untouched archive must be whole"
    for turn in track(range(count), "archives"):
        name = names[turn % len(names)]
        tried[name] += 1
        with Undo(site) as change:
            if not change.until_something_changes(ARCHIVE[name], chance):
                raise AssertionError(f"{name} changes nothing")
            if not check_archive(
                change.connection, [SERVICE.public_key], evidence_store=site.bytes, anchors=site.notes
            ).problems:
                missed.append(f"{turn}: {name}")
    assert not _problems(site, site.database), "the archive must be as it was"
    return {"tried": dict(tried), "changes": sum(tried.values()), "missed": missed}


def _problems(site: ProvedSite, database: Database) -> list[str]:
    with database.reading() as connection:
        return check_archive(
            connection, [SERVICE.public_key], evidence_store=site.bytes, anchors=site.notes
        ).problems


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--packs", type=int, default=10_000)
    parser.add_argument("--archives", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args(arguments)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        site = make_site(folder)
        result = machine.describe() | {
            "command": f"python -m benchmarks.tampering --packs {wanted.packs} --archives {wanted.archives}"
            f" --seed {wanted.seed}",
            "pack": attack_packs(site, folder, wanted.packs, wanted.seed),
            "archive": attack_archive(site, wanted.archives, wanted.seed),
        }
        site.database.close()
    result["seconds"] = round(time.monotonic() - begun)
    text = json.dumps(result)
    if wanted.json is not None:
        wanted.json.parent.mkdir(parents=True, exist_ok=True)
        wanted.json.write_text(text + "\n")
    print(text)
    return 1 if result["pack"]["missed"] or result["archive"]["missed"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
