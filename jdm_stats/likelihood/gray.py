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

from jdm_stats.likelihood.risk_sets import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class GrayScore:
    """Scores of the groups, summed over strata.

    Parameters
    ----------
    observed, expected : (g,) float arrays
        Weighted events of interest by group.
    covariance : (g, g) float array
        Of ``observed - expected`` under equal incidence.
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
    times = np.unique(leave[state > 0])
    counted = [
        _by_time(leave, state == code, group, times, n_groups) for code in (1, 2)
    ]
    own, other = counted
    at_risk = np.column_stack(
        [
            np.sum(group == g)
            - np.searchsorted(np.sort(leave[group == g]), times, "left")
            for g in range(n_groups)
        ]
    ).astype(np.float64)
    some = at_risk > 0
    n = np.where(some, at_risk, 1.0)
    survival = np.cumprod(np.where(some, 1.0 - (own + other) / n, 1.0), axis=0)
    before = _lagged(survival, 1.0)
    incidence = _lagged(np.cumsum(before * own / n, axis=0), 0.0)
    # Those at risk had nobody been censored; with S = 0 nobody is left.
    full = np.where(some, n / np.where(before > 0, before, 1.0), 0.0)
    extended = full * (1.0 - incidence)
    events = own.sum(axis=1)
    pooled = np.cumsum(events / full.sum(axis=1))
    pooled_before = _lagged(pooled, 0.0)
    weight = (1.0 - pooled_before) ** rho
    share = extended / extended.sum(axis=1, keepdims=True)
    expected = weight @ (events[:, None] * share)
    covariance = _covariance(
        full, some, own, other, survival, before, pooled, pooled_before, weight, n
    )
    return GrayScore(weight @ own, expected, covariance)


def _covariance(
    full: FloatArray,
    some: np.ndarray,
    own: FloatArray,
    other: FloatArray,
    survival: FloatArray,
    before: FloatArray,
    pooled: FloatArray,
    pooled_before: FloatArray,
    weight: FloatArray,
    n: FloatArray,
) -> FloatArray:
    """Sum of squares of what an event of group k does to the score of group i.

    An event acts at once, through ``direct``, and on every later expectation, through the
    sum of ``drift`` over later times. Ties are corrected as in draws without replacement.
    """
    events, total = own.sum(axis=1), full.sum(axis=1)
    direct = -full[:, :, None] * full[:, None, :] / total[:, None, None]
    diagonal = np.arange(full.shape[1])
    direct[:, diagonal, diagonal] += full
    direct *= weight[:, None, None]
    drift = np.cumsum(
        direct * (events / (total * (1.0 - pooled_before)))[:, None, None], axis=0
    )
    later = drift[-1] - drift
    ratio = np.divide(
        (1.0 - pooled)[:, None],
        survival,
        out=np.zeros_like(survival),
        where=survival > 0,
    )
    outcome = np.where(survival > 0, 1.0 - ratio, 1.0)
    spread = np.where(some, before * events[:, None] / (total[:, None] * n), 0.0)
    tied = (total[:, None] * before - 1.0) > 0
    spread *= 1.0 - np.divide(
        (events[:, None] - 1.0),
        total[:, None] * before - 1.0,
        out=np.zeros_like(before),
        where=tied & (events[:, None] > 1),
    )
    effect = direct + outcome[:, None, :] * later
    covariance = np.einsum("tik,tjk,tk->ij", effect, effect, spread)
    correction = 1.0 - np.divide(
        other - 1.0, n - 1.0, out=np.zeros_like(n), where=(other > 1) & (n > 1)
    )
    spread = np.where(survival > 0, correction * before**2 * other / n**2, 0.0)
    effect = ratio[:, None, :] * later
    result: FloatArray = covariance + np.einsum(
        "tik,tjk,tk->ij", effect, effect, spread
    )
    return result


def _by_time(
    leave: FloatArray,
    happened: np.ndarray,
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
