"""The whole of Siaga on one machine: loopback cameras, the edge and the service, for a first look."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from uuid import uuid4

from siaga.api.server import ServiceOptions, ServiceReady, run_service
from siaga.core.clock import SystemClock
from siaga.core.errors import SiagaError
from siaga.core.event import Event
from siaga.core.redact import Redactor
from siaga.core.settings import Settings, StreamUrl
from siaga.core.settings.load import Loaded, hash_settings
from siaga.deliver.device import load_or_make_key
from siaga.deliver.outbox import Outbox
from siaga.demo.rtsp import RtspServer
from siaga.edge.site import SiteState, run_site

_READY_WITHIN_S = 30.0
_JUDGED = ("helmet",)


@dataclass(frozen=True)
class DemoOptions:
    """What to show.

    Attributes:
        folder: Where the demo keeps its events, evidence and keys.
        source: The user's own camera or file; None: the shipped clips as RTSP cameras.
        port: Of the page; 0 takes a free one.
    """

    folder: Path
    source: StreamUrl | None = None
    port: int = 8080


def shipped_clips() -> dict[str, dict[str, Any]]:
    """Name of each shipped clip and its ground truth."""
    data = files("siaga.demo") / "data"
    return {
        entry.name.removesuffix(".truth.json"): json.loads(entry.read_text())
        for entry in sorted(data.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".truth.json")
    }


def demo_settings(cameras: dict[str, Any], service_url: str, token_file: Path, folder: Path) -> Settings:
    """A site's configuration for the demo."""
    return Settings.model_validate(
        {
            "site": {"name": "demo"},
            "state_dir": str(folder / "edge"),
            "cameras": cameras,
            "ppe": {"requires": ["helmet"], "repeat_interval": "20s"},
            "evidence": {"clip": {"pre_roll": 4, "post_roll": 4}},
            "deliver": {"url": service_url, "token_file": str(token_file)},
        }
    )


def _camera(path: str, zones: dict[str, Any]) -> dict[str, Any]:
    return {"ffmpeg": {"inputs": [{"path": path}]}, "zones": zones}


def _zones_with_a_rule(truth: dict[str, Any]) -> dict[str, Any]:
    """A clip's zones of which something is in the picture, with what the demo's model can judge."""
    zones = {
        name: zone | {"requires": [item for item in zone["requires"] if item in _JUDGED]}
        for name, zone in truth["zones"].items()
        if len(zone["coordinates"]) > 2
    }
    return {name: zone for name, zone in zones.items() if zone["exclusion"] or zone["requires"]}


@contextmanager
def demo_cameras(source: StreamUrl | None) -> Iterator[dict[str, Any]]:
    """The demo's cameras as the configuration wants them; clips and files are served over real RTSP."""
    if source is not None and not source.is_file:
        yield {"yours": _camera(source.reveal(), {})}
        return
    with RtspServer() as server, as_file(files("siaga.demo") / "data") as data:
        clips = (
            {"yours": (source.path, {})}
            if source is not None
            else {
                name: (data / truth["clip"], _zones_with_a_rule(truth))
                for name, truth in shipped_clips().items()
            }
        )
        for name, (path, _) in clips.items():
            server.add(f"/{name}", path)
        yield {name: _camera(server.url(f"/{name}"), zones) for name, (_, zones) in clips.items()}


class _Service:
    """The service in a thread of this process."""

    def __init__(self, options: ServiceOptions, stop: threading.Event) -> None:
        self._options = options
        self._stop = stop
        self._ready = threading.Event()
        self._error: SiagaError | None = None
        self.state: ServiceReady | None = None
        self._thread = threading.Thread(target=self._run, name="service", daemon=True)

    def _run(self) -> None:
        try:
            run_service(self._options, self._is_ready, stop=self._stop)
        except SiagaError as error:
            self._error = error
        self._ready.set()

    def _is_ready(self, state: ServiceReady) -> None:
        self.state = state
        self._ready.set()

    def start(self) -> ServiceReady:
        self._thread.start()
        self._ready.wait(_READY_WITHIN_S)
        if self._error is not None:
            raise self._error
        if self.state is None:
            raise SiagaError("the service did not start in time", fix="Look at the lines above.")
        return self.state

    def join(self) -> None:
        self._thread.join(_READY_WITHIN_S)


def show(
    options: DemoOptions,
    stop: threading.Event,
    *,
    on_ready: Callable[[ServiceReady, list[str]], None],
    on_event: Callable[[Event], None],
) -> None:
    """Run the demo until ``stop`` is set.

    Args:
        on_ready: Told the page's address and the cameras' names.
        on_event: Told every record as it is made.

    Raises:
        SiagaError: A part could not be started; see the tree.
    """
    service_stop = threading.Event()
    service = _Service(ServiceOptions(options.folder / "service", port=options.port, demo=True), service_stop)
    with demo_cameras(options.source) as cameras:
        ready = service.start()
        try:
            token = options.folder / "service" / "device.token"
            settings = demo_settings(cameras, ready.url, token, options.folder)
            on_ready(ready, list(cameras))
            with _followed(settings.state_dir, on_event) as follow:
                run_site(Loaded(settings, hash_settings(settings), Redactor()), stop, on_state=follow)
        finally:
            service_stop.set()
            service.join()


@contextmanager
def _followed(state_dir: Path, on_event: Callable[[Event], None]) -> Iterator[Callable[[SiteState], None]]:
    """Reads the records as they are made."""
    state_dir.mkdir(parents=True, exist_ok=True)
    outbox = Outbox(
        state_dir / "records.sqlite",
        key=load_or_make_key(state_dir / "device.key"),
        boot_id=uuid4(),
        clock=SystemClock(),
    )
    seen = outbox.last_seq()

    def follow(_: SiteState) -> None:
        nonlocal seen
        for event in outbox.records_after(seen):
            seen = event.seq
            on_event(event)

    with closing(outbox):
        yield follow
