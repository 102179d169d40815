"""Cholesky factors of small matrices, straight from LAPACK.

The matrices are the information of a handful of coefficients; in SciPy's wrappers the checks
around a factorisation cost ten times the factorisation.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs, dtrtrs

from jdm_stats.likelihood.risk_sets import FloatArray


def factor(matrix: FloatArray) -> FloatArray | None:
    """Lower factor L of LL', (p, p); None when the matrix is not positive definite.

    Examples
    --------
    >>> factor(np.array([[4.0, 2.0], [2.0, 5.0]]))
    array([[2., 0.],
           [1., 2.]])
    >>> factor(np.array([[0.0]])) is None
    True
    """
    lower, info = dpotrf(matrix, lower=1, clean=1)
    # LAPACK lets NaN pass: a factor of NaN is none.
    sound = info == 0 and bool(np.isfinite(lower).all())
    return lower if sound else None


def solve(lower: FloatArray, right: FloatArray) -> FloatArray:
    """Solve LL'x = right."""
    found: FloatArray = dpotrs(lower, right, lower=1)[0]
    return found.reshape(right.shape)


def solve_half(lower: FloatArray, right: FloatArray) -> FloatArray:
    """Solve Lx = right."""
    found: FloatArray = dtrtrs(lower, right, lower=1)[0]
    return found.reshape(right.shape)


def inverse(lower: FloatArray) -> FloatArray:
    """Inverse of LL'."""
    half: FloatArray = dpotri(lower, lower=1)[0]
    return np.tril(half) + np.tril(half, -1).T
