"""Arguments brought to the one layout that the kernels are compiled for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray


def _require(values: ArrayLike, kind: type) -> NDArray[Any]:
    return np.require(values, kind, ("C_CONTIGUOUS", "WRITEABLE", "ALIGNED"))


def matrix(values: ArrayLike) -> FloatArray:
    """Check a two-dimensional array of reals; raises UsageError for any other shape."""
    found = _require(values, np.float64)
    if found.ndim != 2:
        raise UsageError(
            f"covariates must have two dimensions, rows and columns, not {found.ndim}; "
            "reshape them"
        )
    return found


def vector(values: ArrayLike | None, n: int, name: str) -> FloatArray:
    """Check a vector of n reals, or of none; raises UsageError for any other length."""
    if values is None:
        return np.empty(0)
    found = _require(values, np.float64)
    if found.shape != (n,):
        raise UsageError(
            f"{name} must hold one number for each of {n} rows, not {found.shape}"
        )
    return found


def places(values: ArrayLike) -> IntArray:
    """Convert to whole numbers."""
    return _require(values, np.int64)


def flags(values: ArrayLike, n: int) -> NDArray[np.bool_]:
    """Check a vector of n booleans; raises UsageError for any other length."""
    found = _require(values, np.bool_)
    if found.shape != (n,):
        raise UsageError(
            f"event must hold one boolean for each of {n} rows, not {found.shape}"
        )
    return found


def columns(priors: ArrayLike | None, p: int) -> FloatArray:
    """Make room for column totals, beside priors as `layout.Problem.columns`, (6, p)."""
    found = np.zeros((6, p))
    found[5] = 1.0
    if priors is not None:
        found[1:] = priors
    return found
