"""Time stamps (RFC 3161) for checkpoints: somebody else says that they existed then. Optional."""

from __future__ import annotations

import base64
from typing import Any, Protocol

import httpx
from sqlalchemy import Connection, select, update

from siaga.core.errors import DependencyMissing, StorageError
from siaga.db import Database
from siaga.db.tables.proof import proof_checkpoints
from siaga.proof.chain import checkpoint_of

_MOST_BYTES = 64 * 1024


class Authority(Protocol):
    """Who stamps."""

    def stamp(self, data: bytes) -> bytes:
        """An RFC 3161 answer (DER) over the sha256 of ``data``.

        Raises:
            StorageError: There is none to be had now.
        """


class HttpAuthority:
    """A time-stamping authority over HTTP (RFC 3161, section 3.4).

    Sends the sha256 of a checkpoint and nothing else. The answer is checked for its status and for what it is
    about; whether its signer is to be trusted, is for whoever reads it (``openssl ts -verify``).

    Args:
        url: Of the authority.

    Raises:
        DependencyMissing: The extra ``timestamp`` is not installed.
    """

    def __init__(self, url: str, client: httpx.Client) -> None:
        try:
            import rfc3161_client
        except ModuleNotFoundError as error:
            raise DependencyMissing(
                "Time stamps need the package rfc3161-client.", fix="Install siaga[timestamp]."
            ) from error
        self._protocol: Any = rfc3161_client
        self._url = url
        self._client = client

    def stamp(self, data: bytes) -> bytes:
        request = self._protocol.TimestampRequestBuilder().data(data).build()
        headers = {"Content-Type": "application/timestamp-query"}
        try:
            answer = self._client.post(self._url, content=request.as_bytes(), headers=headers)
            answer.raise_for_status()
            told = self._protocol.decode_timestamp_response(answer.content[:_MOST_BYTES])
        except (httpx.HTTPError, ValueError) as error:
            raise StorageError(
                "The time-stamping authority gave no time stamp.", where=self._url, fix="It is asked again."
            ) from error
        granted = told.status in (0, 1)
        if not granted or told.tst_info.message_imprint.message != request.message_imprint.message:
            raise StorageError(
                "The time-stamping authority refused, or stamped something else.",
                where=self._url,
                fix="Ask who runs it.",
            )
        if told.tst_info.nonce != request.nonce:
            raise StorageError("The time stamp is an old one.", where=self._url, fix="Ask who runs it.")
        return bytes(answer.content)


def stamp_newest(database: Database, authority: Authority) -> int:
    """Have the newest checkpoint of every site stamped that is not yet. Returns how many were.

    Raises:
        StorageError: The authority cannot be used now; those that were stamped before stay so.
    """
    with database.reading() as connection:
        waiting = _waiting(connection)
    for checkpoint in waiting:
        stamp = base64.b64encode(authority.stamp(checkpoint.signed())).decode()
        column = proof_checkpoints.c
        with database.writing() as connection:
            connection.execute(
                update(proof_checkpoints)
                .where(column.site == checkpoint.site, column.number == checkpoint.number)
                .values(timestamp=stamp)
            )
    return len(waiting)


def _waiting(connection: Connection) -> list[Any]:
    column = proof_checkpoints.c
    newest = {
        row.site: row
        for row in connection.execute(select(proof_checkpoints).order_by(column.site, column.number))
    }
    return [checkpoint_of(row) for row in newest.values() if row.timestamp is None]
