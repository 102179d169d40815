"""Small linear algebra by Cholesky, written out: p is a handful, and a library call costs more."""

from __future__ import annotations

import numpy as np

from jdm_stats.likelihood.compiled.jit import exact
from jdm_stats.likelihood.risk_sets import FloatArray


@exact
def factorise(matrix: FloatArray, n: int, lower: FloatArray) -> bool:
    """Cholesky factor of the leading n x n of a symmetric matrix, read from its upper triangle.

    Parameters
    ----------
    matrix : (p, p) float array
    n : int
    lower : (p, p) float array
        Receives the factor in its lower triangle.

    Returns
    -------
    bool
        False when the matrix is not positive definite, or not finite.
    """
    for i in range(n):
        for j in range(i + 1):
            rest = matrix[j, i]
            for k in range(j):
                rest -= lower[i, k] * lower[j, k]
            if i == j:
                if not (rest > 0.0 and rest < np.inf):
                    return False
                lower[i, i] = np.sqrt(rest)
            else:
                lower[i, j] = rest / lower[j, j]
    return True


@exact
def solve_factorised(lower: FloatArray, n: int, vector: FloatArray) -> None:
    """Solve in place, given the factor; the first n of ``vector``."""
    for i in range(n):
        rest = vector[i]
        for k in range(i):
            rest -= lower[i, k] * vector[k]
        vector[i] = rest / lower[i, i]
    for i in range(n - 1, -1, -1):
        rest = vector[i]
        for k in range(i + 1, n):
            rest -= lower[k, i] * vector[k]
        vector[i] = rest / lower[i, i]


@exact
def invert_factorised(lower: FloatArray, n: int, inverse: FloatArray) -> None:
    """Give the inverse of the factorised matrix, whole and symmetric."""
    column = np.empty(n)
    for j in range(n):
        column[:] = 0.0
        column[j] = 1.0
        solve_factorised(lower, n, column)
        for i in range(j, n):
            inverse[i, j] = column[i]
            inverse[j, i] = column[i]


@exact
def half_log_det(lower: FloatArray, n: int) -> float:
    """Half the log determinant of the factorised matrix."""
    value = 0.0
    for i in range(n):
        value += np.log(lower[i, i])
    return value
