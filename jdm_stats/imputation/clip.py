"""Combining likelihood profiles: limits after imputation that keep the profile's shape.

Each imputed data set turns its profile into a distribution of the coefficient,
F_k(b) = Phi(r_k(b)), with r_k the signed root of the profile deviance. Their mean is the
pooled distribution; its quantiles are the limits and twice its smaller tail at 0 is the
p-value (Heinze, Ploner and Beyea, Stat Med 2013;32:5062-5076). With identical data sets
these are the profile limits of one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import norm

from jdm_stats.models.profile_curve import ProfileCurve, Root

# Newton steps in which the bracket may fail to halve before it is halved outright.
PATIENCE = 3
MAX_ITERATIONS = 60
# The pooled quantile is solved to this, in normal quantiles.
TOLERANCE = 1e-9
# A limit is infinite when the pooled tail is still too heavy so many widths out, or when
# it would hardly change over the same distance again.
FARTHEST_WIDTHS = 1e4
FLAT = 1e-7


@dataclass(frozen=True, slots=True)
class PooledLimit:
    """One end of a pooled interval.

    Parameters
    ----------
    value : float
        +-inf when the pooled tail never becomes light enough; NaN when it could not be
        found.
    mc_error : float
        Monte Carlo standard error: how far the limit would move with other imputations.
    failure_reason : str
        Empty unless the value is NaN.
    """

    value: float
    mc_error: float = np.nan
    failure_reason: str = ""


@dataclass(frozen=True, slots=True)
class _Tail:
    """The pooled tail beyond a value: its normal quantile, slope and Monte Carlo error."""

    quantile: float
    slope: float
    mc_error: float
    failure_reason: str = ""


def pooled_p_value(
    curves: Sequence[ProfileCurve], value: float = 0.0
) -> tuple[float, str]:
    """Twice the smaller tail of the pooled distribution at ``value``.

    Parameters
    ----------
    curves : sequence of ProfileCurve
        One per imputation.
    value : float, default 0
        The hypothesis on the log scale.

    Returns
    -------
    p_value : float
    reason : str
        Empty unless the p-value is NaN.
    """
    roots = [curve.root(value, thorough=True) for curve in curves]
    failed = _first_failure(roots)
    if failed:
        return np.nan, failed
    below = float(np.mean(ndtr([root.value for root in roots])))
    above = float(np.mean(ndtr([-root.value for root in roots])))
    return min(1.0, 2.0 * min(below, above)), ""


def pooled_limit(
    curves: Sequence[ProfileCurve],
    own: NDArray[np.float64],
    side: int,
    conf_level: float = 0.95,
) -> PooledLimit:
    """Find where the pooled tail holds half of what the level leaves out.

    Parameters
    ----------
    curves : sequence of ProfileCurve
        One per imputation.
    own : (m,) float array
        The limit of each imputation on that side, +-inf where it has none; NaN where
        it is not known.
    side : {-1, 1}
        -1 for the lower limit, 1 for the upper.
    conf_level : float, default 0.95

    Returns
    -------
    PooledLimit
        Between the smallest and the largest limit of the imputations.

    Examples
    --------
    Two profiles of a normal mean, at 0 and at 2, both of standard error 1. The pooled
    upper limit b solves Phi(b) + Phi(b - 2) = 1.95.

    >>> @dataclass
    ... class Normal:
    ...     estimate: float
    ...
    ...     def root(self, value, *, thorough=False):
    ...         from types import SimpleNamespace
    ...
    ...         away = value - self.estimate
    ...         return SimpleNamespace(value=away, slope=1.0, failure_reason="")
    >>> found = pooled_limit([Normal(0.0), Normal(2.0)], np.array([1.96, 3.96]), 1)
    >>> round(found.value, 3)
    3.646
    """
    ends = side * np.asarray(own, dtype=float)
    if np.all(np.isposinf(ends)):
        return PooledLimit(side * np.inf)
    known = ends[np.isfinite(ends)]
    if len(known) == len(ends) and np.ptp(known) == 0.0:
        return PooledLimit(float(side * known[0]), 0.0)
    search = _Search(curves, side, float(norm.isf((1.0 - conf_level) / 2.0)))
    if len(known):
        # every tail is at least the wanted one inside `low`, at most so beyond `high`
        search.low = float(known.min())
        if len(known) == len(ends):
            search.high = float(known.max())
        first = float(known.mean())
    else:
        first = side * float(np.mean([curve.estimate for curve in curves])) + 1.0
    if np.isnan(ends).any():
        search.low, search.high = -np.inf, np.inf
    return search.solve(first)


@dataclass
class _Search:
    """Newton on the pooled normal quantile, inside a bracket; values times ``side``.

    A bracket that some steps have not halved is halved outright: the quantile of profiles
    far apart is all steps and plateaus.
    """

    curves: Sequence[ProfileCurve]
    side: int
    quantile: float
    low: float = -np.inf
    high: float = np.inf
    width: float = np.inf
    waited: int = 0

    def solve(self, value: float) -> PooledLimit:
        centre = self.side * float(np.mean([curve.estimate for curve in self.curves]))
        width = max(abs(value - centre), 1e-3)
        thorough = False
        for _ in range(MAX_ITERATIONS):
            tail = self._tail(value, thorough)
            if tail.failure_reason:
                return PooledLimit(np.nan, np.nan, tail.failure_reason)
            short = self.quantile - tail.quantile
            if abs(short) <= TOLERANCE or self._closed(value):
                if thorough:
                    return PooledLimit(self.side * value, tail.mc_error)
                thorough = True  # once more, from several starts
                continue
            if short > 0:
                self.low = max(self.low, value)
                if self._flat(value, centre, width, tail):
                    return PooledLimit(self.side * np.inf)
            else:
                self.high = min(self.high, value)
            value = self._next(value, short, tail.slope, centre)
        reason = f"no pooled limit in {MAX_ITERATIONS} iterations"
        return PooledLimit(np.nan, np.nan, reason)

    def _tail(self, value: float, thorough: bool) -> _Tail:
        roots = [c.root(self.side * value, thorough=thorough) for c in self.curves]
        failed = _first_failure(roots)
        if failed:
            return _Tail(np.nan, np.nan, np.nan, failed)
        signed = self.side * np.array([root.value for root in roots])
        slopes = np.array([root.slope for root in roots])
        tails = ndtr(-signed)
        density = float(np.mean(norm.pdf(signed) * slopes))
        quantile = -float(ndtri(np.mean(tails)))
        steepness = density / float(norm.pdf(quantile)) if density > 0 else 0.0
        spread = float(np.std(tails, ddof=1)) if len(tails) > 1 else np.nan
        error = np.nan
        if density > 0:
            with np.errstate(over="ignore"):  # between profiles far apart it is inf
                error = float(np.float64(spread) / np.sqrt(len(tails)) / density)
        return _Tail(quantile, steepness, error)

    def _closed(self, value: float) -> bool:
        return self.high - self.low <= 1e-12 * max(1.0, abs(value))

    def _flat(self, value: float, centre: float, width: float, tail: _Tail) -> bool:
        if np.isfinite(self.high):
            return False
        distance = value - centre
        flat = tail.slope * distance <= FLAT and distance > 100.0 * width
        return flat or distance > FARTHEST_WIDTHS * max(width, 1.0)

    def _next(self, value: float, short: float, slope: float, centre: float) -> float:
        proposal = value + short / slope if slope > 0 else np.inf * np.sign(short)
        if np.isinf(self.high):
            return float(min(proposal, value + 2.0 * abs(value - centre) + 1.0))
        if np.isinf(self.low):
            return float(max(proposal, value - 2.0 * abs(value - centre) - 1.0))
        if self.high - self.low <= 0.5 * self.width:
            self.width, self.waited = self.high - self.low, 0
        self.waited += 1
        if self.low < proposal < self.high and self.waited <= PATIENCE:
            return float(proposal)
        self.waited = 0
        return 0.5 * (self.low + self.high)


def _first_failure(roots: Sequence[Root]) -> str:
    for place, root in enumerate(roots, start=1):
        if not np.isfinite(root.value):
            return f"imputation {place}: {root.failure_reason or 'no profile'}"
    return ""
