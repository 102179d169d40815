"""The door for Excel workbooks (.xlsx): the values of cells, never their formulas.

A sheet is read row by row. What a sheet shows but does not hold is told: the result of a
formula that was never computed, errors such as #REF!, merged cells, hidden sheets.
"""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from jdm_stats.cohort.doors.opening import open_checked
from jdm_stats.cohort.doors.plain import typed_table
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.refusal import (
    MAX_BYTES,
    MAX_CELLS,
    MAX_TOLD,
    Refusal,
    told,
)
from jdm_stats.cohort.doors.sheet_marks import SheetMarks, column_letters, marks_of
from jdm_stats.errors import Fault

__all__ = ["RULES", "read_workbook", "sheet_names"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "malformed_workbook": "A workbook can be opened and its sheets read.",
        "unknown_table": "The tables named for reading are in the export.",
        "empty_sheet": "A sheet that is named for reading holds headings.",
        "hidden_sheet": "A hidden sheet is named, if it is to be read.",
        "merged_cells": "No cells of a table are merged.",
        "error_cell": "No cell of a sheet holds an error such as #REF!.",
        "formula_without_value": "A formula of a sheet has been computed and saved.",
    }
)

_LAST_ROW = 1_048_576
_SAVE = "open the workbook in a spreadsheet program and save it again as .xlsx"
Result = tuple[dict[str, RawTable], list[Fault]]


def read_workbook(path: Path, reading: Reading) -> Result:
    """Read the sheets of a workbook.

    Parameters
    ----------
    path : Path
    reading : Reading
        ``tables`` names the sheets; without it every visible sheet that is not empty is
        read.

    Returns
    -------
    tables : dict of str to RawTable
        By the sheets' names; ``lines`` are rows of the sheet.
    faults : list of Fault

    Examples
    --------
    >>> import openpyxl, tempfile
    >>> book = openpyxl.Workbook()
    >>> book.active.title = "Kinder"
    >>> for row in (["PatNr", "Diagnose"], ["007", dt.datetime(2019, 3, 1)]):
    ...     book.active.append(row)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "register.xlsx"
    ...     book.save(file)
    ...     tables, faults = read_workbook(file, Reading())
    >>> tables["Kinder"].frame.values.tolist(), tables["Kinder"].place(0)
    ([['007', datetime.datetime(2019, 3, 1, 0, 0)]], 'register.xlsx, sheet Kinder line 2')
    """
    try:
        open_checked(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, not of values
            return _sheets(path, reading)
    except Refusal as refusal:
        return {}, [refusal.fault(path.stem, path.name)]


def sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's sheets, or refuse the file."""
    from openpyxl import load_workbook  # only who reads a workbook needs it

    open_checked(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with zipfile.ZipFile(path) as archive, path.open("rb") as file:
                _refuse_bombs(archive, path)
                book = load_workbook(file, read_only=True, keep_links=False)
                return [sheet.title for sheet in book.worksheets]
    except Refusal:
        raise
    except Exception as error:  # a parser of others, fed with whatever is in the file
        raise _malformed(path, error) from None


def _sheets(path: Path, reading: Reading) -> Result:
    from openpyxl import load_workbook  # only who reads a workbook needs it

    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            _refuse_bombs(archive, path)
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            return _chosen(archive, book, path, reading)
    except Refusal:
        raise
    except Exception as error:  # a parser of others, fed with whatever is in the file
        raise _malformed(path, error) from None


def _malformed(path: Path, error: Exception) -> Refusal:
    said = next(iter(str(error).splitlines()), "")[:200] or type(error).__name__
    return Refusal("malformed_workbook", f"{path.name} cannot be read ({said})", _SAVE)


def _refuse_bombs(archive: zipfile.ZipFile, path: Path) -> None:
    size = sum(part.file_size for part in archive.infolist())
    if size > MAX_BYTES:
        raise Refusal(
            "too_large",
            f"{path.name} unpacks to {size / 2**20:,.0f} MiB",
            "give the tables as CSV or Parquet",
        )
    for part in archive.infolist():
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as file:
                head = file.read(4096).replace(b"\0", b"").upper()
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                raise Refusal(
                    "malformed_workbook",
                    f"{path.name}: the part {part.filename} declares its own entities",
                    _SAVE,
                )


def _chosen(
    archive: zipfile.ZipFile, book: Any, path: Path, reading: Reading
) -> Result:
    tables: dict[str, RawTable] = {}
    faults: list[Fault] = []
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if reading.tables is not None:
        faults += _not_there(sheets, path, reading.tables)
    for name, sheet in sheets.items():
        if reading.tables is not None and name not in reading.tables:
            continue
        if reading.tables is None and sheet.sheet_state != "visible":
            faults.append(_hidden(name, path))
            continue
        try:
            table, found = _sheet(archive, sheet, path, reading)
        except Refusal as refusal:
            table, found = None, [refusal.fault(name, f"{path.name}, sheet {name}")]
        faults += found
        if table is not None:
            tables[name] = table
    return tables, faults


def _not_there(sheets: Any, path: Path, wanted: tuple[str, ...]) -> list[Fault]:
    return [
        Fault(
            *(name, None, None, None, "unknown_table"),
            f"{path.name} has no sheet {name!r}",
            f"its sheets are {', '.join(map(repr, sheets))}",
            source=path.name,
        )
        for name in wanted
        if name not in sheets
    ]


def _hidden(name: str, path: Path) -> Fault:
    return Fault(
        *(name, None, None, None, "hidden_sheet"),
        f"the sheet {name!r} is hidden and is not read",
        "name it under tables if it is meant to be read",
        severity="warning",
        source=path.name,
    )


def _sheet(
    archive: zipfile.ZipFile, sheet: Any, path: Path, reading: Reading
) -> tuple[RawTable | None, list[Fault]]:
    name, source = sheet.title, f"{path.name}, sheet {sheet.title}"
    rows, numbers, errors = _cells(sheet, reading.header_line, source)
    if not rows:
        if reading.tables is None:
            return None, []
        said = f"the sheet {name!r} has no headings in row {reading.header_line}"
        raise Refusal("empty_sheet", said, "declare header_line, or leave it out")
    width = max(map(len, rows))
    headings = [_heading(cell) for cell in rows[0]] + [""] * (width - len(rows[0]))
    marks = marks_of(archive, sheet)
    faults = [
        *_at_cells(name, source, headings, "error_cell", errors),
        *_uncomputed(name, source, headings, marks, reading.header_line),
        *_merged(name, source, marks, (reading.header_line, numbers[-1], width)),
    ]
    kept = [
        (row, number)
        for row, number in zip(rows[1:], numbers[1:], strict=True)
        if any(cell is not None for cell in row)
    ]
    columns = _columns([row for row, _ in kept], width)
    empty = numbers[-1] - reading.header_line - len(kept)
    notes = _notes(marks, empty)
    table, found = typed_table(
        *(headings, columns, reading),
        name=name,
        source=source,
        lines=np.array([number for _, number in kept], dtype=np.int64),
        notes=notes,
    )
    faults += found
    return (None if faults and _errors(faults) else table), faults


def _errors(faults: list[Fault]) -> bool:
    return any(fault.severity == "error" for fault in faults)


def _cells(
    sheet: Any, first: int, source: str
) -> tuple[list[tuple[Any, ...]], list[int], list[tuple[int, int, str]]]:
    """Return rows of values from the headings to the last that is filled."""
    sheet.reset_dimensions()  # what a file says of its own size may be wrong
    rows: list[tuple[Any, ...]] = []
    numbers: list[int] = []
    errors: list[tuple[int, int, str]] = []
    count = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > _LAST_ROW:
            raise Refusal("malformed_workbook", f"{source} has too many rows", _SAVE)
        if number < first:
            continue
        values = [None if cell.value == "" else cell.value for cell in row]
        while values and values[-1] is None:
            values.pop()
        if not values and number > first:
            continue
        for place, cell in enumerate(row):
            if cell.data_type == "e":
                errors.append((number, place, str(cell.value)))
        rows.append(tuple(values))
        numbers.append(number)
        count += len(values)
        if count > MAX_CELLS:
            raise Refusal("too_large", f"{source} is too large", "give it as CSV")
    if not rows or not any(cell is not None for row in rows for cell in row):
        return [], [], []
    return rows, numbers, errors


def _heading(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)


def _columns(rows: list[tuple[Any, ...]], width: int) -> list[Any]:
    made = [np.full(len(rows), None, dtype=object) for _ in range(width)]
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            made[column][place] = cell
    return made


def _at_cells(
    name: str,
    source: str,
    headings: list[str],
    rule: str,
    cells: list[tuple[int, int, str]],
) -> list[Fault]:
    words = {
        "error_cell": ("the cell {} holds the error {}", "mend the formula, and save"),
        "formula_without_value": (
            "the cell {} holds a formula that was never computed{}",
            _SAVE,
        ),
    }
    message, remedy = words[rule]
    faults = [
        Fault(
            *(name, None, None, _named(headings, place), rule),
            message.format(f"{column_letters(place)}{row}", value),
            remedy,
            source=f"{source} line {row}, column {_named(headings, place)!r}",
        )
        for row, place, value in cells[:MAX_TOLD]
    ]
    return told(faults, len(cells))


def _named(headings: list[str], place: int) -> str:
    said = headings[place] if place < len(headings) else ""
    return said or column_letters(place)


def _uncomputed(
    name: str, source: str, headings: list[str], marks: SheetMarks, first: int
) -> list[Fault]:
    cells = [(row, place, "") for row, place in marks.uncomputed if row >= first]
    rule = "formula_without_value"
    return _at_cells(name, source, headings, rule, cells)


def _merged(
    name: str, source: str, marks: SheetMarks, table: tuple[int, int, int]
) -> list[Fault]:
    """Tell merged cells inside the table; titles above it may be merged."""
    first, last, width = table
    faults = [
        Fault(
            *(name, None, None, None, "merged_cells"),
            f"the cells {text} are merged, and only the first of them holds a value",
            "unmerge them, and fill in each cell",
            source=f"{source}, cells {text}",
        )
        for text, (left, top, _, bottom) in marks.merged
        if bottom >= first and top <= last and left < width
    ]
    return told(faults[:MAX_TOLD], len(faults))


def _notes(marks: SheetMarks, empty: int) -> tuple[str, ...]:
    hidden = marks.hidden_rows
    return tuple(
        said
        for count, said in (
            (
                hidden,
                f"{hidden:,} hidden row{'s are' if hidden > 1 else ' is'} read too",
            ),
            (
                empty,
                f"{empty:,} empty row{'s are' if empty > 1 else ' is'} passed over",
            ),
        )
        if count
    )
