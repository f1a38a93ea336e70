"""From a camera or file to the pictures that are analysed, and the packets that clips are cut from."""

from siaga.frames.audit import CameraAudit
from siaga.frames.capture import AnalysisSize, Capture, CaptureStats, Picture, picture_to_frame
from siaga.frames.open import open_source
from siaga.frames.packets import PacketRing
from siaga.frames.probe import ProbeReport, probe
from siaga.frames.reconnect import Backoff, RepeatedErrors
from siaga.frames.slot import FrameSlot, SlotStats
from siaga.frames.source import SourcePacket, StreamInfo, Transport, VideoSource

__all__ = [
    "AnalysisSize",
    "Backoff",
    "CameraAudit",
    "Capture",
    "CaptureStats",
    "FrameSlot",
    "PacketRing",
    "Picture",
    "ProbeReport",
    "RepeatedErrors",
    "SlotStats",
    "SourcePacket",
    "StreamInfo",
    "Transport",
    "VideoSource",
    "open_source",
    "picture_to_frame",
    "probe",
]
