"""Signing in at an OpenID provider: code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636).

The provider says who somebody is; what that person may do stays here. An account is made here first; its name
to sign in with is the e-mail address that the provider has verified. From the first time on, the provider's
own name of the person (issuer and subject) counts.
"""

import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import delete, select, update

from siaga.auth.secrets import hashed
from siaga.core.clock import Clock, random_token
from siaga.core.errors import ConfigError, SiagaError, Unauthorised
from siaga.db import Database
from siaga.db.tables.people import oidc_attempts, users

_LIFE = timedelta(minutes=10)
_TIMEOUT_S = 10.0
_LEEWAY_S = 60
_FRESH_S = 3600.0
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ProviderFailed(SiagaError):
    """The OpenID provider does not answer as it should."""

    http_status = 502


@dataclass(frozen=True, slots=True)
class OidcOptions:
    """A provider.

    Attributes:
        issuer: Its address; ``/.well-known/openid-configuration`` lies below.
        name: To show on the sign-in page.

    Raises:
        ConfigError: The issuer is not an https address (http is for loopback only).
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str = "OpenID"

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ConfigError("An OpenID provider's address starts with https://.", where=self.issuer)


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and the state that its cookie holds meanwhile."""

    url: str
    state: str = field(repr=False)


class OidcSignIn:
    """Sends people to the provider and takes them back.

    Args:
        redirect_uri: The address of this service that the provider sends people back to.
        make_client: Opens a client for requests to the provider.
    """

    def __init__(
        self,
        options: OidcOptions,
        redirect_uri: str,
        database: Database,
        clock: Clock,
        make_client: Callable[[], httpx.Client] = lambda: httpx.Client(timeout=_TIMEOUT_S),
    ) -> None:
        self.options = options
        self._redirect_uri = redirect_uri
        self._database = database
        self._clock = clock
        self._make_client = make_client
        self._lock = threading.Lock()
        self._told: tuple[float, Mapping[str, Any], KeySet] | None = None

    def begin(self) -> Begun:
        """Start a sign-in.

        Raises:
            ProviderFailed: The provider does not answer.
        """
        about, _ = self._provider()
        state, nonce, verifier = random_token(), random_token(), random_token()
        now = self._clock.utc()
        row = {"state": hashed(state), "nonce": nonce, "verifier": verifier, "expires_at": now + _LIFE}
        with self._database.writing() as connection:
            connection.execute(delete(oidc_attempts).where(oidc_attempts.c.expires_at <= now))
            connection.execute(oidc_attempts.insert().values(row))
        parameters = {
            "response_type": "code",
            "client_id": self.options.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid email",
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),  # type: ignore[no-untyped-call]
            "code_challenge_method": "S256",
        }
        url = add_params_to_uri(about["authorization_endpoint"], list(parameters.items()))
        return Begun(str(url), state)

    def finish(self, state: str, cookie: str | None, code: str, issuer: str | None = None) -> UUID:
        """Whose sign-in this is.

        Args:
            state: As the provider gives it back.
            cookie: The state that the browser was given at the start.
            issuer: The parameter ``iss`` (RFC 9207), if the provider sends it.

        Raises:
            Unauthorised: It was not begun by this browser, is too old, was finished before, is not signed by
                the provider, or nobody here belongs to it.
            ProviderFailed: The provider does not answer.
        """
        if cookie is None or not hmac.compare_digest(state.encode(), cookie.encode()):
            raise Unauthorised("This sign-in was not begun in this browser.", fix="Begin again.")
        if issuer is not None and issuer != self.options.issuer:
            raise Unauthorised("This sign-in comes from another provider.", fix="Begin again.")
        nonce, verifier = self._use(state)
        claims = self._claims(self._exchange(code, verifier), nonce)
        return self._user(claims)

    def _use(self, state: str) -> tuple[str, str]:
        table = oidc_attempts.c
        with self._database.writing() as connection:
            row = connection.execute(
                select(table.nonce, table.verifier).where(
                    table.state == hashed(state), table.expires_at > self._clock.utc()
                )
            ).one_or_none()
            gone = connection.execute(delete(oidc_attempts).where(table.state == hashed(state)))
        if row is None or gone.rowcount != 1:
            raise Unauthorised("This sign-in is too old or was finished before.", fix="Begin again.")
        return row.nonce, row.verifier

    def _exchange(self, code: str, verifier: str) -> Mapping[str, Any]:
        about, _ = self._provider()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        basic = httpx.BasicAuth(self.options.client_id, self.options.client_secret)
        try:
            with self._make_client() as client:
                answer = client.post(about["token_endpoint"], data=form, auth=basic)
        except httpx.HTTPError as error:
            raise _failed() from error
        if answer.status_code >= 500:
            raise _failed()
        if answer.status_code != 200:
            raise Unauthorised("The provider refuses this sign-in.", fix="Begin again.")
        return _json(answer)

    def _claims(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        _, keys = self._provider()
        wanted = {
            "iss": {"essential": True, "value": self.options.issuer},
            "aud": {"essential": True, "value": self.options.client_id},
        }
        more = {
            "nonce": nonce,
            "client_id": self.options.client_id,
            "access_token": token.get("access_token"),
        }
        try:
            signed = jwt.decode(str(token.get("id_token")), keys, algorithms=_ALGORITHMS)
            claims = CodeIDToken(signed.claims, signed.header, wanted, more)
            claims.validate(now=int(self._clock.utc().timestamp()), leeway=_LEEWAY_S)
        except (JoseError, ValueError) as error:
            self._told = None
            raise Unauthorised("The provider's answer is not valid.", fix="Begin again.") from error
        return dict(claims)

    def _user(self, claims: Mapping[str, Any]) -> UUID:
        subject = f"{claims['iss']}#{claims['sub']}"
        email = str(claims.get("email") or "").casefold()
        with self._database.writing() as connection:
            known: UUID | None = connection.execute(
                select(users.c.id).where(users.c.oidc_subject == subject)
            ).scalar_one_or_none()
            if known is not None:
                return known
            if claims.get("email_verified") is not True or not email:
                raise Unauthorised("The provider has not verified your e-mail address.")
            found = connection.execute(
                update(users)
                .where(users.c.login == email, users.c.oidc_subject.is_(None))
                .values(oidc_subject=subject)
                .returning(users.c.id)
            ).scalar_one_or_none()
        if found is None:
            raise Unauthorised("You have no account here.", fix="Ask who manages the users.")
        return UUID(str(found))

    def _provider(self) -> tuple[Mapping[str, Any], KeySet]:
        """What the provider says of itself, and its keys; asked for again after an hour or a fault."""
        with self._lock:
            now = self._clock.monotonic()
            if self._told is None or now - self._told[0] > _FRESH_S:
                about = self._fetch(f"{self.options.issuer.rstrip('/')}/.well-known/openid-configuration")
                if about.get("issuer") != self.options.issuer:
                    raise _failed()
                try:
                    keys = KeySet.import_key_set(self._fetch(about["jwks_uri"]))  # type: ignore[arg-type]
                except (JoseError, KeyError, ValueError) as error:
                    raise _failed() from error
                self._told = (now, about, keys)
            return self._told[1], self._told[2]

    def _fetch(self, url: str) -> dict[str, Any]:
        try:
            with self._make_client() as client:
                answer = client.get(url)
                answer.raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _failed() from error
        return _json(answer)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError as error:
        raise _failed() from error
    if not isinstance(told, dict):
        raise _failed()
    return told


def _failed() -> ProviderFailed:
    return ProviderFailed(
        "The OpenID provider does not answer as it should.", fix="Sign in by password, or later."
    )
