"""A silence is noticed late and dated from its beginning."""

from siaga.core.clock import ManualClock
from siaga.core.health import Condition
from siaga.core.settings import Zone
from siaga.edge.watch import OfflineWatch
from siaga.ledger.ledger import Ledger


def test_offline_is_dated_from_the_last_picture_and_counted_so() -> None:
    clock = ManualClock()
    watch = OfflineWatch("gate", 10.0, clock)
    ledger = Ledger("site", "gate", dict[str, Zone]())
    clock.set(100.0)
    assert watch.seen() is None
    clock.set(109.0)
    assert watch.tick() is None
    clock.set(110.5)
    gone = watch.tick()
    assert gone is not None
    assert (gone.condition, gone.active, gone.t) == (Condition.OFFLINE, True, 100.0)
    assert watch.tick() is None
    ledger.tick(110.0, clock.utc())
    ledger.health(gone)
    ledger.tick(111.0, clock.utc())
    clock.set(160.0)
    back = watch.seen()
    assert back is not None
    assert not back.active
    ledger.health(back)
    assert ledger.rows()[0].down_s == {"offline": 60.0}
