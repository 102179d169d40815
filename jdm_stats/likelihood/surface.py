"""A likelihood on the surface u + v = c w + d, u, v and w the ratios of two exposures.

Three ways to walk on it, each defined everywhere, so that no step can leave the field:

    d <= 0          log u and log v are free,  w = (u + v - d) / c
    d > 0, c >= 0   log w and log(u / v) are free,  u + v = c w + d
    d > 0, c < 0    the share s of u + v in d and log(u / v) are free,  w = (1 - s) d / |c|

The solver climbs there with first derivatives that are exact and second derivatives of the
likelihood that are, as long as they are positive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit

from jdm_stats.likelihood.penalty import Contribution, Evaluation, Likelihood, Penalty
from jdm_stats.likelihood.risk_sets import FloatArray


@dataclass(frozen=True, eq=False)
class Held:
    """A likelihood on the surface, in p - 1 free coordinates: two of the way, the others.

    Parameters
    ----------
    likelihood : Likelihood
        Of log u, log v, log w and the others.
    c, d : float
    """

    likelihood: Likelihood
    c: float
    d: float

    @property
    def n_parameters(self) -> int:
        """Free coordinates, p - 1."""
        return self.likelihood.n_parameters - 1

    @property
    def way(self) -> str:
        """What follows from the free coordinates: w ("both"), u + v ("sum") or all three."""
        if self.d <= 0.0:
            return "both"
        return "sum" if self.c >= 0.0 else "share"

    def nearest(self, beta: FloatArray) -> FloatArray:
        """Give the free coordinates of a point, moved to the surface."""
        apart = beta[0] - beta[1]
        if self.way == "both":
            first = [beta[0], beta[1]]
        elif self.way == "sum":
            first = [beta[2], apart]
        else:
            first = [np.logaddexp(beta[0], beta[1]) - beta[2] - np.log(-self.c), apart]
        return np.concatenate([first, beta[3:]])

    def full(self, theta: FloatArray) -> FloatArray:
        """All coefficients, (p,), of free coordinates."""
        one, two = theta[:2]
        if self.way == "both":
            total = np.exp(one) + np.exp(two) - self.d
            three = [one, two, np.log(total / self.c)]
        else:
            if self.way == "sum":
                total, w = np.log(self.c * np.exp(one) + self.d), one
            else:
                total = np.log(self.d) + log_expit(one)
                w = np.log(self.d / -self.c) + log_expit(-one)
            three = [total + log_expit(two), total + log_expit(-two), w]
        return np.concatenate([three, theta[2:]])

    def shares(self, theta: FloatArray) -> tuple[float, float]:
        """Slopes of which the Jacobian is made, both between 0 and 1 where d or c is."""
        one, two = theta[:2]
        if self.way == "both":
            u, v = np.exp(one), np.exp(two)
            return float(u / (u + v - self.d)), float(v / (u + v - self.d))
        if self.way == "sum":
            lift = self.c * np.exp(one)
            return float(lift / (lift + self.d)), float(expit(two))
        return float(expit(one)), float(expit(two))

    def jacobian(self, theta: FloatArray) -> FloatArray:
        """Differentiate all coefficients in the free coordinates, (p, p - 1)."""
        a, b = self.shares(theta)
        matrix = np.zeros((len(theta) + 1, len(theta)))
        matrix[:3, :2] = {
            "both": [[1.0, 0.0], [0.0, 1.0], [a, b]],
            "sum": [[a, 1.0 - b], [a, -b], [1.0, 0.0]],
            "share": [[1.0 - a, 1.0 - b], [1.0 - a, -b], [-a, 0.0]],
        }[self.way]
        matrix[3:, 2:] = np.eye(len(theta) - 2)
        return matrix

    def bend(self, theta: FloatArray, gradient: FloatArray) -> FloatArray:
        """Second derivatives of the coefficients, each times its gradient, (p - 1, p - 1)."""
        a, b = self.shares(theta)
        matrix = np.zeros((len(theta), len(theta)))
        if self.way == "both":
            share = np.array([a, b])
            matrix[:2, :2] = gradient[2] * (np.diag(share) - np.outer(share, share))
            return matrix
        alone = gradient[0] + gradient[1]
        along = alone if self.way == "sum" else -(alone + gradient[2])
        matrix[0, 0] = along * a * (1.0 - a)
        matrix[1, 1] = -alone * b * (1.0 - b)
        return matrix

    def moves(self, theta: FloatArray, dc: float, dd: float) -> FloatArray:
        """Give the derivative of all coefficients when c and d change at rates dc and dd, (p,)."""
        moved = np.zeros(len(theta) + 1)
        w = float(np.exp(self.full(theta)[2]))
        if self.way == "both":
            moved[2] = -dd / (self.c * w) - dc / self.c
        elif self.way == "sum":
            moved[:2] = (dc * w + dd) / (self.c * w + self.d)
        else:
            moved[:3] = dd / self.d
            moved[2] -= dc / self.c
        return moved

    def evaluate(self, theta: FloatArray) -> HeldEvaluation:
        """Evaluate the likelihood at free coordinates."""
        beta = self.full(theta)
        inner = self.likelihood.evaluate(beta)
        jacobian = self.jacobian(theta)
        return HeldEvaluation(inner, beta, jacobian, self.bend(theta, inner.score))


@dataclass(frozen=True, eq=False)
class HeldEvaluation:
    """A likelihood on the surface at one point."""

    inner: Evaluation
    beta: FloatArray
    jacobian: FloatArray
    bend: FloatArray

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood."""
        return self.inner.log_likelihood

    @property
    def score(self) -> FloatArray:
        """Score in the free coordinates, (p - 1,)."""
        return self.jacobian.T @ self.inner.score

    @property
    def information(self) -> FloatArray:
        """Minus the second derivative, or its positive part where that is not positive."""
        flat: FloatArray = self.jacobian.T @ self.inner.information @ self.jacobian
        whole = flat - self.bend
        if not np.isfinite(whole).all():
            return whole
        smallest = float(np.linalg.eigvalsh(whole)[0])
        return whole if smallest > 1e-8 * float(np.trace(flat)) else flat

    def half_log_det_gradient(self, inverse: FloatArray) -> FloatArray:
        """Not asked: the penalty of the surface reads the inner evaluation."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class HeldPenalty:
    """A penalty on all coefficients, seen from the surface."""

    penalty: Penalty
    held: Held

    @property
    def concave(self) -> bool:
        """Whether the objective has one peak; the surface is curved, so only as a rule."""
        return self.penalty.concave

    def contribution(self, evaluation: Evaluation, beta: FloatArray) -> Contribution:
        """Give the penalty of the whole point, its gradient along the surface."""
        assert isinstance(evaluation, HeldEvaluation)
        inner = self.penalty.contribution(evaluation.inner, evaluation.beta)
        turn = evaluation.jacobian
        curvature = None
        if inner.curvature is not None:
            curvature = turn.T @ inner.curvature @ turn
        return Contribution(inner.value, turn.T @ inner.gradient, curvature)

    def turned(self, rotation: FloatArray) -> HeldPenalty:
        """Not asked: the surface is not linear."""
        raise NotImplementedError
