"""What is configured per camera. Names that people know from Frigate are taken as they are."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from siaga.core.geometry import Anchor
from siaga.core.settings.units import Block, Coordinates, Seconds, StreamUrl
from siaga.core.verdict import Item

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class Input(Block):
    """One stream of a camera."""

    path: StreamUrl
    """rtsp://…, rtsps://…, file:PATH or device:NUMBER. Secrets as {ENV_NAME}."""
    roles: tuple[Literal["detect", "record"], ...] = ("detect", "record")
    """`detect`: analysed. `record`: evidence is cut from it (main stream, while a sub-stream detects)."""


class Ffmpeg(Block):
    """How the camera is reached."""

    inputs: tuple[Input, ...] = Field(min_length=1)
    """The camera's streams; one of them has the role `detect`."""
    transport: Literal["tcp", "udp"] = "tcp"
    """RTP over TCP (default, survives a bad network) or UDP."""
    timeout: Seconds = Field(default=10.0, gt=0)
    """No data for this long: the connection counts as dead and is made anew."""

    @model_validator(mode="after")
    def _roles(self) -> "Ffmpeg":
        roles = [role for entry in self.inputs for role in entry.roles]
        if roles.count("detect") != 1:
            raise ValueError("exactly one input needs the role detect")
        if roles.count("record") > 1:
            raise ValueError("at most one input may have the role record")
        return self

    def url(self, role: Literal["detect", "record"]) -> StreamUrl:
        """The stream with ``role``; the one that detects records too when none has the role record."""
        for entry in self.inputs:
            if role in entry.roles:
                return entry.path
        return self.url("detect")


class Detect(Block):
    """What is analysed."""

    width: int | None = Field(default=None, ge=64, le=7680)
    """Width of the analysed picture in pixels; default: the model's input width."""
    height: int | None = Field(default=None, ge=64, le=4320)
    """Height of the analysed picture in pixels; default: from the width and the camera's aspect."""
    fps: float = Field(default=5.0, gt=0, le=30)
    """Frames analysed per second."""


class ObjectFilter(Block):
    """Which boxes of a class are taken."""

    min_score: float | None = Field(default=None, ge=0, le=1)
    """Confidence under which a box is dropped; default: the model's own threshold."""
    min_area: float = Field(default=0, ge=0)
    """Smallest box in pixels of the full picture."""
    max_area: float = Field(default=float("inf"), gt=0)
    """Largest box in pixels of the full picture."""


class Objects(Block):
    """Filters per class of the model."""

    filters: dict[Literal["person", "helmet", "head", "vest", "harness"], ObjectFilter] = Field(
        default_factory=dict
    )
    """Keyed by class name."""


class Zone(Block):
    """A part of the picture with a rule of its own."""

    coordinates: Coordinates
    """Corners x,y from 0 to 1 of the picture."""
    anchor: Anchor = "bottom_center"
    """The point of a person's box that counts."""
    inertia: int = Field(default=3, ge=1, le=100)
    """Consecutive analysed frames in (or out) before it counts."""
    loitering_time: Seconds = 0.0
    """Seconds inside before an intrusion is reported."""
    exclusion: bool = False
    """Nobody may be in here while the schedule is on."""
    requires: tuple[Item, ...] = ()
    """Equipment asked for in here, beside what the camera asks for."""
    schedule: Name | None = None
    """Name of a schedule; default: always."""
    severity: Literal["info", "warning", "alert"] = "alert"
    """How soon somebody should look."""

    @model_validator(mode="after")
    def _has_a_rule(self) -> "Zone":
        if not self.exclusion and not self.requires:
            raise ValueError("the zone has no rule: set exclusion: true or requires: [helmet]")
        return self


class CameraPpe(Block):
    """Equipment asked for in the whole picture of this camera; default: the site's `ppe`."""

    requires: tuple[Item, ...] | None = None
    """For example [helmet]; [] asks for nothing outside zones."""
    schedule: Name | None = None
    """Name of a schedule; default: the site's."""


class Mask(Block):
    """A part of the picture that Siaga never looks at and never stores."""

    coordinates: Coordinates
    """Corners x,y from 0 to 1 of the picture."""


class Audit(Block):
    """When the camera counts as not watching."""

    offline_after: Seconds = Field(default=10.0, gt=0)
    """No picture for this long."""
    frozen_after: Seconds = Field(default=10.0, gt=0)
    """The same picture for this long."""
    dark_below: float = Field(default=8.0, ge=0, le=255)
    """Mean luma (0..255) under which the picture is dark."""
    covered_below: float = Field(default=4.0, ge=0)
    """Spread of luma (standard deviation) under which the lens counts as covered."""
    moved_above: float = Field(default=0.6, ge=0, le=1)
    """Share of the static edges lost, over which the camera counts as moved."""
    clock_off_after: Seconds = Field(default=60.0, gt=0)
    """Difference of the camera's own clock (RTCP) from the box, over which it counts as off."""
    settle: Seconds = 5.0
    """A picture condition must hold this long before it is said, and be gone as long before it ends."""


class Camera(Block):
    """One camera."""

    enabled: bool = True
    """Off: the camera is not connected."""
    ffmpeg: Ffmpeg
    """Streams."""
    detect: Detect = Detect()
    """Analysis."""
    objects: Objects = Objects()
    """Filters."""
    zones: dict[Name, Zone] = Field(default_factory=dict)
    """Zones by name."""
    ppe: CameraPpe = CameraPpe()
    """Equipment for the whole picture."""
    masks: dict[Name, Mask] = Field(default_factory=dict)
    """Privacy masks by name, applied before inference and storage."""
    audit: Audit = Audit()
    """Self-audit."""
