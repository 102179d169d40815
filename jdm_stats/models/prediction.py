"""What a fit says of new rows: baseline hazard, survival, cumulative incidence, risk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import norm

from jdm_stats.errors import UsageError
from jdm_stats.intervals.marks import marked
from jdm_stats.likelihood.partial import PartialEvaluation
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray
from jdm_stats.models.fitted_rows import CoxRows
from jdm_stats.models.residuals import evaluation_of

if TYPE_CHECKING:
    from jdm_stats.models.fit import FitResult


def baseline_hazard(fit: FitResult) -> pd.DataFrame:
    """Cumulative baseline hazard: of a child whose covariates and offset are all 0.

    Parameters
    ----------
    fit : FitResult
        Of `jdm_stats.fit_cox`, with an estimate.

    Returns
    -------
    DataFrame
        One row per stratum and event time: ``stratum, time, n_events, hazard`` (the
        increment), ``cumulative_hazard, survival``. Under Efron's ties the increment is
        Efron's, as in R's ``survfit``.

    Raises
    ------
    UsageError
        For a fit of another model or one without estimate.

    Examples
    --------
    >>> import pandas as pd
    >>> from jdm_stats.models.cox import fit_cox
    >>> frame = pd.DataFrame(
    ...     {
    ...         "start": 0,
    ...         "stop": [1, 2, 3, 4],
    ...         "event": [1, 1, 1, 0],
    ...         "nxp2": [1, 0, 1, 0],
    ...     }
    ... )
    >>> baseline_hazard(fit_cox(frame, "nxp2"))["n_events"].tolist()
    [1, 1, 1]
    """
    rows = fit.cox_rows()
    sets = rows.sets
    steps = _increments(fit, evaluation_of(fit))
    table = pd.DataFrame(
        {
            "stratum": _labels(rows, sets.stratum),
            "time": sets.times,
            "n_events": sets.deaths_per_time,
            "hazard": steps,
        }
    )
    grouped = table.groupby("stratum", sort=False)["hazard"]
    table["cumulative_hazard"] = grouped.cumsum()
    table["survival"] = np.exp(-table["cumulative_hazard"])
    return marked(table, fit.synthetic)


def predict(fit: FitResult, frame: pd.DataFrame, *, flic: bool = False) -> pd.Series:
    """Linear predictor of a Cox fit, or risk of a logistic one, for new rows.

    Parameters
    ----------
    fit : FitResult
        With an estimate. A term left out of it (constant, or a combination of others)
        counts as 0.
    frame : DataFrame
        New rows with the variables of the formula, and the column of the offset if the
        fit has one.
    flic : bool, default False
        For a Firth logistic fit: correct the intercept so that the mean predicted risk of
        the rows fitted is the observed one (Puhr et al. 2017). Firth's own predictions
        lean towards one half.

    Returns
    -------
    Series
        Indexed as ``frame``: ``linear_predictor`` (log hazard ratio against covariates
        all 0) or ``risk``; NaN where a variable is missing.

    Raises
    ------
    UsageError
        When the fit has no estimate, or ``flic`` is asked of another model.
    """
    eta = encoded(fit, frame) @ _coefficients(fit) + offset_of(fit, frame)
    if fit.kind != "logistic":
        if flic:
            raise UsageError("flic corrects a logistic fit; this is " + fit.model)
        return pd.Series(eta, index=frame.index, name="linear_predictor")
    if flic:
        eta = eta + flic_shift(fit)
    return pd.Series(expit(eta), index=frame.index, name="risk")


def flic_shift(fit: FitResult) -> float:
    """Find what the intercept of a Firth logistic fit gains by FLIC.

    The slopes stay; the intercept is fitted anew by plain maximum likelihood.
    """
    rows = fit.rows
    if fit.kind != "logistic" or rows is None:
        raise UsageError("flic corrects a logistic fit; this is " + fit.model)
    eta = rows.covariates @ _coefficients(fit)
    if rows.offset is not None:
        eta = eta + rows.offset
    heavy = np.ones(len(eta)) if rows.weights is None else rows.weights

    def excess(shift: float) -> float:
        return float(heavy @ (expit(eta + shift) - rows.outcome))

    return float(brentq(excess, -50.0, 50.0, xtol=1e-13, rtol=1e-14))


def predict_survival(
    fit: FitResult,
    frame: pd.DataFrame,
    times: float | Sequence[float] | None = None,
    *,
    conf_level: float = 0.95,
    scale: str = "log-log",
) -> pd.DataFrame:
    """Survival without the event for new rows of fixed covariates.

    Parameters
    ----------
    fit : FitResult
        Of `jdm_stats.fit_cox`.
    frame : DataFrame
        New rows with the variables of the formula and, where the fit has them, the
        columns of its strata and offset.
    times : float or sequence of float, optional
        Default: every event time.
    conf_level : float, default 0.95
    scale : {"log-log", "log"}
        Scale of the limits; R's ``survfit`` defaults to log.

    Returns
    -------
    DataFrame
        One row per new row and time: ``row`` (its index), ``time, survival,
        cumulative_hazard, std_error`` (of the cumulative hazard), ``conf_low,
        conf_high``. Beyond the last event of the stratum the curve stays level. Where the
        plain likelihood is monotone there are no errors and limits: the curvature they
        rest on is not there.

    Raises
    ------
    UsageError
        For a fit of another model or without estimate, when strata are not known, or when
        times are missing.

    Notes
    -----
    The hazard of the event alone. With competing events the risk is smaller: use
    `jdm_stats.predict_cumulative_incidence`.
    """
    if scale not in ("log-log", "log"):
        raise UsageError(f"scale must be 'log-log' or 'log'; received {scale!r}")
    if not 0.0 < conf_level < 1.0:
        raise UsageError(
            f"conf_level must lie between 0 and 1, such as 0.95; received {conf_level!r}"
        )
    rows, at = fit.cox_rows(), evaluation_of(fit)
    wanted = np.unique(rows.sets.times) if times is None else _times(times)
    covariates, strata = encoded(fit, frame), strata_of(fit, frame)
    lifts = np.exp(offset_of(fit, frame))
    quantile = float(norm.isf((1.0 - conf_level) / 2.0))
    blocks = []
    for label, x, stratum, lift in zip(
        frame.index, covariates, strata, lifts, strict=True
    ):
        # Far enough from the rows fitted, hazards are 0 or beyond all numbers.
        with np.errstate(over="ignore", invalid="ignore"):
            hazard, error = cumulative_of(fit, at, x, int(stratum), wanted)
            hazard, error = hazard * lift, error * lift
            if fit.separated:
                error = np.full_like(error, np.nan)
            low, high = _limits(hazard, error * quantile, scale)
        blocks.append(
            pd.DataFrame(
                {
                    "row": label,
                    "time": wanted,
                    "survival": np.exp(-hazard),
                    "cumulative_hazard": hazard,
                    "std_error": error,
                    "conf_low": low,
                    "conf_high": high,
                }
            )
        )
    if not blocks:
        raise UsageError("the frame has no rows to predict for")
    return marked(pd.concat(blocks, ignore_index=True), fit.synthetic)


def _times(times: float | Sequence[float]) -> FloatArray:
    wanted = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if wanted.ndim != 1 or np.isnan(wanted).any():
        raise UsageError(
            f"times must be numbers on the scale of stop; received {times!r}"
        )
    return wanted


def _coefficients(fit: FitResult) -> FloatArray:
    found = fit.inference
    if found.solution is None:
        raise UsageError(f"the fit has no estimate: {fit.failure_reason}")
    # A term that follows from others, or does not vary, adds nothing of its own.
    return np.where(np.isfinite(found.coefficients), found.coefficients, 0.0)


def encoded(fit: FitResult, frame: pd.DataFrame) -> FloatArray:
    """Code new rows as the fitted ones were, (n, p)."""
    absent = [v for v in fit.design.variables if v not in frame.columns]
    if absent:
        raise UsageError(
            f"the new rows lack variables of the formula: {absent}; their columns are "
            f"{[str(c) for c in frame.columns]}"
        )
    return fit.design.encode(frame)


def offset_of(fit: FitResult, frame: pd.DataFrame) -> FloatArray:
    """Offset of each new row; 0 for a fit without one."""
    rows = fit.rows
    if rows is None or rows.offset is None:
        return np.zeros(len(frame))
    if rows.offset_name is None or rows.offset_name not in frame.columns:
        raise UsageError(
            "the fit has an offset; name it by a column in the fit and give that column "
            f"with the new rows (looked for {rows.offset_name!r})"
        )
    return frame[rows.offset_name].to_numpy(dtype=float, na_value=np.nan)


def _labels(rows: CoxRows, codes: IntArray) -> list[str]:
    if rows.strata is None:
        return ["all"] * len(codes)
    return [rows.strata_labels[k] for k in codes]


def strata_of(fit: FitResult, frame: pd.DataFrame) -> IntArray:
    """Stratum of each new row, by its label."""
    rows = fit.cox_rows()
    if rows.strata is None:
        return np.zeros(len(frame), dtype=np.intp)
    names = rows.strata_names
    absent = [name for name in names if name not in frame.columns]
    if not names or absent:
        raise UsageError(
            "the fit is stratified; name its strata by columns and give those columns with "
            f"the new rows (missing: {absent or 'the strata were given as an array'})"
        )
    known = {label: code for code, label in enumerate(rows.strata_labels)}
    said = [
        ", ".join(f"{n}={v}" for n, v in zip(names, values, strict=True))
        for values in frame[list(names)].itertuples(index=False, name=None)
    ]
    unknown = sorted(set(said) - set(known))
    if unknown:
        raise UsageError(
            f"strata the fit has not seen: {unknown}; it knows {rows.strata_labels}"
        )
    return np.array([known[s] for s in said], dtype=np.intp)


def _centre(fit: FitResult) -> FloatArray:
    solution = fit.inference.solution
    assert solution is not None and solution.problem.centre is not None
    return solution.problem.centre


def _increments(fit: FitResult, at: PartialEvaluation) -> FloatArray:
    """Give the steps of the cumulative hazard at covariates 0, (K,)."""
    back = fit.inference.coefficients[fit.inference.positions] @ _centre(fit)
    with np.errstate(over="ignore"):  # covariates of 0 may be far from every row
        return np.asarray(at.hazard_increments() * np.exp(-back))


def cumulative_of(
    fit: FitResult,
    at: PartialEvaluation,
    x: FloatArray,
    stratum: int,
    times: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Cumulative hazard of one child at given times, and its standard error.

    The error joins that of the hazard's steps and that of the coefficients (Tsiatis 1981);
    of a fit with robust limits, the robust covariance of the coefficients.
    """
    solution, here = fit.inference.solution, fit.inference.positions
    assert solution is not None
    sets, problem = fit.cox_rows().sets, solution.problem
    own = np.flatnonzero(sets.stratum == stratum)
    inner = (x[here] - _centre(fit)) / problem.scale
    lift = float(np.exp(inner @ solution.maximum.point.beta))
    _, _, weight = at.problem.terms
    shrink = np.exp(-at.shift)
    steps = at.hazard_increments()[own] * lift
    squares = (
        sets.sum_deaths((weight / at.s0**2)[:, None])[own, 0] * (shrink * lift) ** 2
    )
    pull = sets.sum_deaths(at.mean * (weight / at.s0)[:, None])[own] * (shrink * lift)
    drift = np.cumsum(steps[:, None] * inner - pull, axis=0)
    covariance, robust = solution.scaled_covariance, fit.inference.variance
    if robust is not None:
        scales = np.outer(problem.scale, problem.scale)
        covariance = robust.covariance[np.ix_(here, here)] * scales
    spread = np.einsum("ki,ij,kj->k", drift, covariance, drift)
    variance = np.cumsum(squares) + spread
    place = np.searchsorted(sets.times[own], times, side="right")
    hazard = np.concatenate([[0.0], np.cumsum(steps)])[place]
    return hazard, np.sqrt(np.concatenate([[0.0], variance]))[place]


def _limits(
    hazard: FloatArray, reach: FloatArray, scale: str
) -> tuple[FloatArray, FloatArray]:
    if scale == "log":
        low = np.exp(-hazard - reach)
        return low, np.minimum(np.exp(-hazard + reach), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.exp(reach / hazard)
        low, high = np.exp(-hazard * power), np.exp(-hazard / power)
    flat = hazard == 0
    return np.where(flat, 1.0, low), np.where(flat, 1.0, high)
