"""Numbers with what they rest on. Who may see aggregates only gets small numbers withheld."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from siaga.access import Permission
from siaga.api.deps import NowDep, PrincipalDep, ScopeDep
from siaga.api.desk import DeskDep, is_restricted
from siaga.auth import GuardedRoute, guarded
from siaga.core.errors import BadRequest
from siaga.core.event import RuleKind
from siaga.stats.facts import Dimension, Where
from siaga.stats.views import Comparison, CountedAs, EarlyWarning, HeatMap, Leading, Statistics

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["statistics"])

DEFAULT_SPAN = timedelta(days=28)
Name = Annotated[str | None, Query(max_length=128)]


def _where(
    now: NowDep,
    since: Annotated[AwareDatetime | None, Query(description="Left out: four weeks before `until`.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Left out: now.")] = None,
    site: Name = None,
    camera: Name = None,
    zone: Name = None,
    rule: RuleKind | None = None,
) -> Where:
    end = until or now
    return Where(since or end - DEFAULT_SPAN, end, site, camera, zone, rule)


WhereDep = Annotated[Where, Depends(_where)]


@router.get("/statistics")
@guarded(Permission.READ_STATISTICS)
def get_statistics(
    desk: DeskDep,
    principal: PrincipalDep,
    scope: ScopeDep,
    where: WhereDep,
    now: NowDep,
    by: Dimension = Dimension.TOTAL,
    counted: CountedAs = CountedAs.NOT_FALSE_ALARM,
) -> Statistics:
    """Violations per 100 observed person-hours with exact 95 % intervals, in total and by a dimension."""
    hidden = is_restricted(principal, where.site)
    return desk.statistics.by(scope, where, by, counted, now, restricted=hidden)


@router.get("/statistics/comparison")
@guarded(Permission.READ_STATISTICS)
def get_comparison(
    desk: DeskDep,
    principal: PrincipalDep,
    scope: ScopeDep,
    where: WhereDep,
    now: NowDep,
    split: AwareDatetime,
    counted: CountedAs = CountedAs.NOT_FALSE_ALARM,
) -> Comparison:
    """The rate before and after a moment, and their ratio with its exact 95 % interval."""
    hidden = is_restricted(principal, where.site)
    return desk.statistics.comparison(scope, where, split, counted, now, restricted=hidden)


@router.get("/statistics/heat-map")
@guarded(Permission.READ_STATISTICS)
def get_heat_map(
    desk: DeskDep,
    principal: PrincipalDep,
    scope: ScopeDep,
    where: WhereDep,
    columns: Annotated[int, Query(ge=2, le=128)] = 32,
    rows: Annotated[int, Query(ge=2, le=128)] = 18,
) -> HeatMap:
    """Where on a camera's picture people stood when violations began. Needs `site` and `camera`."""
    if where.site is None or where.camera is None:
        raise BadRequest("A heat map is of one camera.", fix="Give site and camera.")
    hidden = is_restricted(principal, where.site)
    return desk.heat_maps.of(scope, where, columns, rows, restricted=hidden)


@router.get("/statistics/leading")
@guarded(Permission.READ_STATISTICS)
def get_leading(
    desk: DeskDep, principal: PrincipalDep, scope: ScopeDep, where: WhereDep, now: NowDep
) -> Leading:
    """Indicators that lead: reports by hand, how soon events are looked at, what is overdue."""
    return desk.leading.of(scope, where, now, restricted=is_restricted(principal, where.site))


@router.get("/statistics/early-warning")
@guarded(Permission.READ_STATISTICS)
def get_early_warning(
    desk: DeskDep, principal: PrincipalDep, scope: ScopeDep, now: NowDep, site: Name = None
) -> EarlyWarning:
    """A score of 0 to 100 per zone, with its reasons; the formula stands in the documentation."""
    return desk.warnings.at(scope, site, now, restricted=is_restricted(principal, site))
