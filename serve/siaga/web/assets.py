"""The page's own files: a fixed set, so that no address ever becomes a path."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from siaga.core.errors import NotFound

_TYPES: Mapping[str, str] = {
    "page.css": "text/css; charset=utf-8",
    "overview.css": "text/css; charset=utf-8",
    "list.css": "text/css; charset=utf-8",
    "detail.css": "text/css; charset=utf-8",
    "notice.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page."""

    body: bytes
    media_type: str
    etag: str


def load_asset(name: str) -> Asset:
    """One of the page's files.

    Raises:
        NotFound: There is none of this name.
    """
    media_type = _TYPES.get(name)
    if media_type is None:
        raise NotFound("No such file.", where=name)
    body = (Path(__file__).parent / "static" / name).read_bytes()
    return Asset(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:16]}"')
