"""Pairs of child and time as whole numbers that sort like the pairs.

Looking up "the last value of this child at or before this day" for a million rows is one
binary search when the pair is one number. Times are ranked, never rounded.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from jdm_stats.errors import IntervalError
from jdm_stats.intervals.audit import audit_intervals
from jdm_stats.intervals.columns import group_codes


def pair_keys(*pairs: tuple[np.ndarray, np.ndarray]) -> list[np.ndarray]:
    """Give each (child, time) a whole number; equal pairs and only those are equal.

    Parameters
    ----------
    *pairs : tuple of ndarray
        Child number from 0 up (int64) and time (whole or not), of equal length.

    Returns
    -------
    list of ndarray of int64
        One array per pair, all on one scale.

    Examples
    --------
    >>> pair_keys(
    ...     (np.array([0, 1]), np.array([2.5, 0])), (np.array([0]), np.array([3]))
    ... )
    [array([1, 4]), array([2])]
    """
    times = [time for _, time in pairs]
    low = min((time.min() for time in times if len(time)), default=0)
    high = max((time.max() for time in times if len(time)), default=0)
    whole = all(time.dtype.kind == "i" for time in times) and high - low < 2**31
    if whole:
        width = int(high - low) + 1
        ranks = [time - low for time in times]
    else:
        levels, rank = np.unique(np.concatenate(times), return_inverse=True)
        width = len(levels) + 1
        ranks = np.split(rank, np.cumsum([len(time) for time in times])[:-1])
    return [
        child.astype(np.int64) * width + rank
        for (child, _), rank in zip(pairs, ranks, strict=True)
    ]


def last_at_or_before(
    keys: np.ndarray, child: np.ndarray, wanted: np.ndarray, of: np.ndarray
) -> np.ndarray:
    """Find the last entry of the same child at or before a time; -1 where none is.

    Parameters
    ----------
    keys : ndarray of shape (k,)
        Sorted keys of the entries.
    child : ndarray of shape (k,)
        Child of each entry.
    wanted : ndarray of shape (p,)
        Keys of the times asked for.
    of : ndarray of shape (p,)
        Child asked for.

    Returns
    -------
    ndarray of shape (p,)
    """
    place = np.searchsorted(keys, wanted, side="right") - 1
    if len(keys):
        place[child[np.maximum(place, 0)] != of] = -1
    return place


def number_children(
    column: pd.Series, name: str, wrong: list[str], what: str
) -> tuple[np.ndarray, pd.Index]:
    """Give children numbers from 0 up; a missing name is told in ``wrong``."""
    number, labels = group_codes(column)
    if (number < 0).any():
        wrong.append(
            f"column {name!r} of {what} names no child in {(number < 0).sum()} rows"
        )
    return number, pd.Index(np.asarray(labels, dtype=object), dtype=object)


def same_children(
    column: pd.Series, name: str, labels: pd.Index, wrong: list[str], what: str
) -> np.ndarray:
    """Give children the numbers of another table; -1 for a child it has not."""
    number, found = number_children(column, name, wrong, what)
    known = labels.get_indexer(found)
    if len(found) and len(labels) and (known < 0).all():
        ours, theirs = isinstance(labels[0], str), isinstance(found[0], str)
        if ours != theirs:
            wrong.append(
                f"the children of {what} are written {found[0]!r}, those of the rows "
                f"{labels[0]!r}; bring both columns to one type"
            )
    return np.append(known, -1)[number] if len(known) else np.full(len(number), -1)


def check_no_overlap(
    frame: pd.DataFrame,
    order: np.ndarray,
    child: np.ndarray,
    start: str,
    stop: str,
    patient_id: str,
) -> None:
    """Raise IntervalError with every row that overlaps an earlier one of its child.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
    order : ndarray of shape (n,)
        Rows sorted by child and start.
    child : ndarray of shape (n,)
        Number of the child of each row of ``frame``.
    start, stop, patient_id : str
        Names of the columns.
    """
    begins = frame[start].to_numpy(dtype=float)[order]
    ends = frame[stop].to_numpy(dtype=float)[order]
    same = child[order][1:] == child[order][:-1]
    if not (same & (begins[1:] < ends[:-1])).any():
        return
    rows = pd.DataFrame(
        {
            "patient_id": frame[patient_id],
            "start": frame[start],
            "stop": frame[stop],
            "event": 0,
        }
    )
    faults = audit_intervals(rows).faults
    raise IntervalError(faults, heading="the rows break the law of intervals;")
