"""Drains the outbox into the service: at least once from here, exactly once as it is seen there."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

import httpx
import structlog

from siaga.core.clock import Clock
from siaga.core.errors import (
    Conflict,
    DeliveryRejected,
    DeliveryUnauthorised,
    DeliveryUnavailable,
    NotFound,
    StorageFull,
)
from siaga.core.ledger import LedgerRow
from siaga.core.redact import redact
from siaga.core.settings import Deliver
from siaga.deliver.items import Item, Lane
from siaga.deliver.outbox import Outbox
from siaga.deliver.pace import Backoff, Sleep, TokenBucket, wait_for
from siaga.deliver.service import HashMismatch, Service, ServiceFailed, Token, Upload, token_source

PIECE_BYTES = 256_000
LEDGER_EVERY_S = 60.0

_IDLE_S = 0.5
_OFFSET_TRIES = 5
_LONGEST_DEFER_S = 600.0
_log = structlog.get_logger(__name__)

LedgerRows = Callable[[], Sequence[LedgerRow]]
Blobs = Callable[[str], BinaryIO | None]


@dataclass(frozen=True, slots=True)
class Health:
    """How delivery stands. ``error`` is the last failure, without credentials; None when all is well."""

    reachable: bool = True
    authorised: bool = True
    error: str | None = None
    last_success: datetime | None = None


def no_rows() -> Sequence[LedgerRow]:
    """No ledger to deliver."""
    return ()


def nothing() -> None:
    """Nobody needs to know."""


class Uploader:
    """Delivers what is due, most urgent lane first.

    Args:
        outbox: This thread's own.
        device_id: Whose ledger it is.
        blobs: Opens evidence by its sha256; None when it is not on this box any more.
        client: Used for all requests.
        settings: Address, token, cap, time-out.
        sleep: Waits; called with at most half a second when idle, so that a stop is seen soon.
        ledger_rows: Rows that changed since they were last delivered; absolute totals.
        ledger_delivered: Called when the rows given last have arrived.
        backoff: Waits while the service is away.
    """

    def __init__(
        self,
        outbox: Outbox,
        device_id: str,
        blobs: Blobs,
        client: httpx.Client,
        settings: Deliver,
        clock: Clock,
        sleep: Sleep,
        *,
        ledger_rows: LedgerRows = no_rows,
        ledger_delivered: Callable[[], None] = nothing,
        backoff: Backoff | None = None,
        token: Token | None = None,
    ) -> None:
        self._outbox = outbox
        self._device_id = device_id
        self._blobs = blobs
        self._service = Service(client, settings, clock, token or token_source(settings))
        self._clock = clock
        self._sleep = sleep
        self._ledger_rows = ledger_rows
        self._ledger_delivered = ledger_delivered
        self._backoff = backoff or Backoff()
        self._bucket = TokenBucket(settings.bandwidth.max_bytes_per_second, clock, sleep)
        self._resume_at = clock.monotonic()
        self._ledger_at = clock.monotonic()
        self._mismatched: set[int] = set()
        self.health = Health()

    def run(self, stop: Callable[[], bool]) -> None:
        """Deliver until ``stop`` says so."""
        while not stop():
            if not self.step(stop):
                self._sleep(_IDLE_S)

    def step(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Do the most urgent thing that is due.

        Returns:
            Whether there was one; False also while the service is being waited for.

        Raises:
            StorageError: The outbox cannot be used. A full disk is waited out: what arrived and could not be
                noted down is sent again, which changes nothing over there.
        """
        if self._clock.monotonic() < self._resume_at:
            return False
        try:
            return self._step(stop)
        except StorageFull as error:
            self._pause(error, self._backoff.next())
            return True

    def _step(self, stop: Callable[[], bool]) -> bool:
        item = self._due(Lane.METADATA)
        if item is None and self._deliver_ledger():
            return True
        item = item or self._due(Lane.STILL) or self._due(Lane.CLIP)
        if item is None:
            return False
        try:
            self._deliver(item, stop)
        except DeliveryUnauthorised as error:
            self._pause(error, self._backoff.next(), authorised=False)
        except (ServiceFailed, NotFound) as error:
            self._defer(item, str(error))
        except DeliveryUnavailable as error:
            wait = self._backoff.next()
            self._pause(error, wait if error.retry_after is None else error.retry_after, reachable=False)
        except DeliveryRejected as error:
            self._dead(item, str(error))
        return True

    def _due(self, lane: Lane) -> Item | None:
        return next(iter(self._outbox.due(lane, self._now())), None)

    def _now(self) -> float:
        return self._clock.utc().timestamp()

    def _deliver(self, item: Item, stop: Callable[[], bool]) -> None:
        if item.lane is Lane.METADATA:
            self._bucket.take(len(item.body))
            self._service.put_event(item.record_id, item.body)
            self._done(item)
        else:
            self._deliver_evidence(item, stop)

    def _deliver_evidence(self, item: Item, stop: Callable[[], bool]) -> None:
        sha256 = item.sha256 or ""
        file = self._blobs(sha256)
        if file is None:
            _log.warning("evidence is not on this box any more", sha256=sha256)
            self._outbox.shed(sha256, "lost")
            return
        with file:
            try:
                if self._upload(item, sha256, file, stop):
                    self._done(item)
            except HashMismatch as error:
                if item.item in self._mismatched:
                    raise
                self._mismatched.add(item.item)
                self._defer(item, str(error))

    def _upload(self, item: Item, sha256: str, file: BinaryIO, stop: Callable[[], bool]) -> bool:
        """Send what is missing; gives False when something more urgent came up (the rest follows later)."""
        total = file.seek(0, os.SEEK_END)
        state = self._service.upload_state(sha256)
        disagreements = 0
        while not state.complete:
            if stop() or self._outbox.due(Lane.METADATA, self._now()):
                return False
            before = state.offset
            try:
                state = self._send_piece(item, sha256, file, before, total)
            except Conflict:
                state = self._service.upload_state(sha256)
            # Also a piece that changes nothing, or all bytes without the service's word that they are right.
            if state.offset <= before and not state.complete:
                disagreements += 1
                if disagreements > _OFFSET_TRIES:
                    raise ServiceFailed("the upload does not get on", where=sha256)
        return True

    def _send_piece(self, item: Item, sha256: str, file: BinaryIO, offset: int, total: int) -> Upload:
        file.seek(min(offset, total))
        piece = file.read(self._bucket.piece(PIECE_BYTES))
        self._bucket.take(len(piece))
        state = self._service.upload_piece(sha256, offset, total, item.media_type, piece)
        self._backoff.reset()
        return state

    def _deliver_ledger(self) -> bool:
        now = self._clock.monotonic()
        if now < self._ledger_at:
            return False
        self._ledger_at = now + LEDGER_EVERY_S
        return self.flush_ledger()

    def flush_ledger(self) -> bool:
        """Hand over the ledger's changed rows now; totals, so a failure only means that they go later.

        Returns:
            Whether they arrived.
        """
        rows = self._ledger_rows()
        if not rows:
            return False
        try:
            self._service.put_ledger(self._device_id, rows)
        except (DeliveryUnavailable, DeliveryUnauthorised, DeliveryRejected) as error:
            self._trouble(str(error))
            return False
        self._ledger_delivered()
        self._well()
        return True

    def _done(self, item: Item) -> None:
        self._outbox.delivered(item)
        self._mismatched.discard(item.item)
        self._backoff.reset()
        self._well()

    def _dead(self, item: Item, reason: str) -> None:
        self._trouble(reason)
        self._outbox.dead(item, redact(reason))

    def _defer(self, item: Item, error: str) -> None:
        self._trouble(error)
        wait = wait_for(item.attempts, longest=_LONGEST_DEFER_S)
        self._outbox.defer(item, self._now() + wait, redact(error))

    def _pause(
        self, error: Exception, wait: float, *, reachable: bool = True, authorised: bool = True
    ) -> None:
        self._trouble(str(error))
        self.health = replace(self.health, reachable=reachable, authorised=authorised)
        self._resume_at = self._clock.monotonic() + wait

    def _trouble(self, error: str) -> None:
        text = redact(error)
        # Once per time of trouble: health and the dead letters tell the rest.
        if self.health.error is None:
            _log.warning("delivery failed", error=text)
        self.health = replace(self.health, error=text)

    def _well(self) -> None:
        self.health = Health(last_success=self._clock.utc())
