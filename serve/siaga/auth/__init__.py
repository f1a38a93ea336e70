"""Who may do what: keys, sessions, and the permission that every route declares."""

from siaga.auth.guard import Guard
from siaga.auth.keys import FirstStart, Keyring, KeyStore, Kind
from siaga.auth.policy import GuardedRoute, check_policies, guarded

__all__ = [
    "FirstStart",
    "Guard",
    "GuardedRoute",
    "KeyStore",
    "Keyring",
    "Kind",
    "check_policies",
    "guarded",
]
