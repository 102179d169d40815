"""The Cox projection: what a Cox model of one binary arm would be aimed at.

Hazards of two strategies are not proportional once marginalised over children, so the
coefficient of such a model is no property of the world alone: it depends on the horizon
and on who is censored when. It is the b at which the expected partial score vanishes::

    sum over days of  dN1 - (dN1 + dN0) * exp(b) Y1 / (exp(b) Y1 + Y0)  =  0

with dN the expected first perforations on a day and Y the expected number at risk before
it, in each arm; a competing death leaves the risk set. Struthers and Kalbfleisch 1986.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["cox_projection"]

Array = NDArray[np.float64]
_ROUNDS = 200
_FAR = 50.0


def cox_projection(events: Array, at_risk: Array) -> float:
    """Solve the expected partial score for the log hazard ratio of arm 0 against arm 1.

    Parameters
    ----------
    events : array of float, shape (2, H)
        Expected events per day, by arm; ties as Breslow takes them.
    at_risk : array of float, shape (2, H)
        Expected number at risk before each day's events.

    Returns
    -------
    float
        The log hazard ratio; NaN when an arm has no event, since then there is none.

    Examples
    --------
    Hazards in the constant ratio 2 give log 2, whoever is at risk:

    >>> at_risk = np.array([[90.0, 50.0], [100.0, 80.0]])
    >>> hazard = np.array([[0.02, 0.04], [0.01, 0.02]])
    >>> round(float(np.exp(cox_projection(hazard * at_risk, at_risk))), 9)
    2.0
    """
    if (events.sum(axis=1) <= 0).any():
        return float("nan")
    if np.array_equal(events[0], events[1]) and np.array_equal(at_risk[0], at_risk[1]):
        return 0.0
    low, high = -_FAR, _FAR
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if high - low < 1e-13:
            break
        ratio = np.exp(middle) * at_risk[0]
        share = np.divide(
            ratio,
            ratio + at_risk[1],
            where=events.sum(axis=0) > 0,
            out=np.zeros_like(ratio),
        )
        score = float((events[0] - events.sum(axis=0) * share).sum())
        low, high = (middle, high) if score > 0 else (low, middle)
    return (low + high) / 2
