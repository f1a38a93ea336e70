"""What leaves the service: asked what for, noted in the access log, written as it is read."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from siaga.access import Permission
from siaga.api.deps import EvidenceDep
from siaga.api.desk import CallerDep, Desk, DeskDep
from siaga.api.printing import printed
from siaga.auth import GuardedRoute, guarded
from siaga.core.event import RuleKind, Severity
from siaga.exports.dataset import ZIP_TYPE, dataset_bytes, labelled_pictures
from siaga.exports.document import PDF_TYPE, pdf_bytes
from siaga.exports.purpose import Purpose
from siaga.exports.rows import COLUMNS, Selection, event_rows, select_events
from siaga.exports.tables import CSV_TYPE, XLSX_TYPE, check_xlsx, csv_bytes, xlsx_bytes
from siaga.review.caller import Caller
from siaga.review.machine import ReviewReason, ReviewState
from siaga.review.queue import EventFilter, conditions
from siaga.review.views import ZoneName

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["exports"])


class ExportFormat(StrEnum):
    """In which form."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
    """A report to print: numbers with their intervals, and what was not seen."""
    DATASET = "dataset"
    """Corrected pictures as a YOLO and a COCO set, in a zip."""


class ExportWanted(BaseModel):
    """What is to leave, in which form, and what for. All conditions that are given hold together."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {"format": "csv", "purpose": "statistics", "site": "north tower"},
                {"format": "dataset", "purpose": "training", "states": ["confirmed", "false_alarm"]},
            ]
        },
    )

    format: ExportFormat
    purpose: Purpose
    """For `disciplinary`, every event must have been confirmed by a person."""
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    """Kept in the access log, e.g. a case number."""
    site: ZoneName | None = None
    camera: ZoneName | None = None
    zone: ZoneName | None = None
    rule: RuleKind | None = None
    severity: Severity | None = None
    states: tuple[ReviewState, ...] = ()
    reason: ReviewReason | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    def filter(self) -> EventFilter:
        """The conditions on events."""
        return EventFilter(
            site=self.site,
            camera=self.camera,
            zone=self.zone,
            rule=self.rule,
            severity=self.severity,
            states=self.states,
            reason=self.reason,
            since=self.since,
            until=self.until,
        )


@router.post(
    "/exports",
    response_class=StreamingResponse,
    responses={
        200: {"content": {kind: {} for kind in (CSV_TYPE, XLSX_TYPE, PDF_TYPE, ZIP_TYPE)}},
        409: {"description": "For a disciplinary purpose: not every event was confirmed by a person."},
    },
)
@guarded(Permission.EXPORT)
def export(
    wanted: ExportWanted, desk: DeskDep, caller: CallerDep, evidence: EvidenceDep
) -> StreamingResponse:
    """Events as CSV or XLSX, a report as PDF, or corrected pictures as a data set."""
    selection = select_events(desk.database, conditions(caller, wanted.filter()), wanted.purpose)
    # What can be refused is refused before it is noted; what is noted leaves.
    match wanted.format:
        case ExportFormat.CSV:
            kind, body = CSV_TYPE, csv_bytes(COLUMNS, event_rows(desk.database, selection))
        case ExportFormat.XLSX:
            check_xlsx(selection.rows)
            kind, body = XLSX_TYPE, xlsx_bytes("events", COLUMNS, event_rows(desk.database, selection))
        case ExportFormat.PDF:
            kind, body = PDF_TYPE, iter([pdf_bytes(printed(desk, caller, wanted.filter(), wanted.purpose))])
        case ExportFormat.DATASET:
            pictures = labelled_pictures(desk.database, selection)
            kind, body = ZIP_TYPE, dataset_bytes(pictures, evidence)
    _note(desk, caller, wanted, selection)
    return _download(body, kind, f"siaga-{wanted.purpose}", wanted.format, caller.at)


def _note(desk: Desk, caller: Caller, wanted: ExportWanted, selection: Selection) -> None:
    asked = wanted.model_dump(mode="json", exclude_defaults=True, exclude={"format", "purpose", "note"})
    entry = caller.entry(
        "export.make",
        f"export/{uuid4()}",
        wanted.site,
        format=str(wanted.format),
        purpose=str(wanted.purpose),
        note=wanted.note,
        events=selection.rows,
        **{name: str(value) for name, value in asked.items()},
    )
    desk.auditor.record(None, entry)


def _download(
    body: Iterator[bytes], kind: str, name: str, form: ExportFormat, at: datetime
) -> StreamingResponse:
    ending = "zip" if form is ExportFormat.DATASET else form.value
    file = f"{name}-{at:%Y%m%d-%H%M%S}.{ending}"
    return StreamingResponse(
        body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{file}"'}
    )
