"""An Ed25519 key in a file of its own: made once, durable, for its owner's eyes only."""

import os
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from siaga.core.errors import StorageError


def read_or_make(path: Path, fix: str) -> Ed25519PrivateKey:
    """Read the key, or make it (mode 0600, all or nothing). Two processes that start at once get the same.

    Args:
        path: A PEM file (PKCS #8, no password); its folder must exist.
        fix: The way out when the file holds something else.

    Raises:
        StorageError: The file is not such a key.
        OSError: It cannot be read or written.
    """
    if not path.exists():
        _make(path)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise _not_a_key(path, fix) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _not_a_key(path, fix)
    return key


def _not_a_key(path: Path, fix: str) -> StorageError:
    return StorageError("This is not an Ed25519 key in PEM form without password.", where=str(path), fix=fix)


def _make(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    part = path.with_name(f"{path.name}.{uuid4().hex}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        # A link fails where a rename would silently take another process's key away.
        os.link(part, path)
    except FileExistsError:
        return
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
