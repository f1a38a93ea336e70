"""People of the simulated site: from a look to meshes that a skeleton moves, and crops of them for training.

``model`` (and so :class:`WorkerModel`), ``materials`` and ``crops`` need bpy; the rest is numpy only.
"""

from typing import TYPE_CHECKING, Any

from .piece import HEAD_PARTS, PARTS

if TYPE_CHECKING:
    from .model import WorkerModel

__all__ = ["HEAD_PARTS", "PARTS", "WorkerModel"]


def __getattr__(name: str) -> Any:
    # bpy is loaded only by those who draw.
    if name == "WorkerModel":
        from .model import WorkerModel

        return WorkerModel
    raise AttributeError(name)
