"""The arrays of a problem, of its scratch memory and of a point, under their names.

Named tuples of arrays: numba passes them as they are, so every kernel is compiled once. All
arrays are C-contiguous; reals are float64, places int64. An array that does not apply has
length 0. Vectors of one length stand as the rows of one array, numbered by the constants
here: the compiler's work grows with the number of arrays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jdm_stats.likelihood.compiled.jit import exact, summing
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

COX, LOGISTIC = 0, 1
# Rows of Problem.spans, .times and .columns.
LO, HI, LEAVE = 0, 1, 2
FRESH, FIRST = 0, 1
TOTAL, PRIOR, MEAN, ONE, TWO, SCALE = 0, 1, 2, 3, 4, 5
# Kinds of prior.
NORMAL, LOG_F = 1, 2
# Rows of Scratch.rows, .sums, .times, .third, .square, .block and .lines.
R, V = 0, 1
RISK, DYING = 0, 1
A, B, BEFORE, AFTER, FLAGGED, Q_RISK, Q_DYING = 0, 1, 2, 3, 4, 5, 6
G_BEFORE, G_AFTER, G_DYING = 0, 1, 2
OUTER, LOWER, INVERSE = 0, 1, 2
COLUMNS, WEIGHTED = 0, 1
LINE, POWER, WHOLE = 0, 1, 2
# Rows of Point.vectors.
BETA, GRADIENT, PENALTY = 0, 1, 2
# Places of Point.numbers.
VALUE, LOG_LIKELIHOOD = 0, 1
# Rows worked on together: p columns of a block stay in the first-level cache.
BLOCK = 256


class Problem(NamedTuple):
    """A likelihood and its penalty.

    Parameters
    ----------
    kind : int
        COX or LOGISTIC.
    efron, firth : int
        1 or 0.
    x : (m, p) float array
        Covariates, centred and scaled; of a Cox problem the kept rows only.
    weights, offset : (m,) float arrays
        Length 0 stands for ones, or zeros.
    spans : (3, m) int array
        LO, HI: row i is at risk at event times lo <= k < hi. LEAVE: hi, or K where nobody
        stays from one time to the next: there sums begin anew. Cox only.
    times : (2, K + 1) int array
        FRESH: 1 where sums begin anew, as they do in each stratum. FIRST: the deaths of
        time k are ``death_rows[first[k]:first[k + 1]]``. Cox only.
    death_rows : (d,) int array
        Rows that end in the event, by event time. Cox only.
    mean_weight : (K,) float array
        Mean weight of the deaths of each time. Cox only.
    columns : (6, p) float array
        TOTAL: weighted sum of the covariates of the deaths (logistic: cases). PRIOR: 0 none,
        NORMAL or LOG_F, of coefficient / SCALE less MEAN; ONE and TWO: standard deviation,
        or degrees of freedom m1 and m2. No prior goes with Firth's penalty.
    weight_of_events, offset_of_events : float
        Sum of the weights of the deaths or cases; weighted sum of their offsets.
    """

    kind: int
    efron: int
    firth: int
    x: FloatArray
    weights: FloatArray
    offset: FloatArray
    spans: IntArray
    times: IntArray
    death_rows: IntArray
    mean_weight: FloatArray
    columns: FloatArray
    weight_of_events: float
    offset_of_events: float


class Scratch(NamedTuple):
    """Memory of a problem, written anew by every evaluation.

    Parameters
    ----------
    rows : (2, m) float array
        R, V: relative hazards (logistic: probabilities) and second-moment weights.
    sums : (2, K + 1, p + 1) float array
        RISK, DYING: sums over risk sets, and over deaths, of r x, and of r in the last column.
    times : (7, K + 1) float array
        A, B: sums over the factors of a time of weight / S0, and of phi weight / S0.
        BEFORE, AFTER: sums of A up to a time, for rows that begin, and end, there.
        FLAGGED: 1 where a risk set is summed directly. Q_RISK, Q_DYING: sums of r q (Firth).
    third : (3, K + 1, p) float array
        G_BEFORE, G_AFTER: as BEFORE and AFTER for the vectors of the third moments; G_DYING:
        their share at the deaths. Firth only.
    square : (3, p, p) float array
        OUTER: sum of the outer products of mean covariates, upper triangle. LOWER, INVERSE:
        Cholesky factor and inverse of the information.
    block : (2, p, BLOCK) float array
        COLUMNS, WEIGHTED: a block of rows, turned.
    lines : (3, BLOCK) float array
        LINE, POWER, WHOLE: linear predictors of a block and parts of their exponentials.
    """

    rows: FloatArray
    sums: FloatArray
    times: FloatArray
    third: FloatArray
    square: FloatArray
    block: FloatArray
    lines: FloatArray


class Point(NamedTuple):
    """The penalised objective at one point.

    Parameters
    ----------
    vectors : (3, p) float array
        BETA, GRADIENT; PENALTY: the penalty's gradient.
    information : (p, p) float array
        Of the likelihood, and of the priors where there are any.
    numbers : (2,) float array
        VALUE: the penalised log-likelihood; LOG_LIKELIHOOD.
    """

    vectors: FloatArray
    information: FloatArray
    numbers: FloatArray


@exact
def make_scratch(problem: Problem) -> Scratch:
    """Set the memory of a problem aside."""
    m, p = problem.x.shape
    n = problem.times.shape[1]
    n_third = n if problem.firth == 1 else 0
    return Scratch(
        np.empty((2, m)),
        np.empty((2, n, p + 1)),
        np.empty((7, n)),
        np.empty((3, n_third, p)),
        np.empty((3, p, p)),
        np.empty((2, p, BLOCK)),
        np.empty((3, BLOCK)),
    )


@exact
def make_point(p: int) -> Point:
    """Set the memory of a point aside, at zero."""
    return Point(np.zeros((3, p)), np.zeros((p, p)), np.zeros(2))


@exact
def copy_point(source: Point, target: Point) -> None:
    """Copy one point over another."""
    p = source.vectors.shape[1]
    for j in range(p):
        for row in range(3):
            target.vectors[row, j] = source.vectors[row, j]
        for k in range(p):
            target.information[j, k] = source.information[j, k]
    for k in range(2):
        target.numbers[k] = source.numbers[k]


@summing
def cox_layout(
    x: FloatArray,
    spans: IntArray,
    death_rows: IntArray,
    death_time: IntArray,
    n_times: int,
    weights: FloatArray,
    offset: FloatArray,
    efron: int,
    firth: int,
    priors: FloatArray,
) -> Problem:
    """Lay a Cox problem out.

    Parameters
    ----------
    x, weights, offset
        See `Problem`.
    spans : (3, m) int array
        LO and HI given; LEAVE is filled in.
    death_rows, death_time : (d,) int arrays
        Rows that end in the event, and the number of their event time, in any order.
    n_times, efron, firth : int
    priors : (6, p) float array
        As ``Problem.columns``; TOTAL is filled in.

    Returns
    -------
    Problem
    """
    p = x.shape[1]
    d = len(death_rows)
    times = np.zeros((2, n_times + 1), dtype=np.int64)
    _mark_fresh(spans, times, n_times)
    first = times[FIRST]
    for i in range(d):
        first[death_time[i] + 1] += 1
    for k in range(n_times):
        first[k + 1] += first[k]
    rows = np.empty(d, dtype=np.int64)
    place = first.copy()
    mean_weight = np.zeros(n_times)
    weight_of_events, offset_of_events = 0.0, 0.0
    for j in range(p):
        priors[TOTAL, j] = 0.0
    for i in range(d):
        row, k = death_rows[i], death_time[i]
        rows[place[k]] = row
        place[k] += 1
        weight = weights[row] if len(weights) > 0 else 1.0
        mean_weight[k] += weight
        weight_of_events += weight
        if len(offset) > 0:
            offset_of_events += weight * offset[row]
        for j in range(p):
            priors[TOTAL, j] += weight * x[row, j]
    for k in range(n_times):
        mean_weight[k] /= max(first[k + 1] - first[k], 1)
    return Problem(
        COX,
        efron,
        firth,
        x,
        weights,
        offset,
        spans,
        times,
        rows,
        mean_weight,
        priors,
        weight_of_events,
        offset_of_events,
    )


@exact
def _mark_fresh(spans: IntArray, times: IntArray, n_times: int) -> None:
    """Find the times to which nobody stays from the time before; fill LEAVE in."""
    m = spans.shape[1]
    staying = np.zeros(n_times + 2, dtype=np.int64)
    for i in range(m):
        # Counts in people are exact. A span of one time adds and takes away at one place.
        staying[spans[LO, i] + 1] += 1
        staying[spans[HI, i]] -= 1
    count = 0
    for k in range(n_times):
        count += staying[k]
        times[FRESH, k] = 1 if count == 0 else 0
    for i in range(m):
        end = spans[HI, i]
        spans[LEAVE, i] = n_times if times[FRESH, end] == 1 else end


@summing
def logistic_layout(
    x: FloatArray,
    outcome: FloatArray,
    weights: FloatArray,
    offset: FloatArray,
    firth: int,
    priors: FloatArray,
) -> Problem:
    """Lay a logistic problem out; the first column of ``x`` is the intercept.

    Parameters
    ----------
    x, weights, offset
        See `Problem`.
    outcome : (m,) float array
        0 or 1.
    firth : int
    priors : (6, p) float array
        As ``Problem.columns``; TOTAL is filled in.

    Returns
    -------
    Problem
    """
    m, p = x.shape
    weight_of_events, offset_of_events = 0.0, 0.0
    for j in range(p):
        priors[TOTAL, j] = 0.0
    for i in range(m):
        weight = outcome[i] * (weights[i] if len(weights) > 0 else 1.0)
        if weight == 0.0:
            continue
        weight_of_events += weight
        if len(offset) > 0:
            offset_of_events += weight * offset[i]
        for j in range(p):
            priors[TOTAL, j] += weight * x[i, j]
    return Problem(
        LOGISTIC,
        0,
        firth,
        x,
        weights,
        offset,
        np.empty((3, 0), dtype=np.int64),
        np.empty((2, 0), dtype=np.int64),
        np.empty(0, dtype=np.int64),
        np.empty(0),
        priors,
        weight_of_events,
        offset_of_events,
    )
