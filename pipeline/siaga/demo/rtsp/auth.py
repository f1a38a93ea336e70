"""HTTP-style authentication as RTSP cameras use it: Basic (RFC 7617) and Digest with MD5 (RFC 7616)."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Literal

REALM = "siaga"

_PAIR = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


@dataclass(frozen=True, slots=True)
class Login:
    """Who may watch, and how that is proved."""

    user: str
    password: str = field(repr=False)
    scheme: Literal["digest", "basic"] = "digest"


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks the requests of one connection.

    Attributes:
        login: The one user.
        nonce: The server's part of a digest; unguessable and new for each connection.
    """

    login: Login
    nonce: str

    def challenge(self) -> str:
        """Value of the ``WWW-Authenticate`` header."""
        if self.login.scheme == "basic":
            return f'Basic realm="{REALM}"'
        return f'Digest realm="{REALM}", nonce="{self.nonce}", qop="auth", algorithm=MD5'

    def admits(self, method: str, authorization: str) -> bool:
        """Whether the ``Authorization`` header of a request with ``method`` proves the login."""
        scheme, _, value = authorization.strip().partition(" ")
        if scheme.lower() != self.login.scheme:
            return False
        return self._basic(value) if self.login.scheme == "basic" else self._digest(method, value)

    def _basic(self, value: str) -> bool:
        try:
            given = base64.b64decode(value.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, f"{self.login.user}:{self.login.password}".encode())

    def _digest(self, method: str, value: str) -> bool:
        given = {key.lower(): quoted or plain for key, quoted, plain in _PAIR.findall(value)}
        secret = _md5(f"{self.login.user}:{REALM}:{self.login.password}")
        # User and nonce are our own, not those that the client names: a response made with others differs.
        request = _md5(f"{method}:{given.get('uri', '')}")
        parts = [secret, self.nonce]
        # Clients older than RFC 2617 leave out the quality of protection and hash without it.
        if "qop" in given:
            parts += [given.get("nc", ""), given.get("cnonce", ""), given["qop"]]
        expected = _md5(":".join([*parts, request]))
        return hmac.compare_digest(given.get("response", "").encode(), expected.encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
