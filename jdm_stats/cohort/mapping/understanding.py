"""What became of a cell: understood, with what was done to it, or refused, with why.

A reader looks at one value of a column; `understand` shows it each distinct value once
and lays the outcomes out over the rows, so that a million rows cost as much as the words
in them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types as pandas_types

__all__ = [
    "BLANK",
    "Column",
    "Note",
    "Refused",
    "Understood",
    "distinct",
    "understand",
]

Objects = npt.NDArray[np.object_]
Codes = npt.NDArray[np.intp]


class _Blank:
    """An empty cell, as a value apart from one that was recoded to be missing."""

    def __repr__(self) -> str:
        return "BLANK"


BLANK: Final = _Blank()


@dataclass(frozen=True, slots=True)
class Note:
    """One thing done to a cell: ``what``, and the cell before and after."""

    what: str
    was: str = ""
    became: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """A cell that was understood: its value (None: missing) and what was done."""

    value: Any
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A cell that was not: the rule's code, what is wrong, what to do."""

    rule: str
    message: str
    remedy: str


Reader = Callable[[Any], Understood | Refused]


@dataclass(slots=True)
class Column:
    """A column as understood.

    Parameters
    ----------
    values : object array, shape (rows,)
        None where missing or refused.
    wrong : list of (int array of rows, Refused)
        Rows with one reason, counted from 0.
    notes : list of (Note, int)
        What was done, with the number of rows.
    brought : dict of str to object array
        Columns that came with it: ro52 with the antibody, dose_basis with the dose.
    """

    values: Objects
    wrong: list[tuple[npt.NDArray[np.intp], Refused]] = field(default_factory=list)
    notes: list[tuple[Note, int]] = field(default_factory=list)
    brought: dict[str, Objects] = field(default_factory=dict)

    def refused(self) -> npt.NDArray[np.bool_]:
        """Return which rows were refused."""
        mask = np.zeros(len(self.values), dtype=bool)
        for rows, _ in self.wrong:
            mask[rows] = True
        return mask


def distinct(cells: Objects) -> tuple[Codes, list[Any]]:
    """Return a code for each cell (-1 where missing) and the values they stand for.

    Values of different types are never taken for one another, though Python holds 1,
    1.0 and True to be equal.

    Examples
    --------
    >>> codes, values = distinct(np.array(["a", None, "b", "a"], dtype=object))
    >>> codes.tolist(), values
    ([0, -1, 1, 0], ['a', 'b'])
    >>> distinct(np.array([1, True, 1.0], dtype=object))[1]
    [1, True, 1.0]
    """
    if pandas_types.infer_dtype(cells, skipna=True) in _ALIKE:
        codes, values = pd.factorize(cells)
        return codes, list(values)
    places: dict[tuple[type, Hashable], int] = {}
    codes = np.full(len(cells), -1, dtype=np.intp)
    found: list[Any] = []
    for row, cell in enumerate(cells):
        if cell is None:
            continue
        key = (type(cell), cell if isinstance(cell, Hashable) else repr(cell))
        code = places.setdefault(key, len(found))
        if code == len(found):
            found.append(cell)
        codes[row] = code
    return codes, found


_ALIKE = {"string", "empty", "integer", "floating", "boolean"}


def spread(values: Sequence[Any], codes: Codes) -> Objects:
    """Lay values out over the rows by their codes; None where the code is -1."""
    held = np.empty(len(values) + 1, dtype=object)
    for place, value in enumerate(values):
        held[place] = value
    laid: Objects = held[codes]
    return laid


def understand(cells: Objects, read: Reader) -> Column:
    """Read a column, each distinct value once.

    Examples
    --------
    >>> def read(cell):
    ...     if cell == "?":
    ...         return Refused("what", "'?' is no answer", "ask")
    ...     return Understood(cell == "ja", (Note("recoded", cell, "yes"),))
    >>> column = understand(np.array(["ja", None, "?", "ja"], dtype=object), read)
    >>> column.values.tolist(), column.refused().tolist()
    ([True, None, None, True], [False, False, True, False])
    >>> column.notes
    [(Note(what='recoded', was='ja', became='yes'), 2)]
    """
    codes, values = distinct(cells)
    outcomes = [read(value) for value in values]
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    column = Column(
        spread(
            [each.value if isinstance(each, Understood) else None for each in outcomes],
            codes,
        )
    )
    refused: dict[int, Refused] = {}
    notes: dict[Note, int] = {}
    for code, outcome in enumerate(outcomes):
        if isinstance(outcome, Refused):
            refused[code] = outcome
        else:
            for note in outcome.notes:
                notes[note] = notes.get(note, 0) + int(counts[code])
    column.notes = list(notes.items())
    column.wrong = rows_of(codes, refused)
    return column


def rows_of(
    codes: Codes, refused: dict[int, Refused]
) -> list[tuple[npt.NDArray[np.intp], Refused]]:
    """Return the rows of each refused code."""
    if not refused:
        return []
    at_fault = np.flatnonzero(np.isin(codes, list(refused)))
    order = np.argsort(codes[at_fault], kind="stable")
    at_fault = at_fault[order]
    kinds, starts = np.unique(codes[at_fault], return_index=True)
    parts = np.split(at_fault, starts[1:])
    return [(rows, refused[int(code)]) for code, rows in zip(kinds, parts, strict=True)]
