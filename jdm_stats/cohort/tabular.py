"""One table, one file: CSV or Parquet, read without guessing, written without loss.

What is written as CSV is UTF-8, with commas and a heading. Every cell is read as text, so
that "007" stays "007" and "none" stays a word, and only an empty cell is missing; a CSV in
another dialect is read if the dialect is beyond doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jdm_stats.cohort.doors.delimited import read_delimited
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.rendering import arrow_table, csv_heading, csv_rows
from jdm_stats.errors import Fault
from jdm_stats.schema import INTEGER, NUMBER, Table

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
    with path.open("wb") as file:
        file.write(csv_heading(table))
        file.writelines(csv_rows(frame, table))


def _write_parquet(frame: pd.DataFrame, table: Table, path: Path) -> None:
    pq.write_table(arrow_table(frame, table), path)


FORMATS = ("csv", "parquet")
READERS: Mapping[str, Callable[[Path, Table, Reading], Read]] = MappingProxyType(
    {"csv": _read_csv, "parquet": _read_parquet}
)
WRITERS: Mapping[str, Callable[[pd.DataFrame, Table, Path], None]] = MappingProxyType(
    {"csv": _write_csv, "parquet": _write_parquet}
)
