"""The solver of `jdm_stats.likelihood.newton`, compiled: the same rules, step for step.

Newton steps, halved until they climb, some coefficients held if asked. A prior's curvature
is known; that of Firth's penalty is learnt by symmetric rank-one updates.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from jdm_stats.likelihood.compiled.endings import (
    CONVERGED,
    NO_ASCENT,
    NOT_FINITE,
    TOO_LONG,
)
from jdm_stats.likelihood.compiled.jit import exact
from jdm_stats.likelihood.compiled.layout import (
    BETA,
    GRADIENT,
    PENALTY,
    VALUE,
    Point,
    Problem,
    Scratch,
    copy_point,
    make_point,
)
from jdm_stats.likelihood.compiled.objective import ALL, REST, SLOPE
from jdm_stats.likelihood.compiled.triangular import factorise, solve_factorised
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

# Evaluates a problem, with scratch memory, at a point: value, all, or the rest.
Evaluate = Callable[[Problem, Scratch, Point, int], None]

TOLERANCE = 1e-10
LOOSE_TOLERANCE = 1e-6
MAX_HALVINGS = 40
MAX_STEP = 2.0


@exact
def climb(
    evaluate: Evaluate,
    problem: Problem,
    scratch: Scratch,
    point: Point,
    held: NDArray[np.bool_],
    evaluated: bool,
    max_iterations: int,
    tolerance: float,
) -> tuple[int, int]:
    """Climb the objective from ``point.beta``; leaves the end in ``point``.

    Parameters
    ----------
    evaluate : callable
        From `jdm_stats.likelihood.compiled.pointer`.
    problem, scratch, point
        See `jdm_stats.likelihood.compiled.layout`.
    held : (p,) bool array
        Coefficients not moved; the penalty still sees the full information.
    evaluated : bool
        Whether ``point`` is evaluated already.
    max_iterations : int
    tolerance : float
        The score counts as zero below this, in its standard errors.

    Returns
    -------
    status, iterations : int
    """
    p = point.vectors.shape[1]
    free = _free(held)
    if not evaluated:
        evaluate(problem, scratch, point, ALL)
    if not point.numbers[VALUE] > -np.inf:
        return NOT_FINITE, 0
    trial = make_point(p)
    curvature = np.zeros((len(free), len(free)))
    step = np.empty(len(free))
    for iteration in range(max_iterations):
        size = standardised_score(point, free)
        if size <= tolerance:
            return CONVERGED, iteration
        _newton_step(problem, point, free, curvature, step)
        if not _move(evaluate, problem, scratch, point, trial, free, step, size):
            return (CONVERGED if size <= LOOSE_TOLERANCE else NO_ASCENT), iteration
        if problem.firth == 1:
            _learn(curvature, point, trial, free)
        copy_point(trial, point)
    return TOO_LONG, max_iterations


@exact
def _free(held: NDArray[np.bool_]) -> IntArray:
    """Places of the coefficients that move."""
    free = np.empty(len(held), dtype=np.int64)
    n = 0
    for j in range(len(held)):
        if not held[j]:
            free[n] = j
            n += 1
    return free[:n]


@exact
def standardised_score(point: Point, free: IntArray) -> float:
    """Largest component of the score in units of its standard error."""
    size = 0.0
    for j in free:
        scale = np.sqrt(max(point.information[j, j], 1e-300))
        component = abs(point.vectors[GRADIENT, j]) / max(scale, 1e-8)
        if not component <= size:
            size = component
    return size


@exact
def _newton_step(
    problem: Problem,
    point: Point,
    free: IntArray,
    curvature: FloatArray,
    step: FloatArray,
) -> None:
    """Solve for the step, with the learnt curvature while that is positive definite.

    Failing both, a ridge is added until the information can be inverted.
    """
    n = len(free)
    matrix, lower = np.empty((n, n)), np.empty((n, n))
    ridge = 1e-12
    for a in range(n):
        ridge = max(ridge, 1e-8 * point.information[free[a], free[a]])
    learnt = problem.firth == 1 and _solve(
        point, free, curvature, 1.0, 0.0, matrix, lower, step
    )
    if not learnt and not _solve(point, free, curvature, 0.0, 0.0, matrix, lower, step):
        while ridge < np.inf and not _solve(
            point, free, curvature, 0.0, ridge, matrix, lower, step
        ):
            ridge *= 100.0
    longest, allowed = 0.0, MAX_STEP
    for a in range(n):
        longest = max(longest, abs(step[a]))
        allowed = max(allowed, abs(point.vectors[BETA, free[a]]))
    if longest > allowed:
        for a in range(n):
            step[a] *= allowed / longest


@exact
def _solve(
    point: Point,
    free: IntArray,
    curvature: FloatArray,
    learnt: float,
    ridge: float,
    matrix: FloatArray,
    lower: FloatArray,
    step: FloatArray,
) -> bool:
    """Solve for one candidate step; False when it does not lead upward."""
    n = len(free)
    for a in range(n):
        for b in range(n):
            matrix[a, b] = (
                point.information[free[a], free[b]] - learnt * curvature[a, b]
            )
        matrix[a, a] += ridge
        step[a] = point.vectors[GRADIENT, free[a]]
    if not factorise(matrix, n, lower):
        return False
    solve_factorised(lower, n, step)
    along = 0.0
    for a in range(n):
        along += step[a] * point.vectors[GRADIENT, free[a]]
    return along > 0.0 and along < np.inf


@exact
def _move(
    evaluate: Evaluate,
    problem: Problem,
    scratch: Scratch,
    point: Point,
    trial: Point,
    free: IntArray,
    step: FloatArray,
    size: float,
) -> bool:
    """Halve the step until the objective rises; False when it cannot.

    Close to the maximum the rise drowns in rounding: there a step counts when the value
    holds to a few units of the last digit and the score shrinks.
    """
    value = point.numbers[VALUE]
    slack = 1e-13 * max(1.0, abs(value))
    for _ in range(MAX_HALVINGS):
        for j in range(trial.vectors.shape[1]):
            trial.vectors[BETA, j] = point.vectors[BETA, j]
        for a in range(len(free)):
            trial.vectors[BETA, free[a]] += step[a]
        evaluate(problem, scratch, trial, SLOPE)
        if trial.numbers[VALUE] >= value - slack:
            evaluate(problem, scratch, trial, REST)
            if trial.numbers[VALUE] > value + slack:
                return True
            held_level = trial.numbers[VALUE] >= value - slack
            if held_level and standardised_score(trial, free) < size:
                return True
        for a in range(len(free)):
            step[a] *= 0.5
    return False


@exact
def _learn(curvature: FloatArray, before: Point, after: Point, free: IntArray) -> None:
    """Symmetric rank-one update of the second derivatives of Firth's penalty."""
    n = len(free)
    step, error = np.empty(n), np.empty(n)
    for a in range(n):
        j = free[a]
        step[a] = after.vectors[BETA, j] - before.vectors[BETA, j]
    along, error_size, step_size = 0.0, 0.0, 0.0
    for a in range(n):
        j = free[a]
        change = after.vectors[PENALTY, j] - before.vectors[PENALTY, j]
        for b in range(n):
            change -= curvature[a, b] * step[b]
        error[a] = change
        along += change * step[a]
        error_size += change * change
        step_size += step[a] * step[a]
    if abs(along) <= 1e-8 * np.sqrt(error_size) * np.sqrt(step_size):
        return
    for a in range(n):
        for b in range(n):
            curvature[a, b] += error[a] * error[b] / along
