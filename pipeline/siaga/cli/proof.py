"""``siaga archive pack``, ``prove`` and ``sweep``: what leaves the archive, and what it can show."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from siaga.cli.archive import _DATA, Data, DatabaseUrl, EvidenceUrl, _options
from siaga.core.errors import BadRequest, Conflict, StorageError

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def pack(
    to: Annotated[Path, typer.Argument(help="The zip to write; must not exist.")],
    site: Annotated[str, typer.Option(help="Name of the site.")],
    since: Annotated[datetime, typer.Option(formats=_FORMATS, help="Violations that began from here on.")],
    until: Annotated[datetime, typer.Option(formats=_FORMATS, help="And before this.")],
    purpose: Annotated[
        str, typer.Option(help="inspection, investigation, subject_access or disciplinary.")
    ] = "inspection",
    camera: Annotated[str | None, typer.Option(help="Only of this camera.", show_default=False)] = None,
    time_zone: Annotated[str, typer.Option(help="IANA name; of the span and of the page's times.")] = "UTC",
    by: Annotated[
        str, typer.Option(help="Who makes it; stands in the pack and in the access log.")
    ] = "owner",
    data: Data = _DATA,
    database: DatabaseUrl = None,
    evidence: EvidenceUrl = None,
) -> None:
    """Write an inspector pack: one zip that opens offline, with its own verifier. The service may run."""
    options = _options(data, database, evidence)
    from siaga.access import AuditEntry, Principal, Scope
    from siaga.api.maintenance import stores_to_read
    from siaga.audit import AuditLog
    from siaga.cli.console import counting
    from siaga.core.clock import SystemClock
    from siaga.proof import KEY_FILE, ProofChain, load_or_make_key
    from siaga.proof.pack import FolderDocuments, Packer, Purpose, Selection

    if purpose not in set(Purpose):
        raise BadRequest(f"{purpose} is no purpose.", fix=f"Give one of {', '.join(Purpose)}.")
    zone, now = _zone(time_zone), SystemClock().utc()
    selection = Selection(site, since.replace(tzinfo=zone), until.replace(tzinfo=zone), camera)
    with stores_to_read(options) as stores, counting("Packing") as tell:
        key = load_or_make_key(data / KEY_FILE)
        papers = FolderDocuments(data / "documents")
        packer = Packer(stores.database, stores.evidence, papers, ProofChain(key), key)
        try:
            with to.open("xb") as file:
                packer.make(
                    file,
                    selection,
                    Scope.everything(),
                    now=now,
                    made_by=by,
                    purpose=Purpose(purpose),
                    zone=zone,
                    progress=lambda _done, _all: tell(1),
                )
        except FileExistsError as error:
            raise Conflict("There is such a file.", where=str(to), fix="Give another name.") from error
        except BaseException:
            to.unlink(missing_ok=True)
            raise
        entry = AuditEntry(Principal(None, by), "pack.make", f"site/{site}", site, now, {"purpose": purpose})
        AuditLog(stores.database).record(None, entry)
    typer.echo(
        f"{to}: {to.stat().st_size} bytes. Check it with: python verify.py {to} --key {key.public_key}"
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadRequest(f"There is no time zone {name}.", fix="Give e.g. Asia/Singapore.") from error


def prove(
    data: Data = _DATA,
    database: DatabaseUrl = None,
    evidence: EvidenceUrl = None,
    key: Annotated[
        list[str] | None, typer.Option(help="Another public key of the service (an earlier one).")
    ] = None,
) -> None:
    """Compare everything with the chains of hashes, byte by byte; exit code 5 if something is wrong."""
    options = _options(data, database, evidence)
    from siaga.api.maintenance import stores_to_read
    from siaga.proof import KEY_FILE, load_or_make_key
    from siaga.proof.anchors import ANCHOR_FILE, AnchorFile
    from siaga.proof.check import check_archive

    with stores_to_read(options) as stores, stores.database.reading() as connection:
        keys = [load_or_make_key(data / KEY_FILE).public_key, *(key or [])]
        anchors = AnchorFile(data / ANCHOR_FILE).read()
        found = check_archive(connection, keys, evidence_store=stores.evidence, anchors=anchors)
    for problem in found.problems:
        typer.echo(problem)
    typer.echo(f"{found.entries} entries, {found.unsigned} of them not signed yet.")
    if found.problems:
        raise StorageError(
            f"{len(found.problems)} things are not as the chains say.",
            fix="Keep the archive as it is, and compare with a backup.",
        )


def sweep(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    allow_mass: Annotated[
        bool, typer.Option("--allow-mass", help="Delete also where that is very much at once.")
    ] = False,
    compact: Annotated[
        bool,
        typer.Option("--compact", help="Then rewrite the database: no trace stays in its files."),
    ] = False,
    data: Data = _DATA,
    database: DatabaseUrl = None,
    evidence: EvidenceUrl = None,
) -> None:
    """Delete what retention policies let go; a running service does so every hour. It must not run now."""
    options = _options(data, database, evidence)
    from siaga.access import Scope
    from siaga.api.opening import opened_stores
    from siaga.core.clock import SystemClock, uuid7_factory
    from siaga.privacy.scrub import scrub
    from siaga.privacy.sweeper import Sweeper
    from siaga.proof import ProofChain
    from siaga.review.thumbnails import Thumbnails

    clock = SystemClock()
    with opened_stores(options) as stores:
        thumbnails = Thumbnails(data / "thumbnails")
        sweeper = Sweeper(
            stores.database,
            ProofChain(stores.key),
            stores.archive,
            stores.evidence,
            uuid7_factory(clock),
            thumbnails.remove,
        )
        found = sweeper.run(clock.utc(), Scope.everything(), dry=dry_run, allow_mass=allow_mass)
        if compact and not dry_run:
            scrub(stores.database)
    for one in found:
        typer.echo(
            f"{one.site}: {one.state}, {one.due} of {one.total} due, {one.deleted.violations} deleted"
            f" ({one.policy.name})"
        )
    if any(one.state == "asking" for one in found):
        raise Conflict("A site would lose very much at once.", fix="Look at it; then give --allow-mass.")
