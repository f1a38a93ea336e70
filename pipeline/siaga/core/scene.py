"""What rules see: the people of one frame, judged."""

from dataclasses import dataclass
from datetime import datetime

from siaga.core.person import Judged


@dataclass(frozen=True, slots=True)
class Scene:
    """One analysed frame after judging.

    Attributes:
        t: Seconds on the rule clock (see ``Frame.t``).
        utc: Aware UTC of the same moment.
        size: (width, height) in pixels of the full-resolution picture.
    """

    camera: str
    t: float
    utc: datetime
    size: tuple[int, int]
    people: tuple[Judged, ...] = ()
