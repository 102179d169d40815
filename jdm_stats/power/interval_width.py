"""How wide the interval around the hazard ratio will be: planning for precision.

The interval is the profile of the penalised likelihood in `jdm_stats.power.split_tests`. Its
width is told as a ratio, upper limit over lower: 4 means from half to twice the estimate.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, chi2

__all__ = ["log_widths", "median_width"]

FloatArray = NDArray[np.float64]

_EXACT_UP_TO = (
    300.0  # expected events; beyond, the median hardly differs from the middle
)
_HALVINGS = 60
_FAR = 2000.0  # of a log ratio


@lru_cache(maxsize=2000)
def log_widths(events: int, alpha: float) -> FloatArray:
    """Return the log of upper over lower limit for 0, 1, ... K exposed events.

    Parameters
    ----------
    events : int
        Number of events K, 1 or more.
    alpha : float
        1 less the level of the interval.

    Returns
    -------
    array of shape (K + 1,)
        It does not depend on how many children are exposed.

    Examples
    --------
    Six events, three of them exposed: the limits are 22 times apart.

    >>> round(float(np.exp(log_widths(6, 0.05)[3])), 1)
    22.2
    """
    width = _widths(np.arange(events + 1.0), float(events), alpha)
    width.setflags(write=False)
    return width


def _widths(exposed: FloatArray, events: float, alpha: float) -> FloatArray:
    """Find both limits of each split by halving."""
    ones, zeros = exposed + 0.5, events - exposed + 0.5
    peak = np.log(ones / zeros)

    def penalised(log_odds: FloatArray) -> FloatArray:
        below, above = np.logaddexp(0.0, -log_odds), np.logaddexp(0.0, log_odds)
        value: FloatArray = -(ones * below + zeros * above)
        return value

    least = penalised(peak) - float(chi2.isf(alpha, 1)) / 2
    width = np.zeros(len(exposed))
    for side in (1.0, -1.0):
        near, far = np.zeros(len(exposed)), np.full(len(exposed), _FAR)
        for _ in range(_HALVINGS):
            middle = (near + far) / 2
            inside = penalised(peak + side * middle) >= least
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        width += near
    return width


def median_width(
    counts: NDArray[np.int64], chances: FloatArray, exposed_share: float, alpha: float
) -> float:
    """Return the median ratio of upper over lower limit, given an event at least.

    Parameters
    ----------
    counts, chances : arrays of shape (n,)
        Numbers of events, and the chance of each.
    exposed_share : float
        Share of the events that is expected among the exposed.
    alpha : float
        1 less the level of the interval.

    Returns
    -------
    float
        NaN where events are next to impossible. Beyond 300 expected events the ratio at the
        expected number of events and its expected split.
    """
    mean = float(counts @ chances)
    if mean > _EXACT_UP_TO:
        split = np.array([mean * exposed_share])
        return float(np.exp(_widths(split, mean, alpha)[0]))
    weights, widths = [], []
    for count, chance in zip(counts.tolist(), chances.tolist(), strict=True):
        if count == 0 or chance < 1e-9:
            continue
        split = binom.pmf(np.arange(count + 1), count, exposed_share)
        weights.append(chance * split)
        widths.append(log_widths(count, alpha))
    if not weights:
        return math.nan
    weight, width = np.concatenate(weights), np.concatenate(widths)
    order = np.argsort(width, kind="stable")
    summed = np.cumsum(weight[order])
    place = int(np.searchsorted(summed, summed[-1] / 2))
    return float(math.exp(width[order][min(place, len(width) - 1)]))
