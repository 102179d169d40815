"""The files of a cohort's tables, written piece by piece: memory does not grow with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jdm_stats.cohort.rendering import arrow_schema, arrow_table, csv_heading, csv_rows
from jdm_stats.schema import Table

__all__ = ["Piece", "TableFiles", "rendered"]

# Lines of CSV, or rows as Arrow holds them.
Piece: TypeAlias = bytes | pa.Table


def rendered(
    frames: Mapping[str, pd.DataFrame], tables: Mapping[str, Table], format: str
) -> dict[str, Piece]:
    """Return the rows of some tables as they will stand in their files.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Rows in the shape `jdm_stats.cohort.columns.conform` gives them.
    tables : mapping of str to Table
        The columns of each.
    format : {"csv", "parquet"}

    Returns
    -------
    dict of str to bytes or pyarrow.Table
    """
    if format == "csv":
        return {
            name: b"".join(csv_rows(frame, tables[name]))
            for name, frame in frames.items()
        }
    return {name: arrow_table(frame, tables[name]) for name, frame in frames.items()}


class TableFiles:
    r"""The files of a cohort, growing piece by piece; to be used in a ``with`` block.

    Parameters
    ----------
    folder : Path
        Where they stand.
    tables : mapping of str to Table
        Which files there are, with their columns.
    format : {"csv", "parquet"}
        A piece is a run of lines in CSV and a row group in Parquet.

    Examples
    --------
    >>> import tempfile
    >>> from jdm_stats.schema import TABLES
    >>> tables = {"assessments": TABLES["assessments"]}
    >>> with tempfile.TemporaryDirectory() as place:
    ...     with TableFiles(Path(place), tables, "csv") as files:
    ...         files.append({"assessments": b"P1,0,cmas,40.0\n"})
    ...     (Path(place) / "assessments.csv").read_text().splitlines()[1:]
    ['P1,0,cmas,40.0']
    """

    def __init__(self, folder: Path, tables: Mapping[str, Table], format: str) -> None:
        self._files: dict[str, Any] = {}
        try:
            for name, table in tables.items():
                file = folder / f"{name}.{format}"
                if format == "csv":
                    self._files[name] = file.open("wb")
                    self._files[name].write(csv_heading(table))
                else:
                    self._files[name] = pq.ParquetWriter(file, arrow_schema(table))
        except BaseException:
            self._close()
            raise

    def append(self, pieces: Mapping[str, Piece]) -> None:
        """Add a piece to each file it names."""
        for name, piece in pieces.items():
            if isinstance(piece, bytes):
                self._files[name].write(piece)
            elif len(piece):
                self._files[name].write_table(piece)

    def __enter__(self) -> TableFiles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
