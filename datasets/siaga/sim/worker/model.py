"""A person as objects in the open Blender file. Needs bpy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from siaga.sim.look import Look
from siaga.sim.motion.state import State
from siaga.sim.skeleton import BONE_INDEX, JOINTS

from . import lanyard, loads, materials
from .body import from_hand
from .coarse import coarsened
from .fields import Array
from .helmet import lying
from .outfit import build_outfit, seed_of
from .piece import PARTS, Material, Piece, paint
from .skinning import skin, weights
from .surface import Faces, Surface

_GRIP = np.array([[0.085, 0.0, 0.030]])
"""Where a held thing lies in the hand's own frame, metres."""


@dataclass(frozen=True, slots=True)
class _Part:
    piece: Piece
    thing: Any


@dataclass(frozen=True, slots=True)
class Drawn:
    """A piece as it shows in the present pose: ``points`` (N, 3) world metres, ``faces`` (M, 3)."""

    name: str
    part: str
    points: Array
    faces: Faces


class WorkerModel:
    """A person: built once, then posed for every frame.

    Args:
        actor_id: The name; settles everything that the look leaves open.
        look: Body and clothing.
        index: 1 and up, unique in the scene: objects get ``pass_index = index * 16 + PARTS[part]``.
        cell: Vertices nearer than this become one, metres; 0: all are kept.
    """

    def __init__(self, actor_id: str, look: Look, index: int, cell: float = 0.0) -> None:
        self.actor_id, self.look, self.index = actor_id, look, index
        self._outfit = build_outfit(look, seed_of(actor_id))
        pieces = self._outfit.pieces
        if cell > 0:
            pieces = tuple(coarsened(piece, cell) for piece in pieces)
        self._parts = [_Part(piece, self._object(piece)) for piece in pieces]
        self._rope = self._rope_object() if look.harness and look.harness.lanyard != "none" else None
        self._loads: dict[str, list[tuple[Surface, Any]]] = {}
        self._drawn: list[Drawn] = []
        self._hidden = False
        self._absent: set[str] = set()

    def pose(self, state: State) -> None:
        """Put the person into a state."""
        self._drawn = []
        self._absent = set()
        gripping = self._grips(state)
        for part in self._parts:
            here = self._is_here(part.piece, state, gripping)
            self._show(part.thing, here)
            if here:
                points = self._posed(part.piece, state)
                self._move(part.piece.name, part.piece.part, part.thing, points, part.piece.surface)
        self._pose_rope(state)
        self._pose_load(state)

    def hide(self, hidden: bool) -> None:
        """Take the person out of the picture, or put them back."""
        self._hidden = hidden
        for thing in self._things():
            thing.hide_render = hidden or thing.name in self._absent

    def points(self) -> dict[str, Array]:
        """World points (N, 3) float64 by the name of the part, of what the last state shows.

        "body" is everything but the helmet, what is carried and the lanyard; "head" is the head above the
        jaw, without hair or headwear.
        """
        arrays: dict[str, list[Array]] = defaultdict(list)
        for drawn in self._drawn:
            arrays[drawn.name].append(drawn.points)
            if drawn.name not in ("helmet", "lanyard", "load"):
                arrays["body"].append(drawn.points)
        return {name: np.concatenate(parts) for name, parts in arrays.items()}

    def drawn(self) -> list[Drawn]:
        """The pieces that the last state shows."""
        return list(self._drawn)

    def remove(self) -> None:
        """Delete the person's objects and meshes."""
        for thing in list(self._things()):
            data = thing.data
            bpy.data.objects.remove(thing)
            bpy.data.meshes.remove(data)
        self._parts, self._rope, self._loads = [], None, {}

    def _things(self) -> Iterable[Any]:
        yield from (part.thing for part in self._parts)
        if self._rope is not None:
            yield self._rope
        for pieces in self._loads.values():
            yield from (thing for _, thing in pieces)

    def _show(self, thing: Any, here: bool) -> None:
        if not here:
            self._absent.add(thing.name)
        thing.hide_render = self._hidden or not here

    def _move(self, name: str, part: str, thing: Any, points: Array, surface: Surface) -> None:
        thing.data.vertices.foreach_set("co", points.astype(np.float32).ravel())
        thing.data.update()
        self._drawn.append(Drawn(name, part, points, surface.faces))

    def _grips(self, state: State) -> bool:
        """Both hands close around a load, the helmet's brim, or what is above the shoulders: rungs, tools."""
        shoulder = (state.bones[BONE_INDEX["chest"]] @ np.append(JOINTS["shL"], 1))[2]
        raised = any(_by_hand(state, side, JOINTS[f"ha{side}"])[2] > shoulder for side in "LR")
        return bool(state.carrying or state.helmet == "hand" or raised)

    def _is_here(self, piece: Piece, state: State, gripping: bool) -> bool:
        if piece.name == "helmet":
            place = self.look.helmet.place if self.look.helmet else None
            return state.helmet in ("worn", "hand", "hip") or (state.helmet == "table" and place is not None)
        worn = state.helmet == "worn"
        return {
            "always": True,
            "helmet on": worn,
            "helmet off": not worn,
            "gripping": gripping,
            "not gripping": not gripping,
        }[piece.shown]

    def _posed(self, piece: Piece, state: State) -> Array:
        points = piece.surface.vertices
        if piece.name != "helmet" or state.helmet == "worn":
            return skin(points, piece.weights, state.bones)
        if state.helmet == "table" and self.look.helmet and self.look.helmet.place:
            matrix = lying(self.look.helmet.place, float(self.index))
            return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])
        placement = self._outfit.helmet_places["handR" if state.helmet == "hand" else "hipR"]
        matrix = state.bones[BONE_INDEX[placement.bone]] @ placement.matrix
        return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])

    def _pose_rope(self, state: State) -> None:
        if self._rope is None or self._outfit.ring is None:
            return
        here = state.lanyard != "none"
        self._show(self._rope, here)
        if not here:
            return
        ring = skin(self._outfit.ring[None], weights(self._outfit.ring[None]), state.bones)[0]
        if state.lanyard == "clipped" and state.lanyard_anchor is not None:
            path = lanyard.clipped_path(ring, np.asarray(state.lanyard_anchor))
        else:
            back = np.array([-np.sin(state.yaw), np.cos(state.yaw), 0.0])
            path = lanyard.hanging_path(ring, back, float(state.position[2]))
        spine = [
            skin(JOINTS[name][None], weights(JOINTS[name][None]), state.bones)[0] for name in ("root", "neck")
        ]
        path = lanyard.clear_of_body(path, (spine[0], spine[1]), 0.17)
        surface = lanyard.rope(path)[0]
        self._move("lanyard", "lanyard", self._rope, surface.vertices, surface)

    def _pose_load(self, state: State) -> None:
        if state.carrying and state.carrying not in self._loads:
            self._loads[state.carrying] = self._load_objects(state.carrying)
        left, right = self._hand_grips(state)
        top = np.array([-0.165, 0.02, 1.50])
        shoulder = skin(top[None], weights(top[None]), state.bones)[0]
        for what, pieces in self._loads.items():
            for surface, thing in pieces:
                self._show(thing, what == state.carrying)
                if what == state.carrying:
                    placed = loads.place_load(
                        surface.vertices, what, left=left, right=right, shoulder=shoulder, yaw=state.yaw
                    )
                    self._move("load", "other", thing, placed, surface)

    def _hand_grips(self, state: State) -> tuple[Array, Array]:
        left = from_hand(_GRIP)
        right = left * (-1, 1, 1)
        return _by_hand(state, "L", left[0]), _by_hand(state, "R", right[0])

    def _object(self, piece: Piece) -> Any:
        return self._made(piece.name, piece.part, piece.surface, piece.colour, piece.material)

    def _rope_object(self) -> Any:
        surface, colour = lanyard.rope(
            lanyard.hanging_path(np.array([0, 0.2, 1.3]), np.array([0, 1.0, 0]), 0.0)
        )
        return self._made("lanyard", "lanyard", surface, colour, "webbing")

    def _load_objects(self, what: str) -> list[tuple[Surface, Any]]:
        return [
            (surface, self._made("load", "other", surface, paint(surface, colour), kind))
            for surface, colour, kind in loads.build_load(what)
        ]

    def _made(self, name: str, part: str, surface: Surface, colour: Array, kind: Material) -> Any:
        data = bpy.data.meshes.new(f"{self.actor_id}.{name}")
        fill(data, surface, colour)
        data.materials.append(materials.material(kind))
        thing = bpy.data.objects.new(f"{self.actor_id}.{name}", data)
        thing.pass_index = self.index * 16 + PARTS[part]
        bpy.context.scene.collection.objects.link(thing)
        return thing


def fill(data: Any, surface: Surface, colour: Array) -> None:
    """Put vertices, triangles and attributes into an empty Blender mesh; ``colour`` (N, 3) linear RGB."""
    count, faces = len(surface.vertices), len(surface.faces)
    data.vertices.add(count)
    data.loops.add(3 * faces)
    data.polygons.add(faces)
    rest = surface.vertices.astype(np.float32).ravel()
    data.vertices.foreach_set("co", rest)
    data.loops.foreach_set("vertex_index", surface.faces.astype(np.int32).ravel())
    data.polygons.foreach_set("loop_start", np.arange(0, 3 * faces, 3, dtype=np.int32))
    data.polygons.foreach_set("use_smooth", np.ones(faces, dtype=bool))
    data.attributes.new(materials.REST, "FLOAT_VECTOR", "POINT").data.foreach_set("vector", rest)
    painted = np.concatenate([np.clip(colour, 0, 1), np.ones((count, 1))], 1).astype(np.float32)
    data.attributes.new(materials.COLOUR, "FLOAT_COLOR", "POINT").data.foreach_set("color", painted.ravel())
    data.update(calc_edges=True)


def _by_hand(state: State, side: str, point: Array) -> Array:
    """A rest-pose point of a hand, in the world."""
    return np.asarray((state.bones[BONE_INDEX[f"hand{side}"]] @ np.append(point, 1))[:3])
