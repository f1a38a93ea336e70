"""Which source each picture of a merged set comes from: ``sources.json`` beside its ``dataset.yaml``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from siaga.core.errors import ConfigError

_FILE = "sources.json"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a merged set keeps of a source: its licence, and the project's classes that it annotates."""

    licence: str
    annotates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """``pictures``: path below the set's folder, with ``/``, to the name of an origin."""

    origins: Mapping[str, Origin]
    pictures: Mapping[str, str]

    def write(self, folder: Path) -> None:
        content = {
            "sources": {
                name: {"licence": one.licence, "annotates": list(one.annotates)}
                for name, one in self.origins.items()
            },
            "pictures": dict(self.pictures),
        }
        (folder / _FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_sources(folder: Path) -> Sources | None:
    """What ``sources.json`` in ``folder`` says; None where there is none.

    Raises:
        ConfigError: It is broken.
    """
    path = folder / _FILE
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        origins = {
            str(name): Origin(str(one["licence"]), tuple(map(str, one["annotates"])))
            for name, one in content["sources"].items()
        }
        pictures = {str(name): str(source) for name, source in content["pictures"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"The list of sources cannot be used: {error!r}", where=str(path)) from error
    return Sources(origins, pictures)
