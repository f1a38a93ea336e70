"""Full-text search over comments: the same answers on SQLite and PostgreSQL, in ten languages.

Neither database's own search cuts Chinese, Thai, Khmer, Lao or Burmese into words (they write no spaces), so
the words are made here: folded to lower case, Latin letters without accents; for scripts without spaces,
every pair of neighbouring characters. A comment is found when it has, for each word asked for, a word that
begins with it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, insert, select, true

from siaga.db.tables.archive import violations
from siaga.db.tables.review import comment_words

_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF))
_LATIN_MARKS = range(0x0300, 0x0370)
_MAX_WORD = 64
_MAX_WANTED = 16
_LAST = "\U0010ffff"


def words(text: str) -> frozenset[str]:
    """The words of a text as they are kept and looked for."""
    return frozenset(_words(text))


def _words(text: str) -> Iterator[str]:
    folded = "".join(
        c for c in unicodedata.normalize("NFKD", text).casefold() if ord(c) not in _LATIN_MARKS
    ).replace("đ", "d")
    for kind, run in groupby(unicodedata.normalize("NFC", folded), _kind):
        word = "".join(run)
        if kind == "spaced":
            yield word[:_MAX_WORD]
        elif kind == "unspaced":
            yield from (word[i : i + 2] for i in range(max(1, len(word) - 1)))


def _kind(character: str) -> str:
    if unicodedata.category(character)[0] not in "LMN":
        return "between"
    point = ord(character)
    return "unspaced" if any(first <= point <= last for first, last in _UNSPACED) else "spaced"


def index(connection: Connection, comment_id: UUID, event_id: UUID, text: str) -> None:
    """Make a comment findable."""
    rows = [{"word": word, "comment_id": comment_id, "event_id": event_id} for word in sorted(words(text))]
    if rows:
        connection.execute(insert(comment_words), rows)


def matching(text: str) -> ColumnElement[bool]:
    """Events of ``violations`` with a comment that has every word of ``text``, at least as a beginning."""
    wanted = sorted(words(text), key=len, reverse=True)[:_MAX_WANTED]
    if not wanted:
        return true()
    first, *others = wanted
    found = select(comment_words.c.event_id).where(_begins(comment_words.c.word, first))
    for word in others:
        more = comment_words.alias()
        found = found.where(
            select(more.c.word)
            .where(more.c.comment_id == comment_words.c.comment_id, _begins(more.c.word, word))
            .exists()
        )
    return violations.c.event_id.in_(found)


def _begins(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return and_(column >= word, column < word + _LAST)
