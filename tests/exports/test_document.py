"""The report to print, read back."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from siaga.core.errors import DependencyMissing
from siaga.exports import document
from siaga.exports.document import Document, Table, pdf_bytes

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


def _document(rows: int) -> Document:
    table = Table(
        "By zone",
        ("Zone", "Rate"),
        tuple((f"Giàn giáo {number}", f"{number}.00 (0.10 – 9.00)") for number in range(rows)),
        (2, 1),
        "What it rests on.",
    )
    facts = (("Observed", "200.0 person-hours"), ("Purpose", "inspection"))
    return Document("Safety report", "north tower", facts, (table,), "Siaga · inspection", AT)


def _text(data: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def test_a_report_says_everything_on_numbered_pages() -> None:
    if not any(folder.is_dir() and any(folder.rglob("DejaVuSans.ttf")) for folder in document._FOLDERS):
        pytest.skip("fonts-dejavu-core is not installed")
    pages = _text(pdf_bytes(_document(120)))
    assert len(pages) > 2
    assert "Safety report" in pages[0]
    assert "200.0 person-hours" in pages[0]
    whole = "\n".join(pages)
    assert all(f"Giàn giáo {number}" in whole for number in range(120))
    for number, page in enumerate(pages, 1):
        assert "Siaga · inspection" in page
        assert f"{number} / {len(pages)}" in page
        assert "Rate" in page or number == len(pages)


def test_a_machine_without_fonts_is_told_which_package_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "_FOLDERS", ())
    with pytest.raises(DependencyMissing, match="fonts-dejavu-core"):
        pdf_bytes(_document(1))
