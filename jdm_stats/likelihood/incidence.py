"""Cumulative incidence with competing events, and two variances of it: arrays in, arrays out.

F(t) = sum over s <= t of S(s-) d_j(s) / n(s), S the product of 1 - d/n (Aalen and Johansen
1978), n and d sums of case weights. Variances: Greenwood's type for counts (Marubini and
Valsecchi 1995, eq. 10.12), and the infinitesimal jackknife, which sees weights and children
with several rows: the sum over children of the square of weight times derivative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

# A variance this much smaller than the squares it is the difference of is 0.
ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class Incidence:
    """Cumulative incidence of one kind of event at ascending times.

    Parameters
    ----------
    n, d, own : (K,) float arrays
        (Weights of) those at risk, events of any kind, events of this kind.
    emptied : (K,) bool array
        Times at which everyone at risk has an event.
    before : (K,) float array
        S(t-), the share still free of every event.
    estimate : (K,) float array
        F(t).
    """

    n: FloatArray
    d: FloatArray
    own: FloatArray
    emptied: NDArray[np.bool_]
    before: FloatArray
    estimate: FloatArray

    def greenwood(self) -> FloatArray:
        """Variance of Greenwood's type, for counts, (K,)."""
        n, d, own, f = self.n, self.d, self.own, self.estimate
        a = _divided(d, n * (n - d), ~self.emptied & (n > 0))
        b = self.before**2 * own * (n - own) / n**3
        c = self.before * own / n**2
        # Sums over earlier times of (F(t) - F_i)^2 a_i + b_i - 2 (F(t) - F_i) c_i.
        variance = (
            f**2 * np.cumsum(a)
            - 2.0 * f * np.cumsum(f * a)
            + np.cumsum(f**2 * a)
            + np.cumsum(b)
            - 2.0 * (f * np.cumsum(c) - np.cumsum(f * c))
        )
        return np.maximum(variance, 0.0)

    def jackknife(
        self,
        begin: IntArray,
        end: IntArray,
        happened: IntArray,
        child: IntArray,
        weights: FloatArray,
    ) -> FloatArray:
        """Infinitesimal jackknife variance, children apart, (K,); survfit's.

        Parameters
        ----------
        begin, end : (r,) int arrays
            Places of each row's start and stop among the times; rows sorted by child and
            start.
        happened : (r,) int array
            0 no event at the end, 1 one of this kind, 2 another.
        child : (r,) int array
        weights : (r,) float array

        Returns
        -------
        (K,) float array

        Notes
        -----
        A child's influence on F(t) is A(t) - F(t) B(t). While one of its rows is at risk,
        A = kappa - w a(t) and B = lambda - w b(t) with curves a and b common to all; between
        and after its rows both stand still. Squares therefore sum by cumulated kappa, lambda
        and w, and no child is followed from time to time.
        """
        stay = ~self.emptied & (self.n > 0)
        per_event = _divided(1.0, self.n - self.d, stay)
        a_event = _divided(self.before, self.n, self.n > 0)
        a = np.cumsum(
            a_event * self.own / self.n + self.estimate * per_event * self.d / self.n
        )
        b = np.cumsum(per_event * self.d / self.n)
        jump_a = (happened == 1) * a_event[end]
        jump_a += (happened > 0) * (self.estimate * per_event)[end]
        jump_b = (happened > 0) * per_event[end]
        step_a = weights * (jump_a - (a[end] - a[begin]))
        step_b = weights * (jump_b - (b[end] - b[begin]))
        after_a, after_b = _within(step_a, child), _within(step_b, child)
        kappa = after_a - step_a + weights * a[begin]
        lam = after_b - step_b + weights * b[begin]
        again = np.append(child[1:] == child[:-1], False)
        following = np.where(again, np.append(begin[1:], 0), len(self.n))
        w = np.concatenate([weights, np.zeros(len(weights))])
        kappa, lam = np.concatenate([kappa, after_a]), np.concatenate([lam, after_b])
        since, until = np.concatenate([begin, end]), np.concatenate([end, following])

        def total(values: FloatArray) -> FloatArray:
            size = len(self.n) + 1
            opened = np.bincount(since, values, size)
            return np.cumsum(opened - np.bincount(until, values, size))[:-1]

        squared, with_a, with_b = total(w * w), total(w * kappa), total(w * lam)
        own_a, own_b = total(kappa * kappa), total(lam * lam)
        aa = a * a * squared - 2.0 * a * with_a + own_a
        ab = a * b * squared - a * with_b - b * with_a + total(kappa * lam)
        bb = b * b * squared - 2.0 * b * with_b + own_b
        f = self.estimate
        variance = aa - 2.0 * f * ab + f * f * bb
        # What is left of sums that cancel is rounding, where nothing varies.
        summed = (a * a + f * f * b * b) * squared + own_a + f * f * own_b
        rounding = ROUNDING * np.maximum.accumulate(summed)
        return np.where(variance > rounding, variance, 0.0)


def incidence(
    n: FloatArray, d: FloatArray, own: FloatArray, emptied: NDArray[np.bool_]
) -> Incidence:
    """Cumulate the incidence of one kind of event.

    Parameters
    ----------
    n, d, own, emptied
        As in `Incidence`.

    Returns
    -------
    Incidence

    Examples
    --------
    Of four, one has the event on day 1 and one another event on day 2.

    >>> import numpy as np
    >>> none = np.array([False, False])
    >>> found = incidence(np.array([4.0, 3.0]), np.ones(2), np.array([1.0, 0.0]), none)
    >>> found.estimate.tolist(), found.greenwood().tolist()
    ([0.25, 0.25], [0.046875, 0.046875])
    """
    safe = np.where(n > 0, n, 1.0)
    hazard = np.where(emptied, 1.0, d / safe)
    before = np.concatenate([[1.0], np.cumprod(1.0 - hazard)[:-1]])
    return Incidence(safe, d, own, emptied, before, np.cumsum(before * own / safe))


def _divided(
    top: FloatArray | float, below: FloatArray, where: np.ndarray
) -> FloatArray:
    """Quotient, 0 where it is not wanted."""
    out = np.zeros_like(below)
    result: FloatArray = np.divide(top, below, out=out, where=where)
    return result


def _within(values: FloatArray, child: IntArray) -> FloatArray:
    """Cumulative sums within each child; rows sorted by child."""
    total = np.cumsum(values)
    first = np.append(True, child[1:] != child[:-1])
    start = (total - values)[first]
    result: FloatArray = total - start[np.cumsum(first) - 1]
    return result
