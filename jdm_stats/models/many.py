"""Thousands of small fits in one call, each through the gate.

The compiled path prepares, fits and, where asked, profiles them all. What it cannot vouch
for, a likelihood that may be monotone or a penalised one with another peak, is taken up again
one by one on the path of single fits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri
from scipy.stats import chi2

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.compiled.gate import gate, kernels
from jdm_stats.likelihood.fast import (
    ENGINES,
    Engine,
    numpy_seconds,
    worth_compiling,
)
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray
from jdm_stats.models.arrays import (
    ArrayFit,
    BoolArray,
    check_arrays,
    check_options,
    check_vectors,
    fit_checked,
    is_separated,
)
from jdm_stats.models.inference import REFUSED

# Calls that preparing a small fit costs on the NumPy path, beside those of an evaluation.
PREPARING = 3


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
        As in `jdm_stats.fit_arrays`.
    by : (n,) array
        Names the fit that each row belongs to; rows of one fit need not stand together.
    model, penalty, ties, strata, weights, offset, interval, conf_level, engine
        As in `jdm_stats.fit_arrays`; "auto" weighs the work of all fits together.

    Returns
    -------
    ManyFits
        In the order in which the fits first appear.

    Raises
    ------
    UsageError
        As in `jdm_stats.fit_arrays`.

    Notes
    -----
    Each Firth fit is looked at for a higher peak coarsely, and with ``interval="profile"``
    along its profiles; one that has another peak is fitted anew as `jdm_stats.fit_cox` does.

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
    if not len(x):
        raise UsageError("there are no rows; give at least one fit")
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
    if _compiled(
        engine, x, first, limits=interval == "profile", firth=penalty == "firth"
    ):
        return _by_kernels(one, labels)
    return _joined(labels, [one.fit(b) for b in range(len(labels))])


def _together(codes: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Order that brings the rows of a fit together, and where each fit begins."""
    order = np.argsort(codes, kind="stable")
    first = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(codes, minlength=count), out=first[1:])
    return order, first


def _compiled(
    engine: Engine, x: FloatArray, first: IntArray, *, limits: bool, firth: bool
) -> bool:
    if engine == "compiled" and not gate().open:
        raise UsageError(f"the compiled engine is not available ({gate().reason})")
    if engine != "auto":
        return engine == "compiled"
    fits = len(first) - 1
    seconds = numpy_seconds(
        len(x), x.shape[1], limits=limits, firth=firth, fits=PREPARING * fits
    )
    return worth_compiling(seconds)


@dataclass(frozen=True, eq=False)
class _Fitter:
    """Rows of all fits together, and how one of them is fitted by itself."""

    rows: dict[str, np.ndarray | None]
    first: IntArray
    options: dict[str, Any]

    def fit(self, number: int, *, doubtful: bool = False) -> ArrayFit:
        return fit_checked(
            self._rows(number), "numpy", doubtful=doubtful, **self.options
        )

    def separated(self, number: int) -> bool:
        """Whether the plain likelihood of one fit is monotone."""
        return is_separated(
            self._rows(number), self.options["model"], self.options["ties"]
        )

    def _rows(self, number: int) -> dict[str, Any]:
        own = slice(self.first[number], self.first[number + 1])
        return {k: None if v is None else v[own] for k, v in self.rows.items()}


def _by_kernels(one: _Fitter, labels: np.ndarray) -> ManyFits:
    """Fit all in compiled code; those it cannot vouch for, one by one."""
    options = one.options
    firth, profile = options["penalty"] == "firth", options["interval"] == "profile"
    logistic = options["model"] == "logistic"
    quantile = float(-ndtri((1.0 - options["conf_level"]) / 2.0))
    found = _kernel_fits(one, firth=firth, quantile=quantile if profile else None)
    reach = quantile * found.std_errors
    low, high = found.coefficients - reach, found.coefficients + reach
    p_values = 2.0 * ndtr(-np.abs(found.coefficients / found.std_errors))
    plain = _kernel_fits(one, firth=False, quantile=None) if firth else found
    proven = plain.converged & (plain.certificate < 1.0)
    open_still = ~found.converged
    if profile:
        low, high = found.lower, found.upper
        own = found.limit_status[:, :, int(logistic) :]
        open_still |= (own > 1).any(axis=(1, 2)) | logistic
        if firth:
            p_values = chi2.sf(found.statistics, 1)
    vouched = ~open_still & firth
    # What separates a Firth fit's rows decides whether its Wald figures can stand.
    open_still |= ~proven
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
        converged=found.converged.copy(),
        separated=np.zeros(len(labels), dtype=bool),
        reasons=("",) * len(labels),
    )
    return _settled(one, many, open_still, vouched)


def _settled(
    one: _Fitter, many: ManyFits, open_still: BoolArray, vouched: BoolArray
) -> ManyFits:
    """Take up again what is open; a Firth fit of which only the gate is open stands."""
    wald = one.options["interval"] == "wald"
    again, reasons = {}, list(many.reasons)
    for number in map(int, np.flatnonzero(open_still)):
        if not vouched[number]:
            plain = one.options["penalty"] is None
            again[number] = one.fit(number, doubtful=plain)
        elif one.separated(number):
            many.separated[number] = True
            if not wald:
                continue
            for figures in (many.conf_low, many.conf_high, many.p_values):
                figures[number] = np.nan
            reasons[number] = REFUSED
    return _with_single_fits(replace(many, reasons=tuple(reasons)), again)


def _kernel_fits(one: _Fitter, *, firth: bool, quantile: float | None) -> Any:
    batch, rows, options = kernels("batch"), one.rows, one.options
    shared = {
        "weights": rows["weights"],
        "offset": rows["offset"],
        "firth": firth,
        "quantile": quantile,
    }
    if options["model"] == "logistic":
        return batch.logistic_many(rows["x"], rows["died"], one.first, **shared)
    return batch.cox_many(
        *(rows["x"], rows["begin"], rows["end"], rows["died"], one.first),
        stratum=rows["strata"],
        ties=options["ties"],
        **shared,
    )


def _with_single_fits(many: ManyFits, fits: dict[int, ArrayFit]) -> ManyFits:
    """Put in fits made one by one; the arrays of ``many`` are its own."""
    reasons = list(many.reasons)
    for number, fit in fits.items():
        for name in _FIGURES:
            getattr(many, name)[number] = getattr(fit, name)
        reasons[number] = fit.reason
    return replace(many, reasons=tuple(reasons))


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
