"""The device's own key: made at first start, never leaves the box, signs every record."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from siaga.core.errors import StorageError
from siaga.core.key_file import read_or_make
from siaga.core.signature import device_id_of


class DeviceKey:
    """An Ed25519 key and the device id that follows from it.

    Attributes:
        device_id: ``dev-`` and the first 16 hex digits of the sha256 of the raw public key.
        public_key: The raw public key (32 bytes) in hex.
    """

    __slots__ = ("_private", "device_id", "public_key")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_key = private.public_key().public_bytes_raw().hex()
        self.device_id = device_id_of(self.public_key)

    @classmethod
    def from_seed(cls, seed: bytes) -> "DeviceKey":
        """The key that follows from 32 bytes: for repeatable results, never for a real box."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, hash_hex: str) -> str:
        """Ed25519 over the 32 bytes of ``hash_hex``, in hex (128 digits)."""
        return self._private.sign(bytes.fromhex(hash_hex)).hex()


def load_or_make_key(path: Path) -> DeviceKey:
    """Read the device's key, or make it at first start (mode 0600, all or nothing, durable).

    Two processes that start at once get the same key.

    Args:
        path: A PEM file (PKCS #8); its folder must exist.

    Raises:
        StorageError: The file is not such a key, or cannot be read or written.
    """
    try:
        return DeviceKey(
            read_or_make(path, "Put the device's key back; a new key makes this box a new device.")
        )
    except OSError as error:
        raise StorageError(
            f"cannot read or make the device's key ({error.strerror})", where=str(path)
        ) from error
