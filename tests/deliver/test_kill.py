"""kill -9 during an event storm: what was said to be recorded is there, whole, once, and nothing else is.

``SIAGA_KILLS`` sets how often the process is killed.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from siaga.core.canonical import sha256_hex
from siaga.evidence.store import BlobStore
from tests.deliver.material import make_outbox

KILLS = int(os.environ.get("SIAGA_KILLS", "30"))
WRITERS = 2
ROOT = Path(__file__).parents[2]


def start(folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.deliver.storm", str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def run_and_kill(folder: Path, chance: random.Random) -> list[str]:
    """Writers at once, killed in the middle of whatever they do; gives the ids said to be recorded."""
    writers = [start(folder) for _ in range(WRITERS)]
    said: list[bytes] = []
    for writer in writers:
        assert writer.stdout is not None
        said.append(writer.stdout.readline())
    time.sleep(chance.uniform(0, 0.1))
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
    for writer in writers:
        said.extend(writer.communicate()[0].splitlines(keepends=True))
        assert writer.returncode == -signal.SIGKILL
    return [line.decode().strip() for line in said if line.endswith(b"\n")]


@pytest.mark.timeout(60 + 20 * KILLS)
def test_nothing_is_lost_doubled_or_left_over(tmp_path: Path) -> None:
    chance = random.Random(5)
    make_outbox(tmp_path).close()
    store = BlobStore(tmp_path / "evidence")
    said: list[str] = []
    orphans = 0
    for _ in range(-(-KILLS // WRITERS)):
        said += run_and_kill(tmp_path, chance)
        outbox = make_outbox(tmp_path)
        recorded = [str(event.id) for event in outbox.records_after(0, 1_000_000)]
        assert outbox.verify_chain() == len(recorded) == len(set(recorded))
        assert set(said) <= set(recorded)
        orphans += len(store.sweep(outbox.referenced()))
        files = {path.stem: path for path in (tmp_path / "evidence").rglob("*.*")}
        assert set(files) == outbox.referenced()
        outbox.close()
    assert all(sha256_hex(path.read_bytes()) == sha256 for sha256, path in files.items())
    assert len(said) > KILLS
    assert orphans > 0, "no kill hit between evidence and record: the test is too gentle"
