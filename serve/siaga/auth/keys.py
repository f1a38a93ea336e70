"""Keys of 256 random bits. The owner's copy is a file that only the owner can read; we keep hashes.

A plain sha256 is enough to hide a random key of this length: it cannot be guessed. Passwords, which can,
are not keys and are not handled here.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from siaga.core.clock import Clock, random_token

SESSION_LIFE = timedelta(days=7)


class Kind(StrEnum):
    """Whom a key belongs to; the value names its file in the data folder."""

    DEVICE = "device.token"
    VIEWER = "viewer.key"


class KeyStore(Protocol):
    """Keeps hashes of keys and sessions."""

    def keys(self) -> dict[str, str]:
        """Hash of the key of each kind."""

    def put_key(self, kind: str, hashed: str, created_at: datetime) -> None:
        """Replace the key of a kind; sessions that an old key opened end."""

    def put_session(self, hashed: str, now: datetime, expires_at: datetime) -> None:
        """Remember a session and forget expired ones."""

    def has_session(self, hashed: str, now: datetime) -> bool:
        """Whether the session is known and has not expired."""


@dataclass(frozen=True, slots=True)
class FirstStart:
    """The keys of a service. A key is None where its file is gone: it cannot be told again.

    Attributes:
        created: They were made just now; the one time to show them.
    """

    device_token: str | None = field(repr=False)
    viewer_key: str | None = field(repr=False)
    created: bool


class Keyring:
    """Makes and checks keys and sessions.

    Args:
        make_token: Source of new secrets; text of 256 random bits.
    """

    def __init__(self, store: KeyStore, clock: Clock, make_token: Callable[[], str] = random_token) -> None:
        self._store = store
        self._clock = clock
        self._make_token = make_token
        self._hashes = store.keys()

    def first_start(self, folder: Path, renew: bool = False) -> FirstStart:
        """Make the keys that do not exist yet, each with its file in ``folder`` (mode 0600).

        Args:
            renew: Make all keys anew; the old ones and all sessions end.
        """
        missing = [kind for kind in Kind if renew or kind not in self._hashes]
        for kind in missing:
            token = self._make_token()
            _write_private(folder / kind, token)
            self._store.put_key(kind, _hashed(token), self._clock.utc())
        self._hashes = self._store.keys()
        return FirstStart(
            device_token=self._read(folder, Kind.DEVICE),
            viewer_key=self._read(folder, Kind.VIEWER),
            created=bool(missing),
        )

    def _read(self, folder: Path, kind: Kind) -> str | None:
        path = folder / kind
        token = path.read_text().strip() if path.exists() else None
        return token if token is not None and self.is_key(kind, token) else None

    def is_key(self, kind: Kind, token: str) -> bool:
        """Whether ``token`` is the key of this kind; takes the same time whatever differs."""
        return hmac.compare_digest(_hashed(token), self._hashes.get(kind, ""))

    def open_session(self) -> str:
        """Start a viewer's session; returns its secret for the cookie. Blocks until it is on disk."""
        token = self._make_token()
        now = self._clock.utc()
        self._store.put_session(_hashed(token), now, now + SESSION_LIFE)
        return token

    def is_session(self, token: str) -> bool:
        """Whether ``token`` is the secret of a session that has not expired."""
        return self._store.has_session(_hashed(token), self._clock.utc())


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(path)
