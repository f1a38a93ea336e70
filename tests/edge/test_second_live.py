"""The second stage in real processes: events from crops, and an engine that is killed goes on."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import psutil
import pytest

from siaga.core.clock import SystemClock
from siaga.core.event import EventState, ModelRef
from siaga.core.settings.load import Loaded
from siaga.demo.rtsp import RtspServer
from siaga.edge.archive import open_archive
from siaga.edge.site import SiteState, run_site
from siaga.edge.specs import StoreSpec
from tests.detect import classifiers
from tests.edge.site import clip_with_a_person, configured

GRAY_IS_MISSING = np.array([[0, 0, 0], [20, 20, 20], [0, 0, 0]], np.float32)
"""Logits of a mean colour: whatever is not black is a bare head."""

pytestmark = pytest.mark.timeout(500)


def until(what: Callable[[], object], states: list[SiteState], seconds: float = 200.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            pytest.fail(f"it never happened; last state: {states[-1:]}")
        time.sleep(0.2)


def outline(states: list[SiteState]) -> dict[str, Any]:
    """The camera as its engine last told it."""
    for engine in states[-1].engines if states else []:
        if "gate" in engine["cameras"]:
            return dict(engine["cameras"]["gate"])
    return {"analysed": 0, "overwritten": 0, "crops": {"helmet": {"looked": 0}}}


def engine_process() -> psutil.Process:
    """The only child that holds a model."""
    children = [one for one in psutil.Process().children() if "spawn_main" in " ".join(one.cmdline())]
    return max(children, key=lambda one: one.memory_info().rss)


def test_crops_are_looked_at_in_the_engine_and_after_it_was_killed(tmp_path: Path) -> None:
    classifiers.write(tmp_path, classifiers.by_colour(GRAY_IS_MISSING))
    clip = clip_with_a_person(tmp_path / "clip.mp4", frames=150, first=25, last=110)
    states: list[SiteState] = []
    stop = threading.Event()
    with RtspServer() as server:
        server.add("/gate", clip)
        loaded = configured(
            tmp_path,
            f"  gate: {{ffmpeg: {{inputs: [{{path: {server.url('/gate')}}}], timeout: 2s}}}}",
            more=f"head_model: {tmp_path}/tiny-head.yaml",
        )
        site = threading.Thread(target=run_site, args=(loaded, stop), kwargs={"on_state": states.append})
        site.start()
        try:
            until(lambda: outline(states)["crops"]["helmet"]["looked"] >= 10, states)
            os.kill(engine_process().pid, signal.SIGKILL)
            until(lambda: states[-1].restarts["engine 0"] == 1, states)
            until(lambda: outline(states)["analysed"] < 10, states)
            until(lambda: outline(states)["crops"]["helmet"]["looked"] >= 10, states)
        finally:
            stop.set()
            site.join(60)
    assert not site.is_alive()
    spent = outline(states)["crops"]["helmet"]
    assert spent["seconds"] / spent["looked"] < 0.2
    with closing(open_archive(store(loaded), SystemClock())) as archive:
        records = archive.outbox.records_after(0)
        assert archive.outbox.verify_chain() == len(records)
    new = [record for record in records if record.state is EventState.NEW and record.items]
    assert new
    assert {model.name for record in new for model in record.classifiers} == {"tiny-head"}


def store(loaded: Loaded) -> StoreSpec:
    """The site's state folder, to read."""
    model = ModelRef(name="tiny", sha256="0" * 64)
    return StoreSpec(loaded.settings, loaded.config_hash, model, uuid4())
