"""Cells of typed sources brought to plain values: text, numbers, flags, dates, None."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.doors.headings import framed, without_missing_words
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import AUTO, Reading
from jdm_stats.errors import Fault

__all__ = ["RULES", "plain_cells", "typed_table"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "not_plain": "A cell holds one text, number, flag or date, not bytes or lists.",
    }
)

Objects = npt.NDArray[np.object_]
_PLAIN = (
    *(str, int, float, bool, type(None)),
    *(dt.datetime, dt.date, dt.time, dt.timedelta),
)
_LONGEST = 60


def plain_cells(cells: Sequence[Any] | Objects) -> tuple[Objects, int]:
    """Return the cells as plain values, and how many could not be.

    Decimals become whole numbers or floats, NumPy's values Python's, NaN and the empty
    text None, identifiers (UUID) their text. What is no plain value (bytes, lists)
    becomes a short text of itself.

    Examples
    --------
    >>> from decimal import Decimal
    >>> plain_cells([Decimal("20.5"), float("nan"), "", b"x"])
    (array([20.5, None, None, "b'x'"], dtype=object), 1)
    """
    column = _filled(cells)
    kinds = {id(kind): kind for kind in set(map(type, column))}
    each = np.fromiter((id(type(cell)) for cell in column), np.intp, len(column))
    odd = 0
    for key, kind in kinds.items():
        if kind in _PLAIN and kind not in (float, str):
            continue
        here = np.flatnonzero(each == key)
        column[here], strange = _plain_of(kind, column[here])
        odd += strange
    return column, odd


def _plain_of(kind: type, values: Objects) -> tuple[Objects, int]:
    if kind is str:
        values[values == ""] = None
        return values, 0
    if issubclass(kind, float) or kind is Decimal or issubclass(kind, np.generic):
        made = [_number(value) for value in values]
    elif issubclass(kind, UUID):
        made = [str(value) for value in values]
    elif issubclass(kind, (dt.date, dt.time, dt.timedelta)) or kind is type(pd.NaT):
        made = [None if pd.isna(value) else value for value in values]
    elif kind is type(pd.NA):
        made = [None] * len(values)
    elif issubclass(kind, _PLAIN[:4]):
        made = list(values)
    else:
        return _filled([repr(value)[:_LONGEST] for value in values]), len(values)
    return _filled(made), 0


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Decimal):
        if not value.is_finite():
            return None if value.is_nan() else float(value)
        return int(value) if value == value.to_integral_value() else float(value)
    return None if value != value else value


def _filled(values: Sequence[Any] | Objects) -> Objects:
    # one by one: cells that are lists would be taken for rows of a matrix
    return np.fromiter(values, dtype=object, count=len(values))


def typed_table(
    headings: Sequence[str],
    columns: Sequence[Objects],
    reading: Reading,
    *,
    name: str,
    source: str,
    lines: npt.NDArray[np.int64] | None = None,
    notes: tuple[str, ...] = (),
) -> tuple[RawTable | None, list[Fault]]:
    """Make the raw table of a typed source, with the faults of its headings and cells.

    Examples
    --------
    >>> column = np.array([20.5, -9], dtype=object)
    >>> table, faults = typed_table(
    ...     ["CK"], [column], Reading(missing=("-9",)), name="t", source="t.xlsx"
    ... )
    >>> table.frame["CK"].tolist(), table.notes
    ([20.5, None], ("1 cell reads '-9' and counts as empty, as declared",))
    """
    faults, plain = [], []
    for heading, cells in zip(headings, columns, strict=True):
        column, odd = plain_cells(cells)
        plain.append(column)
        if odd:
            said = f"{odd:,} cell{'s hold' if odd > 1 else ' holds'} bytes or lists"
            faults.append(
                Fault(
                    *(name, None, None, heading, "not_plain", said),
                    "leave the column out, or write its cells as text",
                    severity="warning",
                    source=source,
                )
            )
    frame, wrong, passed = framed(headings, plain, name=name, source=source)
    if wrong:
        return None, [*faults, *wrong]
    frame, emptied = without_missing_words(frame, reading.missing)
    decimal = None if reading.decimal == AUTO else reading.decimal
    table = RawTable(name, source, frame, lines, decimal, (*notes, *passed, *emptied))
    return table, faults
