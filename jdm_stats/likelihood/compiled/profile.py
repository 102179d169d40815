"""Profile limits and likelihood-ratio statistics, as `jdm_stats.likelihood.profile` finds them.

The search is the same: safeguarded Newton steps on the signed root, warm from the point
before. Where Firth's penalty shows a higher peak or a second branch of the profile, the search
stops and says so; the NumPy path, which can choose among peaks, then decides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jdm_stats.likelihood.compiled.climb import (
    TOLERANCE,
    Evaluate,
    climb,
)
from jdm_stats.likelihood.compiled.endings import CONVERGED, MAX_ITERATIONS
from jdm_stats.likelihood.compiled.jit import exact
from jdm_stats.likelihood.compiled.layout import (
    BETA,
    COX,
    GRADIENT,
    VALUE,
    Point,
    Problem,
    Scratch,
    copy_point,
    make_point,
)
from jdm_stats.likelihood.compiled.triangular import factorise, solve_factorised
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

# How the search for a limit ended.
FOUND, INFINITE, FAILED, HIGHER = 0, 1, 2, 3

MAX_STEPS = 60
PATIENCE = 3
ROOT_TOLERANCE = 1e-9
LOOSE_ROOT = 1e-4
HIGHER_BY = 1e-6
APART = 3.0
MANY_EVENTS = 10.0
FARTHEST = 400.0
FARTHEST_WIDTHS = 100.0
FLAT = 1e-6
UNBOUNDED = 1e12
TRIAL_TOLERANCE = 0.03
TRIAL_ITERATIONS = 50


@exact
def profile_all(
    evaluate: Evaluate,
    problem: Problem,
    scratch: Scratch,
    best: Point,
    quantile: float,
    skip: int,
    limits: FloatArray,
    status: IntArray,
    statistics: FloatArray,
) -> None:
    """Limits and likelihood-ratio statistics of every coefficient.

    Parameters
    ----------
    evaluate : callable
        From `jdm_stats.likelihood.compiled.pointer`.
    problem, scratch
        See `jdm_stats.likelihood.compiled.layout`.
    best : Point
        The (penalised) maximum.
    quantile : float
        Of the normal distribution, 1.96 for 95%.
    skip : int
        Coefficients to leave out, from the first.
    limits : (2, p) float array
        Receives lower and upper limits: NaN where not found, +-inf where infinite.
    status : (2, p) int array
        Receives FOUND, INFINITE, FAILED or HIGHER.
    statistics : (p,) float array
        Receives twice the fall of the objective with the coefficient held at zero; NaN
        where that failed.
    """
    p = best.vectors.shape[1]
    held = np.zeros(p, dtype=np.bool_)
    warm, point = make_point(p), make_point(p)
    starts = np.empty((5, p))
    for j in range(p):
        for side in range(2):
            limits[side, j] = np.nan
            status[side, j] = FAILED
        statistics[j] = np.nan
        if j < skip:
            continue
        held[j] = True
        std_error = standard_error(best, j)
        for k in range(p):
            starts[4, k] = best.vectors[BETA, k]
        for side in range(2):
            sign = 2.0 * side - 1.0
            copy_point(best, warm)
            distance, end = _search(
                evaluate,
                problem,
                scratch,
                best,
                warm,
                point,
                held,
                starts,
                j,
                sign,
                quantile,
                std_error,
            )
            status[side, j] = end
            if end == FOUND:
                limits[side, j] = best.vectors[BETA, j] + sign * distance
                for k in range(p):
                    starts[4, k] = point.vectors[BETA, k]
            elif end == INFINITE:
                limits[side, j] = sign * np.inf
        statistics[j] = _ratio_statistic(
            evaluate, problem, scratch, best, point, warm, held, j
        )
        held[j] = False


@exact
def standard_error(best: Point, index: int) -> float:
    """Wald standard error, for the first guess."""
    p = best.vectors.shape[1]
    lower, column = np.empty((p, p)), np.zeros(p)
    if not factorise(best.information, p, lower):
        return np.inf
    column[index] = 1.0
    solve_factorised(lower, p, column)
    return np.sqrt(column[index])


@exact
def _search(  # noqa: C901
    evaluate: Evaluate,
    problem: Problem,
    scratch: Scratch,
    best: Point,
    warm: Point,
    point: Point,
    held: NDArray[np.bool_],
    starts: FloatArray,
    index: int,
    side: float,
    quantile: float,
    std_error: float,
) -> tuple[float, int]:
    """Find one limit: its distance from the estimate, and how the search ended."""
    step = quantile * std_error if std_error < np.inf else 1.0
    step = max(step, 1e-6)
    inside, outside, width, waited = 0.0, np.inf, np.inf, 0
    distance = step
    for _ in range(MAX_STEPS):
        if not _constrained(
            evaluate, problem, scratch, best, warm, point, held, index, side * distance
        ):
            if distance - inside < 1e-6:
                return np.nan, FAILED
            outside = distance
            distance = 0.5 * (inside + distance)
            continue
        fall = best.numbers[VALUE] - point.numbers[VALUE]
        if fall < -HIGHER_BY:
            return np.nan, HIGHER
        root = np.sqrt(max(2.0 * fall, 0.0))
        downhill = -side * point.vectors[GRADIENT, index]
        done = abs(root - quantile) <= ROOT_TOLERANCE
        if not done:
            if root < quantile:
                inside = distance
            else:
                outside = distance
            done = outside - inside <= 1e-12 * max(1.0, distance)
        if done:
            return distance, _settle(
                evaluate,
                problem,
                scratch,
                best,
                warm,
                point,
                held,
                starts,
                root,
                quantile,
            )
        copy_point(point, warm)
        if _is_flat(outside, distance, downhill, step):
            return np.inf, INFINITE
        slope = downhill / root if root > 0.0 else 0.0
        proposal = distance + (quantile - root) / slope if slope > 0.0 else np.inf
        if outside == np.inf:
            distance = min(max(proposal, 1.05 * distance), 4.0 * distance + 1e-3)
            continue
        if outside - inside <= 0.5 * width:
            width, waited = outside - inside, 0
        waited += 1
        if inside < proposal < outside and waited <= PATIENCE:
            distance = proposal
        else:
            waited = 0
            distance = 0.5 * (inside + outside)
    return np.nan, FAILED


@exact
def _is_flat(outside: float, distance: float, downhill: float, step: float) -> bool:
    """Whether the profile is so far out, and so flat, that it never falls enough."""
    if outside < np.inf or distance <= FARTHEST:
        return False
    flat = abs(downhill) * distance <= FLAT
    far = distance > FARTHEST_WIDTHS * step
    return (flat and far) or distance > UNBOUNDED * max(step, 1.0)


@exact
def _constrained(
    evaluate: Evaluate,
    problem: Problem,
    scratch: Scratch,
    best: Point,
    warm: Point,
    point: Point,
    held: NDArray[np.bool_],
    index: int,
    along: float,
) -> bool:
    """Maximise the others, from where the ridge should be; failing that, from nearby."""
    p = len(held)
    value = best.vectors[BETA, index] + along
    for attempt in range(3):
        if attempt < 2:
            for k in range(p):
                point.vectors[BETA, k] = warm.vectors[BETA, k]
        else:
            for k in range(p):
                point.vectors[BETA, k] = best.vectors[BETA, k]
        if attempt == 0:
            follow_ridge(warm, point, index, value - warm.vectors[BETA, index])
        point.vectors[BETA, index] = value
        status, _ = climb(
            evaluate, problem, scratch, point, held, False, MAX_ITERATIONS, TOLERANCE
        )
        if status == CONVERGED:
            return True
    return False


@exact
def follow_ridge(warm: Point, point: Point, index: int, move: float) -> None:
    """Let the others follow the ridge of the likelihood as one coefficient moves."""
    p = warm.vectors.shape[1]
    inner, lower, follow = np.empty((p, p)), np.empty((p, p)), np.empty(p)
    n = 0
    for a in range(p):
        if a == index:
            continue
        follow[n] = warm.information[a, index]
        column = 0
        for b in range(p):
            if b != index:
                inner[n, column] = warm.information[a, b]
                column += 1
        n += 1
    if not factorise(inner, n, lower):
        return
    solve_factorised(lower, n, follow)
    n = 0
    for a in range(p):
        if a != index:
            point.vectors[BETA, a] -= follow[n] * move
            n += 1


@exact
def _settle(
    evaluate: Evaluate,
    problem: Problem,
    scratch: Scratch,
    best: Point,
    warm: Point,
    point: Point,
    held: NDArray[np.bool_],
    starts: FloatArray,
    root: float,
    quantile: float,
) -> int:
    """Accept the end of a search, unless it is a jump or another start leads higher.

    ``warm`` is overwritten.
    """
    if abs(root - quantile) > LOOSE_ROOT:
        return HIGHER if problem.firth == 1 else FAILED
    if problem.firth == 0:
        return FOUND
    p = len(held)
    for k in range(p):
        apart = APART / np.sqrt(max(best.information[k, k], 1e-12))
        starts[0, k] = best.vectors[BETA, k]
        starts[1, k] = 0.0
        starts[2, k] = best.vectors[BETA, k] - apart
        starts[3, k] = best.vectors[BETA, k] + apart
    many = problem.weight_of_events >= MANY_EVENTS * p and problem.kind == COX
    for s in range(5):
        if many and s != 1:
            continue
        for k in range(p):
            warm.vectors[BETA, k] = point.vectors[BETA, k] if held[k] else starts[s, k]
        climb(
            evaluate,
            problem,
            scratch,
            warm,
            held,
            False,
            TRIAL_ITERATIONS,
            TRIAL_TOLERANCE,
        )
        if warm.numbers[VALUE] > point.numbers[VALUE] + HIGHER_BY:
            return HIGHER
    return FOUND


@exact
def _ratio_statistic(
    evaluate: Evaluate,
    problem: Problem,
    scratch: Scratch,
    best: Point,
    point: Point,
    trial: Point,
    held: NDArray[np.bool_],
    index: int,
) -> float:
    """Twice the fall of the objective when a coefficient is held at zero."""
    p = len(held)
    for k in range(p):
        point.vectors[BETA, k] = best.vectors[BETA, k]
    point.vectors[BETA, index] = 0.0
    status, _ = climb(
        evaluate, problem, scratch, point, held, False, MAX_ITERATIONS, TOLERANCE
    )
    highest = point.numbers[VALUE] if status == CONVERGED else -np.inf
    if status != CONVERGED or problem.firth == 1:
        for k in range(p):
            trial.vectors[BETA, k] = 0.0
        status, _ = climb(
            evaluate, problem, scratch, trial, held, False, MAX_ITERATIONS, TOLERANCE
        )
        if status == CONVERGED:
            highest = max(highest, trial.numbers[VALUE])
    if highest == -np.inf:
        return np.nan
    return max(0.0, 2.0 * (best.numbers[VALUE] - highest))
