"""Rows at risk as the models take them: audited, ties seen, the child's column found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.errors import Fault, IntervalError
from jdm_stats.intervals.audit import audit_intervals
from jdm_stats.intervals.in_order import InOrder, in_order
from jdm_stats.intervals.marks import is_synthetic, standing_notes
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

# Times closer than this, absolutely or beside the mean time, are one (R: timefix).
TIE_TOLERANCE = float(np.sqrt(np.finfo(float).eps))


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
    frame: pd.DataFrame, start: str, stop: str, event: str, patient_id: str | None
) -> AtRisk:
    """Audit a frame's rows and read their times and codes.

    Parameters
    ----------
    frame : DataFrame
    start, stop, event : str
        Columns.
    patient_id : str or None
        Column that names the child; None takes ``patient_id`` when the frame has it.

    Returns
    -------
    AtRisk

    Raises
    ------
    IntervalError
        When rows break the law of intervals, or end when they begin once near-ties count
        as ties.
    """
    named = named_column(frame, patient_id)
    seen = in_order(frame, start, stop, event, named)
    if seen is None:
        audit_intervals(
            frame, start=start, stop=stop, event=event, patient_id=named
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


def _codes(children: pd.Series) -> IntArray:
    return pd.factorize(children)[0].astype(np.intp)


def named_column(frame: pd.DataFrame, patient_id: str | None) -> str | None:
    """Find the column that names the child: the one asked for, else ``patient_id``."""
    return patient_id or ("patient_id" if "patient_id" in frame.columns else None)


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
