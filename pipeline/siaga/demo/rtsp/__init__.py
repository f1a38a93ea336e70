"""Cameras for the demo and for tests: video files as live RTSP streams, with faults on demand."""

from siaga.demo.rtsp.auth import Login
from siaga.demo.rtsp.clip import Clip, Unit, load_clip
from siaga.demo.rtsp.faults import Faults
from siaga.demo.rtsp.mount import Mount
from siaga.demo.rtsp.server import RtspServer

__all__ = ["Clip", "Faults", "Login", "Mount", "RtspServer", "Unit", "load_clip"]
