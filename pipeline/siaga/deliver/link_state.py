"""What a box remembers of the service over restarts: its key, its newest orders, what became of them."""

import os
from pathlib import Path, PurePath
from typing import TypeVar
from uuid import uuid4

import structlog
import yaml
from pydantic import BaseModel, ValidationError

from siaga.core.errors import ModelTampered, StorageError
from siaga.core.link import (
    Configuration,
    Forged,
    OrderedModel,
    Orders,
    Outcome,
    Replayed,
    Signed,
    unseal,
)
from siaga.manifest import file_sha256

log = structlog.get_logger(__name__)

FOLDER = "link"
_KEY, _ORDERS, _OUTCOME, _GOOD = "service.pub", "orders.json", "outcome.json", "last-good.json"
_MANIFEST = "manifest.yaml"
_Kind = TypeVar("_Kind", bound=BaseModel)


class LinkState:
    """Files in ``state_dir/link``; each is replaced whole, and is on disk when a method returns.

    Orders are written by the delivery process, their outcome by the supervisor. What cannot be read counts as
    not there: the service sends it again.

    Args:
        pinned: The service's public key from the box's own file; None: that of the first contact.

    All methods that write raise ``StorageError``.
    """

    def __init__(self, state_dir: Path, pinned: str | None = None) -> None:
        self._folder = state_dir / FOLDER
        self._pinned = pinned

    def key(self) -> str | None:
        """The service's public key in hex, if it is known yet."""
        if self._pinned is not None:
            return self._pinned
        try:
            text = (self._folder / _KEY).read_text().strip()
        except (OSError, UnicodeDecodeError):
            return None
        return text if len(text) == 64 else None

    def pin(self, key: str) -> None:
        """Trust this key from now on."""
        self._write(_KEY, key + "\n")
        log.info("the service's key is pinned", key=key)

    def orders(self) -> Orders | None:
        """The newest orders, their signature checked again; None before the first."""
        signed, key = self._read(_ORDERS, Signed), self.key()
        if signed is None or key is None:
            return None
        try:
            return unseal(signed, key, Orders)
        except Forged as error:
            log.warning("stored orders are not taken", error=str(error))
            return None

    def orders_changed(self) -> int:
        """Differs after every ``accept`` and ``touch``; cheap."""
        try:
            return (self._folder / _ORDERS).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def accept(self, signed: Signed, site: str, device_id: str) -> Orders:
        """Keep newer orders.

        Raises:
            Forged: Another key signed them.
            Replayed: They are older than those that are known, or are not for this box.
        """
        orders = unseal(signed, self.key() or "", Orders)
        if (orders.site, orders.device_id) != (site, device_id):
            raise Replayed(f"These orders are for {orders.device_id} at {orders.site}, not for this box.")
        known = self.orders()
        if known is not None and orders.number <= known.number:
            raise Replayed(f"Orders {orders.number} are not newer than orders {known.number}.")
        self._write(_ORDERS, signed.model_dump_json())
        return orders

    def touch(self) -> None:
        """Have the supervisor look at the orders again: something that they wait for has come."""
        os.utime(self._folder / _ORDERS)

    def outcome(self) -> Outcome:
        """What became of the orders."""
        return self._read(_OUTCOME, Outcome) or Outcome()

    def set_outcome(self, outcome: Outcome) -> None:
        """Remember it."""
        if outcome != self.outcome():
            self._write(_OUTCOME, outcome.model_dump_json())

    def last_good(self) -> Configuration | None:
        """The last configuration of the service that was at work here."""
        return self._read(_GOOD, Configuration)

    def set_last_good(self, configuration: Configuration) -> None:
        """Remember it."""
        if configuration != self.last_good():
            self._write(_GOOD, configuration.model_dump_json())

    def manifest_of(self, model: OrderedModel) -> Path | None:
        """Where the manifest of a model that is here lies; None while it is not."""
        path = self._folder / "models" / model.sha256 / _MANIFEST
        return path if path.exists() else None

    def part_of(self, model: OrderedModel) -> Path:
        """Where its bytes are put together."""
        folder = self._folder / "models"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{model.sha256}.part"

    def keep_model(self, model: OrderedModel) -> None:
        """Take the bytes in ``part_of`` in, if they are those that were ordered.

        Raises:
            ModelTampered: They are not, or the manifest is another file's; they are removed.
        """
        part = self.part_of(model)
        name = _file_named(model)
        if name is None or part.stat().st_size != model.bytes or file_sha256(part) != model.sha256:
            part.unlink()
            raise ModelTampered(
                "The bytes that came are not the model that was ordered.",
                where=model.name,
                fix="They are fetched again.",
            )
        folder = part.with_suffix("")
        folder.mkdir(exist_ok=True)
        _sync(part)
        part.replace(folder / name)
        self._write(f"models/{model.sha256}/{_MANIFEST}", model.manifest)

    def _read(self, name: str, kind: type[_Kind]) -> _Kind | None:
        try:
            return kind.model_validate_json((self._folder / name).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            log.warning("a file of the link cannot be read", file=name, error=type(error).__name__)
            return None

    def _write(self, name: str, text: str) -> None:
        path = self._folder / name
        part = path.with_name(f".{uuid4().hex}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("x", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync(path.parent)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise StorageError(
                f"A file of the link cannot be written ({error.strerror}).", where=str(path)
            ) from error


def _file_named(model: OrderedModel) -> str | None:
    """The bare file name in the manifest, if it is this model's."""
    try:
        said = yaml.safe_load(model.manifest)
        name, sha256 = str(said["file"]), said["sha256"]
    except (yaml.YAMLError, TypeError, KeyError):
        return None
    bare = PurePath(name).name == name and name not in {"", ".", "..", _MANIFEST}
    return name if bare and sha256 == model.sha256 else None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
