"""Penalties on a likelihood, and the penalised objective that the solver climbs.

A likelihood gives ``evaluate(beta)`` with ``log_likelihood``, ``score``, ``information`` and
``half_log_det_gradient(inverse)``; a penalty turns that into a value and a gradient to add.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from jdm_stats.likelihood.risk_sets import FloatArray


class Evaluation(Protocol):
    """What a likelihood says at one point."""

    @property
    def log_likelihood(self) -> float: ...  # noqa: D102
    @property
    def score(self) -> FloatArray: ...  # noqa: D102
    @property
    def information(self) -> FloatArray: ...  # noqa: D102
    def half_log_det_gradient(self, inverse: FloatArray) -> FloatArray: ...  # noqa: D102


class Likelihood(Protocol):
    """What the solver needs of a likelihood."""

    @property
    def n_parameters(self) -> int: ...  # noqa: D102
    def evaluate(self, beta: FloatArray) -> Evaluation: ...  # noqa: D102


class Penalty(Protocol):
    """What the solver needs of a penalty."""

    def contribution(self, evaluation: Evaluation) -> tuple[float, FloatArray]:
        """Value and gradient (p,) to add; value -inf where it is not defined."""


@dataclass(frozen=True)
class NoPenalty:
    """Plain maximum likelihood."""

    def contribution(self, evaluation: Evaluation) -> tuple[float, FloatArray]:
        """Zero."""
        return 0.0, np.zeros_like(evaluation.score)


@dataclass(frozen=True)
class FirthPenalty:
    """Firth's penalty 1/2 log det I(beta), Jeffreys' prior (Firth 1993)."""

    def contribution(self, evaluation: Evaluation) -> tuple[float, FloatArray]:
        """Half the log determinant of the full information, and its gradient."""
        information = evaluation.information
        try:
            factor = cho_factor(information)
        except (LinAlgError, ValueError):
            return -np.inf, np.zeros_like(evaluation.score)
        inverse = cho_solve(factor, np.eye(len(information)))
        value = float(np.log(np.diag(factor[0])).sum())
        return value, evaluation.half_log_det_gradient(inverse)


@dataclass(frozen=True, eq=False)
class Point:
    """The penalised objective at one point.

    Parameters
    ----------
    beta : (p,) float array
    value : float
        Penalised log-likelihood.
    gradient : (p,) float array
        Of the penalised log-likelihood.
    penalty_gradient : (p,) float array
    log_likelihood : float
        Without the penalty.
    information : (p, p) float array
        Of the likelihood alone.
    """

    beta: FloatArray
    value: float
    gradient: FloatArray
    penalty_gradient: FloatArray
    log_likelihood: float
    information: FloatArray


def evaluate_point(likelihood: Likelihood, penalty: Penalty, beta: FloatArray) -> Point:
    """Evaluate likelihood and penalty together at ``beta``."""
    # So far out that a risk set underflows, the point is refused by its value of -inf.
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        evaluation = likelihood.evaluate(beta)
        value, gradient = penalty.contribution(evaluation)
    total = evaluation.log_likelihood + value
    if not np.all(np.isfinite(evaluation.information)):
        total = -np.inf
    return Point(
        beta=beta,
        value=total if np.isfinite(total) else -np.inf,
        gradient=evaluation.score + gradient,
        penalty_gradient=gradient,
        log_likelihood=evaluation.log_likelihood,
        information=evaluation.information,
    )
