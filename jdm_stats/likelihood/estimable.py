"""What a design can tell apart: columns that vary, independently, where it matters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jdm_stats.likelihood.partial import PartialLikelihood
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray, RiskSets

# Information below this share of the second moments it is the difference of is rounding.
ROUNDING = 1e-11
# Eigenvalues of the scaled information above this need no closer look.
CLEAR = 1e-6


def independent_columns(centred: FloatArray) -> IntArray:
    """Positions of columns that are not linear combinations of earlier ones.

    Parameters
    ----------
    centred : (n, p) float array
        Columns, without any constant part the model cannot see.

    Returns
    -------
    (k,) int array

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 1.0], [-1.0, -2.0, -1.0]])
    >>> independent_columns(x)
    array([0, 2])
    """
    basis = np.empty((centred.shape[0], 0))
    kept = []
    for j in range(centred.shape[1]):
        column = centred[:, j]
        length = float(np.linalg.norm(column))
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)
        if length > 0 and float(np.linalg.norm(rest)) > 1e-9 * length:
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
            kept.append(j)
    return np.asarray(kept, dtype=np.intp)


def estimable_cox_columns(covariates: FloatArray, risk_sets: RiskSets) -> IntArray:
    """Positions of covariates that vary, independently, within the risk sets."""
    centred = covariates - covariates.mean(axis=0)
    centred[:, _constant(covariates)] = 0.0
    scaled = centred / column_spread(centred)
    evaluation = PartialLikelihood(scaled, risk_sets, "breslow").evaluate(
        np.zeros(covariates.shape[1])
    )
    if clearly_independent(evaluation.information):
        return np.arange(covariates.shape[1])
    return independent_columns(
        _root(evaluation.information, scaled.T**2 @ evaluation.v)
    )


def clearly_independent(information: FloatArray) -> bool:
    """Whether the information of covariates at unit spread is far from singular."""
    own = np.diag(information)
    if not (np.isfinite(own).all() and (own > CLEAR).all()):
        return False
    unit = 1.0 / np.sqrt(own)
    return bool(np.linalg.eigvalsh(information * np.outer(unit, unit))[0] > CLEAR)


def _root(information: FloatArray, second_moments: FloatArray) -> FloatArray:
    """Return a square root of the information at zero: its null space is what no risk set sees.

    Each column is brought to unit length, or to zero where its information is no more than
    the rounding of its second moments.
    """
    own = np.diag(information)
    seen = own > ROUNDING * second_moments
    unit = np.where(seen, 1.0 / np.sqrt(np.where(seen, own, 1.0)), 0.0)
    values, vectors = np.linalg.eigh(information * np.outer(unit, unit))
    values[values < ROUNDING] = 0.0
    root = np.sqrt(values)[:, None] * vectors.T
    root[:, ~seen] = 0.0
    return root


def _constant(covariates: FloatArray) -> NDArray[np.bool_]:
    """Mark columns that vary by no more than rounding."""
    size = np.abs(covariates).max(axis=0, initial=0.0)
    return np.ptp(covariates, axis=0) <= 1e-13 * size


def column_spread(centred: FloatArray) -> FloatArray:
    """Root mean square of each column, 1 where it is 0."""
    spread = np.sqrt(np.einsum("ij,ij->j", centred, centred) / max(len(centred), 1))
    return np.where(spread > 0, spread, 1.0)
