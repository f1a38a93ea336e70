"""Straps: flat bands of webbing laid over a body along a line of guide points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import fields as f
from .fields import Array, Field, Vec
from .surface import Surface, sheet


def densify(guide: Sequence[Vec] | Array, spacing: float = 0.012, *, closed: bool = False) -> Array:
    """A smooth line through guide points (Catmull-Rom), a point every ``spacing`` metres."""
    points = np.asarray(guide, float)
    if closed:
        points = np.concatenate([points[-1:], points, points[:2]])
    else:
        points = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    pieces = []
    for a, b, c, d in zip(points[:-3], points[1:-2], points[2:-1], points[3:], strict=True):
        count = max(2, int(np.ceil(np.linalg.norm(c - b) / spacing)))
        t = (np.arange(count) / count)[:, None]
        pieces.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        )
    return np.concatenate(pieces if closed else [*pieces, points[-2:-1]])


def lay(field: Field, guide: Sequence[Vec] | Array, height: float, *, closed: bool = False) -> Array:
    """A line (N, 3) at ``height`` metres over a body, taut: it bridges hollows."""
    line = f.project(field, densify(guide, closed=closed), height)
    for _ in range(6):
        if closed:
            line = (np.roll(line, 1, 0) + 2 * line + np.roll(line, -1, 0)) / 4
        else:
            line[1:-1] = (line[:-2] + 2 * line[1:-1] + line[2:]) / 4
        sunk = height - field(line)
        line = line + f.gradient(field, line) * np.maximum(sunk, 0)[:, None]
    return line


def ribbon(field: Field, line: Array, width: float, *, thick: float = 0.003, closed: bool = False) -> Surface:
    """A band of ``width`` metres along a line, flat on the body."""
    up = f.gradient(field, line)
    along = np.roll(line, -1, 0) - np.roll(line, 1, 0) if closed else np.gradient(line, axis=0)
    across = np.cross(along, up)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    half, low = across * width / 2, up * thick
    rows = np.stack([line - half - low * 2, line - half, line + half, line + half - low * 2])
    return sheet(rows, closed=closed)
