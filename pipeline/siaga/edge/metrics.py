"""Prometheus metrics of the edge: what the processes said about themselves, at ``/metrics``."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from siaga.core.errors import Conflict
from siaga.core.health import Condition
from siaga.core.settings import Metrics

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from siaga.edge.site import SiteState

Sample = tuple[tuple[str, ...], float]
Kind = Literal["gauge", "counter"]

_CAPTURE: tuple[tuple[Kind, str, str, str], ...] = (
    ("gauge", "camera_up", "connected", "1 while the camera is connected."),
    ("counter", "frames_corrupt", "corrupt", "Frames not judged because of decoding damage."),
    ("counter", "camera_connects", "connects", "Connections made."),
    ("counter", "camera_errors", "errors", "Connections that failed or broke."),
    ("counter", "camera_cpu_seconds", "cpu_s", "Processor time of the camera's process."),
    ("gauge", "camera_resident_bytes", "rss_bytes", "Resident memory of the camera's process."),
)


_CROPS = (
    ("looked", "crops", "Crops that a classifier looked at."),
    ("left_out", "crops_left_out", "People whose turn came and for whom there was no time or no picture."),
    ("seconds", "crop_seconds", "Time spent on cutting crops and looking at them."),
)


class MetricsServer:
    """Serves the newest state while its ``with`` block lasts; does nothing when metrics are off.

    Args:
        settings: Whether, and where to listen.
    """

    def __init__(self, settings: Metrics) -> None:
        self._settings = settings
        self._latest: SiteState | None = None
        self._server: Any = None
        self._thread: Any = None

    def update(self, state: "SiteState") -> None:
        """Serve ``state`` from now on."""
        self._latest = state

    @property
    def port(self) -> int:
        """Where it listens; 0 when it does not."""
        return int(self._server.server_port) if self._server is not None else 0

    def collect(self) -> "Iterator[Metric]":
        """The newest state as Prometheus metrics; called by its client at every scrape."""
        if self._latest is not None:
            yield from metrics_of(self._latest)

    def __enter__(self) -> Self:
        if not self._settings.enabled:
            return self
        from prometheus_client import CollectorRegistry, start_http_server

        registry = CollectorRegistry()
        registry.register(self)
        where = f"{self._settings.host}:{self._settings.port}"
        try:
            self._server, self._thread = start_http_server(self._settings.port, self._settings.host, registry)
        except OSError as error:
            raise Conflict(
                f"metrics cannot be served ({error.strerror})",
                where=where,
                fix="Set another metrics.port or metrics.host.",
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = self._thread = None


def metrics_of(state: "SiteState") -> "Iterator[Metric]":
    """``state`` as Prometheus metrics; what no process has said yet is left out."""
    cameras = {name: camera for engine in state.engines for name, camera in engine["cameras"].items()}
    yield from _frames(cameras)
    yield from _capture({name: camera["state"] for name, camera in cameras.items() if camera["state"]})
    yield _family(
        "counter",
        "process_restarts",
        "Restarts of a process of the edge.",
        ("process",),
        _each(state.restarts),
    )
    full = any(engine["disk_full"] for engine in state.engines)
    yield _family("gauge", "disk_full", "1 while records wait for space on the disk.", (), [((), full)])
    if "halted" in state.link:
        words = "1 while the kill switch holds: no camera is decoded."
        yield _family("gauge", "halted", words, (), [((), state.link["halted"])])
    if state.delivery:
        yield from _delivery(state.delivery)


def _frames(cameras: Mapping[str, Any]) -> "Iterator[Metric]":
    """What the engine says of each camera."""
    by_camera = ("camera",)
    for key, words in (
        ("analysed", "Frames that went through the detector."),
        ("overwritten", "Frames replaced by newer ones before the engine took them."),
    ):
        yield _family("counter", f"frames_{key}", words, by_camera, _pick(cameras, key))
    measured = {name: camera for name, camera in cameras.items() if camera["age_p95_ms"] is not None}
    ages = [(labels, age / 1000) for labels, age in _pick(measured, "age_p95_ms")]
    yield _family(
        "gauge", "frame_age_p95_seconds", "Age of analysed frames, 95th percentile.", by_camera, ages
    )
    yield from _crops(cameras)
    conditions = [
        ((name, condition.value), condition.value in camera["conditions"])
        for name, camera in cameras.items()
        for condition in Condition
    ]
    words = "1 while the condition keeps the camera's zones from being monitored."
    yield _family("gauge", "camera_condition", words, ("camera", "condition"), conditions)


def _crops(cameras: Mapping[str, Any]) -> "Iterator[Metric]":
    """What the second stage costs; nothing where there is none."""
    counts = {
        (name, item): count
        for name, camera in cameras.items()
        for item, count in camera.get("crops", {}).items()
    }
    for key, name, words in _CROPS:
        if counts:
            samples = [(labels, count[key]) for labels, count in counts.items()]
            yield _family("counter", name, words, ("camera", "item"), samples)


def _capture(states: Mapping[str, Any]) -> "Iterator[Metric]":
    """What each camera's own process says."""
    for kind, name, key, words in _CAPTURE:
        yield _family(kind, name, words, ("camera",), _pick(states, key))


def _delivery(delivery: Mapping[str, Any]) -> "Iterator[Metric]":
    for key, words in (
        ("waiting", "Items that wait to be delivered."),
        ("dead", "Items that the service will never accept."),
        ("shed", "Items given up for space, marked so."),
    ):
        yield _family("gauge", f"outbox_{key}", words, ("lane",), _each(delivery[key]))
    yield _family("counter", "records", "Records made by this device.", (), [((), delivery["last_seq"])])
    if delivery["reachable"] is not None:
        words = "1 while the service answers."
        yield _family("gauge", "service_reachable", words, (), [((), delivery["reachable"])])


def _pick(states: Mapping[str, Any], key: str) -> list[Sample]:
    return [((name,), state[key]) for name, state in states.items()]


def _each(values: Mapping[str, float]) -> list[Sample]:
    return [((name,), value) for name, value in values.items()]


def _family(
    kind: Kind, name: str, words: str, labels: tuple[str, ...], samples: Iterable[Sample]
) -> "Metric":
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    make: type[CounterMetricFamily] | type[GaugeMetricFamily]
    make = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily}[kind]
    family = make(f"siaga_{name}", words, labels=labels)
    for values, value in samples:
        family.add_metric(values, float(value))
    return family
