"""Curves of risk over time: Aalen-Johansen with competing events, and Kaplan-Meier.

Both read (start, stop] rows as they are: a row is at risk at t when start < t <= stop, so
delayed entry and split rows need nothing more. Aalen-Johansen is sorted sums with exact ties
(lifelines moves tied times at random); Kaplan-Meier is lifelines'.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from jdm_stats.errors import UsageError
from jdm_stats.intervals.marks import is_synthetic, marked
from jdm_stats.likelihood.incidence import incidence
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.models.curve_rows import counts_by_time, rows_by_group, weight_note
from jdm_stats.models.curves import Curves

__all__ = ["Curves", "cumulative_incidence", "kaplan_meier"]


def cumulative_incidence(
    frame: pd.DataFrame,
    *,
    by: str | None = None,
    conf_level: float = 0.95,
    weights: str | None = None,
    variance: str | None = None,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    patient_id: str | None = None,
) -> Curves:
    """Aalen-Johansen cumulative incidence of every kind of event.

    Parameters
    ----------
    frame : DataFrame
        Rows at risk in (start, stop]; event 0 none, 1 the outcome, 2 and up competing.
    by : str, optional
        Column that splits the children into groups; it must not change within a child.
        Rows without a value are left out and counted in the notes.
    conf_level : float, default 0.95
    weights : str, optional
        Column of case weights, zero or above; it may change from row to row, as weights against
        censoring do. Children at risk, events and censorings are counted without them.
    variance : {"greenwood", "jackknife"}, optional
        Default Greenwood's type (Marubini and Valsecchi 1995, eq. 10.12; as R's ``etm``),
        or, with weights, the infinitesimal jackknife by child (as R's ``survfit``). Both
        take weights as known.
    start, stop, event : str
        Columns.
    patient_id : str, optional
        Default ``patient_id`` when the frame has it; without it a row is a child.

    Returns
    -------
    Curves
        With limits on the log(-log) scale.

    Raises
    ------
    IntervalError
        When rows break the law of intervals.
    UsageError
        When a column is missing, ``by`` changes within a child, or Greenwood's variance is
        asked for with weights.
    DesignError
        When weights are missing, infinite or below zero.

    Examples
    --------
    Four children: the outcome on day 1, death on day 2, two followed to day 3.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"start": 0, "stop": [1, 2, 3, 3], "event": [1, 2, 0, 0]})
    >>> curves = cumulative_incidence(frame)
    >>> curves.at(3)[["cause", "estimate"]].to_numpy().tolist()
    [[1.0, 0.25], [2.0, 0.25]]
    """
    kind = _variance(variance, weights)
    rows, notes = rows_by_group(frame, by, start, stop, event, patient_id, weights)
    quantile = _quantile(conf_level)
    if weights is not None:
        notes = (*notes, weight_note(rows["weight"].to_numpy(), weights))
    causes = sorted(
        {*_declared(frame), *rows.loc[rows["code"] > 0, "code"].astype(int)}
    )
    blocks = []
    for group, block in rows.groupby("group", sort=True, observed=True):
        counts = counts_by_time(block, causes)
        for cause in causes:
            curve = _aalen_johansen(block, counts, cause, kind, quantile)
            curve.insert(0, "cause", cause)
            curve.insert(0, "group", group)
            blocks.append(curve)
    table = marked(pd.concat(blocks, ignore_index=True), is_synthetic(frame))
    return Curves("cumulative incidence", table, notes)


def _variance(variance: str | None, weights: str | None) -> str:
    if variance not in (None, "greenwood", "jackknife"):
        raise UsageError(
            f"variance must be 'greenwood' or 'jackknife'; received {variance!r}"
        )
    if variance == "greenwood" and weights is not None:
        raise UsageError(
            "Greenwood's variance takes weights for numbers of children; with weights use "
            "variance='jackknife'"
        )
    return variance or ("greenwood" if weights is None else "jackknife")


def _declared(frame: pd.DataFrame) -> set[int]:
    """Codes of the events the rows were made for, whether or not any of them happened."""
    declared = frame.attrs.get("jdm_stats", {}).get("event_codes", {})
    return {1, *(int(code) for code in declared if int(code) > 0)}


def kaplan_meier(
    frame: pd.DataFrame,
    *,
    by: str | None = None,
    conf_level: float = 0.95,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    patient_id: str | None = None,
) -> Curves:
    """Kaplan-Meier curve of remaining free of event 1, by lifelines.

    Parameters
    ----------
    frame, by, conf_level, start, stop, event, patient_id
        As in `cumulative_incidence`; every code but 1 ends the row without event.

    Returns
    -------
    Curves
        Greenwood standard errors, limits on the log(-log) scale.

    Raises
    ------
    IntervalError, UsageError
        As in `cumulative_incidence`.

    Notes
    -----
    With competing events one minus this curve is not a risk: use `cumulative_incidence`.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"start": 0, "stop": [1, 2, 3, 3], "event": [1, 0, 1, 0]})
    >>> kaplan_meier(frame).at(3)["estimate"].round(6).tolist()
    [0.375]
    """
    rows, notes = rows_by_group(frame, by, start, stop, event, patient_id)
    quantile = _quantile(conf_level)
    if (rows["code"] > 1).any():
        notes = (
            *notes,
            "Competing events are treated as censoring: one minus this curve is not a risk.",
        )
    rows["code"] = (rows["code"] == 1).astype(int)
    blocks = []
    for group, block in rows.groupby("group", sort=True, observed=True):
        curve = _by_lifelines(block, counts_by_time(block, [1]), quantile)
        curve.insert(0, "group", group)
        blocks.append(curve)
    table = marked(pd.concat(blocks, ignore_index=True), is_synthetic(frame))
    return Curves("survival", table, notes)


def _quantile(conf_level: float) -> float:
    if not 0.0 < conf_level < 1.0:
        raise UsageError(
            f"conf_level must lie between 0 and 1, such as 0.95; received {conf_level!r}"
        )
    return float(norm.isf((1.0 - conf_level) / 2.0))


def _aalen_johansen(
    rows: pd.DataFrame, counts: pd.DataFrame, cause: int, kind: str, quantile: float
) -> pd.DataFrame:
    n, d, own = (counts[c].to_numpy(float) for c in ("n", "w", f"w{cause}"))
    emptied = (counts["d"] > 0) & (counts["d"] == counts["n_at_risk"])
    found = incidence(n, d, own, emptied.to_numpy())
    if kind == "greenwood":
        variance = found.greenwood()
    else:
        times = counts["time_days"].to_numpy()
        code = rows["code"].to_numpy()
        variance = found.jackknife(
            np.searchsorted(times, rows["entry"], side="right") - 1,
            np.searchsorted(times, rows["exit"], side="right") - 1,
            np.where(code == cause, 1, np.where(code > 0, 2, 0)),
            pd.factorize(rows["child"])[0],
            rows["weight"].to_numpy(),
        )
    return _curve(counts, cause, found.estimate, np.sqrt(variance), quantile)


def _curve(
    counts: pd.DataFrame,
    cause: int,
    estimate: FloatArray,
    std_error: FloatArray,
    quantile: float,
) -> pd.DataFrame:
    low, high = _log_log_limits(estimate, std_error, quantile)
    return pd.DataFrame(
        {
            "time_days": counts["time_days"],
            "estimate": estimate,
            "std_error": std_error,
            "conf_low": low,
            "conf_high": high,
            "n_at_risk": counts["n_at_risk"],
            "n_events": counts[f"d{cause}"],
            "n_censored": counts["n_censored"],
        }
    )


def _log_log_limits(
    estimate: FloatArray, std_error: FloatArray, quantile: float
) -> tuple[FloatArray, FloatArray]:
    """Limits on the log(-log) scale; NaN where the estimate is 0 or 1."""
    inner = (estimate > 0.0) & (estimate < 1.0)
    low = np.full_like(estimate, np.nan)
    high = low.copy()
    f, reach = estimate[inner], quantile * std_error[inner]
    with np.errstate(over="ignore"):  # an estimate next to 1: the limits are 0 and 1
        power = np.exp(reach / np.abs(f * np.log(f)))
    low[inner], high[inner] = f**power, f ** (1.0 / power)
    return low, high


def _by_lifelines(
    rows: pd.DataFrame, counts: pd.DataFrame, quantile: float
) -> pd.DataFrame:
    from lifelines import KaplanMeierFitter
    from lifelines.exceptions import StatError

    times = counts["time_days"].to_numpy()
    n, d = counts["n_at_risk"].to_numpy(float), counts["d"].to_numpy(float)
    try:
        fitted = KaplanMeierFitter()
        fitted.fit(rows["exit"], rows["code"], entry=rows["entry"])
        estimate = fitted.survival_function_at_times(times).to_numpy(float)
    except StatError:
        # lifelines refuses a curve that reaches 0 before children who enter later.
        estimate = np.cumprod(1.0 - d / np.maximum(n, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(np.where(n > d, d / (n * (n - d)), 0.0))
    std_error = estimate * np.sqrt(greenwood)
    return _curve(counts, 1, estimate, std_error, quantile)
