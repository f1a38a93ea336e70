"""Everything that knows people and devices, put together on one database."""

from dataclasses import dataclass
from typing import Self

from siaga.access import Auditor
from siaga.auth.devices import Devices
from siaga.auth.directory import Directory
from siaga.auth.limiter import SignInLimiter, WrongKeyLimiter
from siaga.auth.links import Links
from siaga.auth.oidc import OidcSignIn
from siaga.auth.passwords import Passwords
from siaga.auth.second_factor import SecondFactor
from siaga.auth.secrets import Vault
from siaga.auth.sessions import Sessions
from siaga.auth.shared import SharedToken
from siaga.auth.signin import SignIn
from siaga.auth.sites import Sites
from siaga.auth.tokens import ApiTokens
from siaga.core.clock import Clock
from siaga.db import Database


@dataclass(frozen=True, slots=True)
class People:
    """Who may come in. All of it blocks (it reads the database).

    Attributes:
        oidc: None: no OpenID provider is set up.
        wrong_keys: Counts wrong tokens, links and codes per address.
        https: Cookies are for https only, whatever the request looks like behind a proxy.
        demo: The page says that one was signed in without a password.
    """

    directory: Directory
    sessions: Sessions
    sign_in: SignIn
    second_factor: SecondFactor
    links: Links
    tokens: ApiTokens
    devices: Devices
    sites: Sites
    shared: SharedToken
    wrong_keys: WrongKeyLimiter
    oidc: OidcSignIn | None = None
    https: bool = False
    demo: bool = False

    @classmethod
    def on(
        cls,
        database: Database,
        clock: Clock,
        auditor: Auditor,
        vault: Vault,
        *,
        oidc: OidcSignIn | None = None,
        https: bool = False,
        demo: bool = False,
        passwords: Passwords | None = None,
    ) -> Self:
        """Everybody who is kept in this database."""
        passwords = passwords or Passwords()
        sessions = Sessions(database, clock, auditor)
        limiter = SignInLimiter(clock)
        second_factor = SecondFactor(database, clock, auditor, vault, passwords, limiter)
        return cls(
            directory=Directory(database, clock, auditor),
            sessions=sessions,
            sign_in=SignIn(database, clock, auditor, passwords, sessions, second_factor, limiter),
            second_factor=second_factor,
            links=Links(database, clock, auditor, passwords),
            tokens=ApiTokens(database, clock, auditor),
            devices=Devices(database, clock, auditor),
            sites=Sites(database, clock, auditor),
            shared=SharedToken(database, clock),
            wrong_keys=WrongKeyLimiter(clock),
            oidc=oidc,
            https=https,
            demo=demo,
        )
