"""Retention: policies, holds, and runs of the sweeper."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection, select

from siaga.access import AuditEntry, Permission, Principal
from siaga.api.deps import NowDep, PrincipalDep, ScopeDep
from siaga.api.keeping import Keeping, KeepingDep
from siaga.auth import GuardedRoute, guarded
from siaga.core.event import Name
from siaga.db.statements import within
from siaga.db.tables.proof import sweeps
from siaga.privacy import holds
from siaga.privacy.policy import INCIDENT, PRESETS, Policy, Preset, policy_of, require_site, set_policy

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["retention"])

_Days = Annotated[int, Field(ge=1, le=3650)]
_Reason = Annotated[str, Field(min_length=1, max_length=1000)]
Site = Annotated[Name, Query()]


class PolicyView(BaseModel):
    """How long a site keeps what it holds, counted from the last receipt."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [{"preset": "sg_36b", "keep_days": 90, "false_alarm_days": 30, "mass_share": 0.25}]
        },
    )

    preset: Preset
    """`sg_36b` (Singapore) allows nothing below 30 days."""
    keep_days: _Days
    false_alarm_days: _Days
    mass_share: Annotated[float, Field(gt=0, le=1)] = 0.25
    """A run that would delete more than this part of the site's violations stops and asks."""


class PresetsView(BaseModel):
    """Policies to begin with."""

    presets: tuple[PolicyView, ...]
    incident_days: int


class HoldWanted(BaseModel):
    """What must not be deleted; conditions hold together, none: the whole site."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "site": "north tower",
                    "kind": "incident",
                    "reason": "fall from the east scaffold",
                    "incident_at": "2026-01-05T09:30:00+08:00",
                }
            ]
        },
    )

    site: Name
    kind: holds.HoldKind
    reason: _Reason
    incident_at: AwareDatetime | None = None
    event_id: UUID | None = None
    camera: Name | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class HoldView(BaseModel):
    """A hold, and whether it has ended."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    site: str
    kind: holds.HoldKind
    reason: str
    placed_by: str
    placed_at: AwareDatetime
    event_id: UUID | None
    camera: str | None
    since: AwareDatetime | None
    until: AwareDatetime | None
    expires_at: AwareDatetime | None
    released_by: str | None
    released_at: AwareDatetime | None


class HoldList(BaseModel):
    """Newest first."""

    items: tuple[HoldView, ...]


class SweepView(BaseModel):
    """A run of the sweeper that deleted something, or stopped and asks."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    site: str
    at: AwareDatetime
    state: Literal["asking", "approved", "refused", "done"]
    due: int
    total: int
    deleted: int
    decided_by: str | None
    decided_at: AwareDatetime | None


class SweepList(BaseModel):
    """Newest first."""

    items: tuple[SweepView, ...]


class SweepPreview(BaseModel):
    """What a run would do now."""

    site: str
    due: int
    total: int
    state: str


class Decision(BaseModel):
    """Whether a run that asks may delete."""

    model_config = ConfigDict(extra="forbid")

    approve: bool


@router.get("/retention/presets")
@guarded(Permission.MANAGE_RETENTION)
def list_presets() -> PresetsView:
    """Policies to begin with."""
    shown = tuple(_shown(policy) for policy in PRESETS.values())
    return PresetsView(presets=shown, incident_days=INCIDENT // timedelta(days=1))


@router.get("/retention")
@guarded(Permission.READ_STATISTICS)
def get_retention(site: Site, keeping: KeepingDep, scope: ScopeDep) -> PolicyView:
    """A site's policy; the standard preset where none was chosen."""
    with keeping.database.reading() as connection:
        require_site(connection, site, scope)
        return _shown(policy_of(connection, site))


@router.put("/retention")
@guarded(Permission.MANAGE_RETENTION)
def put_retention(
    site: Site,
    wanted: PolicyView,
    keeping: KeepingDep,
    scope: ScopeDep,
    principal: PrincipalDep,
    now: NowDep,
) -> PolicyView:
    """Choose a site's policy. It holds for what is there already, too."""
    policy = Policy(wanted.preset, wanted.keep_days, wanted.false_alarm_days, wanted.mass_share)
    with keeping.database.writing() as connection:
        set_policy(connection, site, policy, scope, at=now, by=principal.name)
        entry = AuditEntry(principal, "retention.set", f"site/{site}", site, now, {"policy": policy.name})
        keeping.auditor.record(connection, entry)
    return wanted


@router.get("/retention/preview")
@guarded(Permission.MANAGE_RETENTION)
def preview_sweep(keeping: KeepingDep, scope: ScopeDep, now: NowDep) -> tuple[SweepPreview, ...]:
    """What the sweeper would delete now, site by site. Changes nothing."""
    return tuple(
        SweepPreview(site=one.site, due=one.due, total=one.total, state=one.state)
        for one in keeping.sweeper.run(now, scope, dry=True)
    )


@router.get("/sweeps")
@guarded(Permission.MANAGE_RETENTION)
def list_sweeps(
    keeping: KeepingDep, scope: ScopeDep, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> SweepList:
    """Runs of the sweeper, newest first."""
    wanted = select(sweeps).where(within(scope, sweeps.c.site)).order_by(sweeps.c.at.desc(), sweeps.c.id)
    with keeping.database.reading() as connection:
        rows = connection.execute(wanted.limit(limit)).all()
    return SweepList(items=tuple(SweepView.model_validate(row) for row in rows))


@router.post("/sweeps/{sweep_id}/decision", status_code=204)
@guarded(Permission.MANAGE_RETENTION)
def decide_sweep(
    sweep_id: UUID,
    wanted: Decision,
    keeping: KeepingDep,
    scope: ScopeDep,
    principal: PrincipalDep,
    now: NowDep,
) -> None:
    """Answer a run that asks, because it would delete very much. The next run does it, or asks in a week."""
    keeping.sweeper.decide(sweep_id, wanted.approve, scope, at=now, by=principal.name)
    details = {"approve": wanted.approve}
    keeping.auditor.record(
        None, AuditEntry(principal, "retention.decide", f"sweep/{sweep_id}", None, now, details)
    )


@router.get("/holds")
@guarded(Permission.MANAGE_RETENTION)
def list_holds(site: Site, keeping: KeepingDep, scope: ScopeDep) -> HoldList:
    """All holds of a site, also those that ended."""
    with keeping.database.reading() as connection:
        require_site(connection, site, scope)
        return HoldList(items=tuple(_hold(one) for one in holds.holds_of(connection, site, scope)))


@router.post("/holds", status_code=201)
@guarded(Permission.MANAGE_RETENTION)
def add_hold(
    wanted: HoldWanted, keeping: KeepingDep, scope: ScopeDep, principal: PrincipalDep, now: NowDep
) -> HoldView:
    """Hold something; `incident` ends 180 days after `incident_at`, `legal` when it is released."""
    told = wanted.model_dump(exclude={"incident_at"})
    hold = holds.Hold(id=keeping.new_id(), placed_by=principal.name, placed_at=now, **told)
    with keeping.database.writing() as connection:
        placed = holds.place(connection, hold, scope, wanted.incident_at)
        _audit(keeping, connection, principal, "hold.place", placed, now)
    return _hold(placed)


@router.post("/holds/{hold_id}/release")
@guarded(Permission.MANAGE_RETENTION)
def release_hold(
    hold_id: UUID, keeping: KeepingDep, scope: ScopeDep, principal: PrincipalDep, now: NowDep
) -> HoldView:
    """End a hold; what is due goes with the next run."""
    with keeping.database.writing() as connection:
        ended = holds.release(connection, hold_id, scope, at=now, by=principal.name)
        _audit(keeping, connection, principal, "hold.release", ended, now)
    return _hold(ended)


def _audit(
    keeping: Keeping,
    connection: Connection,
    principal: Principal,
    action: str,
    hold: holds.Hold,
    now: datetime,
) -> None:
    entry = AuditEntry(principal, action, f"hold/{hold.id}", hold.site, now, {"kind": hold.kind.value})
    keeping.auditor.record(connection, entry)


def _shown(policy: Policy) -> PolicyView:
    return PolicyView(
        preset=policy.preset,
        keep_days=policy.keep_days,
        false_alarm_days=policy.false_alarm_days,
        mass_share=policy.mass_share,
    )


def _hold(hold: holds.Hold) -> HoldView:
    return HoldView.model_validate(hold)
