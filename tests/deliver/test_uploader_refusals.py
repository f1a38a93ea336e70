"""What the service refuses, what is damaged, what is gone: told, and never in the way of the rest."""

import itertools
from pathlib import Path

import pytest
import structlog

from siaga.core.errors import StorageFull
from siaga.core.ledger import LedgerRow
from siaga.core.settings import Bandwidth, Deliver
from siaga.deliver.items import Item, Lane
from siaga.deliver.uploader import Uploader
from tests.deliver.fake_service import TOKEN
from tests.deliver.material import START
from tests.deliver.site import CLIP, DEVICE, STILL, Site


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
    assert [method for method, _ in site.service.requests].count("PATCH") == 2


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
