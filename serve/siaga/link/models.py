"""Model files for boxes: taken in one stream, kept in pieces beside everything else, given out in ranges."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import yaml
from sqlalchemy import delete, func, insert, select

from siaga.access.audit import Auditor
from siaga.core.errors import NotFound
from siaga.db import Database
from siaga.db.statements import within
from siaga.db.tables.link import link_files, link_models, link_pieces
from siaga.link.errors import Unusable
from siaga.link.orders import bump
from siaga.link.views import ModelPage, ModelView
from siaga.link.who import Who

PIECE_BYTES = 1 << 20
LARGEST_BYTES = 1 << 30


class Models:
    """See the module. Every method is bound by the caller's sites. All raise ``StorageError``."""

    def __init__(self, database: Database, auditor: Auditor) -> None:
        self._database = database
        self._auditor = auditor

    def add_file(self, who: Who, sha256: str, data: Iterator[bytes]) -> int:
        """Keep a file; the same again changes nothing. Returns its bytes.

        Args:
            data: The file in chunks of any length.

        Raises:
            Unusable: Its sha256 is another, or it is too large or empty; nothing is kept.
        """
        if (known := self._bytes(sha256)) is not None:
            return known
        digest, total = hashlib.sha256(), 0
        with self._database.writing() as connection:
            connection.execute(delete(link_pieces).where(link_pieces.c.sha256 == sha256))
            for number, piece in enumerate(_pieces(data)):
                digest.update(piece)
                total += len(piece)
                if total > LARGEST_BYTES:
                    raise Unusable(f"A model file has at most {LARGEST_BYTES} bytes.", where=sha256)
                connection.execute(insert(link_pieces).values(sha256=sha256, number=number, data=piece))
            if digest.hexdigest() != sha256 or total == 0:
                raise Unusable("These bytes have another sha256.", where=sha256, fix="Send the file again.")
            row = {"sha256": sha256, "bytes": total, "added_at": who.at, "added_by": who.principal.name}
            connection.execute(insert(link_files).values(row))
            self._auditor.record(
                connection, who.entry("model.add", f"model/{sha256}", None, {"bytes": total})
            )
        return total

    def _bytes(self, sha256: str) -> int | None:
        with self._database.reading() as connection:
            rows = select(link_files.c.bytes).where(link_files.c.sha256 == sha256)
            return connection.execute(rows).scalar_one_or_none()

    def assign(self, who: Who, site: str, manifest: str) -> ModelView:
        """Have the site's boxes fetch the model of ``manifest`` (YAML, as beside every model file).

        A model of the same name is replaced.

        Raises:
            Unusable: It is no manifest, or names a file that is not here.
        """
        who.at_site(site)
        said = _manifest(manifest)
        size = self._bytes(said["sha256"])
        if size is None or size != said["bytes"]:
            raise Unusable(
                "The file that this manifest names is not here.",
                where=said["name"],
                fix=f"Send it first: PUT /api/v1/models/{said['sha256']}",
            )
        row = said | {
            "site": site,
            "manifest": manifest,
            "assigned_at": who.at,
            "assigned_by": who.principal.name,
        }
        with self._database.writing() as connection:
            bump(connection, site, who.at)
            connection.execute(_of(site, said["name"]))
            connection.execute(insert(link_models).values(row))
            details = {"name": said["name"], "sha256": said["sha256"]}
            self._auditor.record(connection, who.entry("model.assign", f"site/{site}", site, details))
        return ModelView.model_validate(row)

    def withdraw(self, who: Who, site: str, name: str) -> None:
        """Boxes need not have it any more.

        Raises:
            NotFound: The site has no such model.
        """
        who.at_site(site)
        with self._database.writing() as connection:
            bump(connection, site, who.at)
            if connection.execute(_of(site, name)).rowcount == 0:
                raise NotFound("No such model at this site.", where=name)
            self._auditor.record(
                connection, who.entry("model.withdraw", f"site/{site}", site, {"name": name})
            )

    def page(self, who: Who, site: str) -> ModelPage:
        """The models of a site, by name."""
        who.at_site(site)
        rows = select(link_models).where(link_models.c.site == site).order_by(link_models.c.name)
        with self._database.reading() as connection:
            found = connection.execute(rows).all()
        return ModelPage(items=tuple(ModelView.model_validate(dict(row._mapping)) for row in found))

    def size(self, who: Who, sha256: str) -> int:
        """Bytes of a file that one of the caller's sites shall have.

        Raises:
            NotFound: None of them shall have it.
        """
        models = select(func.max(link_models.c.bytes)).where(
            link_models.c.sha256 == sha256, within(who.scope, link_models.c.site)
        )
        with self._database.reading() as connection:
            size = connection.execute(models).scalar_one_or_none()
        if size is None:
            raise NotFound("No such model file.", where=sha256)
        return int(size)

    def read(self, sha256: str, offset: int, length: int) -> Iterator[bytes]:
        """At most ``length`` bytes from ``offset`` on; ask ``size`` first."""
        number, skip = divmod(offset, PIECE_BYTES)
        while length > 0:
            rows = select(link_pieces.c.data).where(
                link_pieces.c.sha256 == sha256, link_pieces.c.number == number
            )
            with self._database.reading() as connection:
                piece = connection.execute(rows).scalar_one_or_none()
            if piece is None:
                return
            part = bytes(piece)[skip : skip + length]
            yield part
            number, skip, length = number + 1, 0, length - len(part)


def _of(site: str, name: str) -> Any:
    return delete(link_models).where(link_models.c.site == site, link_models.c.name == name)


def _manifest(text: str) -> dict[str, Any]:
    """Name, sha256 and bytes; the box checks the rest before it uses it."""
    try:
        said = yaml.safe_load(text)
        found = {"name": str(said["name"]), "sha256": str(said["sha256"]), "bytes": int(said["bytes"])}
    except (yaml.YAMLError, TypeError, KeyError, ValueError) as error:
        raise Unusable("This is no model's manifest.", fix="Send the YAML beside the model file.") from error
    return found


def _pieces(data: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for chunk in data:
        held += chunk
        while len(held) >= PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES])
            del held[:PIECE_BYTES]
    if held:
        yield bytes(held)
