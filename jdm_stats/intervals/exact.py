"""Exact limits of counts and of ratios of rates: numbers in, numbers out.

Given all events, those of the exposed are binomial; over several strata they are a sum of
binomials, whose law is computed, not approximated. So limits stay honest with no event in
one group.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.stats import beta, binom, binomtest, chi2

from jdm_stats.intervals.columns import is_real

_FARTHEST = 700.0  # of a log ratio: beyond, exp overflows


def poisson_limits(events: np.ndarray, conf_level: float) -> dict[str, np.ndarray]:
    """Exact limits of an expected count (Garwood, Biometrika 1936;28:437-442).

    Parameters
    ----------
    events : ndarray of shape (n,)
        Counts, whole and 0 or more.
    conf_level : float
        Level, between 0 and 1.

    Returns
    -------
    dict of str to ndarray
        ``conf_low`` and ``conf_high``, two-sided, ``lower_one_sided`` and
        ``upper_one_sided``.

    Examples
    --------
    >>> poisson_limits(np.array([0]), 0.95)["conf_high"].round(4)
    array([3.6889])
    """
    tail = (1 - conf_level) / 2
    some = np.maximum(events, 1)
    low = np.where(events > 0, chi2.ppf(tail, 2 * some) / 2, 0.0)
    return {
        "conf_low": low,
        "conf_high": chi2.isf(tail, 2 * events + 2) / 2,
        "lower_one_sided": np.where(
            events > 0, chi2.ppf(1 - conf_level, 2 * some) / 2, 0.0
        ),
        "upper_one_sided": chi2.isf(1 - conf_level, 2 * events + 2) / 2,
    }


def binomial_limits(
    events: np.ndarray, children: np.ndarray, conf_level: float
) -> dict[str, np.ndarray]:
    """Exact limits of a risk (Clopper and Pearson, Biometrika 1934;26:404-413).

    Parameters
    ----------
    events, children : ndarray of shape (n,)
        Counts, whole, 0 or more; ``events <= children``. With no child the limits are 0
        and 1.
    conf_level : float
        Level, between 0 and 1.

    Returns
    -------
    dict of str to ndarray
        ``conf_low`` and ``conf_high``, two-sided, ``lower_one_sided`` and
        ``upper_one_sided``.

    Examples
    --------
    >>> binomial_limits(np.array([0]), np.array([41]), 0.95)["upper_one_sided"].round(4)
    array([0.0705])
    """
    tail = (1 - conf_level) / 2
    rest = children - events
    some, left = np.maximum(events, 1), np.maximum(rest, 1)
    return {
        "conf_low": np.where(events > 0, beta.ppf(tail, some, rest + 1), 0.0),
        "conf_high": np.where(rest > 0, beta.isf(tail, events + 1, left), 1.0),
        "lower_one_sided": np.where(
            events > 0, beta.ppf(1 - conf_level, some, rest + 1), 0.0
        ),
        "upper_one_sided": np.where(
            rest > 0, beta.isf(1 - conf_level, events + 1, left), 1.0
        ),
    }


def is_count(value: Any) -> bool:
    """Tell whether a value is a whole number from 0 up.

    Examples
    --------
    >>> is_count(3), is_count(2.5), is_count(-1)
    (True, False, False)
    """
    return is_real(value) and value >= 0 and value % 1 == 0


def is_same(group: Any, wanted: Any) -> bool:
    """Tell whether a group is the one asked for; values that cannot be compared differ."""
    same = group == wanted
    return bool(same) if isinstance(same, (bool, np.bool_)) else False


@dataclass(frozen=True)
class RatioLaw:
    """The law of the events of the exposed, given all events of each stratum.

    Parameters
    ----------
    exposed : ndarray of shape (k,)
        Events of the exposed by stratum.
    total : ndarray of shape (k,)
        All events by stratum.
    share : ndarray of shape (k,)
        The exposed part of the person-time of each stratum, strictly between 0 and 1.

    Notes
    -----
    With a rate ratio of r, the exposed get ``Binomial(total, r share / (r share + 1 -
    share))`` of a stratum's events; strata are independent. The coefficients of the law
    of their sum do not depend on r but for a factor r^s.

    Examples
    --------
    >>> law = RatioLaw(np.array([0]), np.array([4]), np.array([0.5]))
    >>> law.limits(0.95, mid_p=False)
    (0.0, 1.51...)
    """

    exposed: np.ndarray
    total: np.ndarray
    share: np.ndarray

    @property
    def observed(self) -> int:
        """Events of the exposed."""
        return int(self.exposed.sum())

    @property
    def size(self) -> int:
        """All events."""
        return int(self.total.sum())

    def _chance(self, log_ratio: float) -> np.ndarray:
        ratio = np.exp(log_ratio)
        return ratio * self.share / (ratio * self.share + 1 - self.share)

    def estimate(self) -> float:
        """Give the conditional maximum-likelihood estimate; 0 or infinite at the edge."""
        if self.size == 0:
            return float("nan")
        if self.observed == 0:
            return 0.0
        if self.observed == self.size:
            return float("inf")
        return float(np.exp(self._log_ratio_expecting(self.observed)))

    def _log_ratio_expecting(self, events: float) -> float:
        return _root(lambda b: float((self.total * self._chance(b)).sum()) - events)

    def _coefficients(self) -> tuple[np.ndarray, float]:
        """Probabilities of 0, 1, ... exposed events at a ratio near the observed one."""
        inside = min(max(self.observed, 0.5), self.size - 0.5)
        centre = self._log_ratio_expecting(inside)
        law = np.ones(1)
        for total, chance in zip(self.total, self._chance(centre), strict=True):
            law = np.convolve(law, binom.pmf(np.arange(total + 1), total, chance))
        return law, centre

    def tails(self, mid_p: bool) -> Callable[[float], tuple[float, float]]:
        """Give a function from log ratio to the chance of as few, and of as many."""
        law, centre = self._coefficients()
        count = np.arange(self.size + 1)
        with np.errstate(divide="ignore"):
            log_law = np.log(law)

        def at(log_ratio: float) -> tuple[float, float]:
            power = log_law + count * (log_ratio - centre)
            weight = np.exp(power - power.max())
            weight /= weight.sum()
            here = weight[self.observed] * (0.5 if mid_p else 1.0)
            few = float(weight[: self.observed].sum() + here)
            return few, float(weight[self.observed + 1 :].sum() + here)

        return at

    def limits(self, conf_level: float, *, mid_p: bool) -> tuple[float, float]:
        """Limits of the rate ratio that leave half of ``1 - conf_level`` in either tail.

        With one stratum and without mid-p these are the limits of Clopper and Pearson
        for the split of the events.
        """
        if self.size == 0:
            return 0.0, float("inf")
        tail = (1 - conf_level) / 2
        if len(self.total) == 1 and not mid_p:
            return self._one_stratum(tail)
        at = self.tails(mid_p)
        low, high = 0.0, float("inf")
        if self.observed > 0:
            low = float(np.exp(_root(lambda b: at(b)[1] - tail)))
        if self.observed < self.size:
            high = float(np.exp(_root(lambda b: tail - at(b)[0])))
        return low, high

    def _one_stratum(self, tail: float) -> tuple[float, float]:
        few, rest = self.observed, self.size - self.observed
        odds = self.share[0] / (1 - self.share[0])
        low, high = 0.0, float("inf")
        # p and 1 - p each from its own beta law: a difference would lose digits at an edge
        if few:
            chance = beta.ppf(tail, few, rest + 1)
            low = float(chance / beta.isf(tail, rest + 1, few) / odds)
        if rest:
            chance = beta.isf(tail, few + 1, rest)
            high = float(chance / beta.ppf(tail, rest, few + 1) / odds)
        return low, high

    def p_value(self, *, mid_p: bool) -> float:
        """Test a ratio of 1: twice the smaller tail, at most 1; agrees with the limits."""
        if self.size == 0:
            return 1.0
        return min(1.0, 2 * min(self.tails(mid_p)(0.0)))

    def p_value_by_likelihood(self) -> float:
        """Test a ratio of 1 by the chance of all splits no likelier than the one seen.

        This is the two-sided test of ``poisson.test`` in R; one stratum only.
        """
        if self.size == 0:
            return 1.0
        share = float(self.share[0])
        return float(binomtest(self.observed, self.size, share).pvalue)


def _root(rising: Callable[[float], float]) -> float:
    """Find the zero of a rising function of the log ratio."""
    low, high = -1.0, 1.0
    while rising(low) > 0 and low > -_FARTHEST:
        low *= 2
    while rising(high) < 0 and high < _FARTHEST:
        high *= 2
    return float(brentq(rising, low, high, xtol=1e-13, rtol=1e-14, maxiter=200))
