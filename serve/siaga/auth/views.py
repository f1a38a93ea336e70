"""Users, sessions, tokens and devices as they are read. Never a secret."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from siaga.access import Permission, Role

Site = Annotated[str, Field(min_length=1, max_length=128)]
Login = Annotated[
    str, Field(min_length=1, max_length=128, pattern=r"^[^\s\x00-\x1f]+$", examples=["anchor@site.example"])
]
ShownName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"\S", examples=["Site safety"])]

_UUID = "7b0f6b1e-52b5-4a06-8f3f-4f3f0a1d9a51"
_AT = "2026-01-05T08:30:00Z"


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [fields]})


class Held(BaseModel):
    """A role, where it is held and until when."""

    model_config = _example(role="reviewer", site="north tower", until=None)

    role: Role
    site: Site | None = None
    """None: at every site, also at those that are added later."""
    until: AwareDatetime | None = None


class User(BaseModel):
    """Somebody with an account."""

    model_config = _example(
        id=_UUID,
        login="anchor@site.example",
        name="Site safety",
        roles=[{"role": "reviewer", "site": "north tower", "until": None}],
        disabled=False,
        has_password=True,
        second_factor=False,
        created_at=_AT,
        last_sign_in_at=None,
    )

    id: UUID
    login: str
    name: str
    roles: tuple[Held, ...]
    disabled: bool
    has_password: bool
    second_factor: bool
    created_at: AwareDatetime
    last_sign_in_at: AwareDatetime | None


class SessionView(BaseModel):
    """A signed-in browser."""

    model_config = _example(
        id=_UUID,
        method="password",
        agent="Firefox",
        address="192.0.2.7",
        created_at=_AT,
        used_at=_AT,
        expires_at=_AT,
        current=True,
    )

    id: UUID
    method: str
    agent: str
    address: str
    created_at: AwareDatetime
    used_at: AwareDatetime
    expires_at: AwareDatetime
    current: bool
    """It is the one that asks."""


class TokenView(BaseModel):
    """A script's way in."""

    model_config = _example(
        id=_UUID,
        name="nightly export",
        permissions=["export"],
        created_at=_AT,
        expires_at=_AT,
        used_at=None,
    )

    id: UUID
    name: str
    permissions: tuple[Permission, ...]
    """Those that it is limited to; empty: all of its user's."""
    created_at: AwareDatetime
    expires_at: AwareDatetime
    used_at: AwareDatetime | None


class CodeView(BaseModel):
    """An enrolment code that was given out; the code itself is not kept."""

    model_config = _example(id=_UUID, site="north tower", name="gate box", created_at=_AT, expires_at=_AT)

    id: UUID
    site: str
    name: str
    created_at: AwareDatetime
    expires_at: AwareDatetime


class DeviceView(BaseModel):
    """An enrolled device."""

    model_config = _example(
        device_id="dev-0123456789abcdef",
        site="north tower",
        name="gate box",
        public_key="ab" * 32,
        enrolled_by="Site safety",
        enrolled_at=_AT,
        revoked_at=None,
        last_seen_at=None,
    )

    device_id: str
    site: str
    name: str
    public_key: str
    enrolled_by: str
    enrolled_at: AwareDatetime
    revoked_at: AwareDatetime | None
    last_seen_at: AwareDatetime | None


class SiteView(BaseModel):
    """A site: named by somebody, or known from what its devices send."""

    model_config = _example(site="north tower", title="North Tower, phase 2", time_zone="Asia/Singapore")

    site: str
    title: str
    time_zone: str
