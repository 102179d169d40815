"""The Nelson-Aalen cumulative hazard at each child's exit: time, as imputation needs it.

An imputation model for a covariate of a Cox model has to know the outcome: whether the
event happened, and the cumulative baseline hazard over the time at risk, for which the
Nelson-Aalen estimate stands in (White and Royston, Stat Med 2009;28:1982-1998). Leaving
the outcome out would pull every hazard ratio towards 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jdm_stats.errors import UsageError

FloatArray = NDArray[np.float64]


def cumulative_hazard(stop: object, event: object, start: object = 0.0) -> FloatArray:
    """Give the Nelson-Aalen cumulative hazard each row passed through.

    Parameters
    ----------
    stop : array-like of shape (n,)
        Last day at risk.
    event : array-like of shape (n,)
        True or 1 where the event happened at ``stop``.
    start : array-like of shape (n,) or float, default 0
        Rows are at risk in (start, stop]. A row with ``stop`` not after ``start`` is
        never at risk: its hazard is 0 and its event does not count.

    Returns
    -------
    (n,) float array
        Sum over event times t in (start, stop] of events at t over rows at risk at t.

    Raises
    ------
    UsageError
        When lengths differ or a value is missing.

    Examples
    --------
    Three children, events on days 2 and 3: 1/3, then 1/3 + 1/2.

    >>> cumulative_hazard([2, 3, 9], [1, 1, 0]).round(3).tolist()
    [0.333, 0.833, 0.833]
    """
    ends = np.asarray(stop, dtype=float)
    begins = np.asarray(np.broadcast_to(np.asarray(start, dtype=float), ends.shape))
    happened = np.asarray(event, dtype=float)
    if happened.shape != ends.shape or ends.ndim != 1:
        raise UsageError(
            f"stop and event must be columns of one length, received {ends.shape} and "
            f"{happened.shape}"
        )
    if not (np.isfinite(ends) & np.isfinite(begins) & np.isfinite(happened)).all():
        raise UsageError("stop, event and start must be known in every row")
    at_risk = ends > begins
    hits = at_risk & (happened == 1)
    times, counts = np.unique(ends[hits], return_counts=True)
    begun = np.searchsorted(np.sort(begins[at_risk]), times, side="left")
    gone = np.searchsorted(np.sort(ends[at_risk]), times, side="left")
    hazard = np.concatenate([[0.0], np.cumsum(counts / np.maximum(begun - gone, 1))])
    passed = hazard[np.searchsorted(times, ends, side="right")]
    before = hazard[np.searchsorted(times, begins, side="right")]
    return np.where(at_risk, passed - before, 0.0)
