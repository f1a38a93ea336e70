"""What a site is made of, without a renderer: ground, surfaces to stand on, obstacles, ladders, views, props.

Metres, Z up. A heading in degrees turns about Z from -Y: the way a person faces is (sin h, -cos h).
A yaw in degrees of a prop turns its own +X axis about Z from the world's +X.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Point2 = tuple[float, float]
Point3 = tuple[float, float, float]
Polygon = tuple[Point2, ...]
Ground = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class View:
    """A camera's place: position and the point it looks at in metres, horizontal field of view in degrees."""

    position: Point3
    look_at: Point3
    fov_deg: float


@dataclass(frozen=True, slots=True)
class Place:
    """A named spot to stand on, and the heading that makes sense there."""

    position: Point3
    heading_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Ladder:
    """A ladder from `base` on the ground to `top`, the point where it meets the upper surface.

    Its stiles go on for a metre above `top`. A climber faces `heading_deg`, and steps off to `step_off`.
    """

    base: Point3
    top: Point3
    step_off: Point3
    heading_deg: float
    width: float = 0.42
    rung_spacing: float = 0.28


@dataclass(frozen=True, slots=True)
class Deck:
    """A level surface above the ground that people work on."""

    polygon: Polygon
    z: float


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """A lifeline or rail that a lanyard is clipped to, from one end to the other."""

    start: Point3
    end: Point3

    def nearest(self, point: Point3) -> Point3:
        """The point of the line nearest to `point`."""
        along = [b - a for a, b in zip(self.start, self.end, strict=True)]
        length2 = sum(d * d for d in along)
        offset = [p - a for a, p in zip(self.start, point, strict=True)]
        share = min(1.0, max(0.0, sum(o * d for o, d in zip(offset, along, strict=True)) / length2))
        x, y, z = (a + share * d for a, d in zip(self.start, along, strict=True))
        return x, y, z


@dataclass(frozen=True, slots=True)
class Circle:
    """A round obstacle on the ground."""

    x: float
    y: float
    radius: float

    def distance(self, x: float, y: float) -> float:
        """Metres from the point to the obstacle's edge; negative inside."""
        return math.hypot(x - self.x, y - self.y) - self.radius


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangular obstacle on the ground: half sizes along its own axes, turned by `yaw_deg`."""

    x: float
    y: float
    half_x: float
    half_y: float
    yaw_deg: float = 0.0

    def distance(self, x: float, y: float) -> float:
        """Metres from the point to the obstacle's edge; negative inside."""
        cos, sin = math.cos(math.radians(self.yaw_deg)), math.sin(math.radians(self.yaw_deg))
        dx, dy = x - self.x, y - self.y
        along = abs(cos * dx + sin * dy) - self.half_x
        across = abs(-sin * dx + cos * dy) - self.half_y
        return math.hypot(max(along, 0.0), max(across, 0.0)) + min(max(along, across), 0.0)


Obstacle = Circle | Box


@dataclass(frozen=True, slots=True)
class Prop:
    """One thing on the site: what `siaga.sim.scene` builds and what people walk round.

    `z` is the height of its foot above the ground under its centre, `size` means what its builder says, and
    `colour` names a paint of `siaga.sim.scene.materials`.
    """

    kind: str
    x: float
    y: float
    yaw_deg: float = 0.0
    z: float = 0.0
    size: tuple[float, ...] = ()
    colour: str = ""
    solid: tuple[float, ...] = ()

    def obstacle(self) -> Obstacle | None:
        """Its footprint: `solid` is empty (walk over it), (radius,) or (half_x, half_y)."""
        if not self.solid:
            return None
        if len(self.solid) == 1:
            return Circle(self.x, self.y, self.solid[0])
        return Box(self.x, self.y, self.solid[0], self.solid[1], self.yaw_deg)


@dataclass(frozen=True, slots=True)
class Run:
    """A thing that follows a line on the ground: fence, hoarding, tape, paint. Closed when `closed`."""

    kind: str
    points: Polygon
    colour: str = ""
    closed: bool = False
    solid: bool = False

    def segments(self) -> list[tuple[Point2, Point2]]:
        """The straight pieces, in order."""
        ends = (*self.points[1:], self.points[0]) if self.closed else self.points[1:]
        return list(zip(self.points, ends, strict=False))

    def obstacles(self) -> list[Obstacle]:
        """A thin box for every straight piece, where people cannot walk through it."""
        if not self.solid:
            return []
        return [_wall(a, b) for a, b in self.segments()]


def _wall(a: Point2, b: Point2) -> Box:
    dx, dy = b[0] - a[0], b[1] - a[1]
    yaw = math.degrees(math.atan2(dy, dx))
    return Box((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, math.hypot(dx, dy) / 2, 0.06, yaw)


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that slews about a vertical axis: where it stands, where its boom points at swing 0.

    `reach` is how far the bucket gets, `footprint` the radius nobody walks into: metres.
    """

    position: Point3
    yaw_deg: float
    reach: float
    footprint: float


@dataclass(frozen=True, slots=True)
class Site:
    """A whole site. `ground` gives the height of the bare ground in metres at any (x, y)."""

    name: str
    title: str
    ground: Ground
    views: Mapping[str, View]
    places: Mapping[str, Place]
    areas: Mapping[str, Polygon]
    props: tuple[Prop, ...]
    runs: tuple[Run, ...]
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    decks: Mapping[str, Deck] = field(default_factory=dict)
    anchors: Mapping[str, AnchorLine] = field(default_factory=dict)
    machines: Mapping[str, Machine] = field(default_factory=dict)

    def floor(self, x: float, y: float, z: float) -> float:
        """Height of what a person stands on whose feet are at about `z`: the highest deck below, or earth."""
        under = [d.z for d in self.decks.values() if d.z <= z + 0.35 and inside(d.polygon, x, y)]
        return max([self.ground(x, y), *under])

    def floor_from(self, z: float) -> Ground:
        """`floor` for somebody who starts at height `z`, as the function of (x, y) that walking asks for."""
        return lambda x, y: self.floor(x, y, z)

    def obstacles(self) -> list[Obstacle]:
        """What people on the ground walk round."""
        props = [shape for prop in self.props if (shape := prop.obstacle()) is not None]
        walls = [wall for run in self.runs for wall in run.obstacles()]
        machines = [Circle(m.position[0], m.position[1], m.footprint) for m in self.machines.values()]
        return [*props, *walls, *machines]

    def clearance(self, x: float, y: float) -> float:
        """Metres from a point on the ground to the nearest obstacle; negative inside one."""
        return min((shape.distance(x, y) for shape in self.obstacles()), default=math.inf)


def inside(polygon: Polygon, x: float, y: float) -> bool:
    """Whether a point lies in a polygon (even-odd rule)."""
    hit = False
    for (ax, ay), (bx, by) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            hit = not hit
    return hit
