#!/usr/bin/python3
"""An RTSP server that shares no code with Siaga: gst-rtsp-server, looping one file.

Runs under the system's Python, which has the GStreamer bindings (see tests/setup/system-packages.sh), not
under the project's environment. Prints one line per camera, its address, then serves until it is killed.
The file must hold H.264 or H.265 in MP4 or Matroska.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstApp, GstRtsp, GstRtspServer  # noqa: E402, F401

ROLE = "watcher"


@dataclass(frozen=True)
class Film:
    """A file cut into access units.

    ``units``: bytes, whether it is a keyframe, and when it is sent and shown (ns from the start of the loop).
    """

    codec: str
    caps: Gst.Caps
    units: list[tuple[bytes, bool, int, int]]
    length_ns: int


def read_film(path: Path, codec: str) -> Film:
    """Cut ``path`` into access units; ``codec`` is ``h264`` or ``h265``."""
    demuxer = "matroskademux" if path.suffix == ".mkv" else "qtdemux"
    pipeline = Gst.parse_launch(
        f"filesrc name=file ! {demuxer} ! {codec}parse config-interval=-1"
        f" ! video/x-{codec},stream-format=byte-stream,alignment=au ! appsink name=units sync=false"
    )
    pipeline.get_by_name("file").set_property("location", str(path))
    sink = pipeline.get_by_name("units")
    pipeline.set_state(Gst.State.PLAYING)
    units, caps = [], None
    while (sample := sink.emit("pull-sample")) is not None:
        caps = caps or sample.get_caps()
        buffer = sample.get_buffer()
        data = buffer.extract_dup(0, buffer.get_size())
        units.append((bytes(data), not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT), buffer.pts))
    pipeline.set_state(Gst.State.NULL)
    if caps is None:
        sys.exit(f"{path}: no {codec} in this file")
    # The n-th unit is sent when the n-th picture could be shown; with B-frames all are shown so much later.
    order = sorted(pts for *_, pts in units)
    delay = max(sent - pts for sent, (*_, pts) in zip(order, units, strict=True))
    timed = [
        (data, keyframe, sent - order[0], pts + delay - order[0])
        for sent, (data, keyframe, pts) in zip(order, units, strict=True)
    ]
    frame_ns = (order[-1] - order[0]) // max(1, len(order) - 1)
    return Film(codec, caps, timed, order[-1] - order[0] + frame_ns)


class Camera(GstRtspServer.RTSPMediaFactory):
    """Loops a film for all its clients together, with timestamps that go on."""

    def __init__(self, film: Film) -> None:
        super().__init__()
        self._film = film
        self.set_shared(True)
        self.set_launch(
            "( appsrc name=source format=time block=true max-bytes=2000000"
            f" ! {film.codec}parse config-interval=-1"
            f" ! rtp{film.codec}pay name=pay0 pt=96 config-interval=-1 )"
        )

    def do_configure(self, media: GstRtspServer.RTSPMedia) -> None:
        """Called by GStreamer for each new pipeline."""
        source = media.get_element().get_by_name("source")
        source.set_property("caps", self._film.caps)
        source.connect("need-data", self._feed, iter(range(sys.maxsize)))

    def _feed(self, source: Gst.Element, _size: int, positions: "iter[int]") -> None:
        loop, index = divmod(next(positions), len(self._film.units))
        data, keyframe, sent, shown = self._film.units[index]
        buffer = Gst.Buffer.new_wrapped(data)
        # Without explicit times the loop would begin again at zero, or never move on.
        buffer.dts = loop * self._film.length_ns + sent
        buffer.pts = loop * self._film.length_ns + shown
        if not keyframe:
            buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
        source.emit("push-buffer", buffer)


def guard(server: GstRtspServer.RTSPServer, user: str, password: str, scheme: str) -> None:
    """Ask every client for a login."""
    auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    if scheme == "basic":
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    server.set_auth(auth)


def permit(camera: Camera) -> None:
    """Let clients with a login watch ``camera``."""
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_role(ROLE)
    for right in ("access", "construct"):
        permissions.add_permission_for_role(ROLE, f"media.factory.{right}", True)
    camera.set_permissions(permissions)


def main() -> None:
    """Serve ``--cameras`` copies of a file as /cam0, /cam1, ..."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--codec", choices=("h264", "h265"), default="h264")
    parser.add_argument("--port", default="0", help="0 takes a free one")
    parser.add_argument("--cameras", type=int, default=1)
    parser.add_argument("--auth", choices=("none", "basic", "digest"), default="none")
    parser.add_argument("--user", default="camera")
    parser.add_argument("--password-env", default="CAMERA_PASSWORD", metavar="NAME")
    options = parser.parse_args()

    Gst.init(None)
    film = read_film(options.file, options.codec)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    if options.auth != "none":
        guard(server, options.user, os.environ[options.password_env], options.auth)
    for index in range(options.cameras):
        camera = Camera(film)
        if options.auth != "none":
            permit(camera)
        server.get_mount_points().add_factory(f"/cam{index}", camera)
    if not server.attach(None):
        sys.exit(f"port {options.port} cannot be had")
    for index in range(options.cameras):
        print(f"rtsp://127.0.0.1:{server.get_bound_port()}/cam{index}", flush=True)
    GLib.timeout_add_seconds(5, lambda: server.get_session_pool().cleanup() >= 0)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
