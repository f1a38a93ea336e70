"""Energy yard: gravel, two transformers in fenced bays, busbars on insulators, a row of switchgear."""

from siaga.sim.sites.model import Place, Prop, Run, Site, View
from siaga.sim.sites.relief import noise_at

BAY_A = ((-8.6, 5.4), (-0.8, 5.4), (-0.8, 12.6), (-8.6, 12.6))
BAY_B = ((0.8, 5.4), (8.6, 5.4), (8.6, 12.6), (0.8, 12.6))
GATE_A = (-3.6, -2.2)
GATE_B = (2.2, 3.6)


def ground(x: float, y: float) -> float:
    """Raked gravel: flat to a centimetre and a half."""
    return 0.015 * noise_at(x * 0.35, y * 0.35, 31) + 0.006 * noise_at(x, y, 32)


def _bay(west: float, east: float, gate: tuple[float, float]) -> Run:
    """The fence of a bay, open where its gate stands open."""
    south, north = 5.4, 12.6
    points = ((gate[1], south), (east, south), (east, north), (west, north), (west, south), (gate[0], south))
    return Run("chainlink", points, "galvanised", solid=True)


_PLANT = (
    Prop("transformer", -4.8, 9.2, 0, colour="grey_green", solid=(2.1, 1.7)),
    Prop("transformer", 4.8, 9.2, 0, colour="grey_green", solid=(2.1, 1.7)),
    Prop("blast_wall", 0.0, 9.4, 90, size=(6.4, 0.3, 3.6), solid=(3.2, 0.2)),
    Prop("gantry", -4.8, 15.0, 0, size=(6.4, 6.4), solid=(3.3, 0.3)),
    Prop("gantry", 4.8, 15.0, 0, size=(6.4, 6.4), solid=(3.3, 0.3)),
    Prop("busbars", 0.0, 13.7, 0, size=(17.0, 3.6), solid=(8.6, 0.5)),
    Prop("cabinets", -10.6, 3.0, 90, size=(5,), colour="grey", solid=(2.1, 0.5)),
    Prop("cabinets", 10.4, 4.0, -90, size=(3,), colour="grey", solid=(1.3, 0.5)),
    Prop("hut", 13.4, 11.0, 90, colour="white", solid=(3.0, 2.2)),
    Prop("panel_sign", -5.2, 5.34, 0, size=(1.35,), colour="yellow"),
    Prop("panel_sign", 6.2, 5.34, 0, size=(1.35,), colour="yellow"),
    Prop("open_gate", GATE_A[0], 5.4, 115, size=(1.4,), solid=()),
    Prop("open_gate", GATE_B[1], 5.4, 62, size=(1.4,), solid=()),
    Prop("trench", -9.2, 0.6, 90, size=(9.0, 0.6)),
    Prop("trench", 0.0, 3.9, 0, size=(19.0, 0.6)),
)

_YARD = (
    Prop("drum", -6.3, -0.4, 35, size=(0.7,), solid=(0.75, 0.6)),
    Prop("drum", -7.9, 0.6, 20, size=(0.7,), solid=(0.75, 0.6)),
    Prop("toolbox", -1.4, 3.2, 20, colour="red", solid=(0.3, 0.2)),
    Prop("pipes", 7.0, -0.6, 14, size=(6, 3.6), colour="black", solid=(1.9, 0.4)),
    Prop("generator", 9.6, -0.8, 8, colour="ochre", solid=(1.15, 0.6)),
    Prop("pickup", -13.2, -3.2, 100, colour="white", solid=(2.6, 1.0)),
    Prop("mast", -9.4, 13.8, -30, size=(8.0,), solid=(0.35,)),
    Prop("mast", 10.2, 13.4, 210, size=(8.0,), solid=(0.35,)),
    Prop("cone", 1.6, 4.6, solid=(0.25,)),
    Prop("cone", 4.2, 4.6, solid=(0.25,)),
    Prop("bags", 5.9, 2.5, 12, size=(2, 2), solid=(0.65, 0.3)),
    Prop("sign", 1.9, 5.0, 0, solid=(0.35, 0.2)),
    Prop("container", -14.4, 9.0, 90, colour="slate", solid=(3.1, 1.3)),
)

_RUNS = (
    _bay(BAY_A[0][0], BAY_A[1][0], GATE_A),
    _bay(BAY_B[0][0], BAY_B[1][0], GATE_B),
    Run("chainlink", ((-18, 20), (18, 20), (18, -12), (3, -12)), "galvanised", solid=True),
    Run("chainlink", ((-3, -12), (-18, -12), (-18, 20)), "galvanised", solid=True),
    Run("kerb", ((-18, -4.6), (18, -4.6)), "concrete"),
)

ENERGY_YARD = Site(
    name="energy_yard",
    title="YARD 110 KV",
    ground=ground,
    views={
        "gate": View((0.2, -8.6, 4.6), (0.0, 5.2, 1.35), 60.0),
        "hut": View((11.6, 1.6, 5.2), (-0.6, 6.6, 0.9), 64.0),
        "mast": View((-10.2, -6.4, 6.4), (0.6, 6.4, 0.8), 52.0),
    },
    places={
        "gate": Place((0.0, -11.0, 0.0), 180.0),
        "west": Place((-9.0, -2.4, 0.0), 90.0),
        "east": Place((9.0, -2.4, 0.0), 270.0),
        "cabinets": Place((-9.5, 3.0, 0.0), 270.0),
        "gate_a": Place((-2.9, 4.3, 0.0), 180.0),
        "gate_b": Place((2.9, 4.6, 0.0), 180.0),
        "bay_a": Place((-2.6, 6.4, 0.0), 250.0),
        "bay_b": Place((3.0, 6.6, 0.0), 110.0),
        "tools": Place((-1.4, 2.6, 0.0), 180.0),
        "drums": Place((-5.2, 0.4, 0.0), 270.0),
        "generator": Place((8.0, 0.6, 0.0), 120.0),
    },
    areas={"bay_a": BAY_A, "bay_b": BAY_B},
    props=(*_PLANT, *_YARD),
    runs=_RUNS,
)
