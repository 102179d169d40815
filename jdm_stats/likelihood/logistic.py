"""The logistic likelihood and the third moments that Firth's penalty needs.

Firth (1993): the penalised score is sum_i w_i (y_i - pi_i + h_i / w_i (1/2 - pi_i)) x_i, with
h the diagonal of the (weighted) hat matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import expit

from jdm_stats.likelihood.risk_sets import FloatArray


@dataclass(frozen=True, eq=False)
class LogisticLikelihood:
    """A logistic problem.

    Parameters
    ----------
    covariates : (n, p) float array
        The design, its intercept column included.
    outcome : (n,) float array
        0.0 or 1.0.
    weights : (n,) float array, optional
        Above zero; default 1.
    offset : (n,) float array, optional
        Added to the linear predictor; default 0.
    compiled : bool, default False
        Whether climbs go the compiled path (`jdm_stats.likelihood.fast`).
    """

    covariates: FloatArray
    outcome: FloatArray
    weights: FloatArray | None = None
    offset: FloatArray | None = None
    compiled: bool = False

    @cached_property
    def twins(self) -> dict[str, tuple[Any, Any]]:
        """Penalties and compiled twins with each, by the kind of penalty."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        # Twins own scratch memory and are laid out again where they are needed.
        return {k: v for k, v in vars(self).items() if k != "twins"}

    @property
    def n_parameters(self) -> int:
        """Number of coefficients, p, the intercept included."""
        return self.covariates.shape[1]

    @cached_property
    def events(self) -> float:
        """Weight of the rows with the rarer outcome."""
        heavy = np.ones(len(self.outcome)) if self.weights is None else self.weights
        with_outcome = float(heavy @ self.outcome)
        return min(with_outcome, float(heavy.sum()) - with_outcome)

    def linear_predictor(self, beta: FloatArray) -> FloatArray:
        """Log odds of every row at ``beta``, (n,)."""
        eta: FloatArray = self.covariates @ beta
        return eta if self.offset is None else eta + self.offset

    def evaluate(self, beta: FloatArray) -> LogisticEvaluation:
        """Log-likelihood, score and information at ``beta``, shape (p,)."""
        x, y = self.covariates, self.outcome
        eta = self.linear_predictor(beta)
        probability = expit(eta)
        variance = probability * expit(-eta)
        residual = y - probability
        # log(1 + e^eta) without overflow
        each = y * eta - np.logaddexp(0.0, eta)
        if self.weights is not None:
            variance, residual = variance * self.weights, residual * self.weights
            each *= self.weights
        return LogisticEvaluation(
            problem=self,
            log_likelihood=float(each.sum()),
            score=x.T @ residual,
            information=(x * variance[:, None]).T @ x,
            probability=probability,
            variance=variance,
        )


@dataclass(frozen=True, eq=False)
class LogisticEvaluation:
    """The logistic likelihood at one point.

    Parameters
    ----------
    problem : LogisticLikelihood
    log_likelihood : float
    score : (p,) float array
    information : (p, p) float array
    probability, variance : (n,) float arrays
        Fitted probabilities pi, and pi (1 - pi) times the weight.
    """

    problem: LogisticLikelihood
    log_likelihood: float
    score: FloatArray
    information: FloatArray
    probability: FloatArray
    variance: FloatArray

    def hat_diagonal(self, inverse: FloatArray) -> FloatArray:
        """Diagonal of the (weighted) hat matrix, (n,)."""
        x = self.problem.covariates
        leverage: FloatArray = np.einsum("ij,ij->i", x @ inverse, x)
        return self.variance * leverage

    def half_log_det_gradient(self, inverse: FloatArray) -> FloatArray:
        """Gradient of 1/2 log det information, given the inverse of the information."""
        hat = self.hat_diagonal(inverse)
        return self.problem.covariates.T @ (hat * (0.5 - self.probability))

    def score_residuals(self) -> FloatArray:
        """Contribution of each row to the score, unweighted, (n, p)."""
        problem = self.problem
        return problem.covariates * (problem.outcome - self.probability)[:, None]
