"""Evidence on its way in: in pieces, resumable, checked against what the event said and its sha256."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from siaga.access import Scope
from siaga.archive.contract import Archive, Blob
from siaga.archive.errors import Busy, EvidenceMismatch, HashMismatch, OffsetMismatch, TooLarge
from siaga.archive.evidence import EvidenceStore, path_of
from siaga.archive.staging import Staging
from siaga.core.clock import Clock
from siaga.core.errors import NotFound

MEDIA_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "video/mp4"})
"""What is taken and served again: nothing that a browser would run."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How much is here."""

    offset: int
    complete: bool


class Upload:
    """One running request that adds bytes. Made by ``Uploads.begin``."""

    def __init__(self, staging: Staging, sha256: str, offset: int, length: int) -> None:
        self._staging = staging
        self._sha256 = sha256
        self._length = length
        self.offset = offset

    def write(self, data: bytes) -> None:
        """Add bytes.

        Raises:
            TooLarge: More than the announced length; what was added before stays.
            StorageError: They could not be written.
        """
        if self.offset + len(data) > self._length:
            raise TooLarge(f"More than the announced {self._length} bytes came.", where=self._sha256)
        self._staging.append(self._sha256, data)
        self.offset += len(data)


class Uploads:
    """Takes evidence into the staging folder and, when it is whole and right, into store and archive.

    Args:
        max_bytes: Largest piece of evidence that is taken.
    """

    def __init__(
        self, archive: Archive, staging: Staging, store: EvidenceStore, clock: Clock, max_bytes: int
    ) -> None:
        self._archive = archive
        self._staging = staging
        self._store = store
        self._clock = clock
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._running: set[str] = set()

    def progress(self, sha256: str, scope: Scope) -> Progress:
        """How much of it is here. A part is known only to the service that received it.

        Raises:
            NotFound: No event names it.
        """
        blob = self._archive.blob(sha256, scope)
        if blob is not None:
            return Progress(blob.bytes, complete=True)
        if self._archive.named(sha256, scope) is None:
            raise NotFound("No event names this evidence.", where=sha256, fix="Send the event first.")
        return Progress(self._staging.received(sha256), complete=False)

    @contextmanager
    def begin(self, sha256: str, offset: int, length: int, media_type: str, scope: Scope) -> Iterator[Upload]:
        """Go on with an upload; only one request at a time may.

        Args:
            offset: Where the client goes on, in bytes.
            length: Of the whole, in bytes.

        Raises:
            NotFound: No event names it.
            EvidenceMismatch: No event gave it this length and media type.
            TooLarge: Longer than is taken.
            OffsetMismatch: The stored part ends elsewhere.
            Busy: Another request is adding to it.
        """
        self._check_form(sha256, length, media_type, scope)
        with self._exclusive(sha256):
            found = self.progress(sha256, scope)
            if found.offset != offset:
                raise OffsetMismatch(
                    f"{found.offset} bytes are stored, not {offset}.",
                    where=sha256,
                    offset=found.offset,
                    complete=found.complete,
                )
            yield Upload(self._staging, sha256, offset, length)

    def _check_form(self, sha256: str, length: int, media_type: str, scope: Scope) -> None:
        named = self._archive.named(sha256, scope)
        if named is None:
            raise NotFound("No event names this evidence.", where=sha256, fix="Send the event first.")
        if length > self._max_bytes:
            raise TooLarge(f"Evidence may have at most {self._max_bytes} bytes.", where=sha256)
        if (length, media_type) not in named.forms or length < 1:
            raise EvidenceMismatch("Length or media type differ from what the event said.", where=sha256)
        if media_type not in MEDIA_TYPES:
            raise EvidenceMismatch(
                f"Evidence of this media type is not taken; {', '.join(sorted(MEDIA_TYPES))} is.",
                where=sha256,
            )

    @contextmanager
    def _exclusive(self, sha256: str) -> Iterator[None]:
        with self._lock:
            if sha256 in self._running:
                raise Busy("Another request is adding to this evidence.", where=sha256, retry_after=1)
            self._running.add(sha256)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(sha256)

    def finish(self, sha256: str, length: int, media_type: str, scope: Scope) -> bool:
        """Keep the evidence if all its bytes are here. Returns whether it is complete.

        To be called inside ``begin``. When it returns True, bytes and row are on disk.

        Raises:
            HashMismatch: The bytes are not those of the sha256; the part was removed.
        """
        found = self.progress(sha256, scope)
        if found.complete:
            return True
        if found.offset < length:
            return False
        if found.offset != length or not self._staging.matches(sha256):
            self._staging.discard(sha256)
            raise HashMismatch("The bytes are not those that the sha256 names.", where=sha256)
        blob = Blob(sha256, length, media_type, path_of(sha256))

        def place() -> None:
            self._store.place(self._staging.path(sha256), sha256, media_type)

        self._archive.add_blob(blob, self._clock.utc(), place)
        self._staging.discard(sha256)
        return True
