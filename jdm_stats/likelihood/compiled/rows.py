"""Blocks of rows: linear predictors, exponentials, turned columns, weighted cross-products.

A block stays in the first-level cache; turned, its columns fill vector registers. This is
where the time of a large fit goes.
"""

from __future__ import annotations

import numpy as np

from jdm_stats.likelihood.compiled.jit import exact, summing
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

LOG2_E = 1.4426950408889634
# log 2 in two parts, the first short enough for an exact product with a whole number.
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# Adding 1.5 * 2**52 leaves a whole number in the last bits of a double.
ROUND = 6755399441055744.0
# Beyond this an exponential is cut off; the callers shift predictors long before.
FARTHEST = 700.0


@exact
def exponentials(
    line: FloatArray,
    n: int,
    power: FloatArray,
    power_bits: IntArray,
    whole: FloatArray,
    whole_bits: IntArray,
    out_bits: IntArray,
) -> None:
    """Exponentials of the first n of ``line``, to the last digit, in vector registers.

    exp(x) = 2^k exp(f) with k whole and abs(f) < 0.35; the Taylor series of exp(f) to degree
    13 errs by less than 1e-17.

    Parameters
    ----------
    line : (b,) float array
    n : int
    power, whole : (b,) float arrays
        Scratch memory.
    power_bits, whole_bits, out_bits : (b,) int arrays
        The same memory, and that of the results, seen as whole numbers.
    """
    for i in range(n):
        whole[i] = min(max(line[i], -FARTHEST), FARTHEST) * LOG2_E + ROUND
    for i in range(n):
        k = whole[i] - ROUND
        f = (min(max(line[i], -FARTHEST), FARTHEST) - k * LN2_HIGH) - k * LN2_LOW
        s = 1.6059043836821613e-10
        s = s * f + 2.08767569878681e-09
        s = s * f + 2.505210838544172e-08
        s = s * f + 2.755731922398589e-07
        s = s * f + 2.7557319223985893e-06
        s = s * f + 2.48015873015873e-05
        s = s * f + 1.984126984126984e-04
        s = s * f + 1.388888888888889e-03
        s = s * f + 8.333333333333333e-03
        s = s * f + 4.1666666666666664e-02
        s = s * f + 1.6666666666666666e-01
        s = s * f + 0.5
        s = s * f + 1.0
        power[i] = s * f + 1.0
    for i in range(n):
        out_bits[i] = power_bits[i] + (whole_bits[i] << 52)


@summing
def predictors(
    x: FloatArray,
    offset: FloatArray,
    beta: FloatArray,
    shift: float,
    begin: int,
    n: int,
    line: FloatArray,
) -> tuple[float, float]:
    """Linear predictors of rows ``begin`` to ``begin + n``, less ``shift``, into ``line``.

    Parameters
    ----------
    x : (m, p) float array
    offset : (m,) float array
        Or of length 0.
    beta : (p,) float array
    shift : float
    begin, n : int
    line : (b,) float array

    Returns
    -------
    largest, total : float
        Of the predictors; the total is not finite when any of them is not.
    """
    p = x.shape[1]
    for i in range(n):
        eta = -shift
        for j in range(p):
            eta += x[begin + i, j] * beta[j]
        line[i] = eta
    if len(offset) > 0:
        for i in range(n):
            line[i] += offset[begin + i]
    largest, total = -np.inf, 0.0
    for i in range(n):
        total += line[i]
    for i in range(n):
        largest = max(largest, line[i])
    return largest, total


@summing
def turn(x: FloatArray, begin: int, n: int, columns: FloatArray) -> None:
    """Copy rows ``begin`` to ``begin + n`` into the columns' own lines, (p, b)."""
    p = x.shape[1]
    for i in range(n):
        for j in range(p):
            columns[j, i] = x[begin + i, j]


@summing
def add_cross_product(
    columns: FloatArray,
    weighted: FloatArray,
    v: FloatArray,
    begin: int,
    n: int,
    matrix: FloatArray,
) -> None:
    """Add the cross-product of a turned block, weighted by ``v``, to an upper triangle.

    Tiles of 2 x 2 read each column half as often. Entries below the diagonal of ``matrix``
    are scratch.

    Parameters
    ----------
    columns, weighted : (p, b) float arrays
        The block, and scratch memory of its shape.
    v : (m,) float array
        Weights; those of the block begin at ``begin``.
    begin, n : int
    matrix : (p, p) float array
    """
    p = columns.shape[0]
    for j in range(p):
        for i in range(n):
            weighted[j, i] = columns[j, i] * v[begin + i]
    even = p // 2 * 2
    for j in range(0, even, 2):
        for k in range(j, even, 2):
            z00, z01, z10, z11 = 0.0, 0.0, 0.0, 0.0
            for i in range(n):
                one, two = weighted[j, i], weighted[j + 1, i]
                three, four = columns[k, i], columns[k + 1, i]
                z00 += one * three
                z01 += one * four
                z10 += two * three
                z11 += two * four
            matrix[j, k] += z00
            matrix[j, k + 1] += z01
            matrix[j + 1, k] += z10
            matrix[j + 1, k + 1] += z11
    if even < p:
        for j in range(p):
            z = 0.0
            for i in range(n):
                z += weighted[j, i] * columns[even, i]
            matrix[j, even] += z


@summing
def leverages(
    columns: FloatArray,
    lower: FloatArray,
    solved: FloatArray,
    n: int,
    q: FloatArray,
) -> None:
    """q_i = x_i' A x_i of a turned block, A the inverse of the factorised matrix.

    Parameters
    ----------
    columns : (p, b) float array
    lower : (p, p) float array
        Cholesky factor of A's inverse.
    solved : (p, b) float array
        Scratch memory.
    n : int
    q : (b,) float array
        Receives the first n.
    """
    p = columns.shape[0]
    for i in range(n):
        q[i] = 0.0
    for j in range(p):
        for i in range(n):
            solved[j, i] = columns[j, i]
        for k in range(j):
            factor = lower[j, k]
            for i in range(n):
                solved[j, i] -= factor * solved[k, i]
        unit = 1.0 / lower[j, j]
        for i in range(n):
            value = solved[j, i] * unit
            solved[j, i] = value
            q[i] += value * value


@summing
def widest(x: FloatArray, lower: FloatArray, p: int) -> float:
    """Largest x_i' A x_i of all rows, A the inverse of the factorised matrix."""
    z = np.empty(p)
    largest = 0.0
    for i in range(x.shape[0]):
        q = 0.0
        for j in range(p):
            value = x[i, j]
            for k in range(j):
                value -= lower[j, k] * z[k]
            z[j] = value / lower[j, j]
            q += z[j] * z[j]
        largest = max(largest, q)
    return largest
