"""Rendered rows are the bytes the csv module would write, and the rows Arrow would hold."""

from __future__ import annotations

import csv
import io
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jdm_stats.cohort import rendering
from jdm_stats.cohort.columns import conform
from jdm_stats.cohort.rendering import arrow_table, csv_heading, csv_rows
from jdm_stats.cohort.table_files import TableFiles, rendered
from jdm_stats.schema import FLAG, NUMBER, TABLES, Column, Table

ODD = Table(
    "odd",
    "a column of each kind",
    (
        Column("word", "text", "any text"),
        Column("whole", "integer", "whole number"),
        Column("number", "number", "any number"),
        Column("flag", "flag", "true or false"),
    ),
)


def one_by_one(frame: pd.DataFrame, table: Table) -> bytes:
    """Write cell by cell with the csv module: slow, and plain to read."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(table.names)
    for _, row in frame.astype(object).iterrows():
        cells = []
        for column in table.columns:
            value = row[column.name]
            if value is None or value is pd.NA or value != value:
                cells.append("")
            elif column.kind == FLAG:
                cells.append("true" if value else "false")
            else:
                cells.append(repr(value) if column.kind == NUMBER else str(value))
        writer.writerow(cells)
    return lines.getvalue().encode()


def text_of(frame: pd.DataFrame, table: Table) -> bytes:
    return csv_heading(table) + b"".join(csv_rows(frame, table))


def test_four_rows_worked_by_hand() -> None:
    frame = pd.DataFrame(
        {
            "word": pd.Series(["a", 'say "a", b', None, " \u00e9"], dtype=object),
            "whole": pd.array([1, None, -3, 10**12], dtype="Int64"),
            "number": [0.1, -0.0, np.nan, 1e22],
            "flag": pd.array([True, None, False, True], dtype="boolean"),
        }
    )
    assert text_of(frame, ODD).decode() == (
        "word,whole,number,flag\n"
        "a,1,0.1,true\n"
        '"say ""a"", b",,-0.0,\n'
        ",-3,,false\n"
        " \u00e9,1000000000000,1e+22,true\n"
    )


@given(
    st.lists(
        st.tuples(
            st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
            st.none() | st.integers(-(2**62), 2**62),
            st.none() | st.floats(allow_nan=False),
            st.none() | st.booleans(),
        ),
        max_size=12,
    )
)
def test_any_rows_are_written_as_the_csv_module_writes_them(rows) -> None:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 4
    frame = pd.DataFrame(
        {
            "word": pd.Series(columns[0], dtype=object),
            "whole": pd.array(list(columns[1]), dtype="Int64"),
            "number": np.array(columns[2], dtype=float),
            "flag": pd.array(list(columns[3]), dtype="boolean"),
        }
    )
    assert text_of(frame, ODD) == one_by_one(frame, ODD)
    assert arrow_table(frame, ODD).to_pylist() == [
        dict(zip(ODD.names, row, strict=True)) for row in rows
    ]


def test_lines_do_not_depend_on_how_many_are_joined_at_once(monkeypatch) -> None:
    ids = [f"P{number}" for number in range(25)]
    frame, _ = conform(
        pd.DataFrame({"patient_id": ids, "day": range(25), "event": "surgery"}),
        TABLES["events"],
    )
    whole = text_of(frame, TABLES["events"])
    monkeypatch.setattr(rendering, "_ROWS_AT_ONCE", 7)
    assert text_of(frame, TABLES["events"]) == whole
    assert whole == one_by_one(frame, TABLES["events"])


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_pieces_make_up_the_whole(format: str, tmp_path: Path) -> None:
    tables = {"events": TABLES["events"]}
    frame, _ = conform(
        pd.DataFrame({"patient_id": ["P1", "P2", "P3"], "day": 1, "event": "surgery"}),
        TABLES["events"],
    )
    with TableFiles(tmp_path, tables, format) as files:
        for part in (frame.iloc[:1], frame.iloc[:0], frame.iloc[1:]):
            piece = rendered({"events": part}, tables, format)
            files.append(pickle.loads(pickle.dumps(piece)))
    file = tmp_path / f"events.{format}"
    if format == "csv":
        assert file.read_bytes() == text_of(frame, TABLES["events"])
    else:
        assert pq.read_table(file).equals(arrow_table(frame, TABLES["events"]))
        assert pq.ParquetFile(file).num_row_groups == 2
