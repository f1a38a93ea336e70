"""Pictures as a camera sends them: H.264 or H.265 at a CCTV bitrate, no B-frames, a keyframe every 2 s.

One thread and no wall clock: the same pictures give the same bytes with the same FFmpeg build.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import IO, Literal

import av
import numpy as np
import numpy.typing as npt

from siaga.core.errors import StorageError

Rgb = npt.NDArray[np.uint8]
Codec = Literal["h264", "h265"]
_KEYFRAME_S = 2
_LIBRARY: dict[Codec, Literal["libx264", "libx265"]] = {"h264": "libx264", "h265": "libx265"}


def encode_clip(path: Path, pictures: Iterable[Rgb], *, fps: int, codec: Codec = "h264", kbps: int) -> int:
    """Write an MP4 that plays while it loads; it is there only when it is whole.

    Args:
        path: Where to write.
        pictures: (H, W, 3) RGB uint8, all of one even size.
        fps: Pictures a second.
        kbps: Mean bitrate; peaks are held to one and a half times that over two seconds.

    Returns:
        How many pictures it holds.

    Raises:
        StorageError: There was no picture, or the file cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        count = _encode(str(part), pictures, fps, codec, kbps)
        if count == 0:
            raise StorageError("There are no pictures to encode.", where=str(path), fix="Render some first.")
        part.replace(path)
    except OSError as error:
        raise StorageError(f"the clip cannot be written ({error.strerror})", where=str(path)) from error
    finally:
        part.unlink(missing_ok=True)
    return count


def through_codec(picture: Rgb, *, fps: int, codec: Codec, kbps: int) -> Rgb:
    """One picture as it looks after the codec: the last of a short still stretch, decoded.

    Args:
        picture: (H, W, 3) RGB uint8, even size.

    Returns:
        (H, W, 3) RGB uint8.
    """
    file = io.BytesIO()
    # A keyframe and some that follow it: what a moment of a running stream looks like.
    _encode(file, [picture] * 4, fps, codec, kbps)
    file.seek(0)
    with av.open(file, "r") as container:
        *_, last = container.decode(video=0)
    return last.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def _encode(file: str | IO[bytes], pictures: Iterable[Rgb], fps: int, codec: Codec, kbps: int) -> int:
    count = 0
    # The index goes to the front in a second pass over the file, which needs a name.
    flags = {"movflags": "+faststart"} if isinstance(file, str) else {}
    with av.open(file, "w", format="mp4", options=flags) as container:
        stream = container.add_stream(_LIBRARY[codec], rate=fps, options=_options(codec, fps, kbps))
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        if codec == "h265":
            stream.codec_context.codec_tag = "hvc1"
        for picture in pictures:
            if count == 0:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = count, Fraction(1, fps)
            container.mux(stream.encode(frame))
            count += 1
        if count:
            container.mux(stream.encode())
    return count


def _options(codec: Codec, fps: int, kbps: int) -> dict[str, str]:
    gop = fps * _KEYFRAME_S
    common = (
        f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:"
        f"bitrate={kbps}:vbv-maxrate={kbps * 3 // 2}:vbv-bufsize={kbps * 3}"
    )
    if codec == "h264":
        return {"preset": "medium", "profile": "high", "x264-params": f"{common}:threads=1"}
    quiet = "log-level=none:pools=none:frame-threads=1:wpp=0"
    return {"preset": "fast", "x265-params": f"{common}:open-gop=0:{quiet}"}
