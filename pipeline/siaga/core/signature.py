"""How a device's key is named and what it signs; the edge makes it, the service checks it."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from siaga.core.canonical import canonical_json, sha256_hex


def device_id_of(public_key: str) -> str:
    """``dev-`` and the first 16 hex digits of the sha256 of the raw public key (32 bytes, in hex)."""
    return f"dev-{sha256_hex(bytes.fromhex(public_key))[:16]}"


def signed_by(public_key: str, hash_hex: str, signature: str) -> bool:
    """Whether ``signature`` (hex) over the bytes of ``hash_hex`` is by ``public_key`` (raw Ed25519, hex).

    Raises:
        ValueError: Something is not hex, or the key is not 32 bytes.
    """
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    try:
        key.verify(bytes.fromhex(signature), bytes.fromhex(hash_hex))
    except InvalidSignature:
        return False
    return True


def plain_code(code: str) -> str:
    """An enrolment code as typed, in upper case without hyphens and spaces; O is 0, I and L are 1."""
    text = code.upper().replace("-", "").replace(" ", "")
    return text.translate(str.maketrans("OIL", "011"))


def enrolment_hash(code: str, public_key: str) -> str:
    """What a device signs to show, when it is enrolled, that the key is its own."""
    body = {"purpose": "siaga.enrol", "code": plain_code(code), "public_key": public_key}
    return sha256_hex(canonical_json(body))
