"""A scenario on its site in Blender: plates without what moves, people and machines in their places."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from siaga.sim.camera import Camera
from siaga.sim.motion.performance import perform
from siaga.sim.scenario import Scenario
from siaga.sim.scene.build import build_site
from siaga.sim.scene.light import add_ring
from siaga.sim.sites import SITES
from siaga.sim.worker import materials

from .bodies import CODES, Member, Mesh, joined, triangles_of, world_points
from .engine import Engine, Rgb8, hide
from .hold import StateAt
from .job import Job
from .machine import swing_at
from .rectangles import Rect
from .shadow import LampView, ShadowCaster

_WAIT_S = 2.0
_RING = 1.5
"""What reflective bands give back of a ring of lamps around the lens."""


class Stage:
    """Everything that stands in Blender for one scenario and camera.

    Args:
        scenario: What is played.
        camera: Its name there.
        samples: Paths per pixel of a rectangle.
        threads: Cores of this process.
        job: Where plates are kept.
    """

    def __init__(self, scenario: Scenario, camera: str, samples: int, threads: int, job: Job) -> None:
        self.scenario, self._job = scenario, job
        self.camera = Camera.from_view(scenario.cameras[camera], scenario.width, scenario.height)
        self._scene = build_site(SITES[scenario.site], scenario.light, scenario.seed)
        if scenario.light == "infrared":
            self._scene.lamps.append(add_ring(self.camera.matrix_world))
        acts = perform(scenario)
        self.members = [
            Member(name, actor.look, index, acts[name].at, self._pixel_m(acts[name].at))
            for index, (name, actor) in enumerate(scenario.cast.items(), start=1)
        ]
        dark = scenario.light in ("night", "infrared")
        materials.set_light(daylight=not dark, lamp_at_camera=_RING if scenario.light == "infrared" else 0.0)
        self._engine = Engine(self.camera, samples, threads, job.folder)
        self._angles: dict[str, float] = {}
        self._make_plates(job)
        self.plate, self.depth = job.load("plate.png"), np.load(job.folder / "depth.npy")
        self.casters = [
            self._caster(lamp, job.load(f"unlit-{number}.png"))
            for number, lamp in enumerate(self._scene.lamps)
        ]

    def close(self) -> None:
        """Remove the engine's files."""
        self._engine.close()

    def patch(self, rect: Rect) -> Rgb8:
        """A rectangle of the scene as it stands."""
        return self._engine.patch(rect)

    def machine_picture(self, name: str, angle: float, rect: Rect) -> Rgb8:
        """A machine as it stands, with nobody about; each angle is rendered once for the whole job."""
        kept = f"machines/{name}{math.degrees(angle):+.1f}.png"
        if not (self._job.folder / kept).exists():
            self._job.save(self._job.folder / kept, self._without_people(rect))
        return self._job.load(kept)

    def _without_people(self, rect: Rect) -> Rgb8:
        for member in self.members:
            member.set_aside(True)
        picture = self._engine.patch(rect)
        for member in self.members:
            member.set_aside(False)
        bpy.context.view_layer.update()
        return picture

    def show(self, times: dict[str, float | None], *, people_hidden: bool = False) -> None:
        """Put everybody where they are at their own time."""
        for member in self.members:
            member.show(times.get(member.name), people_hidden)

    def swing(self, seconds: float) -> dict[str, float]:
        """Put the machines where they are at a time; returns their angles, radians."""
        for name in self._scene.pivots:
            script = self.scenario.machines[name].script if name in self.scenario.machines else ()
            angle = swing_at(script, seconds)
            if angle != self._angles.get(name):
                self._scene.swing(name, angle)
                self._angles[name] = angle
                bpy.context.view_layer.update()
        return dict(self._angles)

    def machine_mesh(self, name: str) -> Mesh:
        """The moving part of a machine as it stands."""
        things = self._moving(name)
        return joined([(world_points(thing), triangles_of(thing), CODES["machine"]) for thing in things])

    def _pixel_m(self, state_at: StateAt) -> float:
        """What a pixel spans on somebody when they are nearest to the camera."""
        moments = np.arange(0.0, self.scenario.duration_s, 0.5)
        states = [state for moment in moments if (state := state_at(float(moment))) is not None]
        if not states:
            return 0.05
        depth = self.camera.project(np.array([state.position for state in states]))[:, 2]
        return max(1.5, float(depth.min())) / self.camera.focal_px

    def _moving(self, name: str) -> Sequence[Any]:
        return list(self._scene.pivots[name].children)

    def _make_plates(self, job: Job) -> None:
        """Make the plates, or wait while another process does."""
        while not (job.folder / "plate.png").exists():
            if not job.claims.take("plate"):
                time.sleep(_WAIT_S)
                continue
            try:
                self._render_plates(job)
            finally:
                job.claims.give_back("plate")

    def _render_plates(self, job: Job) -> None:
        self.show({}, people_hidden=True)
        machines = [thing for name in self._scene.pivots for thing in self._moving(name)]
        hide(machines, True)
        job.save_array("depth.npy", self._engine.depth())
        for number, lamp in enumerate(self._scene.lamps):
            job.claims.touch("plate")
            hide([lamp.light], True)
            job.save(job.folder / f"unlit-{number}.png", self._engine.plate())
            hide([lamp.light], False)
        job.claims.touch("plate")
        plate = self._engine.plate()
        hide(machines, False)
        job.save(job.folder / "plate.png", plate)

    def _caster(self, lamp: Any, unlit: Rgb8) -> ShadowCaster:
        view = LampView.of((0.0, 4.0, 0.0), lamp.direction, lamp.position, lamp.softness_m)
        return ShadowCaster(view, self.camera, self.depth, self.plate, unlit)
