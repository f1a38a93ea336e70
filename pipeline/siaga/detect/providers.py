"""What runs the model, chosen from what is installed, and why, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

import onnxruntime

from siaga.core.errors import DependencyMissing

Provider = Literal["cpu", "openvino", "cuda", "tensorrt"]
Wish = Literal["auto", "cpu", "openvino", "cuda", "tensorrt"]

_ORT_NAMES: Mapping[Provider, tuple[str, ...]] = MappingProxyType(
    {
        "cpu": ("CPUExecutionProvider",),
        "cuda": ("CUDAExecutionProvider", "CPUExecutionProvider"),
        "tensorrt": ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"),
    }
)
_AUTO_ORDER: tuple[Provider, ...] = ("cuda", "cpu")
_CPU_FLAGS = ("amx_bf16", "amx_int8", "avx512_vnni", "avx_vnni", "avx512f", "avx2")
_FIXES: Mapping[Provider, str] = MappingProxyType(
    {
        "cpu": "Install onnxruntime again.",
        "openvino": "pip install 'siaga[openvino]', or use provider: cpu.",
        "cuda": "Put onnxruntime-gpu in the place of onnxruntime, or use provider: cpu.",
        "tensorrt": "Put onnxruntime-gpu with TensorRT in the place of onnxruntime, or use provider: cpu.",
    }
)


@dataclass(frozen=True, slots=True)
class Machine:
    """What can run a model here.

    Attributes:
        ort_version: onnxruntime's version.
        ort_providers: onnxruntime's execution providers, by its own names.
        openvino_version: None when it is not installed.
        cpu_flags: Instruction sets that matter for inference, as Linux names them.
    """

    ort_version: str
    ort_providers: tuple[str, ...]
    openvino_version: str | None
    cpu_flags: tuple[str, ...]

    @classmethod
    def look(cls) -> "Machine":
        """This machine."""
        try:
            openvino_version: str | None = metadata.version("openvino")
        except metadata.PackageNotFoundError:
            openvino_version = None
        return cls(
            onnxruntime.__version__,
            tuple(onnxruntime.get_available_providers()),
            openvino_version,
            _cpu_flags(Path("/proc/cpuinfo")),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """A provider, and why.

    Attributes:
        provider: What runs the model.
        reason: Why this one, in words for a person.
        alternatives: Every other provider: why it was not taken, or what it would need.
    """

    provider: Provider
    reason: str
    alternatives: Mapping[Provider, str]

    @property
    def ort_names(self) -> tuple[str, ...]:
        """onnxruntime's names for it, the wanted one first; empty for OpenVINO."""
        return _ORT_NAMES.get(self.provider, ())


def choose(wish: Wish, machine: Machine | None = None) -> Choice:
    """What runs the model when the configuration says ``wish``.

    ``auto`` takes CUDA when onnxruntime has it, else onnxruntime on the CPU. OpenVINO and TensorRT run only
    when they are asked for: the first gains little in float32, the second spends minutes to build its engine.

    Args:
        wish: From the configuration.
        machine: Default: this one.

    Raises:
        DependencyMissing: What was asked for is not installed; never is another taken silently.
    """
    machine = machine or Machine.look()
    state = {provider: _state(provider, machine) for provider in get_args(Provider)}
    if wish == "auto":
        taken = next((one for one in _AUTO_ORDER if state[one][0]), _AUTO_ORDER[-1])
        reason = f"auto: {state[taken][1]}"
    else:
        taken, reason = wish, f"asked for: {state[wish][1]}"
    if not state[taken][0]:
        raise DependencyMissing(
            f"The provider {taken} cannot run here. {taken}: {state[taken][1]}.",
            where="detector.provider",
            fix=_FIXES[taken],
        )
    others = {one: words for one, (_, words) in state.items() if one != taken}
    return Choice(taken, reason, MappingProxyType(others))


def without(choice: Choice, fault: str) -> Choice:
    """The CPU in the place of an automatic ``choice`` that did not start; says so."""
    others = {**choice.alternatives, choice.provider: fault}
    others.pop("cpu", None)
    return Choice("cpu", f"auto: {choice.provider} did not start ({fault})", MappingProxyType(others))


def _state(provider: Provider, machine: Machine) -> tuple[bool, str]:
    """Whether it can run, and the words for it."""
    if provider == "openvino":
        if machine.openvino_version is None:
            return False, "the package is not installed"
        return True, f"version {machine.openvino_version}, run in float32 ({_cpu_words(machine)})"
    wanted = _ORT_NAMES[provider][0]
    if wanted in machine.ort_providers:
        words = f"onnxruntime {machine.ort_version} with {wanted}"
        return True, f"{words} ({_cpu_words(machine)})" if provider == "cpu" else words
    return False, f"onnxruntime has no {wanted} (installed: {', '.join(machine.ort_providers) or 'none'})"


def _cpu_words(machine: Machine) -> str:
    return f"CPU with {', '.join(machine.cpu_flags)}" if machine.cpu_flags else "CPU of unknown instructions"


def _cpu_flags(cpuinfo: Path) -> tuple[str, ...]:
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return ()
    flags = next((line.split(":", 1)[1].split() for line in lines if line.startswith("flags")), [])
    return tuple(flag for flag in _CPU_FLAGS if flag in flags)
