"""The command ``siaga``."""

from siaga.cli.app import main

__all__ = ["main"]
