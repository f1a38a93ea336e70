"""What an export is for: asked for every time, kept in the access log, and with consequences."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ColumnElement, and_

from siaga.core.errors import Conflict
from siaga.db.tables.review import reviews


class Purpose(StrEnum):
    """Why something leaves the service."""

    TRAINING = "training"
    STATISTICS = "statistics"
    INCIDENT = "incident"
    DISCIPLINARY = "disciplinary"
    INSPECTION = "inspection"


class NotConfirmed(Conflict):
    """Among what is to be exported are events that no person confirmed."""


def confirmed() -> ColumnElement[bool]:
    """Events that a person looked at and confirmed."""
    return and_(reviews.c.verdict.is_not(None), reviews.c.verdict == "confirmed")


def check_purpose(purpose: Purpose, selected: int, confirmed_ones: int) -> None:
    """Refuse to use a machine's word against a person.

    Args:
        selected: How many events are to be exported.
        confirmed_ones: How many of them a person confirmed.

    Raises:
        NotConfirmed: The purpose is disciplinary, and not all of them are confirmed.
    """
    if purpose is Purpose.DISCIPLINARY and confirmed_ones < selected:
        raise NotConfirmed(
            f"{selected - confirmed_ones} of {selected} events were not confirmed by a person.",
            fix="Review them first, or export only those that are confirmed.",
        )
