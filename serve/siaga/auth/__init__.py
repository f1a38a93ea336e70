"""Who may come in and do what: people, devices, and the permission that every route declares."""

from siaga.auth.guard import Guard
from siaga.auth.people import People
from siaga.auth.policy import GuardedRoute, check_policies, guarded

__all__ = [
    "Guard",
    "GuardedRoute",
    "People",
    "check_policies",
    "guarded",
]
