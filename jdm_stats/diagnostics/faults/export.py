"""Faults beside the values as they were received, for whoever mends the export.

Nothing of a bad file is lost: what cannot be used is handed back, with the file, the line, the
column and the value exactly as it came.
"""

from __future__ import annotations

import ast
import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.errors import Fault

__all__ = ["GENERATOR", "as_csv", "located", "written_by_a_check"]

GENERATOR = "jdm-stats check"
COLUMNS = (
    *("severity", "code", "file", "line", "column", "table", "row", "patient_id"),
    *("field", "message", "remedy", "value"),
)
_PLACE = re.compile(
    r"(?P<file>.*?)(?: (?:line|row) (?P<line>\d+))?(?:, column (?P<column>'.*'|\".*\"))?",
    re.DOTALL,
)
# What a spreadsheet would compute when the table is opened; a plain numeral is none.
_FORMULA = re.compile("\\s*[=+\\-@\t\r＝＋－＠]")
_NUMERAL = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
_NO_LETTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def located(
    faults: Iterable[Fault], received: Mapping[str, RawTable] | None = None
) -> pd.DataFrame:
    """Lay faults out with their place in the export and the value as received.

    Parameters
    ----------
    faults : iterable of Fault
    received : mapping of str to RawTable, optional
        The tables of the source as they came, by name
        (`jdm_stats.cohort.examined.Examined.received`); without them values are left empty.

    Returns
    -------
    DataFrame
        One row per fault: ``severity code file line column table row patient_id field
        message remedy value``. ``column`` is the export's own heading and ``field`` the
        column of the cohort; ``value`` is the cell, or the whole record where a fault
        names no column, as CSV.

    Examples
    --------
    >>> frame = pd.DataFrame({"patient_id": ["P1"], "cmas": ["12,5"]}, dtype=object)
    >>> raw = RawTable("patients", "patients.csv", frame, np.array([2]))
    >>> fault = Fault("patients", 1, "P1", "cmas", "wrong_type", "no number", "mend it")
    >>> located([fault], {"patients": raw})[["file", "line", "value"]].values.tolist()
    [['patients.csv', 2, '12,5']]
    """
    tables = received or {}
    by_source = {table.source: table for table in tables.values()}
    rows = [_located(fault, tables, by_source) for fault in faults]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    return frame.astype({"line": "Int64", "row": "Int64"})


def _located(
    fault: Fault, tables: Mapping[str, RawTable], by_source: Mapping[str, RawTable]
) -> tuple[Any, ...]:
    file, line, column = _place_of(fault)
    table = by_source.get(file)
    place: int | None = None
    if fault.source is None:
        table = tables.get(fault.table)
        place = None if fault.row is None else fault.row - 1
        if table is not None:
            file, column = table.source, fault.column
            line = _line(table, place)
    elif table is not None and line is not None:
        place = _row_of(table, line)
    value = None if table is None else _value(table, place, column)
    return (
        *(fault.severity, fault.rule, file or None, line, column, fault.table),
        *(fault.row, fault.patient_id, fault.column, fault.message, fault.remedy),
        value,
    )


def _place_of(fault: Fault) -> tuple[str, int | None, str | None]:
    found = _PLACE.fullmatch(fault.source or "")
    if found is None:
        return fault.source or "", None, None
    column = found["column"]
    try:
        heading = None if column is None else str(ast.literal_eval(column))
    except (ValueError, SyntaxError):
        heading = column
    return found["file"], int(found["line"]) if found["line"] else None, heading


def _line(table: RawTable, place: int | None) -> int | None:
    if place is None or not 0 <= place < len(table.frame):
        return None
    return place + 1 if table.lines is None else int(table.lines[place])


def _row_of(table: RawTable, line: int) -> int | None:
    if table.lines is None:
        return line - 1 if 0 < line <= len(table.frame) else None
    place = int(np.searchsorted(table.lines, line))
    hit = place < len(table.lines) and int(table.lines[place]) == line
    return place if hit else None


def _value(table: RawTable, place: int | None, column: str | None) -> str | None:
    if place is None or not 0 <= place < len(table.frame):
        return None
    if column is None:
        record = table.frame.iloc[place].tolist()
        return _record([_text(cell) or "" for cell in record])
    headings = [str(heading) for heading in table.frame.columns]
    if column not in headings:
        return None
    return _text(table.frame.iat[place, headings.index(column)])


def _text(cell: Any) -> str | None:
    return None if cell is None or cell is pd.NA or cell is pd.NaT else str(cell)


def _record(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def as_csv(rows: pd.DataFrame) -> str:
    r"""Write located faults as CSV that a spreadsheet can be trusted with.

    A text that a spreadsheet would take for a formula (it begins with ``=``, ``+``, ``-``
    or ``@`` and is no plain number) gets a leading ``'``. Control characters and broken
    letters are written as ``\x..``.

    Examples
    --------
    >>> fault = Fault("events", 1, "=1+1", "day", "missing_value", "gone", "give it")
    >>> print(as_csv(located([fault])).splitlines()[1])
    error,missing_value,,,,events,1,'=1+1,day,gone,give it,
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.columns)
    for row in rows.astype(object).to_numpy(dtype=object).tolist():
        writer.writerow(["" if pd.isna(cell) else _guarded(str(cell)) for cell in row])
    return text.getvalue()


def _guarded(text: str) -> str:
    plain = _NO_LETTER.sub(lambda mark: f"\\x{ord(mark[0]):02x}", text)
    plain = plain.encode("utf-8", "backslashreplace").decode("utf-8")
    if _FORMULA.match(plain) and not _NUMERAL.fullmatch(plain):
        return f"'{plain}"
    return plain


def written_by_a_check(beginning: str) -> bool:
    """Tell whether a file begins as a table or a page that a check wrote.

    Examples
    --------
    >>> written_by_a_check("patient_id,antibody")
    False
    """
    return (
        beginning.startswith(",".join(COLUMNS)) or f'content="{GENERATOR}"' in beginning
    )
