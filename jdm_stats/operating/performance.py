"""Bias, standard errors, coverage and rejections of many estimates, each with its error.

Formulas are those of Morris, White and Crowther, Statistics in Medicine 2019;38:2074-2102
(doi 10.1002/sim.8086), table 6. Bias and standard errors are over the replicates that
gave a finite estimate, coverage over those that gave limits; how many did not is told
beside them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["REFERENCES", "performance", "share"]

Floats = NDArray[np.float64]

FALSE_POSITIVE = "false positives: the truth is the null value"
POWER = "power: the truth is not the null value"
UNKNOWN = "neither: the truth is not known"

# Columns of the table of references: what an estimate is held against.
REFERENCES = (
    "model",
    "term",
    "truth",
    "truth_why",
    "large_sample",
    "large_sample_se",
    "large_sample_why",
)


def performance(
    estimates: pd.DataFrame,
    references: pd.DataFrame,
    *,
    null: float = 0.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Work out the performance of every model and term.

    Parameters
    ----------
    estimates : DataFrame
        One row per replicate, model and term, none left out: ``replicate, model, term,
        estimate, std_error, conf_low, conf_high, p_value, events``; NaN where there is
        no number, infinite where a limit is.
    references : DataFrame
        One row per model and term, with the columns of `REFERENCES`.
    null : float, default 0.0
        Value that a test asks about.
    level : float, default 0.95
        Level of the limits; a test rejects below 1 - level.

    Returns
    -------
    DataFrame
        One row per model and term, in the order of ``references``; a column ``..._mcse``
        is the Monte Carlo standard error of the one before it.

    Examples
    --------
    Three estimates of a truth of 0, one of which has no number:

    >>> estimates = pd.DataFrame(
    ...     {"replicate": [0, 1, 2], "model": "Cox", "term": "pulse"}
    ... ).assign(
    ...     estimate=[1.0, 3.0, np.nan],
    ...     std_error=[1.0, 1.0, np.nan],
    ...     conf_low=[-1.0, 1.0, np.nan],
    ...     conf_high=[3.0, 5.0, np.nan],
    ...     p_value=[0.3, 0.003, np.nan],
    ...     events=[5, 6, 0],
    ... )
    >>> references = pd.DataFrame([("Cox", "pulse", 0.0, "", np.nan, np.nan, "")])
    >>> references.columns = REFERENCES
    >>> row = performance(estimates, references).iloc[0]
    >>> [float(row[name]) for name in ("bias_from_truth", "bias_from_truth_mcse")]
    [2.0, 1.0]
    >>> [float(row[name]) for name in ("estimable", "coverage_of_truth", "rejected")]
    [2.0, 0.5, 0.5]
    """
    groups = dict(iter(estimates.groupby(["model", "term"], sort=False)))
    rows = []
    for told in references.to_dict("records"):
        group = groups[told["model"], told["term"]]
        rows.append(_one_row(group, told, null, level))
    return pd.DataFrame(rows)


def share(hits: NDArray[np.bool_]) -> tuple[float, float]:
    """Give the share of hits and its Monte Carlo standard error; NaN of nothing.

    Examples
    --------
    >>> share(np.array([True, False, False, True]))
    (0.5, 0.25)
    """
    if not len(hits):
        return math.nan, math.nan
    found = float(np.mean(hits))
    return found, math.sqrt(found * (1.0 - found) / len(hits))


def _one_row(
    group: pd.DataFrame, told: Mapping[Any, Any], null: float, level: float
) -> dict[str, Any]:
    columns = ("estimate", "std_error", "conf_low", "conf_high", "p_value", "events")
    numbers = {name: group[name].to_numpy(dtype=float) for name in columns}
    finite = np.isfinite(numbers["estimate"])
    low, high = numbers["conf_low"], numbers["conf_high"]
    limited = ~(np.isnan(low) | np.isnan(high))
    estimate = numbers["estimate"][finite]
    counted = numbers["events"][~np.isnan(numbers["events"])]
    row: dict[str, Any] = {
        "model": told["model"],
        "term": told["term"],
        "replicates": len(group),
        "estimable": int(finite.sum()),
        **_with_error("not_estimable", share(~finite)),
        **_with_error("no_limits", share(~limited)),
        "infinite_limits": share(np.isinf(low[limited]) | np.isinf(high[limited]))[0],
        **_with_error("mean_events", _mean(counted)),
        **_with_error("mean_estimate", _mean(estimate)),
    }
    row |= _against(estimate, told)
    row |= _errors(estimate, numbers["std_error"][finite])
    for name, target in (
        ("coverage_of_truth", told["truth"]),
        ("coverage_of_large_sample", told["large_sample"]),
        ("coverage_bias_eliminated", row["mean_estimate"]),
    ):
        row |= _with_error(name, _coverage(low[limited], high[limited], target))
    rejected = _rejections(numbers["p_value"], low, high, null, level)
    row |= _with_error("rejected", share(rejected))
    row["tests"] = len(rejected)
    row["rejected_means"] = _meaning(told["truth"], null)
    return row


def _with_error(name: str, pair: tuple[float, float]) -> dict[str, float]:
    value, error = pair
    return {name: value, f"{name}_mcse": math.nan if math.isnan(value) else error}


def _mean(values: Floats) -> tuple[float, float]:
    """Mean and its Monte Carlo standard error, the empirical SE over the root of n."""
    if not len(values):
        return math.nan, math.nan
    return float(values.mean()), _spread(values) / math.sqrt(len(values))


def _spread(values: Floats) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else math.nan


def _against(estimate: Floats, told: Mapping[Any, Any]) -> dict[str, Any]:
    """Hold the mean against the truth and against the large sample, and those apart."""
    mean, error = _mean(estimate)
    large, large_error = told["large_sample"], told["large_sample_se"]
    return {
        "truth": told["truth"],
        "truth_why": told["truth_why"],
        "large_sample": large,
        "large_sample_se": large_error,
        "large_sample_why": told["large_sample_why"],
        **_with_error("bias_from_truth", (mean - told["truth"], error)),
        **_with_error(
            "small_sample_bias", (mean - large, math.hypot(error, large_error))
        ),
        **_with_error("confounding", (large - told["truth"], large_error)),
    }


def _errors(estimate: Floats, std_error: Floats) -> dict[str, float]:
    """Empirical and model standard error, and how far the second is off in percent."""
    count, empirical = len(estimate), _spread(estimate)
    own = std_error[np.isfinite(std_error)]
    model = math.sqrt(float(np.mean(own**2))) if len(own) else math.nan
    model_error = off = off_error = math.nan
    if len(own) > 1 and model > 0:
        spread = float(np.var(own**2, ddof=1)) / (4.0 * len(own))
        model_error = math.sqrt(spread / model**2)
        if empirical > 0:
            off = 100.0 * (model / empirical - 1.0)
            within = spread / model**4 + 1.0 / (2.0 * (count - 1))
            off_error = 100.0 * model / empirical * math.sqrt(within)
    empirical_error = (
        empirical / math.sqrt(2.0 * (count - 1)) if count > 1 else math.nan
    )
    return {
        "std_errors": len(own),
        **_with_error("empirical_se", (empirical, empirical_error)),
        **_with_error("model_se", (model, model_error)),
        **_with_error("model_se_off_percent", (off, off_error)),
    }


def _coverage(low: Floats, high: Floats, target: float) -> tuple[float, float]:
    if math.isnan(target):
        return math.nan, math.nan
    return share((low <= target) & (target <= high))


def _rejections(
    p_value: Floats, low: Floats, high: Floats, null: float, level: float
) -> NDArray[np.bool_]:
    """Whether each replicate rejects: by its p-value, else by its limits; untested left out."""
    by_limits = (low > null) | (high < null)
    limited = ~(np.isnan(low) | np.isnan(high))
    by_p = p_value < round(1.0 - level, 12)
    tested = ~np.isnan(p_value) | limited
    return np.where(np.isnan(p_value), by_limits, by_p)[tested]


def _meaning(truth: float, null: float) -> str:
    if math.isnan(truth):
        return UNKNOWN
    return FALSE_POSITIVE if truth == null else POWER
