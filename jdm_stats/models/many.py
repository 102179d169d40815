"""Thousands of small fits in one call, each through the gate.

The compiled path prepares, fits and, where asked, profiles them all. What it cannot vouch
for, a likelihood that may be monotone or a penalised one with another peak, is taken up again
one by one on the path of single fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri
from scipy.stats import chi2

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.compiled.gate import gate, kernels, machine_code_is_there
from jdm_stats.likelihood.fast import (
    CALL_SECONDS,
    CLIMB,
    COMPILING_SECONDS,
    ENGINES,
    ENTRY_SECONDS,
    LIMITS,
    WORTHWHILE_SECONDS,
    Engine,
)
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray
from jdm_stats.models.arrays import (
    ArrayFit,
    BoolArray,
    check_arrays,
    check_options,
    check_vectors,
    fit_checked,
)


@dataclass(frozen=True, eq=False)
class ManyFits:
    """B fits of one model; every figure on the log scale, NaN where ``reasons`` says why.

    Parameters
    ----------
    labels : (B,) array
        What ``by`` called each fit.
    coefficients, std_errors, p_values, conf_low, conf_high : (B, p) float arrays
        A logistic model's intercept comes first.
    covariance : (B, p, p) float array
    log_likelihood, log_likelihood_null : (B,) float arrays
        With the penalty, if any.
    converged, separated : (B,) bool arrays
    reasons : tuple of str
        Empty where converged.
    """

    labels: np.ndarray
    coefficients: FloatArray
    std_errors: FloatArray
    p_values: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    covariance: FloatArray
    log_likelihood: FloatArray
    log_likelihood_null: FloatArray
    converged: BoolArray
    separated: BoolArray
    reasons: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def only(self) -> ArrayFit:
        """Give the first fit by itself."""
        figures = {name: getattr(self, name)[0] for name in _FIGURES}
        return ArrayFit(**figures, reason=self.reasons[0])

    def tidy(self) -> pd.DataFrame:
        """Give one row per fit and coefficient: ``fit, column, estimate, std_error, ...``."""
        count, p = self.coefficients.shape
        return pd.DataFrame(
            {
                "fit": np.repeat(self.labels, p),
                "column": np.tile(np.arange(p), count),
                "estimate": self.coefficients.ravel(),
                "std_error": self.std_errors.ravel(),
                "p_value": self.p_values.ravel(),
                "conf_low": self.conf_low.ravel(),
                "conf_high": self.conf_high.ravel(),
                "reason": np.repeat(self.reasons, p),
            }
        )


def fit_many(
    covariates: ArrayLike,
    event: ArrayLike,
    start: ArrayLike | None = None,
    stop: ArrayLike | None = None,
    *,
    by: ArrayLike,
    model: Literal["cox", "logistic"] = "cox",
    penalty: str | None = None,
    ties: str = "efron",
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    interval: Literal["wald", "profile"] = "wald",
    conf_level: float = 0.95,
    engine: Engine = "auto",
) -> ManyFits:
    """Fit the same Cox or logistic model to many sets of rows.

    Parameters
    ----------
    covariates : (n, p) array
        Rows of all fits.
    event, start, stop : (n,) arrays
        As in `fit_arrays`.
    by : (n,) array
        Names the fit that each row belongs to; rows of one fit need not stand together.
    model, penalty, ties, strata, weights, offset, interval, conf_level, engine
        As in `fit_arrays`; "auto" weighs the work of all fits together.

    Returns
    -------
    ManyFits
        In the order in which the fits first appear.

    Raises
    ------
    UsageError
        As in `fit_arrays`.

    Notes
    -----
    Another peak of a Firth likelihood is looked for through the profiles only, and so only
    with ``interval="profile"``; `jdm_stats.fit_cox` looks harder.

    Examples
    --------
    Two bootstrap samples of four children.

    >>> x = [[1.0], [0.0], [1.0], [0.0], [0.0], [1.0], [0.0], [1.0]]
    >>> died, stop = [1, 1, 1, 0, 1, 1, 1, 0], [1, 2, 4, 5, 1, 2, 4, 5]
    >>> fits = fit_many(x, died, stop=stop, by=[1, 1, 1, 1, 2, 2, 2, 2])
    >>> fits.coefficients.round(3).tolist()
    [[0.941], [-0.941]]
    """
    x, died, begin, end = check_arrays(covariates, event, start, stop, model)
    check_options(model, penalty, ties, interval, conf_level)
    if engine not in ENGINES:
        raise UsageError(f"engine must be one of {ENGINES}; received {engine!r}")
    codes, labels = pd.factorize(np.asarray(by))
    if codes.shape != (len(x),) or (codes < 0).any():
        raise UsageError(f"by must name a fit in each of {len(x)} rows")
    order, first = _together(codes, len(labels))
    heavy, shift = check_vectors(x, weights, offset)
    given = {
        "x": x,
        "died": died,
        "begin": begin,
        "end": end,
        "strata": None if strata is None else np.asarray(strata, dtype=np.intp),
        "weights": heavy,
        "offset": shift,
    }
    rows = {k: None if v is None else v[order] for k, v in given.items()}
    options: dict[str, Any] = {
        "model": model,
        "penalty": penalty,
        "ties": ties,
        "interval": interval,
        "conf_level": conf_level,
    }
    one = _Fitter(rows, first, options)
    if _compiled(engine, x, first, interval == "profile"):
        return _by_kernels(one, labels)
    return _joined(labels, [one.fit(b) for b in range(len(labels))])


def _together(codes: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Order that brings the rows of a fit together, and where each fit begins."""
    order = np.argsort(codes, kind="stable")
    first = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(codes, minlength=count), out=first[1:])
    return order, first


def _compiled(engine: Engine, x: FloatArray, first: IntArray, limits: bool) -> bool:
    if engine == "compiled" and not gate().open:
        raise UsageError(f"the compiled engine is not available ({gate().reason})")
    if engine != "auto":
        return engine == "compiled"
    fits = len(first) - 1
    evaluations = CLIMB + (LIMITS * x.shape[1] if limits else 0)
    seconds = evaluations * (5 * CALL_SECONDS * fits + ENTRY_SECONDS * x.size)
    if seconds <= WORTHWHILE_SECONDS or not gate().open:
        return False
    return seconds > COMPILING_SECONDS or machine_code_is_there()


@dataclass(frozen=True, eq=False)
class _Fitter:
    """Rows of all fits together, and how one of them is fitted by itself."""

    rows: dict[str, np.ndarray | None]
    first: IntArray
    options: dict[str, Any]

    def fit(self, number: int, *, doubtful: bool = False) -> ArrayFit:
        own = slice(self.first[number], self.first[number + 1])
        part: dict[str, Any] = {
            k: None if v is None else v[own] for k, v in self.rows.items()
        }
        return fit_checked(part, "numpy", doubtful=doubtful, **self.options)


def _by_kernels(one: _Fitter, labels: np.ndarray) -> ManyFits:
    """Fit all in compiled code; those it cannot vouch for, one by one."""
    batch, rows, options = kernels("batch"), one.rows, one.options
    firth, profile = options["penalty"] == "firth", options["interval"] == "profile"
    quantile = float(-ndtri((1.0 - options["conf_level"]) / 2.0))
    shared = {
        "weights": rows["weights"],
        "offset": rows["offset"],
        "firth": firth,
        "quantile": quantile if profile else None,
    }
    if options["model"] == "cox":
        found = batch.cox_many(
            *(rows["x"], rows["begin"], rows["end"], rows["died"], one.first),
            stratum=rows["strata"],
            ties=options["ties"],
            **shared,
        )
    else:
        found = batch.logistic_many(rows["x"], rows["died"], one.first, **shared)
    reach = quantile * found.std_errors
    low, high = found.coefficients - reach, found.coefficients + reach
    p_values = 2.0 * ndtr(-np.abs(found.coefficients / found.std_errors))
    open_still = ~found.converged
    if not firth:
        open_still |= ~(found.certificate < 1.0)
    if profile:
        low, high = found.lower, found.upper
        own = found.limit_status[:, :, int(options["model"] == "logistic") :]
        open_still |= (own > 1).any(axis=(1, 2)) | bool(options["model"] == "logistic")
        if firth:
            p_values = chi2.sf(found.statistics, 1)
    many = ManyFits(
        labels=np.asarray(labels),
        coefficients=found.coefficients,
        std_errors=found.std_errors,
        p_values=p_values,
        conf_low=low,
        conf_high=high,
        covariance=found.covariance,
        log_likelihood=found.penalised,
        log_likelihood_null=found.null_penalised,
        converged=found.converged & ~open_still,
        separated=np.zeros(len(labels), dtype=bool),
        reasons=("",) * len(labels),
    )
    again = np.flatnonzero(open_still)
    return _with_single_fits(
        many, {int(b): one.fit(int(b), doubtful=not firth) for b in again}
    )


def _with_single_fits(many: ManyFits, fits: dict[int, ArrayFit]) -> ManyFits:
    """Put in fits made one by one; the arrays of ``many`` are its own."""
    reasons = list(many.reasons)
    for number, fit in fits.items():
        for name in _FIGURES:
            getattr(many, name)[number] = getattr(fit, name)
        reasons[number] = fit.reason
    return ManyFits(**{**vars(many), "reasons": tuple(reasons)})


_FIGURES = (
    "coefficients",
    "std_errors",
    "p_values",
    "conf_low",
    "conf_high",
    "covariance",
    "log_likelihood",
    "log_likelihood_null",
    "converged",
    "separated",
)


def _joined(labels: np.ndarray, fits: list[ArrayFit]) -> ManyFits:
    figures = {name: np.array([getattr(f, name) for f in fits]) for name in _FIGURES}
    return ManyFits(
        labels=np.asarray(labels),
        reasons=tuple(fit.reason for fit in fits),
        **figures,
    )
