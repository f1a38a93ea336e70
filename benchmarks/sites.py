"""Configurations that the endurance runs use, written as files for a real ``siaga run``."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.rig import Service
from tests.edge.site import clip_with_a_person, model_that_sees_in_bright_pictures

Tree = dict[str, Any]


def tiny_model(folder: Path) -> str:
    """Manifest of a model that costs next to nothing and sees a bare head in every bright picture."""
    folder.mkdir(parents=True, exist_ok=True)
    return str(model_that_sees_in_bright_pictures(folder))


def tiny_clip(path: Path, *, frames: int = 150, first: int = 25, last: int = 100) -> Path:
    """25 fps; the person is there from picture ``first`` to before ``last``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return clip_with_a_person(path, frames=frames, first=first, last=last)


def camera(url: str, zones: Mapping[str, Any] | None = None, **ffmpeg: Any) -> Tree:
    """One camera; ``zones`` are exclusion polygons by name."""
    blocks = {name: {"coordinates": points, "exclusion": True} for name, points in (zones or {}).items()}
    return {"ffmpeg": {"inputs": [{"path": url}], **ffmpeg}, "zones": blocks}


def write(
    path: Path, state_dir: Path, model: str, cameras: Mapping[str, Tree], to: Service, more: Tree
) -> Path:
    """Write a configuration that delivers to ``to``; ``more`` is laid over it, block by block."""
    tree: Tree = {
        "site": {"name": "bench"},
        "state_dir": str(state_dir),
        "model": model,
        "deliver": {"url": to.url, "token_file": str(to.token)},
        "cameras": dict(cameras),
    }
    # JSON is YAML: no quoting to get wrong.
    path.write_text(json.dumps(merged(tree, more), indent=1))
    return path


def merged(below: Tree, above: Mapping[str, Any]) -> Tree:
    """``above`` laid over ``below``; blocks are merged, everything else replaced."""
    tree = dict(below)
    for name, value in above.items():
        old = tree.get(name)
        tree[name] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return tree
