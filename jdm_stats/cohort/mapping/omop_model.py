"""The tables of an OMOP source, whatever case they are written in, and what is told."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.unfolded import as_words
from jdm_stats.errors import Fault

__all__ = ["RULES", "Model", "day_of", "first_known", "is_omop"]

RULES: Mapping[str, str] = MappingProxyType(
    {"omop_date": "A date of an OMOP source is written YYYY-MM-DD."}
)

_NEEDED = ("person", "observation_period", "condition_occurrence")


def _plain(name: str) -> str:
    return name.rsplit(".", 1)[-1].casefold()


def is_omop(tables: Mapping[str, RawTable]) -> bool:
    """Tell whether the tables are those of an OMOP source."""
    return set(_NEEDED) <= {_plain(name) for name in tables}


def day_of(cells: pd.Series) -> pd.Series:
    """Read dates written YYYY-MM-DD or YYYYMMDD, with or without a time of day.

    Examples
    --------
    >>> day_of(pd.Series(["2019-03-01 00:00:00", "20190301", "soon", None])).tolist()
    [Timestamp('2019-03-01 00:00:00'), Timestamp('2019-03-01 00:00:00'), NaT, NaT]
    """
    words = as_words(cells)
    codes, levels = pd.factorize(words)
    read = [_day(str(level)) for level in levels]
    values = np.array([*read, np.datetime64("NaT")], dtype="datetime64[ns]")
    return pd.Series(values[codes], index=cells.index)


def _day(written: str) -> np.datetime64:
    digits = written[:10] if written[4:5] == "-" else written[:8]
    form = "%Y-%m-%d" if written[4:5] == "-" else "%Y%m%d"
    read = pd.to_datetime(digits, format=form, errors="coerce")
    return np.datetime64("NaT") if pd.isna(read) else np.datetime64(read.date(), "ns")


def first_known(*columns: pd.Series) -> pd.Series:
    """Return the first cell of several columns that is not missing; None where all are.

    Examples
    --------
    >>> a, b = (pd.Series(cells, dtype=object) for cells in (["x", None], ["y", "z"]))
    >>> first_known(a, b).tolist()
    ['x', 'z']
    """
    known: Any = columns[0].astype(object)
    for column in columns[1:]:
        known = known.where(known.notna(), column.astype(object))
    only: pd.Series = known.where(known.notna(), None)
    return only


class Model:
    """The tables by name, with the faults and the tally that gather on the way.

    Parameters
    ----------
    tables : mapping of str to RawTable
    """

    def __init__(self, tables: Mapping[str, RawTable]) -> None:
        self._raw = {_plain(name): table for name, table in tables.items()}
        self._words: dict[str, pd.DataFrame] = {}
        self.faults: list[Fault] = []
        self.tally: list[tuple[str, str, str, str, str, str, int]] = []

    def table(self, name: str) -> pd.DataFrame:
        """Return a table with lower-case headings, cells as words; empty when absent."""
        if name not in self._words:
            raw = self._raw.get(name)
            cells = (
                {}
                if raw is None
                else {
                    str(column).casefold(): as_words(raw.frame[column]).reset_index(
                        drop=True
                    )
                    for column in raw.frame.columns
                }
            )
            self._words[name] = pd.DataFrame(cells, dtype=object)
        return self._words[name]

    def dates(self, name: str, column: str) -> pd.Series:
        """Return a column of dates; a cell that is none is a fault."""
        rows = self.table(name)
        if column not in rows:
            return pd.Series(np.full(len(rows), np.datetime64("NaT"), "datetime64[ns]"))
        read = day_of(rows[column])
        raw = self._raw[name]
        for row in np.flatnonzero((read.isna() & rows[column].notna()).to_numpy()):
            person = rows["person_id"].iloc[row] if "person_id" in rows else None
            said = f"{rows[column].iloc[row]!r} is no date"
            told = (name, int(row) + 1, person, column, "omop_date", said)
            place = raw.place(int(row), column)
            self.faults.append(Fault(*told, "write it as YYYY-MM-DD", source=place))
        return read

    def deaths(self) -> pd.Series:
        """Return the earliest date of death by person."""
        rows = self.table("death")
        if rows.empty:
            return pd.Series(dtype="datetime64[ns]")
        dates = self.dates("death", "death_date")
        return dates.groupby(rows["person_id"].to_numpy()).min()

    def concept_names(self) -> dict[str, str]:
        """Return the names of concepts by their ids."""
        rows = self.table("concept")
        if not {"concept_id", "concept_name"} <= set(rows.columns):
            return {}
        return dict(zip(rows["concept_id"], rows["concept_name"], strict=True))

    def count(
        self,
        table: str,
        column: str,
        what: str,
        old: str,
        new: str,
        rows: pd.DataFrame | pd.Series,
    ) -> None:
        """Add a line to the tally."""
        self.tally.append((table, "omop", column, what, old, new, len(rows)))
