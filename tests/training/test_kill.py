"""A training that is killed outright (SIGKILL, loaders and all) goes on to its last epoch."""

import csv
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.training import tiny

pytest.importorskip("torch")
pytest.importorskip("ultralytics")
pytest.importorskip("albumentations")

EPOCHS = 6
LONGEST_S = 300
_SIAGA = "from siaga.cli import main; main()"


@pytest.mark.timeout(900)  # two more processes import the framework
def test_a_killed_run_goes_on_to_its_last_epoch(drawn_set: Path, drawn_cards: Path, tmp_path: Path) -> None:
    from siaga.train.checkpoint import load

    start = tiny.checkpoint(tmp_path / "start.pt")
    out = tmp_path / "run"
    last = out / "weights" / "last.pt"
    command = [sys.executable, "-c", _SIAGA, "train", str(tiny.config(tmp_path / "config.yaml"))]
    command += ["--data", str(drawn_set), "--cards", str(drawn_cards), "--out", str(out)]

    _kill_once_there(last, [*command, "--start", str(start), "--epochs", str(EPOCHS), "--device", "cpu"])
    _, state = load(last)
    assert state["optimizer"] is not None, "the run was over before it was killed"
    before = state["epoch"] + 1

    subprocess.run([*command, "--resume"], check=True, timeout=LONGEST_S, capture_output=True)
    with (out / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert 1 <= before < EPOCHS
    assert sorted({int(row["epoch"]) for row in rows}) == list(range(1, EPOCHS + 1))
    # What was done before the kill is not done again; an epoch that was logged and not yet saved is.
    assert len(rows) <= EPOCHS + 1
    model, state = load(last)
    assert tuple(model.names.values()) == tiny.CLASSES
    assert state["optimizer"] is None


def _kill_once_there(path: Path, command: list[str]) -> None:
    """Start the command as its own process group and kill all of it as soon as ``path`` is there."""
    process = subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        ends = time.monotonic() + LONGEST_S
        while not path.exists():
            assert process.poll() is None, "it ended before its first checkpoint"
            assert time.monotonic() < ends
            time.sleep(0.01)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
