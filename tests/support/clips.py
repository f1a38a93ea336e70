"""Small video files made on the spot, each picture carrying its own number."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
import numpy.typing as npt

Rgb = npt.NDArray[np.uint8]
Painter = Callable[[Rgb, int], None]
Encoder = Literal["libx264", "libx265"]

CELLS = 16
NUMBER_BITS = 12
_CHECK_BITS = 2
_DARK, _LIGHT = 48, 208


def write_clip(
    path: Path,
    *,
    frames: int = 50,
    fps: int = 25,
    size: tuple[int, int] = (320, 180),
    codec: Encoder = "libx264",
    gop: int = 12,
    b_frames: int = 0,
    painter: Painter | None = None,
) -> Path:
    """Encode a clip whose top eighth shows the frame number (from 0) as a bar code of gray blocks.

    Args:
        path: Where to write; the suffix chooses the container (``.mp4``, ``.mkv``, ``.ts``).
        frames: How many pictures, at most 4096.
        fps: Pictures per second.
        size: Width and height in pixels, both even.
        codec: The encoder.
        gop: Distance between keyframes, in pictures; groups are closed.
        b_frames: How many B-frames in a row the encoder may use.
        painter: Paints picture ``index`` in place on an RGB array of shape (height, width, 3), uint8,
            which is gray at first. The bar code is drawn over it. Default: a square that moves.

    Returns:
        ``path``.
    """
    if not 0 < frames <= 1 << NUMBER_BITS:
        raise ValueError(f"frames must be 1..{1 << NUMBER_BITS}, not {frames}")
    width, height = size
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=_encoder_options(codec, gop, b_frames))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(frames):
            rgb = np.full((height, width, 3), 128, np.uint8)
            (painter or _moving_square)(rgb, index)
            draw_frame_number(rgb, index)
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def draw_frame_number(rgb: Rgb, number: int) -> None:
    """Draw ``number`` in place: light, dark, 12 bits (high first), 2 check bits; see `read_frame_number`."""
    bits = [1, 0]
    bits += [number >> shift & 1 for shift in reversed(range(NUMBER_BITS))]
    bits += [_check(number) >> shift & 1 for shift in reversed(range(_CHECK_BITS))]
    for cell, bit in enumerate(bits):
        rgb[_cell(rgb, cell)] = _LIGHT if bit else _DARK


def read_frame_number(rgb: Rgb) -> int:
    """Read the number that `write_clip` drew.

    Args:
        rgb: (height, width, 3), uint8; gray levels may have suffered, the size may have been scaled.

    Raises:
        ValueError: The bar code is damaged.
    """
    levels = [float(rgb[_cell(rgb, cell, inset=0.25)].mean()) for cell in range(CELLS)]
    light, dark = levels[0], levels[1]
    if light - dark < (_LIGHT - _DARK) / 2:
        raise ValueError(f"no bar code: light is {light:.0f}, dark is {dark:.0f}")
    bits = "".join("1" if level > (light + dark) / 2 else "0" for level in levels[2:])
    number, check = int(bits[:NUMBER_BITS], 2), int(bits[NUMBER_BITS:], 2)
    if check != _check(number):
        raise ValueError(f"damaged bar code {bits}")
    return number


def _check(number: int) -> int:
    return number.bit_count() % (1 << _CHECK_BITS)


def _cell(rgb: Rgb, cell: int, *, inset: float = 0.0) -> tuple[slice, slice]:
    height, width = rgb.shape[0] / 8, rgb.shape[1] / CELLS
    rows = slice(round(height * inset), round(height * (1 - inset)))
    return rows, slice(round(width * (cell + inset)), round(width * (cell + 1 - inset)))


def _moving_square(rgb: Rgb, index: int) -> None:
    height, width, _ = rgb.shape
    side = height // 4
    left = index * 4 % (width - side)
    top = height // 3 + index * 2 % (height // 3)
    rgb[top : top + side, left : left + side] = (220, 60, 40)


def _encoder_options(codec: Encoder, gop: int, b_frames: int) -> dict[str, str]:
    if codec == "libx265":
        params = f"log-level=none:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:bframes={b_frames}"
        return {"preset": "ultrafast", "x265-params": f"{params}:pools=1:frame-threads=1"}
    return {
        "preset": "veryfast",
        "g": str(gop),
        "keyint_min": str(gop),
        "sc_threshold": "0",
        "bf": str(b_frames),
        "b_strategy": "0",
        "threads": "1",
    }
