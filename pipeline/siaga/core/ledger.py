"""What was seen, judged and missed: the denominator of every honest number."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0)]


class LedgerRow(BaseModel):
    """Totals of one camera and zone over one UTC hour.

    Attributes:
        zone: None for the whole picture.
        hour: Start of the hour.
        watched_s: Seconds in which the camera delivered pictures that were judged.
        down_s: Seconds not monitored, by condition (offline, frozen, dark ...).
        person_s: Person-seconds observed (sum over people of the time each was in view).
        judged_s: Person-seconds by ``item.state`` for worn and missing, e.g. ``helmet.worn``.
        unknown_s: Person-seconds by ``item.reason``, e.g. ``helmet.too_small``.
        frames_analysed: Frames that went through the detector.
        frames_overwritten: Frames that were replaced in the slot before the engine took them.
        frames_corrupt: Frames not judged because of decoding damage.
        events: Violations begun.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: str
    camera: str
    zone: str | None
    hour: AwareDatetime
    watched_s: Seconds = 0.0
    down_s: dict[str, Seconds] = Field(default_factory=dict)
    person_s: Seconds = 0.0
    judged_s: dict[str, Seconds] = Field(default_factory=dict)
    unknown_s: dict[str, Seconds] = Field(default_factory=dict)
    frames_analysed: int = Field(default=0, ge=0)
    frames_overwritten: int = Field(default=0, ge=0)
    frames_corrupt: int = Field(default=0, ge=0)
    events: int = Field(default=0, ge=0)
