"""Cutting a text file into rows and cells, each row held against the headings.

Rows are read in blocks and turned into columns block by block, so that a million rows
cost seconds, and nothing is padded or cut.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import compress, islice
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.doors.dialect import Dialect, records_of
from jdm_stats.cohort.doors.refusal import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_TOLD,
    Refusal,
    told,
)
from jdm_stats.errors import Fault

__all__ = ["RULES", "Cut", "cut_records"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "malformed_csv": "A CSV has headings, one mark between cells and closed quotes.",
        "ragged_row": "Every row of a CSV has as many cells as its heading.",
        "rows_in_a_cell": "No cell holds what looks like further rows.",
    }
)

_BLOCK_ROWS, _BLOCK_CELLS = 50_000, 1_000_000
_BLANK = "remove the line"
_CLOSE = "write a heading and rows, one delimiter between cells, quotes closed"

Objects = npt.NDArray[np.object_]
Record = list[str]


@dataclass
class Cut:
    """The cells of a file, in columns, with the line on which each row begins."""

    heading: list[str]
    columns: list[Objects]
    lines: npt.NDArray[np.int64]
    faults: list[Fault] = field(default_factory=list)


@dataclass
class _Rows:
    """What is gathered while a file is read."""

    name: str
    source: str
    heading: list[str]
    delimiter: str
    blocks: list[list[Objects]] = field(default_factory=list)
    begins: list[npt.NDArray[np.int64]] = field(default_factory=list)
    ragged: list[Fault] = field(default_factory=list)
    swallowed: list[Fault] = field(default_factory=list)
    count: int = 0  # ragged rows, told or not
    blank: list[npt.NDArray[np.int64]] = field(default_factory=list)  # rows, lines
    rows: int = 0
    last: int = 0  # the last row that is not blank


def cut_records(
    lines: Iterator[str], dialect: Dialect, *, name: str, source: str
) -> Cut:
    r"""Cut the lines of a file into cells.

    Parameters
    ----------
    lines : iterator of str
        The file's lines with their ends, from the first.
    dialect : Dialect
    name, source : str
        What faults call the table and the file.

    Returns
    -------
    Cut
        With a fault for each row that has another number of cells than the headings.

    Raises
    ------
    Refusal
        When the file is no table of rows and cells.

    Examples
    --------
    >>> text = 'a;b\n1;"x\ny"\n2;z\n'
    >>> cut = cut_records(
    ...     iter(text.splitlines(True)), Dialect(";", '"', 1), name="t", source="t.csv"
    ... )
    >>> [column.tolist() for column in cut.columns], cut.lines.tolist()
    ([['1', '2'], ['x\ny', 'z']], [2, 4])
    """
    skipped = dialect.header_line - 1
    for _ in islice(lines, skipped):
        pass
    reader = records_of(lines, dialect.delimiter, dialect.quote)
    end = 0
    try:
        heading: Record = next(reader, [])
        _bearable(heading, source)
        rows = _Rows(name, source, heading, dialect.delimiter)
        end = reader.line_num
        size = min(_BLOCK_ROWS, _BLOCK_CELLS // len(heading) + 1)
        records, ends = _block(reader, size)
        while records:
            _keep(rows, records, np.array([end, *ends], dtype=np.int64) + skipped)
            end = ends[-1]
            records, ends = _block(reader, size)
    except csv.Error as error:
        at = reader.line_num + skipped
        raise _malformed(error, source, at) from None
    return _joined(rows)


def _bearable(heading: list[str], source: str) -> None:
    if not any(heading):
        raise Refusal("malformed_csv", f"{source} has no heading", _CLOSE)
    if len(heading) > MAX_COLUMNS:
        raise Refusal(
            "too_large",
            f"{source} has {len(heading):,} columns, the limit is {MAX_COLUMNS:,}",
            "write one row per visit or drug instead of one column for each",
        )


def _block(reader: Any, size: int) -> tuple[list[Record], list[int]]:
    records, ends = [], []
    for record in islice(reader, size):
        records.append(record)
        ends.append(reader.line_num)
    return records, ends


def _malformed(error: csv.Error, source: str, line: int) -> Refusal:
    said = str(error)
    if "field limit" in said:
        limit = csv.field_size_limit()
        said = (
            f"a cell has more than {limit:,} letters: a quote is not closed, or the "
            "delimiter is another"
        )
    elif "unexpected end" in said:
        said = f"a quoted cell is not closed before the end of the file ({said})"
    return Refusal("malformed_csv", f"{source} line {line}: {said}", _CLOSE, line=line)


def _keep(rows: _Rows, records: list[Record], ends: npt.NDArray[np.int64]) -> None:
    """Turn a block of records into columns; ``ends`` has the line before them first."""
    width = len(rows.heading)
    widths = np.fromiter(map(len, records), dtype=np.int64, count=len(records))
    numbers = np.arange(rows.rows, rows.rows + len(records)) + 1
    sound, blank = widths == width, widths == 0
    rows.blank.append(np.column_stack([numbers, ends[1:]])[blank])
    rows.last = max(rows.last, int((numbers * ~blank).max()))
    for place in np.flatnonzero(~sound & ~blank):
        _tell_ragged(rows, records[place], int(numbers[place]), int(ends[place + 1]))
    if rows.count:  # the table will be refused: go on counting, keep nothing
        rows.blocks.clear()
        rows.begins.clear()
    else:
        for place in np.flatnonzero((np.diff(ends) > 1) & sound):
            _tell_swallowed(
                rows, records[place], int(numbers[place]), int(ends[place]) + 1
            )
        whole = list(compress(records, sound)) if blank.any() else records
        rows.blocks.append([_column(cells) for cells in zip(*whole, strict=True)])
        rows.begins.append(ends[:-1][sound] + 1)
    rows.rows += len(records)
    if rows.rows * width > MAX_CELLS:
        raise Refusal(
            "too_large",
            f"{rows.source} has more than {MAX_CELLS:,} cells",
            "leave out columns that are not needed, or give it in several files",
        )


def _column(cells: tuple[str, ...]) -> Objects:
    """Return a column of a block, each different cell kept once."""
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    codes, words = pd.factorize(column)
    words[words == ""] = None
    return words[codes]


def _tell_ragged(rows: _Rows, record: Record, row: int, line: int) -> None:
    rows.count += 1
    if len(rows.ragged) < MAX_TOLD:
        said = (
            f"line {line} has {len(record)} cells, the heading has {len(rows.heading)}"
        )
        mark = {",": "a comma", "\t": "a tab"}.get(rows.delimiter, repr(rows.delimiter))
        remedy = f"give one cell per heading; quote a cell that holds {mark}"
        # the id stands first, where a lost delimiter cannot move it
        named = record[0] or None if rows.heading[0] == "patient_id" else None
        rows.ragged.append(_ragged(rows, row, line, named, said, remedy))


def _ragged(
    rows: _Rows, row: int, line: int, patient_id: str | None, said: str, remedy: str
) -> Fault:
    return Fault(
        *(rows.name, row, patient_id, None, "ragged_row", said, remedy),
        source=f"{rows.source} line {line}",
    )


def _tell_swallowed(rows: _Rows, record: Record, row: int, line: int) -> None:
    """Warn of a cell with line breaks and as many delimiters as a row has."""
    wanted = max(len(rows.heading) - 1, 1)
    for cell, column in zip(record, rows.heading, strict=True):
        if cell.count(rows.delimiter) >= wanted and ("\n" in cell or "\r" in cell):
            rows.swallowed.append(
                Fault(
                    *(rows.name, row, None, column, "rows_in_a_cell"),
                    f"the cell {cell[:40]!r} holds line breaks and delimiters",
                    "look if a quote is missing, so that rows were taken into a cell",
                    severity="warning",
                    source=f"{rows.source} line {line}, column {column!r}",
                )
            )


def _joined(rows: _Rows) -> Cut:
    blank = np.concatenate([np.empty((0, 2), dtype=np.int64), *rows.blank])
    inner = blank[blank[:, 0] < rows.last]  # blank lines at the end say nothing
    rows.ragged += [
        _ragged(rows, int(row), int(line), None, f"line {line} is blank", _BLANK)
        for row, line in inner[:MAX_TOLD]
    ]
    ragged = sorted(rows.ragged, key=lambda fault: fault.row or 0)
    empty = np.empty(0, dtype=object)
    columns = [
        np.concatenate([empty, *(block[place] for block in rows.blocks if block)])
        for place in range(len(rows.heading))
    ]
    begins = np.concatenate([np.empty(0, dtype=np.int64), *rows.begins])
    faults = [*told(ragged, rows.count + len(inner)), *rows.swallowed[:MAX_TOLD]]
    return Cut(rows.heading, columns, begins, faults)
