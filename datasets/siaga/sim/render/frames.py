"""Makes the frames of a stage: the plate, shadows on it, machines, then the rectangles with people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from siaga.sim.motion.state import State
from siaga.sim.raw import PartName, RawActor, RawFrame, RawPart, Vec3, measure

from .bodies import Member, Mesh, Seen, part_codes, part_points, see, visible
from .compose import darken, paste
from .hold import held_times
from .rectangles import Rect, merged
from .shadow import Shade
from .stage import Stage

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Held = Mapping[str, float | None]
OVERHEAD_PX = 1500
"""What starting a render costs, measured in pixels of it."""


_NO_SHADE = Shade(Rect(0, 0, 0, 0), np.zeros((0, 0), np.float32))


@dataclass(frozen=True, slots=True)
class _Body:
    """A person or machine as last posed: `mark` is that pose's time or angle, `patch` a machine's picture."""

    mark: float
    mesh: Mesh
    seen: Seen | None
    shades: tuple[Shade, ...]
    patch: Picture | None = None


class Player:
    """Renders frames of a stage; what did not change since the frame before is taken from there."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._machines: dict[str, _Body] = {}
        self._swung: dict[tuple[str, float], _Body] = {}
        self._people: dict[str, _Body] = {}
        self._patches: dict[object, Picture] = {}

    def play(self, frames: Sequence[int]) -> Iterator[tuple[Picture, RawFrame]]:
        """Render (height, width, 3) RGB pictures with their records, in order."""
        stage = self._stage
        times = [frame / stage.scenario.fps for frame in frames]
        held = {m.name: held_times(m.state_at, stage.camera, times) for m in stage.members}
        for i, (frame, time) in enumerate(zip(frames, times, strict=True)):
            yield self._frame(frame, time, {name: kept[i] for name, kept in held.items()})

    def _frame(self, number: int, time: float, held: Held) -> tuple[Picture, RawFrame]:
        angles = self._stage.swing(time)
        self._see_machines(angles)
        self._stage.show(dict(held))
        self._see_people(held)
        bodies = [*self._machines.values(), *self._people.values()]
        everything = [body.seen for body in bodies if body.seen is not None]
        shows = {
            name: visible(body.seen, everything, self._stage.depth)
            for name, body in (*self._machines.items(), *self._people.items())
            if body.seen is not None
        }
        picture = self._background([body.shades for body in bodies], shows)
        self._paste_people(picture, shows, angles)
        actors = [
            self._record(member, time, shows) for member in self._stage.members if member.name in self._people
        ]
        return picture, RawFrame(
            number, round(time, 4), tuple(actor for actor in actors if actor is not None)
        )

    def _see_machines(self, angles: Mapping[str, float]) -> None:
        """Picture each machine alone, once for every angle: what swings out swings back."""
        for name, angle in angles.items():
            if (name, angle) not in self._swung:
                self._swung[name, angle] = self._machine(name, angle)
            self._machines[name] = self._swung[name, angle]

    def _machine(self, name: str, angle: float) -> _Body:
        mesh = self._stage.machine_mesh(name)
        seen = see(mesh, self._stage.camera)
        patch = None if seen is None else self._stage.machine_picture(name, angle, seen.rect)
        return _Body(angle, mesh, seen, self._shades(mesh), patch)

    def _see_people(self, held: Held) -> None:
        for member in self._stage.members:
            moment = held[member.name]
            if moment is None:
                self._people.pop(member.name, None)
            elif member.name not in self._people or self._people[member.name].mark != moment:
                mesh = member.mesh()
                seen = see(mesh, self._stage.camera)
                self._people[member.name] = _Body(moment, mesh, seen, self._shades(mesh))

    def _shades(self, mesh: Mesh) -> tuple[Shade, ...]:
        made = (caster.shade_of(mesh.points, mesh.triangles) for caster in self._stage.casters)
        return tuple(shade or _NO_SHADE for shade in made)

    def _background(self, shades: Sequence[tuple[Shade, ...]], shows: Mapping[str, Mask]) -> Picture:
        picture = self._stage.plate.copy()
        for number, caster in enumerate(self._stage.casters):
            shade = caster.darkening([each[number] for each in shades])
            if shade is not None:
                picture = darken(picture, shade)
        for name, body in self._machines.items():
            if body.seen is not None and body.patch is not None:
                paste(picture, body.patch, body.seen.rect, shows[name])
        return picture

    def _paste_people(self, picture: Picture, shows: Mapping[str, Mask], angles: Mapping[str, float]) -> None:
        there = {
            name: body for name, body in self._people.items() if body.seen is not None and shows[name].any()
        }
        rects = merged([body.seen.rect for body in there.values() if body.seen is not None], OVERHEAD_PX)
        fresh: dict[object, Picture] = {}
        for rect in rects:
            near = {name: body for name, body in there.items() if body.seen and body.seen.rect.overlaps(rect)}
            behind = tuple(
                (name, angle)
                for name, angle in angles.items()
                if (machine := self._machines[name].seen) and machine.rect.overlaps(rect)
            )
            key = (rect, tuple((name, body.mark) for name, body in near.items()), behind)
            patch = self._patches.get(key)
            fresh[key] = patch = self._stage.patch(rect) if patch is None else patch
            moved = np.zeros((rect.height, rect.width), bool)
            for name, body in near.items():
                if body.seen is not None:
                    top, left = body.seen.rect.top - rect.top, body.seen.rect.left - rect.left
                    moved[top : top + body.seen.rect.height, left : left + body.seen.rect.width] |= shows[
                        name
                    ]
            paste(picture, patch, rect, moved)
        self._patches = fresh

    def _record(self, member: Member, time: float, shows: Mapping[str, Mask]) -> RawActor | None:
        state = member.state_at(time)
        if state is None:
            return None
        body = self._people[member.name]
        left, right = (_vector(foot) for foot in state.feet)
        return RawActor(
            id=member.name,
            parts=self._parts(body, state, shows.get(member.name)),
            position=_vector(state.position),
            yaw=round(state.yaw, 4),
            feet=(left, right),
            helmet=state.helmet,
            harness=member.look.harness is not None,
            lanyard=state.lanyard,
            carrying=state.carrying,
        )

    def _parts(self, body: _Body, state: State, shows: Mask | None) -> dict[PartName, RawPart]:
        found: dict[PartName, RawPart] = {}
        for name, codes in part_codes(state).items():
            points = part_points(body.mesh, codes)
            if len(points) == 0:
                continue
            if body.seen is None or shows is None:
                full = np.zeros((1, 1), bool)
                part = measure(self._stage.camera, points, full, full)
            else:
                full = np.isin(body.seen.alone.code, codes)
                rect = body.seen.rect
                part = measure(self._stage.camera, points, shows & full, full, (rect.left, rect.top))
            if part is not None:
                found[name] = part
        return found


def _vector(values: npt.ArrayLike) -> Vec3:
    x, y, z = (round(float(value), 4) for value in np.asarray(values))
    return x, y, z
