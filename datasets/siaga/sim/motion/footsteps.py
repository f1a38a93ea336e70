"""Footholds in the world and the way of a foot between them.

A foot stands on a foothold without sliding; it rolls about its heel when it lands and about its ball before
it leaves. Everything else follows from where the feet are.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from siaga.sim.skeleton import JOINTS, Array, rotate_x, rotate_z

ANKLE_HEIGHT = float(JOINTS["anL"][2])
BALL = np.array([0.0, -0.145, 0.0])
"""Ball of the foot against the ground point under the ankle, metres of the rest skeleton, foot facing -y."""
HEEL = np.array([0.0, 0.055, 0.0])


@dataclass(frozen=True, slots=True)
class Foothold:
    """Where and when a foot stands.

    Attributes:
        arrive, leave: Scene time, seconds.
        place: (3,) world metres, the ground point under the ankle of the flat foot.
        yaw: Heading of the foot, radians.
        pitch: How it stands, radians; positive: heel up, on its ball.
        pitch_in, pitch_out: At landing and at leaving.
        settle, roll: Seconds from pitch_in to pitch and from pitch to pitch_out.
        lift: (3,) world metres: how far the way to this foothold bulges from the straight line.
    """

    arrive: float
    leave: float
    place: Array
    yaw: float
    pitch: float = 0.0
    pitch_in: float = 0.0
    pitch_out: float = 0.0
    settle: float = 0.12
    roll: float = 0.2
    lift: Array = field(default_factory=lambda: np.zeros(3))

    def pitch_at(self, time: float) -> float:
        """Pitch while standing, radians."""
        pitch = self.pitch_in + (self.pitch - self.pitch_in) * smooth((time - self.arrive) / self.settle)
        return pitch + (self.pitch_out - pitch) * smooth((time - self.leave + self.roll) / self.roll)


@dataclass(frozen=True, slots=True)
class FootPose:
    """A foot at one moment.

    Attributes:
        ground: (3,) world metres, the ground point under the ankle.
        ankle: (3,) world metres.
        rotation: (3, 3) against the rest pose.
        lifted: 0 on the ground, up to 1 in the middle of a swing.
    """

    ground: Array
    ankle: Array
    rotation: Array
    lifted: float


def smooth(share: float) -> float:
    """0 to 1 with a soft start and end (cubic Hermite), held outside."""
    held = min(1.0, max(0.0, share))
    return held * held * (3 - 2 * held)


def turn_between(start: float, end: float) -> float:
    """The short way round from one heading to another, radians in [-pi, pi)."""
    return (end - start + math.pi) % (2 * math.pi) - math.pi


def foot_at(holds: list[Foothold], time: float, scale: float) -> FootPose:
    """The foot at ``time``; ``holds`` in order of time; ``scale``: size against the rest pose."""
    index = 0
    while index + 1 < len(holds) and holds[index + 1].arrive <= time:
        index += 1
    hold = holds[index]
    if time <= hold.leave or index + 1 == len(holds):
        return _placed(hold.place, hold.yaw, hold.pitch_at(time), scale, np.zeros(3), 0.0)
    after = holds[index + 1]
    share = (time - hold.leave) / max(1e-6, after.arrive - hold.leave)
    moved = smooth(share)
    place = hold.place + (after.place - hold.place) * moved
    yaw = hold.yaw + turn_between(hold.yaw, after.yaw) * moved
    pitch = hold.pitch_out * (1 - smooth(share / 0.7)) + after.pitch_in * smooth((share - 0.55) / 0.45)
    bulge = math.sin(math.pi * share)
    return _placed(place, yaw, pitch, scale, after.lift * bulge, bulge)


def _placed(place: Array, yaw: float, pitch: float, scale: float, lift: Array, lifted: float) -> FootPose:
    pivot = BALL if pitch > 0 else HEEL
    heading = rotate_z(yaw)
    roll = rotate_x(pitch)
    ankle = pivot + roll @ (np.array([0.0, 0.0, ANKLE_HEIGHT]) - pivot)
    above = place + lift
    world = above + heading @ ankle * scale
    ground = np.array([world[0], world[1], place[2]])
    return FootPose(ground, world, heading @ roll, lifted)
