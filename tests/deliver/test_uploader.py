"""At least once from here, exactly once over there, whatever the network and the service do."""

import io
import itertools
import random
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siaga.core.canonical import sha256_hex
from siaga.core.clock import ManualClock
from siaga.core.errors import StorageFull
from siaga.core.event import EvidenceKind
from siaga.core.ledger import LedgerRow
from siaga.core.settings import Bandwidth, Deliver, Secret
from siaga.deliver.items import Item, Lane
from siaga.deliver.outbox import Outbox
from siaga.deliver.pace import Backoff
from siaga.deliver.uploader import Uploader
from tests.deliver.fake_service import TOKEN, FakeService, Fault, serving
from tests.deliver.material import START, make_draft, make_outbox, piece

DEVICE = "dev-0000000000000000"
CLIP = bytes(range(256)) * 3000
STILL = b"still" * 500
FAULTS: list[Fault] = [None, None, None, "500", "503", "429", "502", "cut", "lost"]


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


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(FakeService()) as service:
        made = Site(tmp_path, service)
        yield made
        made.close()


def test_records_go_before_stills_before_clips(site: Site) -> None:
    for _ in range(3):
        site.add(STILL + random.randbytes(8), CLIP + random.randbytes(8))
    site.run()
    site.everything_arrived()
    kinds = []
    for method, path in site.service.requests:
        if method == "PUT":
            kinds.append(Lane.METADATA)
        elif method == "PATCH":
            size = len(site.blobs[path.rpartition("/")[2]])
            kinds.append(Lane.CLIP if size > 100_000 else Lane.STILL)
    assert kinds == sorted(kinds)


def test_a_record_that_comes_while_a_clip_goes_out_overtakes_it(site: Site) -> None:
    site.add(CLIP)
    pieces = itertools.count()

    def add_in_between(method: str, _path: str) -> Fault:
        if method == "PATCH" and next(pieces) == 0:
            make = make_outbox(site.folder, site.clock)
            make.commit(make_draft())
            make.close()
        return None

    site.service.fault = add_in_between
    site.run()
    site.everything_arrived()
    methods = [method for method, _ in site.service.requests]
    assert methods == ["PUT", "HEAD", "PATCH", "PUT", "HEAD", "PATCH", "PATCH", "PATCH"][: len(methods)]
    assert methods.count("PUT") == 2
    assert methods.index("PUT", 1) < len(methods) - 1


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_nothing_is_lost_or_doubled_under_random_faults(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    chance = random.Random(seed)
    with serving(FakeService()) as service:
        site = Site(tmp_path_factory.mktemp("site"), service)
        site.pace = 20.0
        try:
            for _ in range(4):
                site.add(chance.randbytes(2000), chance.randbytes(chance.randint(100_001, 600_000)))
            service.fault = lambda _method, _path: chance.choice(FAULTS)
            for _ in range(4):
                site.run(rounds=chance.randint(1, 40))
                site.outbox.close()
                site.start()
            service.fault = lambda _method, _path: None
            site.run()
            site.everything_arrived()
            assert site.outbox.dead_letters() == []
        finally:
            site.close()


def test_a_lost_answer_does_not_make_it_arrive_twice(site: Site) -> None:
    asked = itertools.count()
    site.service.fault = lambda _method, _path: "lost" if next(asked) % 2 == 0 else None
    site.add(CLIP)
    site.run()
    site.everything_arrived()


def test_an_upload_goes_on_where_it_was_cut(site: Site) -> None:
    site.add(CLIP)
    pieces = itertools.count()

    def cut_second(method: str, _path: str) -> Fault:
        return "cut" if method == "PATCH" and next(pieces) == 1 else None

    site.service.fault = cut_second
    site.run()
    site.everything_arrived()
    assert site.service.bodies < len(CLIP) + 20_000, "no byte that was taken is sent again"


def test_a_wrong_offset_is_asked_for_again(site: Site) -> None:
    site.add(CLIP)

    def other_offset(method: str, path: str) -> Fault:
        sha256 = path.rpartition("/")[2]
        if method == "PATCH" and len(site.service.evidence[sha256]) == 256_000:
            # Half of the piece before was lost on the service's side.
            del site.service.evidence[sha256][100_000:]
            site.service.fault = lambda *_: None
        return None

    site.service.fault = other_offset
    site.run()
    site.everything_arrived()


def test_a_service_that_is_away_is_waited_for_and_everything_arrives(site: Site) -> None:
    site.service.fault = lambda *_: "cut"
    for _ in range(5):
        site.add(STILL + random.randbytes(8))
    site.run(rounds=400)
    assert site.service.events == {}
    assert not site.uploader.health.reachable
    assert len(site.service.requests) < 20, "the waits grow"
    site.service.fault = lambda *_: None
    site.run()
    site.everything_arrived()
    assert site.uploader.health.reachable
    assert site.uploader.health.error is None
    order = [event.id for event in site.outbox.records_after(0)]
    assert site.service.order == order, "an outage does not change the order"


@pytest.mark.parametrize("status", ["429", "503"])
@pytest.mark.parametrize("as_date", [False, True])
def test_a_service_that_asks_to_wait_is_obeyed(site: Site, status: str, as_date: bool) -> None:
    until = site.clock.utc() + timedelta(seconds=90)
    site.service.retry_after = format_datetime(until, usegmt=True) if as_date else "90"
    site.service.fault = lambda *_: status
    site.add()
    site.run(rounds=170)
    assert len(site.service.requests) == 1
    site.service.fault = lambda *_: None
    site.run()
    assert 89 <= site.slept <= 92
    site.everything_arrived()


def test_a_rejected_record_is_a_dead_letter_and_the_others_go_on(site: Site) -> None:
    site.add(STILL, site="unknown")
    site.add()
    site.run()
    assert [(item.lane, item.error) for item in site.outbox.dead_letters()] == [
        (Lane.METADATA, site.outbox.dead_letters()[0].error),
        (Lane.STILL, "its record was rejected"),
    ]
    assert "no such site" in (site.outbox.dead_letters()[0].error or "")
    assert len(site.service.events) == 1


def test_an_id_that_the_service_knows_with_another_body_is_a_dead_letter(site: Site) -> None:
    site.add()
    record = site.outbox.records_after(0)[0]
    site.service.events[record.id] = b"{}"
    site.run()
    assert len(site.outbox.dead_letters()) == 1


def test_a_token_that_is_not_accepted_raises_an_alarm_and_loses_nothing(site: Site) -> None:
    site.service.tokens = {"another"}
    site.add()
    site.run(rounds=2000)
    assert not site.uploader.health.authorised
    assert site.outbox.dead_letters() == []
    assert len(site.service.requests) < 40, "the waits grow"
    site.service.tokens = {TOKEN}
    site.run()
    site.everything_arrived()
    assert site.uploader.health.authorised


def test_a_token_file_is_read_again(tmp_path: Path, site: Site) -> None:
    file = tmp_path / "token"
    site.service.tokens = {"fresh"}
    config = Deliver(url=site.service.url, token_file=file)
    uploader = Uploader(site.outbox, DEVICE, site.open, site.client, config, site.clock, site.sleep)
    site.add()
    uploader.step()
    assert not uploader.health.authorised
    file.write_text("fresh\n")
    site.clock.advance(60)
    uploader.step()
    site.everything_arrived()


def test_damaged_evidence_is_sent_once_more_and_then_given_up(site: Site) -> None:
    site.add(STILL)
    (sha256,) = site.blobs
    site.blobs[sha256] = b"other" * 500
    site.run()
    (letter,) = site.outbox.dead_letters()
    assert (letter.lane, letter.sha256) == (Lane.STILL, sha256)
    assert [method for method, _ in site.service.requests].count("PATCH") == 2


def test_bytes_that_were_damaged_on_the_way_arrive_the_second_time(site: Site) -> None:
    site.add(STILL)
    (sha256,) = site.blobs
    whole = site.blobs[sha256]
    site.blobs[sha256] = b"x" + whole[1:]
    site.uploader.step()
    site.uploader.step()
    site.blobs[sha256] = whole
    site.run()
    site.everything_arrived()


def test_evidence_that_is_gone_from_the_box_is_told_as_shed(site: Site) -> None:
    site.add(STILL)
    site.blobs.clear()
    site.run()
    assert site.outbox.stats().shed[Lane.STILL] == 1
    told = [event for event in site.outbox.records_after(0) if event.reason == "evidence_shed"]
    assert [event.evidence[0].reason for event in told] == ["lost"]
    assert told[0].id in site.service.events


def test_evidence_that_no_event_names_waits(site: Site) -> None:
    site.add(STILL)
    site.uploader.step()
    site.service.evidence.clear()
    site.uploader.step()
    assert site.outbox.dead_letters() == []
    (sha256,) = site.blobs
    site.service.evidence[sha256] = bytearray()
    site.run()
    site.everything_arrived()


def test_one_record_that_the_service_chokes_on_does_not_hold_the_others(site: Site) -> None:
    site.add()
    bad = site.outbox.records_after(0)[0].id
    site.add()
    site.service.fault = lambda _method, path: "500" if path.endswith(str(bad)) else None
    site.run(rounds=60)
    assert len(site.service.events) == 1
    assert site.outbox.dead_letters() == []


def test_a_full_disk_is_waited_out_and_nothing_arrives_twice(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add(STILL)
    noted, full = site.outbox.delivered, itertools.count()

    def delivered(item: Item) -> None:
        if next(full) in (0, 2):
            raise StorageFull("seeded")
        noted(item)

    monkeypatch.setattr(site.outbox, "delivered", delivered)
    site.run()
    site.everything_arrived()
    assert site.slept >= 1


def test_the_uplink_stays_under_its_cap(site: Site) -> None:
    site.outbox.close()
    site.start(bandwidth=Bandwidth(max_bytes_per_second=50_000))
    site.add(CLIP)
    site.run()
    site.everything_arrived()
    assert site.slept >= (len(CLIP) - 60_000) / 50_000
    assert site.slept <= len(CLIP) / 50_000 + 5


def test_the_ledger_goes_over_as_totals(site: Site) -> None:
    site.rows = [LedgerRow(site="north", camera="gate", zone=None, hour=START, watched_s=12.5)]
    site.uploader.step()
    assert site.service.ledger[DEVICE][0]["watched_s"] == 12.5
    assert not site.uploader.step(), "not again at once"
    site.clock.advance(61)
    site.rows = [site.rows[0].model_copy(update={"watched_s": 72.5})]
    site.uploader.step()
    assert site.service.ledger[DEVICE][0]["watched_s"] == 72.5
    assert site.ledgers == [1, 1]


def test_a_ledger_that_fails_never_holds_events(site: Site) -> None:
    site.rows = [LedgerRow(site="north", camera="gate", zone=None, hour=START)]
    site.service.fault = lambda _method, path: "500" if "ledger" in path else None
    site.add(STILL)
    site.run()
    site.everything_arrived()
    assert site.ledgers == []


def test_no_body_and_no_token_reaches_a_log(site: Site) -> None:
    with structlog.testing.capture_logs() as logs:
        site.service.fault = lambda *_: "401"
        site.add(STILL)
        site.run(rounds=20)
        site.service.fault = lambda *_: "cut"
        site.clock.advance(120)
        site.run(rounds=20)
    assert logs
    assert TOKEN not in str(logs)
    assert "subjects" not in str(logs)
    assert TOKEN not in str(site.uploader.health)
