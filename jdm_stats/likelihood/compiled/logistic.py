"""The logistic likelihood, its information and the gradient of 1/2 log det I.

Short forms of `jdm_stats.likelihood.logistic`; probabilities stand in ``scratch.rows[R]`` and
w pi (1 - pi) in ``scratch.rows[V]``.
"""

from __future__ import annotations

import numpy as np

from jdm_stats.likelihood.compiled.jit import exact, summing
from jdm_stats.likelihood.compiled.layout import (
    BLOCK,
    COLUMNS,
    LINE,
    LOWER,
    POWER,
    TOTAL,
    WEIGHTED,
    WHOLE,
    Problem,
    R,
    Scratch,
    V,
)
from jdm_stats.likelihood.compiled.rows import (
    add_cross_product,
    exponentials,
    leverages,
    predictors,
    turn,
)
from jdm_stats.likelihood.risk_sets import FloatArray


@summing
def logistic_value(
    problem: Problem, scratch: Scratch, beta: FloatArray, score: FloatArray
) -> float:
    """Log-likelihood and score; leaves probabilities in ``scratch``.

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
    x, weights, pi, v = problem.x, problem.weights, scratch.rows[R], scratch.rows[V]
    line, power, whole = scratch.lines[LINE], scratch.lines[POWER], scratch.lines[WHOLE]
    power_bits, whole_bits = power.view(np.int64), whole.view(np.int64)
    pi_bits = pi.view(np.int64)
    m, p = x.shape
    value = problem.offset_of_events
    for j in range(p):
        score[j] = problem.columns[TOTAL, j]
        value += beta[j] * problem.columns[TOTAL, j]
    for begin in range(0, m, BLOCK):
        n = min(BLOCK, m - begin)
        _, total = predictors(x, problem.offset, beta, 0.0, begin, n, line)
        if not (total > -np.inf and total < np.inf):
            return -np.inf
        # e = exp(-|eta|) never overflows; log(1 + exp(eta)) = max(eta, 0) + log(1 + e).
        for i in range(n):
            scratch.block[WEIGHTED, 0, i] = -abs(line[i])
        exponentials(
            scratch.block[WEIGHTED, 0],
            n,
            power,
            power_bits,
            whole,
            whole_bits,
            pi_bits[begin:],
        )
        value -= _log_one_plus(problem, pi, line, begin, n)
        for i in range(n):
            e = pi[begin + i]
            unit = 1.0 / (1.0 + e)
            v[begin + i] = e * unit * unit
            pi[begin + i] = unit if line[i] >= 0.0 else e * unit
        if len(weights) > 0:
            for i in range(begin, begin + n):
                v[i] *= weights[i]
        for i in range(begin, begin + n):
            expected = pi[i] * weights[i] if len(weights) > 0 else pi[i]
            for j in range(p):
                score[j] -= expected * x[i, j]
    return value


@exact
def _log_one_plus(
    problem: Problem, e: FloatArray, line: FloatArray, begin: int, n: int
) -> float:
    """Weighted sum of log(1 + exp(eta)) over a block; one logarithm when unweighted."""
    value = 0.0
    if len(problem.weights) > 0:
        for i in range(n):
            whole = max(line[i], 0.0) + np.log1p(e[begin + i])
            value += problem.weights[begin + i] * whole
        return value
    # At most 2 ** BLOCK.
    product = 1.0
    for i in range(n):
        value += max(line[i], 0.0)
        product *= 1.0 + e[begin + i]
    return value + np.log(product)


@summing
def logistic_information(
    problem: Problem, scratch: Scratch, information: FloatArray
) -> None:
    """Information at the point that `logistic_value` saw last, whole and symmetric."""
    m, p = problem.x.shape
    information[:] = 0.0
    for begin in range(0, m, BLOCK):
        n = min(BLOCK, m - begin)
        turn(problem.x, begin, n, scratch.block[COLUMNS])
        add_cross_product(
            scratch.block[COLUMNS],
            scratch.block[WEIGHTED],
            scratch.rows[V],
            begin,
            n,
            information,
        )
    for j in range(p):
        for k in range(j, p):
            information[k, j] = information[j, k]


@summing
def logistic_half_log_det_gradient(
    problem: Problem, scratch: Scratch, gradient: FloatArray
) -> None:
    """Gradient of 1/2 log det I: sum of h_i (1/2 - pi_i) x_i, h the hat diagonal.

    Parameters
    ----------
    problem, scratch
        ``scratch.square[LOWER]`` holds the Cholesky factor of the information.
    gradient : (p,) float array
        Receives the gradient.
    """
    m, p = problem.x.shape
    q, columns = scratch.lines[LINE], scratch.block[COLUMNS]
    gradient[:] = 0.0
    for begin in range(0, m, BLOCK):
        n = min(BLOCK, m - begin)
        turn(problem.x, begin, n, columns)
        leverages(columns, scratch.square[LOWER], scratch.block[WEIGHTED], n, q)
        for i in range(n):
            row = begin + i
            q[i] *= scratch.rows[V, row] * (0.5 - scratch.rows[R, row])
        for j in range(p):
            z = 0.0
            for i in range(n):
                z += columns[j, i] * q[i]
            gradient[j] += z
