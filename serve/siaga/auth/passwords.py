"""Passwords: which are taken, how they are kept and checked (argon2id, parameters of RFC 9106 §4)."""

import secrets
import threading
from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from siaga.core.errors import BadRequest

MIN_LENGTH = 12
MAX_LENGTH = 256
_GUESSES = 10**8
"""zxcvbn's "safely unguessable" by attempts against a service that slows them down."""
_WEIGHED = 72
_AT_ONCE = 2
_OWN_WORDS = ("siaga", "password", "safety", "admin", "owner", "construction")


class Passwords:
    """Hashes and checks passwords; each takes 64 MiB for a moment, so only two at a time.

    Args:
        hasher: argon2-cffi's, with its parameters.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        # zxcvbn keeps the words of the user in a table of its module.
        self._weighing = threading.Lock()
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: str, about: Sequence[str] = ()) -> str:
        """What is kept of a new password.

        Args:
            about: Words that it must not consist of, such as the user's name.

        Raises:
            BadRequest: It is too short, too long, or among those that are guessed first.
        """
        if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
            raise BadRequest(
                f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.",
                fix="Take a few words that do not belong together.",
            )
        if self._guesses(password, about) < _GUESSES:
            raise BadRequest(
                "This password is among those that are guessed first.",
                fix="Take a few words that do not belong together.",
            )
        return self.hash_again(password)

    def hash_again(self, password: str) -> str:
        """What is kept of a password that is in use already, with the parameters of today."""
        with self._turns:
            return self._hasher.hash(password)

    def is_right(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; takes the same time where there is none (``kept`` None)."""
        with self._turns:
            try:
                self._hasher.verify(kept or self._nobodys, password)
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether it was hashed with other parameters than those of today."""
        return self._hasher.check_needs_rehash(kept)

    def _guesses(self, password: str, about: Sequence[str]) -> float:
        with self._weighing:
            return float(zxcvbn(password[:_WEIGHED], [*_OWN_WORDS, *about])["guesses"])
