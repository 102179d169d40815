"""What can be seen of an export: headings, words, figures and dates of every column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.headings import Heading, read_heading
from jdm_stats.cohort.mapping.propose_cells import cannot_be, looks_like
from jdm_stats.cohort.mapping.propose_dates import ColumnDates, look_for_dates
from jdm_stats.cohort.mapping.propose_values import missing_words
from jdm_stats.cohort.mapping.unfolded import as_words

__all__ = ["ColumnLook", "TableLook", "look_at_table", "only_rows"]

_FIGURE = re.compile(r"[<>≤≥]?\s*[+-]?\d+(?:[.,]\d+)*")
_SENTINELS = frozenset(("-9", "-99", "-999", "-1", "99", "999", "9999", "-8", "-7"))
_FEW_WORDS = 40


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """One column as it looks.

    Parameters
    ----------
    heading : Heading
    words : mapping of str to int
        Different words with their counts, the most frequent first.
    dates : ColumnDates or None
    figures : int
        Cells that are figures.
    """

    heading: Heading
    words: Mapping[str, int]
    dates: ColumnDates | None
    figures: int

    @property
    def name(self) -> str:
        """The heading as it stands in the file."""
        return self.heading.name

    @property
    def meaning(self) -> str | None:
        """What the heading says, see `jdm_stats.cohort.mapping.headings`."""
        return self.heading.meaning

    @property
    def filled(self) -> int:
        """How many cells are not empty."""
        return sum(self.words.values())

    @property
    def missing(self) -> list[str]:
        """Words that only ever mean an empty cell."""
        return missing_words(self.words)

    @property
    def sentinels(self) -> list[str]:
        """Figures that often stand for a missing value, where others are around."""
        if self.figures < self.filled or len(self.words) < 5:
            return []
        return [
            word for word in self.words if word in _SENTINELS and word.startswith("-")
        ]

    @property
    def numeric(self) -> bool:
        """Whether nearly all cells are figures."""
        return self.filled > 0 and self.figures >= 0.8 * self.filled

    @property
    def coded(self) -> bool:
        """Whether the column holds few different words."""
        return 0 < len(self.words) <= _FEW_WORDS and self.dates is None

    def given(self) -> list[str]:
        """Return the words that say something."""
        nothing = set(self.missing)
        return [word for word in self.words if word not in nothing]


@dataclass(frozen=True, slots=True, eq=False)
class TableLook:
    """One table, or the rows of one type of a long one.

    Parameters
    ----------
    name : str
    table : RawTable
    columns : tuple of ColumnLook
        Those that are filled at all.
    where : tuple of (column, word), optional
        Which rows of a long table these are.
    rows, children : int
        How many rows, and how many different ids among them.
    varying : frozenset of str
        Columns that say different things of one child in several rows.
    """

    name: str
    table: RawTable
    columns: tuple[ColumnLook, ...]
    rows: int
    children: int
    where: tuple[str, str] | None = None
    sure_where: bool = True
    varying: frozenset[str] = frozenset()

    def meaning(self, *meanings: str) -> ColumnLook | None:
        """Return the column of one of these meanings: a sure heading, then the fullest."""
        found = [look for look in self.columns if look.meaning in meanings]
        found.sort(key=lambda look: (not look.heading.sure, -look.filled))
        return found[0] if found else None

    def rivals(self, one: ColumnLook) -> list[str]:
        """Return the other columns that may mean the same, as surely as this one."""
        return [
            other.name
            for other in self.columns
            if other.name != one.name
            and other.meaning == one.meaning
            and (other.heading.sure or not one.heading.sure)
        ]

    def of_children(self) -> TableLook:
        """Return the look of what is said of a child, not of a visit, when rows repeat."""
        if not self.repeats_often:
            return self
        kept = tuple(one for one in self.columns if one.name not in self.varying)
        return replace(self, columns=kept)

    def of_visits(self) -> TableLook:
        """Return the look of what changes from row to row, when rows repeat."""
        if not self.repeats_often:
            return self
        told = ("patient_id", "date", "dose_unit")
        kept = tuple(
            one
            for one in self.columns
            if one.name in self.varying or one.meaning in told
        )
        return replace(self, columns=kept)

    @property
    def repeats_often(self) -> bool:
        """Whether so many rows repeat a child that it is no slip."""
        return self.rows - self.children > 0.1 * self.rows

    def has(self, *meanings: str) -> bool:
        """Whether a column has one of these meanings."""
        return any(look.meaning in meanings for look in self.columns)

    @property
    def repeats(self) -> bool:
        """Whether a child has several rows."""
        return self.children < self.rows


def look_at_table(
    table: RawTable, labels: Mapping[str, str] | None = None
) -> TableLook:
    """Look at every column of a table.

    Parameters
    ----------
    table : RawTable
    labels : mapping of str to str, optional
        What a data dictionary says beside a heading; read where it tells more.

    Examples
    --------
    >>> frame = pd.DataFrame({"PatNr": ["1", "1"], "Gewicht (kg)": ["20,5", None]})
    >>> look = look_at_table(RawTable("kinder", "kinder.csv", frame))
    >>> look.meaning("weight").heading.unit, look.repeats
    ('kg', True)
    """
    headings = {
        str(name): _heading(str(name), (labels or {}).get(str(name)))
        for name in table.frame.columns
    }
    every = np.ones(len(table.frame), dtype=bool)
    return _look(table, headings, every)


def only_rows(look: TableLook, column: str, word: str, sure: bool) -> TableLook:
    """Return the look of the rows in which a column holds a word."""
    mask = (as_words(look.table.frame[column]) == word).to_numpy(dtype=bool)
    headings = {one.name: one.heading for one in look.columns if one.name != column}
    seen = _look(look.table, headings, mask)
    return replace(seen, where=(column, word), sure_where=sure)


def _heading(name: str, label: str | None) -> Heading:
    read = read_heading(name)
    if not label:
        return read
    told = read_heading(label)
    if read.sure:
        alike = read.unit is None and told.meaning == read.meaning
        return replace(read, unit=told.unit) if alike else read
    if told.meaning is None or (read.meaning is not None and not told.sure):
        return read
    return replace(told, name=name, number=read.number)


def _look(
    table: RawTable, headings: Mapping[str, Heading], rows: npt.NDArray[np.bool_]
) -> TableLook:
    looks = [
        _column(table.frame.loc[rows, name], heading)
        for name, heading in headings.items()
    ]
    filled = _told_apart([look for look in looks if look.filled])
    ids = next((look for look in filled if look.meaning == "patient_id"), None)
    count = int(rows.sum())
    children = len(ids.words) if ids is not None else count
    varying = frozenset[str]()
    if ids is not None and children < count:
        names = [look.name for look in filled if look.name != ids.name]
        varying = _varying(table.frame.loc[rows], ids.name, names)
    return TableLook(table.name, table, tuple(filled), count, children, varying=varying)


_TREATMENT = ("drug", "dose", "route")
_OF_COURSES = ("start_day", "stop_day")


def _told_apart(looks: Sequence[ColumnLook]) -> list[ColumnLook]:
    """Let the other columns decide between the meanings a heading may have."""
    treated = any(look.meaning in _TREATMENT for look in looks)
    told = []
    for look in looks:
        fitting = [
            meaning
            for meaning in look.heading.others
            if (meaning in _OF_COURSES) == treated
            and not cannot_be(meaning, look.words, look.dates, look.figures)
        ]
        if len(fitting) == 1:
            look = replace(look, heading=replace(look.heading, meaning=fitting[0]))
        told.append(look)
    return told


def _varying(frame: pd.DataFrame, ids: str, names: Sequence[str]) -> frozenset[str]:
    """Return the columns that differ within one child in ten of those that repeat."""
    if not names:
        return frozenset()
    words = pd.DataFrame({name: as_words(frame[name]) for name in names})
    kinds = words.groupby(as_words(frame[ids]).to_numpy(dtype=object)).nunique()
    rows = as_words(frame[ids]).value_counts()
    several = kinds.loc[kinds.index.isin(rows.index[rows > 1])]
    if several.empty:
        return frozenset()
    share = (several > 1).mean(axis=0)
    return frozenset(str(name) for name in share.index[share > 0.1])


def _column(cells: pd.Series, heading: Heading) -> ColumnLook:
    words = as_words(cells).dropna()
    counts = words.value_counts(sort=False)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    listed = {str(word): int(count) for word, count in ordered}
    nothing = set(missing_words(listed))
    kept = cells[~as_words(cells).isin(nothing).to_numpy()]
    dates, figures = look_for_dates(kept), _figures(listed)
    return ColumnLook(_judged(heading, listed, dates, figures), listed, dates, figures)


def _judged(
    heading: Heading,
    words: Mapping[str, int],
    dates: ColumnDates | None,
    figures: int,
) -> Heading:
    """Weigh a heading against its cells: what they cannot be, they are not."""
    said = heading.meaning
    if said is not None and cannot_be(said, words, dates, figures):
        heading = replace(heading, meaning=None, sure=False)
    if heading.sure and said not in _SAYS_LITTLE:
        return heading
    seen = looks_like(words) if dates is None else None
    if seen is not None and (
        heading.meaning in (None, "record_type", "exit_reason") or seen == "sex"
    ):
        return replace(heading, meaning=seen, sure=False, others=(), told_by="cells")
    return heading


_SAYS_LITTLE = ("record_type", "value", "event", "exit_reason", "antibody_tested")


def _figures(words: Mapping[str, int]) -> int:
    return sum(count for word, count in words.items() if _FIGURE.fullmatch(word))


def headings_of(looks: Iterable[TableLook]) -> set[str]:
    """Return every heading of several tables."""
    return {one.name for look in looks for one in look.columns}
