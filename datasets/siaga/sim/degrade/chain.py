"""The whole way from a render to the camera's picture, in the order of the light's own way."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from siaga.sim.camera import Camera

from .conditions import Conditions, Plane, Rgb
from .optics import DirtyWindow
from .people import Mover, find_people, smear
from .sensor import Sensor
from .stamp import Stamp
from .weather import Haze, Rain


class Degrader:
    """Makes the pictures of one camera in one clip. The same frame always gives the same picture.

    Args:
        plate: (render height, render width, 3) RGB uint8 without people; needed for haze and smear on people.
        depth: (render height, render width) float32 metres of the plate; needed for haze.
    """

    def __init__(
        self,
        camera: Camera,
        conditions: Conditions,
        plate: Rgb | None = None,
        depth: Plane | None = None,
    ) -> None:
        size = camera.width, camera.height
        self.camera = camera
        self._conditions = conditions
        self._plate = None if plate is None else camera.warp(plate)
        bent_depth = None if depth is None else camera.warp(depth, cv2.INTER_NEAREST)
        self._haze = Haze(conditions, bent_depth)
        self._rain = Rain(conditions, size)
        self._window = DirtyWindow(conditions, size)
        self._sensor = Sensor(conditions, size, self._plate)
        self._stamp = Stamp(conditions, size)

    def apply(self, render: Rgb, frame: int, movers: Sequence[Mover] = ()) -> Rgb:
        """One frame: (render height, render width, 3) RGB uint8 to (height, width, 3) RGB uint8.

        Args:
            frame: Its number in the clip, from 0.
            movers: The people in it.
        """
        picture = self.camera.warp(render)
        people = []
        if self._plate is not None:
            people = find_people(picture, self._plate, movers, self._conditions.exposure_s)
        picture = self._haze.apply(smear(picture, people), people, frame)
        picture = self._rain.apply(picture, frame)
        picture = self._window.apply(picture)
        picture = np.ascontiguousarray(self._sensor.apply(picture, frame))
        self._stamp.draw(picture, frame)
        return picture
