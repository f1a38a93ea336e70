"""What the frames of a job were rendered from, kept beside them as ``scene.json``.

Of a scenario, the renderer sees the site, who and what moves there, the light, and where the camera stands.
Weather, a dirty window, the sensor and the codec come after it: scenarios that differ in these alone share
their frames; one may be shorter than the other.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from siaga.core.errors import Conflict, NotFound, StorageError

from .scenario import Scenario

_AFTER_RENDERING = {"name", "start", "rain", "dust", "dirt", "zones", "cameras"}
_RENDERED_VIEW = {"position", "look_at", "fov_deg", "k1"}
_FILE = "scene.json"


def scene_of(scenario: Scenario, camera: str) -> dict[str, Any]:
    """What the renderer sees of a scenario through one of its cameras, as plain values."""
    scene = scenario.model_dump(mode="json", exclude=_AFTER_RENDERING)
    return scene | {"camera": scenario.cameras[camera].model_dump(mode="json", include=_RENDERED_VIEW)}


def keep_scene(folder: Path, scenario: Scenario, camera: str) -> None:
    """Write down what a job is rendered from, or see that it is what was written down before.

    Raises:
        Conflict: The folder's frames are of another scene.
        StorageError: It cannot be written or read.
    """
    if (folder / _FILE).exists():
        check_scene(folder, scenario, camera)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FILE).write_text(json.dumps(scene_of(scenario, camera)) + "\n", encoding="utf-8")
    except OSError as error:
        what = f"the folder cannot be written ({error.strerror})"
        raise StorageError(what, where=str(folder)) from error


def check_scene(folder: Path, scenario: Scenario, camera: str) -> None:
    """See that a job's frames are what a scenario shows.

    Raises:
        NotFound: Nothing says what the frames are of.
        Conflict: They are of another scene.
        StorageError: What says so cannot be read.
    """
    path = folder / _FILE
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFound(
            "nothing says which scenario these frames are of",
            where=str(path),
            fix="Run siaga sim render with their own scenario on this folder once.",
        ) from error
    except (OSError, ValueError) as error:
        raise StorageError("this file cannot be read", where=str(path), fix="Remove it.") from error
    scene = scene_of(scenario, camera)
    # The first seconds of a longer clip are the frames of a shorter one.
    if scenario.duration_s <= kept.get("duration_s", 0.0):
        scene["duration_s"] = kept["duration_s"]
    if kept == scene:
        return
    differs = ", ".join(sorted(key for key in {*kept, *scene} if kept.get(key) != scene.get(key)))
    raise Conflict(
        f"the frames here are of another scene than that of {scenario.name}: it differs in {differs}",
        where=str(folder),
        fix="Choose another --out; without --frames it is rendered anew.",
    )
