"""Links for anonymous reports, printed as QR codes: a signed code that names one site and can be ended."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import io
import secrets
from typing import Literal
from uuid import UUID

import segno

QrFormat = Literal["svg", "png"]
_SIGNATURE_BYTES = 16
_CODE_BYTES = 16 + _SIGNATURE_BYTES


def new_secret() -> str:
    """A key of 256 bits for one link, in hex."""
    return secrets.token_hex(32)


def code_of(link_id: UUID, site: str, secret: str) -> str:
    """The code in the address: the link's id and the first 128 bits of HMAC-SHA256 over id and site."""
    signature = hmac.digest(bytes.fromhex(secret), link_id.bytes + site.encode(), hashlib.sha256)
    code = link_id.bytes + signature[:_SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(code).decode().rstrip("=")


def link_id_of(code: str) -> UUID | None:
    """The link that a code claims to be of; None: it is no code at all."""
    try:
        raw = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return UUID(bytes=raw[:16]) if len(raw) == _CODE_BYTES else None


def is_code(code: str, link_id: UUID, site: str, secret: str) -> bool:
    """Whether this is the code of that link, compared in constant time."""
    return hmac.compare_digest(code.encode(), code_of(link_id, site, secret).encode())


def qr(address: str, form: QrFormat) -> bytes:
    """A QR code (ISO/IEC 18004, error correction M) of an address, as SVG or PNG with its quiet zone."""
    out = io.BytesIO()
    segno.make_qr(address, error="m").save(out, kind=form, scale=8, border=4)
    return out.getvalue()
