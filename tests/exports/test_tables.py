"""Tables: opened again with other programs, and harmless to open."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import true

from siaga.core.errors import BadRequest, StorageError
from siaga.exports import rows
from siaga.exports.purpose import NotConfirmed, Purpose
from siaga.exports.rows import COLUMNS, Selection, event_rows, select_events
from siaga.exports.tables import MOST_XLSX_ROWS, check_xlsx, csv_bytes, harmless, xlsx_bytes
from tests.exports.conftest import Pictures

NASTY = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", '=HYPERLINK("http://x","y")', "Giàn giáo", "")


def _csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_csv_reads_back_and_no_cell_begins_a_formula(cells: list[str]) -> None:
    _, row = _csv(b"".join(csv_bytes(["x"] * len(cells), [cells])))
    assert [cell.removeprefix("'") for cell in row] == [cell.removeprefix("'") for cell in cells]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@pytest.mark.parametrize("text", NASTY[:-2])
def test_what_could_begin_a_formula_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless(f"a{text}") == f"a{text}"


def test_a_workbook_holds_text_only() -> None:
    data = b"".join(xlsx_bytes("events", ["a"] * len(NASTY), [NASTY, ["\x00\x08b", *NASTY[1:]]]))
    sheet = load_workbook(io.BytesIO(data))["events"]
    _, first, second = sheet.iter_rows()
    assert [cell.data_type for cell in first[:-1]] == ["s"] * (len(NASTY) - 1)
    assert [cell.value for cell in first[:2]] == ["=1+1", "+1"]
    assert second[0].value == "b"


def test_a_workbook_has_bounds() -> None:
    check_xlsx(MOST_XLSX_ROWS)
    with pytest.raises(BadRequest, match="200000 rows"):
        check_xlsx(MOST_XLSX_ROWS + 1)


def test_a_workbook_that_fails_leaves_nothing_open() -> None:
    def failing() -> Iterator[list[str]]:
        yield ["1"]
        raise StorageError("gone")

    with pytest.raises(StorageError, match="gone"):
        list(xlsx_bytes("events", ["a"], failing()))


def test_a_long_table_needs_little_memory() -> None:
    tracemalloc.start()
    size = sum(len(piece) for piece in csv_bytes(["a"], (["x" * 100] for _ in range(50_000))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 5_000_000
    assert peak < 1_000_000


def test_rows_are_events_with_what_people_made_of_them(filled: Pictures) -> None:
    for hour, verdict in ((1, "confirmed"), (2, None), (3, "false_alarm")):
        filled.event(hour, verdict, camera="=gate" if hour == 1 else "gate")
    selection = select_events(filled.database, true(), Purpose.STATISTICS)
    found = [dict(zip(COLUMNS, row, strict=True)) for row in event_rows(filled.database, selection)]
    assert selection.rows == 3
    assert [row["review_state"] for row in found] == ["false_alarm", "unreviewed", "confirmed"]
    assert [row["decided_by"] for row in found] == ["mai", "", "mai"]
    assert (found[2]["camera"], found[2]["start_at"]) == ("=gate", "2026-01-05T01:00:00+00:00")


def test_rows_are_read_in_parts_that_meet(filled: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_AT_ONCE", 2)
    ids = {str(filled.event(hour)) for hour in (1, 1, 1, 2, 3)}
    found = [row[0] for row in event_rows(filled.database, Selection(true(), 5))]
    assert len(found) == 5
    assert set(found) == ids


def test_nobody_is_disciplined_for_what_no_person_confirmed(filled: Pictures) -> None:
    filled.event(1, "confirmed")
    assert select_events(filled.database, true(), Purpose.DISCIPLINARY).rows == 1
    for verdict in (None, "unclear", "false_alarm"):
        filled.event(2, verdict)
    with pytest.raises(NotConfirmed, match="3 of 4 events were not confirmed"):
        select_events(filled.database, true(), Purpose.DISCIPLINARY)
    for purpose in set(Purpose) - {Purpose.DISCIPLINARY}:
        assert select_events(filled.database, true(), purpose).rows == 4


def test_what_is_undone_while_an_export_runs_does_not_leave(filled: Pictures) -> None:
    filled.event(1, "confirmed")
    selection = select_events(filled.database, true(), Purpose.DISCIPLINARY)
    filled.event(2)
    assert [row[12] for row in event_rows(filled.database, selection)] == ["confirmed"]
