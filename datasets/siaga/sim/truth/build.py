"""From a scenario and the renderer's records to the ground truth of one camera's clip."""

from __future__ import annotations

from collections.abc import Iterable

from siaga.sim.camera import Camera
from siaga.sim.raw import RawFrame
from siaga.sim.scenario import Scenario

from .events import expected_events
from .model import Truth, TruthZone
from .people import people_of
from .zones import zone_in_picture


def build_truth(scenario: Scenario, camera_name: str, frames: Iterable[RawFrame], clip: str) -> Truth:
    """The ground truth of a clip.

    Args:
        camera_name: One of the scenario's cameras.
        frames: The records of the clip's frames, in order.
        clip: The clip's file name.
    """
    camera = Camera.from_view(scenario.cameras[camera_name], scenario.width, scenario.height)
    people = tuple(people_of(frame, camera, scenario.zones) for frame in frames)
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
        people=people,
        rain=scenario.rain,
        dust=scenario.dust,
        dirt=scenario.dirt,
    )
