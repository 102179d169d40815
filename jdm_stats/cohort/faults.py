"""Faults, made from masks, put in order and laid out as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.cells import Objects
from jdm_stats.errors import Fault
from jdm_stats.schema import TABLES

__all__ = ["faults_at", "faults_table", "in_order"]

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
