"""Random secrets: how they look, how they are kept, and the files that hold one.

A plain sha256 is enough to hide a random secret of 256 bits: it cannot be guessed. Passwords, which can, are
``siaga.auth.passwords``.
"""

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from siaga.core.errors import StorageError

API_TOKEN = "siaga_pat_"  # noqa: S105
DEVICE_TOKEN = "siaga_dev_"  # noqa: S105


def hashed(secret: str) -> str:
    """What is kept of a secret: its sha256 in hex."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def csrf_token(session_secret: str) -> str:
    """The token that a page sends with every change; follows from the session's secret, not the reverse."""
    return hmac.new(session_secret.encode(errors="replace"), b"siaga csrf", hashlib.sha256).hexdigest()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read (mode 0600), all or nothing, durable."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(path)


class Vault:
    """Encrypts what must be read back (seeds of second factors) with a key outside of the database.

    Fernet: AES-128-CBC with HMAC-SHA256.

    Args:
        key: A Fernet key.
    """

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    @classmethod
    def of_file(cls, path: Path) -> "Vault":
        """The vault whose key is in this file; made at first start. Several services share one file.

        Raises:
            StorageError: The file is not such a key, or cannot be read or written.
        """
        try:
            if not path.exists():
                write_private(path, Fernet.generate_key().decode())
            return cls(path.read_text().strip().encode())
        except (OSError, ValueError) as error:
            raise StorageError(
                "The key of the service's secrets cannot be read or made.",
                where=str(path),
                fix="Put the file back, or remove it: then second factors must be set up anew.",
            ) from error

    def close_up(self, text: str) -> str:
        """Encrypt."""
        return self._fernet.encrypt(text.encode()).decode()

    def open_up(self, sealed: str) -> str:
        """Decrypt.

        Raises:
            StorageError: It was encrypted with another key, or changed.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise StorageError(
                "A stored secret cannot be read with this service's key.", fix="Put secret.key back."
            ) from error
