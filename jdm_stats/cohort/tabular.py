"""One table, one file: CSV or Parquet, read without guessing, written without loss.

What is written as CSV is UTF-8, with commas and a heading. Every cell is read as text, so
that "007" stays "007" and "none" stays a word, and only an empty cell is missing; a CSV in
another dialect is read if the dialect is beyond doubt.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jdm_stats.cohort.doors.delimited import read_delimited
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.errors import Fault
from jdm_stats.schema import FLAG, INTEGER, NUMBER, TEXT, Column, Table

__all__ = ["FORMATS", "READERS", "RULES", "WRITERS", "number_columns"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "not_utf8": "cohort.json is written in UTF-8.",
    }
)

Read = tuple[RawTable | None, list[Fault]]


def _read_csv(path: Path, table: Table, reading: Reading) -> Read:
    return read_delimited(path, reading, name=table.name, numbers=number_columns(table))


def number_columns(table: Table) -> frozenset[str]:
    """Return the names of a table's columns that hold numbers.

    Examples
    --------
    >>> from jdm_stats.schema import TABLES
    >>> sorted(number_columns(TABLES["events"]))
    ['day']
    """
    kinds = (INTEGER, NUMBER)
    return frozenset(column.name for column in table.columns if column.kind in kinds)


def read_utf8(path: Path, table: str) -> tuple[str | None, Fault | None]:
    """Return the text of a file, or the fault when it is not UTF-8."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        return None, Fault(
            *(table, None, None, None, "not_utf8"),
            f"{path.name} line {line} holds the byte 0x{byte:02x}, which is not UTF-8",
            "save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8')",
        )


def _read_parquet(path: Path, table: Table, reading: Reading) -> Read:
    try:
        with pq.ParquetFile(path) as file:
            frame = file.read().to_pandas()
        return RawTable(table.name, path.name, frame), []
    except (pa.ArrowException, OSError, ValueError) as error:
        said = f"{path.name}: {next(iter(str(error).splitlines()), 'unreadable')}"
        return None, [
            Fault(
                *(table.name, None, None, None, "malformed_parquet", said),
                "write the table to Parquet again",
            )
        ]


def _write_csv(frame: pd.DataFrame, table: Table, path: Path) -> None:
    cells = [_as_text(frame[column.name], column) for column in table.columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.names)
        writer.writerows(zip(*cells, strict=True))


_WORDING: Mapping[str, Callable[[Any], str]] = {
    TEXT: str,
    INTEGER: str,
    NUMBER: repr,
    FLAG: lambda flag: "true" if flag else "false",
}


def _as_text(values: pd.Series, column: Column) -> list[str]:
    missing = values.isna().to_numpy(dtype=bool)
    write = _WORDING[column.kind]
    plain = values.astype(object).to_numpy(dtype=object).tolist()
    return [
        "" if gone else write(cell) for cell, gone in zip(plain, missing, strict=True)
    ]


_ARROW = {
    TEXT: pa.string(),
    INTEGER: pa.int64(),
    NUMBER: pa.float64(),
    FLAG: pa.bool_(),
}


def _write_parquet(frame: pd.DataFrame, table: Table, path: Path) -> None:
    arrays = []
    for column in table.columns:
        values = frame[column.name]
        plain = values.astype(object).to_numpy(dtype=object)
        missing = values.isna().to_numpy(dtype=bool)
        arrays.append(pa.array(plain, type=_ARROW[column.kind], mask=missing))
    pq.write_table(pa.table(arrays, names=list(table.names)), path)


FORMATS = ("csv", "parquet")
READERS: Mapping[str, Callable[[Path, Table, Reading], Read]] = MappingProxyType(
    {"csv": _read_csv, "parquet": _read_parquet}
)
WRITERS: Mapping[str, Callable[[pd.DataFrame, Table, Path], None]] = MappingProxyType(
    {"csv": _write_csv, "parquet": _write_parquet}
)
