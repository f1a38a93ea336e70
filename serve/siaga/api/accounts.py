"""Signing in and out, and one's own account."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from siaga.access import Permission, Principal, Scope
from siaga.api.deps import PeopleDep, PrincipalDep
from siaga.auth import GuardedRoute, guarded
from siaga.auth.cookies import (
    browser_of,
    drop_session,
    put_session,
    session_secret,
)
from siaga.auth.links import LinkKind, check_owner_fields
from siaga.auth.origin import check_origin
from siaga.auth.passwords import MAX_LENGTH
from siaga.auth.people import People
from siaga.auth.secrets import csrf_token
from siaga.auth.signin import SignedIn
from siaga.auth.views import Login, SessionView, ShownName, TokenView, User
from siaga.core.errors import NotFound, Unauthorised

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["account"])

Password = Annotated[str, Field(max_length=MAX_LENGTH, examples=["four words that differ"])]
Code = Annotated[str, Field(max_length=32, examples=["123456"])]
_SMALL = 16 * 1024


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Credentials(_Asked):
    """Name and password; a code where there is a second factor."""

    login: Login
    password: Password
    code: Code | None = None


class Session(BaseModel):
    """Who is signed in and may do what where."""

    user: User
    permissions: dict[Permission, list[str] | None]
    """Sites where each is allowed; null: at every site. What is missing is not allowed."""
    csrf_token: str
    """To be sent as ``X-CSRF-Token`` with every change that the cookie authorises."""
    demo: bool = False
    """Signed in without a password, because this is a demo."""


class Redeem(_Asked):
    """A one-time link with what it asks for."""

    token: Annotated[str, Field(max_length=128)]
    password: Password
    login: Login | None = None
    """For the first user only."""
    name: ShownName | None = None
    """For the first user only."""


class LinkState(BaseModel):
    """What a one-time link is for."""

    kind: LinkKind


class PasswordChange(_Asked):
    """The caller's own password."""

    old: Password
    new: Password


class SecondFactorBegun(BaseModel):
    """What the authenticator app is told once."""

    secret: str
    uri: str
    """``otpauth://…``, for a QR code."""


class SecondFactorCode(_Asked):
    """A code that the app shows."""

    code: Code


class RecoveryCodes(BaseModel):
    """Each works once in place of the app's code; shown this once."""

    recovery_codes: tuple[str, ...]


class OwnPassword(_Asked):
    """The caller's own password, to show that it is really the caller."""

    password: Password


class TokenWanted(_Asked):
    """A token for a script."""

    name: ShownName
    permissions: tuple[Permission, ...] = ()
    """Limit it to these; empty: all that the user may do, but the own account."""
    days: Annotated[int, Field(ge=1, le=366)] = 90


class TokenMade(BaseModel):
    """A new token; the secret is shown this once."""

    token: TokenView
    secret: str


def session_of(people: People, who: Principal, secret: str) -> Session:
    """What a page needs to know about the one who is signed in."""
    allowed = {permission: who.scope(permission).sites for permission in Permission if who.may(permission)}
    return Session(
        user=people.directory.user(Scope.everything(), UUID(who.id)),
        permissions={name: None if sites is None else sorted(sites) for name, sites in allowed.items()},
        csrf_token=csrf_token(secret),
        demo=people.demo,
    )


def _entered(request: Request, response: Response, people: People, signed_in: SignedIn) -> Session:
    """Put the cookie; a session that the browser had before ends."""
    before = session_secret(request, https=people.https)
    if before:
        people.sessions.forget(before)
    put_session(request, response, signed_in.secret, https=people.https)
    who = people.sessions.principal(signed_in.secret)
    if who is None:
        raise Unauthorised("This session does not work.")
    return session_of(people, who, signed_in.secret)


@router.post("/session", status_code=201)
@guarded(Permission.PUBLIC, max_body=_SMALL)
def sign_in(credentials: Credentials, request: Request, response: Response, people: PeopleDep) -> Session:
    """Sign in. 401 ``code_needed``: send the same again with a code."""
    check_origin(request)
    signed_in = people.sign_in.by_password(
        credentials.login, credentials.password, credentials.code, browser_of(request)
    )
    return _entered(request, response, people, signed_in)


@router.get("/session")
@guarded(Permission.OWN_ACCOUNT)
def get_session(request: Request, who: PrincipalDep, people: PeopleDep) -> Session:
    """Who is signed in."""
    return session_of(people, who, session_secret(request, https=people.https) or "")


@router.delete("/session", status_code=204)
@guarded(Permission.OWN_ACCOUNT)
def sign_out(request: Request, people: PeopleDep) -> Response:
    """End this session."""
    secret = session_secret(request, https=people.https)
    if secret:
        people.sessions.forget(secret)
    response = Response(status_code=204)
    drop_session(request, response, https=people.https)
    return response


@router.post("/links/state")
@guarded(Permission.PUBLIC, max_body=_SMALL)
def get_link(
    token: Annotated[str, Body(embed=True, max_length=128)], request: Request, people: PeopleDep
) -> LinkState:
    """What a one-time link is for."""
    kind = people.links.kind(token)
    if kind is None:
        request.app.state.guard.wrong_key(request)
        raise NotFound("This link does not work (any more).", fix="Ask for a new one.")
    return LinkState(kind=kind)


@router.post("/links", status_code=201)
@guarded(Permission.PUBLIC, max_body=_SMALL)
def redeem(wanted: Redeem, request: Request, response: Response, people: PeopleDep) -> Session:
    """Set a password with a one-time link, and sign in."""
    check_origin(request)
    return _entered(request, response, people, redeemed(wanted, request, people))


def redeemed(wanted: Redeem, request: Request, people: People) -> SignedIn:
    """Use up a link.

    Raises:
        Unauthorised: It does not work (any more).
        BadRequest: Something is missing, or the password is too weak.
    """
    kind = people.links.kind(wanted.token)
    if kind is None or kind is LinkKind.DEMO:
        request.app.state.guard.wrong_key(request)
        raise Unauthorised("This link does not work (any more).", fix="Ask for a new one.")
    if kind is LinkKind.OWNER:
        login, name = check_owner_fields(wanted.login, wanted.name)
        user_id = people.links.set_owner(wanted.token, login, name, wanted.password)
    else:
        user_id = people.links.set_password(wanted.token, wanted.password)
        if people.directory.user(Scope.everything(), user_id).second_factor:
            raise SecondFactorStays("The password is set.", fix="Now sign in with it and a code.")
    return people.sign_in.open(user_id, "link", browser_of(request))


class SecondFactorStays(Unauthorised):
    """A link sets a password; it does not stand in for the second factor."""


@router.put("/account/password", status_code=204)
@guarded(Permission.OWN_ACCOUNT, max_body=_SMALL)
def change_password(change: PasswordChange, who: PrincipalDep, people: PeopleDep) -> None:
    """Change one's own password; all other sessions end."""
    people.sign_in.change_password(who, change.old, change.new)


@router.get("/account/sessions")
@guarded(Permission.OWN_ACCOUNT)
def list_sessions(who: PrincipalDep, people: PeopleDep) -> list[SessionView]:
    """One's own sessions, newest first."""
    return list(people.sessions.listed(who))


@router.delete("/account/sessions", status_code=204)
@guarded(Permission.OWN_ACCOUNT)
def end_other_sessions(who: PrincipalDep, people: PeopleDep) -> None:
    """End all of one's own sessions but this one."""
    people.sessions.end_others(who)


@router.delete("/account/sessions/{session_id}", status_code=204)
@guarded(Permission.OWN_ACCOUNT)
def end_session(session_id: UUID, who: PrincipalDep, people: PeopleDep) -> None:
    """End one of one's own sessions."""
    people.sessions.end(who, session_id)


@router.post("/account/second-factor", status_code=201)
@guarded(Permission.OWN_ACCOUNT, max_body=_SMALL)
def begin_second_factor(own: OwnPassword, who: PrincipalDep, people: PeopleDep) -> SecondFactorBegun:
    """Begin to set up a second factor; it is asked for only after the first code was confirmed."""
    seed = people.second_factor.begin(who, own.password)
    return SecondFactorBegun(secret=seed.secret, uri=seed.uri)


@router.put("/account/second-factor")
@guarded(Permission.OWN_ACCOUNT, max_body=_SMALL)
def confirm_second_factor(confirmed: SecondFactorCode, who: PrincipalDep, people: PeopleDep) -> RecoveryCodes:
    """Switch the second factor on with a first code."""
    return RecoveryCodes(recovery_codes=people.second_factor.confirm(who, confirmed.code))


@router.post("/account/second-factor/remove", status_code=204)
@guarded(Permission.OWN_ACCOUNT, max_body=_SMALL)
def remove_second_factor(own: OwnPassword, who: PrincipalDep, people: PeopleDep) -> None:
    """Switch the second factor off."""
    people.second_factor.remove(who, own.password)


@router.get("/tokens")
@guarded(Permission.OWN_ACCOUNT)
def list_tokens(who: PrincipalDep, people: PeopleDep) -> list[TokenView]:
    """One's own tokens that work, newest first."""
    return list(people.tokens.listed(who))


@router.post("/tokens", status_code=201)
@guarded(Permission.OWN_ACCOUNT, max_body=_SMALL)
def make_token(wanted: TokenWanted, who: PrincipalDep, people: PeopleDep) -> TokenMade:
    """Make a token for a script; it acts as the caller."""
    made = people.tokens.make(who, wanted.name, wanted.permissions, timedelta(days=wanted.days))
    return TokenMade(token=made.view, secret=made.secret)


@router.delete("/tokens/{token_id}", status_code=204)
@guarded(Permission.OWN_ACCOUNT)
def revoke_token(token_id: UUID, who: PrincipalDep, people: PeopleDep) -> None:
    """End one of one's own tokens."""
    people.tokens.revoke(who, token_id)
