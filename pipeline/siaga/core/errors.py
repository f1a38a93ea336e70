"""One tree of errors. Each says what happened, where, and the way out.

::

    SiagaError                      exit 1   HTTP 500
    ├── ConfigError                 exit 2   HTTP 422
    ├── SourceError                 exit 3   HTTP 502
    │   ├── SourceUnavailable       the host or path does not answer
    │   ├── SourceRefused           wrong user or password, or no right to the stream
    │   ├── SourceStalled           connected, but no data within the time limit
    │   ├── SourceEnded             a live stream ended without being asked to
    │   └── SourceInvalid           not a video, truncated, unsupported codec or protocol
    ├── ModelError                  exit 4   HTTP 500
    │   ├── ModelMissing            no such file or manifest
    │   ├── ModelTampered           bytes differ from the manifest's sha256
    │   └── ModelUnsupported        the file parses, but not into something Siaga can drive
    ├── StorageError                exit 5   HTTP 507
    │   └── StorageFull             no space left; a state, not a crash
    ├── DeliveryError               exit 6   HTTP 502
    │   ├── DeliveryUnavailable     try again later (``retry_after`` seconds, if the service said)
    │   ├── DeliveryUnauthorised    the device's token is not accepted
    │   └── DeliveryRejected        the service will never accept this body (dead letter)
    ├── NotFound                    exit 7   HTTP 404
    ├── Conflict                    exit 8   HTTP 409
    ├── Unauthorised                exit 9   HTTP 401
    ├── Forbidden                   exit 9   HTTP 403
    ├── BadRequest                  exit 2   HTTP 400
    └── DependencyMissing           exit 10  HTTP 501
"""

from typing import ClassVar


class SiagaError(Exception):
    """Root of the tree.

    Args:
        what: One sentence: what happened.
        where: The file, line, camera, key or address (without credentials) concerned.
        fix: The way out, as an instruction.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        stop = "" if self.what.endswith((".", "!", "?", ":")) else "."
        way_out = f"{stop} {self.fix}" if self.fix else ""
        return f"{place}{self.what}{way_out}"

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling between processes.
        return _rebuild, (type(self), self.what, self.where, self.fix), self.__dict__


def _rebuild(kind: type[SiagaError], what: str, where: str | None, fix: str | None) -> SiagaError:
    return kind(what, where=where, fix=fix)


class ConfigError(SiagaError):
    """The configuration cannot be used."""

    exit_code = 2
    http_status = 422


class SourceError(SiagaError):
    """A camera or file cannot be read."""

    exit_code = 3
    http_status = 502


class SourceUnavailable(SourceError):
    """The host, path or device does not answer."""


class SourceRefused(SourceError):
    """The camera answered and refused: credentials or rights."""


class SourceStalled(SourceError):
    """Connected, but no data came within the time limit."""


class SourceEnded(SourceError):
    """A live stream ended without being asked to."""


class SourceInvalid(SourceError):
    """What was opened is not a usable video."""


class ModelError(SiagaError):
    """A model cannot be used."""

    exit_code = 4


class ModelMissing(ModelError):
    """No such model file or manifest."""


class ModelTampered(ModelError):
    """The model file's bytes are not those that the manifest names."""


class ModelUnsupported(ModelError):
    """The model parses, but Siaga cannot drive it."""


class StorageError(SiagaError):
    """Something could not be written or read back."""

    exit_code = 5
    http_status = 507


class StorageFull(StorageError):
    """No space left on the device."""


class DeliveryError(SiagaError):
    """Something could not be handed to the service."""

    exit_code = 6
    http_status = 502


class DeliveryUnavailable(DeliveryError):
    """The service cannot take it now. ``retry_after``: seconds that the service asked to wait, or None."""

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        fix: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, where=where, fix=fix)
        self.retry_after = retry_after


class DeliveryUnauthorised(DeliveryError):
    """The service does not accept this device's token."""


class DeliveryRejected(DeliveryError):
    """The service will never accept this body."""


class NotFound(SiagaError):
    """No such thing."""

    exit_code = 7
    http_status = 404


class Conflict(SiagaError):
    """The same id was used for another content."""

    exit_code = 8
    http_status = 409


class Unauthorised(SiagaError):
    """No valid credentials were given."""

    exit_code = 9
    http_status = 401


class Forbidden(SiagaError):
    """The credentials are good, but not for this."""

    exit_code = 9
    http_status = 403


class BadRequest(SiagaError):
    """The request or command line cannot be understood."""

    exit_code = 2
    http_status = 400


class DependencyMissing(SiagaError):
    """An optional package or system program is not installed."""

    exit_code = 10
    http_status = 501
