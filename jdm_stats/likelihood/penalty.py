"""Penalties on a likelihood, and the penalised objective that the solver climbs.

A likelihood gives ``evaluate(beta)`` with ``log_likelihood``, ``score``, ``information`` and
``half_log_det_gradient(inverse)``; a penalty turns that into a value and a gradient to add.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.special import expit

from jdm_stats.likelihood import cholesky
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

    @property
    def concave(self) -> bool:
        """Whether the penalised objective has one peak only."""

    def contribution(self, evaluation: Evaluation, beta: FloatArray) -> Contribution:
        """Give what to add at ``beta``; a value of -inf where it is not defined."""

    def turned(self, rotation: FloatArray) -> Penalty:
        """Give the same penalty of coefficients ``rotation' beta``."""


@dataclass(frozen=True, eq=False)
class Contribution:
    """What a penalty adds to the objective at one point.

    Parameters
    ----------
    value : float
    gradient : (p,) float array
    curvature : (p, p) float array or None
        Minus the second derivative where it is known; None leaves it to be learnt.
    """

    value: float
    gradient: FloatArray
    curvature: FloatArray | None = None


@dataclass(frozen=True)
class NoPenalty:
    """Plain maximum likelihood."""

    concave = True

    def contribution(self, evaluation: Evaluation, beta: FloatArray) -> Contribution:
        """Zero."""
        return Contribution(0.0, np.zeros_like(evaluation.score))

    def turned(self, rotation: FloatArray) -> NoPenalty:
        """Itself."""
        return self


@dataclass(frozen=True)
class FirthPenalty:
    """Firth's penalty 1/2 log det I(beta), Jeffreys' prior (Firth 1993)."""

    concave = False

    def contribution(self, evaluation: Evaluation, beta: FloatArray) -> Contribution:
        """Half the log determinant of the full information, and its gradient."""
        information = evaluation.information
        lower = cholesky.factor(information)
        if lower is None:
            return Contribution(-np.inf, np.zeros_like(evaluation.score))
        value = float(np.log(lower.diagonal()).sum())
        inverse = cholesky.inverse(lower)
        return Contribution(value, evaluation.half_log_det_gradient(inverse))

    def turned(self, rotation: FloatArray) -> FirthPenalty:
        """Itself: a rotation leaves the determinant as it is."""
        return self


@dataclass(frozen=True, eq=False)
class PriorPenalty:
    """Log densities of priors on coefficients in the caller's units.

    Parameters
    ----------
    rows : (q, p) float array
        Take inner coefficients to those with a prior.
    mean, sd : (q,) float arrays
        Of normal priors; ``sd`` is NaN where the prior is log-F.
    m1, m2 : (q,) float arrays
        Degrees of freedom of log-F priors: density proportional to
        exp(b m1 / 2) / (1 + exp(b))^((m1 + m2) / 2), b the coefficient less ``mean``
        (Greenland and Mansournia 2015); NaN where the prior is normal.
    """

    rows: FloatArray
    mean: FloatArray
    sd: FloatArray
    m1: FloatArray
    m2: FloatArray
    concave = True

    def contribution(self, evaluation: Evaluation, beta: FloatArray) -> Contribution:
        """Log density up to a constant, its gradient and curvature."""
        b = self.rows @ beta - self.mean
        normal = np.isfinite(self.sd)
        total = 0.5 * (self.m1 + self.m2)
        share = expit(b)
        value = np.where(
            normal,
            -0.5 * (b / self.sd) ** 2,
            0.5 * self.m1 * b - total * np.logaddexp(0.0, b),
        )
        slope = np.where(normal, -b / self.sd**2, 0.5 * self.m1 - total * share)
        bend = np.where(normal, 1.0 / self.sd**2, total * share * expit(-b))
        curvature = (self.rows * bend[:, None]).T @ self.rows
        return Contribution(float(value.sum()), self.rows.T @ slope, curvature)

    def turned(self, rotation: FloatArray) -> PriorPenalty:
        """Give the same priors of rotated coefficients."""
        return replace(self, rows=self.rows @ rotation)


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
        Of the part whose curvature is not known; what the solver learns from.
    log_likelihood : float
        Without the penalty.
    information : (p, p) float array
        Of the likelihood, and of the priors where there are any.
    """

    beta: FloatArray
    value: float
    gradient: FloatArray
    penalty_gradient: FloatArray
    log_likelihood: float
    information: FloatArray
