"""What the routes of the link need, put together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, FastAPI, Request

from siaga.access.audit import Auditor
from siaga.api.deps import NowDep, PrincipalDep, ScopeDep
from siaga.core.clock import Clock, uuid7_factory
from siaga.core.link import Signer
from siaga.db import Database
from siaga.link import Bell, Boxes, Configurations, Models, Previews, SiteOrders, Who


@dataclass(frozen=True, slots=True)
class Link:
    """The parts of ``siaga.link``. ``spool``: a folder for uploads under way."""

    orders: SiteOrders
    configurations: Configurations
    boxes: Boxes
    models: Models
    previews: Previews
    bell: Bell
    clock: Clock
    spool: Path


def add_link(
    app: FastAPI, database: Database, auditor: Auditor, signer: Signer, clock: Clock, spool: Path
) -> None:
    """Give the app what its link routes need.

    Args:
        signer: The service's key, the same in all replicas.
        spool: An existing folder.
    """
    orders = SiteOrders(database, auditor, signer)
    app.state.link = Link(
        orders=orders,
        configurations=Configurations(database, auditor),
        boxes=Boxes(database, auditor),
        models=Models(database, auditor),
        previews=Previews(database, auditor, signer, uuid7_factory(clock)),
        bell=Bell(orders.numbers, lambda: bool(app.state.live.ended)),
        clock=clock,
        spool=spool,
    )


def _link(request: Request) -> Link:
    return cast(Link, request.app.state.link)


def _who(principal: PrincipalDep, scope: ScopeDep, now: NowDep) -> Who:
    return Who(principal, scope, now)


LinkDep = Annotated[Link, Depends(_link)]
WhoDep = Annotated[Who, Depends(_who)]
"""Who asks, where that one may act, and when."""
