"""Rows and columns as the models take them.

Rows at risk are audited, ties seen, the child's column found; and what is no table, or no
covariate, is refused before it is read as something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import Fault, IntervalError, UsageError
from jdm_stats.intervals.audit import audit_intervals
from jdm_stats.intervals.columns import check_frame, raise_all
from jdm_stats.intervals.in_order import InOrder, in_order
from jdm_stats.intervals.marks import is_synthetic, recurrent_mark, standing_notes
from jdm_stats.intervals.recurrent_notes import recurrent_notes, refuse_recurrent
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

# Times closer than this, absolutely or beside the mean time, are one (R: timefix).
TIE_TOLERANCE = float(np.sqrt(np.finfo(float).eps))
# A text of more levels than this, and of more than one to two rows, names rows.
MOST_LEVELS = 50
NUMBER_AS_TEXT = re.compile(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*")
DATES = ("datetime", "datetime64", "date", "timedelta", "timedelta64", "period")


@dataclass(frozen=True, eq=False)
class AtRisk:
    """Rows at risk in (start, stop].

    Parameters
    ----------
    start, stop, code : (n,) float arrays
        Times with near-ties made ties, and event codes.
    patient_id : str or None
        Column that names the child.
    child : (n,) int array or None
        Code of each row's child.
    synthetic : bool
    notes : tuple of str
        What there is to say of them.
    """

    start: FloatArray
    stop: FloatArray
    code: FloatArray
    patient_id: str | None
    child: IntArray | None
    synthetic: bool
    notes: tuple[str, ...]


def rows_at_risk(
    frame: pd.DataFrame,
    start: str,
    stop: str,
    event: str,
    patient_id: str | None,
    *,
    recurrent: bool | None = False,
) -> AtRisk:
    """Audit a frame's rows and read their times and codes.

    Parameters
    ----------
    frame : DataFrame
    start, stop, event : str
        Columns.
    patient_id : str or None
        Column that names the child; None takes ``patient_id`` when the frame has it.
    recurrent : bool or None, default False
        Whether a child may have several events of code 1; None goes by the mark of the
        table (see `jdm_stats.intervals.recurrent`).

    Returns
    -------
    AtRisk

    Raises
    ------
    UsageError
        When ``frame`` is no data frame, or several events of one child are meant and the
        caller takes one.
    IntervalError
        When rows break the law of intervals, or end when they begin once near-ties count
        as ties.
    """
    require_frame(frame)
    named = named_column(frame, patient_id)
    if recurrent is False:
        refuse_recurrent(frame)
    seen = in_order(frame, start, stop, event, named)
    if seen is None:
        audit_intervals(
            frame,
            start=start,
            stop=stop,
            event=event,
            patient_id=named,
            recurrent=recurrent,
        ).raise_if_faulty()
        begin, end, code = (
            frame[name].to_numpy(dtype=float) for name in (start, stop, event)
        )
        child = None if named is None else _codes(frame[named])
        seen = InOrder(begin, end, code, child)
    begin, end, merged = tie_times(seen.start, seen.stop)
    _refuse_empty(frame, begin, end, named)
    synthetic = is_synthetic(frame)
    notes = standing_notes(frame)
    if recurrent is None:
        notes += recurrent_notes(frame, event)
    if merged:
        notes.append(
            f"{merged} times lie within rounding of an earlier one and count as equal to it, "
            "as in R."
        )
    if named is None:
        notes.append(
            "No column names the child: each row is taken as a child of its own, and "
            "several events of one child would not be seen."
        )
    return AtRisk(begin, end, seen.code, named, seen.child, synthetic, tuple(notes))


def require_frame(frame: Any) -> None:
    """Refuse what is no data frame, by what it is.

    Examples
    --------
    >>> require_frame(np.zeros((2, 3)))
    Traceback (most recent call last):
    jdm_stats.errors.UsageError: the frame must be a pandas DataFrame, received ndarray
    """
    raise_all(check_frame(frame, [], others_unique=False))


def covariate_fault(name: str, column: pd.Series, *, read_as_it_is: bool) -> str:
    """Say what keeps a column from being a covariate; empty when nothing does.

    Parameters
    ----------
    name : str
    column : Series
    read_as_it_is : bool
        Whether the formula takes its values as they are, not as levels of ``C()``.

    Examples
    --------
    >>> covariate_fault("ck", pd.Series(["1.5", "20", None]), read_as_it_is=True)
    "'ck' holds numbers stored as text, such as '1.5'; make it numeric, or write C(ck) if ..."
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return ""
    present = column.dropna()
    kind = pd.api.types.infer_dtype(present, skipna=True)
    if kind in DATES:
        return (
            f"{name!r} holds dates or spans of time, such as {str(present.iloc[0])!r}; "
            "give days as plain numbers, such as days since diagnosis"
        )
    if kind in ("mixed", "mixed-integer"):  # text among numbers makes them text
        texts = any(isinstance(value, str) for value in present)
        present = present.astype(str) if texts else present[:0]
    elif kind != "string":
        return ""
    levels = pd.unique(present)
    if (
        len(levels)
        and read_as_it_is
        and all(NUMBER_AS_TEXT.fullmatch(level) for level in levels)
    ):
        return (
            f"{name!r} holds numbers stored as text, such as {levels[0]!r}; make it numeric, "
            f"or write C({name}) if they are names of groups"
        )
    if len(levels) > max(MOST_LEVELS, len(present) / 2):
        return (
            f"{name!r} is a text of {len(levels)} levels in {len(present)} rows, such as "
            f"{levels[0]!r}; give groups or numbers, a level of so few rows has no estimate"
        )
    return ""


def _codes(children: pd.Series) -> IntArray:
    return pd.factorize(children)[0].astype(np.intp)


def named_column(frame: pd.DataFrame, patient_id: str | None) -> str | None:
    """Find the column that names the child: the one asked for, the mark's, ``patient_id``."""
    if patient_id:
        return patient_id
    mark = recurrent_mark(frame)
    usual = "patient_id" if mark is None else mark.patient_id
    return usual if usual in frame.columns else None


def recurrent_strata(frame: pd.DataFrame, strata: Any) -> Any:
    """Give the strata of a fit: those asked for, else those a table was prepared for.

    Parameters
    ----------
    frame : DataFrame
    strata : str, list of str, array or None
        What the caller asked for.

    Raises
    ------
    UsageError
        When columns are named and the strata of the events are not among them.

    Examples
    --------
    >>> from jdm_stats.intervals.recurrent import recurrent_rows
    >>> rows = pd.DataFrame({"patient_id": "A", "start": [0, 4], "stop": [4, 9]})
    >>> rows = recurrent_rows(rows.assign(event=1), scheme="pwp_total")
    >>> recurrent_strata(rows, None)
    'event_stratum'
    """
    mark = recurrent_mark(frame)
    if mark is None or mark.stratum is None:
        return strata
    if strata is None:
        return mark.stratum
    named = [strata] if isinstance(strata, str) else strata
    if isinstance(named, list | tuple) and mark.stratum not in named:
        raise UsageError(
            f"these rows were prepared for strata by the number of the event; name "
            f"{mark.stratum!r} among the strata, received {strata!r}, or prepare them with "
            "scheme='andersen_gill'"
        )
    return strata


def tie_times(
    start: FloatArray, stop: FloatArray
) -> tuple[FloatArray, FloatArray, int]:
    """Make times one that differ by rounding only, as R's ``timefix`` does.

    Days divided by 365.25 and subtracted give many floats for one true time, and ties lost
    change every estimate.

    Parameters
    ----------
    start, stop : (n,) float arrays

    Returns
    -------
    start, stop : (n,) float arrays
    merged : int
        Distinct times that became an earlier one.

    Examples
    --------
    >>> zero = np.zeros(2)
    >>> _, stop, merged = tie_times(zero, np.array([0.1 + 0.2, 0.3]))
    >>> bool(stop[0] == stop[1]), merged
    (True, 1)
    """
    if _whole_days(start) and _whole_days(stop):
        return start, stop, 0
    times = np.unique(np.concatenate([start, stop]))
    if len(times) < 2:
        return start, stop, 0
    gap = np.diff(times)
    near = (gap <= TIE_TOLERANCE) | (gap <= TIE_TOLERANCE * np.abs(times).mean())
    if not near.any():
        return start, stop, 0
    new = np.concatenate([[True], ~near])
    value = times[new][np.cumsum(new) - 1]
    placed = (value[np.searchsorted(times, given)] for given in (start, stop))
    begin, end = placed
    return begin, end, int(near.sum())


def _whole_days(times: FloatArray) -> bool:
    """Whether times are whole and too small for neighbours to count as ties."""
    small = not len(times) or np.abs(times).max() * TIE_TOLERANCE < 0.5
    return bool(small and (times == np.floor(times)).all())


def _refuse_empty(
    frame: pd.DataFrame, begin: FloatArray, end: FloatArray, named: str | None
) -> None:
    empty = np.flatnonzero(begin >= end)
    if not len(empty):
        return
    faults = [
        Fault(
            "intervals",
            int(row) + 1,
            None if named is None else str(frame[named].iloc[row]),
            None,
            "zero_length",
            f"the row ends within rounding of its start, {begin[row]:g}",
            "give times in a unit in which rows have a length, such as days",
        )
        for row in empty
    ]
    raise IntervalError(faults)
