"""A process that records events as fast as it can until somebody kills it. Run by test_kill.py."""

import itertools
import os
import sys
from pathlib import Path

from siaga.core.clock import SystemClock
from siaga.core.event import EvidenceKind
from siaga.evidence.store import BlobStore
from tests.deliver.material import make_draft, make_outbox, piece


def storm(folder: Path) -> None:
    """Evidence, then the record, then its id on standard output: from then on it counts as recorded."""
    outbox = make_outbox(folder, SystemClock())
    store = BlobStore(folder / "evidence")
    for number in itertools.count():
        still, clip = os.urandom(3000), os.urandom(40_000)
        evidence = (
            piece(store.put(still, "jpg"), EvidenceKind.SNAPSHOT, len(still)),
            piece(store.put(clip, "mp4"), EvidenceKind.CLIP, len(clip)),
        )
        event = outbox.commit(make_draft(evidence=evidence if number % 3 else evidence[:1]))
        os.write(1, f"{event.id}\n".encode())


if __name__ == "__main__":
    storm(Path(sys.argv[1]))
