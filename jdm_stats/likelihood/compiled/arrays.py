"""Arguments brought to the one layout that the kernels are compiled for."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

NEEDS = ["C_CONTIGUOUS", "WRITEABLE", "ALIGNED"]


def matrix(values: ArrayLike) -> FloatArray:
    """A two-dimensional array of reals; raises UsageError for any other shape."""
    found = np.require(values, np.float64, NEEDS)
    if found.ndim != 2:
        raise UsageError(
            f"covariates must have two dimensions, rows and columns, not {found.ndim}; "
            "reshape them"
        )
    return found


def vector(values: ArrayLike | None, n: int, name: str) -> FloatArray:
    """A vector of n reals, or of none; raises UsageError for any other length."""
    if values is None:
        return np.empty(0)
    found = np.require(values, np.float64, NEEDS)
    if found.shape != (n,):
        raise UsageError(
            f"{name} must hold one number for each of {n} rows, not {found.shape}"
        )
    return found


def places(values: ArrayLike) -> IntArray:
    """A vector of whole numbers."""
    return np.require(values, np.int64, NEEDS)


def flags(values: ArrayLike, n: int) -> NDArray[np.bool_]:
    """A vector of n booleans; raises UsageError for any other length."""
    found = np.require(values, np.bool_, NEEDS)
    if found.shape != (n,):
        raise UsageError(
            f"event must hold one boolean for each of {n} rows, not {found.shape}"
        )
    return found


def columns(priors: ArrayLike | None, p: int) -> FloatArray:
    """Room for column totals, and priors as kind, two parameters and scale, (5, p)."""
    found = np.zeros((5, p))
    found[4] = 1.0
    if priors is not None:
        found[1:] = priors
    return found
