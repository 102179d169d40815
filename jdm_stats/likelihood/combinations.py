"""Profile limits and tests of a combination of coefficients, such as b10 + b01 + b11.

The inner coefficients are turned, by a rotation, until the combination is one of them; the
problem is as well conditioned as before and Firth's penalty is the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from jdm_stats.likelihood.conditional import ConditionalLikelihood
from jdm_stats.likelihood.fitting import Solution
from jdm_stats.likelihood.logistic import LogisticLikelihood
from jdm_stats.likelihood.partial import PartialLikelihood
from jdm_stats.likelihood.penalty import Likelihood, Penalty, Point
from jdm_stats.likelihood.points import evaluate_point
from jdm_stats.likelihood.profile import (
    Limit,
    RatioTest,
    likelihood_ratio_test,
    profile_limits,
)
from jdm_stats.likelihood.risk_sets import FloatArray


@dataclass(frozen=True, eq=False)
class Turned:
    """A fitted problem in other coordinates: inner coefficients = ``into @ turned``.

    Parameters
    ----------
    likelihood, penalty
        Of the turned coefficients.
    best : Point
        The maximum, turned.
    into : (p, p) float array
    """

    likelihood: Likelihood
    penalty: Penalty
    best: Point
    into: FloatArray


def turned_by(solution: Solution, into: FloatArray) -> Turned:
    """Write a fitted problem in the coordinates ``inverse(into) @ inner``.

    Parameters
    ----------
    solution : Solution
    into : (p, p) float array
        Not singular. Firth's penalty changes by a constant, log |det into|.
    """
    likelihood = solution.problem.likelihood
    if not isinstance(
        likelihood, PartialLikelihood | LogisticLikelihood | ConditionalLikelihood
    ):
        raise TypeError(f"no linear predictor in a {type(likelihood).__name__}")
    other = replace(likelihood, covariates=likelihood.covariates @ into)
    penalty = solution.problem.penalty.turned(into)
    beta = np.asarray(np.linalg.solve(into, solution.maximum.point.beta), dtype=float)
    return Turned(other, penalty, evaluate_point(other, penalty, beta), into)


def combination_limits(
    solution: Solution, weights: FloatArray, conf_level: float = 0.95
) -> tuple[Limit, Limit]:
    """Profile limits of ``weights @ coefficients``, coefficients in the caller's units.

    Parameters
    ----------
    solution : Solution
    weights : (k,) float array
        One for each coefficient of the solution; not all zero.
    conf_level : float

    Returns
    -------
    lower, upper : Limit
    """
    alone = np.flatnonzero(weights)
    if len(alone) == 1 and weights[alone[0]] == 1.0:
        return solution.limits(int(alone[0]), conf_level)
    turned, length = _first(solution, weights)
    variance = weights @ solution.covariance @ weights
    std_error = float(np.sqrt(variance)) / length
    known = None
    if conf_level != 0.95:
        known = profile_limits(
            turned.likelihood, turned.penalty, turned.best, 0, std_error
        )
    ends = profile_limits(
        turned.likelihood, turned.penalty, turned.best, 0, std_error, conf_level, known
    )
    lower, upper = (replace(end, value=end.value * length) for end in ends)
    return lower, upper


def combination_test(solution: Solution, weights: FloatArray) -> RatioTest:
    """(Penalised) likelihood-ratio test that ``weights @ coefficients`` is zero."""
    turned, _ = _first(solution, weights)
    return likelihood_ratio_test(turned.likelihood, turned.penalty, turned.best, (0,))


def _first(solution: Solution, weights: FloatArray) -> tuple[Turned, float]:
    """Turn until the combination, over its length, comes first."""
    inner = solution.problem.back.T @ weights
    rotation, lengths = np.linalg.qr(inner[:, None], mode="complete")
    if lengths[0, 0] < 0:
        rotation = rotation * np.concatenate([[-1.0], np.ones(len(inner) - 1)])
    return turned_by(solution, rotation), float(abs(lengths[0, 0]))
