"""Users and roles, sites, the access log."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from siaga.access import GRANTS, Permission, Role
from siaga.api.deps import AuditDep, PeopleDep, PrincipalDep, ScopeDep
from siaga.audit import AuditPage, AuditQuery
from siaga.auth import GuardedRoute, guarded
from siaga.auth.views import Held, Login, ShownName, Site, SiteView, User

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["people"])


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RoleView(BaseModel):
    """A role and what it allows."""

    role: Role
    permissions: tuple[Permission, ...]


class NewUser(_Asked):
    """Somebody who shall have an account."""

    login: Login
    name: ShownName
    roles: Annotated[tuple[Held, ...], Field(max_length=100)] = ()


class UserChange(_Asked):
    """What is left out stays as it is."""

    name: ShownName | None = None
    disabled: bool | None = None


class RolesWanted(_Asked):
    """All roles that the user shall hold at the caller's sites."""

    roles: Annotated[tuple[Held, ...], Field(max_length=100)]


class OneTimeLink(BaseModel):
    """The secret of a link with which the user sets a password; shown this once."""

    token: str
    path: str
    """To be opened below this service's address."""


class SiteChange(_Asked):
    """How a site is called and which clock it lives by."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    time_zone: Annotated[str, Field(max_length=64, examples=["Asia/Singapore"])]


class AuditHead(BaseModel):
    """Number and hash of the newest row, to be noted outside."""

    seq: int
    hash: str


@router.get("/roles")
@guarded(Permission.OWN_ACCOUNT)
def list_roles() -> list[RoleView]:
    """All roles with what each allows."""
    return [RoleView(role=role, permissions=tuple(sorted(GRANTS[role]))) for role in Role]


@router.get("/users")
@guarded(Permission.MANAGE_USERS)
def list_users(scope: ScopeDep, people: PeopleDep) -> list[User]:
    """Users with a role at the caller's sites, by name."""
    return list(people.directory.users(scope))


@router.post("/users", status_code=201)
@guarded(Permission.MANAGE_USERS)
def add_user(wanted: NewUser, who: PrincipalDep, scope: ScopeDep, people: PeopleDep) -> User:
    """Make an account. The way in is a link (``POST /users/{user_id}/link``) or the OpenID provider."""
    return people.directory.add(who, scope, wanted.login, wanted.name, wanted.roles)


@router.get("/users/{user_id}")
@guarded(Permission.MANAGE_USERS)
def get_user(user_id: UUID, scope: ScopeDep, people: PeopleDep) -> User:
    """One user."""
    return people.directory.user(scope, user_id)


@router.patch("/users/{user_id}")
@guarded(Permission.MANAGE_USERS)
def change_user(
    user_id: UUID, change: UserChange, who: PrincipalDep, scope: ScopeDep, people: PeopleDep
) -> User:
    """Rename a user, or stop and allow the way in."""
    return people.directory.change(who, scope, user_id, name=change.name, disabled=change.disabled)


@router.delete("/users/{user_id}", status_code=204)
@guarded(Permission.MANAGE_USERS)
def remove_user(user_id: UUID, who: PrincipalDep, scope: ScopeDep, people: PeopleDep) -> None:
    """Delete an account. What the user did stays in the logs."""
    people.directory.remove(who, scope, user_id)


@router.put("/users/{user_id}/roles")
@guarded(Permission.MANAGE_USERS)
def set_roles(
    user_id: UUID, wanted: RolesWanted, who: PrincipalDep, scope: ScopeDep, people: PeopleDep
) -> User:
    """Replace a user's roles at the caller's sites."""
    return people.directory.set_roles(who, scope, user_id, wanted.roles)


@router.post("/users/{user_id}/link", status_code=201)
@guarded(Permission.MANAGE_USERS)
def make_link(user_id: UUID, who: PrincipalDep, scope: ScopeDep, people: PeopleDep) -> OneTimeLink:
    """Make a link with which the user sets a (new) password; works once, for three days."""
    token = people.links.for_user(who, people.directory.manageable(scope, user_id))
    return OneTimeLink(token=token, path=f"/welcome?token={token}")


@router.delete("/users/{user_id}/second-factor", status_code=204)
@guarded(Permission.MANAGE_USERS)
def reset_second_factor(user_id: UUID, who: PrincipalDep, scope: ScopeDep, people: PeopleDep) -> None:
    """Take a user's second factor away, because the phone is lost."""
    people.directory.reset_second_factor(who, scope, user_id)


@router.get("/sites")
@guarded(Permission.READ_HEALTH)
def list_sites(scope: ScopeDep, people: PeopleDep) -> list[SiteView]:
    """The caller's sites, by name."""
    return list(people.sites.listed(scope))


@router.get("/sites/{site}")
@guarded(Permission.READ_HEALTH)
def get_site(site: Site, scope: ScopeDep, people: PeopleDep) -> SiteView:
    """One site."""
    return people.sites.site(scope, site)


@router.put("/sites/{site}")
@guarded(Permission.MANAGE_SITE)
def put_site(
    site: Site, change: SiteChange, who: PrincipalDep, scope: ScopeDep, people: PeopleDep
) -> SiteView:
    """Name a site, or change its title and time zone."""
    return people.sites.put(who, scope, site, change.title, change.time_zone)


@router.get("/audit")
@guarded(Permission.READ_ACCESS_LOG)
def read_access_log(
    scope: ScopeDep,
    who: PrincipalDep,
    audit: AuditDep,
    site: Annotated[str | None, Query(max_length=128)] = None,
    action: Annotated[str | None, Query(max_length=64, description="Or its beginning: media.")] = None,
    object: Annotated[str | None, Query(max_length=200, description="kind/id")] = None,
    by: Annotated[str | None, Query(max_length=128, description="The user's or device's id.")] = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=32)] = None,
) -> AuditPage:
    """Who looked at, exported, changed or decided what, newest first. Never what was in it."""
    query = AuditQuery(site, action, object, by, since, until)
    details = who.may(Permission.READ_EVENTS)
    return audit.page(scope, query, details=details, limit=limit, cursor=cursor)


@router.get("/audit/head")
@guarded(Permission.READ_ACCESS_LOG)
def read_access_log_head(audit: AuditDep) -> AuditHead:
    """Number and hash of the newest row. Noted outside, it shows later that no row was changed since."""
    head = audit.head()
    return AuditHead(seq=head.seq, hash=head.hash)
