"""The public notice of a site, and what people object to: without a name, an address or an account."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, update

from siaga.access import Scope
from siaga.core.canonical import canonical_json
from siaga.core.errors import BadRequest, Conflict, NotFound
from siaga.db.statements import within
from siaga.db.tables.archive import cameras, violations
from siaga.db.tables.proof import contests, notices
from siaga.db.tables.review import reviews
from siaga.privacy.policy import Policy, policy_of, require_site

REPLY_DAYS = 14
FEWEST = 5
"""Below so many reviewed events no share is told: it would speak of single people."""
LANGUAGES = ("en", "id")
_MEASURED = timedelta(days=90)
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Words:
    """What a site says itself, in one language: why it watches, and whom to ask."""

    why: str
    contact: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A site's notice. ``public_id``: in its address; says nothing of the site."""

    site: str
    public_id: str
    published: bool
    texts: Mapping[str, Words]
    reply_days: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the service knows of the site.

    Attributes:
        reviewed: Events of the last 90 days that people judged; None: too few to be told.
        wrong_share: The part of them that were false alarms, 0..1; None with it.
    """

    cameras: tuple[str, ...]
    zones: tuple[str, ...]
    policy: Policy
    reviewed: int | None
    wrong_share: float | None


@dataclass(frozen=True, slots=True)
class Contest:
    """Something that somebody objects to."""

    id: UUID
    reference: str
    site: str
    language: str
    text: str
    received_at: datetime
    due_at: datetime
    state: str
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


def save_notice(
    connection: Connection,
    site: str,
    texts: Mapping[str, Words],
    scope: Scope,
    *,
    published: bool,
    reply_days: int,
    at: datetime,
    by: str,
) -> Notice:
    """Write a site's notice; its address stays the same.

    Raises:
        NotFound: The site is outside the scope, or not known.
        BadRequest: A language that there is no page in, or English is missing.
    """
    require_site(connection, site, scope)
    if "en" not in texts or set(texts) - set(LANGUAGES):
        raise BadRequest(f"A notice has English and may have {LANGUAGES[1:]}.", fix="Give those.")
    values = {
        "published": published,
        "texts": canonical_json({name: [words.why, words.contact] for name, words in texts.items()}).decode(),
        "reply_days": reply_days,
        "changed_at": at,
        "changed_by": by,
    }
    known = connection.execute(select(notices.c.site).where(notices.c.site == site)).first()
    if known is None:
        public_id = _letters(16)
        connection.execute(insert(notices).values(values | {"site": site, "public_id": public_id}))
    else:
        connection.execute(update(notices).where(notices.c.site == site).values(values))
    return notice_of(connection, site, scope)


def notice_of(connection: Connection, site: str, scope: Scope) -> Notice:
    """A site's notice, published or not.

    Raises:
        NotFound: There is none in the scope.
    """
    wanted = select(notices).where(notices.c.site == site, within(scope, notices.c.site))
    return _notice(connection.execute(wanted).one_or_none())


def notice_behind(connection: Connection, public_id: str) -> Notice:
    """The published notice of an address.

    Raises:
        NotFound: There is none.
    """
    wanted = select(notices).where(notices.c.public_id == public_id, notices.c.published.is_(True))
    return _notice(connection.execute(wanted).one_or_none())


def _notice(row: Row[Any] | None) -> Notice:
    if row is None:
        raise NotFound("No such notice.")
    texts = {name: Words(*told) for name, told in json.loads(row.texts).items()}
    return Notice(row.site, row.public_id, row.published, texts, row.reply_days)


def facts_of(connection: Connection, site: str, now: datetime) -> Facts:
    """What a notice says without anybody writing it."""
    names = connection.scalars(select(cameras.c.camera).where(cameras.c.site == site).order_by("camera"))
    zones = connection.scalars(
        select(violations.c.zone)
        .where(violations.c.site == site, violations.c.zone.is_not(None))
        .distinct()
        .order_by(violations.c.zone)
    )
    judged = select(func.count()).where(
        reviews.c.site == site,
        reviews.c.at >= now - _MEASURED,
        reviews.c.verdict.in_(("confirmed", "false_alarm")),
    )
    reviewed = connection.scalar(judged) or 0
    wrong = connection.scalar(judged.where(reviews.c.verdict == "false_alarm")) or 0
    told = reviewed >= FEWEST
    return Facts(
        tuple(names),
        tuple(zone for zone in zones if zone),
        policy_of(connection, site),
        reviewed if told else None,
        wrong / reviewed if told else None,
    )


def contest(
    connection: Connection, notice: Notice, contest_id: UUID, text: str, language: str, at: datetime
) -> Contest:
    """Take an objection; the reference is all that leads back to it.

    Raises:
        BadRequest: There is no text.
    """
    said = text.strip()
    if not said or "\0" in said:
        raise BadRequest("There is no text.", fix="Say what you object to.")
    reference = "-".join((_letters(4), _letters(4), _letters(4)))
    connection.execute(
        insert(contests).values(
            id=contest_id,
            reference=reference,
            site=notice.site,
            language=language if language in LANGUAGES else "en",
            text=said,
            received_at=at,
            due_at=at + timedelta(days=notice.reply_days),
            state="open",
        )
    )
    return contest_behind(connection, notice, reference)


def contest_behind(connection: Connection, notice: Notice, reference: str) -> Contest:
    """What became of an objection.

    Raises:
        NotFound: No such reference at this site.
    """
    plain = reference.strip().upper().replace("O", "0").replace("I", "1").replace("L", "1")
    wanted = select(contests).where(contests.c.reference == plain, contests.c.site == notice.site)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFound("No such reference.")
    return Contest(**row._asdict())


def contests_of(connection: Connection, scope: Scope, state: str | None, limit: int) -> list[Contest]:
    """Objections of the scope, the one that is due first first."""
    wanted = select(contests).where(within(scope, contests.c.site))
    if state is not None:
        wanted = wanted.where(contests.c.state == state)
    rows = connection.execute(wanted.order_by(contests.c.due_at, contests.c.id).limit(limit))
    return [Contest(**row._asdict()) for row in rows]


def answer(
    connection: Connection, contest_id: UUID, text: str, scope: Scope, *, at: datetime, by: str
) -> Contest:
    """Answer an objection; whoever has the reference reads it.

    Raises:
        NotFound: There is none in the scope.
        Conflict: It was answered before.
    """
    wanted = select(contests).where(contests.c.id == contest_id, within(scope, contests.c.site))
    row = connection.execute(wanted.with_for_update()).one_or_none()
    if row is None:
        raise NotFound("No such contest.", where=f"contest {contest_id}")
    if row.state != "open":
        raise Conflict("It was answered before.", where=f"contest {contest_id}")
    connection.execute(
        update(contests)
        .where(contests.c.id == contest_id)
        .values(state="answered", answer=text, answered_by=by, answered_at=at)
    )
    return Contest(**connection.execute(wanted).one()._asdict())


def _letters(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))
