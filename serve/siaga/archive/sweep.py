"""Bytes that no row names: left by a crash between the two, removed by whoever looks."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from siaga.archive.contract import Archive
from siaga.archive.evidence import EvidenceStore


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep found. ``missing``: paths that have a row but no bytes; left to a person."""

    removed: int
    missing: tuple[str, ...]


def sweep(archive: Archive, evidence: EvidenceStore, enough: Callable[[], bool] = lambda: False) -> Sweep:
    """Remove orphans. May run beside other services on PostgreSQL.

    Args:
        enough: Asked now and then; true ends the sweep.
    """
    removed, missing = 0, []
    for prefix in evidence.prefixes():
        if enough():
            break
        # Rows first: bytes that come after them have a row that is seen when their turn to go comes.
        known = archive.blob_paths(prefix)
        there = evidence.listing(prefix)
        missing += sorted(known - there)
        for path in sorted(there - known):
            removed += archive.remove_orphan(path, partial(evidence.remove, path))
    return Sweep(removed, tuple(missing))
