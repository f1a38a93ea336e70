"""The service's own key: made at first start, signs checkpoints and packs."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from siaga.core.errors import StorageError
from siaga.core.key_file import read_or_make

KEY_FILE = "service.key"


class ServiceKey:
    """An Ed25519 key.

    Attributes:
        public_key: The raw public key (32 bytes) in hex.
    """

    __slots__ = ("_private", "public_key")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_key = private.public_key().public_bytes_raw().hex()

    @classmethod
    def from_seed(cls, seed: bytes) -> ServiceKey:
        """The key that follows from 32 bytes: for repeatable results, never for a real service."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, data: bytes) -> str:
        """Ed25519 (RFC 8032) over ``data``, in hex (128 digits)."""
        return self._private.sign(data).hex()


def load_or_make_key(path: Path) -> ServiceKey:
    """Read the service's key, or make it (mode 0600, all or nothing, durable).

    Two processes that start at once get the same key.

    Args:
        path: A PEM file (PKCS #8); its folder must exist.

    Raises:
        StorageError: The file is not such a key, is open to others, or cannot be read or written.
    """
    try:
        key = read_or_make(path, "Put the service's key back; without the file a new key is made.")
        if path.stat().st_mode & 0o077:
            raise StorageError(
                "Others may read the service's key.", where=str(path), fix=f"Run: chmod 600 {path}"
            )
        return ServiceKey(key)
    except OSError as error:
        raise StorageError(
            f"The service's key cannot be read or made: {error.strerror}.",
            where=str(path),
            fix="Check the folder's owner and rights.",
        ) from error
