"""Fewer vertices for people who are far away: one for each small cube of the rest pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .piece import Piece
from .surface import Faces, Surface


def coarsened(piece: Piece, cell: float) -> Piece:
    """A piece with one of its own vertices per cube of `cell` metres, and the triangles that are left.

    Vertex clustering after J. Rossignac and P. Borrel, "Multi-resolution 3D approximations" (1993). A cell
    about as large as a pixel on the person changes nothing that can be seen.
    """
    kept, faces = clusters(piece.surface.vertices, piece.surface.faces, cell)
    if len(faces) == 0:
        return piece
    surface = Surface(piece.surface.vertices[kept], faces)
    return replace(piece, surface=surface, colour=piece.colour[kept], weights=piece.weights[kept])


def clusters(vertices: np.ndarray, faces: Faces, cell: float) -> tuple[Faces, Faces]:
    """The vertices to keep, and the triangles (M, 3) between them that still have three corners."""
    cube = np.floor(vertices / cell).astype(np.int64)
    _, first, which = np.unique(cube, axis=0, return_index=True, return_inverse=True)
    joined = which.reshape(-1)[faces]
    whole = (joined != np.roll(joined, 1, axis=1)).all(axis=1)
    return first.astype(np.int64), joined[whole].astype(np.int64)
