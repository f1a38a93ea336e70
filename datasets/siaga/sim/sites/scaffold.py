"""Scaffold and slab edge: a concrete frame going up, two decks of tube scaffold, a gap in the edge's rail."""

from siaga.sim.sites.model import AnchorLine, Deck, Ladder, Place, Prop, Run, Site, View
from siaga.sim.sites.relief import noise_at

SLAB = ((0.2, 6.0), (9.4, 6.0), (9.4, 14.0), (0.2, 14.0))
SLAB_Z = 3.2
BOARDS = ((-9.0, 4.6), (-0.2, 4.6), (-0.2, 5.7), (-9.0, 5.7))
HIGH_BOARDS = ((-9.0, 4.6), (-1.65, 4.6), (-1.65, 5.7), (-9.0, 5.7))
LOW_Z, HIGH_Z = 2.05, 4.05
EDGE_STRIP = ((0.2, 6.0), (9.4, 6.0), (9.4, 8.2), (0.2, 8.2))
RAIL_GAP = (3.6, 6.8)


def ground(x: float, y: float) -> float:
    """Compacted hardcore: flat to two centimetres near the building, a little rougher away from it."""
    rough = 0.014 + 0.02 * min(1.0, max(0.0, 3.0 - y) / 10.0)
    return rough * noise_at(x * 0.3, y * 0.3, 21) + 0.005 * noise_at(x * 0.9, y * 0.9, 22)


_BUILDING = (
    Prop("scaffold_long", -4.6, 5.15, 0, solid=(4.6, 0.65)),
    Prop("slab_building", 0.0, 10.0, 0, solid=(9.6, 4.2)),
)

_STORE = (
    Prop("planks", -6.4, 1.6, 12, size=(16, 3.9), solid=(2.0, 0.95)),
    Prop("tubes", -3.3, 0.9, 6, size=(14, 3.2), solid=(1.7, 0.45)),
    Prop("bricks", 4.3, 2.6, 8, size=(5,), solid=(0.65, 0.65)),
    Prop("bricks", 5.8, 2.9, -6, size=(3,), solid=(0.65, 0.65)),
    Prop("bags", 7.6, 2.4, 5, size=(3, 4), solid=(0.95, 0.3)),
    Prop("rebar", 8.2, -1.6, 20, size=(24, 5.0), solid=(2.6, 0.45)),
    Prop("props_stack", 2.2, 3.4, -4, size=(12,), solid=(1.2, 0.5)),
    Prop("toolbox", 1.9, 7.7, 20, z=SLAB_Z, colour="red"),
    Prop("bucket", 7.7, 7.4, 0, z=SLAB_Z, colour="black"),
    Prop("bags", 8.2, 9.0, 0, z=SLAB_Z, size=(2, 2)),
    Prop("drum", -9.6, 0.4, 60, size=(0.55,), solid=(0.6, 0.5)),
    Prop("mixer", 10.9, 2.8, 200, colour="ochre", solid=(0.9, 0.6)),
    Prop("barrow", 2.8, 0.2, 130, colour="green", solid=(0.6, 0.4)),
    Prop("heap", 12.2, 0.2, size=(1.6, 0.9, 5), colour="sand", solid=(1.55,)),
    Prop("skip", -12.6, 3.2, 84, colour="ochre", solid=(1.9, 0.95)),
    Prop("container", -14.2, 10.5, 90, colour="navy", solid=(3.1, 1.3)),
    Prop("cabin", 15.2, 9.0, 90, colour="grey", solid=(3.1, 1.3)),
    Prop("toilet", 13.4, 4.4, -15, colour="blue", solid=(0.65, 0.65)),
    Prop("mast", 11.6, 5.2, 200, size=(7.0,), solid=(0.35,)),
    Prop("mast", -11.4, 6.2, -20, size=(7.0,), solid=(0.35,)),
    Prop("sign", -1.0, 3.6, 0, solid=(0.35, 0.2)),
    Prop("cone", 3.4, 4.6, solid=(0.25,)),
    Prop("cone", 5.2, 4.6, solid=(0.25,)),
    Prop("cone", 7.0, 4.6, solid=(0.25,)),
)

_RUNS = (
    Run("tape", ((3.4, 4.6), (5.2, 4.6), (7.0, 4.6)), solid=True),
    Run("hoarding", ((-20, 24), (20, 24)), "grey", solid=True),
    Run("hoarding", ((-18, -13), (-18, 24)), "grey", solid=True),
    Run("hoarding", ((18, 24), (18, -13)), "blue", solid=True),
    Run("hoarding", ((-18, -13), (18, -13)), "blue", solid=True),
)

SCAFFOLD = Site(
    name="scaffold",
    title="SCAFFOLD EAST",
    ground=ground,
    views={
        "mast": View((0.4, -8.6, 6.4), (-0.2, 6.2, 2.75), 58.0),
        "corner": View((-13.0, -5.0, 7.6), (-0.6, 6.6, 2.5), 52.0),
        "slab": View((11.4, 3.2, 6.6), (2.0, 8.0, 3.2), 64.0),
    },
    places={
        "yard": Place((-1.5, -1.5, 0.0), 180.0),
        "west": Place((-10.8, -1.2, 0.0), 90.0),
        "east": Place((12.0, -2.8, 0.0), 270.0),
        "planks": Place((-6.4, 3.0, 0.0), 0.0),
        "bricks": Place((5.0, 1.6, 0.0), 180.0),
        "ladder_low": Place((-7.0, 3.5, 0.0), 180.0),
        "ladder_slab": Place((1.3, 4.3, 0.0), 180.0),
        "deck_low": Place((-4.0, 5.15, LOW_Z), 180.0),
        "deck_high": Place((-3.0, 5.15, HIGH_Z), 180.0),
        "deck_high_west": Place((-8.0, 5.15, HIGH_Z), 180.0),
        "slab_edge": Place((5.2, 6.7, SLAB_Z), 0.0),
        "slab_back": Place((5.0, 10.5, SLAB_Z), 0.0),
        "slab_tools": Place((2.3, 7.0, SLAB_Z), 225.0),
    },
    areas={
        "slab_edge": EDGE_STRIP,
        "low_deck": BOARDS,
        "high_deck": HIGH_BOARDS,
        "drop_zone": ((3.4, 4.6), (7.0, 4.6), (7.0, 6.0), (3.4, 6.0)),
    },
    props=(*_BUILDING, *_STORE),
    runs=_RUNS,
    ladders={
        "low": Ladder((-7.0, 3.85, 0.0), (-7.0, 4.55, LOW_Z), (-7.0, 5.1, LOW_Z), 180.0),
        "high": Ladder((-1.0, 5.2, LOW_Z), (-1.6, 5.2, HIGH_Z), (-2.2, 5.2, HIGH_Z), 270.0),
        "slab": Ladder((1.3, 4.85, 0.0), (1.3, 5.95, SLAB_Z), (1.3, 6.6, SLAB_Z), 180.0),
    },
    decks={
        "low": Deck(BOARDS, LOW_Z),
        "high": Deck(HIGH_BOARDS, HIGH_Z),
        "slab": Deck(SLAB, SLAB_Z),
    },
    anchors={
        "slab": AnchorLine((0.6, 8.3, SLAB_Z + 1.15), (9.0, 8.3, SLAB_Z + 1.15)),
        "high": AnchorLine((-9.0, 5.7, HIGH_Z + 1.9), (-0.2, 5.7, HIGH_Z + 1.9)),
        "low": AnchorLine((-9.0, 5.7, LOW_Z + 1.9), (-0.2, 5.7, LOW_Z + 1.9)),
    },
)
