"""A camera watches itself: when its picture cannot be relied on, it says so.

What counts as what:

- ``offline``: no packet for ``offline_after``.
- ``frozen``: every pixel of the small picture the same for ``frozen_after``, across at least one keyframe. A
  live sensor has noise; where the encoder drops it (skipped blocks in a quiet scene), the next keyframe codes
  the picture anew and differs. Without any keyframe, six times as long. A frozen sensor is not recognised
  behind an encoder that codes each keyframe a little differently, nor when a running clock is painted in.
- ``dark``: mean luma.
- ``covered``: hardly any spread of luma without being dark, or the static edges gone with no others in their
  place (fog, paint, a bag, out of focus).
- ``moved``: the static edges gone and others there. The reference is not learnt while this holds: zones are
  drawn in the old view, so it lasts until the view is back or the camera's process is started anew.
- ``clock_off``: the camera's RTCP clock against the box's. A camera that sends none is not judged.
- ``corrupt``: damaged packets have kept pictures back for ``settle``.
"""

from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from siaga.core.health import Condition, HealthChange
from siaga.core.settings import Audit
from siaga.frames.edges import Luma, StaticEdges

Detail = dict[str, str | float | int | bool]

_BLACK_LEVEL, _LUMA_RANGE = 16.0, 219.0
_NO_KEYFRAME_FACTOR = 6
_FEW_EDGES = 0.3


@dataclass(slots=True)
class _Switch:
    """A condition with hysteresis: it turns when the opposite has held long enough."""

    active: bool = False
    _turning_since: float | None = None

    def turn(self, seen: bool, t: float, hold: float) -> bool:
        """Note what is seen at ``t``; True when the condition began or ended by it."""
        if seen == self.active:
            self._turning_since = None
            return False
        if self._turning_since is None:
            self._turning_since = t
        if t - self._turning_since < hold:
            return False
        self.active, self._turning_since = seen, None
        return True


class CameraAudit:
    """The health of one camera. Times on the rule clock; from one thread.

    Args:
        camera: The camera's name.
        settings: Limits.
    """

    def __init__(self, camera: str, settings: Audit) -> None:
        self._camera = camera
        self._settings = settings
        self._switches = {condition: _Switch() for condition in Condition}
        self._edges = StaticEdges()
        self._luma: Luma | None = None
        self._same_since = 0.0
        self._same_from_keyframe = 0
        self._started: float | None = None

    @property
    def active(self) -> frozenset[Condition]:
        """What holds now; empty: the camera watches."""
        return frozenset(condition for condition, switch in self._switches.items() if switch.active)

    def feed(self, luma: Luma, t: float, utc: datetime, keyframes: int) -> list[HealthChange]:
        """Look at a picture.

        Args:
            luma: (h, w) uint8, limited range, about 160 pixels wide: ``Picture.luma``.
            t: Its time on the rule clock.
            utc: The same moment, aware.
            keyframes: ``Picture.keyframes``.
        """
        settle = self._settings.settle
        mean, spread = _brightness(luma)
        dark = mean < self._settings.dark_below
        flat = spread < self._settings.covered_below and not dark
        lost = None if dark or flat else self._edges.lost_share(luma, t)
        gone = lost is not None and lost > self._settings.moved_above
        hidden = gone and self._edges.visible < _FEW_EDGES * self._edges.static
        changes = [
            *self._judge(Condition.FROZEN, self._is_frozen(luma, t, keyframes), t, utc, 0.0, {}),
            *self._judge(Condition.DARK, dark, t, utc, settle, {"mean_luma": round(mean, 1)}),
            *self._judge(
                Condition.COVERED, flat or hidden, t, utc, settle, {"luma_spread": round(spread, 1)}
            ),
            *self._judge(
                Condition.MOVED, gone and not hidden, t, utc, settle, {"edges_lost": round(lost or 0.0, 2)}
            ),
        ]
        if not (dark or flat or gone):
            self._edges.learn(t)
        return changes

    def tick(
        self,
        t: float,
        utc: datetime,
        last_packet_t: float | None,
        *,
        blind: bool = False,
        clock_offset: float | None = None,
    ) -> list[HealthChange]:
        """Look at what needs no picture; call it about once a second, also while nothing arrives.

        Args:
            t: Now, on the rule clock.
            utc: Now, aware.
            last_packet_t: When the last packet came (``Capture.last_packet_t``); None: none yet.
            blind: ``Capture.blind`` of an open connection.
            clock_offset: ``VideoSource.clock_offset``.
        """
        if self._started is None:
            self._started = t
        silence = t - (self._started if last_packet_t is None else last_packet_t)
        offline = silence >= self._settings.offline_after
        settle = self._settings.settle
        changes = self._judge(
            Condition.OFFLINE, offline, t, utc, 0.0, {"seconds_without_data": round(silence, 1)}
        )
        changes += self._judge(Condition.CORRUPT, blind and not offline, t, utc, settle, {})
        if clock_offset is not None:
            off = abs(clock_offset) > self._settings.clock_off_after
            detail: Detail = {"seconds_ahead": round(clock_offset, 1)}
            changes += self._judge(Condition.CLOCK_OFF, off, t, utc, settle, detail)
        return changes

    def _is_frozen(self, luma: Luma, t: float, keyframes: int) -> bool:
        same = self._luma is not None and np.array_equal(luma, self._luma)
        if not same:
            self._luma, self._same_since, self._same_from_keyframe = luma, t, keyframes
            return False
        lasted = t - self._same_since
        if keyframes == self._same_from_keyframe:
            lasted /= _NO_KEYFRAME_FACTOR
        return lasted >= self._settings.frozen_after

    def _judge(
        self, condition: Condition, seen: bool, t: float, utc: datetime, hold: float, detail: Detail
    ) -> list[HealthChange]:
        if not self._switches[condition].turn(seen, t, hold):
            return []
        return [HealthChange(self._camera, condition, seen, t, utc, detail)]


def _brightness(luma: Luma) -> tuple[float, float]:
    """Mean and standard deviation of limited-range ``luma`` on the scale 0..255."""
    mean, spread = cv2.meanStdDev(luma)
    gain = 255.0 / _LUMA_RANGE
    return max(float(mean[0, 0]) - _BLACK_LEVEL, 0.0) * gain, float(spread[0, 0]) * gain
