"""What anybody may do without signing in: read a notice, object, read the answer."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from siaga.core.clock import IdFactory
from siaga.db import Database
from siaga.privacy.notices import Contest, Facts, Notice, contest, contest_behind, facts_of, notice_behind


class Limiter(Protocol):
    """Counts uses."""

    def take(self, key: str) -> None:
        """Count one; raises an error of the tree with status 429 when there were too many."""


class PublicNotices:
    """Published notices of one archive. Addresses are counted in memory and never kept.

    Args:
        public_key: The service's, for whoever checks a pack.
        of_sender: Contests of one address.
        of_reader: References that one address asked for: they cannot be guessed through.
        of_notice: Contests of one site, of whatever address.
    """

    def __init__(
        self,
        database: Database,
        new_id: IdFactory,
        public_key: str,
        *,
        of_sender: Limiter,
        of_reader: Limiter,
        of_notice: Limiter,
    ) -> None:
        self._database = database
        self._new_id = new_id
        self.public_key = public_key
        self._of_sender = of_sender
        self._of_reader = of_reader
        self._of_notice = of_notice

    def read(self, public_id: str, now: datetime) -> tuple[Notice, Facts]:
        """A notice and what the service knows of its site.

        Raises:
            NotFound: There is none, or it is not published.
        """
        with self._database.reading() as connection:
            notice = notice_behind(connection, public_id)
            return notice, facts_of(connection, notice.site, now)

    def contest(self, public_id: str, text: str, language: str, address: str, now: datetime) -> Contest:
        """Object to something.

        Raises:
            NotFound: There is no such notice.
            BadRequest: There is no text.
        """
        self._of_sender.take(address)
        with self._database.writing() as connection:
            notice = notice_behind(connection, public_id)
            self._of_notice.take(notice.public_id)
            return contest(connection, notice, self._new_id(), text, language, now)

    def answer(self, public_id: str, reference: str, address: str) -> Contest:
        """What became of it.

        Raises:
            NotFound: There is no such notice or reference.
        """
        self._of_reader.take(address)
        with self._database.reading() as connection:
            return contest_behind(connection, notice_behind(connection, public_id), reference)
