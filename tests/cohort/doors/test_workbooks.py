"""Workbooks: values, never formulas; what a sheet shows but does not hold is told."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.tables import read_tables


def save(tmp_path: Path, book: openpyxl.Workbook) -> Path:
    file = tmp_path / "register.xlsx"
    book.save(file)
    return file


def book_of(rows: list[list[Any]], title: str = "Kinder") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book


def rewritten(file: Path, part: str, old: str, new: str) -> Path:
    """Change the XML of one part, as other programs would have written it."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts[part].decode()
    assert re.search(old, text), text[:2000]
    parts[part] = re.sub(old, new, text).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


SHEET = "xl/worksheets/sheet1.xml"


def test_values_keep_their_types_and_rows_their_numbers(tmp_path: Path) -> None:
    day = dt.datetime(2019, 3, 1)
    rows = [
        ["PatNr", "Tag", "CK", "w", 2019],
        ["007", day, 1.5, True, None],
        [],
        [8, None, 3, False, "x"],
    ]
    tables, faults = read_tables(save(tmp_path, book_of(rows)))
    table = tables["Kinder"]
    assert not faults and list(table.frame.columns) == [*rows[0][:4], "2019"]
    assert table.frame.values.tolist() == [
        ["007", day, 1.5, True, None],
        [8, None, 3, False, "x"],
    ]
    assert table.lines.tolist() == [2, 4]
    assert table.decimal is None
    assert "1 empty row is passed over" in table.notes
    assert table.place(1, "CK") == "register.xlsx, sheet Kinder line 4, column 'CK'"


def test_the_epoch_of_1904(tmp_path: Path) -> None:
    day = dt.datetime(2019, 3, 1)
    book = book_of([["Tag"], [day]])
    book.epoch = CALENDAR_MAC_1904
    tables, _ = read_tables(save(tmp_path, book))
    assert tables["Kinder"].frame["Tag"].tolist() == [day]


def test_a_formula_that_was_never_computed(tmp_path: Path) -> None:
    file = save(tmp_path, book_of([["a", "b"], [1, "=A2*2"], [2, "=A3*2"]]))
    tables, faults = read_tables(file)
    assert not tables
    assert [(f.rule, f.column) for f in faults] == [("formula_without_value", "b")] * 2
    assert faults[0].source == "register.xlsx, sheet Kinder line 2, column 'b'"


def test_a_formula_with_its_result_is_its_result(tmp_path: Path) -> None:
    file = save(tmp_path, book_of([["a", "b"], [1, "=A2*2"]]))
    rewritten(file, SHEET, r"<v ?/>|<v></v>", "<v>2</v>")
    rewritten(file, "xl/workbook.xml", r'fullCalcOnLoad="1"', "")
    tables, faults = read_tables(file)
    assert not faults and tables["Kinder"].frame["b"].tolist() == [2]


def test_a_formula_that_came_out_empty(tmp_path: Path) -> None:
    file = save(tmp_path, book_of([["a", "b"], [1, '=""']]))
    rewritten(file, SHEET, r'<c r="B2"', '<c r="B2" t="str"')
    rewritten(file, "xl/workbook.xml", r'fullCalcOnLoad="1"', "")
    tables, faults = read_tables(file)
    assert not faults and tables["Kinder"].frame["b"].tolist() == [None]


def test_noughts_of_a_program_that_computes_nothing(tmp_path: Path) -> None:
    file = save(tmp_path, book_of([["a", "b"], [1, "=A2*2"]]))
    rewritten(file, SHEET, r"<v ?/>|<v></v>", "<v>0</v>")  # and asks to be computed
    _, faults = read_tables(file)
    assert [fault.rule for fault in faults] == ["formula_without_value"]


def test_error_cells(tmp_path: Path) -> None:
    tables, faults = read_tables(save(tmp_path, book_of([["a", "b"], ["#REF!", 1]])))
    assert not tables
    [fault] = faults
    assert (fault.rule, fault.column) == ("error_cell", "a")
    assert "A2 holds the error #REF!" in fault.message


def test_merged_cells_in_the_table_and_above_it(tmp_path: Path) -> None:
    book = book_of([["Register", None], ["a", "b"], [1, 2], [None, 3]])
    book.active.merge_cells("A1:B1")
    file = save(tmp_path, book)
    tables, faults = read_tables(file, reading=Reading(header_line=2))
    assert not faults and len(tables["Kinder"].frame) == 2
    book.active.merge_cells("A3:A4")
    _, faults = read_tables(save(tmp_path, book), reading=Reading(header_line=2))
    assert [(f.rule, f.source) for f in faults] == [
        ("merged_cells", "register.xlsx, sheet Kinder, cells A3:A4")
    ]


def test_hidden_rows_are_read_and_hidden_sheets_are_told(tmp_path: Path) -> None:
    book = book_of([["a"], [1], [2]])
    book.active.row_dimensions[3].hidden = True
    other = book.create_sheet("Alt")
    other.append(["a"])
    other.append([9])
    other.sheet_state = "hidden"
    book.create_sheet("Tabelle3")
    file = save(tmp_path, book)
    tables, faults = read_tables(file)
    assert list(tables) == ["Kinder"]
    assert tables["Kinder"].frame["a"].tolist() == [1, 2]
    assert "1 hidden row is read too" in tables["Kinder"].notes
    assert [(f.rule, f.severity, f.table) for f in faults] == [
        ("hidden_sheet", "warning", "Alt")
    ]
    tables, faults = read_tables(file, reading=Reading(tables=["Alt", "Kinder"]))
    assert sorted(tables) == ["Alt", "Kinder"] and not faults
    _, faults = read_tables(file, reading=Reading(tables=["Altes"]))
    assert [fault.rule for fault in faults] == ["unknown_table"]


def test_what_a_sheet_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    file = save(tmp_path, book_of([["a", "b"], [1, 2], [3, 4]]))
    rewritten(file, SHEET, r'<dimension ref="[^"]*"', '<dimension ref="A1"')
    tables, _ = read_tables(file)
    assert tables["Kinder"].frame.values.tolist() == [[1, 2], [3, 4]]


def test_words_for_missing_mean_numbers_too(tmp_path: Path) -> None:
    file = save(tmp_path, book_of([["a", "b"], [-9, "k.A."], [-9.0, 1]]))
    tables, _ = read_tables(file, reading=Reading(missing=("-9", "k.A.")))
    assert tables["Kinder"].frame.values.tolist() == [[None, None], [None, 1]]


def test_a_workbook_that_declares_entities_is_refused(tmp_path: Path) -> None:
    file = save(tmp_path, book_of([["a"], [1]]))
    bomb = '<!DOCTYPE a [<!ENTITY b "xxxx">]><worksheet'
    rewritten(file, SHEET, "<worksheet", bomb)
    tables, faults = read_tables(file)
    assert not tables and [fault.rule for fault in faults] == ["malformed_workbook"]


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "[Content_Types].xml"])
def test_a_broken_workbook_is_a_fault(tmp_path: Path, part: str) -> None:
    file = save(tmp_path, book_of([["a"], [1]]))
    rewritten(file, part, "<", "&")
    tables, faults = read_tables(file)
    assert not tables and [fault.rule for fault in faults] == ["malformed_workbook"]


def test_a_cut_off_workbook_is_a_fault(tmp_path: Path) -> None:
    file = save(tmp_path, book_of([["a"], [1]]))
    file.write_bytes(file.read_bytes()[:-200])
    tables, faults = read_tables(file)
    assert not tables and faults[0].rule in ("wrong_kind", "malformed_workbook")
