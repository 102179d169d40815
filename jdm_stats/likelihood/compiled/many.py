"""Thousands of small problems in one call: prepared, scaled, fitted, turned back.

For simulation, resampling and multiple imputation, where preparing a problem in Python costs
more than fitting it. Every figure is in the caller's units.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jdm_stats.likelihood.compiled.certificate import certificate, estimable
from jdm_stats.likelihood.compiled.climb import (
    TOLERANCE,
    Evaluate,
    climb,
)
from jdm_stats.likelihood.compiled.endings import (
    CONVERGED,
    MAX_ITERATIONS,
    NO_EVENTS,
    NOT_ESTIMABLE,
    OTHER_PEAK,
)
from jdm_stats.likelihood.compiled.jit import exact, summing
from jdm_stats.likelihood.compiled.layout import (
    BETA,
    COX,
    INVERSE,
    LOG_LIKELIHOOD,
    LOWER,
    SCALE,
    VALUE,
    Point,
    Problem,
    Scratch,
    cox_layout,
    logistic_layout,
    make_point,
    make_scratch,
)
from jdm_stats.likelihood.compiled.objective import ALL
from jdm_stats.likelihood.compiled.peaks import higher_elsewhere
from jdm_stats.likelihood.compiled.prepare import prepare
from jdm_stats.likelihood.compiled.profile import MANY_EVENTS, profile_all
from jdm_stats.likelihood.compiled.triangular import factorise, invert_factorised
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

# A plain climb this long mostly climbs for ever; the caller asks why.
PLAIN_ITERATIONS = 25
# Columns of the numbers handed back.
N_NUMBERS = 5
FIT, PENALISED, NULL, NULL_PENALISED, CERTIFICATE = 0, 1, 2, 3, 4


@exact
def fit_many(
    evaluate: Evaluate,
    kind: int,
    x: FloatArray,
    start: FloatArray,
    stop: FloatArray,
    event: NDArray[np.bool_],
    stratum: IntArray,
    n_strata: IntArray,
    weights: FloatArray,
    offset: FloatArray,
    first: IntArray,
    efron: int,
    firth: int,
    quantile: float,
    coefficients: FloatArray,
    covariance: FloatArray,
    numbers: FloatArray,
    ends: IntArray,
    limits: FloatArray,
    limit_status: IntArray,
    statistics: FloatArray,
) -> None:
    """Fit B problems; see `jdm_stats.likelihood.compiled.batch`.

    Parameters
    ----------
    evaluate : callable
        From `jdm_stats.likelihood.compiled.pointer`.
    kind, efron, firth : int
    x : (n, p) float array
        Rows of all problems, one after another; for a logistic model without intercept.
    start, stop, event, stratum, weights, offset : (n,) arrays
        ``event`` is the outcome of a logistic model; all others may have length 0.
    n_strata : (B,) int array
    first : (B + 1,) int array
        Rows of problem b are those from ``first[b]`` to ``first[b + 1]``.
    quantile : float
        For profile limits; 0 for none.
    coefficients, covariance, numbers, ends, limits, limit_status, statistics : arrays
        (B, p), (B, p, p), (B, N_NUMBERS), (B, 2), (B, 2, p), (B, 2, p), (B, p): receive the
        results.
    """
    for b in range(len(first) - 1):
        rows = slice(first[b], first[b + 1])
        part = x[rows]
        w = weights[rows] if len(weights) > 0 else weights
        o = offset[rows] if len(offset) > 0 else offset
        s = stratum[rows] if len(stratum) > 0 else stratum
        if kind == COX:
            problem, location = _cox(
                part,
                start[rows],
                stop[rows],
                event[rows],
                s,
                n_strata[b],
                w,
                o,
                efron,
                firth,
            )
        else:
            problem, location = _logistic(part, event[rows], w, o, firth)
        status, iterations = _fit(
            evaluate,
            problem,
            location,
            quantile,
            coefficients[b],
            covariance[b],
            numbers[b],
            limits[b],
            limit_status[b],
            statistics[b],
        )
        ends[b, 0] = status
        ends[b, 1] = iterations


@exact
def _cox(
    x: FloatArray,
    start: FloatArray,
    stop: FloatArray,
    event: NDArray[np.bool_],
    stratum: IntArray,
    n_strata: int,
    weights: FloatArray,
    offset: FloatArray,
    efron: int,
    firth: int,
) -> tuple[Problem, FloatArray]:
    """Prepare and lay out one Cox problem."""
    times, _, kept, spans, death_rows, death_time = prepare(
        start, stop, event, stratum, n_strata
    )
    columns = np.zeros((6, x.shape[1]))
    inner, location = standardise(x, kept, 0, columns[SCALE])
    problem = cox_layout(
        inner,
        spans,
        death_rows,
        death_time,
        len(times),
        _take(weights, kept),
        _take(offset, kept),
        efron,
        firth,
        columns,
    )
    return problem, location


@exact
def _logistic(
    x: FloatArray,
    event: NDArray[np.bool_],
    weights: FloatArray,
    offset: FloatArray,
    firth: int,
) -> tuple[Problem, FloatArray]:
    """Lay out one logistic problem, its intercept first."""
    n = len(event)
    kept = np.arange(n)
    columns = np.zeros((6, x.shape[1] + 1))
    inner, location = standardise(x, kept, 1, columns[SCALE])
    outcome = np.empty(n)
    for i in range(n):
        outcome[i] = 1.0 if event[i] else 0.0
    problem = logistic_layout(inner, outcome, weights, offset, firth, columns)
    return problem, location


@exact
def _take(values: FloatArray, kept: IntArray) -> FloatArray:
    """Values of the kept rows, or none when there are none."""
    if len(values) == 0:
        return values
    taken = np.empty(len(kept))
    for i in range(len(kept)):
        taken[i] = values[kept[i]]
    return taken


@summing
def standardise(
    x: FloatArray, kept: IntArray, constant: int, scale: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Copy the kept rows, centred and scaled to unit spread.

    Parameters
    ----------
    x : (n, p) float array
    kept : (m,) int array
    constant : int
        1 to put a column of ones first.
    scale : (p + constant,) float array
        Receives the scales; 1 for a column that does not vary.

    Returns
    -------
    inner : (m, p + constant) float array
    location : (p + constant,) float array
        What was taken from each column.
    """
    m, p = len(kept), x.shape[1]
    inner = np.empty((m, p + constant))
    location = np.zeros(p + constant)
    for i in range(m):
        row = kept[i]
        for j in range(p):
            location[j + constant] += x[row, j]
    for j in range(p + constant):
        location[j] /= max(m, 1)
        scale[j] = 0.0
    for i in range(m):
        row = kept[i]
        for j in range(p):
            value = x[row, j] - location[j + constant]
            inner[i, j + constant] = value
            scale[j + constant] += value * value
    unit = np.ones(p + constant)
    for j in range(p + constant):
        scale[j] = np.sqrt(scale[j] / max(m, 1))
        scale[j] = scale[j] if scale[j] > 0.0 else 1.0
        unit[j] = 1.0 / scale[j]
    for i in range(m):
        for j in range(p):
            inner[i, j + constant] *= unit[j + constant]
        if constant == 1:
            inner[i, 0] = 1.0
    return inner, location


@exact
def _fit(
    evaluate: Evaluate,
    problem: Problem,
    location: FloatArray,
    quantile: float,
    coefficients: FloatArray,
    covariance: FloatArray,
    numbers: FloatArray,
    limits: FloatArray,
    limit_status: IntArray,
    statistics: FloatArray,
) -> tuple[int, int]:
    """Fit one problem and write its results."""
    p = len(location)
    logistic = problem.kind != COX
    _blank(coefficients, covariance, numbers, limits, limit_status, statistics)
    if len(problem.death_rows) == 0 and not logistic:
        return NO_EVENTS, 0
    scratch, point = make_scratch(problem), make_point(p)
    held = np.zeros(p, dtype=np.bool_)
    scale = problem.columns[SCALE]
    units = 0.0
    if problem.firth == 1:
        for j in range(p):
            units += np.log(scale[j])
    evaluate(problem, scratch, point, ALL)
    most = problem.weight_of_events if not logistic else 0.25 * len(problem.x)
    if not estimable(point.information, most):
        return NOT_ESTIMABLE, 0
    if logistic:
        held[1:] = True
        climb(evaluate, problem, scratch, point, held, True, MAX_ITERATIONS, TOLERANCE)
        held[1:] = False
    numbers[NULL] = point.numbers[LOG_LIKELIHOOD]
    numbers[NULL_PENALISED] = point.numbers[VALUE] + units
    longest = MAX_ITERATIONS if problem.firth == 1 else PLAIN_ITERATIONS
    status, iterations = climb(
        evaluate, problem, scratch, point, held, True, longest, TOLERANCE
    )
    if (
        problem.firth == 1
        and status == CONVERGED
        and problem.weight_of_events < MANY_EVENTS * p
        and higher_elsewhere(evaluate, problem, scratch, point)
    ):
        status = OTHER_PEAK
    numbers[FIT] = point.numbers[LOG_LIKELIHOOD]
    numbers[PENALISED] = point.numbers[VALUE] + units
    numbers[CERTIFICATE] = certificate(problem, point)
    _turn_back(problem, scratch, point, location, coefficients, covariance)
    if quantile > 0.0 and status == CONVERGED:
        skip = 1 if logistic else 0
        profile_all(
            evaluate,
            problem,
            scratch,
            point,
            quantile,
            skip,
            limits,
            limit_status,
            statistics,
        )
        for j in range(p):
            limits[0, j] /= scale[j]
            limits[1, j] /= scale[j]
    return status, iterations


@exact
def _blank(
    coefficients: FloatArray,
    covariance: FloatArray,
    numbers: FloatArray,
    limits: FloatArray,
    limit_status: IntArray,
    statistics: FloatArray,
) -> None:
    """Fill the results with NaN."""
    coefficients[:] = np.nan
    covariance[:] = np.nan
    numbers[:] = np.nan
    limits[:] = np.nan
    limit_status[:] = -1
    statistics[:] = np.nan


@exact
def _turn_back(
    problem: Problem,
    scratch: Scratch,
    point: Point,
    location: FloatArray,
    coefficients: FloatArray,
    covariance: FloatArray,
) -> None:
    """Coefficients and covariance in the caller's units; the intercept pays centring back."""
    p = len(location)
    scale = problem.columns[SCALE]
    for j in range(p):
        coefficients[j] = point.vectors[BETA, j] / scale[j]
    if problem.kind != COX:
        for j in range(1, p):
            coefficients[0] -= location[j] * coefficients[j]
    lower, inverse = scratch.square[LOWER], scratch.square[INVERSE]
    if not factorise(point.information, p, lower):
        return
    invert_factorised(lower, p, inverse)
    for j in range(p):
        for k in range(p):
            covariance[j, k] = inverse[j, k] / (scale[j] * scale[k])
    if problem.kind != COX:
        _turn_intercept(location, covariance)


@exact
def _turn_intercept(location: FloatArray, covariance: FloatArray) -> None:
    """Covariances of the intercept of covariates that are not centred."""
    p = len(location)
    for k in range(p):
        for j in range(1, p):
            covariance[0, k] -= location[j] * covariance[j, k]
    for k in range(p):
        for j in range(1, p):
            covariance[k, 0] -= location[j] * covariance[k, j]
