"""One problem at a time: arrays in, frozen results out.

Arguments are brought to the one layout that the kernels are compiled for. Whoever comes here
has asked `jdm_stats.likelihood.compiled.gate` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from jdm_stats.likelihood.compiled import layout
from jdm_stats.likelihood.compiled.arrays import columns, flags, matrix, places, vector
from jdm_stats.likelihood.compiled.certificate import certificate
from jdm_stats.likelihood.compiled.climb import (
    TOLERANCE,
    climb,
)
from jdm_stats.likelihood.compiled.endings import CONVERGED, MAX_ITERATIONS, REASONS
from jdm_stats.likelihood.compiled.objective import ALL, SLOPE, evaluate
from jdm_stats.likelihood.compiled.pointer import objective
from jdm_stats.likelihood.compiled.prepare import prepare
from jdm_stats.likelihood.compiled.profile import profile_all
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

Q95 = 1.959963984540054


@dataclass(frozen=True, eq=False)
class Evaluated:
    """The penalised objective at one point, in scaled covariates.

    Parameters
    ----------
    beta, gradient, penalty_gradient : (p,) float arrays
        The score is ``gradient - penalty_gradient``.
    information : (p, p) float array
        Of the likelihood, and of the priors; NaN when only value and gradient were asked for.
    value, log_likelihood : float
        With, and without, the penalty.
    """

    beta: FloatArray
    gradient: FloatArray
    penalty_gradient: FloatArray
    information: FloatArray
    value: float
    log_likelihood: float

    @property
    def score(self) -> FloatArray:
        """Gradient of the log-likelihood without the penalty, (p,)."""
        return self.gradient - self.penalty_gradient


@dataclass(frozen=True, eq=False)
class Climbed:
    """Where a climb ended.

    Parameters
    ----------
    point : Evaluated
    converged : bool
    failure_reason : str
        Empty when converged.
    iterations : int
    certificate : float
        Below 1, a finite maximum of the plain likelihood is proven; inf with priors.
    """

    point: Evaluated
    converged: bool
    failure_reason: str
    iterations: int
    certificate: float


@dataclass(frozen=True, eq=False)
class Profiled:
    """Profile limits and likelihood-ratio statistics, in scaled covariates.

    Parameters
    ----------
    lower, upper : (p,) float arrays
        +-inf where the profile never falls far enough; NaN where not found.
    lower_status, upper_status : (p,) int arrays
        FOUND, INFINITE, FAILED or HIGHER of `jdm_stats.likelihood.compiled.profile`. HIGHER:
        a higher point or a second branch was met; the NumPy path decides.
    statistics : (p,) float array
        Twice the fall of the objective with the coefficient held at zero.
    """

    lower: FloatArray
    upper: FloatArray
    lower_status: IntArray
    upper_status: IntArray
    statistics: FloatArray


@dataclass(frozen=True, eq=False)
class CompiledProblem:
    """A likelihood and its penalty, laid out for the kernels; made by `cox` or `logistic`.

    One problem is not to be used from two threads at once: it owns its scratch memory.
    """

    problem: layout.Problem
    scratch: layout.Scratch

    @property
    def n_parameters(self) -> int:
        """Number of coefficients, p."""
        return int(self.problem.x.shape[1])

    def evaluate(self, beta: ArrayLike, *, information: bool = True) -> Evaluated:
        """Value, gradient and information at ``beta``, shape (p,).

        Without ``information``, and without Firth's penalty, half the work.
        """
        point = self._point(beta)
        if information:
            evaluate(self.problem, self.scratch, point, ALL)
        else:
            evaluate(self.problem, self.scratch, point, SLOPE)
            point.information[:] = np.nan
        return _evaluated(point)

    def maximise(
        self,
        start: ArrayLike | None = None,
        *,
        held: tuple[int, ...] = (),
        max_iterations: int = MAX_ITERATIONS,
        tolerance: float = TOLERANCE,
    ) -> Climbed:
        """Climb from ``start``, or from zero; see `jdm_stats.likelihood.newton.maximise`."""
        point = self._point(np.zeros(self.n_parameters) if start is None else start)
        fixed = np.zeros(self.n_parameters, dtype=np.bool_)
        fixed[list(held)] = True
        status, iterations = climb(
            objective(),
            self.problem,
            self.scratch,
            point,
            fixed,
            False,
            max_iterations,
            tolerance,
        )
        return Climbed(
            _evaluated(point),
            status == CONVERGED,
            REASONS[status],
            int(iterations),
            self._certificate(point),
        )

    def profile(
        self, best: Evaluated, quantile: float = Q95, *, skip: int = 0
    ) -> Profiled:
        """Limits and likelihood-ratio statistics of all coefficients but the first ``skip``.

        Parameters
        ----------
        best : Evaluated
            The (penalised) maximum.
        quantile : float
            Of the normal distribution, 1.96 for 95%.
        skip : int

        Returns
        -------
        Profiled
        """
        p = self.n_parameters
        point = self._point(best.beta)
        point.vectors[layout.GRADIENT] = best.gradient
        point.vectors[layout.PENALTY] = best.penalty_gradient
        point.information[:] = best.information
        point.numbers[:] = best.value, best.log_likelihood
        limits, statistics = np.empty((2, p)), np.empty(p)
        status = np.empty((2, p), dtype=np.int64)
        profile_all(
            *(objective(), self.problem, self.scratch, point, float(quantile), skip),
            *(limits, status, statistics),
        )
        return Profiled(limits[0], limits[1], status[0], status[1], statistics)

    def _certificate(self, point: layout.Point) -> float:
        """Prove nothing of the plain likelihood from the information of a prior."""
        if self.problem.columns[layout.PRIOR].any():
            return float("inf")
        return float(certificate(self.problem, point))

    def _point(self, beta: ArrayLike) -> layout.Point:
        point = layout.make_point(self.n_parameters)
        point.vectors[layout.BETA] = beta
        return point


def _evaluated(point: layout.Point) -> Evaluated:
    vectors, numbers = point.vectors, point.numbers
    return Evaluated(
        beta=vectors[layout.BETA].copy(),
        gradient=vectors[layout.GRADIENT].copy(),
        penalty_gradient=vectors[layout.PENALTY].copy(),
        information=point.information.copy(),
        value=float(numbers[layout.VALUE]),
        log_likelihood=float(numbers[layout.LOG_LIKELIHOOD]),
    )


def cox(
    covariates: ArrayLike,
    lo: ArrayLike,
    hi: ArrayLike,
    death_rows: ArrayLike,
    death_time: ArrayLike,
    n_times: int,
    *,
    ties: Literal["efron", "breslow"] = "efron",
    firth: bool = False,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    priors: ArrayLike | None = None,
) -> CompiledProblem:
    """Lay out a Cox problem, as `jdm_stats.likelihood.partial.PartialLikelihood`.

    Parameters
    ----------
    covariates : (m, p) array
        Kept rows, centred and scaled.
    lo, hi : (m,) int arrays
        Row i is at risk at event times lo <= k < hi, numbered stratum by stratum.
    death_rows, death_time : (d,) int arrays
        Rows that end in the event and the number of their event time, in any order.
    n_times : int
    ties, firth
    weights, offset : (m,) arrays, optional
    priors : (5, p) array, optional
        Kind (0 none, 1 normal, 2 log-F), mean, standard deviation or m1, m2, scale: a prior
        is on coefficient / scale less mean. None goes with Firth's penalty.

    Returns
    -------
    CompiledProblem
    """
    x = matrix(covariates)
    spans = np.array([lo, hi, hi], dtype=np.int64)
    problem = layout.cox_layout(
        x,
        spans,
        places(death_rows),
        places(death_time),
        int(n_times),
        vector(weights, len(x), "weights"),
        vector(offset, len(x), "offset"),
        int(ties == "efron"),
        int(firth),
        columns(priors, x.shape[1]),
    )
    return CompiledProblem(problem, layout.make_scratch(problem))


def logistic(
    covariates: ArrayLike,
    outcome: ArrayLike,
    *,
    firth: bool = False,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    priors: ArrayLike | None = None,
) -> CompiledProblem:
    """Lay out a logistic problem, as `jdm_stats.likelihood.logistic.LogisticLikelihood`.

    Parameters
    ----------
    covariates : (n, p) array
        The design, its intercept first.
    outcome : (n,) array
        0 or 1.
    firth, weights, offset, priors
        As for `cox`.

    Returns
    -------
    CompiledProblem
    """
    x = matrix(covariates)
    problem = layout.logistic_layout(
        x,
        vector(outcome, len(x), "outcome"),
        vector(weights, len(x), "weights"),
        vector(offset, len(x), "offset"),
        int(firth),
        columns(priors, x.shape[1]),
    )
    return CompiledProblem(problem, layout.make_scratch(problem))


@dataclass(frozen=True, eq=False)
class Prepared:
    """Numbered event times and who sees them; fields as `prepare` gives them."""

    times: FloatArray
    stratum_first: IntArray
    kept: IntArray
    lo: IntArray
    hi: IntArray
    death_rows: IntArray
    death_time: IntArray


def prepare_rows(
    start: ArrayLike,
    stop: ArrayLike,
    event: ArrayLike,
    stratum: ArrayLike | None = None,
) -> Prepared:
    """Give numbers to the event times, and to each row the run of them that it sees.

    Parameters
    ----------
    start, stop : (n,) arrays
        Rows at risk in (start, stop].
    event : (n,) bool array
    stratum : (n,) int array, optional
        Codes from 0.

    Returns
    -------
    Prepared
        ``times`` ascend within each stratum.
    """
    n = len(np.asarray(start))
    codes = np.empty(0, dtype=np.int64) if stratum is None else places(stratum)
    n_strata = int(codes.max(initial=0)) + 1
    if n_strata == 1:
        codes = codes[:0]
    times, first, kept, spans, rows, when = prepare(
        *(vector(start, n, "start"), vector(stop, n, "stop"), flags(event, n)),
        *(codes, n_strata),
    )
    return Prepared(times, first, kept, spans[0], spans[1], rows, when)
