"""The same numbers for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text(result: Mapping[str, Any]) -> str:
    """A table of classes and one of heads, as plain text."""
    lines = [
        f"{result['source']} ({result['split']}, {result['images']} pictures)",
        f"  {'class':8}{'boxes':>7}{'AP50':>8}{'AP50-95':>9}{'prec.':>8}{'recall':>8}",
    ]
    for name, row in result["classes"].items():
        numbers = [row[key] for key in ("ap50", "ap50_95", "precision", "recall")]
        cells = "".join(
            f"{'-' if number is None else format(number, '.3f'):>{width}}"
            for number, width in zip(numbers, (8, 9, 8, 8), strict=True)
        )
        lines.append(f"  {name:8}{row['truths']:>7}{cells}")
    lines.append("  head height px   bare: head helmet nothing   helmeted: helmet head nothing")
    for row in result["heads"]:
        lines.append(
            f"  {row['from_px']:>5} to {row['to_px']:<6}"
            f"{row['bare']:>6}:{row['bare_called_head']:>5}{row['bare_called_helmet']:>7}"
            f"{row['bare_called_nothing']:>8}"
            f"{row['helmeted']:>11}:{row['helmeted_called_helmet']:>7}{row['helmeted_called_head']:>5}"
            f"{row['helmeted_called_nothing']:>8}"
        )
    return "\n".join(lines)
