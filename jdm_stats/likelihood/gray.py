"""Gray's test that cumulative incidence is the same in several groups: arrays in, sums out.

Gray (Annals of Statistics 1988;16:1141-1154). In each group those who had a competing event
count on, as many as would still be followed: group g has R_g (1 - F_g(t-)) / S_g(t-) at risk of
the subdistribution, R_g those truly at risk, F_g its cumulative incidence and S_g its survival
free of any event. The score of a group is the sum over event times of observed less expected
events, times (1 - F(t-))^rho, F the incidence pooled over the groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jdm_stats.likelihood.risk_sets import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class GrayScore:
    """Scores of the groups, summed over strata.

    Parameters
    ----------
    observed, expected : (g,) float arrays
        Weighted events of interest by group.
    covariance : (g, g) float array
        Of ``observed - expected`` under equal incidence; NaN when the pooled incidence
        comes to 1 before the last event.
    """

    observed: FloatArray
    expected: FloatArray
    covariance: FloatArray


def gray_score(
    leave: FloatArray, state: IntArray, group: IntArray, n_groups: int, rho: float
) -> GrayScore:
    """Score of each group in one stratum, and its covariance.

    Parameters
    ----------
    leave : (n,) float array
        End of follow-up; everyone is followed from one origin.
    state : (n,) int array
        0 censored, 1 the event of interest, 2 a competing event.
    group : (n,) int array
        Numbered from 0.
    n_groups : int
    rho : float

    Returns
    -------
    GrayScore

    Examples
    --------
    One child in each group; the one with the event first scores 1 - 1/2.

    >>> import numpy as np
    >>> score = gray_score(
    ...     np.array([1.0, 2.0]), np.array([1, 0]), np.array([0, 1]), 2, 0.0
    ... )
    >>> (score.observed - score.expected).tolist()
    [0.5, -0.5]
    """
    course = _course(leave, state, group, n_groups)
    extended = course.full * (1.0 - course.incidence)
    share = extended / extended.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        weight = np.maximum(1.0 - course.pooled_before, 0.0) ** rho
    expected = weight @ (course.events[:, None] * share)
    return GrayScore(weight @ course.own, expected, _covariance(course, weight))


@dataclass(frozen=True, eq=False)
class _Course:
    """What happens in one stratum, by event time and group, (K, g).

    ``n`` at risk (1 where nobody is), ``own`` and ``other`` events; ``survival`` and
    ``before`` the product limit at and just before the time; ``incidence`` of the event just
    before it; ``full`` those at risk had nobody been censored or had a competing event.
    By event time alone, (K,): ``events``, ``total`` of ``full``, and the incidence pooled
    over groups, at and just before.
    """

    n: FloatArray
    some: NDArray[np.bool_]
    own: FloatArray
    other: FloatArray
    survival: FloatArray
    before: FloatArray
    incidence: FloatArray
    full: FloatArray
    events: FloatArray
    total: FloatArray
    pooled: FloatArray
    pooled_before: FloatArray


def _course(
    leave: FloatArray, state: IntArray, group: IntArray, n_groups: int
) -> _Course:
    times = np.unique(leave[state > 0])
    own, other = (
        _by_time(leave, state == code, group, times, n_groups) for code in (1, 2)
    )
    at_risk = np.empty_like(own)
    for g in range(n_groups):
        ends = np.sort(leave[group == g])
        at_risk[:, g] = len(ends) - np.searchsorted(ends, times, "left")
    some = at_risk > 0
    n = np.where(some, at_risk, 1.0)
    step = np.where(some, 1.0 - (own + other) / n, 1.0)
    survival: FloatArray = np.cumprod(step, axis=0, dtype=np.float64)
    before = _lagged(survival, 1.0)
    # With S = 0 nobody is left.
    full = np.where(some, n / np.where(before > 0, before, 1.0), 0.0)
    events, total = own.sum(axis=1), full.sum(axis=1)
    pooled: FloatArray = np.cumsum(events / total)
    return _Course(
        n=n,
        some=some,
        own=own,
        other=other,
        survival=survival,
        before=before,
        incidence=_lagged(np.cumsum(before * own / n, axis=0), 0.0),
        full=full,
        events=events,
        total=total,
        pooled=pooled,
        pooled_before=_lagged(pooled, 0.0),
    )


def _covariance(course: _Course, weight: FloatArray) -> FloatArray:
    """Sum of squares of what an event of group k does to the score of group i.

    An event acts at once, through ``direct``, and on every later expectation, through the
    sum of ``drift`` over later times. Ties are corrected as in draws without replacement.
    """
    full, total, n = course.full, course.total[:, None], course.n
    direct = -full[:, :, None] * full[:, None, :] / total[:, :, None]
    diagonal = np.arange(full.shape[1])
    direct[:, diagonal, diagonal] += full
    direct *= weight[:, None, None]
    # A pooled incidence that has come to 1 before the last event leaves no variance.
    left = 1.0 - course.pooled_before
    left = np.where(np.abs(left) > 1e-12, left, np.nan)
    drift = course.events / (course.total * left)
    drift = np.cumsum(direct * drift[:, None, None], axis=0)
    later = drift[-1] - drift
    alive = course.survival > 0
    ratio = _quotient((1.0 - course.pooled)[:, None], course.survival, alive)
    events = np.broadcast_to(course.events[:, None], n.shape)
    tied = _untied(events, total * course.before)
    spread = np.where(course.some, course.before * events / (total * n), 0.0) * tied
    effect = direct + np.where(alive, 1.0 - ratio, 1.0)[:, None, :] * later
    covariance = np.einsum("tik,tjk,tk->ij", effect, effect, spread)
    spread = np.where(alive, (course.before / n) ** 2 * course.other, 0.0)
    spread *= _untied(course.other, n)
    effect = ratio[:, None, :] * later
    covariance += np.einsum("tik,tjk,tk->ij", effect, effect, spread)
    return np.asarray(covariance)


def _untied(events: FloatArray, at_risk: FloatArray) -> FloatArray:
    """Variance of tied events, as a share of that of untied ones."""
    some = (events > 1) & (at_risk > 1)
    return 1.0 - _quotient(events - 1.0, at_risk - 1.0, some)


def _quotient(
    top: FloatArray, below: FloatArray, where: NDArray[np.bool_]
) -> FloatArray:
    """Quotient, 0 where it is not wanted."""
    return np.divide(top, below, out=np.zeros_like(below), where=where)


def _by_time(
    leave: FloatArray,
    happened: NDArray[np.bool_],
    group: IntArray,
    times: FloatArray,
    n_groups: int,
) -> FloatArray:
    """Count events by time and group, (K, g)."""
    counts = np.zeros((len(times), n_groups))
    np.add.at(counts, (np.searchsorted(times, leave[happened]), group[happened]), 1.0)
    return counts


def _lagged(values: FloatArray, first: float) -> FloatArray:
    """Values just before each time."""
    return np.concatenate([np.full_like(values[:1], first), values[:-1]])
