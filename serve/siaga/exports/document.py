"""A report to print (PDF), of headings, facts and tables."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from siaga.core.errors import DependencyMissing

PDF_TYPE = "application/pdf"
_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
_MAIN = (("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"), ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"))
_OTHER_SCRIPTS = (
    "NotoSansThai-Regular.ttf",
    "NotoSansLao-Regular.ttf",
    "NotoSansKhmer-Regular.ttf",
    "NotoSansMyanmar-Regular.ttf",
    "NotoSansSC-Regular.otf",
    "NotoSansSC-Regular.ttf",
    "DroidSansFallbackFull.ttf",
)
_INK, _PALE, _LINE = (25, 32, 40), (110, 118, 128), (225, 229, 233)
_TITLE_PT, _HEADING_PT, _TEXT_PT, _SMALL_PT = 20, 13, 9.5, 8


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, rows of text under a header, and a note below. ``widths``: relative, one per column."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A report. ``footer``: on every page, beside its number."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    footer: str
    made_at: datetime


def pdf_bytes(document: Document) -> bytes:
    """The report as PDF, A4.

    Raises:
        DependencyMissing: No font with more than Latin letters is installed.
    """
    with warnings.catch_warnings():
        # A sign that no installed font has is drawn as a box; the report is made all the same.
        warnings.simplefilter("ignore")
        pdf = _Pages(document)
        pdf.add_page()
        _head(pdf, document)
        for table in document.tables:
            _table(pdf, table)
        return bytes(pdf.output())


class _Pages(FPDF):
    def __init__(self, document: Document) -> None:
        super().__init__(format="A4")
        self._footer = document.footer
        self.set_margins(18, 18)
        self.set_auto_page_break(True, 20)
        self.set_title(document.title)
        self.set_creation_date(document.made_at)
        _add_fonts(self)

    def footer(self) -> None:
        """On every page."""
        self.set_y(-14)
        self.set_font("main", size=_SMALL_PT)
        self.set_text_color(*_PALE)
        self.cell(self.epw - 20, 5, self._footer)
        # Aligned by the length of its placeholder, which is about that of the number.
        self.cell(20, 5, f"{self.page_no()} / {{nb}}", align="R")


def _add_fonts(pdf: FPDF) -> None:
    found = {path.name: path for folder in _FOLDERS if folder.is_dir() for path in folder.rglob("*.[to]tf")}
    main = next(((found[a], found[b]) for a, b in _MAIN if a in found and b in found), None)
    if main is None:
        raise DependencyMissing(
            "No font for the report is installed.",
            fix="Install the system package fonts-dejavu-core (and fonts-noto-core for more scripts).",
        )
    pdf.add_font("main", "", main[0])
    pdf.add_font("main", "B", main[1])
    others = [name for name in _OTHER_SCRIPTS if name in found]
    for name in others:
        pdf.add_font(name, "", found[name])
    pdf.set_fallback_fonts(others, exact_match=False)


def _head(pdf: FPDF, document: Document) -> None:
    pdf.set_text_color(*_INK)
    pdf.set_font("main", "B", _TITLE_PT)
    pdf.multi_cell(pdf.epw, 9, document.title, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font("main", size=_TEXT_PT + 1)
    pdf.set_text_color(*_PALE)
    pdf.multi_cell(pdf.epw, 6, document.subtitle, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(4)
    for label, value in document.facts:
        pdf.set_font("main", size=_TEXT_PT)
        pdf.set_text_color(*_PALE)
        pdf.cell(48, 6, label)
        pdf.set_text_color(*_INK)
        pdf.multi_cell(pdf.epw - 48, 6, value, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _table(pdf: FPDF, table: Table) -> None:
    if pdf.will_page_break(40):
        pdf.add_page()
    pdf.ln(7)
    pdf.set_text_color(*_INK)
    pdf.set_font("main", "B", _HEADING_PT)
    pdf.multi_cell(pdf.epw, 8, table.title, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font("main", size=_TEXT_PT - 1)
    pdf.set_draw_color(*_LINE)
    aligns = ("LEFT", *("RIGHT" if _numbers(table.rows, i) else "LEFT" for i in range(1, len(table.header))))
    with pdf.table(
        width=pdf.epw,
        col_widths=table.widths,
        text_align=aligns,
        line_height=5,
        padding=(0.8, 1.2),
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(emphasis="BOLD", color=_INK),
    ) as drawn:
        for line in (table.header, *table.rows):
            drawn.row([text or "–" for text in line])
    if table.note:
        pdf.ln(1)
        pdf.set_font("main", size=_SMALL_PT)
        pdf.set_text_color(*_PALE)
        pdf.multi_cell(pdf.epw, 4.2, table.note, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _numbers(rows: Sequence[Sequence[str]], column: int) -> bool:
    texts = [row[column] for row in rows if row[column]]
    return bool(texts) and all(text[0].isdigit() for text in texts)
