"""Cox's partial likelihood in one pass over the rows, its information in a second.

The mathematics is that of `jdm_stats.likelihood.partial`. Sums over risk sets come from a
difference array: add at ``lo``, take away at ``leave``, cumulate. They begin anew wherever
nobody stays from one event time to the next, so that no stratum leaves its rounding to
another, and a risk set tiny beside those before it is summed directly.
"""

from __future__ import annotations

import numpy as np

from jdm_stats.likelihood.compiled.jit import exact, summing
from jdm_stats.likelihood.compiled.layout import (
    AFTER,
    BEFORE,
    BLOCK,
    COLUMNS,
    DYING,
    FIRST,
    FLAGGED,
    FRESH,
    HI,
    LEAVE,
    LINE,
    LO,
    OUTER,
    POWER,
    RISK,
    TOTAL,
    WEIGHTED,
    WHOLE,
    A,
    B,
    Problem,
    R,
    Scratch,
    V,
)
from jdm_stats.likelihood.compiled.rows import (
    add_cross_product,
    exponentials,
    predictors,
    turn,
)
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

# A risk set this small against the largest before it is summed directly.
CANCELLATION = 1e-4
# Linear predictors are shifted when the largest is beyond this.
SHIFT_BEYOND = 300.0


@summing
def cox_value(
    problem: Problem, scratch: Scratch, beta: FloatArray, score: FloatArray
) -> float:
    """Log-likelihood and score; leaves in ``scratch`` what the information needs.

    Parameters
    ----------
    problem, scratch
        See `jdm_stats.likelihood.compiled.layout`.
    beta : (p,) float array
    score : (p,) float array
        Receives the score.

    Returns
    -------
    float
        -inf where it is not defined.
    """
    shift, largest = 0.0, 0.0
    for _ in range(2):
        largest, total = _add_rows(problem, scratch, beta, shift)
        if not (total > -np.inf and total < np.inf):
            return -np.inf
        if abs(largest) <= SHIFT_BEYOND:
            break
        shift += largest
    _cumulate(problem, scratch)
    _add_deaths(problem, scratch)
    return _factors(problem, scratch, beta, score, shift)


@summing
def _add_rows(
    problem: Problem, scratch: Scratch, beta: FloatArray, shift: float
) -> tuple[float, float]:
    """Relative hazards of all rows, and the difference array of r x and r."""
    x, sums, r = problem.x, scratch.sums[RISK], scratch.rows[R]
    lo, leave = problem.spans[LO], problem.spans[LEAVE]
    line, power, whole = scratch.lines[LINE], scratch.lines[POWER], scratch.lines[WHOLE]
    power_bits, whole_bits = power.view(np.int64), whole.view(np.int64)
    r_bits = r.view(np.int64)
    m, p = x.shape
    fours = p // 4 * 4
    sums[:] = 0.0
    largest, total = -np.inf, 0.0
    for begin in range(0, m, BLOCK):
        n = min(BLOCK, m - begin)
        high, block_total = predictors(x, problem.offset, beta, shift, begin, n, line)
        largest = max(largest, high)
        total += block_total
        exponentials(line, n, power, power_bits, whole, whole_bits, r_bits[begin:])
        if len(problem.weights) > 0:
            for i in range(begin, begin + n):
                r[i] *= problem.weights[i]
        for i in range(begin, begin + n):
            ri, a, b = r[i], lo[i], leave[i]
            sums[a, p] += ri
            sums[b, p] -= ri
            # Four at a time, read before written: the compiler then needs no proof that
            # the two lines are apart.
            for j in range(0, fours, 4):
                x0, x1 = ri * x[i, j], ri * x[i, j + 1]
                x2, x3 = ri * x[i, j + 2], ri * x[i, j + 3]
                a0, a1, a2, a3 = (
                    sums[a, j],
                    sums[a, j + 1],
                    sums[a, j + 2],
                    sums[a, j + 3],
                )
                sums[a, j] = a0 + x0
                sums[a, j + 1] = a1 + x1
                sums[a, j + 2] = a2 + x2
                sums[a, j + 3] = a3 + x3
                b0, b1, b2, b3 = (
                    sums[b, j],
                    sums[b, j + 1],
                    sums[b, j + 2],
                    sums[b, j + 3],
                )
                sums[b, j] = b0 - x0
                sums[b, j + 1] = b1 - x1
                sums[b, j + 2] = b2 - x2
                sums[b, j + 3] = b3 - x3
            for j in range(fours, p):
                x0 = ri * x[i, j]
                sums[a, j] += x0
                sums[b, j] -= x0
    return largest, total


@summing
def _cumulate(problem: Problem, scratch: Scratch) -> None:
    """Cumulate the difference array; sum directly where that loses digits."""
    sums, flagged, fresh = (
        scratch.sums[RISK],
        scratch.times[FLAGGED],
        problem.times[FRESH],
    )
    p = problem.x.shape[1]
    n_flagged, largest = 0, 0.0
    for k in range(len(problem.mean_weight)):
        if fresh[k] == 1:
            largest = 0.0
        else:
            for j in range(p + 1):
                sums[k, j] += sums[k - 1, j]
        size = sums[k, p]
        largest = max(largest, abs(size))
        flagged[k] = 0.0
        if not size >= CANCELLATION * largest:
            flagged[k] = 1.0
            n_flagged += 1
    if n_flagged > 0:
        _sum_directly(problem, scratch)


@exact
def flags_before(flagged: FloatArray, n_times: int) -> IntArray:
    """Count the flagged times before each, (K + 1,)."""
    count = np.zeros(n_times + 1, dtype=np.int64)
    for k in range(n_times):
        count[k + 1] = count[k] + (1 if flagged[k] > 0.0 else 0)
    return count


@exact
def _sum_directly(problem: Problem, scratch: Scratch) -> None:
    """Add the rows of the flagged risk sets one by one."""
    x, sums, flagged = problem.x, scratch.sums[RISK], scratch.times[FLAGGED]
    m, p = x.shape
    n_times = len(problem.mean_weight)
    count = flags_before(flagged, n_times)
    for k in range(n_times):
        if flagged[k] > 0.0:
            sums[k, :] = 0.0
    for i in range(m):
        if count[problem.spans[HI, i]] == count[problem.spans[LO, i]]:
            continue
        ri = scratch.rows[R, i]
        for k in range(problem.spans[LO, i], problem.spans[HI, i]):
            if flagged[k] > 0.0:
                sums[k, p] += ri
                for j in range(p):
                    sums[k, j] += ri * x[i, j]


@exact
def _add_deaths(problem: Problem, scratch: Scratch) -> None:
    """Sum over the deaths of a time, which only Efron's rule with ties needs."""
    if problem.efron == 0:
        return
    x, dying = problem.x, scratch.sums[DYING]
    p = x.shape[1]
    for k in range(len(problem.mean_weight)):
        first, last = problem.times[FIRST, k], problem.times[FIRST, k + 1]
        if last - first < 2:
            continue
        dying[k, :] = 0.0
        for d in range(first, last):
            i = problem.death_rows[d]
            ri = scratch.rows[R, i]
            dying[k, p] += ri
            for j in range(p):
                dying[k, j] += ri * x[i, j]


@exact
def _factors(  # noqa: C901
    problem: Problem,
    scratch: Scratch,
    beta: FloatArray,
    score: FloatArray,
    shift: float,
) -> float:
    """Every factor of the likelihood: value, score, and sums for the information."""
    p = problem.x.shape[1]
    sums, dying, outer = scratch.sums[RISK], scratch.sums[DYING], scratch.square[OUTER]
    outer[:] = 0.0
    value = problem.offset_of_events - problem.weight_of_events * shift
    for j in range(p):
        score[j] = problem.columns[TOTAL, j]
        value += beta[j] * problem.columns[TOTAL, j]
    mean = np.empty(p)
    for k in range(len(problem.mean_weight)):
        deaths = problem.times[FIRST, k + 1] - problem.times[FIRST, k]
        weight = problem.mean_weight[k]
        scratch.times[A, k] = 0.0
        scratch.times[B, k] = 0.0
        if weight == 0.0:
            continue
        factors = deaths
        if problem.efron == 0:
            factors = 1
            weight *= deaths
        for place in range(factors):
            phi = place / deaths
            s0 = sums[k, p]
            if place > 0:
                s0 -= phi * dying[k, p]
            if not (s0 > 0.0 and s0 < np.inf):
                return -np.inf
            unit = 1.0 / s0
            for j in range(p):
                mean[j] = sums[k, j] * unit
            if place > 0:
                for j in range(p):
                    mean[j] -= phi * dying[k, j] * unit
            value -= weight * np.log(s0)
            scratch.times[A, k] += weight * unit
            scratch.times[B, k] += phi * weight * unit
            for j in range(p):
                part = weight * mean[j]
                score[j] -= part
                for q in range(j, p):
                    outer[j, q] += part * mean[q]
    return value


@summing
def cox_information(
    problem: Problem, scratch: Scratch, information: FloatArray
) -> None:
    """Information at the point that `cox_value` saw last, whole and symmetric.

    Parameters
    ----------
    problem, scratch
        See `jdm_stats.likelihood.compiled.layout`.
    information : (p, p) float array
        Receives the information.
    """
    x, r, v = problem.x, scratch.rows[R], scratch.rows[V]
    lo, hi = problem.spans[LO], problem.spans[HI]
    before, after = scratch.times[BEFORE], scratch.times[AFTER]
    m, p = x.shape
    _cumulate_factors(problem, scratch)
    for i in range(m):
        v[i] = r[i] * (after[hi[i]] - before[lo[i]])
    if problem.efron == 1:
        for k in range(len(problem.mean_weight)):
            first, last = problem.times[FIRST, k], problem.times[FIRST, k + 1]
            if last - first > 1:
                for d in range(first, last):
                    i = problem.death_rows[d]
                    v[i] -= r[i] * scratch.times[B, k]
    information[:] = 0.0
    for begin in range(0, m, BLOCK):
        n = min(BLOCK, m - begin)
        turn(x, begin, n, scratch.block[COLUMNS])
        add_cross_product(
            scratch.block[COLUMNS], scratch.block[WEIGHTED], v, begin, n, information
        )
    for j in range(p):
        for k in range(j, p):
            value = information[j, k] - scratch.square[OUTER, j, k]
            information[j, k] = value
            information[k, j] = value


@exact
def _cumulate_factors(problem: Problem, scratch: Scratch) -> None:
    """Sum A before each time: for rows that begin, and that end, there.

    The two differ where sums begin anew, so that ``after[hi] - before[lo]`` never carries
    the sums of another stratum.
    """
    times, fresh = scratch.times, problem.times[FRESH]
    times[BEFORE, 0] = 0.0
    times[AFTER, 0] = 0.0
    for k in range(len(problem.mean_weight)):
        value = times[BEFORE, k] + times[A, k]
        times[AFTER, k + 1] = value
        times[BEFORE, k + 1] = 0.0 if fresh[k + 1] == 1 else value
