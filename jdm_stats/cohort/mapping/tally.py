"""Everything a mapping changed, counted: one row per kind of change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.cells import as_objects
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.understanding import Note

__all__ = ["TALLY_COLUMNS", "TallyLine", "left_over", "tally_table"]

TALLY_COLUMNS = ("table", "block", "column", "what", "from", "to", "rows")
TallyLine = tuple[str, str, str, Note, int]  # table, block, column, what was done, rows

_SHOWN = 20  # places of rows named in one line of the tally


def tally_table(lines: Iterable[TallyLine]) -> pd.DataFrame:
    """Lay the tally out; lines that count no row are left out, equal ones added up.

    Returns
    -------
    DataFrame
        Columns ``table block column what from to rows``.

    Examples
    --------
    >>> line = ("patients", "kinder", "sex", Note("recoded", "w", "female"), 2)
    >>> tally_table([line, line]).values.tolist()
    [['patients', 'kinder', 'sex', 'recoded', 'w', 'female', 4]]
    """
    counts: dict[tuple[str, ...], int] = {}
    for table, block, column, note, rows in lines:
        if rows:
            key = (table, block, column, note.what, note.was, note.became)
            counts[key] = counts.get(key, 0) + rows
    frame = pd.DataFrame(
        [(*key, rows) for key, rows in counts.items()], columns=list(TALLY_COLUMNS)
    )
    return frame.astype({"rows": np.int64})


def left_over(
    raws: Mapping[str, RawTable],
    taken: Mapping[str, npt.NDArray[np.bool_]],
    read: Mapping[str, set[str]],
) -> Iterator[TallyLine]:
    """Say what of the export no block reads: tables, columns and rows.

    Parameters
    ----------
    raws : mapping of str to RawTable
    taken : mapping of a table to a bool array
        Rows that some block takes; a table no block names is not there.
    read : mapping of a table to column names
    """
    for name, raw in raws.items():
        if name not in taken:
            yield "export", name, "", Note("table not read"), len(raw.frame)
            continue
        yield from _columns(raw, read.get(name, set()))
        gone = np.flatnonzero(~taken[name])
        yield (
            "export",
            name,
            "",
            Note("row no block takes", _listed(raw, gone)),
            len(gone),
        )


def _columns(raw: RawTable, read: set[str]) -> Iterator[TallyLine]:
    for place, column in enumerate(map(str, raw.frame.columns)):
        if column not in read:
            cells = as_objects(raw.frame.iloc[:, place])
            filled = int(sum(cell is not None for cell in cells))
            note = Note("column not read" if filled else "empty column not read")
            yield "export", raw.name, column, note, filled or len(cells)


def _listed(raw: RawTable, rows: Sequence[int] | npt.NDArray[np.intp]) -> str:
    said = [raw.place(int(row)).removeprefix(f"{raw.source} ") for row in rows[:_SHOWN]]
    more = len(rows) - len(said)
    return ", ".join(said) + (f" and {more:,} more" if more > 0 else "")
