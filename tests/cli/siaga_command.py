"""The real command, in a process of its own, and small files for it."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from siaga.cli import main
from tests.detect.models import constant, write

CAMERA = "cameras: {gate: {ffmpeg: {inputs: [{path: 'rtsp://admin:{CAM}@127.0.0.1:9/1'}]}}}\n"
PASSWORD = "p@ss/w:r?d#1&x"
_ENV = {"CAM": PASSWORD, "NO_COLOR": "1", "COLUMNS": "200", "TERM": "dumb"}


@dataclass(frozen=True)
class Said:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


def siaga(*arguments: str | Path, cwd: Path, path: Path | None = None) -> Said:
    """Run ``siaga`` with ``arguments`` in a process of its own.

    Args:
        path: A folder that Python looks into first.
    """
    env = {**os.environ, **_ENV}
    if path is not None:
        env["PYTHONPATH"] = str(path)
    command = [Path(sys.executable).with_name("siaga"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env, timeout=120)
    return Said(done.returncode, done.stdout, done.stderr)


def siaga_here(*arguments: str | Path, cwd: Path) -> Said:
    """The same in this process, for commands that leave it as it was; an escaped exception escapes here."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in _ENV.items():
            patch.setenv(name, value)
        patch.chdir(cwd)
        patch.setattr(sys, "argv", ["siaga", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            return Said(int(end.code or 0), out.getvalue(), err.getvalue())
    return Said(0, out.getvalue(), err.getvalue())


def site(folder: Path, more: str = "", *, model: Path | None = None) -> Path:
    """A configuration with one camera and a tiny model (or ``model``), and ``more`` lines."""
    if model is None:
        model = folder / "tiny.yaml"
        write(folder, constant(np.zeros((7, 2), np.float32)))
    file = folder / "site.yaml"
    file.write_text(f"{CAMERA}model: {model}\nstate_dir: {folder / 'state'}\n{more}", encoding="utf-8")
    return file
