"""Opening a checkpoint without running what is in it."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

from siaga.core.errors import ModelMissing, ModelUnsupported


def prepare_framework() -> None:
    """Settings that ultralytics reads when it is imported; call it before that.

    It must neither look for updates nor send anything, and unpickles only classes that it knows
    (``torch.load(weights_only=True)``), wherever it loads a checkpoint.
    """
    os.environ.setdefault("YOLO_OFFLINE", "true")
    os.environ.setdefault("ULTRALYTICS_SAFE_LOAD", "true")
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")


def load(weights: Path) -> tuple[Any, dict[str, Any]]:
    """The model of an ultralytics checkpoint (float32, evaluation mode, CPU) and the checkpoint itself.

    A pickle can name any function to be called. Here only tensors and classes of torch and ultralytics are
    rebuilt; anything else in the file is refused before it runs.

    Raises:
        ModelMissing: No such file.
        ModelUnsupported: Not a checkpoint of a detector, broken, or it holds something else.
    """
    if not weights.is_file():
        raise ModelMissing("There is no such checkpoint.", where=str(weights), fix="Name a .pt file.")
    if weights.suffix != ".pt" or not zipfile.is_zipfile(weights):
        raise _unsupported(weights, "This is no checkpoint, or it is cut short.")
    prepare_framework()
    from ultralytics.nn.tasks import DetectionModel, load_checkpoint, torch_safe_load

    try:
        torch_safe_load(str(weights), safe_only=True)
        model, checkpoint = load_checkpoint(str(weights))
    except (TypeError, RuntimeError, EOFError, ValueError, KeyError, AttributeError, OSError) as error:
        raise _unsupported(
            weights,
            "The checkpoint cannot be opened safely: it is broken, or holds more than the weights of a model "
            f"({_first_line(error)}).",
        ) from error
    if not isinstance(model, DetectionModel):
        raise _unsupported(weights, f"The checkpoint holds a {type(model).__name__}, no detector.")
    return model, checkpoint


def _unsupported(weights: Path, what: str) -> ModelUnsupported:
    return ModelUnsupported(
        what, where=str(weights), fix="Fetch it again, from a source that you trust, or train anew."
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
