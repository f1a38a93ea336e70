"""From a scenario and the people in each frame to the ground truth of one camera's clip."""

from __future__ import annotations

from collections.abc import Sequence

from siaga.sim.camera import Camera
from siaga.sim.scenario import Scenario

from .events import expected_events
from .model import Person, Truth, TruthZone
from .zones import zone_in_picture


def build_truth(
    scenario: Scenario, camera_name: str, people: Sequence[tuple[Person, ...]], clip: str
) -> Truth:
    """The ground truth of a clip.

    Args:
        camera_name: One of the scenario's cameras.
        people: Of the clip's frames, in order.
        clip: The clip's file name.
    """
    camera = Camera.from_view(scenario.cameras[camera_name], scenario.width, scenario.height)
    zones = {
        name: TruthZone(zone_in_picture(zone, camera), zone.exclusion, zone.requires)
        for name, zone in scenario.zones.items()
    }
    return Truth(
        clip=clip,
        scenario=scenario.name,
        camera=camera_name,
        seed=scenario.seed,
        width=scenario.width,
        height=scenario.height,
        fps=scenario.fps,
        frames=len(people),
        light=scenario.light,
        zones=zones,
        events=expected_events(people, scenario.zones, camera, scenario.fps),
        people=tuple(people),
        rain=scenario.rain,
        dust=scenario.dust,
        dirt=scenario.dirt,
    )
