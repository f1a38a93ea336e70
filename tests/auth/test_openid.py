"""Signing in at a real OpenID provider, and everything that may be wrong on the way back."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from siaga.access import Role
from siaga.auth.oidc import OidcOptions, OidcSignIn, ProviderFailed
from siaga.auth.views import Held
from siaga.core.clock import SystemClock
from siaga.core.errors import ConfigError, Unauthorised
from tests.auth.conftest import World
from tests.support.openid import CLIENT_ID, CLIENT_SECRET, Provider, openid_provider

BACK = "https://siaga.example/api/v1/openid/callback"
MAI = {"sub": "4711", "email": "Mai@site.example", "email_verified": True}


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider at which Mai signs in."""
    with openid_provider() as running:
        running.redirect_uri = BACK
        running.person = dict(MAI)
        yield running


@pytest.fixture
def sign_in(world: World, provider: Provider) -> OidcSignIn:
    """The way there and back, with an account for Mai."""
    world.add("mai@site.example", Held(role=Role.VIEWER))
    options = OidcOptions(provider.issuer, CLIENT_ID, CLIENT_SECRET)
    return OidcSignIn(options, BACK, world.database, SystemClock())


def _there(sign_in: OidcSignIn) -> tuple[str, str]:
    """State and code with which the provider sends the browser back."""
    answer = httpx.get(sign_in.begin().url)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(BACK)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return query["state"][0], query["code"][0]


def test_the_account_with_the_verified_address_is_found_and_then_known_by_its_subject(
    sign_in: OidcSignIn, provider: Provider, world: World
) -> None:
    mai = world.people.directory.by_login("mai@site.example")
    assert mai is not None
    state, code = _there(sign_in)
    assert sign_in.finish(state, state, code, provider.issuer) == mai.id
    provider.person = MAI | {"email": "changed@site.example", "email_verified": False}
    state, code = _there(sign_in)
    assert sign_in.finish(state, state, code) == mai.id
    provider.person = MAI | {"sub": "somebody else"}
    state, code = _there(sign_in)
    with pytest.raises(Unauthorised, match="no account"):
        sign_in.finish(state, state, code)


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ({"email_verified": False}, "not verified"),
        ({"email": "stranger@site.example"}, "no account"),
        ({"email": None}, "not verified"),
    ],
)
def test_who_has_no_account_here_stays_out(
    sign_in: OidcSignIn, provider: Provider, person: dict[str, object], said: str
) -> None:
    provider.person = MAI | person
    state, code = _there(sign_in)
    with pytest.raises(Unauthorised, match=said):
        sign_in.finish(state, state, code)


def test_a_sign_in_belongs_to_its_browser_and_ends_once(sign_in: OidcSignIn) -> None:
    state, code = _there(sign_in)
    for cookie in (None, "other"):
        with pytest.raises(Unauthorised, match="this browser"):
            sign_in.finish(state, cookie, code)
    with pytest.raises(Unauthorised, match="another provider"):
        sign_in.finish(state, state, code, "https://evil.example")
    sign_in.finish(state, state, code)
    with pytest.raises(Unauthorised, match="finished before"):
        sign_in.finish(state, state, code)
    with pytest.raises(Unauthorised, match="finished before"):
        sign_in.finish("made up", "made up", code)


def test_a_code_works_with_the_sign_in_that_asked_for_it_only(sign_in: OidcSignIn) -> None:
    _, stolen = _there(sign_in)
    state, _ = _there(sign_in)
    with pytest.raises(Unauthorised, match="provider refuses"):
        sign_in.finish(state, state, stolen)


@pytest.mark.parametrize(
    "forged",
    [
        {"nonce": "another"},
        {"aud": "another client"},
        {"iss": "https://evil.example"},
        {"exp": 1},
    ],
)
def test_a_token_for_another_is_refused(
    sign_in: OidcSignIn, provider: Provider, forged: dict[str, object]
) -> None:
    provider.forged = forged
    state, code = _there(sign_in)
    with pytest.raises(Unauthorised, match="not valid"):
        sign_in.finish(state, state, code)


def test_a_token_signed_by_another_key_is_refused(sign_in: OidcSignIn, provider: Provider) -> None:
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "1"})
    state, code = _there(sign_in)
    with pytest.raises(Unauthorised, match="not valid"):
        sign_in.finish(state, state, code)


def test_a_wrong_client_secret_and_an_absent_provider_are_told(world: World, provider: Provider) -> None:
    wrong = OidcOptions(provider.issuer, CLIENT_ID, "wrong")
    sign_in = OidcSignIn(wrong, BACK, world.database, SystemClock())
    state, code = _there(sign_in)
    with pytest.raises(Unauthorised, match="refuses"):
        sign_in.finish(state, state, code)
    away = OidcOptions("http://127.0.0.1:9", CLIENT_ID, CLIENT_SECRET)
    with pytest.raises(ProviderFailed):
        OidcSignIn(away, BACK, world.database, SystemClock()).begin()
    assert CLIENT_SECRET not in repr(away)


def test_a_provider_is_asked_over_https_only() -> None:
    with pytest.raises(ConfigError, match="https"):
        OidcOptions("http://id.example", CLIENT_ID, CLIENT_SECRET)
