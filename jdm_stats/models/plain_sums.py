"""Designs that only add columns of numbers up, which most are: no formula language needed."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.errors import DesignError
from jdm_stats.likelihood.risk_sets import FloatArray

INTERCEPT = "Intercept"
# Rows copied together.
BLOCK = 4096
PLAIN_NAME = re.compile(r"[A-Za-z_]\w*")


def plain_sum(frame: pd.DataFrame, formula: str) -> tuple[str, ...] | None:
    """Return the columns of a formula that only adds columns of numbers up, else None."""
    names = [name.strip() for name in formula.split("+")]
    if not all(PLAIN_NAME.fullmatch(name) for name in names):
        return None
    names = list(dict.fromkeys(names))
    for name in names:
        if (frame.columns == name).sum() != 1:
            return None
        dtype = frame[name].dtype
        if not (isinstance(dtype, np.dtype) and dtype.kind in "iufb"):
            return None
    return tuple(names)


@dataclass(frozen=True)
class SumSpec:
    """Codes new rows of a formula that only adds columns up.

    Parameters
    ----------
    names : tuple of str
    """

    names: tuple[str, ...]

    def get_model_matrix(self, plain: pd.DataFrame) -> pd.DataFrame:
        """Return the columns, the intercept first."""
        coded = plain[list(self.names)].astype(float)
        coded.insert(0, INTERCEPT, 1.0)
        return coded


def coded_sum(
    frame: pd.DataFrame, names: tuple[str, ...], *, intercept: bool
) -> tuple[FloatArray, np.ndarray, dict[str, int]]:
    """Code a sum of columns without the formula language; the numbers are the same.

    Parameters
    ----------
    frame : DataFrame
    names : tuple of str
        As `plain_sum` gives them.
    intercept : bool
        Put a column of ones first.

    Returns
    -------
    matrix : (n, p) float array
        Of the rows with every column present.
    kept : (N,) bool array
    missing : dict of str to int

    Raises
    ------
    DesignError
        When values are infinite.
    """
    width = len(names) + int(intercept)
    matrix = np.empty((len(frame), width))
    matrix[:, : width - len(names)] = 1.0
    columns = [frame[name].to_numpy() for name in names]
    for at in range(0, len(frame), BLOCK):  # as much as stays in the cache
        own = slice(at, at + BLOCK)
        for j, column in enumerate(columns, start=width - len(names)):
            matrix[own, j] = column[own]
    kept = np.ones(len(frame), dtype=bool)
    missing: dict[str, int] = {}
    if np.isfinite(matrix).all():
        return matrix, kept, missing
    if np.isinf(matrix).any():
        bad = [n for n in names if np.isinf(frame[n].to_numpy(dtype=float)).any()]
        raise DesignError(
            f"covariates are infinite or undefined in some rows: {bad}; correct those rows"
        )
    kept = np.asarray(~np.isnan(matrix).any(axis=1))
    missing = {n: int(frame[n].isna().sum()) for n in names if frame[n].isna().any()}
    return matrix[kept], kept, missing
