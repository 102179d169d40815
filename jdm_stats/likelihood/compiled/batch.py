"""Many problems in one call: arrays in, frozen results out.

Whoever comes here has asked `jdm_stats.likelihood.compiled.gate` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.compiled import layout, many
from jdm_stats.likelihood.compiled.arrays import flags, matrix, places, vector
from jdm_stats.likelihood.compiled.endings import CONVERGED
from jdm_stats.likelihood.compiled.pointer import objective
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class ManyFits:
    """B fitted problems, in the caller's units; NaN where a fit failed.

    Parameters
    ----------
    coefficients, std_errors : (B, p) float arrays
        A logistic model's intercept comes first.
    covariance : (B, p, p) float array
        Inverse information of the likelihood.
    log_likelihood, penalised, null_log_likelihood, null_penalised : (B,) float arrays
    certificate : (B,) float array
        Below 1, a finite maximum of the plain likelihood is proven.
    status, iterations : (B,) int arrays
        0 converged; ``REASONS[status]`` says why not.
    lower, upper : (B, p) float arrays
        Profile limits, where asked for; NaN for an intercept.
    limit_status : (B, 2, p) int array
        As in `Profiled`; -1 where not asked for.
    statistics : (B, p) float array
        (Penalised) likelihood-ratio statistics, where limits were asked for.
    """

    coefficients: FloatArray
    std_errors: FloatArray
    covariance: FloatArray
    log_likelihood: FloatArray
    penalised: FloatArray
    null_log_likelihood: FloatArray
    null_penalised: FloatArray
    certificate: FloatArray
    status: IntArray
    iterations: IntArray
    lower: FloatArray
    upper: FloatArray
    limit_status: IntArray
    statistics: FloatArray

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Which fits converged, (B,)."""
        return np.asarray(self.status == CONVERGED)


def cox_many(
    covariates: ArrayLike,
    start: ArrayLike,
    stop: ArrayLike,
    event: ArrayLike,
    first: ArrayLike,
    *,
    stratum: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    ties: Literal["efron", "breslow"] = "efron",
    firth: bool = False,
    quantile: float | None = None,
) -> ManyFits:
    """Fit B Cox problems whose rows stand one after another.

    Parameters
    ----------
    covariates : (n, p) array
    start, stop : (n,) arrays
        Rows at risk in (start, stop].
    event : (n,) bool array
    first : (B + 1,) int array
        Rows of problem b are those from ``first[b]`` to ``first[b + 1]``.
    stratum : (n,) int array, optional
        Codes from 0, in each problem.
    weights, offset : (n,) arrays, optional
    ties, firth
    quantile : float, optional
        Of the normal distribution, for profile limits: 1.96 for 95%. None for no limits.

    Returns
    -------
    ManyFits

    Raises
    ------
    UsageError
        If lengths disagree.
    """
    x = matrix(covariates)
    n = len(x)
    bounds = _bounds(first, n)
    codes = np.empty(0, dtype=np.int64) if stratum is None else places(stratum)
    n_strata = np.ones(len(bounds) - 1, dtype=np.int64)
    if stratum is not None:
        parts = pairwise(bounds)
        n_strata[:] = [int(codes[a:b].max(initial=0)) + 1 for a, b in parts]
    return _run(
        layout.COX,
        x,
        vector(start, n, "start"),
        vector(stop, n, "stop"),
        flags(event, n),
        codes,
        n_strata,
        vector(weights, n, "weights"),
        vector(offset, n, "offset"),
        bounds,
        int(ties == "efron"),
        int(firth),
        quantile,
        x.shape[1],
    )


def logistic_many(
    covariates: ArrayLike,
    outcome: ArrayLike,
    first: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    firth: bool = False,
    quantile: float | None = None,
) -> ManyFits:
    """Fit B logistic problems whose rows stand one after another.

    Parameters
    ----------
    covariates : (n, p) array
        Without the intercept, which every model has and which comes first in the results.
    outcome : (n,) bool array
    first, weights, offset, firth, quantile
        As for `cox_many`.

    Returns
    -------
    ManyFits

    Raises
    ------
    UsageError
        If lengths disagree.
    """
    x = matrix(covariates)
    n = len(x)
    bounds = _bounds(first, n)
    none = np.empty(0)
    return _run(
        layout.LOGISTIC,
        x,
        none,
        none,
        flags(outcome, n),
        np.empty(0, dtype=np.int64),
        np.ones(len(bounds) - 1, dtype=np.int64),
        vector(weights, n, "weights"),
        vector(offset, n, "offset"),
        bounds,
        0,
        int(firth),
        quantile,
        x.shape[1] + 1,
    )


def _bounds(first: ArrayLike, n: int) -> IntArray:
    bounds = places(first)
    if bounds.ndim != 1 or not len(bounds) or bounds[0] < 0 or bounds[-1] > n:
        raise UsageError(
            f"first must rise from 0 to the number of rows, {n}; received {bounds}"
        )
    if np.any(np.diff(bounds) < 0):
        raise UsageError("first must never fall: problems stand one after another")
    return bounds


def _run(
    kind: int,
    x: FloatArray,
    start: FloatArray,
    stop: FloatArray,
    event: NDArray[np.bool_],
    stratum: IntArray,
    n_strata: IntArray,
    weights: FloatArray,
    offset: FloatArray,
    first: IntArray,
    efron: int,
    firth: int,
    quantile: float | None,
    p: int,
) -> ManyFits:
    n_problems = len(first) - 1
    coefficients, covariance = np.empty((n_problems, p)), np.empty((n_problems, p, p))
    numbers = np.empty((n_problems, many.N_NUMBERS))
    ends = np.empty((n_problems, 2), dtype=np.int64)
    limits = np.empty((n_problems, 2, p))
    limit_status = np.empty((n_problems, 2, p), dtype=np.int64)
    statistics = np.empty((n_problems, p))
    many.fit_many(
        objective(),
        kind,
        x,
        start,
        stop,
        event,
        stratum,
        n_strata,
        weights,
        offset,
        first,
        efron,
        firth,
        0.0 if quantile is None else float(quantile),
        coefficients,
        covariance,
        numbers,
        ends,
        limits,
        limit_status,
        statistics,
    )
    return ManyFits(
        coefficients=coefficients,
        std_errors=np.sqrt(np.diagonal(covariance, axis1=1, axis2=2)),
        covariance=covariance,
        log_likelihood=numbers[:, many.FIT],
        penalised=numbers[:, many.PENALISED],
        null_log_likelihood=numbers[:, many.NULL],
        null_penalised=numbers[:, many.NULL_PENALISED],
        certificate=numbers[:, many.CERTIFICATE],
        status=ends[:, 0],
        iterations=ends[:, 1],
        lower=limits[:, 0],
        upper=limits[:, 1],
        limit_status=limit_status,
        statistics=statistics,
    )
