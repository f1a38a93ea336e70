"""Complete evidence bytes in an S3-compatible store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from siaga.archive.evidence import PREFIXES, path_of
from siaga.core.errors import ConfigError, DependencyMissing, StorageError

_PIECE = 1 << 20
_WHOLE = 64 << 20
"""Up to this size an object is sent in one request, which can be create-only; it is in memory then."""
_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "access_key_id",
    "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_SESSION_TOKEN": "session_token",
    "AWS_REGION": "region",
    "AWS_ENDPOINT_URL": "endpoint",
}
_RETRY: Any = {
    "max_retries": 5,
    "retry_timeout": timedelta(seconds=30),
    "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=3), "base": 2},
}


class EvidenceObjects:
    """An ``EvidenceStore`` in a bucket.

    Objects are put create-only (``If-None-Match: *``), with a sha256 that the server checks; those over
    64 MiB in parts, which no server makes create-only: there the same bytes may be written twice.

    Args:
        url: ``s3://BUCKET/FOLDER``.
        environment: ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``; ``AWS_ENDPOINT_URL``
            for a store that is not Amazon's.

    Raises:
        ConfigError: The URL is of another form.
        DependencyMissing: The client is not installed.
    """

    def __init__(self, url: str, environment: Mapping[str, str] = os.environ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.hostname or parts.username or parts.query:
            raise ConfigError(
                "The evidence store's address cannot be read.",
                fix="Give s3://BUCKET/FOLDER, and keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            )
        try:
            import obstore
            from obstore.store import S3Store
        except ModuleNotFoundError as error:
            raise DependencyMissing("The S3 client is not installed.", fix="Install siaga[s3].") from error
        self._client = obstore
        self._where = url
        config: Any = {name: environment[key] for key, name in _SETTINGS.items() if environment.get(key)}
        plain = config.get("endpoint", "").startswith("http://")
        with self._translated():
            self._store = S3Store(
                parts.hostname,
                prefix=parts.path.strip("/") or None,
                config={"region": "us-east-1", "checksum_algorithm": "SHA256"} | config,
                client_options={"allow_http": plain, "timeout": "60s"},
                retry_config=_RETRY,
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (self._client.exceptions.BaseError, OSError) as error:
            # What is not there, the client tells as FileNotFoundError.
            raise StorageError(
                f"The evidence store cannot be used ({type(error).__name__}).",
                where=self._where,
                fix="Check that it runs, the bucket, and the keys' rights.",
            ) from error

    def place(self, part: Path, sha256: str, media_type: str) -> None:
        path, size = path_of(sha256), part.stat().st_size
        attributes: Any = {"Content-Type": media_type}
        with self._translated():
            if size > _WHOLE:
                self._client.put(self._store, path, part, attributes=attributes)
                return
            try:
                self._client.put(
                    self._store, path, part, attributes=attributes, mode="create", use_multipart=False
                )
            except self._client.exceptions.AlreadyExistsError:
                self._refuse_other_size(path, size)

    def _refuse_other_size(self, path: str, size: int) -> None:
        found = self._client.head(self._store, path)["size"]
        if found != size:
            raise StorageError(
                f"The evidence store holds {found} bytes where {size} belong.",
                where=path,
                fix="Find out who else writes into this bucket, and remove the object.",
            )

    def read(self, path: str, start: int, stop: int) -> Iterator[bytes]:
        if stop <= start:
            return iter(())
        with self._translated():
            answer = self._client.get(self._store, path, options={"range": (start, stop)})

        def pieces() -> Iterator[bytes]:
            with self._translated():
                for piece in answer.stream(min_chunk_size=_PIECE):
                    yield bytes(piece)

        return pieces()

    def remove(self, path: str) -> None:
        with self._translated():
            self._client.delete(self._store, path)

    def prefixes(self) -> Iterable[str]:
        return PREFIXES

    def listing(self, prefix: str) -> frozenset[str]:
        with self._translated():
            found = self._client.list(self._store, prefix)
            return frozenset(str(one["path"]) for some in found for one in some)

    def check(self) -> None:
        with self._translated():
            next(iter(self._client.list(self._store, PREFIXES[0], chunk_size=1)), None)
