"""What is left of a register's own format once it is laid out as plain tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.errors import Fault

__all__ = ["TALLY_COLUMNS", "Unfolded", "as_words", "tally_frame", "with_none"]

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
