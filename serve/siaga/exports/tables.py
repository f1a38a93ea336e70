"""Tables as CSV and XLSX in which no text becomes a formula."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from siaga.core.errors import BadRequest

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_AT_ONCE = 200
_PIECE = 256 * 1024
MOST_XLSX_ROWS = 200_000
# OWASP: CSV Injection; the full-width forms are read as the plain ones by some programs.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """Text that a spreadsheet program leaves text: what could begin a formula gets an apostrophe before."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """CSV (RFC 4180) in UTF-8, with the mark by which spreadsheet programs know it, in pieces."""
    buffer = io.StringIO()
    buffer.write("\ufeff")
    writer = csv.writer(buffer)
    writer.writerow(header)
    for number, row in enumerate(rows, 1):
        writer.writerow([harmless(cell) for cell in row])
        if number % _AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return piece


def check_xlsx(rows: int) -> None:
    """Refuse what no sheet is made for, before anything is written.

    Raises:
        BadRequest: There are more than ``MOST_XLSX_ROWS``.
    """
    if rows > MOST_XLSX_ROWS:
        raise BadRequest(f"A workbook takes {MOST_XLSX_ROWS} rows at most.", fix="Export as CSV.")


def xlsx_bytes(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """An Excel workbook of one sheet, written through a temporary file; every cell is text."""
    with tempfile.TemporaryFile() as file:
        book = Workbook(write_only=True)
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        try:
            sheet.append([_cell(sheet, name, bold=True) for name in header])
            for row in rows:
                sheet.append([_cell(sheet, cell) for cell in row])
            book.save(file)
        except BaseException:
            # Else its writer is closed by the garbage collector, with a warning.
            sheet.close()
            raise
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _cell(sheet: Any, text: str, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
    # openpyxl takes a text that begins with = for a formula.
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell
