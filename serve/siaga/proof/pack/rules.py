"""The rules in words, as they hold for every event of their kind."""

from collections.abc import Mapping
from dataclasses import dataclass

from siaga.core.event import RuleKind


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule asks, and what it does not."""

    title: str
    text: str


RULES: Mapping[RuleKind, RuleText] = {
    RuleKind.MISSING_PPE: RuleText(
        "Missing protective equipment",
        "A person is in view of the camera, or in a zone that requires the equipment, and the equipment is"
        " judged not worn. Each look at the person votes; only a clear majority of looks over the configured"
        " time raises the event. A look that cannot tell (too small, covered, cut off, blurred) counts as"
        " unknown and never raises it. Who the person is, is not determined.",
    ),
    RuleKind.ZONE_INTRUSION: RuleText(
        "Person in an exclusion zone",
        "The point on the ground under a person lies inside the polygon of an exclusion zone for the"
        " configured time, while the zone's schedule holds. Whether the person was allowed to be there is not"
        " known to the camera.",
    ),
    RuleKind.CAMERA_UNMONITORED: RuleText(
        "Camera not watching",
        "The camera delivered no usable picture (offline, frozen, dark, covered, moved, wrong clock,"
        " damaged). While this lasts nothing was observed there; that there are no events says nothing.",
    ),
}
