"""Score test that coefficients drift with time: beta_j + theta_j g(t), theta = 0.

The model with x and x g(t) has an information of three p x p blocks, sums over the event
times of g^0, g^1 and g^2 times the information at that time. Each block is one weighted
cross-product, as the information itself is, so no K x p x p array exists. Grambsch and
Therneau (1994); the test proper as in cox.zph of R's survival 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.stats import chi2

from jdm_stats.likelihood.partial import PartialEvaluation
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class DriftScore:
    """Efficient score of the drifts theta and its variance.

    Parameters
    ----------
    score : (p,) float array
        Score of theta less what that of beta explains.
    variance : (p, p) float array
        Of that score: the information on theta when beta is estimated.
    """

    score: FloatArray
    variance: FloatArray

    def test(self, combinations: IntArray) -> tuple[float, float]:
        """Test that the drifts of some columns are all zero.

        Parameters
        ----------
        combinations : int array
            Columns tested together.

        Returns
        -------
        statistic, p_value : float
            Chi-square with as many degrees of freedom as columns; NaN where the variance
            is singular.
        """
        u = self.score[combinations]
        inner = self.variance[np.ix_(combinations, combinations)]
        scale = np.sqrt(np.maximum(np.diag(inner), 1e-300))
        try:
            factor = cho_factor(inner / np.outer(scale, scale))
        except (LinAlgError, ValueError):
            return np.nan, np.nan
        if np.diag(factor[0]).min() < 1e-7:
            return np.nan, np.nan
        statistic = float(u / scale @ cho_solve(factor, u / scale))
        return statistic, float(chi2.sf(statistic, len(u)))


def information_over_time(at: PartialEvaluation, per_time: FloatArray) -> FloatArray:
    """Sum of the information of each event time, each times a number, (p, p).

    Parameters
    ----------
    at : PartialEvaluation
    per_time : (K,) float array

    Returns
    -------
    (p, p) float array
        With ones the information itself.
    """
    problem = at.problem
    x, sets = problem.covariates, problem.risk_sets
    k, phi, weight = problem.terms
    heavy = weight * per_time[k]
    inverse = heavy / at.s0
    spread: FloatArray = sets.spread(
        np.bincount(k, inverse, sets.n_times).astype(np.float64)[:, None]
    )[:, 0]
    spread[sets.deaths] -= np.bincount(k, phi * inverse, sets.n_times)[sets.death_time]
    total = (x * (spread * at.r)[:, None]).T @ x - (
        at.mean * heavy[:, None]
    ).T @ at.mean
    half: FloatArray = (total + total.T) / 2.0
    return half


def drift_score(at: PartialEvaluation, per_time: FloatArray) -> DriftScore:
    """Score of the drifts at zero, cleared of the score of the coefficients.

    Parameters
    ----------
    at : PartialEvaluation
        At the estimate.
    per_time : (K,) float array
        g of each event time; a constant added to it changes nothing.

    Returns
    -------
    DriftScore

    Raises
    ------
    LinAlgError
        When the information on the coefficients is singular.

    Notes
    -----
    At a maximum likelihood estimate the score of the coefficients is 0 and this is Rao's
    test. At another estimate, such as Firth's, it is Neyman's C(alpha) test, which holds for
    any estimate that nears the truth as fast as the maximum does and which, too, does not
    move when a constant is added to g.

    Examples
    --------
    Two exposed children die, then one of two unexposed. At beta = 0 the residuals are 1/2,
    2/3 and 0, the informations 1/4, 2/9 and 0: the score is -1/2 + 1/4 (7/6) (36/17) = 2/17.

    >>> from jdm_stats.likelihood.partial import PartialLikelihood
    >>> from jdm_stats.likelihood.risk_sets import build_risk_sets
    >>> sets = build_risk_sets(
    ...     np.zeros(4), np.array([1.0, 2.0, 3.0, 4.0]), np.array([True] * 3 + [False])
    ... )
    >>> x = np.array([[1.0], [1.0], [0.0], [0.0]])
    >>> at = PartialLikelihood(x, sets).evaluate(np.zeros(1))
    >>> drift_score(at, sets.times).score.round(4).tolist()
    [0.1176]
    """
    sets = at.problem.risk_sets
    heavy = at.problem.death_weights
    g = per_time - np.average(per_time[sets.death_time], weights=heavy)
    one, two = (information_over_time(at, power) for power in (g, g**2))
    k, _, weight = at.problem.terms
    x = at.problem.covariates[sets.deaths]
    raw = (heavy * g[sets.death_time]) @ x - (weight * g[k]) @ at.mean
    slope = cho_solve(cho_factor(at.information), np.column_stack([one, at.score]))
    score = raw - one @ slope[:, -1]
    variance = two - one @ slope[:, :-1]
    return DriftScore(score, (variance + variance.T) / 2.0)
