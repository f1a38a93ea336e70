"""The doctor's questions about the machine."""

import platform
import sqlite3
import sys
import time
from collections.abc import Iterator
from importlib import metadata

from siaga.core.settings import Settings
from siaga.edge import machine
from siaga.edge.finding import Finding, Status

_PACKAGES = ("siaga", "numpy", "onnxruntime", "av", "pydantic", "trackers")
_MIN_MEMORY = 2 << 30
_MIN_DISK = 2 * 10**9
_BROKEN_WAL = (3, 51, 3)


def python(_: Settings) -> Iterator[Finding]:
    """Python and the packages that matter."""
    versions = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    yield Finding("Python", Status.OK, f"{platform.python_version()} ({sys.executable})")
    yield Finding("packages", Status.OK, versions)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def cores(settings: Settings) -> Iterator[Finding]:
    """Cores against engines."""
    cores, quota = machine.cores(), machine.cpu_quota()
    said = f"{cores} usable"
    usable = float(cores)
    if quota is not None and quota < cores:
        usable = quota
        said += f", limited to {quota:g} by the container's quota"
    if settings.detector.engines > usable:
        yield Finding(
            "cores",
            Status.WARN,
            f"{said}; detector.engines asks for {settings.detector.engines} one-thread engines",
            "Set detector.engines to 0, or to at most the usable cores.",
        )
    elif quota is not None and quota < cores and not settings.detector.engines:
        yield Finding(
            "cores", Status.WARN, said, f"Set detector.engines: {max(1, int(quota))}, or raise the quota."
        )
    else:
        yield Finding("cores", Status.OK, said)


def memory(_: Settings) -> Iterator[Finding]:
    """Memory that is free."""
    available, limit = machine.memory()
    if available is None:
        yield Finding("memory", Status.WARN, "the available memory cannot be read")
        return
    said = f"{available / 1e9:.1f} GB available"
    if limit is not None:
        said += f", limit of the container {limit / 1e9:.1f} GB"
    if min(available, limit or available) < _MIN_MEMORY:
        yield Finding(
            "memory", Status.WARN, said, "Two cameras with clips need about 2 GB; end other programs."
        )
    else:
        yield Finding("memory", Status.OK, said)


def disk(settings: Settings) -> Iterator[Finding]:
    """Room and rights in the state folder."""
    state_dir = settings.state_dir
    folder = machine.nearest_folder(state_dir)
    where = str(state_dir)
    fault = machine.write_fault(folder)
    if fault is not None:
        way_out = f"Give the user {machine.user()} the right to write there, or set another state_dir."
        yield Finding("state folder", Status.FAIL, f"{where}: cannot be written in ({fault})", way_out)
        return
    key = state_dir / "device.key"
    if key.exists() and key.stat().st_mode & 0o077:
        said = f"{key} can be read by other users"
        yield Finding("device key", Status.FAIL, said, f"chmod 600 {key}")
    free = machine.free_bytes(folder)
    needed = max(_MIN_DISK, settings.evidence.max_bytes)
    said = (
        f"{where}: {free / 1e9:.1f} GB free, evidence.max_bytes is {settings.evidence.max_bytes / 1e9:.1f} GB"
    )
    if free < _MIN_DISK // 10:
        yield Finding("disk", Status.FAIL, said, "Free space, or set state_dir on another disk.")
    elif free < needed:
        yield Finding("disk", Status.WARN, said, "Lower evidence.max_bytes, or free space.")
    else:
        yield Finding("disk", Status.OK, said)


def cpu(_: Settings) -> Iterator[Finding]:
    """Instruction sets that matter for inference."""
    flags = machine.cpu_flags()
    if not flags:
        yield Finding("CPU", Status.OK, f"{platform.machine()}, instruction sets unknown")
        return
    names = {"avx2": "AVX2", "avx512_vnni": "AVX512-VNNI", "avx_vnni": "AVX-VNNI", "amx_int8": "AMX"}
    has = [name for flag, name in names.items() if flag in flags]
    lacks = [name for flag, name in names.items() if flag not in flags]
    said = f"{', '.join(has) or 'none of the known'}; without {', '.join(lacks) or 'nothing'}"
    if platform.machine() == "x86_64" and "avx2" not in flags:
        yield Finding("CPU", Status.WARN, said, "Without AVX2 a picture takes several times as long.")
    else:
        yield Finding("CPU", Status.OK, said)


def clock(_: Settings) -> Iterator[Finding]:
    """The clock that events carry."""
    utc = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    if time.gmtime().tm_year < 2025:
        yield Finding("clock", Status.FAIL, f"{utc} UTC cannot be right", "Set the clock; turn NTP on.")
        return
    synchronised = machine.clock_synchronised()
    if synchronised is None:
        said = f"{utc} UTC; whether it is kept by NTP cannot be read here"
        yield Finding("clock", Status.WARN, said, "Make sure that the host runs NTP.")
    elif synchronised:
        yield Finding("clock", Status.OK, f"{utc} UTC, kept by NTP")
    else:
        way_out = "Turn NTP on, e.g. timedatectl set-ntp true: events carry this clock's time."
        yield Finding("clock", Status.WARN, f"{utc} UTC, not kept by NTP", way_out)


def sqlite(_: Settings) -> Iterator[Finding]:
    """The database."""
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= (3, 35, 0):
        note = "" if sqlite3.sqlite_version_info >= _BROKEN_WAL else " (its WAL mode is not used)"
        yield Finding("SQLite", Status.OK, f"{version}{note}")
    else:
        yield Finding("SQLite", Status.FAIL, version, "Use a Python with SQLite 3.35 or later.")
