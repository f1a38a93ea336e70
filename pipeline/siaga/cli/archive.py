"""``siaga archive``: copy, make anew, bring up to date and check what the service keeps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siaga.core.errors import DependencyMissing, StorageError

if TYPE_CHECKING:
    from siaga.api.opening import ServiceOptions

app = typer.Typer(no_args_is_help=True, help="The service's archive: backup, restore, upgrade, check.")

Data = Annotated[Path, typer.Option("--data", help="The service's data folder.")]
DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database", envvar="SIAGA_DATABASE", help="As for siaga serve.", show_default=False),
]
EvidenceUrl = Annotated[
    str | None,
    typer.Option("--evidence", envvar="SIAGA_EVIDENCE", help="As for siaga serve.", show_default=False),
]
_DATA = Path("var/serve")


def _options(data: Path, database: str | None, evidence: str | None) -> ServiceOptions:
    try:
        from siaga.api.opening import ServiceOptions
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            f"the service needs the package {error.name}", fix="Install it: pip install 'siaga[serve]'"
        ) from error
    return ServiceOptions(data_dir=data, database=database, evidence=evidence)


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(help="Folder for the copy; one of before is brought up to date.")],
    data: Data = _DATA,
    database: DatabaseUrl = None,
    evidence: EvidenceUrl = None,
) -> None:
    """Copy everything into a folder. The service may run meanwhile.

    The copy does not depend on the database: restored elsewhere, it is the way from SQLite to PostgreSQL.
    """
    options = _options(data, database, evidence)
    from siaga.api.maintenance import stores_to_read
    from siaga.archive.backup import back_up
    from siaga.cli.console import counting
    from siaga.core.clock import SystemClock

    with stores_to_read(options) as stores, counting("Copying") as tell:
        made = back_up(stores.database, stores.evidence, to, SystemClock().utc(), tell)
    typer.echo(f"{sum(made.rows.values())} rows and {made.evidence} pieces of evidence are in {to}.")
    if made.missing:
        raise StorageError(
            f"{len(made.missing)} pieces of evidence could not be read; first: {made.missing[0]}.",
            fix="Run siaga archive check.",
        )


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="Folder of a backup.")],
    data: Data = _DATA,
    database: DatabaseUrl = None,
    evidence: EvidenceUrl = None,
) -> None:
    """Make an archive of a backup, in an empty database and evidence store. The service must not run."""
    options = _options(data, database, evidence)
    from siaga.api.opening import opened_stores
    from siaga.archive.backup import restore as restore_backup
    from siaga.cli.console import counting

    with opened_stores(options) as stores, counting("Restoring") as tell:
        made = restore_backup(stores.database, stores.evidence, stores.staging, source, tell)
    typer.echo(f"{sum(made.rows.values())} rows and {made.evidence} pieces of evidence are back.")


@app.command()
def upgrade(data: Data = _DATA, database: DatabaseUrl = None, evidence: EvidenceUrl = None) -> None:
    """Bring the tables to the newest version; the service does the same when it starts."""
    options = _options(data, database, evidence)
    from siaga.api.opening import opened_stores
    from siaga.db.migrate import current, newest
    from siaga.db.migrate import upgrade as bring_up

    with opened_stores(options) as stores:
        with stores.database.reading() as connection:
            before = current(connection)
        bring_up(stores.database)
    typer.echo(f"The tables are those of version {newest()} (before: {before or 'none'}).")


@app.command()
def check(
    data: Data = _DATA,
    database: DatabaseUrl = None,
    evidence: EvidenceUrl = None,
    hashes: Annotated[bool, typer.Option("--hashes", help="Also read all evidence and compare it.")] = False,
) -> None:
    """Look whether records and evidence are what they should be; exit code 5 if not."""
    options = _options(data, database, evidence)
    from siaga.api.maintenance import stores_to_read
    from siaga.archive.inspection import inspect
    from siaga.cli.console import counting

    with stores_to_read(options) as stores, counting("Checking") as tell:
        found = inspect(stores.database, stores.evidence, hashes=hashes, tell=tell)
    for fault in found.faults:
        typer.echo(fault)
    typer.echo(found.model_dump_json(exclude={"faults"}))
    if not found.sound:
        raise StorageError(
            f"{len(found.faults)} things are wrong with the archive.",
            fix="Keep it as it is, and compare with a backup.",
        )
