"""Makes an inspector pack: one zip that opens offline and that its own verifier checks."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import IO, Any, Protocol

from sqlalchemy import Connection, select

from siaga.access import Scope
from siaga.core.canonical import canonical_json
from siaga.core.errors import BadRequest, Conflict, NotFound, SiagaError
from siaga.core.event import Event, Evidence, EvidenceStatus
from siaga.db import Database
from siaga.db.tables.archive import cameras as heard_of
from siaga.db.tables.people import enrolled_devices
from siaga.proof import verify
from siaga.proof.chain import ProofChain, checkpoints, entries
from siaga.proof.entry import Kind, time_text
from siaga.proof.key import ServiceKey
from siaga.proof.pack.container import MAX_BYTES, PackFile
from siaga.proof.pack.documents import Documents
from siaga.proof.pack.page import Heading, Picture, Violation, file_name, render, watched
from siaga.proof.pack.rules import RULES
from siaga.proof.pack.selection import Piece, Purpose, Reader, Selection

_README = """\
Siaga inspector pack. Open index.html in any browser; no network is needed.

To check that nothing was changed (Python 3.8 or newer, nothing else to install):

    python verify.py PACK.zip --key KEY

Take verify.py and KEY (the service's public key) from elsewhere than this pack: who could change
the pack could change them too.
"""

Progress = Callable[[int, int], None]


class Bytes(Protocol):
    """Where evidence lies."""

    def read(self, path: str, start: int, stop: int) -> Iterator[bytes]:
        """Complete bytes by the path that their row names, from ``start`` to before ``stop``, in pieces."""


class Packer:
    """Makes packs of one archive.

    Args:
        evidence: Where the bytes lie.
        documents: Papers that records name.
    """

    def __init__(
        self, database: Database, evidence: Bytes, documents: Documents, chain: ProofChain, key: ServiceKey
    ) -> None:
        self._database = database
        self._evidence = evidence
        self._documents = documents
        self._chain = chain
        self._key = key

    def make(
        self,
        file: IO[bytes],
        selection: Selection,
        scope: Scope,
        *,
        now: datetime,
        made_by: str,
        purpose: Purpose,
        zone: tzinfo = UTC,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Write a pack to ``file`` (seekable, empty). The same archive and arguments give the same bytes.

        Args:
            now: Aware; when it is made.
            zone: In which the page shows times.
            progress: Told the bytes of evidence that are in, and of all.

        Returns:
            The manifest without its files.

        Raises:
            NotFound: The site is outside the scope, or not known.
            Conflict: A disciplinary purpose, and a violation that nobody has reviewed.
            BadRequest: The span is empty, or the pack would be too large.
            StorageError: Evidence cannot be read.
        """
        last = self._signed_head(selection, scope, now)
        reader = Reader(self._database, selection, last)
        self._refuse(reader, purpose)
        heading = Heading(selection, now, made_by, purpose, self._key.public_key, zone)
        pack = _Making(PackFile(file), reader, self._evidence, progress or (lambda _done, _all: None))
        try:
            return self._fill(pack, heading, reader, last)
        except BaseException:
            pack.pack.abandon()
            raise

    def _fill(self, pack: _Making, heading: Heading, reader: Reader, last: int) -> dict[str, Any]:
        site = heading.selection.site
        first = reader.first_entry() if last else 1
        pack.pack.add("README.txt", [_README.encode()])
        pack.pack.add("verify.py", [Path(verify.__file__).read_bytes()])
        self._add_chain(pack.pack, site, first, last)
        pack.add_records()
        pack.add_ledger()
        pack.add_evidence()
        documents = self._add_documents(pack)
        deletions = self._deletions(site, first, last)
        cameras = watched(row for _, row in reader.ledger())
        pack.pack.add("index.html", render(heading, cameras, pack.shown(), deletions, documents))
        manifest = self._manifest(heading, first, last, pack.left_out)
        pack.pack.seal(manifest, self._key)
        return manifest

    def _signed_head(self, selection: Selection, scope: Scope, now: datetime) -> int:
        """The number of the newest entry, with a checkpoint under it."""
        with self._database.writing() as connection:
            if not scope.allows(selection.site) or not _is_known(connection, selection.site):
                raise NotFound("No such site.", where=selection.site)
            self._chain.checkpoint(connection, selection.site, now)
            last = max((found.number for found in checkpoints(connection, selection.site)), default=0)
        if selection.until <= selection.since:
            raise BadRequest("The span is empty.", fix="Give an end after the beginning.")
        return last

    def _refuse(self, reader: Reader, purpose: Purpose) -> None:
        if purpose is Purpose.DISCIPLINARY and reader.unreviewed():
            raise Conflict(
                f"{reader.unreviewed()} of these violations were reviewed by nobody.",
                fix="Review them first: what no person has looked at is no ground for discipline.",
            )
        if reader.size() > MAX_BYTES:
            raise BadRequest(
                f"The evidence of this span has {reader.size() / 1e9:.1f} GB; a pack holds 2 GB.",
                fix="Choose a shorter span, or one camera at a time.",
            )

    def _add_chain(self, pack: PackFile, site: str, first: int, last: int) -> None:
        pack.add("chain.jsonl", _lines(entry.line() for entry in self._entries(site, first, last)))
        with self._database.reading() as connection:
            signed = list(checkpoints(connection, site, first - 1, last))
        pack.add("checkpoints.jsonl", _lines(checkpoint.line() for checkpoint in signed))

    def _entries(self, site: str, first: int, last: int) -> Iterator[Any]:
        page = 1000
        for start in range(first, last + 1, page):
            with self._database.reading() as connection:
                part = list(entries(connection, site, start, min(start + page - 1, last)))
            yield from (entry for entry, _ in part)

    def _deletions(self, site: str, first: int, last: int) -> Counter[tuple[str, str]]:
        return Counter(
            (str(entry.about.get("of")), str(entry.about.get("policy")))
            for entry in self._entries(site, first, last)
            if entry.kind is Kind.TOMBSTONE
        )

    def _add_documents(self, pack: _Making) -> dict[str, str | None]:
        named: dict[str, str | None] = {}
        pack.pack.add("devices.json", [canonical_json(self._keys_of(pack.devices))])
        rules = "\n\n".join(f"{rule.title}\n{rule.text}" for rule in RULES.values())
        pack.pack.add("documents/rules.txt", [rules.encode()])
        for sha256 in sorted(pack.configurations):
            found = self._documents.configuration(sha256)
            name = f"documents/configuration-{sha256}.yaml" if found is not None else None
            if found is not None and name is not None:
                pack.pack.add(name, [found])
            named[f"configuration {sha256}"] = name
        for sha256, title in sorted(pack.models.items()):
            found = self._documents.model_card(sha256)
            name = f"documents/model-{sha256}.md" if found is not None else None
            if found is not None and name is not None:
                pack.pack.add(name, [found])
            named[f"model {title}, sha256 {sha256}"] = name
        return named

    def _keys_of(self, devices: Collection[str]) -> dict[str, str]:
        table = enrolled_devices.c
        wanted = select(table.device_id, table.public_key).where(table.device_id.in_(devices))
        with self._database.reading() as connection:
            enrolled = {row.device_id: row.public_key for row in connection.execute(wanted)}
        keys = {device: enrolled.get(device) or self._documents.device_key(device) for device in devices}
        return {device: key for device, key in keys.items() if key}

    def _manifest(self, heading: Heading, first: int, last: int, left_out: dict[str, str]) -> dict[str, Any]:
        selection = heading.selection
        return {
            "format": verify.FORMAT,
            "site": selection.site,
            "since": time_text(selection.since),
            "until": time_text(selection.until),
            "camera": selection.camera,
            "event_ids": [str(event_id) for event_id in selection.event_ids],
            "made_at": time_text(heading.made_at),
            "made_by": heading.made_by,
            "purpose": heading.purpose.value,
            "chain": {"first": first, "last": last},
            "left_out": left_out,
        }


class _Making:
    """A pack under way: what its records named so far."""

    def __init__(self, pack: PackFile, reader: Reader, evidence: Bytes, progress: Progress) -> None:
        self.pack = pack
        self.devices: set[str] = set()
        self.configurations: set[str] = set()
        self.models: dict[str, str] = {}
        self.left_out: dict[str, str] = {}
        self._reader = reader
        self._evidence = evidence
        self._progress = progress
        self._names: dict[str, str | None] = {}

    def add_records(self) -> None:
        """The records as received."""
        self.pack.add("records.jsonl", _lines(self._noted()))

    def _noted(self) -> Iterator[bytes]:
        for body in self._reader.bodies():
            event = Event.model_validate_json(body)
            self.devices.add(event.device_id)
            self.configurations.add(event.config_hash)
            for model in (event.model, *event.classifiers):
                if model is not None:
                    self.models[model.sha256] = model.name
            yield body.encode()

    def add_ledger(self) -> None:
        """The ledger's rows of the span."""
        rows = self._reader.ledger()
        self.pack.add(
            "ledger.jsonl",
            _lines(canonical_json({"device": device} | row.model_dump(mode="json")) for device, row in rows),
        )

    def add_evidence(self) -> None:
        """The bytes that are here, each once."""
        total, done = self._reader.size(), 0
        for records in self._reader.violations():
            named = {
                piece.sha256: (event, piece) for event in records for piece in event.evidence if piece.sha256
            }
            found = self._reader.pieces([sha256 for sha256 in named if sha256 not in self._names])
            for sha256, piece in found.items():
                self._names[sha256] = self._copied(*named[sha256], piece)
                done += piece.bytes
                self._progress(min(done, total), total)

    def _copied(self, event: Event, piece: Evidence, found: Piece) -> str | None:
        if found.path is None:
            return None
        try:
            pieces = self._evidence.read(found.path, 0, found.bytes)
            first = next(pieces, b"")
        except SiagaError:
            self.left_out[found.sha256] = "its bytes could not be read when the pack was made"
            return None
        name = file_name(event, piece)
        self.pack.add(name, itertools.chain([first], pieces))
        return name

    def shown(self) -> Iterator[Violation]:
        """The violations for the page."""
        for records in self._reader.violations():
            pieces: dict[str, Evidence] = {}
            for event in records:
                pieces |= {piece.sha256 or piece.kind.value: piece for piece in event.evidence}
                if any(piece.sha256 for piece in event.evidence):
                    here = {piece.kind.value for piece in event.evidence if piece.sha256}
                    pieces = {key: piece for key, piece in pieces.items() if key not in here}
            pictures = [
                Picture(piece, self._names.get(piece.sha256 or ""), self._status(piece))
                for piece in pieces.values()
            ]
            yield Violation(records[0], records[-1], records, pictures)

    def _status(self, piece: Evidence) -> str:
        if piece.status is not EvidenceStatus.STORED:
            return f"{piece.status.value}{f' ({piece.reason})' if piece.reason else ''}"
        return self.left_out.get(piece.sha256 or "", "not in the archive: it never arrived, or was deleted")


def _is_known(connection: Connection, site: str) -> bool:
    return connection.execute(select(heard_of.c.camera).where(heard_of.c.site == site)).first() is not None


def _lines(lines: Iterator[bytes]) -> Iterator[bytes]:
    return (line + b"\n" for line in lines)
