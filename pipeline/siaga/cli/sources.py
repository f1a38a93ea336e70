"""What the command line accepts as a source of video."""

import os
import re
from collections.abc import Mapping
from urllib.parse import quote

from siaga.core.errors import BadRequest
from siaga.core.settings import StreamUrl

_KNOWN = re.compile(r"^(rtsps?://|device:|file:)", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")


def source_url(text: str, env: Mapping[str, str] | None = None) -> StreamUrl:
    """An address, ``device:NUMBER`` or the path of a file, as a source.

    Args:
        text: ``{ENV_NAME}`` in an address is filled in percent-encoded, so that a password need not stand in
            the shell's history.
        env: Default: the process's environment.

    Raises:
        BadRequest: Not a source, or a variable that is not set.
    """
    if "://" not in text and not _KNOWN.match(text):
        return StreamUrl(f"file:{text}")
    try:
        return StreamUrl.parse(_filled(text, os.environ if env is None else env))
    except ValueError as error:
        raise BadRequest(str(error), fix="Give a file, rtsp://… or device:NUMBER.") from None


def _filled(text: str, env: Mapping[str, str]) -> str:
    def fill(match: re.Match[str]) -> str:
        if match[1] not in env:
            raise BadRequest(
                f"the environment variable {match[1]} is not set", fix=f"Export {match[1]} with its value."
            )
        return quote(env[match[1]], safe="")

    return _PLACEHOLDER.sub(fill, text) if "://" in text else text
