"""A script played out: the state of a person at any moment of scene time."""

import math

import numpy as np

from siaga.core.errors import ConfigError
from siaga.sim.scenario import Actor, Scenario
from siaga.sim.sites import SITES, AnchorLine, Site
from siaga.sim.skeleton import REST_HEIGHT_M

from .actions import Actions, hold_gestures, nearest_anchor
from .body import Manner, pose_at
from .gait import Footwork, Ground
from .state import Array, HelmetState, LanyardState, State
from .timeline import BodyPath, Change, Timeline

_AT: dict[str, HelmetState] = {"head": "worn", "hand": "hand", "hip": "hip", "table": "table", "none": "none"}
_HELMETS: dict[str | None, HelmetState] = {state: state for state in _AT.values()}
_LANYARDS: dict[str | None, LanyardState] = {"clipped": "clipped", "hanging": "hanging"}


class Performance:
    """One person's script on one site.

    The same arguments give the same states, to the bit.

    Args:
        ground: Height in metres at world (x, y) of what the person starts on.
        seed: Small differences between people: how the arms swing, when they look about.
        site: For ladders, decks and anchors; a script that needs none can do without.
        who: Named in errors.

    Attributes:
        end_s: Scene time at which the script is over; the person then stands there, or has left.

    Raises:
        ConfigError: The script asks for a ladder, deck or anchor that the site does not have.
    """

    def __init__(
        self, actor: Actor, ground: Ground, *, seed: int, site: Site | None = None, who: str = "somebody"
    ) -> None:
        random = np.random.default_rng(seed)
        look = actor.look
        self._actor = actor
        self._scale = look.height_m / REST_HEIGHT_M
        spread = {"slim": 7.0, "medium": 8.5, "heavy": 12.5}[look.build]
        self._manner = Manner(
            phase=float(random.uniform(0, 2 * math.pi)),
            swing=float(random.uniform(0.75, 1.15)),
            bow=math.radians(float(random.uniform(1.5, 5.0))),
            spread=math.radians(spread),
        )
        self._timeline = Timeline()
        feet = Footwork(
            self._timeline,
            _floor(actor, ground, site, who),
            start=np.array(actor.start, dtype=np.float64),
            yaw=math.radians(actor.facing_deg),
            time=actor.enters_s,
            scale=self._scale,
        )
        self._begin(actor)
        actions = Actions(
            feet,
            site,
            helmet=_AT[look.helmet.at if look.helmet else "none"],
            phase=lambda: float(random.uniform(0, 2 * math.pi)),
            who=who,
        )
        actions.helmet_place = look.helmet.place if look.helmet else None
        for step in actor.script:
            actions.play(step)
        self.end_s = feet.time
        if not actor.leaves:
            feet.stand(0.5)
            actions.rest_for_good()
        hold_gestures(feet)
        self._path = BodyPath(self._timeline.body)
        self._line = self._anchor_line(site, who)

    def _begin(self, actor: Actor) -> None:
        look = actor.look
        helmet = _AT[look.helmet.at if look.helmet else "none"]
        lanyard = look.harness.lanyard if look.harness else "none"
        self._timeline.changes += [Change(-1.0, "helmet", helmet), Change(-1.0, "lanyard", lanyard)]

    def _anchor_line(self, site: Site | None, who: str) -> AnchorLine | None:
        """The line in use: that nearest to where the lanyard is first clipped."""
        for change in self._timeline.changes:
            if change.what == "lanyard" and change.value == "clipped":
                x, y, z, _ = (float(value) for value in self._path.at(change.time))
                return nearest_anchor(site, (x, y, z), who)
        return None

    def at(self, time: float) -> State | None:
        """The person at ``time``, seconds of scene time; None before they come on and after they left."""
        if time < self._actor.enters_s or (self._actor.leaves and time > self.end_s):
            return None
        timeline = self._timeline
        posed = pose_at(timeline, self._path, time, scale=self._scale, manner=self._manner)
        lanyard = _LANYARDS.get(timeline.last("lanyard", time), "none")
        anchor: Array | None = None
        if lanyard == "clipped" and self._line is not None:
            x, y, z = (float(value) for value in posed.position)
            anchor = np.array(self._line.nearest((x, y, z + 1.3 * self._scale)))
        return State(
            bones=posed.bones,
            position=posed.position,
            yaw=posed.yaw,
            feet=posed.feet,
            helmet=_HELMETS.get(timeline.last("helmet", time), "none"),
            lanyard=lanyard,
            lanyard_anchor=anchor,
            carrying=timeline.last("carrying", time),
        )


def _floor(actor: Actor, ground: Ground, site: Site | None, who: str) -> Ground:
    if actor.level is None:
        return ground
    if site is None or actor.level not in site.decks:
        known = ", ".join(sorted(site.decks)) if site else ""
        raise ConfigError(
            f"{who} starts on {actor.level!r}, and the site has no such deck",
            fix=f"Decks here: {known}." if known else "This site has none: leave `level` out.",
        )
    return site.floor_from(site.decks[actor.level].z)


def perform(scenario: Scenario) -> dict[str, Performance]:
    """Everybody of a scenario, by name.

    Raises:
        ConfigError: No such site, or a script asks for what the site does not have.
    """
    if scenario.site not in SITES:
        raise ConfigError(f"no such site: {scenario.site!r}", fix=f"Sites: {', '.join(sorted(SITES))}.")
    site = SITES[scenario.site]
    return {
        name: Performance(actor, site.ground, seed=scenario.seed * 1009 + index, site=site, who=name)
        for index, (name, actor) in enumerate(scenario.cast.items())
    }
