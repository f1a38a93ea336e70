"""Facts about this machine, read from the kernel; None where it does not tell."""

import ctypes
import getpass
import os
import shutil
import tempfile
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_TIME_ERROR = 5
_TIMEX_BYTES = 256


def cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0))


def cpu_quota(cgroup: Path = _CGROUP) -> float | None:
    """Cores' worth of time that the control group allows; None without a limit."""
    modern = _text(cgroup / "cpu.max")
    if modern is not None:
        quota, _, period = modern.partition(" ")
        return None if quota == "max" else int(quota) / int(period or 100_000)
    quota_old, period_old = _text(cgroup / "cpu/cpu.cfs_quota_us"), _text(cgroup / "cpu/cpu.cfs_period_us")
    if quota_old is None or period_old is None or int(quota_old) <= 0:
        return None
    return int(quota_old) / int(period_old)


def memory(cgroup: Path = _CGROUP, meminfo: Path = Path("/proc/meminfo")) -> tuple[int | None, int | None]:
    """Bytes that are available, and the control group's limit."""
    lines = (_text(meminfo) or "").splitlines()
    kilobytes = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    limit = _text(cgroup / "memory.max") or _text(cgroup / "memory/memory.limit_in_bytes")
    bounded = int(limit) if limit is not None and limit.isdigit() and int(limit) < 1 << 60 else None
    return (int(kilobytes) * 1024 if kilobytes else None), bounded


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Instruction sets, as Linux names them."""
    for line in (_text(cpuinfo) or "").splitlines():
        if line.startswith(("flags", "Features")):
            return frozenset(line.split(":", 1)[1].split())
    return frozenset()


def nearest_folder(path: Path) -> Path:
    """``path``, or its nearest ancestor that exists."""
    folder = path.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def write_fault(folder: Path) -> str | None:
    """Why no file can be written in ``folder``; None when one can."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return error.strerror or type(error).__name__


def free_bytes(folder: Path) -> int:
    """Bytes that a user without special rights may still write."""
    return shutil.disk_usage(folder).free


def user() -> str:
    """Who runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"with the number {os.getuid()}"


def clock_synchronised() -> bool | None:
    """Whether the kernel's clock is kept by NTP (``adjtimex``, read only)."""
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    # All zero: modes 0 reads and sets nothing. The structure is smaller than this on every platform.
    state = int(adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    return None if state < 0 else state != _TIME_ERROR


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
