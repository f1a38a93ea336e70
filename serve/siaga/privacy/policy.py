"""How long a site keeps what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import Connection, delete, insert, select

from siaga.access import Scope
from siaga.core.errors import BadRequest, NotFound
from siaga.db.tables.archive import cameras
from siaga.db.tables.proof import retention_policies

INCIDENT = timedelta(days=180)
"""How long recordings are kept after a reportable incident: Singapore, Workplace Safety and Health (General
Provisions) Regulations, regulation 36B(3)(b)(ii), S 471/2024."""
MOST_DAYS = 3650


class Preset(StrEnum):
    """Where a policy comes from."""

    STANDARD = "standard"
    SHORT = "short"
    SG_36B = "sg_36b"
    """Singapore, regulation 36B(3)(b)(i): each recording at least 30 days after it was made."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Days after the last receipt; the device's clock is not asked.

    Attributes:
        keep_days: For what nobody called a false alarm.
        false_alarm_days: For false alarms; not longer than the rest.
        mass_share: A run that would delete more than this part of a site's violations stops and asks, 0..1.
    """

    preset: Preset
    keep_days: int
    false_alarm_days: int
    mass_share: float = 0.25

    @property
    def name(self) -> str:
        """As tombstones tell it."""
        return f"{self.preset.value} {self.keep_days}/{self.false_alarm_days} days"


PRESETS: Mapping[Preset, Policy] = MappingProxyType(
    {
        Preset.STANDARD: Policy(Preset.STANDARD, 90, 14),
        Preset.SHORT: Policy(Preset.SHORT, 30, 3),
        Preset.SG_36B: Policy(Preset.SG_36B, 90, 30),
    }
)
_LEAST_DAYS: Mapping[Preset, int] = MappingProxyType({Preset.SG_36B: 30})


def checked(policy: Policy) -> Policy:
    """The policy, if it makes sense and holds what its preset promises.

    Raises:
        BadRequest: It does not.
    """
    least = _LEAST_DAYS.get(policy.preset, 1)
    if not least <= policy.false_alarm_days <= policy.keep_days <= MOST_DAYS:
        raise BadRequest(
            f"With {policy.preset.value}, days must be {least} to {MOST_DAYS}, for false alarms not more.",
            fix="Choose other days, or another preset.",
        )
    if not 0 < policy.mass_share <= 1:
        raise BadRequest("The share is above 0 and at most 1.", fix="Give 0.25 for a quarter.")
    return policy


def policy_of(connection: Connection, site: str) -> Policy:
    """A site's policy; the standard preset where none was chosen."""
    row = connection.execute(
        select(retention_policies).where(retention_policies.c.site == site)
    ).one_or_none()
    if row is None:
        return PRESETS[Preset.STANDARD]
    return Policy(Preset(row.preset), row.keep_days, row.false_alarm_days, row.mass_share)


def set_policy(
    connection: Connection, site: str, policy: Policy, scope: Scope, *, at: datetime, by: str
) -> None:
    """Choose a site's policy.

    Raises:
        NotFound: The site is outside the scope, or not known.
        BadRequest: The policy does not make sense.
    """
    require_site(connection, site, scope)
    checked(policy)
    connection.execute(delete(retention_policies).where(retention_policies.c.site == site))
    connection.execute(
        insert(retention_policies).values(
            site=site,
            preset=policy.preset.value,
            keep_days=policy.keep_days,
            false_alarm_days=policy.false_alarm_days,
            mass_share=policy.mass_share,
            changed_at=at,
            changed_by=by,
        )
    )


def require_site(connection: Connection, site: str, scope: Scope) -> None:
    """Refuse a site that was never heard of, or that the caller may not touch.

    Raises:
        NotFound: It is either.
    """
    known = connection.execute(select(cameras.c.camera).where(cameras.c.site == site).limit(1)).first()
    if known is None or not scope.allows(site):
        raise NotFound("No such site.", where=site)
