"""The logistic likelihood and the third moments that Firth's penalty needs.

Firth (1993): the penalised score is sum_i (y_i - pi_i + h_i (1/2 - pi_i)) x_i, with h the
diagonal of the hat matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    """

    covariates: FloatArray
    outcome: FloatArray

    @property
    def n_parameters(self) -> int:
        """Number of coefficients, p, the intercept included."""
        return self.covariates.shape[1]

    def evaluate(self, beta: FloatArray) -> LogisticEvaluation:
        """Log-likelihood, score and information at ``beta``, shape (p,)."""
        x, y = self.covariates, self.outcome
        eta = x @ beta
        probability = expit(eta)
        variance = expit(eta) * expit(-eta)
        # log(1 + e^eta) without overflow
        log_likelihood = float(y @ eta - np.logaddexp(0.0, eta).sum())
        return LogisticEvaluation(
            problem=self,
            log_likelihood=log_likelihood,
            score=x.T @ (y - probability),
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
        Fitted probabilities pi and pi (1 - pi).
    """

    problem: LogisticLikelihood
    log_likelihood: float
    score: FloatArray
    information: FloatArray
    probability: FloatArray
    variance: FloatArray

    def half_log_det_gradient(self, inverse: FloatArray) -> FloatArray:
        """Gradient of 1/2 log det information, given the inverse of the information."""
        x = self.problem.covariates
        hat = self.variance * np.einsum("ij,ij->i", x @ inverse, x)
        return x.T @ (hat * (0.5 - self.probability))
