"""The first load of a model file happens in a child process with limits; its result is remembered."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import onnxruntime

from siaga.core.errors import ModelUnsupported
from siaga.manifest import ModelFile

_SECONDS_TO_START = 60


@dataclass(frozen=True, slots=True)
class Limits:
    """What a model may use while it is loaded and run once.

    Attributes:
        memory_bytes: Address space beyond the runtime's own.
        cpu_s: Processor seconds.
    """

    memory_bytes: int = 4 << 30
    cpu_s: int = 60


def check_once(
    manifest: ModelFile, model: bytes, remembered: Path | None, limits: Limits | None = None
) -> None:
    """Make sure that the model is what its manifest says, in a child process, once per file.

    Args:
        manifest: What the model should be.
        model: The file's bytes, whose sha256 was compared with the manifest's.
        remembered: A JSON file of the models that passed, made if absent; None: check every time.
        limits: For the child.

    Raises:
        ModelUnsupported: What is wrong with it, or which limit it broke.
    """
    key = _key(manifest)
    known = _read(remembered)
    if key in known:
        return
    _check_in_child(manifest, model, limits or Limits())
    if remembered is not None:
        _write(remembered, [*known, key])


def _key(manifest: ModelFile) -> str:
    """What the result holds for: the file, what was expected of it, and the runtime that opened it."""
    expected = (manifest.input.model_dump_json(), manifest.output.model_dump_json(), len(manifest.classes))
    digest = hashlib.sha256(repr((expected, onnxruntime.__version__)).encode()).hexdigest()
    return f"{manifest.sha256}:{digest[:16]}"


def _read(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        entries = json.loads(path.read_bytes())["passed"]
    except (OSError, ValueError, KeyError, TypeError):
        # An unreadable memory costs one more check, never a wrong answer.
        return []
    return [entry for entry in entries if isinstance(entry, str)] if isinstance(entries, list) else []


def _write(path: Path, passed: list[str]) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    # A full disk must not keep the edge from starting; what is not remembered is tried again next time.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(json.dumps({"passed": passed}), encoding="utf-8")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _check_in_child(manifest: ModelFile, model: bytes, limits: Limits) -> None:
    task = {
        "memory_bytes": limits.memory_bytes,
        "cpu_s": limits.cpu_s,
        "manifest": manifest.model_dump(mode="json"),
    }
    command = [sys.executable, "-P", "-m", "siaga.detect.probe"]
    try:
        child = subprocess.run(  # noqa: S603
            command,
            input=json.dumps(task).encode() + b"\n" + model,
            capture_output=True,
            timeout=2 * limits.cpu_s + _SECONDS_TO_START,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _unsupported(manifest, "The model did not finish its first run in time.", None) from error
    if child.returncode != 0:
        raise _unsupported(manifest, _how_it_died(child.returncode, child.stderr, limits), None)
    answer = json.loads(child.stdout.splitlines()[-1])
    if answer["fault"] is not None:
        raise _unsupported(manifest, answer["fault"], answer["fix"])


def _how_it_died(returncode: int, stderr: bytes, limits: Limits) -> str:
    budget = f"{limits.cpu_s} s of processor time and {limits.memory_bytes >> 20} MiB"
    if returncode == -signal.SIGXCPU:
        return f"The model did not finish its first run in {limits.cpu_s} s of processor time."
    if returncode < 0:
        name = signal.Signals(-returncode).name
        return f"The model ended the process that tried it ({name}; it may use {budget})."
    lines = stderr.decode(errors="replace").strip().splitlines()
    last = lines[-1][:300] if lines else f"exit status {returncode}"
    return f"The model could not be tried: {last} (it may use {budget})."


def _unsupported(manifest: ModelFile, fault: str, fix: str | None) -> ModelUnsupported:
    return ModelUnsupported(
        fault, where=str(manifest.path), fix=fix or "Use a model from a source that you trust."
    )
