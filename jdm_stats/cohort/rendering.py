"""Rows of a table as the bytes of a CSV file or as an Arrow table, column by column.

A column of millions of rows holds few different values, so each value is put into words
once, and lines are joined from these words by Arrow. The bytes are those that the csv
module writes with minimal quoting and ``repr`` for numbers, and a test says so.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jdm_stats.schema import FLAG, INTEGER, NUMBER, TEXT, Column, Table

__all__ = ["arrow_schema", "arrow_table", "csv_heading", "csv_rows"]

_ROWS_AT_ONCE = 65_536
_PLAIN = re.compile(r"[\w.-]+")
_WORDING: Mapping[str, Callable[[Any], str]] = {
    TEXT: lambda text: _quoted(str(text)),
    INTEGER: str,
    NUMBER: repr,
    FLAG: lambda flag: "true" if flag else "false",
}
_ARROW = {
    TEXT: pa.string(),
    INTEGER: pa.int64(),
    NUMBER: pa.float64(),
    FLAG: pa.bool_(),
}


def csv_heading(table: Table) -> bytes:
    r"""Return the first line of a table's CSV file.

    Examples
    --------
    >>> from jdm_stats.schema import TABLES
    >>> csv_heading(TABLES["assessments"])
    b'patient_id,day,measure,value\n'
    """
    return (",".join(table.names) + "\n").encode()


def csv_rows(frame: pd.DataFrame, table: Table) -> Iterator[bytes]:
    r"""Yield the rows of a table as lines of CSV, many at once, without the heading.

    Parameters
    ----------
    frame : DataFrame
        As `jdm_stats.cohort.columns.conform` returns it.
    table : Table
        Its columns.

    Yields
    ------
    bytes
        UTF-8, LF; numbers in their shortest exact form, an empty cell where missing.

    Examples
    --------
    >>> from jdm_stats.cohort.columns import conform
    >>> from jdm_stats.schema import TABLES
    >>> event = {"patient_id": ["P1"], "day": [4], "event": ["surgery"]}
    >>> tidy, _ = conform(pd.DataFrame(event), TABLES["events"])
    >>> b"".join(csv_rows(tidy, TABLES["events"]))
    b'P1,4,surgery,,true\n'
    """
    ends = [","] * (len(table.columns) - 1) + ["\n"]
    cells = [
        _in_words(frame[column.name], column, end)
        for column, end in zip(table.columns, ends, strict=True)
    ]
    for first in range(0, len(frame), _ROWS_AT_ONCE):
        taken = [
            words.take(pa.array(codes[first : first + _ROWS_AT_ONCE]))
            for codes, words in cells
        ]
        lines = pc.binary_join_element_wise(*taken, pa.scalar("", pa.large_string()))
        _, offsets, letters = lines.buffers()
        ends_at = np.frombuffer(offsets, dtype=np.int64)[
            lines.offset : lines.offset + len(lines) + 1
        ]
        yield letters[int(ends_at[0]) : int(ends_at[-1])].to_pybytes()


def _in_words(
    values: pd.Series, column: Column, end: str
) -> tuple[npt.NDArray[np.intp], pa.Array]:
    """Return each cell's place among the words of its column; the last is missing."""
    if column.kind == NUMBER and values.dtype == np.float64:
        numbers = values.to_numpy()
        codes, bits = pd.factorize(numbers.view(np.int64))  # 0.0 and -0.0 apart
        codes[np.isnan(numbers)] = -1
        plain = np.asarray(bits, dtype=np.int64).view(np.float64).tolist()
    else:
        codes, unique = pd.factorize(values)
        plain = unique.astype(object).tolist()
    write = _WORDING[column.kind]
    words = [write(value) + end for value in plain]
    codes[codes < 0] = len(words)
    return codes, pa.array([*words, end], type=pa.large_string())


def _quoted(text: str) -> str:
    """Quote a cell exactly where the csv module would."""
    if _PLAIN.fullmatch(text):
        return text
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([text, ""])
    return line.getvalue().removesuffix(",\n")


def arrow_schema(table: Table) -> pa.Schema:
    """Return the names and types of a table's columns in a Parquet file.

    Examples
    --------
    >>> from jdm_stats.schema import TABLES
    >>> arrow_schema(TABLES["assessments"]).types[1:]
    [DataType(int64), DataType(string), DataType(double)]
    """
    return pa.schema([(column.name, _ARROW[column.kind]) for column in table.columns])


def arrow_table(frame: pd.DataFrame, table: Table) -> pa.Table:
    """Return the rows of a table as Arrow holds them; missing is null.

    Parameters
    ----------
    frame : DataFrame
    table : Table

    Examples
    --------
    >>> from jdm_stats.schema import TABLES
    >>> values = {
    ...     "patient_id": ["P1"],
    ...     "day": [0],
    ...     "measure": ["cmas"],
    ...     "value": [40.0],
    ... }
    >>> arrow_table(pd.DataFrame(values), TABLES["assessments"]).num_rows
    1
    """
    arrays = []
    for column in table.columns:
        values = frame[column.name]
        missing = values.isna().to_numpy(dtype=bool)
        if isinstance(values.array, pd.arrays.IntegerArray | pd.arrays.BooleanArray):
            filled = values.fillna(0 if column.kind == INTEGER else False)
            plain: Any = filled.to_numpy(
                dtype=bool if column.kind == FLAG else np.int64
            )
        elif values.dtype == np.float64 and column.kind == NUMBER:
            plain = values.to_numpy()
        else:
            plain = values.astype(object).to_numpy(dtype=object)
        arrays.append(pa.array(plain, type=_ARROW[column.kind], mask=missing))
    return pa.table(arrays, schema=arrow_schema(table))
