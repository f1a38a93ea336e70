"""The benchmarks run from start to end, and their last line of output is what others read."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "pipeline" / "siaga" / "demo" / "data"


def _last_line(*command: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert {"commit", "date", "cpu", "cores", "benchmark", "smoke"} <= result.keys()
    return result


@pytest.mark.timeout(600)
def test_the_edge_beside_its_floor() -> None:
    if not any(SHIPPED.glob("*.mp4")):
        pytest.skip("the sample clip of siaga.demo is absent")
    result = _last_line("benchmarks/edge.py", "--smoke", "--no-cameras")
    assert result["ratio_to_floor"] > 0
    assert "ratio_to_peers" in result


@pytest.mark.timeout(600)
def test_kill_9_of_edge_and_service_loses_nothing() -> None:
    storm = _last_line("benchmarks/kills.py", "--smoke", "--longest", "3")["storm"]
    assert storm["records"] > 0
    assert storm["edge_kills"] == 2
    assert storm["service_kills"] == 1
    assert storm["drained"]
    assert storm["clean"], storm
    assert storm["tracebacks"] == 0


@pytest.mark.timeout(600)
def test_the_archive_answers() -> None:
    result = _last_line("benchmarks/archive.py", "--smoke")
    assert (result["events"], result["database"]) == (300, "sqlite")
    assert {"newest", "all_filters", "statistics_of_a_year"} <= result["questions"].keys()


@pytest.mark.timeout(600)
def test_kill_9_of_the_service_under_ingest_loses_nothing() -> None:
    result = _last_line("benchmarks/service_kills.py", "--smoke")
    assert result["kills"] == 1
    lost = ("records_lost", "records_twice", "evidence_lost", "orphans_after_the_sweep", "rows_without_bytes")
    assert [result[name] for name in lost] == [0] * 5
    assert result["faults"] == []
