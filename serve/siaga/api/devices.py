"""Devices: enrolled with a one-time code, revoked at once."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from siaga.access import Permission
from siaga.api.deps import PeopleDep, PrincipalDep, ScopeDep
from siaga.auth import GuardedRoute, guarded
from siaga.auth.views import CodeView, DeviceView, ShownName, Site
from siaga.core.errors import Unauthorised
from siaga.core.event import Name

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["devices"])


class CodeWanted(BaseModel):
    """Which site the device will belong to, and how it shall be called."""

    model_config = ConfigDict(extra="forbid")

    site: Site
    name: ShownName


class CodeMade(BaseModel):
    """A code for one device, for 30 minutes; shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "K7QD-2M9X-4TWA-0C5F",
                    "about": CodeView.model_config["json_schema_extra"]["examples"][0],  # type: ignore[index]
                }
            ]
        }
    )

    code: str
    about: CodeView


class Enrolment(BaseModel):
    """What a device shows to be taken in."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=40, examples=["K7QD-2M9X-4TWA-0C5F"])]
    public_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """The device's raw Ed25519 key."""
    proof: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    """Its signature over the sha256 of the canonical JSON of purpose, code and key."""


class EnrolmentReceipt(BaseModel):
    """The device's own token, shown this once."""

    device_id: str
    site: str
    token: str


@router.get("/devices")
@guarded(Permission.MANAGE_DEVICES)
def list_devices(scope: ScopeDep, people: PeopleDep) -> list[DeviceView]:
    """Devices of the caller's sites, revoked ones too."""
    return list(people.devices.listed(scope))


@router.get("/devices/{device_id}")
@guarded(Permission.MANAGE_DEVICES)
def get_device(device_id: Name, scope: ScopeDep, people: PeopleDep) -> DeviceView:
    """One device."""
    return people.devices.device(scope, device_id)


@router.delete("/devices/{device_id}", status_code=204)
@guarded(Permission.MANAGE_DEVICES)
def revoke_device(device_id: Name, who: PrincipalDep, scope: ScopeDep, people: PeopleDep) -> None:
    """End a device's token at once. What it sent stays."""
    people.devices.revoke(who, scope, device_id)


@router.get("/enrolment-codes")
@guarded(Permission.MANAGE_DEVICES)
def list_codes(scope: ScopeDep, people: PeopleDep) -> list[CodeView]:
    """Codes that still work; the codes themselves are not kept."""
    return list(people.devices.codes(scope))


@router.post("/enrolment-codes", status_code=201)
@guarded(Permission.MANAGE_DEVICES)
def make_code(wanted: CodeWanted, who: PrincipalDep, scope: ScopeDep, people: PeopleDep) -> CodeMade:
    """Make a code with which one device of this site may be enrolled within 30 minutes."""
    made = people.devices.make_code(who, scope, wanted.site, wanted.name)
    return CodeMade(code=made.code, about=made.view)


@router.delete("/enrolment-codes/{code_id}", status_code=204)
@guarded(Permission.MANAGE_DEVICES)
def drop_code(code_id: UUID, who: PrincipalDep, scope: ScopeDep, people: PeopleDep) -> None:
    """Take a code back."""
    people.devices.drop_code(who, scope, code_id)


@router.post("/enrolment", status_code=201)
@guarded(Permission.PUBLIC, max_body=4096)
def enrol(shown: Enrolment, request: Request, people: PeopleDep) -> EnrolmentReceipt:
    """Take in a device that has a code; it shows that the key is its own."""
    try:
        enrolled = people.devices.enrol(shown.code, shown.public_key, shown.proof)
    except Unauthorised:
        request.app.state.guard.wrong_key(request)
        raise
    return EnrolmentReceipt(device_id=enrolled.device_id, site=enrolled.site, token=enrolled.token)
