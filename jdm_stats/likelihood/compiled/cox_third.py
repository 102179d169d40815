"""Third moments of Cox's likelihood: the gradient of 1/2 log det I for one more pass.

The adjoint gives what a p x p x p sum would; see docs/engine.md for the formula.
"""

from __future__ import annotations

import numpy as np

from jdm_stats.likelihood.compiled.cox import flags_before
from jdm_stats.likelihood.compiled.jit import exact, summing
from jdm_stats.likelihood.compiled.layout import (
    BLOCK,
    COLUMNS,
    DYING,
    FIRST,
    FLAGGED,
    FRESH,
    G_AFTER,
    G_BEFORE,
    G_DYING,
    HI,
    INVERSE,
    LEAVE,
    LINE,
    LO,
    LOWER,
    POWER,
    Q_DYING,
    Q_RISK,
    RISK,
    WEIGHTED,
    Problem,
    R,
    Scratch,
    V,
)
from jdm_stats.likelihood.compiled.rows import leverages, turn
from jdm_stats.likelihood.risk_sets import FloatArray


@exact
def cox_half_log_det_gradient(
    problem: Problem, scratch: Scratch, gradient: FloatArray
) -> None:
    """Gradient of 1/2 log det I at the point that `cox_information` saw last.

    Parameters
    ----------
    problem, scratch
        LOWER and INVERSE of ``scratch.square`` hold the Cholesky factor and the inverse of
        the information.
    gradient : (p,) float array
        Receives the gradient.
    """
    gradient[:] = 0.0
    _third_of_factors(problem, scratch)
    _third_of_rows(problem, scratch, gradient)
    _third_of_deaths(problem, scratch, gradient)
    _sum_directly(problem, scratch)
    _close(problem, scratch, gradient)
    for j in range(len(gradient)):
        gradient[j] *= 0.5


@exact
def _mean_of(
    problem: Problem, scratch: Scratch, k: int, phi: float, mean: FloatArray
) -> float:
    """Mean covariates of a factor; its S0."""
    sums, dying = scratch.sums[RISK], scratch.sums[DYING]
    p = len(mean)
    s0 = sums[k, p]
    if phi > 0.0:
        s0 -= phi * dying[k, p]
    unit = 1.0 / s0
    for j in range(p):
        mean[j] = sums[k, j] * unit
    if phi > 0.0:
        for j in range(p):
            mean[j] -= phi * dying[k, j] * unit
    return s0


@exact
def _third_of_factors(problem: Problem, scratch: Scratch) -> None:
    """Vectors A sum_l weight xbar / S0, cumulated over event times; and at the deaths."""
    p = problem.x.shape[1]
    n_times = len(problem.mean_weight)
    before, after = scratch.third[G_BEFORE], scratch.third[G_AFTER]
    mean, here, share = np.empty(p), np.empty(p), np.empty(p)
    before[0, :] = 0.0
    after[0, :] = 0.0
    for k in range(n_times):
        deaths = problem.times[FIRST, k + 1] - problem.times[FIRST, k]
        weight = problem.mean_weight[k]
        here[:] = 0.0
        share[:] = 0.0
        factors = deaths
        if problem.efron == 0:
            factors = 1
            weight *= deaths
        for place in range(factors if weight != 0.0 else 0):
            phi = place / deaths
            s0 = _mean_of(problem, scratch, k, phi, mean)
            for j in range(p):
                part = weight * mean[j] / s0
                here[j] += part
                share[j] += phi * part
        anew = problem.times[FRESH, k + 1] == 1
        for j in range(p):
            turned, reduced = 0.0, 0.0
            for q in range(p):
                turned += scratch.square[INVERSE, j, q] * here[q]
                reduced += scratch.square[INVERSE, j, q] * share[q]
            scratch.third[G_DYING, k, j] = reduced
            value = before[k, j] + turned
            after[k + 1, j] = value
            before[k + 1, j] = 0.0 if anew else value


@summing
def _third_of_rows(problem: Problem, scratch: Scratch, gradient: FloatArray) -> None:
    """X'(v q - 2 r x'A g) over all rows, and the difference array of r q."""
    x, r, v = problem.x, scratch.rows[R], scratch.rows[V]
    lo, hi, leave = problem.spans[LO], problem.spans[HI], problem.spans[LEAVE]
    before, after, sums = (
        scratch.third[G_BEFORE],
        scratch.third[G_AFTER],
        scratch.times[Q_RISK],
    )
    q, columns = scratch.lines[LINE], scratch.block[COLUMNS]
    m, p = x.shape
    sums[:] = 0.0
    for begin in range(0, m, BLOCK):
        n = min(BLOCK, m - begin)
        turn(x, begin, n, columns)
        leverages(columns, scratch.square[LOWER], scratch.block[WEIGHTED], n, q)
        for i in range(n):
            row = begin + i
            a, b = lo[row], hi[row]
            along = 0.0
            for j in range(p):
                along += x[row, j] * (after[b, j] - before[a, j])
            rq = r[row] * q[i]
            sums[a] += rq
            sums[leave[row]] -= rq
            scratch.lines[POWER, i] = v[row] * q[i] - 2.0 * r[row] * along
        for j in range(p):
            z = 0.0
            for i in range(n):
                z += columns[j, i] * scratch.lines[POWER, i]
            gradient[j] += z
    for k in range(1, len(problem.mean_weight)):
        if problem.times[FRESH, k] == 0:
            sums[k] += sums[k - 1]


@exact
def _leverage(problem: Problem, scratch: Scratch, i: int) -> float:
    p = problem.x.shape[1]
    q = 0.0
    for j in range(p):
        along = 0.0
        for k in range(p):
            along += scratch.square[INVERSE, j, k] * problem.x[i, k]
        q += problem.x[i, j] * along
    return q


@exact
def _third_of_deaths(problem: Problem, scratch: Scratch, gradient: FloatArray) -> None:
    """Take off what Efron's rule does at the deaths."""
    x, r = problem.x, scratch.rows[R]
    p = x.shape[1]
    for k in range(len(problem.mean_weight)):
        first, last = problem.times[FIRST, k], problem.times[FIRST, k + 1]
        if problem.efron == 0 or last - first < 2:
            continue
        scratch.times[Q_DYING, k] = 0.0
        for d in range(first, last):
            i = problem.death_rows[d]
            along = 0.0
            for j in range(p):
                along += x[i, j] * scratch.third[G_DYING, k, j]
            for j in range(p):
                gradient[j] += 2.0 * r[i] * along * x[i, j]
            scratch.times[Q_DYING, k] += r[i] * _leverage(problem, scratch, i)


@exact
def _sum_directly(problem: Problem, scratch: Scratch) -> None:
    """Sum r q of the flagged risk sets row by row."""
    n_times = len(problem.mean_weight)
    count = flags_before(scratch.times[FLAGGED], n_times)
    if count[-1] == 0:
        return
    for k in range(n_times):
        if scratch.times[FLAGGED, k] > 0.0:
            scratch.times[Q_RISK, k] = 0.0
    for i in range(problem.x.shape[0]):
        a, b = problem.spans[LO, i], problem.spans[HI, i]
        if count[b] == count[a]:
            continue
        rq = scratch.rows[R, i] * _leverage(problem, scratch, i)
        for k in range(a, b):
            if scratch.times[FLAGGED, k] > 0.0:
                scratch.times[Q_RISK, k] += rq


@exact
def _close(problem: Problem, scratch: Scratch, gradient: FloatArray) -> None:
    """Add sum_kl weight (2 xbar' A xbar - mean of q) xbar."""
    p = problem.x.shape[1]
    mean = np.empty(p)
    for k in range(len(problem.mean_weight)):
        deaths = problem.times[FIRST, k + 1] - problem.times[FIRST, k]
        weight = problem.mean_weight[k]
        factors = deaths
        if problem.efron == 0:
            factors = 1
            weight *= deaths
        for place in range(factors if weight != 0.0 else 0):
            phi = place / deaths
            s0 = _mean_of(problem, scratch, k, phi, mean)
            rq = scratch.times[Q_RISK, k]
            if place > 0:
                rq -= phi * scratch.times[Q_DYING, k]
            quadratic = 0.0
            for j in range(p):
                along = 0.0
                for q in range(p):
                    along += scratch.square[INVERSE, j, q] * mean[q]
                quadratic += mean[j] * along
            factor = weight * (2.0 * quadratic - rq / s0)
            for j in range(p):
                gradient[j] += factor * mean[j]
