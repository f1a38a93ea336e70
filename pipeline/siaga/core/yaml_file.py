"""Models that are read from a YAML file of their own."""

from pathlib import Path
from typing import ClassVar, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from siaga.core.errors import ConfigError


class YamlFile(BaseModel):
    """What a YAML file says; unknown keys are refused. ``called``: what a person calls such a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    called: ClassVar[str] = "file"

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read ``path``, UTF-8.

        Raises:
            ConfigError: It is not there, or not valid; the text names the file and what is wrong.
        """
        try:
            return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
            raise ConfigError(f"The {cls.called} cannot be used: {error}", where=str(path)) from error
