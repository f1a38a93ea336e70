"""A video to look at: boxes, verdicts and zones over the analysed pictures, heads pixelated first."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from siaga.core.errors import StorageError
from siaga.core.frame import Frame
from siaga.core.person import Judged
from siaga.core.scene import Scene
from siaga.core.verdict import State
from siaga.edge.lane import Lane
from siaga.evidence.blur import HeadTimeline, pixelate

_COLOURS = {State.MISSING: (230, 30, 30), State.WORN: (40, 170, 60), State.UNKNOWN: (150, 150, 150)}
_ZONE = (255, 190, 0)
_TIME_BASE = Fraction(1, 1000)


class AnnotatedVideo:
    """Writes an H.264 MP4 of the analysed pictures, at their own times.

    Args:
        lane: Gives zones and where heads are.
    """

    def __init__(self, path: Path, lane: Lane) -> None:
        self._path = path
        self._lane = lane
        self._container: av.container.OutputContainer | None = None
        self._stream: av.VideoStream | None = None

    def add(self, frame: Frame, scene: Scene | None) -> None:
        """Add one picture; ``scene`` is None when it was not judged.

        Raises:
            StorageError: The file cannot be written.
        """
        rgb = frame.full()
        if rgb is None:
            return
        pixelate(
            rgb, HeadTimeline(self._lane.heads.between(frame.epoch, frame.pts, frame.pts)).regions(frame.pts)
        )
        picture = np.ascontiguousarray(rgb[: rgb.shape[0] // 2 * 2, : rgb.shape[1] // 2 * 2])
        self._draw(picture, frame, scene)
        try:
            self._encode(picture, frame)
        except (av.FFmpegError, OSError) as error:
            raise StorageError(
                f"the annotated video cannot be written ({type(error).__name__})", where=str(self._path)
            ) from error

    def _draw(self, picture: NDArray[np.uint8], frame: Frame, scene: Scene | None) -> None:
        thick = max(2, picture.shape[1] // 640)
        for zone in self._lane.camera.zones.values():
            cv2.polylines(picture, [zone.coordinates.pixels(frame.size)], True, _ZONE, thick)
        for judged in scene.people if scene else ():
            _draw_person(picture, judged, thick)
        text = f"{frame.pts:7.2f} s" + ("" if scene else "  not judged: " + ", ".join(self._lane.conditions))
        _label(picture, text, (8, picture.shape[0] - 10), (20, 20, 20), thick)

    def _encode(self, picture: NDArray[np.uint8], frame: Frame) -> None:
        if self._container is None or self._stream is None:
            self._container = av.open(str(self._path), "w", options={"movflags": "+faststart"})
            self._stream = self._container.add_stream("libx264", options={"preset": "veryfast", "crf": "25"})
            self._stream.width, self._stream.height = picture.shape[1], picture.shape[0]
            self._stream.pix_fmt = "yuv420p"
            self._stream.time_base = self._stream.codec_context.time_base = _TIME_BASE
        video_frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        video_frame.pts, video_frame.time_base = round(frame.pts / _TIME_BASE), _TIME_BASE
        self._container.mux(self._stream.encode(video_frame))

    def close(self) -> None:
        """Finish the file."""
        if self._container is not None and self._stream is not None:
            self._container.mux(self._stream.encode(None))
            self._container.close()


def _draw_person(picture: NDArray[np.uint8], judged: Judged, thick: int) -> None:
    states = {verdict.state for verdict in judged.verdicts}
    shown = next((state for state in _COLOURS if state in states), State.UNKNOWN)
    colour = _COLOURS[shown]
    x1, y1, x2, y2 = (round(value) for value in judged.person.xyxy)
    cv2.rectangle(picture, (x1, y1), (x2, y2), colour, thick)
    said = "".join(
        f" {verdict.item.value} {verdict.reason.value if verdict.reason else verdict.state.value}"
        for verdict in judged.verdicts
    )
    _label(picture, f"{judged.person.track_id}{said}", (x1, max(16, y1 - 4)), colour, thick)


def _label(
    picture: NDArray[np.uint8], text: str, at: tuple[int, int], colour: tuple[int, int, int], thick: int
) -> None:
    scale = 0.25 * thick + 0.05
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    x, y = at
    cv2.rectangle(picture, (x, y - height - base), (x + width, y + base), colour, -1)
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 1, cv2.LINE_AA)
