"""What the API shows of the link."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from siaga.core.link import CameraHealth, Refusal


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class HaltView(_View):
    """The kill switch, while it holds."""

    since: datetime
    by: str = Field(examples=["Mai"])
    reason: str = Field(examples=["The works council asked for it."])


class SiteView(_View):
    """How a site's boxes shall stand.

    ``configuration``: the version that holds for every box without one of its own; None: the boxes' own
    files. ``own_configurations``: device id to version. ``models``: name to sha256.
    """

    site: str = Field(examples=["harbour-tower"])
    number: int
    halt: HaltView | None
    configuration: int | None
    own_configurations: dict[str, int]
    models: dict[str, str]


class ConfigurationView(_View):
    """One version; ``copy_of``: the version that a rollback brought back."""

    site: str
    box: str | None
    version: int
    sha256: str
    note: str
    copy_of: int | None
    created_at: datetime
    created_by: str


class ConfigurationText(ConfigurationView):
    """One version with its YAML."""

    text: str


class ConfigurationPage(_View):
    """Versions, newest first."""

    items: tuple[ConfigurationView, ...]
    next_cursor: str | None


Standing = Literal["current", "waiting", "refused", "unreachable"]


class BoxView(_View):
    """A box as it last spoke.

    ``standing``: ``current``: it does what was ordered last; ``waiting``: not yet; ``refused``: it goes on
    with an earlier configuration, ``refusal`` says why; ``unreachable``: it was silent for too long.
    """

    site: str
    device_id: str
    seen_at: datetime
    standing: Standing
    software: str
    number: int
    configuration: int | None
    halted: bool
    refusal: Refusal | None
    trouble: str
    models: dict[str, str]
    cameras: dict[str, CameraHealth]
    waiting: dict[str, int]


class BoxPage(_View):
    """The boxes of a site."""

    items: tuple[BoxView, ...]


class ModelView(_View):
    """A model that a site's boxes shall have."""

    site: str
    name: str
    sha256: str
    bytes: int
    assigned_at: datetime
    assigned_by: str


class ModelPage(_View):
    """The models of a site."""

    items: tuple[ModelView, ...]


class PreviewView(_View):
    """A live preview. ``frames``: pictures that came so far."""

    id: UUID
    site: str
    camera: str
    requested_at: datetime
    requested_by: str
    expires_at: datetime
    frames: int
    frame_at: datetime | None
