"""The uploader and the service meet: what leaves the outbox is seen there, whole and once."""

import hashlib
import io
import itertools
import random
from pathlib import Path

import httpx

from siaga.core.clock import ManualClock
from siaga.core.event import EventState, EvidenceKind
from siaga.core.ledger import LedgerRow
from siaga.core.settings import Deliver, Secret
from siaga.deliver.uploader import Uploader
from tests.deliver.material import START, make_draft, make_outbox, piece
from tests.support.service import running_service


class Flaky(httpx.BaseTransport):
    """Loses every third answer after the service has handled the request."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self._count = itertools.count(1)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if next(self._count) % 3 == 0:
            answer.read()
            raise httpx.ReadError("seeded")
        return answer

    def close(self) -> None:
        self._inner.close()


def test_everything_arrives_whole_and_once_though_answers_get_lost(tmp_path: Path) -> None:
    clock = ManualClock(START)
    outbox = make_outbox(tmp_path, clock)
    blobs: dict[str, bytes] = {}
    for number in range(3):
        still, clip = random.randbytes(5000), random.randbytes(700_000)
        kinds = {EvidenceKind.SNAPSHOT: still, EvidenceKind.CLIP: clip}
        evidence = []
        for kind, data in kinds.items():
            sha256 = hashlib.sha256(data).hexdigest()
            blobs[sha256] = data
            evidence.append(piece(sha256, kind, len(data)))
        event = outbox.commit(make_draft(evidence=tuple(evidence)))
        if number == 0:
            outbox.commit(make_draft(state=EventState.END, event_id=event.event_id))

    def waiting() -> bool:
        return any(outbox.stats().waiting.values())

    rows = [LedgerRow(site="north", camera="gate", zone=None, hour=START, watched_s=60.0)]
    ledgers: list[int] = []
    with (
        running_service(tmp_path / "service", clock) as service,
        httpx.Client(transport=Flaky()) as client,
    ):
        uploader = Uploader(
            outbox,
            outbox.records_after(0)[0].device_id,
            lambda sha256: io.BytesIO(blobs[sha256]),
            client,
            Deliver(url=service.url, token=Secret(service.device_token)),
            clock,
            clock.advance,
            ledger_rows=lambda: rows,
            ledger_delivered=lambda: ledgers.append(1),
        )
        rounds = itertools.count()
        uploader.run(lambda: next(rounds) > 1000 or (bool(ledgers) and not waiting()))

        def seen(sha256: str) -> bool:
            answer = service.device.head(f"/api/v1/evidence/{sha256}")
            return answer.headers.get("Upload-Complete") == "1"

        assert not waiting()
        assert outbox.dead_letters() == []
        assert ledgers
        there = service.viewer.get("/api/v1/events").json()["items"]
        records = sorted((one["record"] for one in there), key=lambda record: record["seq"])
        recorded = [event.model_dump(mode="json") for event in outbox.records_after(0)]
        assert records == recorded
        assert all(seen(sha256) for sha256 in blobs)
    outbox.close()
