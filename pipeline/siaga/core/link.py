"""What a box and the service say to each other on the one connection that the box keeps.

The box asks, and never listens: ``POST /api/v1/link`` with its :class:`Report` and its token. The service
answers as soon as it has something newer than ``Report.known``, at the latest after ``Report.wait_s``, with
an :class:`Answer`; then the box asks again. The report is the heartbeat.

:class:`Orders` say how a box shall stand, all of it, under a number that only grows; what was missed
meanwhile does not matter. They are signed with the service's Ed25519 key, which the box pins at its first
contact. Keys that one side does not know yet are passed over, so that either may be updated first.

What goes wrong, and what the box does then (it never stops watching because of any of these):

==================================  ===================================================================
no answer, 5xx, not understood      asks again after a growing wait; goes on as it stands
401, 403                            the same, and says that the token is not accepted
signature of another key            :class:`Forged`; kept out, told in the next report
older number, other site or box     :class:`Replayed`; kept out, told in the next report
configuration that does not fit     kept out with the reason; the last good one goes on, also after a start
model file with another hash        removed; the configuration that names it waits and is told so
==================================  ===================================================================
"""

from __future__ import annotations

from typing import Annotated, Literal, Protocol, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from siaga.core.canonical import canonical_json, sha256_hex
from siaga.core.errors import DeliveryError
from siaga.core.signature import signed_by

LONGEST_WAIT_S = 25
"""A request is held for so long at most: less than what routers keep a silent connection for."""
LONGEST_PREVIEW_S = 120
CONFIGURATION_BYTES = 256 * 1024
PREVIEW_BYTES = 512 * 1024
_DOMAIN = b"siaga.link.v1\n"

Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Signature = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
ShortText = Annotated[str, Field(max_length=2000)]
Place = Annotated[str, Field(min_length=1, max_length=128)]
ModelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class Forged(DeliveryError):
    """What came is not signed by the pinned key, or is not what was signed."""


class Replayed(DeliveryError):
    """What came is well signed, and older than what is known or meant for somebody else."""


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class Configuration(_Told):
    """A site's configuration. ``text``: YAML with ``{ENV_NAME}`` for every secret."""

    version: Annotated[int, Field(ge=1)]
    text: Annotated[str, Field(max_length=CONFIGURATION_BYTES)]


class Halt(_Told):
    """The kill switch: nothing is decoded since then."""

    since: AwareDatetime
    reason: ShortText


class OrderedModel(_Told):
    """A model file that the box shall have. ``manifest``: its YAML, which names the same file and hash."""

    name: ModelName
    manifest: Annotated[str, Field(max_length=256 * 1024)]
    sha256: Hex32
    bytes: Annotated[int, Field(gt=0)]


class Orders(_Told):
    """How one box shall stand.

    Attributes:
        number: Grows with every change at the site; also over a service that was restored from a backup.
        configuration: None: the box's own file.
        halt: None: the cameras are watched.
    """

    kind: Literal["orders"] = "orders"
    site: Place
    device_id: Place
    number: Annotated[int, Field(ge=0)]
    issued_at: AwareDatetime
    configuration: Configuration | None = None
    halt: Halt | None = None
    models: tuple[OrderedModel, ...] = ()


class PreviewRequest(_Told):
    """Show one camera for a while. ``seconds``: from receipt on the box's own clock."""

    kind: Literal["preview"] = "preview"
    id: UUID
    site: Place
    camera: Place
    expires_at: AwareDatetime
    seconds: Annotated[int, Field(ge=1, le=LONGEST_PREVIEW_S)]


class Signed(_Told):
    """A text and the Ed25519 signature over it. ``payload``: JSON as it was signed, byte for byte."""

    payload: str
    public_key: Hex32
    signature: Signature


class CameraHealth(_Told):
    """One camera as its box last saw it.

    Attributes:
        fps: Pictures analysed a second since the report before.
        frame_age_ms: Age of pictures when they had been analysed, 95th percentile.
        picture_age_s: Since the last picture came; None before the first.
        keyframe_age_s: Since the last keyframe came; None before the first.
        reconnects: Connections after the first; ``errors``: those that failed or broke.
        error: The last error, without credentials.
        conditions: Why its zones are not monitored (``siaga.core.health.Condition``).
    """

    connected: bool
    fps: Annotated[float, Field(ge=0)] = 0.0
    frame_age_ms: Annotated[float, Field(ge=0)] | None = None
    picture_age_s: Annotated[float, Field(ge=0)] | None = None
    keyframe_age_s: Annotated[float, Field(ge=0)] | None = None
    reconnects: Annotated[int, Field(ge=0)] = 0
    errors: Annotated[int, Field(ge=0)] = 0
    error: ShortText = ""
    conditions: tuple[Place, ...] = ()


class Refusal(_Told):
    """A configuration that this box does not take, and why."""

    version: Annotated[int, Field(ge=1)]
    reason: ShortText


class Outcome(_Told):
    """What the box made of its orders.

    Attributes:
        number: Of the orders that hold; 0: none came yet.
        configuration: Version that is at work; None: the box's own file.
        halted: No camera is decoded.
    """

    number: Annotated[int, Field(ge=0)] = 0
    configuration: int | None = None
    refused: Refusal | None = None
    halted: bool = False


class Report(_Told):
    """A box's heartbeat.

    Attributes:
        known: Number of the newest orders that it took; the service answers at once with newer ones.
        trouble: Why what the service sent last was not taken (forged, replayed, a model's hash); else "".
        models: Name to sha256 of the model files that are there, verified.
        waiting: Records and evidence not yet delivered, by lane.
    """

    site: Place
    device_id: Place
    software: Place
    known: Annotated[int, Field(ge=0)] = 0
    wait_s: Annotated[float, Field(ge=0, le=LONGEST_WAIT_S)] = LONGEST_WAIT_S
    outcome: Outcome = Outcome()
    trouble: ShortText = ""
    models: dict[ModelName, Hex32] = Field(default_factory=dict)
    cameras: Annotated[dict[Place, CameraHealth], Field(max_length=1000)] = Field(default_factory=dict)
    waiting: Annotated[dict[Place, int], Field(max_length=10)] = Field(default_factory=dict)


class Answer(_Told):
    """``orders``: None when the box knows the newest. ``previews``: those asked for and not yet over.

    ``service_key``: raw Ed25519 key, pinned by a box that has none yet.
    """

    service_key: Hex32
    orders: Signed | None = None
    previews: tuple[Signed, ...] = ()


class Signer(Protocol):
    """The service's key."""

    @property
    def public_key(self) -> str:
        """The raw Ed25519 key in hex."""

    def sign(self, data: bytes) -> str:
        """Ed25519 over ``data``, in hex."""


_Kind = TypeVar("_Kind", Orders, PreviewRequest)


def seal(told: Orders | PreviewRequest, signer: Signer) -> Signed:
    """Sign ``told``."""
    payload = canonical_json(told.model_dump(mode="json")).decode()
    signature = signer.sign(bytes.fromhex(_digest(payload)))
    return Signed(payload=payload, public_key=signer.public_key, signature=signature)


def unseal(signed: Signed, pinned: str, kind: type[_Kind]) -> _Kind:
    """What was signed.

    Args:
        pinned: The only key that counts, whatever ``signed`` names.

    Raises:
        Forged: Another key signed it, or something else was signed.
    """
    if signed.public_key != pinned or not signed_by(pinned, _digest(signed.payload), signed.signature):
        raise Forged(
            "What came is not signed by the service that this box knows.",
            fix="If the service has a new key, remove link/service.pub from this box's state_dir.",
        )
    try:
        return kind.model_validate_json(signed.payload)
    except ValidationError as error:
        raise Forged(f"What was signed cannot be understood ({error.error_count()} errors).") from None


def _digest(payload: str) -> str:
    return sha256_hex(_DOMAIN + payload.encode())
