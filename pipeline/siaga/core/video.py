"""Encoded video on its way from the packet ring to a clip, and where heads are in it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from siaga.core.geometry import Box, Polygon


@dataclass(frozen=True, slots=True)
class EncodedPacket:
    """One access unit as the camera sent it. Times in seconds since the epoch's first frame."""

    data: bytes
    pts: float
    dts: float
    keyframe: bool


@dataclass(frozen=True, slots=True)
class PacketSlice:
    """Consecutive packets of one connection, starting at a keyframe.

    Attributes:
        codec: FFmpeg's decoder name, ``h264`` or ``hevc``.
        extradata: The codec's out-of-band parameter sets, possibly empty.
        size: (width, height) in pixels.
        epoch: See ``Frame.epoch``.
        utc0: Aware UTC of ``pts == 0``.
    """

    codec: str
    extradata: bytes
    size: tuple[int, int]
    epoch: int
    utc0: datetime
    packets: tuple[EncodedPacket, ...]


@dataclass(frozen=True, slots=True)
class HeadSample:
    """Where one person was in one analysed frame. Boxes in full-frame pixels; ``head`` None: none found."""

    pts: float
    track_id: int
    person: Box
    head: Box | None


@dataclass(frozen=True, slots=True)
class ClipJob:
    """What to cut for an event. Times in seconds since the epoch's first frame.

    Attributes:
        trigger_t: The trigger on the rule clock, to find it in a stream with another epoch or offset.
        samples: Heads over the whole span and one analysed frame beyond it on either side, if there are any.
        size: (width, height) in pixels of the picture that the samples' boxes refer to.
        masks: Privacy masks to black out.
    """

    event_id: UUID
    camera: str
    epoch: int
    trigger_pts: float
    trigger_t: float
    pts0: float
    pts1: float
    size: tuple[int, int]
    samples: tuple[HeadSample, ...] = ()
    masks: tuple[Polygon, ...] = ()
