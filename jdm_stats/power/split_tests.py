"""Which splits of K events between exposed and unexposed a test calls significant.

Given K events, those of the exposed are ``Binomial(K, p r / (p r + 1 - p))`` at a hazard
ratio r, where p is the exposed share of the children at risk. Every test here rejects a
ratio of 1 at few exposed events, or at many, so two numbers for each K say all.

- ``firth``: the penalised likelihood-ratio test. With one binary exposure whose share of
  the risk set stays the same, Cox's penalised partial likelihood is that of the binomial
  with Jeffreys' penalty, ``(x + 1/2) log pi + (K - x + 1/2) log(1 - pi)``.
- ``exact``: the sum of the chances of all splits no likelier than the one seen, as
  ``binom.test`` and ``poisson.test`` in R and the p-value of `jdm_stats.rate_ratio`.
- ``central``: twice the smaller tail; agrees with exact limits.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, chi2, norm

__all__ = ["TESTS", "cut_offs", "firth_ratio"]

TESTS = ("firth", "exact", "central", "schoenfeld")
_LIKELIHOOD_UP_TO = 2000  # beyond, "exact" and "central" differ by less than rounding
_SLACK = 1e-7  # as R: chances that differ by less are equal

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


def firth_ratio(exposed: FloatArray, events: FloatArray, share: float) -> FloatArray:
    """Return the penalised likelihood-ratio statistic of a hazard ratio of 1.

    Parameters
    ----------
    exposed, events : arrays of shape (n,)
        Events of the exposed, and all events.
    share : float
        Exposed share of the children at risk.

    Returns
    -------
    array of shape (n,)
        To be held against chi-squared with 1 degree of freedom.

    Examples
    --------
    Six events, all of them exposed, in a fifth of the children:

    >>> float(firth_ratio(np.array([6.0]), np.array([6.0]), 0.2)[0].round(3))
    17.543
    """
    ones, zeros = exposed + 0.5, events - exposed + 0.5
    peak = ones / (events + 1.0)
    statistic: FloatArray = 2.0 * (
        ones * np.log(peak / share) + zeros * np.log((1.0 - peak) / (1.0 - share))
    )
    return statistic


def cut_offs(
    events: IntArray, share: float, alpha: float, test: str, side: int
) -> tuple[IntArray, IntArray]:
    """Return up to how many, and from how many, exposed events a test rejects.

    Parameters
    ----------
    events : array of int, shape (n,)
        Numbers of events K.
    share : float
        Exposed share of the children at risk, strictly between 0 and 1.
    alpha : float
        Level of the test.
    test : {"firth", "exact", "central"}
    side : {0, 1, -1}
        0 two-sided; 1 against ratios above 1 only; -1 against ratios below 1 only.

    Returns
    -------
    low, high : arrays of int, shape (n,)
        Rejects when exposed <= low or exposed >= high; -1 and K + 1 where no split on
        that side is enough. Without an event nothing is rejected.

    Examples
    --------
    With half of the children exposed, six events are the fewest that can be significant.

    >>> low, high = cut_offs(np.array([5, 6]), 0.5, 0.05, "exact", 0)
    >>> low.tolist(), high.tolist()
    ([-1, 0], [6, 6])
    """
    counts = np.asarray(events, dtype=np.int64)
    if test == "firth":
        low, high = _firth(counts, share, alpha, side)
    else:
        tail = alpha / 2 if side == 0 else alpha
        low, high = _tails(counts, share, tail)
        if test == "exact" and side == 0:
            for place in np.flatnonzero(counts <= _LIKELIHOOD_UP_TO):
                own = _by_likelihood(int(counts[place]), share, alpha)
                low[place], high[place] = own
    low = np.where((counts == 0) | (side > 0), -1, low)
    high = np.where((counts == 0) | (side < 0), counts + 1, high)
    return low, high


def _tails(counts: IntArray, share: float, tail: float) -> tuple[IntArray, IntArray]:
    """Rejects while a tail holds no more than ``tail``."""
    level = tail * (1 + _SLACK)
    low = binom.ppf(level, counts, share).astype(np.int64)
    low = np.where(binom.cdf(low, counts, share) <= level, low, low - 1)
    high = binom.isf(level, counts, share).astype(np.int64) + 1
    high = np.where(binom.sf(high - 2, counts, share) <= level, high - 1, high)
    return low, np.maximum(high, 0)


@lru_cache(maxsize=100_000)
def _by_likelihood(count: int, share: float, alpha: float) -> tuple[int, int]:
    chances = binom.pmf(np.arange(count + 1), count, share)
    rising = np.sort(chances)
    up_to = np.searchsorted(rising, chances * (1 + _SLACK), side="right")
    p_values = np.cumsum(rising)[up_to - 1]
    rejected = p_values <= alpha * (1 + _SLACK)
    mode = int(np.argmax(chances))
    below, above = np.flatnonzero(rejected[:mode]), np.flatnonzero(rejected[mode:])
    low = int(below[-1]) if len(below) else -1
    return low, int(above[0]) + mode if len(above) else count + 1


def _firth(
    counts: IntArray, share: float, alpha: float, side: int
) -> tuple[IntArray, IntArray]:
    """Find the two cut-offs by halving: the statistic rises away from its least value."""
    limit = float(chi2.isf(alpha, 1)) if side == 0 else float(norm.isf(alpha)) ** 2
    middle = share * (counts + 1.0) - 0.5  # exposed events at which the estimate is 1
    first = np.clip(np.ceil(middle), 0, counts + 1).astype(np.int64)
    high = _first_true(counts, share, limit, first, counts + 1)
    # The lower cut-off is the upper one of the unexposed.
    last = np.clip(np.ceil(counts - middle), 0, counts + 1).astype(np.int64)
    unexposed = _first_true(counts, 1.0 - share, limit, last, counts + 1)
    return counts - unexposed, high


def _first_true(
    counts: IntArray, share: float, limit: float, low: IntArray, high: IntArray
) -> IntArray:
    """Least x from ``low`` on with a statistic of ``limit`` or more; else K + 1."""
    low, high = low.copy(), high.copy()
    while (low < high).any():
        middle = (low + high) // 2
        inside = np.minimum(middle, counts).astype(float)
        enough = firth_ratio(inside, counts.astype(float), share) >= limit
        enough |= middle > counts
        open_still = low < high
        high = np.where(open_still & enough, middle, high)
        low = np.where(open_still & ~enough, middle + 1, low)
    return high
