"""The 1080p video that is measured on: the shipped clip, enlarged, so that anyone can repeat the figures."""

from fractions import Fraction
from importlib.resources import as_file, files
from pathlib import Path

import av
import numpy as np


def write_1080p(path: Path, seconds: float, fps: int = 25) -> Path:
    """Encode ``seconds`` of the shipped clip at 1920x1080 and ``fps``, 4 Mbit/s, one keyframe a second.

    Sensor noise is added: a clean picture would be cheaper to decode than a camera's.
    """
    noise = np.random.default_rng(7).normal(0, 5, (1080, 1920)).astype(np.int16)
    options = {"preset": "veryfast", "tune": "zerolatency"}
    with (
        as_file(files("siaga.demo") / "data" / "groundworks.mp4") as clip,
        av.open(str(clip)) as source,
        av.open(str(path), "w") as target,
    ):
        stream = target.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.bit_rate = 4_000_000
        stream.gop_size = fps
        written = 0
        for frame in source.decode(video=0):
            large = frame.reformat(1920, 1080, format="yuv420p").to_ndarray()
            while written < (float(frame.time or 0) + 0.1) * fps and written < seconds * fps:
                rolled = np.roll(noise, written * 7919, axis=1)
                noisy = large.copy()
                noisy[:1080] = np.clip(noisy[:1080].astype(np.int16) + rolled, 0, 255).astype(np.uint8)
                picture = av.VideoFrame.from_ndarray(noisy, format="yuv420p")
                picture.pts, picture.time_base = written, Fraction(1, fps)
                target.mux(stream.encode(picture))
                written += 1
        target.mux(stream.encode(None))
    return path
