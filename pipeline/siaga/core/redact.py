"""The one place that takes secrets out of text before anybody sees it."""

import json
import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import quote

MASK = "***"

_URL_CREDENTIALS = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s'\"]*@")
_ADDRESS_CREDENTIALS = re.compile(r"^(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://).*@", re.DOTALL)
_QUERY_SECRET = re.compile(
    r"(?P<key>(?:password|passwd|pwd|token|secret|key|auth|user(?:name)?)=)[^&\s'\"]+", re.IGNORECASE
)
_BEARER = re.compile(r"(?P<kind>\b(?:Bearer|Basic|Digest)\s+)[A-Za-z0-9._~+/=-]{6,}")


class Redactor:
    """Masks known secrets, and everything that looks like a credential, in any text.

    Args:
        secrets: Literal values to mask, e.g. passwords that the configuration took from the environment.
            Their percent-encoded and escaped forms are masked too. Values of fewer than three characters are
            ignored: masking them would shred ordinary text.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        found: set[str] = set()
        for secret in secrets:
            if len(secret) >= 3:
                found.update(_forms(secret))
        self._secrets = tuple(sorted(found, key=len, reverse=True))

    @property
    def secrets(self) -> tuple[str, ...]:
        """The literal values, to hand to another process's redactor."""
        return self._secrets

    def __call__(self, text: str) -> str:
        """Return ``text`` without credentials."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        text = _URL_CREDENTIALS.sub(rf"\g<scheme>{MASK}@", text)
        text = _QUERY_SECRET.sub(rf"\g<key>{MASK}", text)
        return _BEARER.sub(rf"\g<kind>{MASK}", text)

    def value(self, value: Any) -> Any:
        """Return ``value`` with every string in it redacted; mappings and sequences are walked."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.value(item) for item in value)
        if isinstance(value, BaseException):
            return self(f"{type(value).__name__}: {value}")
        return value

    def structlog_processor(
        self, _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Redact a structlog event in place of the last step before rendering."""
        return {key: self.value(item) for key, item in event.items()}


def redact(text: str) -> str:
    """Mask what looks like a credential in ``text`` (no literal secrets known)."""
    return Redactor()(text)


def redact_address(text: str) -> str:
    """Mask the credentials of ``text``, which is one address and nothing else.

    Everything up to the last ``@`` goes, whatever a password holds: spaces, quotes, slashes, another ``@``.
    """
    return redact(_ADDRESS_CREDENTIALS.sub(rf"\g<scheme>{MASK}@", text))


def _forms(secret: str) -> tuple[str, ...]:
    """How ``secret`` may stand in a text: as it is, in an address, in JSON, in Python's repr."""
    escaped = repr(secret)[1:-1]
    return (
        secret,
        quote(secret, safe="", errors="surrogateescape"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        escaped,
        escaped.replace("'", "\\'"),
    )
