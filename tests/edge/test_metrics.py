"""What Prometheus reads is what the processes said."""

import socket
import subprocess
import sys
from dataclasses import asdict
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from siaga.core.errors import Conflict
from siaga.core.health import Condition
from siaga.core.settings import Metrics
from siaga.edge.link import CameraState
from siaga.edge.metrics import MetricsServer
from siaga.edge.site import SiteState

CAMERA = CameraState(
    camera="gate",
    connected=True,
    connects=3,
    errors=2,
    error="",
    decoded=900,
    published=400,
    corrupt=7,
    cpu_s=12.5,
    rss_bytes=90_000_000,
)
LANES = {"metadata": 1, "still": 2, "clip": 3}


def state(**camera: Any) -> SiteState:
    gate = {
        "analysed": 390,
        "overwritten": 10,
        "age_p95_ms": 240,
        "conditions": ["dark"],
        "crops": {
            "helmet": {"looked": 700, "left_out": 3, "seconds": 1.5},
            "harness": {"looked": 40, "left_out": 0, "seconds": 0.25},
        },
        "state": asdict(CAMERA),
    }
    new: dict[str, Any] = {
        "analysed": 0,
        "overwritten": 0,
        "age_p95_ms": None,
        "conditions": [],
        "state": None,
    }
    return SiteState(
        engines=[
            {
                "engine": "engine0",
                "at": 1.0,
                "cameras": {"gate": gate | camera, "new": new},
                "disk_full": True,
            }
        ],
        delivery={
            "last_seq": 42,
            "waiting": LANES,
            "dead": LANES,
            "shed": LANES,
            "reachable": False,
            "authorised": True,
            "error": "",
        },
        restarts={"camera gate": 4, "delivery": 0},
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def scrape(port: int) -> dict[str, float]:
    """Every sample as ``name{labels}``, without the words of the labels."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {
        f"{sample.name}{{{','.join(sample.labels.values())}}}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_scrape_tells_the_newest_state() -> None:
    with MetricsServer(Metrics(enabled=True, port=free_port())) as metrics:
        assert scrape(metrics.port) == {}
        metrics.update(state(analysed=1))
        metrics.update(state())
        found = scrape(metrics.port)
    conditions = {
        f"siaga_camera_condition{{{name},{one}}}": 0.0 for name in ("gate", "new") for one in Condition
    }
    lanes = {
        f"siaga_outbox_{what}{{{lane}}}": float(count)
        for what in ("waiting", "dead", "shed")
        for lane, count in LANES.items()
    }
    assert found == {
        **conditions,
        **lanes,
        "siaga_camera_condition{gate,dark}": 1.0,
        "siaga_frames_analysed_total{gate}": 390.0,
        "siaga_frames_analysed_total{new}": 0.0,
        "siaga_frames_overwritten_total{gate}": 10.0,
        "siaga_frames_overwritten_total{new}": 0.0,
        "siaga_frames_corrupt_total{gate}": 7.0,
        "siaga_frame_age_p95_seconds{gate}": 0.24,
        "siaga_crops_total{gate,helmet}": 700.0,
        "siaga_crops_total{gate,harness}": 40.0,
        "siaga_crops_left_out_total{gate,helmet}": 3.0,
        "siaga_crops_left_out_total{gate,harness}": 0.0,
        "siaga_crop_seconds_total{gate,helmet}": 1.5,
        "siaga_crop_seconds_total{gate,harness}": 0.25,
        "siaga_camera_up{gate}": 1.0,
        "siaga_camera_connects_total{gate}": 3.0,
        "siaga_camera_errors_total{gate}": 2.0,
        "siaga_camera_cpu_seconds_total{gate}": 12.5,
        "siaga_camera_resident_bytes{gate}": 90e6,
        "siaga_process_restarts_total{camera gate}": 4.0,
        "siaga_process_restarts_total{delivery}": 0.0,
        "siaga_disk_full{}": 1.0,
        "siaga_records_total{}": 42.0,
        "siaga_service_reachable{}": 0.0,
    }


def test_processes_that_have_said_nothing_yet_are_left_out() -> None:
    with MetricsServer(Metrics(enabled=True, port=free_port())) as metrics:
        metrics.update(SiteState(engines=[], delivery={}, restarts={}))
        assert scrape(metrics.port) == {"siaga_disk_full{}": 0.0}


def test_the_kill_switch_is_seen() -> None:
    with MetricsServer(Metrics(enabled=True, port=free_port())) as metrics:
        for halted in (True, False):
            metrics.update(SiteState(engines=[], delivery={}, restarts={}, link={"halted": halted}))
            assert scrape(metrics.port)["siaga_halted{}"] == halted


def test_two_sites_in_one_process_do_not_share_anything() -> None:
    with (
        MetricsServer(Metrics(enabled=True, port=free_port())) as first,
        MetricsServer(Metrics(enabled=True, port=free_port())) as second,
    ):
        first.update(state())
        assert scrape(second.port) == {}


def test_a_port_that_is_taken_is_said() -> None:
    with MetricsServer(Metrics(enabled=True, port=free_port())) as metrics:
        taken = Metrics(enabled=True, port=metrics.port)
        with pytest.raises(Conflict, match=f"127.0.0.1:{metrics.port}"), MetricsServer(taken):
            pass


def test_the_port_is_free_again_afterwards() -> None:
    settings = Metrics(enabled=True, port=free_port())
    for _ in range(2):
        with MetricsServer(settings) as metrics:
            assert metrics.port == settings.port


def test_switched_off_it_does_nothing_and_loads_nothing() -> None:
    script = """
import sys
from siaga.core.settings import Metrics
from siaga.edge.metrics import MetricsServer
with MetricsServer(Metrics()) as metrics:
    metrics.update(None)
    assert metrics.port == 0
assert "prometheus_client" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
