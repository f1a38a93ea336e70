"""Hears of changes in any process and hands them to whoever listens here.

The table ``changes`` is what counts; a notification only says that it is time to look. On PostgreSQL that is
NOTIFY, sent by a process at most ten times a second after its transactions (NOTIFY within each of them would
make their commits queue). A lost notification costs one heartbeat, not a change.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import delete, func, select, text

from siaga.access import Scope
from siaga.core.clock import Clock
from siaga.core.errors import StorageError
from siaga.db.changes import Change
from siaga.db.database import Database
from siaga.db.statements import within
from siaga.db.tables.archive import changes

_CHANNEL = "siaga_changes"
_LOOK_S = 5.0
_SETTLE_S = 0.1
_OVERLAP = 500
"""Numbers are given before the commit: one that is lower than the newest may appear later."""
_KEPT = timedelta(hours=24)
_PRUNE_EVERY = 1000
_REPLAYED = 1000


@dataclass(frozen=True, slots=True)
class Numbered:
    """A change and its number; a later change mostly has a higher one."""

    id: int
    change: Change


Deliver = Callable[[Sequence[Numbered]], None]
"""Called from the feed's thread; must not block. Nothing told: the feed has ended."""


class LiveFeed:
    """One per process. ``running`` makes it hear."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._listeners: dict[int, Deliver] = {}
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._newest = 0
        self._look = threading.Event()
        self._changed = threading.Event()
        self._over = threading.Event()
        self.ended = False
        database.on_change(self._changed.set)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hear until the block ends."""
        self._start()
        works = [self._watch]
        works += [self._listen, self._notify] if self._database.dialect == "postgresql" else [self._pass_on]
        threads = [threading.Thread(target=work, name=f"live{work.__name__}", daemon=True) for work in works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._look.set()
            self._changed.set()
            for thread in threads:
                thread.join()

    @contextmanager
    def listening(self, deliver: Deliver) -> Iterator[None]:
        """Have ``deliver`` called with every change from now on. A change may be told twice."""
        with self._lock:
            self._listeners[id(deliver)] = deliver
        try:
            yield
        finally:
            with self._lock:
                del self._listeners[id(deliver)]

    def listeners(self) -> int:
        """How many listen."""
        with self._lock:
            return len(self._listeners)

    def end(self) -> None:
        """Send the listeners home: the service stops."""
        self.ended = True
        self._tell(())

    def since(self, last: int, scope: Scope) -> list[Numbered] | None:
        """Changes of these sites after a number (and some from just before, lest one is missed).

        None: there are too many, or it is too long ago; the listener must look for itself.
        """
        query = select(changes).where(changes.c.id > last - _OVERLAP, within(scope, changes.c.site))
        with self._database.reading() as connection:
            oldest = connection.execute(select(func.min(changes.c.id))).scalar()
            rows = connection.execute(query.order_by(changes.c.id).limit(_REPLAYED + _OVERLAP + 1)).all()
        if (oldest is not None and last < oldest - 1) or len(rows) > _REPLAYED + _OVERLAP:
            return None
        return [_numbered(row) for row in rows]

    def _start(self) -> None:
        with self._database.reading() as connection:
            self._newest = connection.execute(select(func.max(changes.c.id))).scalar() or 0
            rows = connection.execute(select(changes.c.id).where(changes.c.id > self._newest - _OVERLAP))
            self._seen.update((number, None) for number in rows.scalars())

    def _watch(self) -> None:
        looks = 0
        while not self._over.is_set():
            self._look.wait(_LOOK_S)
            self._look.clear()
            if self._over.is_set():
                return
            with _logged("live_unreadable"):
                fresh = self._fresh()
                if fresh:
                    self._tell(fresh)
                looks += 1
                if looks % _PRUNE_EVERY == 0:
                    self._prune()
            self._over.wait(_SETTLE_S)

    def _fresh(self) -> list[Numbered]:
        query = select(changes).where(changes.c.id > self._newest - _OVERLAP).order_by(changes.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        fresh = [_numbered(row) for row in rows if row.id not in self._seen]
        for one in fresh:
            self._seen[one.id] = None
            self._newest = max(self._newest, one.id)
        while self._seen and next(iter(self._seen)) <= self._newest - 2 * _OVERLAP:
            self._seen.popitem(last=False)
        return fresh

    def _tell(self, told: Sequence[Numbered]) -> None:
        with self._lock:
            listeners = list(self._listeners.values())
        for deliver in listeners:
            deliver(told)

    def _prune(self) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(changes).where(changes.c.at < self._clock.utc() - _KEPT))

    def _pass_on(self) -> None:
        while not self._over.is_set():
            self._changed.wait()
            self._changed.clear()
            self._look.set()

    def _notify(self) -> None:
        while not self._over.is_set():
            self._changed.wait()
            self._changed.clear()
            with _logged("live_not_notified"), self._database.writing() as connection:
                connection.execute(text(f"NOTIFY {_CHANNEL}"))
            self._over.wait(_SETTLE_S)

    def _listen(self) -> None:
        import psycopg

        address = self._database.engine.url.set(drivername="postgresql")
        while not self._over.is_set():
            try:
                with psycopg.connect(
                    address.render_as_string(hide_password=False), autocommit=True
                ) as connection:
                    connection.execute(f"LISTEN {_CHANNEL}")
                    self._look.set()
                    while not self._over.is_set():
                        for _ in connection.notifies(timeout=0.5, stop_after=1):
                            self._look.set()
            except psycopg.Error as error:
                structlog.get_logger(__name__).error("live_not_heard", error=type(error).__name__)
                self._over.wait(_LOOK_S)


def _numbered(row: Any) -> Numbered:
    return Numbered(row.id, Change(row.kind, row.site, row.object))


@contextmanager
def _logged(event: str) -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        structlog.get_logger(__name__).error(event, error=str(error))
