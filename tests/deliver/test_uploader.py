"""At least once from here, exactly once over there, whatever the network and the service do."""

import itertools
import random
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siaga.deliver.items import Lane
from tests.deliver.fake_service import Fault
from tests.deliver.material import make_draft, make_outbox
from tests.deliver.site import CLIP, STILL, Site, site_in

FAULTS: list[Fault] = [None, None, None, "500", "503", "429", "502", "cut", "lost"]


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
    with site_in(tmp_path_factory.mktemp("site")) as site:
        site.pace = 20.0
        for _ in range(4):
            site.add(chance.randbytes(2000), chance.randbytes(chance.randint(100_001, 600_000)))
        site.service.fault = lambda _method, _path: chance.choice(FAULTS)
        for _ in range(4):
            site.run(rounds=chance.randint(1, 40))
            site.outbox.close()
            site.start()
        site.service.fault = lambda _method, _path: None
        site.run()
        site.everything_arrived()
        assert site.outbox.dead_letters() == []


def test_a_lost_answer_does_not_make_it_arrive_twice(site: Site) -> None:
    asked = itertools.count()
    site.service.fault = lambda _method, _path: "lost" if next(asked) % 2 == 0 else None
    site.add(CLIP)
    site.run()
    site.everything_arrived()
    assert [method for method, _ in site.service.requests].count("PUT") == 2, "said again, kept once"


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
    assert [method for method, _ in site.service.requests].count("HEAD") >= 2


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
