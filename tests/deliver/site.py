"""An edge with its outbox and evidence, and a service with faults: what the uploader's tests play with."""

import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from siaga.core.canonical import sha256_hex
from siaga.core.clock import ManualClock
from siaga.core.event import EvidenceKind
from siaga.core.ledger import LedgerRow
from siaga.core.settings import Deliver, Secret
from siaga.deliver.outbox import Outbox
from siaga.deliver.pace import Backoff
from siaga.deliver.uploader import Uploader
from tests.deliver.fake_service import TOKEN, FakeService, serving
from tests.deliver.material import START, make_draft, make_outbox, piece

DEVICE = "dev-0000000000000000"
CLIP = bytes(range(256)) * 3000
STILL = b"still" * 500


class Site:
    """An edge with its outbox and evidence, and a service; time passes only when somebody sleeps."""

    def __init__(self, folder: Path, service: FakeService) -> None:
        self.folder = folder
        self.service = service
        self.clock = ManualClock(START)
        self.blobs: dict[str, bytes] = {}
        self.rows: list[LedgerRow] = []
        self.ledgers: list[int] = []
        self.client = httpx.Client(trust_env=False)
        self.slept = 0.0
        self.pace = 1.0
        self.start()

    def start(self, **options: object) -> None:
        """Start (again), as after a crash: what was in memory is gone."""
        self.outbox: Outbox = make_outbox(self.folder, self.clock)
        config = Deliver(url=self.service.url, token=Secret(TOKEN), **options)  # type: ignore[arg-type]
        self.uploader = Uploader(
            self.outbox,
            DEVICE,
            self.open,
            self.client,
            config,
            self.clock,
            self.sleep,
            ledger_rows=lambda: self.rows,
            ledger_delivered=lambda: self.ledgers.append(len(self.rows)),
            backoff=Backoff(jitter=lambda: 1.0),
        )

    def open(self, sha256: str) -> io.BytesIO | None:
        return io.BytesIO(self.blobs[sha256]) if sha256 in self.blobs else None

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.clock.advance(seconds * self.pace)

    def add(self, *contents: bytes, **fields: object) -> None:
        evidence = []
        for content in contents:
            sha256 = sha256_hex(content)
            self.blobs[sha256] = content
            kind = EvidenceKind.CLIP if len(content) > 100_000 else EvidenceKind.SNAPSHOT
            evidence.append(piece(sha256, kind, len(content)))
        self.outbox.commit(make_draft(evidence=tuple(evidence), **fields))  # type: ignore[arg-type]

    def run(self, rounds: int = 2000) -> None:
        """Until all is delivered (or dead), or the rounds are used up."""
        left = itertools.count()

        def stop() -> bool:
            return next(left) >= rounds or not any(self.outbox.stats().waiting.values())

        self.uploader.run(stop)

    def close(self) -> None:
        self.outbox.close()
        self.client.close()

    def everything_arrived(self) -> None:
        """0 lost, 0 twice, and every byte of evidence verified."""
        assert not any(self.outbox.stats().waiting.values())
        recorded = [event.id for event in self.outbox.records_after(0, 10_000)]
        assert sorted(self.service.events) == sorted(recorded)
        assert len(self.service.order) == len(set(self.service.order))
        assert set(self.service.complete) == set(self.blobs)
        assert all(times == 1 for times in self.service.complete.values())
        for sha256, content in self.blobs.items():
            assert bytes(self.service.evidence[sha256]) == content


@contextmanager
def site_in(folder: Path) -> Iterator[Site]:
    """A site with its service; both end with the block."""
    with serving(FakeService()) as service:
        made = Site(folder, service)
        try:
            yield made
        finally:
            made.close()
