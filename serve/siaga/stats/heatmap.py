"""Where people stood when violations began."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from siaga.access import Scope
from siaga.core.event import RuleKind
from siaga.db import Database
from siaga.db.statements import within
from siaga.db.tables.archive import records, violations
from siaga.db.tables.review import reviews
from siaga.stats.facts import Where
from siaga.stats.suppress import shown
from siaga.stats.views import HeatMap

MOST_VIOLATIONS = 20_000
_AT_ONCE = 500


class HeatMaps:
    """Grids of foot points; bound by ``scope``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(
        self, scope: Scope, where: Where, columns: int = 32, rows: int = 18, *, restricted: bool = False
    ) -> HeatMap:
        """The grid of one camera: each person of a violation's first record counts once, at the middle of the
        lower edge of the box. False alarms are left out. The newest 20,000 violations are drawn.

        Args:
            where: ``site`` and ``camera`` are set.
        """
        grid = [[0] * columns for _ in range(rows)]
        drawn = 0
        with self._database.reading() as connection:
            matching = _matching(scope, where)
            of = connection.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
            ids = connection.execute(
                matching.order_by(violations.c.start_at.desc()).limit(MOST_VIOLATIONS)
            ).scalars()
            for event_ids in ids.partitions(_AT_ONCE):
                for point in _foot_points(connection, event_ids):
                    _add(grid, point)
                drawn += len(event_ids)
        return HeatMap(
            site=where.site or "",
            camera=where.camera or "",
            columns=columns,
            rows=rows,
            cells=tuple(tuple(shown(n, restricted=restricted) for n in line) for line in grid),
            people=shown(sum(map(sum, grid)), restricted=restricted),
            violations=shown(drawn, restricted=restricted),
            of=shown(of, restricted=restricted),
        )


def _matching(scope: Scope, where: Where) -> Any:
    v = violations.c
    query = (
        select(v.event_id)
        .join(reviews, reviews.c.event_id == v.event_id, isouter=True)
        .where(
            within(scope, v.site),
            v.site == where.site,
            v.camera == where.camera,
            v.start_at >= where.since,
            v.start_at < where.until,
            v.rule != RuleKind.CAMERA_UNMONITORED.value,
            func.coalesce(reviews.c.verdict, "") != "false_alarm",
        )
    )
    if where.rule is not None:
        query = query.where(v.rule == where.rule)
    return query if where.zone is None else query.where(v.zone == where.zone)


def _foot_points(connection: Connection, event_ids: Sequence[Any]) -> list[tuple[float, float]]:
    """Fractions of the picture, of the people of each violation's first record that names any."""
    query = (
        select(records.c.event_id, records.c.body)
        .where(records.c.event_id.in_(event_ids))
        .order_by(records.c.event_id, records.c.seq)
    )
    found: dict[Any, list[tuple[float, float]]] = {}
    for event_id, body in connection.execute(query):
        if found.get(event_id):
            continue
        boxes = [subject["xyxyn"] for subject in json.loads(body).get("subjects", ())]
        found[event_id] = [((left + right) / 2, bottom) for left, _, right, bottom in boxes]
    return [point for points in found.values() for point in points]


def _add(grid: list[list[int]], point: tuple[float, float]) -> None:
    rows, columns = len(grid), len(grid[0])
    column = min(columns - 1, max(0, int(point[0] * columns)))
    row = min(rows - 1, max(0, int(point[1] * rows)))
    grid[row][column] += 1
