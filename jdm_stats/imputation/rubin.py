"""Rubin's rules: one estimate and one variance out of m, for any estimator.

Within variance W is the mean of the squared standard errors, between variance B that of
the m estimates, total T = W + (1 + 1/m) B (Rubin 1987). Degrees of freedom are those of
Barnard and Rubin (Biometrika 1999;86:948-955), so that they never exceed those of the
complete data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from jdm_stats.errors import UsageError

FloatArray = NDArray[np.float64]


def pool_estimates(
    estimates: object,
    std_errors: object,
    *,
    terms: Sequence[str] | None = None,
    complete_df: float = np.inf,
    conf_level: float = 0.95,
    null: float = 0.0,
) -> pd.DataFrame:
    """Pool estimates and standard errors of m imputed data sets by Rubin's rules.

    Parameters
    ----------
    estimates, std_errors : array-like of shape (m,) or (m, p)
        One row per imputation, on a scale where the estimate is about normal (a log
        ratio, not a ratio).
    terms : sequence of str, optional
        Names of the p columns; default those of a data frame, else ``x1``, ``x2``, ...
    complete_df : float, default infinity
        Degrees of freedom of the analysis had nothing been missing. Infinity is what
        limits made with the normal quantile take.
    conf_level : float, default 0.95
    null : float, default 0
        The value tested.

    Returns
    -------
    DataFrame
        One row per term: ``term, estimate, std_error, conf_low, conf_high, statistic,
        df, p_value, within, between, total, riv`` (relative increase in variance),
        ``fmi`` (fraction of missing information), ``relative_efficiency``, ``mc_error``
        (Monte Carlo standard error of the estimate, sqrt(B/m)) and ``m``. A term with a
        missing estimate or standard error in any imputation is NaN throughout.

    Raises
    ------
    UsageError
        With fewer than two imputations, shapes that differ, a negative standard error,
        or a level or degrees of freedom out of range.

    Examples
    --------
    Two imputations, by hand: W = (0.04 + 0.04) / 2 = 0.04, B = (0.1**2 + 0.1**2) / 1
    = 0.02, T = 0.04 + 1.5 * 0.02 = 0.07.

    >>> pooled = pool_estimates([0.9, 1.1], [0.2, 0.2])
    >>> pooled[["estimate", "within", "between", "total"]].round(3).values.tolist()
    [[1.0, 0.04, 0.02, 0.07]]
    """
    q, se, names = _checked(estimates, std_errors, terms)
    _check_numbers(complete_df, conf_level)
    absent = ~np.isfinite(q).all(axis=0) | ~np.isfinite(se).all(axis=0)
    q, se = np.where(absent, np.nan, q), np.where(absent, np.nan, se)
    m = len(q)
    within = np.mean(se**2, axis=0)
    between = np.var(q, axis=0, ddof=1)
    total = within + (1.0 + 1.0 / m) * between
    estimate = _mean(q)
    between = np.where(np.ptp(q, axis=0) == 0.0, 0.0, between)
    with np.errstate(divide="ignore", invalid="ignore"):
        increase = (1.0 + 1.0 / m) * between / within
        df = degrees_of_freedom(within, between, m, complete_df)
        missing = (increase + 2.0 / (df + 3.0)) / (increase + 1.0)
        statistic = (estimate - null) / np.sqrt(total)
    reach = student.isf((1.0 - conf_level) / 2.0, df) * np.sqrt(total)
    table = pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": np.sqrt(total),
            "conf_low": estimate - reach,
            "conf_high": estimate + reach,
            "statistic": statistic,
            "df": df,
            "p_value": 2.0 * student.sf(np.abs(statistic), df),
            "within": within,
            "between": between,
            "total": total,
            "riv": increase,
            "fmi": missing,
            "relative_efficiency": 1.0 / (1.0 + missing / m),
            "mc_error": np.sqrt(between / m),
        }
    )
    table.loc[absent] = np.nan
    table.insert(0, "term", names)
    table["m"] = m
    return table


def degrees_of_freedom(
    within: FloatArray, between: FloatArray, m: int, complete_df: float = np.inf
) -> FloatArray:
    """Give the degrees of freedom of Barnard and Rubin (1999).

    Parameters
    ----------
    within, between : (p,) float arrays
    m : int
        Imputations.
    complete_df : float
        Of the complete data.

    Returns
    -------
    (p,) float array
        Infinite when nothing varies between imputations and ``complete_df`` is infinite.

    Examples
    --------
    >>> degrees_of_freedom(np.array([0.04]), np.array([0.02]), 2).round(3)
    array([5.444])
    """
    total = within + (1.0 + 1.0 / m) * between
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        share = (1.0 + 1.0 / m) * between / total
        old = np.where(between > 0, (m - 1) / share**2, np.inf)
        if np.isinf(complete_df):
            return np.asarray(old)
        observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
        pooled = observed / (1.0 + observed / old)  # the product of both could overflow
    return np.asarray(pooled)


def _mean(q: FloatArray) -> FloatArray:
    """Mean over imputations; equal values are given back to the last bit."""
    same = np.ptp(q, axis=0) == 0.0
    return np.where(same, q[0], np.mean(q, axis=0))


def _checked(
    estimates: object, std_errors: object, terms: Sequence[str] | None
) -> tuple[FloatArray, FloatArray, list[str]]:
    named = list(estimates.columns) if isinstance(estimates, pd.DataFrame) else None
    q, se = _matrix(estimates, "estimates"), _matrix(std_errors, "std_errors")
    wrong = []
    if q.shape != se.shape:
        wrong.append(
            f"estimates have the shape {q.shape} and std_errors {se.shape}; give one of "
            "each per imputation and term"
        )
    if len(q) < 2:
        wrong.append(
            f"pooling needs two imputations or more, received {len(q)}: one alone says "
            "nothing of what the missing values leave open"
        )
    if (se < 0).any():
        wrong.append("a standard error is negative")
    names = [str(name) for name in (terms if terms is not None else named or [])]
    names = names or [f"x{place}" for place in range(1, q.shape[1] + 1)]
    if len(names) != q.shape[1]:
        wrong.append(f"there are {q.shape[1]} columns but {len(names)} terms: {names}")
    if wrong:
        raise UsageError("; ".join(wrong))
    return q, se, names


def _matrix(given: object, what: str) -> FloatArray:
    try:
        values = np.array(given, dtype=float)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{what} must be numbers, one row per imputation") from error
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise UsageError(f"{what} must have one or two dimensions, not {values.ndim}")
    return values


def _check_numbers(complete_df: float, conf_level: float) -> None:
    if not 0.0 < conf_level < 1.0:
        raise UsageError(
            f"conf_level must lie between 0 and 1, such as 0.95; received {conf_level!r}"
        )
    if not complete_df > 0:
        raise UsageError(f"complete_df must be above 0, received {complete_df!r}")
