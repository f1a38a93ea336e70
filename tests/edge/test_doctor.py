"""What the doctor reads from the kernel, and what it makes of it."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from siaga.core.errors import ModelTampered
from siaga.core.settings import Settings
from siaga.core.settings.load import parse_settings
from siaga.detect import load
from siaga.edge import checks_machine, checks_work, machine
from siaga.edge.finding import Finding, Status
from tests.detect import classifiers
from tests.edge.site import model_that_sees_in_bright_pictures


def settings(more: str = "") -> Settings:
    return parse_settings("cameras: {c: {ffmpeg: {inputs: [{path: 'device:0'}]}}}\n" + more).settings


def only(findings: Iterable[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.mark.parametrize(("text", "quota"), [("150000 100000", 1.5), ("max 100000", None), ("50000", 0.5)])
def test_the_quota_of_a_control_group(tmp_path: Path, text: str, quota: float | None) -> None:
    (tmp_path / "cpu.max").write_text(text + "\n")
    assert machine.cpu_quota(tmp_path) == quota


def test_the_quota_of_an_older_control_group(tmp_path: Path) -> None:
    assert machine.cpu_quota(tmp_path) is None
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("-1\n")
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000\n")
    assert machine.cpu_quota(tmp_path) is None
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("200000\n")
    assert machine.cpu_quota(tmp_path) == 2.0


def test_memory_and_its_limit(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 8000 kB\nMemAvailable:   4000 kB\n")
    assert machine.memory(tmp_path, meminfo) == (4_096_000, None)
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.memory(tmp_path, meminfo)[1] is None
    (tmp_path / "memory.max").write_text("1000000\n")
    assert machine.memory(tmp_path, meminfo)[1] == 1_000_000


def test_instruction_sets(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor: 0\nflags\t\t: sse avx2 avx512_vnni\n")
    assert machine.cpu_flags(cpuinfo) == {"sse", "avx2", "avx512_vnni"}
    assert machine.cpu_flags(tmp_path / "none") == frozenset()


def test_a_quota_under_the_cores_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 8)
    monkeypatch.setattr(machine, "cpu_quota", lambda: 2.0)
    finding = only(checks_machine.cores(settings()))
    assert finding.status is Status.WARN
    assert "detector.engines: 2" in finding.way_out
    assert only(checks_machine.cores(settings("detector: {engines: 2}"))).status is Status.OK
    assert only(checks_machine.cores(settings("detector: {engines: 3}"))).status is Status.WARN


@pytest.mark.parametrize(
    ("free", "status"), [(100 * 10**9, Status.OK), (5 * 10**9, Status.WARN), (10**8, Status.FAIL)]
)
def test_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: Status) -> None:
    monkeypatch.setattr(machine, "free_bytes", lambda _: free)
    finding = only(checks_machine.disk(settings(f"state_dir: {tmp_path}/state/deeper")))
    assert finding.status is status
    assert bool(finding.way_out) is (status is not Status.OK)


def test_a_folder_that_cannot_be_written_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.write_fault(tmp_path) is None
    assert machine.write_fault(tmp_path / "none") == "No such file or directory"
    monkeypatch.setattr(machine, "write_fault", lambda _: "Permission denied")
    finding = only(checks_machine.disk(settings(f"state_dir: {tmp_path}")))
    assert finding.status is Status.FAIL
    assert "Permission denied" in finding.said


def test_a_key_that_others_can_read(tmp_path: Path) -> None:
    key = tmp_path / "device.key"
    key.write_bytes(b"k")
    key.chmod(0o644)
    finding = next(iter(checks_machine.disk(settings(f"state_dir: {tmp_path}"))))
    assert (finding.name, finding.status) == ("device key", Status.FAIL)
    assert finding.way_out == f"chmod 600 {key}"
    key.chmod(0o600)
    assert next(iter(checks_machine.disk(settings(f"state_dir: {tmp_path}")))).name == "disk"


@pytest.mark.parametrize(("kept", "status"), [(True, Status.OK), (False, Status.WARN), (None, Status.WARN)])
def test_whether_the_clock_is_kept(
    monkeypatch: pytest.MonkeyPatch, kept: bool | None, status: Status
) -> None:
    monkeypatch.setattr(machine, "clock_synchronised", lambda: kept)
    assert only(checks_machine.clock(settings())).status is status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", Status.OK),
        ("deliver: {url: 'http://127.0.0.1:8080', token: abc}", Status.OK),
        ("deliver: {url: 'https://siaga.example.com', token: abc}", Status.OK),
        ("deliver: {url: 'http://siaga.example.com', token: abc}", Status.WARN),
        ("deliver: {url: 'https://siaga.example.com'}", Status.FAIL),
        ("deliver: {url: 'https://siaga.example.com', token_file: /none/token}", Status.FAIL),
    ],
)
def test_whether_it_can_be_delivered(text: str, status: Status) -> None:
    assert only(checks_work.delivery(settings(text))).status is status


def test_the_second_stage_is_shown_and_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "check_once", lambda *_: None)
    classifiers.write(tmp_path)
    classifiers.write(tmp_path, name="tiny-body", region="person")
    named = f"head_model: {tmp_path}/tiny-head.yaml\nharness_model: {tmp_path}/tiny-body.yaml"
    model = model_that_sees_in_bright_pictures(tmp_path)
    helmets, harnesses = checks_work.classifiers(settings(f"model: {model}\n{named}"))
    assert (helmets.name, helmets.status) == ("helmet crops", Status.OK)
    assert "tiny-head" in helmets.said
    assert "ms a crop" in helmets.said
    assert harnesses.said.endswith("verified; not asked for")
    assert "none" in only(checks_work.classifiers(settings(f"model: {model}"))).said
    (tmp_path / "tiny-body.onnx").write_bytes(b"changed")
    with pytest.raises(ModelTampered):
        list(checks_work.classifiers(settings(f"model: {model}\n{named}")))
