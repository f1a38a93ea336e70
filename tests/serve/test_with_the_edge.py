"""The edge's own client speaks to the real service: both sides of the contract at once."""

from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest

from siaga.core.canonical import canonical_json
from siaga.core.clock import SystemClock
from siaga.core.errors import Conflict, DeliveryRejected, DeliveryUnauthorised, NotFound
from siaga.core.ledger import LedgerRow
from siaga.core.settings import Deliver
from siaga.deliver.service import HashMismatch, Service, Upload
from tests.support.records import RecordMaker, evidence_entry
from tests.support.service import Running

DATA = bytes(range(256)) * 4


@pytest.fixture
def edge(service: Running) -> Iterator[Service]:
    """The edge's client, with the device's token."""
    with httpx.Client() as client:
        yield Service(client, Deliver(url=service.url), SystemClock(), lambda: service.device_token)


def test_an_event_with_its_evidence_and_a_ledger(edge: Service, service: Running, maker: RecordMaker) -> None:
    entry = evidence_entry("snapshot", "image/jpeg", DATA)
    record = maker.make(evidence=[entry])
    body, sha256 = canonical_json(record), entry["sha256"]
    with pytest.raises(NotFound):
        edge.upload_state(sha256)
    edge.put_event(UUID(record["id"]), body)
    edge.put_event(UUID(record["id"]), body)
    assert edge.upload_state(sha256) == Upload(0, False)
    assert edge.upload_piece(sha256, 0, len(DATA), "image/jpeg", DATA[:1000]) == Upload(1000, False)
    with pytest.raises(Conflict):
        edge.upload_piece(sha256, 0, len(DATA), "image/jpeg", DATA[:1000])
    assert edge.upload_piece(sha256, 1000, len(DATA), "image/jpeg", DATA[1000:]) == Upload(1024, True)
    assert edge.upload_state(sha256) == Upload(1024, True)
    row = LedgerRow(site="s", camera="gate", zone=None, hour=SystemClock().utc(), watched_s=1.0)
    edge.put_ledger("box-1", [row])
    assert service.viewer.get("/api/v1/violations").json()["items"][0]["evidence"][0]["available"]
    assert service.viewer.get("/api/v1/ledger").json()["items"][0]["row"]["watched_s"] == 1.0


def test_what_the_service_refuses_the_edge_understands(
    edge: Service, service: Running, maker: RecordMaker
) -> None:
    entry = evidence_entry("snapshot", "image/jpeg", DATA)
    record = maker.make(evidence=[entry])
    with pytest.raises(DeliveryRejected, match="hash"):
        edge.put_event(UUID(record["id"]), canonical_json(record | {"camera": "crane"}))
    edge.put_event(UUID(record["id"]), canonical_json(record))
    with pytest.raises(HashMismatch):
        edge.upload_piece(entry["sha256"], 0, len(DATA), "image/jpeg", DATA[::-1])
    with httpx.Client() as client, pytest.raises(DeliveryUnauthorised):
        Service(client, Deliver(url=service.url), SystemClock(), lambda: "wrong").put_ledger("box-1", [])
