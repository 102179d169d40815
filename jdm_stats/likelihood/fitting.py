"""Likelihood, penalty and solver joined: one fit, its inference, in the caller's units.

Covariates are centred and scaled to unit spread inside (`problems`), so that steps and
tolerances mean the same in every problem. A partial likelihood never sees the constant that
centring takes away; in a logistic model it is paid back to the intercept, which makes the
caller's intercept a combination of the inner coefficients: its limits and tests turn the
problem (`turned`) until that combination is a coefficient of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from jdm_stats.likelihood import cholesky
from jdm_stats.likelihood.conditional import ConditionalLikelihood
from jdm_stats.likelihood.fast import compiled_problem
from jdm_stats.likelihood.logistic import LogisticLikelihood
from jdm_stats.likelihood.newton import Maximum, maximise
from jdm_stats.likelihood.partial import PartialLikelihood
from jdm_stats.likelihood.peaks import higher_start
from jdm_stats.likelihood.penalty import (
    FirthPenalty,
    Likelihood,
    NoPenalty,
    Penalty,
    Point,
)
from jdm_stats.likelihood.points import evaluate_point
from jdm_stats.likelihood.profile import (
    Q95,
    Limit,
    RatioTest,
    likelihood_ratio_test,
    many_events,
    profile_limits,
)
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.likelihood.separation import (
    Separation,
    cox_separation,
    finite_maximum,
    logistic_separation,
)

if TYPE_CHECKING:
    from jdm_stats.likelihood.compiled.single import Profiled

# Peaks of a penalised likelihood tried one after another.
MAX_RESTARTS = 5
# Steps of a plain climb before it is asked whether there is a maximum to climb to.
FIRST_CLIMB = 6


@dataclass(frozen=True, eq=False)
class Problem:
    """A likelihood in scaled covariates, with the scale to come back.

    Parameters
    ----------
    likelihood : Likelihood
    scale : (p,) float array
        Caller's coefficient = scaled coefficient / scale.
    penalty : Penalty
        Of the scaled coefficients.
    location : (p,) float array, optional
        What was taken from each column of a logistic problem; 0 for its intercept, the
        first. None when no coefficient depends on it.
    centre : (p,) float array, optional
        What was taken from each column of a Cox problem.
    """

    likelihood: Likelihood
    scale: FloatArray
    penalty: Penalty = field(default_factory=NoPenalty)
    location: FloatArray | None = None
    centre: FloatArray | None = None

    @property
    def firth(self) -> bool:
        """Whether the penalty is Firth's."""
        return isinstance(self.penalty, FirthPenalty)

    @property
    def plain(self) -> bool:
        """Whether there is no penalty."""
        return isinstance(self.penalty, NoPenalty)

    @property
    def logistic(self) -> bool:
        """Whether the first coefficient is an intercept."""
        return self.location is not None

    @cached_property
    def zero(self) -> Point:
        """The objective with every inner coefficient at zero."""
        zeros = np.zeros(self.likelihood.n_parameters)
        return evaluate_point(self.likelihood, self.penalty, zeros)

    @cached_property
    def null_value(self) -> float:
        """Maximum of the (penalised) log-likelihood with every covariate at zero.

        For a logistic likelihood that is the restriction of all but the first column.
        """
        if not self.logistic:
            return self.zero.value + self.scaling
        p = self.likelihood.n_parameters
        held = tuple(range(1, p))
        found = maximise(self.likelihood, self.penalty, np.zeros(p), held=held)
        return found.point.value + self.scaling

    @cached_property
    def back(self) -> FloatArray:
        """Matrix (p, p) that takes inner coefficients to the caller's."""
        matrix = np.diag(1.0 / self.scale)
        if self.location is not None:
            matrix[0] -= self.location / self.scale
        return matrix

    @property
    def scaling(self) -> float:
        """What scaling adds to a penalised log-likelihood in the caller's units."""
        return float(np.log(self.scale).sum()) if self.firth else 0.0

    def solve(self, start: FloatArray | None = None) -> Solution:
        """Fit the problem, from inner coefficients ``start`` or from zero."""
        first = self.zero if start is None else self._at(start)
        found = maximise(self.likelihood, self.penalty, first)
        return Solution(self, found, _inverse(found.point.information))

    def _at(self, beta: FloatArray) -> Point:
        return evaluate_point(self.likelihood, self.penalty, beta)

    def gated(
        self, start: FloatArray | None = None, *, directions: bool = True
    ) -> tuple[Solution | None, Separation]:
        """Fit a plain problem whose maximum exists; no solution where none does.

        A first climb is short. When its end does not prove that there is a maximum, the
        separation programme says so or not, and only then is the climb taken up again.

        Parameters
        ----------
        start : (p,) float array, optional
            Inner coefficients to climb from; default zero.
        directions : bool, default True
            Find which coefficients diverge.
        """
        first = self.zero if start is None else self._at(start)
        if not np.isfinite(first.value):
            first = self.zero
        found = maximise(
            self.likelihood, self.penalty, first, max_iterations=FIRST_CLIMB
        )
        none = Separation(False, np.zeros(len(first.beta), dtype=np.intp))
        if not self._proven(found):
            separation = separation_of(self, directions=directions)
            if separation.separated:
                return None, separation
        if not found.converged:
            found = maximise(self.likelihood, self.penalty, found.point)
        return Solution(self, found, _inverse(found.point.information)), none

    def _proven(self, found: Maximum) -> bool:
        point = found.point
        x = getattr(self.likelihood, "covariates", None)
        if x is None or not np.isfinite(point.value):
            return False
        likelihood = self.likelihood
        spread = getattr(likelihood, "spread", 1.0 if self.logistic else 2.0)
        weight = float(len(x))
        if isinstance(likelihood, PartialLikelihood):
            weight = likelihood.events
        elif isinstance(likelihood, LogisticLikelihood):
            heavy = likelihood.weights
            weight = float(len(x) if heavy is None else heavy.sum())
        return finite_maximum(
            x, point.gradient, point.information, spread=spread, weight=weight
        )


@dataclass(frozen=True, eq=False)
class Solution:
    """A fitted problem; every figure in the caller's units.

    Parameters
    ----------
    problem : Problem
    maximum : Maximum
    scaled_covariance : (p, p) float array
        Inverse information in scaled covariates; NaN when it is singular.
    """

    problem: Problem
    maximum: Maximum
    scaled_covariance: FloatArray

    @property
    def coefficients(self) -> FloatArray:
        """Estimates, shape (p,)."""
        return self.problem.back @ self.maximum.point.beta

    @property
    def covariance(self) -> FloatArray:
        """Inverse of the information of the likelihood at the estimate, (p, p)."""
        return self.problem.back @ self.scaled_covariance @ self.problem.back.T

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the estimate, without the penalty."""
        return self.maximum.point.log_likelihood

    @property
    def penalised_log_likelihood(self) -> float:
        """Log-likelihood with the penalty, in the caller's units."""
        return self.maximum.point.value + self.problem.scaling

    @cached_property
    def limits_95(self) -> tuple[tuple[Limit, Limit], ...]:
        """Profile limits of every coefficient at 95%."""
        found: list[tuple[Limit, Limit]] = []
        for k in range(len(self.coefficients)):
            quick = None if self._profiled is None else self._quick_limits(k)
            found.append(quick or self._limits(k, 0.95))
        return tuple(found)

    @cached_property
    def _profiled(self) -> Profiled | None:
        """Every limit and test at once, where the compiled path serves the problem."""
        problem = self.problem
        twin = compiled_problem(problem.likelihood, problem.penalty)
        if twin is None:
            return None
        point = twin.evaluate(self.maximum.point.beta)
        return twin.profile(point, Q95, skip=int(problem.logistic))

    def _quick_limits(self, index: int) -> tuple[Limit, Limit] | None:
        """Limits as the compiled path found them; None when it left the choice open."""
        profiled = self._profiled
        if profiled is None or (self.problem.logistic and index == 0):
            return None
        settled = max(profiled.lower_status[index], profiled.upper_status[index]) <= 1
        if not settled:
            return None
        unit = float(1.0 / self.problem.scale[index])
        lower, upper = float(profiled.lower[index]), float(profiled.upper[index])
        return Limit(lower * unit, True, ""), Limit(upper * unit, True, "")

    def highest(self) -> Solution:
        """Climb on from any higher point that a coarse look or the profiles at 95% meet.

        A penalised likelihood may have several peaks when events are few and a covariate
        is very skewed; the peak reached from zero need not be the highest. From ten events
        per parameter on the penalty is too small a part for that.
        """
        found = self
        one_peak = self.problem.penalty.concave or many_events(self.problem.likelihood)
        for _ in range(0 if one_peak else MAX_RESTARTS):
            higher = found._higher()
            if higher is None:
                break
            again = found.problem.solve(higher)
            if not again.maximum.converged:
                break
            found = again
        return found

    def _higher(self) -> FloatArray | None:
        """Inner coefficients at which the objective is higher than here, if any is met."""
        start = higher_start(
            self.problem.likelihood,
            self.problem.penalty,
            self.maximum.point,
            np.sqrt(np.diag(self.scaled_covariance)),
        )
        if start is not None:
            return start
        ends = (end for pair in self.limits_95 for end in pair)
        return next((end.higher for end in ends if end.higher is not None), None)

    def limits(self, index: int, conf_level: float) -> tuple[Limit, Limit]:
        """Profile limits of one coefficient."""
        if conf_level == 0.95:
            return self.limits_95[index]
        return self._limits(index, conf_level, self.limits_95[index])

    def _limits(
        self, index: int, conf_level: float, known: tuple[Limit, Limit] | None = None
    ) -> tuple[Limit, Limit]:
        likelihood, penalty, best, lengths = self.turned((index,))
        at = index if lengths is None else 0
        unit = 1.0 / self.problem.scale[index] if lengths is None else lengths[0]
        std_error = float(np.sqrt(self.covariance[index, index]) / unit)
        lower, upper = profile_limits(
            likelihood, penalty, best, at, std_error, conf_level, known
        )
        return tuple(  # type: ignore[return-value]
            replace(
                end,
                value=end.value * float(unit),
                higher=end.higher if lengths is None else None,
            )
            for end in (lower, upper)
        )

    def test(self, indices: tuple[int, ...]) -> RatioTest:
        """(Penalised) likelihood-ratio test that the coefficients are all zero."""
        intercept = self.problem.logistic and 0 in indices
        if len(indices) == 1 and self._profiled is not None and not intercept:
            statistic = float(self._profiled.statistics[indices[0]])
            if np.isfinite(statistic):
                return RatioTest.of(statistic, 1)
        likelihood, penalty, best, lengths = self.turned(indices)
        held = indices if lengths is None else tuple(range(len(indices)))
        return likelihood_ratio_test(likelihood, penalty, best, held)

    def turned(
        self, indices: tuple[int, ...]
    ) -> tuple[Likelihood, Penalty, Point, FloatArray | None]:
        """Turn the inner coefficients until the caller's ``indices`` come first.

        A rotation, so that the problem is as well conditioned as before and its penalty the
        same. Only an intercept calls for one; else the inner problem is handed out as it is.

        Returns
        -------
        likelihood, penalty
            Of the turned coefficients.
        point : Point
            The maximum, turned.
        lengths : (k,) float array or None
            Takes the first k turned coefficients to the caller's units; None when nothing
            was turned: ``indices`` are places of inner coefficients.
        """
        likelihood, best = self.problem.likelihood, self.maximum.point
        penalty = self.problem.penalty
        if (
            self.problem.location is None
            or 0 not in indices
            or not isinstance(likelihood, LogisticLikelihood)
        ):
            return likelihood, penalty, best, None
        rotation, lengths = np.linalg.qr(
            self.problem.back[list(indices)].T, mode="complete"
        )
        signs = np.ones(len(rotation))
        signs[: len(indices)] = np.where(np.diag(lengths) < 0, -1.0, 1.0)
        rotation = rotation * signs
        turned = replace(likelihood, covariates=likelihood.covariates @ rotation)
        penalty = penalty.turned(rotation)
        point = evaluate_point(turned, penalty, rotation.T @ best.beta)
        return turned, penalty, point, np.abs(np.diag(lengths))


def separation_of(problem: Problem, *, directions: bool = True) -> Separation:
    """Test a problem for monotone likelihood."""
    likelihood = problem.likelihood
    if isinstance(likelihood, PartialLikelihood):
        return cox_separation(
            likelihood.covariates, likelihood.risk_sets, directions=directions
        )
    if isinstance(likelihood, LogisticLikelihood):
        return logistic_separation(
            likelihood.covariates,
            likelihood.outcome,
            problem.back,
            directions=directions,
        )
    if isinstance(likelihood, ConditionalLikelihood):
        return likelihood.separation(directions=directions)
    raise TypeError(f"no separation test for {type(likelihood).__name__}")


def _inverse(information: FloatArray) -> FloatArray:
    lower = cholesky.factor(information)
    if lower is None:
        return np.full_like(information, np.nan)
    return cholesky.inverse(lower)
