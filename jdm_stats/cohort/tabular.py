"""One table, one file: CSV or Parquet, read without guessing, written without loss.

A CSV is UTF-8, comma-separated, with a heading; every cell is read as text, so that
"007" stays "007" and "none" stays a word, and only an empty cell is missing. It is
checked record by record first, because pandas pads a short row with missing values and
drops what a long row has too much.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jdm_stats.errors import Fault
from jdm_stats.schema import FLAG, INTEGER, NUMBER, TEXT, Column, Table

__all__ = ["FORMATS", "READERS", "RULES", "WRITERS"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "not_utf8": "Text files are written in UTF-8.",
        "malformed_csv": "A CSV has a heading, commas between cells and closed quotes.",
        "ragged_row": "Every row of a CSV has as many cells as its heading.",
        "malformed_parquet": "A Parquet file can be read as a table.",
    }
)

Read = tuple[pd.DataFrame | None, list[Fault]]


def _read_csv(path: Path, table: Table) -> Read:
    text, fault = read_utf8(path, table.name)
    if text is None:
        return None, [fault] if fault else []
    if "\0" in text:  # pandas would cut the cell short there without a word
        return None, [_malformed(table.name, f"{path.name} holds a NUL character")]
    try:
        heading, faults = _records(text, table.name)
    except csv.Error as error:
        return None, [_malformed(table.name, f"{path.name}: {error}")]
    if len(heading) == 1 and any(mark in heading[0] for mark in ";\t|"):
        said = f"{path.name} has no commas in its heading {heading[0]!r}"
        return None, [_malformed(table.name, said)]
    if not heading:
        return None, [_malformed(table.name, f"{path.name} has no heading")]
    if faults:
        return None, faults
    frame = pd.read_csv(
        io.StringIO(text),
        header=0,
        names=range(len(heading)),
        index_col=False,
        dtype=str,
        keep_default_na=False,
        na_values=[""],
    )
    return frame.set_axis(heading, axis="columns"), []


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


def _records(text: str, table: str) -> tuple[list[str], list[Fault]]:
    """Return the heading and a fault for each record of another length."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    heading = next(reader, [])
    faults: list[Fault] = []
    blank: list[Fault] = []
    for row, record in enumerate(reader, start=1):
        if not record:
            said = f"line {reader.line_num} is blank"
            blank.append(_ragged(table, row, None, said, "remove the line"))
            continue
        faults += blank
        blank = []
        if len(record) != len(heading):
            said = (
                f"line {reader.line_num} has {len(record)} cells, "
                f"the heading has {len(heading)}"
            )
            remedy = "give one cell per heading; quote a cell that holds a comma"
            faults.append(_ragged(table, row, _id(heading, record), said, remedy))
    return heading, faults


def _id(heading: list[str], record: list[str]) -> str | None:
    """Return the child's id when it stands first, where a lost comma cannot move it."""
    return (record[0] or None) if heading[:1] == ["patient_id"] else None


def _ragged(
    table: str, row: int, patient_id: str | None, said: str, remedy: str
) -> Fault:
    return Fault(table, row, patient_id, None, "ragged_row", said, remedy)


def _malformed(table: str, message: str) -> Fault:
    remedy = "write a heading and rows, commas between cells, double quotes closed"
    return Fault(table, None, None, None, "malformed_csv", message, remedy)


def _read_parquet(path: Path, table: Table) -> Read:
    try:
        with pq.ParquetFile(path) as file:
            return file.read().to_pandas(), []
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, PermissionError):
            raise
        said = f"{path.name}: {str(error).splitlines()[0]}"
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
READERS: Mapping[str, Callable[[Path, Table], Read]] = MappingProxyType(
    {"csv": _read_csv, "parquet": _read_parquet}
)
WRITERS: Mapping[str, Callable[[pd.DataFrame, Table, Path], None]] = MappingProxyType(
    {"csv": _write_csv, "parquet": _write_parquet}
)
