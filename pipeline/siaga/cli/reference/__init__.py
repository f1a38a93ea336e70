"""The reference under ``docs/reference``, written from the code so that it cannot say anything else."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from siaga.cli.reference.commands import commands
from siaga.cli.reference.configuration import configuration
from siaga.cli.reference.errors import errors
from siaga.cli.reference.events import events

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {"configuration.md": configuration, "cli.md": commands, "events.md": events, "errors.md": errors}
)
"""File name to what writes its text."""

__all__ = ["PAGES"]
