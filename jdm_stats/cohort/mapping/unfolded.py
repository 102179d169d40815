"""What is left of a register's own format once it is laid out as plain tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.errors import Fault

__all__ = [
    *("TALLY_COLUMNS", "Unfolded", "as_words"),
    *("taken_rows", "tally_frame", "with_none"),
]

Cells = TypeVar("Cells", pd.Series, pd.DataFrame)

TALLY_COLUMNS = ("table", "block", "column", "what", "from", "to", "rows")


def tally_frame(
    rows: Iterable[tuple[str, str, str, str, str, str, int]],
) -> pd.DataFrame:
    """Lay a tally out as a table; lines that count no row are left out.

    Examples
    --------
    >>> tally_frame([("visit", "redcap", "sex", "code to label", "1", "Female", 3)])
       table   block column           what from      to  rows
    0  visit  redcap    sex  code to label    1  Female     3
    """
    kept = [row for row in rows if row[-1]]
    frame = pd.DataFrame(kept, columns=list(TALLY_COLUMNS))
    return frame.astype({"rows": "int64"})


@dataclass(frozen=True, eq=False, repr=False)
class Unfolded(Mapping[str, RawTable]):
    """Tables by name, with the faults met on the way and a tally of what was changed.

    Parameters
    ----------
    tables : mapping of str to RawTable
    faults : tuple of Fault
        Each with its ``source``: file and line.
    tally : DataFrame
        ``table block column what from to rows``.
    """

    tables: Mapping[str, RawTable]
    faults: tuple[Fault, ...] = ()
    tally: pd.DataFrame = field(default_factory=lambda: tally_frame(()))

    def __getitem__(self, name: str) -> RawTable:
        return self.tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    def __repr__(self) -> str:
        listed = ", ".join(f"{name} ({len(t.frame):,})" for name, t in self.items())
        return f"Unfolded({listed or 'no tables'}; {len(self.faults)} faults)"

    def _repr_html_(self) -> str:
        from jdm_stats.html import html_table

        frame = pd.DataFrame(
            {
                "Table": list(self.tables),
                "Rows": [len(table.frame) for table in self.values()],
                "Columns": [
                    ", ".join(map(str, t.frame.columns)) for t in self.values()
                ],
            }
        )
        return html_table(frame, caption="Tables of the export", header_column=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows(RawTable):
    """Rows taken from a source without lines: they are told by their number there."""

    def place(self, row: int, column: str | None = None) -> str:
        """Say where a cell stands in the source."""
        place = RawTable.place(self, row, column)
        return place.replace(f"{self.source} line ", f"{self.source} row ", 1)


def taken_rows(
    table: RawTable, name: str, frame: pd.DataFrame, row: npt.NDArray[np.int64]
) -> RawTable:
    """Return a table made of rows of another; each keeps its place there.

    Parameters
    ----------
    table : RawTable
        Where the rows come from.
    name : str
    frame : DataFrame
        The cells.
    row : int array
        The row of ``table``, from 0, that each row came from.

    Examples
    --------
    >>> table = RawTable("all", "all.csv", pd.DataFrame({"x": ["a", "b"]}))
    >>> taken_rows(table, "b", table.frame.iloc[1:], np.array([1])).place(0)
    'all.csv row 2'
    """
    kind = _Rows if table.lines is None else RawTable
    lines = row + 1 if table.lines is None else table.lines[row]
    plain = frame.reset_index(drop=True)
    return kind(name, table.source, plain, lines, table.decimal, table.notes)


def with_none(cells: Cells) -> Cells:
    """Return a column or a table of objects in which whatever is missing is None."""
    objects: Any = cells.astype(object)
    return objects.where(objects.notna(), None)


def as_words(cells: pd.Series) -> pd.Series:
    """Return cells as stripped text, None where empty; whole numbers lose their ``.0``.

    Examples
    --------
    >>> as_words(pd.Series([" a", "", None, 2.0, True], dtype=object)).tolist()
    ['a', None, None, '2', '1']
    """
    codes, levels = pd.factorize(cells.astype(object).to_numpy(dtype=object))
    words = np.array([*(_word(level) for level in levels), None], dtype=object)
    return pd.Series(words[codes], index=cells.index, dtype=object)


def _word(level: object) -> str | None:
    if isinstance(level, (bool, np.bool_)):
        return str(int(level))
    if isinstance(level, (float, np.floating)) and float(level).is_integer():
        return str(int(level))
    return str(level).strip() or None
