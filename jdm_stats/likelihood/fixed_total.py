"""Members chosen independently, given how many were chosen: the law behind matched sets.

With odds theta_i of being chosen, the chance of a given choice of m members is the product
of its odds divided by the elementary symmetric polynomial e_m(theta), the sum of such
products over all choices. It is built up member by member (Gail, Lubin and Rubinstein,
Biometrika 1981;68:703-707; Howard, J R Stat Soc B 1972;34:210-211), and so are the moments
of any sum over the chosen: adding member i to all choices so far takes k chosen to k + 1.

Odds may be multiplied by a constant, which multiplies e_m by its m-th power. With the
constant at which m members are expected to be chosen, the polynomial is a probability near
the mode of its law: nothing overflows or vanishes, and only positive numbers are added,
with 20 cases among 220 members as with 1 among 1,000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit

from jdm_stats.likelihood.risk_sets import FloatArray

TILT_STEPS = 60


@dataclass(frozen=True, eq=False)
class Moments:
    """Moments of the sum over the chosen, sets of one batch.

    Parameters
    ----------
    log_chance : (b,) float array
        Log probability that so many are chosen.
    first : (b, p) float array
        Mean of the sum T.
    second : (b, p, p) float array
        Mean of T T'.
    third : (b, p) float array or None
        Mean of (T'AT) T, for the A given.
    """

    log_chance: FloatArray
    first: FloatArray
    second: FloatArray
    third: FloatArray | None


def tilted(eta: FloatArray, chosen: int) -> tuple[FloatArray, FloatArray]:
    """Find the constant at which ``chosen`` members are expected to be chosen.

    Parameters
    ----------
    eta : (b, n) float array
        Log odds; -inf for members that are not there.
    chosen : int
        Between 1 and the members there less 1.

    Returns
    -------
    probability : (b, n) float array
    log_constant : (b,) float array
        Good to a few digits: any constant gives the same result, this one without loss.

    Examples
    --------
    >>> import numpy as np
    >>> tilted(np.zeros((1, 4)), 1)[0].round(6)
    array([[0.25, 0.25, 0.25, 0.25]])
    """
    there = np.isfinite(eta)
    members = there.sum(axis=1)
    middle = np.log(chosen / (members - chosen))
    low = middle - np.max(eta, axis=1)
    high = middle - np.min(np.where(there, eta, np.inf), axis=1)
    at = (low + high) / 2
    probability = expit(eta + at[:, None])
    for _ in range(TILT_STEPS):
        excess = probability.sum(axis=1) - chosen
        if np.all(np.abs(excess) <= 1e-3):
            break
        low, high = np.where(excess < 0, at, low), np.where(excess > 0, at, high)
        slope = (probability * (1.0 - probability)).sum(axis=1)
        step = at - excess / np.maximum(slope, 1e-300)
        at = np.where((step > low) & (step < high), step, (low + high) / 2)
        probability = expit(eta + at[:, None])
    return probability, at


def log_symmetric(
    eta: FloatArray, log_constant: FloatArray, log_chance: FloatArray, chosen: int
) -> FloatArray:
    """Log elementary symmetric polynomial of exp(eta), (b,), from its tilted chance."""
    total = -log_expit(-(eta + log_constant[:, None])).sum(axis=1)
    value: FloatArray = log_chance + total - chosen * log_constant
    return value


def sum_moments(
    probability: FloatArray,
    values: FloatArray,
    chosen: int,
    matrix: FloatArray | None = None,
) -> Moments:
    """Moments of the sum of ``values`` over the chosen members.

    Parameters
    ----------
    probability : (b, n) float array
        Of each member to be chosen, before the total is held; 0 for members not there.
    values : (b, n, p) float array
        Best with a mean near 0 over the chosen.
    chosen : int
    matrix : (p, p) float array, optional
        Symmetric A of the third moments.

    Returns
    -------
    Moments

    Examples
    --------
    One of two members with equal odds, values 0 and 1: mean 1/2.

    >>> import numpy as np
    >>> half = np.full((1, 2), 0.5)
    >>> sum_moments(half, np.array([[[0.0], [1.0]]]), 1).first
    array([[0.5]])
    """
    b, n, p = values.shape
    chance = np.zeros((b, chosen + 1))
    chance[:, 0] = 1.0
    first = np.zeros((b, chosen + 1, p))
    second = np.zeros((b, chosen + 1, p, p))
    third = None if matrix is None else np.zeros((b, chosen + 1, p))
    for i in range(n):
        # choices of k + 1 with member i come from choices of k without it
        top = min(i + 1, chosen)
        x = values[:, i, None, :]
        take = probability[:, i, None]
        leave = 1.0 - take
        z, m, s = chance[:, :top], first[:, :top], second[:, :top]
        cross = m[..., :, None] * x[..., None, :]
        xx = x[..., :, None] * x[..., None, :]
        if third is not None and matrix is not None:
            ax = x @ matrix
            quadratic = (ax * x).sum(axis=-1)
            linear = (m * ax).sum(axis=-1)
            trace = np.einsum("bkij,ij->bk", s, matrix)
            grown = third[:, :top] + 2.0 * np.einsum("bkij,bj->bki", s, ax[:, 0])
            grown += quadratic[..., None] * m
            grown += (trace + 2.0 * linear + quadratic * z)[..., None] * x
            _mix(third, take[..., None], leave[..., None], grown, top)
        grown_second = s + cross + np.swapaxes(cross, -1, -2) + xx * z[..., None, None]
        grown_first = m + x * z[..., None]
        grown_chance = z.copy()
        _mix(second, take[..., None, None], leave[..., None, None], grown_second, top)
        _mix(first, take[..., None], leave[..., None], grown_first, top)
        _mix(chance, take, leave, grown_chance, top)
    total = chance[:, chosen]
    return Moments(
        log_chance=np.log(total),
        first=first[:, chosen] / total[:, None],
        second=second[:, chosen] / total[:, None, None],
        third=None if third is None else third[:, chosen] / total[:, None],
    )


def _mix(
    held: FloatArray, take: FloatArray, leave: FloatArray, grown: FloatArray, top: int
) -> None:
    """Add one member to all choices so far, in place."""
    held[:, : top + 1] *= leave
    held[:, 1 : top + 1] += take * grown


def inclusion(probability: FloatArray, chosen: int) -> FloatArray:
    """Chance of every member to be among the chosen, given their number.

    Parameters
    ----------
    probability : (b, n) float array
        Before the number is held.
    chosen : int

    Returns
    -------
    (b, n) float array
        Rows add up to ``chosen``.

    Examples
    --------
    >>> import numpy as np
    >>> inclusion(np.array([[0.5, 0.5, 0.5]]), 2).round(6)
    array([[0.666667, 0.666667, 0.666667]])
    """
    b, n = probability.shape
    ahead = np.zeros((n + 1, b, chosen + 1))
    behind = np.zeros((n + 1, b, chosen + 1))
    ahead[0, :, 0] = behind[n, :, 0] = 1.0
    for i in range(n):
        take = probability[:, i, None]
        ahead[i + 1] = (1.0 - take) * ahead[i]
        ahead[i + 1, :, 1:] += take * ahead[i, :, :-1]
    for i in range(n - 1, -1, -1):
        take = probability[:, i, None]
        behind[i] = (1.0 - take) * behind[i + 1]
        behind[i, :, 1:] += take * behind[i + 1, :, :-1]
    # the others make up chosen - 1: so many before member i, the rest behind it
    before, after = ahead[:-1, :, :chosen], behind[1:, :, :chosen][:, :, ::-1]
    others = np.einsum("ibk,ibk->bi", before, after)
    share: FloatArray = probability * others / ahead[n, :, chosen, None]
    return share
