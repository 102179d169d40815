"""Faults, made from masks, put in order and laid out as a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.cells import Objects
from jdm_stats.errors import Fault
from jdm_stats.schema import TABLES

__all__ = ["faults_at", "faults_table", "figure", "in_order", "told_once"]

_MANY = re.compile(r" \(in [0-9,]+ rows\)$")
_ORDER = {name: place for place, name in enumerate(("cohort", *TABLES))}


def faults_at(
    table: str,
    mask: npt.ArrayLike,
    ids: Objects,
    column: str | None,
    rule: str,
    message: Callable[[int], str],
    remedy: str | Callable[[int], str],
    *,
    severity: str = "error",
) -> list[Fault]:
    """Return one fault for each row where ``mask`` holds.

    Parameters
    ----------
    table, column, rule : str
        Where the fault lies and which rule it breaks.
    mask : array of bool, shape (rows,)
        Rows at fault.
    ids : object array, shape (rows,)
        The children's ids; None where there is none.
    message, remedy : function of the row's position, or a fixed remedy
        What is wrong, with the value received, and what to do.
    severity : {"error", "warning"}

    Examples
    --------
    >>> ids = np.array(["P1", "P2"], dtype=object)
    >>> [fault] = faults_at(
    ...     "events",
    ...     [False, True],
    ...     ids,
    ...     "day",
    ...     "missing_value",
    ...     lambda row: "day is missing",
    ...     "give the day",
    ... )
    >>> fault.row, fault.patient_id
    (2, 'P2')
    """
    return [
        Fault(
            table,
            int(row) + 1,
            ids[row],
            column,
            rule,
            message(int(row)),
            remedy if isinstance(remedy, str) else remedy(int(row)),
            severity,
        )
        for row in np.flatnonzero(np.asarray(mask, dtype=bool))
    ]


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Return the faults by table and row, whole tables before their rows.

    Examples
    --------
    >>> late = Fault("events", 1, "P1", "day", "missing_value", "gone", "give it")
    >>> first = Fault("patients", 2, "P2", "sex", "missing_value", "gone", "give it")
    >>> [fault.table for fault in in_order([late, first])]
    ['patients', 'events']
    """
    return sorted(
        faults,
        key=lambda fault: (
            _ORDER.get(fault.table, len(_ORDER)),
            0 if fault.row is None else fault.row,
        ),
    )


def told_once(faults: Iterable[Fault]) -> list[Fault]:
    """Tell a fault of one cell once, however many lines of a mapping read that cell.

    The first one stays and says how often the cell is read. Faults that name no column of
    their source are kept as they are.

    Examples
    --------
    >>> said = ("missing_value", "day is missing", "give it", "error")
    >>> place = "visits.csv line 3, column 'Datum'"
    >>> twice = [Fault("assessments", row, "P1", "day", *said, place) for row in (2, 9)]
    >>> [fault.message for fault in told_once(twice)]
    ['day is missing (2 lines of the mapping read this cell)']
    """
    all_told = list(faults)
    keys = [_cell_of(fault, place) for place, fault in enumerate(all_told)]
    counts = Counter(keys)
    once = dict(zip(reversed(keys), reversed(all_told), strict=True))
    return [
        fault
        if counts[key] == 1
        else replace(
            fault,
            message=f"{fault.message} ({counts[key]} lines of the mapping read this cell)",
        )
        for key, fault in ((key, once[key]) for key in dict.fromkeys(keys))
    ]


def _cell_of(fault: Fault, place: int) -> object:
    """Return what makes a fault the same as another one; nothing but itself, mostly."""
    if fault.source is None or ", column " not in fault.source:
        return place
    message = _MANY.sub("", fault.message)  # how many rows it is depends on the block
    return (fault.source, fault.rule, fault.severity, message)


def figure(value: float, digits: int = 3) -> str:
    """Write a figure as a person would: rounded, in full, never as a power of ten.

    Examples
    --------
    >>> [figure(value) for value in (1000.0, 0.65, 32.456, 1234567.0, 0.00001234)]
    ['1,000', '0.65', '32.5', '1,234,567', '0.0000123']
    """
    if not np.isfinite(value):
        return str(value)
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return np.format_float_positional(
        value, precision=digits, fractional=False, trim="-"
    )


def faults_table(faults: Iterable[Fault]) -> pd.DataFrame:
    """Lay faults out as a table, one row each.

    Parameters
    ----------
    faults : iterable of Fault
        For instance what `check_cohort` returns, or ``error.faults``.

    Returns
    -------
    DataFrame
        Columns ``severity source table row patient_id column rule message remedy``;
        ``row`` is Int64 and counts from 1 below the header.

    Examples
    --------
    >>> fault = Fault("events", 1, "P1", "day", "missing_value", "gone", "give it")
    >>> faults_table([fault])[["table", "row", "rule"]].values.tolist()
    [['events', 1, 'missing_value']]
    """
    rows = list(faults)
    names = (
        *("severity", "source", "table", "row", "patient_id", "column"),
        *("rule", "message", "remedy"),
    )
    return pd.DataFrame(
        {
            name: pd.Series(
                [getattr(fault, name) for fault in rows],
                dtype="Int64" if name == "row" else object,
            )
            for name in names
        }
    )
