"""Groundworks: levelled earth, an excavator with its exclusion zone, containers, a concrete frame behind."""

import math

from siaga.sim.sites.model import Machine, Place, Prop, Run, Site, View
from siaga.sim.sites.relief import noise_at

ZONE = ((0.95, 0.15), (9.5, 0.15), (9.5, 11.5), (0.95, 11.5))


def ground(x: float, y: float) -> float:
    """Trodden earth: long swells of a few centimetres, small bumps of half a centimetre."""
    swell = 0.045 * noise_at(x * 0.25, y * 0.25, 3) * min(1.0, math.hypot(x, y) / 4.0)
    return swell + 0.009 * noise_at(x * 0.8, y * 0.8, 4)


_CONES = [
    (0.95, 0.15),
    (2.6, 0.15),
    (4.3, 0.15),
    (6.0, 0.15),
    (7.7, 0.15),
    (0.95, 2.4),
    (0.95, 4.8),
    (0.95, 7.3),
]

_STORE = (
    Prop("container", -8.2, 12.6, 7, colour="navy", solid=(3.1, 1.3)),
    Prop("container", -8.4, 12.7, 7, z=2.6, colour="rust"),
    Prop("container", -1.2, 17.0, -3, colour="slate", solid=(3.1, 1.3)),
    Prop("toilet", -8.6, 7.4, 12, colour="green", solid=(0.65, 0.65)),
    Prop("bricks", -4.9, 5.2, 17, size=(5,), solid=(0.65, 0.65)),
    Prop("bricks", -3.5, 5.6, 7, size=(4,), solid=(0.65, 0.65)),
    Prop("bricks", -5.6, 3.9, 29, size=(0,), solid=(0.65, 0.65)),
    Prop("pipes", -6.0, 9.2, -13, size=(9, 4.2), colour="terracotta", solid=(2.2, 0.55)),
    Prop("bags", -6.9, 2.9, 4, size=(3, 4), solid=(0.95, 0.3)),
    Prop("planks", -0.9, 13.2, 7, size=(14, 4.0), solid=(2.1, 0.85)),
    Prop("drum", -2.2, 6.8, 29, size=(0.6,), solid=(0.65, 0.5)),
    Prop("heap", -4.6, 11.2, size=(1.8, 1.0, 7), colour="gravel", solid=(1.75,)),
    Prop("rebar", 11.5, 1.5, 84, size=(18, 5.5), solid=(2.8, 0.35)),
    Prop("skip", 12.4, 7.0, 96, colour="ochre", solid=(1.9, 0.95)),
    Prop("generator", -9.3, 4.9, 96, colour="white", solid=(1.15, 0.6)),
)

_WORK = (
    Prop("heap", 1.0, 9.3, size=(1.7, 1.15, 2), colour="soil", solid=(1.65,)),
    Prop("heap", 5.3, 12.9, size=(2.1, 1.0, 11), colour="soil", solid=(2.0,)),
    Prop("toolbox", -3.05, 0.55, 29, colour="red", solid=(0.3, 0.2)),
    Prop("bucket", -4.7, 1.2, colour="black", solid=(0.2,)),
    Prop("bucket", -4.5, 1.7, colour="white", solid=(0.2,)),
    Prop("tubes", -2.9, 1.6, 10, size=(4, 2.4), solid=(1.25, 0.3)),
    Prop("sign", 1.28, 0.45, 0, solid=(0.35, 0.2)),
    Prop("mast", -6.6, 14.8, 0, size=(6.5,), solid=(0.35,)),
    Prop("mast", 13.0, -3.0, 150, size=(6.5,), solid=(0.35,)),
    Prop("mast", -7.8, -5.2, 122, size=(6.5,), solid=(0.35,)),
    Prop("barrow", -1.9, 4.3, 215, colour="green", solid=(0.6, 0.4)),
    *(Prop("cone", x, y, solid=(0.25,)) for x, y in _CONES),
)

_BEHIND = (
    Prop("scaffold", 7.9, 18.5, 0, size=(4, 3, 2.4, 1.1), solid=(5.0, 0.8)),
    Prop("frame", 9.5, 23.5, 0, size=(14.5, 8.0, 6.2, 2), solid=(7.4, 4.1)),
    Prop("cabin", -15.8, 8.0, 88, colour="grey", solid=(3.1, 1.3)),
    Prop("pickup", -11.0, -3.5, 70, colour="white", solid=(2.6, 1.0)),
    Prop("mixer", 10.8, 14.2, 40, colour="ochre", solid=(0.9, 0.6)),
    Prop("container", 15.6, 3.0, 92, colour="green", solid=(3.1, 1.3)),
)

_RUNS = (
    Run("paint", ZONE, "yellow", closed=True),
    Run("tape", ((-9.0, -0.5), (-7.9, 1.2), (-7.6, 2.1), (-7.5, 3.4)), solid=True),
    Run("hoarding", ((-26, 30), (26, 30)), "grey", solid=True),
    Run("hoarding", ((-18, -14), (-18, 30)), "green", solid=True),
    Run("hoarding", ((18, 30), (18, -14)), "grey", solid=True),
    Run("hoarding", ((4, -14), (18, -14)), "grey", solid=True),
    Run("hoarding", ((-18, -14), (-3, -14)), "green", solid=True),
)

GROUNDWORKS = Site(
    name="groundworks",
    title="GROUNDWORKS",
    ground=ground,
    views={
        "gate": View((0.0, -9.0, 4.15), (0.15, 2.7, 1.12), 56.0),
        "containers": View((-5.2, 10.4, 5.4), (1.6, 2.2, 0.3), 66.0),
        "cabin": View((12.5, -7.0, 5.2), (0.0, 4.2, 0.7), 58.0),
    },
    places={
        "gate": Place((0.5, -13.0, 0.0), 180.0),
        "west": Place((-6.25, -0.95, 0.0), 90.0),
        "east": Place((7.5, -1.3, 0.0), 270.0),
        "cone": Place((-0.35, -1.1, 0.0), 90.0),
        "tools": Place((-3.7, 0.45, 0.0), 60.0),
        "bricks": Place((-4.2, 4.3, 0.0), 180.0),
        "drum": Place((-1.2, 6.0, 0.0), 250.0),
        "store": Place((-4.2, 14.6, 0.0), 110.0),
        "zone": Place((2.4, 1.7, 0.0), 150.0),
        "machine": Place((3.2, 3.6, 0.0), 150.0),
    },
    areas={"excavator": ZONE},
    props=(*_STORE, *_WORK, *_BEHIND),
    runs=_RUNS,
    machines={"excavator": Machine((5.6, 7.2, 0.0), 204.0, 5.6, 2.3)},
)
