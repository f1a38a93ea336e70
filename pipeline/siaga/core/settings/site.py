"""What is configured once per site."""

from datetime import time
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from siaga.core.settings.camera import Camera, Name
from siaga.core.settings.units import Block, Bytes, Seconds, Secret
from siaga.core.verdict import Item

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
EnvName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
_ALL_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Site(Block):
    """Where this is."""

    name: Name = "site"
    """Short name, part of every event."""
    timezone: str = "UTC"
    """IANA name, for schedules and for people; everything stored is UTC."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is no time zone; write for example Asia/Kuala_Lumpur") from error
        return value


class Schedule(Block):
    """When a rule is on, in the site's time zone. An end before the start runs past midnight."""

    days: tuple[Day, ...] = _ALL_DAYS
    """Days on which it starts."""
    start: time = time(0, 0)
    """Local time, e.g. "07:00"."""
    end: time = time(0, 0)
    """Local time; equal to the start means the whole day."""


class Detector(Block):
    """How the model is run."""

    provider: Literal["auto", "cpu", "openvino", "cuda", "tensorrt"] = "auto"
    """`siaga doctor` says what auto chooses and why."""
    engines: int = Field(default=0, ge=0, le=64)
    """Engine processes, each with one-thread sessions; 0: one per core that is left beside decoding."""


class Crops(Block):
    """How often the crop classifiers look."""

    heads_per_frame: int = Field(default=16, ge=1, le=256)
    """Most heads looked at in one analysed picture; who was not looked at longest comes first."""
    harness_per_frame: int = Field(default=4, ge=1, le=256)
    """Most people looked at for a harness in one analysed picture."""
    harness_period: Seconds = Field(default=0.5, gt=0, le=60)
    """The same person is looked at for a harness again only after this long."""


class Ppe(Block):
    """Equipment asked for in the whole picture of every camera."""

    requires: tuple[Item, ...] = (Item.HELMET,)
    """For example [helmet, vest]."""
    repeat_interval: Seconds = 60.0
    """The same violation by the same track is said again only after this long."""
    grouping: Seconds = 3.0
    """A violation of the same kind that starts this soon after one ended nearby continues it."""
    schedule: Name | None = None
    """Name of a schedule; default: always."""
    severity: Literal["info", "warning", "alert"] = "warning"
    """How soon somebody should look."""


class PrivacySettings(Block):
    """What protects the people in the picture."""

    blur: Literal["heads", "none"] = "heads"
    """Heads are pixelated before the first byte is written. `none` needs a reason that your law accepts."""


class Snapshot(Block):
    """The still picture of an event."""

    enabled: bool = True
    """Off: events have no still."""
    quality: int = Field(default=85, ge=30, le=100)
    """JPEG quality."""
    max_width: int = Field(default=1920, ge=320)
    """Wider pictures are scaled down."""


class Clip(Block):
    """The video of an event."""

    enabled: bool = True
    """Off: events have no clip."""
    pre_roll: Seconds = Field(default=5.0, ge=0, le=60)
    """Seconds before the trigger."""
    post_roll: Seconds = Field(default=5.0, ge=0, le=60)
    """Seconds after the trigger."""
    max_width: int = Field(default=1280, ge=320)
    """Wider pictures are scaled down."""
    max_fps: float = Field(default=15.0, ge=5, le=60)
    """Pictures a second at most; the picture that triggered the event is always among them."""
    crf: int = Field(default=26, ge=16, le=40)
    """x264 quality, smaller is better and larger."""


class EvidenceSettings(Block):
    """What is kept of an event."""

    snapshot: Snapshot = Snapshot()
    """The still."""
    clip: Clip = Clip()
    """The video."""
    max_bytes: Bytes = Field(default=10 * 10**9, gt=0)
    """Room for evidence on this box; over it clips are shed first, oldest delivered first."""
    ballast: Bytes = Field(default=16 * 10**6, ge=0)
    """Space held back so that metadata can still be written on a full disk."""


class Bandwidth(Block):
    """The uplink."""

    max_bytes_per_second: Bytes = Field(default=0, ge=0)
    """0: no cap."""


class Link(Block):
    """The other direction: the service sets this box's cameras and zones, and may halt it."""

    enabled: bool = False
    """Take configurations, models, the kill switch and preview requests from the service of `deliver.url`."""
    service_key: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """The service's public key (64 hex digits); default: the one it shows when it is first reached."""
    variables: tuple[EnvName, ...] = ()
    """Environment variables that a configuration of the service may use as {NAME}."""
    allow_preview: bool = True
    """Blurred live pictures may be asked for."""


class Deliver(Block):
    """Where events go."""

    url: str | None = None
    """Address of the service, e.g. https://siaga.example.com; default: keep everything on the box."""
    token: Secret | None = None
    """The device's token as {ENV_NAME}."""
    token_file: Path | None = None
    """A file that holds the device's token."""
    bandwidth: Bandwidth = Bandwidth()
    """The uplink's cap."""
    timeout: Seconds = Field(default=15.0, gt=0)
    """Per request."""
    link: Link = Link()
    """The other direction."""

    @field_validator("url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("the service's address starts with http:// or https://")
        return value.rstrip("/") if value else value

    @model_validator(mode="after")
    def _link_has_an_end(self) -> "Deliver":
        if self.link.enabled and self.url is None:
            raise ValueError("link.enabled needs the url of a service")
        return self


class Mqtt(Block):
    """Notifications for Home Assistant and others; evidence never travels here."""

    enabled: bool = False
    """Needs the extra `siaga[mqtt]`."""
    host: str = "127.0.0.1"
    """Broker."""
    port: int = Field(default=1883, ge=1, le=65535)
    """Broker's port."""
    user: str | None = None
    """User."""
    password: Secret | None = None
    """Password as {ENV_NAME}."""
    tls: bool = False
    """TLS with the system's certificates."""
    topic_prefix: str = Field(default="siaga", pattern=r"^[^#+\s]+$")
    """First part of every topic."""


class Metrics(Block):
    """Prometheus metrics of the edge."""

    enabled: bool = False
    """Serve /metrics."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=9105, ge=1, le=65535)
    """Port."""


class Settings(Block):
    """A site's whole configuration."""

    site: Site = Site()
    """The site."""
    state_dir: Path = Path("var/edge")
    """Where this box keeps its key, its records and its evidence."""
    model: str = "siaga-ppe-n"
    """Name of a shipped model or path of a manifest."""
    head_model: str | None = None
    """The crop classifier for helmets: name or path, or `disabled`; default: what the model names."""
    harness_model: str | None = None
    """The crop classifier for harnesses, as `head_model`; without one a harness cannot be asked for."""
    crops: Crops = Crops()
    """How often the crop classifiers look."""
    detector: Detector = Detector()
    """How the model is run."""
    cameras: dict[Name, Camera] = Field(min_length=1)
    """Cameras by name."""
    ppe: Ppe = Ppe()
    """Equipment."""
    schedules: dict[Name, Schedule] = Field(default_factory=dict)
    """Schedules by name."""
    privacy: PrivacySettings = PrivacySettings()
    """Privacy."""
    evidence: EvidenceSettings = EvidenceSettings()
    """Evidence."""
    deliver: Deliver = Deliver()
    """Delivery."""
    mqtt: Mqtt = Mqtt()
    """MQTT."""
    metrics: Metrics = Metrics()
    """Metrics."""

    @model_validator(mode="after")
    def _schedules_exist(self) -> "Settings":
        asked = {self.ppe.schedule: "ppe"}
        for name, camera in self.cameras.items():
            asked[camera.ppe.schedule] = f"cameras.{name}.ppe"
            asked |= {zone.schedule: f"cameras.{name}.zones.{key}" for key, zone in camera.zones.items()}
        for schedule, where in asked.items():
            if schedule is not None and schedule not in self.schedules:
                known = ", ".join(sorted(self.schedules)) or "none"
                raise ValueError(
                    f"{where} names the schedule {schedule!r}, which is not under schedules (there: {known})"
                )
        return self
