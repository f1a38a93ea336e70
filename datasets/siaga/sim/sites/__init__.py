"""The three sites, as data: what stands where, the ground, and where people and cameras may be.

Nothing here needs a renderer; `siaga.sim.scene` builds what these say.
"""

from collections.abc import Mapping
from types import MappingProxyType

from siaga.sim.sites.energy_yard import ENERGY_YARD
from siaga.sim.sites.groundworks import GROUNDWORKS
from siaga.sim.sites.model import (
    AnchorLine,
    Box,
    Circle,
    Deck,
    Ladder,
    Machine,
    Place,
    Prop,
    Run,
    Site,
    View,
    inside,
)
from siaga.sim.sites.scaffold import SCAFFOLD

SITES: Mapping[str, Site] = MappingProxyType({s.name: s for s in (GROUNDWORKS, SCAFFOLD, ENERGY_YARD)})

__all__ = [
    "SITES",
    "AnchorLine",
    "Box",
    "Circle",
    "Deck",
    "Ladder",
    "Machine",
    "Place",
    "Prop",
    "Run",
    "Site",
    "View",
    "inside",
]
