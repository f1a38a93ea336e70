"""Opens the stores for one who only reads them, beside a running service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from siaga.api.opening import ServiceOptions
from siaga.archive import EvidenceFolder, EvidenceObjects, EvidenceStore
from siaga.core.errors import StorageError
from siaga.db import Database


@dataclass(frozen=True, slots=True)
class ReadStores:
    """What is kept where; not ours alone."""

    database: Database
    evidence: EvidenceStore


@contextmanager
def stores_to_read(options: ServiceOptions) -> Iterator[ReadStores]:
    """The stores that a service with these options would open; the service may run meanwhile.

    Raises:
        StorageError: There is no archive in the data folder.
    """
    database = Database(options.database or f"sqlite:///{options.data_dir / 'archive.sqlite3'}")
    if database.dialect == "sqlite" and not Path(database.engine.url.database or "").is_file():
        raise StorageError("There is no archive.", where=database.where, fix="Give --data or --database.")
    where = options.evidence or str(options.data_dir / "evidence")
    try:
        evidence = EvidenceObjects(where) if "://" in where else EvidenceFolder(Path(where))
        yield ReadStores(database, evidence)
    finally:
        database.close()
