"""From a clean render to what a CCTV camera delivers: weather, lens, sensor, stamp."""

from .chain import Degrader
from .conditions import Conditions

__all__ = ["Conditions", "Degrader"]
