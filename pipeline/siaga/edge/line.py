"""The thread of the delivery process that keeps the line to the service: asks, obeys, tells, asks again."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import structlog

from siaga.core.clock import Clock
from siaga.core.errors import NotFound, SiagaError
from siaga.core.link import LONGEST_WAIT_S, Answer, CameraHealth, Orders, Outcome, Report
from siaga.core.redact import Redactor
from siaga.core.settings import Settings
from siaga.deliver.link import LinkService
from siaga.deliver.link_state import LinkState
from siaga.deliver.pace import Backoff
from siaga.deliver.service import token_source
from siaga.edge.preview import PreviewDesk

log = structlog.get_logger(__name__)

_WATCHED = "engine*.json"
_SETTLING_S = 1.0
_SHOW_EVERY_S = 0.5


class Line:
    """One box's line to the service. A method that blocks raises; ``run`` waits and asks again.

    Args:
        client: This thread's own.
        runtime: Where the other processes write how they are.
        redact: Knows the configuration's secrets.
        wait_s: How long the service may hold a request.
    """

    def __init__(
        self,
        client: httpx.Client,
        settings: Settings,
        device_id: str,
        runtime: Path,
        clock: Clock,
        *,
        redact: Redactor | None = None,
        wait_s: float = LONGEST_WAIT_S,
    ) -> None:
        link = settings.deliver.link
        self._site = settings.site.name
        self._device_id = device_id
        self._state = LinkState(settings.state_dir, link.service_key)
        self._service = LinkService(client, settings.deliver, clock, token_source(settings.deliver))
        self._desk = PreviewDesk(runtime, clock) if link.allow_preview else None
        self._health = Health(runtime)
        self._redact = redact or Redactor()
        self._wait_s = wait_s
        self._trouble = ""

    def run(self, stop: Callable[[], bool], backoff: Backoff | None = None) -> None:
        """Keep the line until ``stop`` says so, whatever comes over it."""
        backoff = backoff or Backoff()
        while not stop():
            try:
                self.step()
            except Exception as error:  # noqa: BLE001 (no answer of a service may end the line)
                self._failed(error)
                _sleep(backoff.next(), stop)
            else:
                self._trouble = ""
                backoff.reset()

    def _failed(self, error: Exception) -> None:
        text = str(error) if isinstance(error, SiagaError) else f"unforeseen {type(error).__name__}"
        text = self._redact(text)[:2000]
        if text != self._trouble:
            log.warning("the line to the service", trouble=text)
        self._trouble = text

    def step(self) -> None:
        """Ask once, and do what the answer says.

        Raises:
            DeliveryError: No answer, or none that is taken (``Forged``, ``Replayed``).
            ModelTampered: A model's bytes are not those that were ordered.
            StorageError: The orders cannot be kept.
        """
        orders = self._state.orders()
        answer = self._service.ask(self._report(orders))
        orders = self._take(answer) or orders
        if self._desk is not None:
            self._desk.take(answer.previews, self._state.key() or "", self._site)
            self._show(self._desk)
        self._fetch(orders)

    def _take(self, answer: Answer) -> Orders | None:
        if self._state.key() is None:
            self._state.pin(answer.service_key)
        if answer.orders is None:
            return None
        orders = self._state.accept(answer.orders, self._site, self._device_id)
        log.info("orders of the service", number=orders.number, halted=orders.halt is not None)
        return orders

    def _lacks(self, orders: Orders | None) -> bool:
        return any(self._state.manifest_of(model) is None for model in (orders.models if orders else ()))

    def _fetch(self, orders: Orders | None) -> None:
        """Fetch a piece of the first model that is not here; the kill switch waits for no model."""
        for model in orders.models if orders else ():
            if self._state.manifest_of(model) is None:
                part = self._state.part_of(model)
                if not self._service.fetch(model, part):
                    return
                self._state.keep_model(model)
                self._state.touch()
                log.info("model of the service is here", model=model.name, sha256=model.sha256)
                return

    def _show(self, desk: PreviewDesk) -> None:
        for preview, frame in desk.frames():
            try:
                self._service.show(preview, frame)
            except NotFound:
                desk.end(preview)
        if desk.busy:
            time.sleep(_SHOW_EVERY_S)

    def _patience(self, orders: Orders | None, outcome: Outcome) -> float:
        """How long the service may hold the request: not for long while there is something to tell or do."""
        if self._lacks(orders) or (self._desk is not None and self._desk.busy):
            return 0.0
        settling = orders is not None and outcome.number < orders.number
        return min(_SETTLING_S, self._wait_s) if settling else self._wait_s

    def _report(self, orders: Orders | None) -> Report:
        models = orders.models if orders else ()
        outcome = self._state.outcome()
        return Report(
            site=self._site,
            device_id=self._device_id,
            software=version("siaga"),
            known=orders.number if orders else 0,
            wait_s=self._patience(orders, outcome),
            outcome=outcome,
            trouble=self._trouble,
            models={one.name: one.sha256 for one in models if self._state.manifest_of(one) is not None},
            cameras=self._health.cameras(),
            waiting=self._health.waiting(),
        )


class Health:
    """How the cameras are, from what the engines wrote last."""

    def __init__(self, runtime: Path) -> None:
        self._runtime = runtime
        self._before: dict[str, tuple[float, int]] = {}

    def cameras(self) -> dict[str, CameraHealth]:
        """Camera to health; the rate is since the last call."""
        found: dict[str, CameraHealth] = {}
        for path in sorted(self._runtime.glob(_WATCHED)):
            engine = _read(path)
            for name, camera in engine.get("cameras", {}).items():
                found[name] = self._camera(name, engine["at"], camera)
        return found

    def _camera(self, name: str, at: float, told: Mapping[str, Any]) -> CameraHealth:
        before_at, before = self._before.get(name, (at, told["analysed"]))
        self._before[name] = (at, told["analysed"])
        fps = (told["analysed"] - before) / (at - before_at) if at > before_at else 0.0
        state = told["state"] or {}
        return CameraHealth(
            connected=bool(state.get("connected")),
            fps=round(max(fps, 0.0), 2),
            frame_age_ms=told["age_p95_ms"],
            picture_age_s=told.get("picture_age_s"),
            keyframe_age_s=state.get("keyframe_age_s"),
            reconnects=max(state.get("connects", 0) - 1, 0),
            errors=state.get("errors", 0),
            error=str(state.get("error", ""))[:2000],
            conditions=tuple(told["conditions"]),
        )

    def waiting(self) -> dict[str, int]:
        """Items that are not delivered yet, by lane."""
        waiting: dict[str, int] = _read(self._runtime / "delivery.json").get("waiting", {})
        return waiting


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _sleep(seconds: float, stop: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not stop():
        time.sleep(min(0.25, seconds))


def start_line(
    settings: Settings,
    device_id: str,
    runtime: Path,
    clock: Clock,
    stop: Callable[[], bool],
    secrets: Iterable[str] = (),
) -> None:
    """Keep the line in a thread of its own until the process ends; does nothing when the link is off."""
    if not settings.deliver.link.enabled:
        return

    def keep() -> None:
        with httpx.Client() as client:
            Line(client, settings, device_id, runtime, clock, redact=Redactor(secrets)).run(stop)

    threading.Thread(target=keep, name="link", daemon=True).start()
