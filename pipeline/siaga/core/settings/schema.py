"""The published JSON Schema of a configuration, for editors and checkers."""

import json
import math
from typing import Any

from siaga.core.settings.site import Settings

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TIME = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"}


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12).

    It says less than ``parse_settings``: limits of durations and sizes, crossing polygons and names that
    point nowhere are found only there.
    """
    return {"$schema": _DRAFT, **_portable(Settings.model_json_schema())}


def json_schema_text() -> str:
    """:func:`json_schema` as it is published, ending with a newline."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _portable(node: Any) -> Any:
    """``node`` without what JSON or JSON Schema has no words for."""
    if isinstance(node, list):
        return [_portable(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "time":
        # JSON Schema's own time needs a zone; a schedule's "07:00" is in the site's.
        kept = {key: value for key, value in node.items() if key != "format"}
        return {**kept, **_TIME}
    return {key: _portable(value) for key, value in node.items() if not _infinite(value)}


def _infinite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
