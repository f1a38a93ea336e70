"""What a reader of the access log gets."""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from siaga.access.audit import Detail


class AuditRow(BaseModel):
    """One line: who did what to what, and when. Never what was in it."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "seq": 412,
                    "at": "2026-01-05T08:30:00Z",
                    "who": "Site safety",
                    "who_id": "7b0f6b1e-52b5-4a06-8f3f-4f3f0a1d9a51",
                    "action": "media.view",
                    "object": "media/4f0c",
                    "site": "north tower",
                    "details": {},
                }
            ]
        },
    )

    seq: int
    at: AwareDatetime
    who: str
    who_id: str | None
    action: str
    object: str
    site: str | None
    details: dict[str, Detail] = Field(default_factory=dict)
    """Empty for a reader who may not see events one by one."""


class AuditPage(BaseModel):
    """Newest first."""

    items: tuple[AuditRow, ...]
    next_cursor: str | None = None
