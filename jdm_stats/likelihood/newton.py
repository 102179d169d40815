"""The solver: Newton steps, halved until they climb, some coefficients held if asked.

The information is exact for the likelihood; the curvature of a penalty is learnt from the
steps taken (a symmetric rank-one secant), which keeps Firth fits of a handful of events from
bouncing into flat regions and brings them to full precision in few evaluations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jdm_stats.likelihood import cholesky
from jdm_stats.likelihood.fast import compiled_problem
from jdm_stats.likelihood.penalty import Likelihood, Penalty, Point
from jdm_stats.likelihood.points import evaluate_point, point_of
from jdm_stats.likelihood.risk_sets import FloatArray

# A score is small when its largest component, in its own standard errors, is below this.
TOLERANCE = 1e-10
# Accepted when progress has stopped at the limit of double precision.
LOOSE_TOLERANCE = 1e-6
MAX_ITERATIONS = 200
MAX_HALVINGS = 40
# Longest step of one coefficient, in units of the standardised covariates; from a point
# further out than that, its own distance (so that a far maximum is reached by doubling).
MAX_STEP = 2.0


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where a climb ended.

    Parameters
    ----------
    point : Point
    converged : bool
    failure_reason : str
        Empty when converged.
    iterations : int
    """

    point: Point
    converged: bool
    failure_reason: str
    iterations: int


def maximise(
    likelihood: Likelihood,
    penalty: Penalty,
    start: FloatArray | Point,
    *,
    held: tuple[int, ...] = (),
    max_iterations: int = MAX_ITERATIONS,
    tolerance: float = TOLERANCE,
) -> Maximum:
    """Climb a (penalised) log-likelihood from ``start``.

    Parameters
    ----------
    likelihood, penalty
        See `jdm_stats.likelihood.penalty`.
    start : (p,) float array or Point
        First point; a Point is not evaluated again. Coefficients in ``held`` stay where they are.
    held : tuple of int
        Coefficients not moved. The penalty still sees the full information, as in
        coxphf and logistf.
    max_iterations : int
    tolerance : float
        The score counts as zero below this, in its standard errors.

    Returns
    -------
    Maximum
    """
    twin = compiled_problem(likelihood, penalty)
    if twin is not None:
        beta = start.beta if isinstance(start, Point) else start
        climbed = twin.maximise(
            beta, held=held, max_iterations=max_iterations, tolerance=tolerance
        )
        return Maximum(
            point_of(climbed.point),
            climbed.converged,
            climbed.failure_reason,
            climbed.iterations,
        )
    free = np.delete(np.arange(likelihood.n_parameters), list(held))
    point = (
        start
        if isinstance(start, Point)
        else evaluate_point(likelihood, penalty, np.asarray(start, dtype=float))
    )
    if not np.isfinite(point.value):
        return Maximum(point, False, "the objective is not finite at the start", 0)
    curvature = np.zeros((len(free), len(free)))
    for iteration in range(max_iterations):
        size = _standardised_score(point, free)
        if size <= tolerance:
            return Maximum(point, True, "", iteration)
        step = _newton_step(point, free, curvature)
        moved = _climb(likelihood, penalty, point, free, step)
        if moved is None:
            stalled = size <= LOOSE_TOLERANCE
            reason = (
                "" if stalled else f"no ascent at a standardised score of {size:.1e}"
            )
            return Maximum(point, stalled, reason, iteration)
        if not penalty.concave:
            curvature = _learn(curvature, point, moved, free)
        point = moved
    reason = f"no convergence in {max_iterations} iterations"
    return Maximum(point, False, reason, max_iterations)


def _standardised_score(point: Point, free: np.ndarray) -> float:
    """Largest component of the score in units of its standard error."""
    if not len(free):
        return 0.0
    scale = np.sqrt(np.maximum(point.information.diagonal()[free], 1e-16))
    return float((np.abs(point.gradient[free]) / scale).max())


def _newton_step(point: Point, free: np.ndarray, curvature: FloatArray) -> FloatArray:
    """Solve for the step, with the learnt curvature while that is positive definite."""
    every = len(free) == len(point.beta)
    information = point.information if every else point.information[np.ix_(free, free)]
    gradient = point.gradient[free]
    known = (
        (information,)
        if not curvature.any()
        else (information - curvature, information)
    )
    for matrix in known:
        lower = cholesky.factor(matrix)
        if lower is None:
            continue
        step = cholesky.solve(lower, gradient)
        if np.all(np.isfinite(step)) and gradient @ step > 0:
            break
    else:
        ridge = np.max(np.diag(information), initial=0.0) * 1e-8 + 1e-12
        step = np.linalg.lstsq(
            information + ridge * np.eye(len(free)), gradient, rcond=None
        )[0]
    longest = np.abs(step).max(initial=0.0)
    allowed = max(MAX_STEP, float(np.abs(point.beta[free]).max(initial=0.0)))
    return step * (allowed / longest) if longest > allowed else step


def _climb(
    likelihood: Likelihood,
    penalty: Penalty,
    point: Point,
    free: np.ndarray,
    step: FloatArray,
) -> Point | None:
    """Halve the step until the objective rises; None when it cannot.

    Close to the maximum the rise drowns in rounding: there a step counts when the value
    holds to a few units of the last digit and the score shrinks.
    """
    slack = 1e-13 * max(1.0, abs(point.value))
    size = _standardised_score(point, free)
    for _ in range(MAX_HALVINGS):
        beta = point.beta.copy()
        beta[free] += step
        trial = evaluate_point(likelihood, penalty, beta)
        if trial.value > point.value + slack:
            return trial
        held_level = trial.value >= point.value - slack
        if held_level and _standardised_score(trial, free) < size:
            return trial
        step = step / 2.0
    return None


def _learn(
    curvature: FloatArray, before: Point, after: Point, free: np.ndarray
) -> FloatArray:
    """Symmetric rank-one update of the penalty's second derivatives."""
    step = (after.beta - before.beta)[free]
    change = (after.penalty_gradient - before.penalty_gradient)[free]
    error = change - curvature @ step
    along = float(error @ step)
    if abs(along) <= 1e-8 * np.linalg.norm(error) * np.linalg.norm(step):
        return curvature
    return curvature + np.outer(error, error) / along
