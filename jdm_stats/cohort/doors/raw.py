"""What a door hands on: a table as it came, nothing read into its cells yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["RawTable"]


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """One table of an export, with the place of every row in its file.

    Parameters
    ----------
    name : str
        What a mapping calls it: the file's stem, the sheet, the table of a database.
    source : str
        What a person would look for: ``"register.csv"``, ``"book.xlsx, sheet Kinder"``.
    frame : DataFrame
        Columns of objects, in file order. From text files every cell is a str, or None
        where empty; typed sources (Excel, Parquet, databases) keep numbers, flags and
        dates as they are, with None where missing.
    lines : int array, shape (rows,), or None
        Line of the file (row of the sheet), counted from 1, on which each record
        begins; None where a source has no lines, as a Parquet file or a database.
    decimal : {".", ","} or None
        Decimal mark of a text file, declared or sniffed; None when the source is typed.
    notes : tuple of str
        What was sniffed rather than declared, in words.

    Examples
    --------
    >>> table = RawTable("kinder", "kinder.csv", pd.DataFrame({"Gewicht": ["20,5"]}))
    >>> table.place(0, "Gewicht")
    "kinder.csv row 1, column 'Gewicht'"
    """

    name: str
    source: str
    frame: pd.DataFrame
    lines: npt.NDArray[np.int64] | None = None
    decimal: str | None = None
    notes: tuple[str, ...] = ()

    def place(self, row: int, column: str | None = None) -> str:
        """Say where a cell stands in the file; ``row`` counts from 0."""
        where = f"row {row + 1}" if self.lines is None else f"line {self.lines[row]}"
        return f"{self.source} {where}" + (f", column {column!r}" if column else "")
