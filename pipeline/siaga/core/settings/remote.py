"""A configuration that comes from the service: what it may not say, whoever wrote it."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from siaga.core.errors import ConfigError
from siaga.core.settings.load import Loaded, parse_settings

BOX_OWN = ("state_dir", "deliver", "metrics")
"""Blocks that only the box's own file sets: with a wrong one it could never be reached again."""

_PLACEHOLDER = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")
_LOGIN = re.compile(r"\w+://([^/\s'\"]*)@")


def parse_remote(text: str, *, site: str, env: Mapping[str, str] | None = None) -> Loaded:
    """Parse a configuration that the service keeps for ``site``. No I/O.

    Args:
        env: The variables that the box gives it; None: any name is fine (the service does not know).

    Raises:
        ConfigError: It does not validate, is another site's, sets a block of ``BOX_OWN``, names a variable
            that is not in ``env``, or holds a secret instead of its ``{ENV_NAME}``.
    """
    if env is None:
        env = dict.fromkeys(_PLACEHOLDER.findall(text), "1")
    _check_names(text, env)
    loaded = parse_settings(text, filename="configuration", env=env)
    settings = loaded.settings
    for key in BOX_OWN:
        if key in settings.model_fields_set:
            raise ConfigError(
                "this block belongs to the box's own file",
                where=key,
                fix="Take it out of this configuration.",
            )
    if settings.site.name != site:
        raise ConfigError(
            f"this is for the site {settings.site.name!r}, not for {site!r}",
            where="site.name",
            fix=f"Write site: {{name: {site}}}.",
        )
    _check_secrets(text)
    return loaded


def _check_names(text: str, env: Mapping[str, str]) -> None:
    for name in _PLACEHOLDER.findall(text):
        if name not in env:
            raise ConfigError(
                f"the box gives no value for {{{name}}}",
                fix="Export it on the box, and name it in deliver.link.variables of the box's own file.",
            )


def _check_secrets(text: str) -> None:
    shown = any(_PLACEHOLDER.sub("", login).partition(":")[2] for login in _LOGIN.findall(text))
    plain: Any = yaml.safe_load(text)
    password = (plain.get("mqtt") or {}).get("password")
    if shown or (password is not None and not _PLACEHOLDER.fullmatch(str(password))):
        raise ConfigError(
            "a password is written out",
            fix="Write {ENV_NAME} for it, and keep its value on the box: the service must not know it.",
        )
