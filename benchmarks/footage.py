"""The videos that the soak runs on: which, where the zones are, and how they become cameras."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import yaml

from benchmarks import rig
from tests.support.system import gst_server

HERE = Path(__file__).parent
SHIPPED = HERE.parent / "pipeline" / "siaga" / "demo" / "data"


def found(folder: Path | None, known: Mapping[str, Any]) -> list[Path]:
    """The .mp4 files of ``folder`` (default: the shipped ones); of them those that are ``known``, if any is.

    Raises:
        SystemExit: There is none.
    """
    files = sorted((folder or SHIPPED).glob("*.mp4"))
    if not files:
        raise SystemExit(f"no .mp4 in {folder or SHIPPED}; give a folder that has some: --videos DIR")
    return [file for file in files if file.stem in known] or files


def zones() -> dict[str, dict[str, Any]]:
    """Exclusion polygons by video: those of the soak, and those of the demo for its own clips."""
    drawn: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "soak_zones.yaml").read_text())
    demo = yaml.safe_load((HERE.parent / "configs" / "demo.yaml").read_text())
    for name, camera in demo["cameras"].items():
        blocks = camera.get("zones", {})
        drawn[name] = {zone: block["coordinates"] for zone, block in blocks.items()}
    return drawn


def length(file: Path) -> float:
    """Seconds of one loop."""
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        return (container.duration or 0) / av.time_base


def as_h265(file: Path, folder: Path) -> Path:
    """The same pictures in H.265, one keyframe a second."""
    target = folder / "h265" / file.name
    target.parent.mkdir(exist_ok=True)
    rig.say(f"encoding {file.name} in H.265")
    with av.open(str(file)) as source, av.open(str(target), "w") as container:
        taken = source.streams.video[0]
        fps = Fraction(taken.average_rate or 25).limit_denominator(1000)
        params = f"log-level=none:keyint={round(fps)}:bframes=0:pools=1:frame-threads=1"
        made = container.add_stream(
            "libx265", rate=fps, options={"preset": "ultrafast", "x265-params": params}
        )
        made.width, made.height, made.pix_fmt = taken.width, taken.height, "yuv420p"
        for number, frame in enumerate(source.decode(taken)):
            frame.pts, frame.time_base, frame.pict_type = number, 1 / fps, av.video.frame.PictureType.NONE
            container.mux(made.encode(frame))
        container.mux(made.encode(None))
    return target


@contextmanager
def served(server: str, codec: str, videos: Mapping[str, Path], folder: Path) -> Iterator[dict[str, str]]:
    """Loop each video as a camera; yields the addresses by name."""
    with ExitStack() as stack:
        if server == "gst":
            yield {
                name: stack.enter_context(gst_server(file, "--codec", codec))[0]
                for name, file in videos.items()
            }
            return
        port = rig.free_port()
        stack.enter_context(rig.cameras(folder / "rtsp.log", port, videos))
        yield {name: f"rtsp://127.0.0.1:{port}/{name}" for name in videos}
