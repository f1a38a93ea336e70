"""The steps of a script, one after the other, into a timeline."""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np

from siaga.core.errors import ConfigError
from siaga.sim.script import Carry, Climb, Doing, Load, Step
from siaga.sim.sites import AnchorLine, Site
from siaga.sim.skeleton import Array

from .footsteps import turn_between
from .gait import Footwork, facing
from .ladder import climb, stance
from .poses import HAND_ON, gesture
from .timeline import Change, Frame, Gesture, HandKey, HandPath

_Point = tuple[Frame, Array]

BRIM: _Point = ("headb", np.array([-0.115, -0.265, 1.605]))
"""Where the right wrist is when that hand holds the brim of the helmet on the head."""
HIP: _Point = ("pelvis", np.array([-0.255, -0.06, 0.90]))
_IN_FRONT: _Point = ("chest", np.array([-0.24, -0.31, 1.22]))
_DOWN = math.radians(62)


class Actions:
    """Plays steps: feet through ``feet``, everything else into its timeline.

    Attributes:
        helmet: Where the helmet is now.
        level: Height in metres that the person stands on.
    """

    def __init__(
        self, feet: Footwork, site: Site | None, *, helmet: str, phase: Callable[[], float], who: str
    ) -> None:
        self.feet = feet
        self.site = site
        self.helmet = helmet
        self.helmet_place: tuple[float, float, float] | None = None
        self.load: Load | None = None
        self._phase = phase
        self._who = who

    def play(self, step: Step) -> None:
        """One step.

        Raises:
            ConfigError: It needs a ladder or an anchor that the site does not have.
        """
        if step.walk:
            self.feet.walk(step.walk.to, step.walk.speed)
        elif step.stand:
            self._stand(step.stand.seconds, step.stand.doing)
        elif step.face is not None:
            self.feet.turn(math.radians(step.face))
        elif step.kneel:
            self._kneel(step.kneel.seconds)
        elif step.squat:
            self._squat(step.squat.seconds)
        else:
            self._play_handling(step)

    def _play_handling(self, step: Step) -> None:
        if step.climb:
            self._climb(step.climb)
        elif step.helmet:
            self._helmet(step.helmet)
        elif step.lanyard:
            self._lanyard(step.lanyard)
        elif step.carry:
            self._carry(step.carry)

    def rest_for_good(self) -> None:
        """After the script: stand and look about for as long as the clip lasts."""
        self._gesture("look", self.feet.time, 1e9)

    def _gesture(
        self, name: str, start: float, end: float, fade_in: float = 0.6, fade_out: float = 0.6
    ) -> None:
        movement = gesture(name, self._phase())
        self.feet.timeline.gestures.append(Gesture(start, end, movement, fade_in, fade_out))

    def _change(self, time: float, what: Literal["helmet", "lanyard", "carrying"], value: str | None) -> None:
        self.feet.timeline.changes.append(Change(time, what, value))

    def _stand(self, seconds: float, doing: Doing) -> None:
        start, end = self.feet.time, self.feet.time + seconds
        bent = doing == "bend"
        self._gesture(doing, start, end, 0.9 if bent else 0.6, 0.9 if bent else 0.6)
        for side, (frame, point) in HAND_ON.get(doing, {}).items():
            if side == "R" and self.helmet == "hand":
                continue
            away = min(0.7, seconds / 3)
            held = HandKey(start + away, frame, point), HandKey(end - away, frame, point)
            self._hand_way(side, (HandKey(start), *held, HandKey(end)))
        self.feet.stand(seconds)

    def _hand_way(self, side: str, keys: tuple[HandKey, ...]) -> None:
        self.feet.timeline.hands.append(HandPath("L" if side == "L" else "R", keys))

    def _kneel(self, seconds: float) -> None:
        """Right foot back, left foot forward, down on the right knee; and back to where it began."""
        feet, start = self.feet, self.feet.time
        end = start + seconds
        here = feet.xy
        knelt = here + facing(feet.yaw) * 0.12 * feet.scale
        feet.key(start + 0.2)
        feet.plain_step("R", feet.beside("R", -0.45), start + 0.05, start + 0.6, pitch=_DOWN)
        feet.plain_step("L", feet.beside("L", 0.50, 0.03), start + 0.65, start + 1.2)
        feet.key(start + 1.3, at=knelt)
        feet.key(end - 1.3, at=knelt)
        feet.plain_step("L", feet.beside("L"), end - 1.05, end - 0.55)
        feet.plain_step("R", feet.beside("R"), end - 0.5, end - 0.05)
        feet.key(end - 0.2, at=here)
        self._gesture("kneel", start + 0.6, end - 0.95, 1.2, 1.0)
        feet.time = end
        feet.key(end)

    def _squat(self, seconds: float) -> None:
        feet, start = self.feet, self.feet.time
        end = start + seconds
        feet.key(start)
        feet.plain_step(
            "R", feet.beside("R", -0.10, 0.06), start + 0.05, start + 0.45, pitch=math.radians(30)
        )
        feet.plain_step("L", feet.beside("L", 0.06, 0.06), start + 0.5, start + 0.9, pitch=math.radians(22))
        feet.plain_step("L", feet.beside("L"), end - 0.95, end - 0.55)
        feet.plain_step("R", feet.beside("R"), end - 0.5, end - 0.1)
        self._gesture("squat", start + 0.4, end - 0.8, 1.2, 1.0)
        feet.time = end
        feet.key(end)

    def _climb(self, step: Climb) -> None:
        ladder = self.site.ladders.get(step.ladder) if self.site else None
        if ladder is None or self.site is None:
            known = ", ".join(sorted(self.site.ladders)) if self.site else ""
            raise ConfigError(
                f"{self._who} climbs {step.ladder!r}, and the site has no such ladder",
                fix=f"Ladders here: {known}." if known else "This site has none.",
            )
        up = step.to == "top"
        spot, yaw = stance(ladder, up=up)
        if float(np.linalg.norm(spot - self.feet.xy)) > 0.06:
            self.feet.walk([(float(spot[0]), float(spot[1]))], 1.0)
        self.feet.xy = spot
        if abs(turn_between(self.feet.yaw, yaw)) > math.radians(15):
            self.feet.turn(yaw)
        self.feet.yaw += turn_between(self.feet.yaw, yaw)
        self.feet.square()
        start = self.feet.time
        self.feet.timeline.hands += climb(self.feet, ladder, up=up)
        run = math.dist(ladder.base[:2], ladder.top[:2])
        slope = math.atan2(run, ladder.top[2] - ladder.base[2])
        self._gesture("climb", start, self.feet.time)
        self.feet.timeline.gestures.append(
            Gesture(start, self.feet.time, lambda _: {"pelvis_lean": 0.7 * slope}, 1.6, 1.6)
        )
        self.feet.ground = self.site.floor_from(ladder.top[2] if up else ladder.base[2])
        self.feet.xy = stance(ladder, up=not up)[0]
        self.feet.key(self.feet.time)

    def _helmet(self, to: Literal["head", "hand", "hip"]) -> None:
        """The right hand brings it from where it is to where it shall be; the state flips at the touch."""
        goal = "worn" if to == "head" else to
        if goal == self.helmet:
            return
        ways = {"worn": BRIM, "hip": HIP, "table": self._table()}
        time = self.feet.time
        keys = [HandKey(time)]
        for state, next_state in ((self.helmet, "hand"), (goal, goal)):
            if state not in ways:
                continue
            if state == "worn":
                time += 0.55
                keys.append(HandKey(time, *_IN_FRONT))
            time += 0.55
            keys += [HandKey(time, *ways[state]), HandKey(time + 0.25, *ways[state])]
            self._change(time + 0.12, "helmet", next_state)
            if state == "worn":
                self._gesture("hold brim", time - 0.5, time + 0.75, 0.4, 0.4)
            time += 0.25
            if state == "worn":
                time += 0.55
                keys.append(HandKey(time, *_IN_FRONT))
        time += 0.6
        self._hand_way("R", (*keys, HandKey(time)))
        self.helmet = goal
        self.feet.stand(time - self.feet.time)

    def _table(self) -> _Point:
        if self.helmet_place is None:
            return _IN_FRONT
        return "world", np.array(self.helmet_place) + np.array([0.0, 0.0, 0.12])

    def _lanyard(self, to: Literal["clipped", "hanging"]) -> None:
        x, y = (float(value) for value in self.feet.xy)
        line = nearest_anchor(self.site, (x, y, self.feet.ground(x, y)), self._who)
        point = np.array(line.nearest((x, y, self.feet.ground(x, y) + 1.3)))
        time = self.feet.time
        held = HandKey(time + 0.8, "world", point), HandKey(time + 1.4, "world", point)
        self._hand_way("R", (HandKey(time), *held, HandKey(time + 2.1)))
        self._change(time + 1.1, "lanyard", to)
        self.feet.stand(2.1)

    def _carry(self, step: Carry) -> None:
        if self.load is None:
            self._take(step.what, bend=step.pick_up)
        self.feet.walk(step.to, step.speed)
        if step.put_down:
            self._take(None, bend=True)

    def _take(self, load: Load | None, *, bend: bool) -> None:
        time = self.feet.time
        if bend:
            self._gesture("bend", time, time + 2.0, 0.9, 0.9)
            self.feet.stand(2.0)
        self._change(time + (1.0 if bend else -1.0), "carrying", load)
        self.load = load


def nearest_anchor(site: Site | None, point: tuple[float, float, float], who: str) -> AnchorLine:
    """The site's line for lanyards nearest to a person who stands at ``point``.

    Raises:
        ConfigError: The site has none.
    """
    lines = list(site.anchors.values()) if site else []
    if not lines:
        raise ConfigError(
            f"{who} clips a lanyard, and the site has nothing to clip it to",
            fix="Let the lanyard hang, or take a site with anchor lines.",
        )
    x, y, z = point
    return min(lines, key=lambda line: math.dist(line.nearest((x, y, z + 1.3)), (x, y, z + 1.3)))


def hold_gestures(feet: Footwork) -> None:
    """Add the arms' poses for as long as the helmet or a load is in the hands."""
    timeline = feet.timeline
    for what, names in (("helmet", {"hand": "helmet in hand"}), ("carrying", {})):
        changes = [change for change in timeline.changes if change.what == what]
        for index, change in enumerate(changes):
            name = names.get(str(change.value), str(change.value)) if change.value else None
            if name is None or (what == "helmet" and change.value != "hand"):
                continue
            end = changes[index + 1].time if index + 1 < len(changes) else 1e9
            movement = gesture(name, 0.0)
            early = 0.25 if what == "helmet" else -0.5
            timeline.gestures.append(Gesture(change.time - early, end + early, movement, 0.5, 0.5))
