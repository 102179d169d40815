"""The parts of a table put together: rows skipped, merged and numbered, faults placed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.blocks import Part
from jdm_stats.cohort.mapping.understanding import Note, Objects, Refused, distinct
from jdm_stats.errors import Fault
from jdm_stats.schema import FLAG, TABLES, TEXT
from jdm_stats.schema import Column as SchemaColumn

__all__ = ["RULES", "Places", "TableMade", "assemble"]

RULES: Mapping[str, str] = MappingProxyType(
    {"rows_disagree": "Rows of one child that are merged do not contradict each other."}
)

Rows = npt.NDArray[np.intp]


class Places(Sequence[str]):
    """Where each row of a table stands in the export, said when it is asked.

    Examples
    --------
    >>> raw = RawTable("k", "k.csv", pd.DataFrame({"a": ["x"]}), np.array([2]))
    >>> list(Places([raw], np.array([0]), np.array([0])))
    ['k.csv line 2']
    >>> places = Places([raw], np.array([0]), np.array([0]), [{"sex": "a"}])
    >>> places.cell(0, "sex"), places.cell(0, "centre")
    ("k.csv line 2, column 'a'", 'k.csv line 2')
    """

    def __init__(
        self,
        raws: Sequence[RawTable],
        which: Rows,
        rows: Rows,
        read_from: Sequence[Mapping[str, str]] = (),
        elsewhere: Mapping[str, tuple[Rows, Rows]] | None = None,
    ) -> None:
        self._raws, self._which, self._rows = raws, which, rows
        self._read_from = read_from
        self._elsewhere = elsewhere or {}  # of merged rows: part and row of each cell

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        """Return the place of one row, or of several."""
        if isinstance(place, slice):
            which, rows = self._which[place], self._rows[place]
            cells = {n: (w[place], r[place]) for n, (w, r) in self._elsewhere.items()}
            return Places(self._raws, which, rows, self._read_from, cells)
        raw = self._raws[int(self._which[place])]
        return raw.place(int(self._rows[place]))

    def cell(self, place: int, column: str | None) -> str:
        """Return the place of the cell that one of ours, by its column, was read from."""
        which, rows = self._elsewhere.get(column or "", (self._which, self._rows))
        part = int(which[place])
        named = self._read_from[part] if self._read_from else {}
        heading = None if column is None else named.get(column)
        return self._raws[part].place(int(rows[place]), heading)


@dataclass(slots=True)
class TableMade:
    """One of the four tables as the mapping made it.

    Parameters
    ----------
    frame : DataFrame
    faults : list of Fault
    places : Places
    silent : set of (table, row, column)
        Missing cells whose reason is told elsewhere.
    tally : list of (part, column, Note, rows)
    """

    frame: pd.DataFrame
    faults: list[Fault]
    places: Places
    silent: set[tuple[str, int, str]]
    tally: list[tuple[str, str, Note, int]] = field(default_factory=list)


def assemble(table: str, parts: Sequence[Part]) -> TableMade:
    """Put the parts of one table together.

    Parameters
    ----------
    table : str
    parts : sequence of Part
        With days counted.
    """
    keeps = [_kept(part) for part in parts]
    columns = _stacked(table, parts, keeps)
    rows = int(sum(keep.sum() for keep in keeps))
    which = np.repeat(np.arange(len(parts)), [int(keep.sum()) for keep in keeps])
    raw_rows = _joined([p.rows.rows[k] for p, k in zip(parts, keeps, strict=True)])
    to = np.arange(rows)
    tally = [
        (part.label, column, note, count)
        for part in parts
        for column, note, count in part.tally
    ]
    disagreements: list[tuple[Rows, str, Refused]] = []
    elsewhere: dict[str, tuple[Rows, Rows]] = {}
    if any(part.block.rows == "merged" for part in parts):
        columns, to, disagreements, notes, held = _merged(columns, rows)
        elsewhere = {n: (which[at], raw_rows[at]) for n, at in held.items()}
        tally += [("patients", column, note, count) for column, note, count in notes]
    first = np.unique(to, return_index=True)[1] if rows else to
    places = Places(
        [part.rows.raw for part in parts],
        which[first],
        raw_rows[first],
        [part.read_from() for part in parts],
        elsewhere,
    )
    frame = pd.DataFrame(
        {name: _typed(cells, TABLES[table][name]) for name, cells in columns.items()},
        index=pd.RangeIndex(len(first)),
    )
    ids = columns.get("patient_id", np.full(len(first), None, dtype=object))
    made = TableMade(frame, [], places, set(), tally)
    start = 0
    for part, keep in zip(parts, keeps, strict=True):
        number = np.full(len(part), -1, dtype=np.intp)
        number[keep] = to[start : start + int(keep.sum())]
        start += int(keep.sum())
        made.faults += _faults(part, number, ids)
        for column, mask in part.silent.items():
            silent = number[mask & (number >= 0)]
            made.silent |= {(table, int(row) + 1, column) for row in silent}
    made.faults += _told_apart(disagreements, parts, which, raw_rows, to, ids)
    return made


def _joined(arrays: Sequence[Rows]) -> Rows:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=np.intp)


def _kept(part: Part) -> npt.NDArray[np.bool_]:
    """Return the rows that are not skipped; skipped ones are tallied."""
    keep = np.ones(len(part), dtype=bool)
    for name in part.block.skip_if_missing:
        gone = np.array([cell is None for cell in part.columns[name]], dtype=bool)
        gone &= ~part.refused(name)
        if name in part.silent:
            gone &= ~part.silent[name]
        skipped = int((gone & keep).sum())
        part.tally.append((name, Note("row skipped, nothing in it"), skipped))
        keep &= ~gone
    return keep


def _stacked(
    table: str, parts: Sequence[Part], keeps: Sequence[npt.NDArray[np.bool_]]
) -> dict[str, Objects]:
    named = {name for part in parts for name in part.columns}
    columns = {}
    for name in (name for name in TABLES[table].names if name in named):
        held = [
            part.columns.get(name, np.full(len(part), None, dtype=object))[keep]
            for part, keep in zip(parts, keeps, strict=True)
        ]
        columns[name] = np.concatenate(held).astype(object)
    return columns


def _typed(cells: Objects, column: SchemaColumn) -> Any:
    if column.kind == TEXT:
        return pd.Series(cells, dtype=object)
    if column.kind == FLAG:
        return pd.Series(cells, dtype=object).astype("boolean").array
    return np.array(
        [np.nan if c is None else float(c) for c in cells], dtype=np.float64
    )


def _faults(part: Part, number: Rows, ids: Objects) -> Iterator[Fault]:
    """Turn complaints into faults, in the rows of the export; skipped rows have none."""
    for complaint in part.complaints:
        refused = complaint.refused
        many = f" (in {len(complaint.rows):,} rows)" if len(complaint.rows) > 1 else ""
        for row in complaint.rows:
            if number[row] >= 0:
                yield Fault(
                    *(part.table, int(number[row]) + 1, _said(ids[number[row]])),
                    *(complaint.column, refused.rule, refused.message + many),
                    refused.remedy,
                    source=part.rows.raw.place(
                        int(part.rows.rows[row]), complaint.source
                    ),
                )


def _said(child: Any) -> str | None:
    return None if child is None else str(child)


def _merged(
    columns: dict[str, Objects], rows: int
) -> tuple[
    dict[str, Objects],
    Rows,
    list[tuple[Rows, str, Refused]],
    list[tuple[str, Note, int]],
    dict[str, Rows],
]:
    """Merge the rows of each child: blanks are filled, what disagrees is refused.

    Beside them comes the row each cell was taken from: the first that says something.
    """
    codes, _ = distinct(columns["patient_id"])
    nameless = codes < 0
    codes = codes.copy()
    codes[nameless] = codes.max(initial=-1) + 1 + np.arange(int(nameless.sum()))
    to, _ = pd.factorize(codes)  # children in the order in which they come
    children = int(to.max(initial=-1)) + 1
    merged: dict[str, Objects] = {}
    taken_from: dict[str, Rows] = {}
    first = np.unique(to, return_index=True)[1]
    wrong: list[tuple[Rows, str, Refused]] = []
    notes = [("patient_id", Note("rows merged", "", "child"), rows - children)]
    size = np.bincount(to, minlength=children)
    for name, cells in columns.items():
        kinds, values = distinct(cells)
        held = kinds >= 0
        low = np.full(children, len(values), dtype=np.intp)
        high = np.full(children, -1, dtype=np.intp)
        np.minimum.at(low, to[held], kinds[held])
        np.maximum.at(high, to[held], kinds[held])
        disagree = (high >= 0) & (low != high)
        taken = np.array([*values, None], dtype=object)[high]
        taken[disagree] = None
        merged[name] = taken
        at = np.full(children, rows, dtype=np.intp)
        np.minimum.at(at, to[held], np.flatnonzero(held))
        taken_from[name] = np.where(at < rows, at, first)
        filled = int(
            (size - np.bincount(to[held], minlength=children))[high >= 0].sum()
        )
        notes.append((name, Note("blank filled from another row of the child"), filled))
        for child in np.flatnonzero(disagree):
            here = np.flatnonzero((to == child) & held)
            said = " and ".join(dict.fromkeys(repr(cells[row]) for row in here))
            refused = Refused(
                "rows_disagree",
                f"rows of the child say {said}",
                "correct them in the source, so that they agree",
            )
            wrong.append((here, name, refused))
    return merged, to, wrong, notes, taken_from


def _told_apart(
    disagreements: Sequence[tuple[Rows, str, Refused]],
    parts: Sequence[Part],
    which: Rows,
    raw_rows: Rows,
    to: Rows,
    ids: Objects,
) -> Iterator[Fault]:
    for rows, name, refused in disagreements:
        for row in rows:
            part = parts[int(which[row])]
            yield Fault(
                *("patients", int(to[row]) + 1, _said(ids[to[row]]), name),
                *(refused.rule, refused.message, refused.remedy),
                source=part.rows.raw.place(int(raw_rows[row]), part.source_of(name)),
            )
