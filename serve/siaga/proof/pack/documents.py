"""Papers that go with a pack: configurations, model cards, the devices' keys."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from siaga.core.errors import StorageError

_HASH = re.compile(r"[0-9a-f]{64}")
_DEVICE = re.compile(r"dev-[0-9a-f]{16}")


class Documents(Protocol):
    """Looks papers up by what records name; None: the service does not have it."""

    def configuration(self, sha256: str) -> bytes | None:
        """The configuration that ``config_hash`` names, secrets masked."""

    def model_card(self, sha256: str) -> bytes | None:
        """What is known of the model file with this sha256 (Markdown)."""

    def device_key(self, device_id: str) -> str | None:
        """The device's public key: raw Ed25519 (32 bytes) in hex."""


class FolderDocuments:
    """Papers in a folder: ``configurations/SHA256.yaml``, ``models/SHA256.md``, ``devices/DEVICE.pub`` (hex).

    Args:
        root: The folder; need not exist.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def configuration(self, sha256: str) -> bytes | None:
        return self._read("configurations", sha256, _HASH, ".yaml")

    def model_card(self, sha256: str) -> bytes | None:
        return self._read("models", sha256, _HASH, ".md")

    def device_key(self, device_id: str) -> str | None:
        found = self._read("devices", device_id, _DEVICE, ".pub")
        return None if found is None else found.decode("ascii", "replace").strip()

    def _read(self, folder: str, name: str, form: re.Pattern[str], ending: str) -> bytes | None:
        if form.fullmatch(name) is None:
            return None
        path = self._root / folder / f"{name}{ending}"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"This cannot be read: {error.strerror}.", where=str(path)) from error
