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
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.models.curves import Curves
from jdm_stats.models.rows import rows_at_risk

__all__ = ["Curves", "cumulative_incidence", "kaplan_meier"]

EVERYONE = "all children"


def cumulative_incidence(
    frame: pd.DataFrame,
    *,
    by: str | None = None,
    conf_level: float = 0.95,
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
    start, stop, event : str
        Columns.
    patient_id : str, optional
        Default ``patient_id`` when the frame has it; without it a row is a child.

    Returns
    -------
    Curves
        Standard errors of Greenwood's type (Marubini and Valsecchi 1995, eq. 10.12) and
        limits on the log(-log) scale.

    Raises
    ------
    IntervalError
        When rows break the law of intervals.
    UsageError
        When a column is missing or ``by`` changes within a child.

    Examples
    --------
    Four children: the outcome on day 1, death on day 2, two followed to day 3.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"start": 0, "stop": [1, 2, 3, 3], "event": [1, 2, 0, 0]})
    >>> curves = cumulative_incidence(frame)
    >>> curves.at(3)[["cause", "estimate"]].to_numpy().tolist()
    [[1.0, 0.25], [2.0, 0.25]]
    """
    rows, notes = _rows(frame, by, start, stop, event, patient_id)
    quantile = _quantile(conf_level)
    causes = sorted(
        {*_declared(frame), *rows.loc[rows["code"] > 0, "code"].astype(int)}
    )
    blocks = []
    for group, block in rows.groupby("group", sort=True, observed=True):
        counts = _counts(block, causes)
        for cause in causes:
            curve = _aalen_johansen(counts, cause, quantile)
            curve.insert(0, "cause", cause)
            curve.insert(0, "group", group)
            blocks.append(curve)
    table = marked(pd.concat(blocks, ignore_index=True), is_synthetic(frame))
    return Curves("cumulative incidence", table, notes)


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
    rows, notes = _rows(frame, by, start, stop, event, patient_id)
    quantile = _quantile(conf_level)
    if (rows["code"] > 1).any():
        notes = (
            *notes,
            "Competing events are treated as censoring: one minus this curve is not a risk.",
        )
    rows["code"] = (rows["code"] == 1).astype(int)
    blocks = []
    for group, block in rows.groupby("group", sort=True, observed=True):
        curve = _by_lifelines(block, _counts(block, [1]), quantile)
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


def _rows(
    frame: pd.DataFrame,
    by: str | None,
    start: str,
    stop: str,
    event: str,
    patient_id: str | None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Audited rows: entry, exit, code, group, and where a child's time at risk ends."""
    at_risk = rows_at_risk(frame, start, stop, event, patient_id)
    named = at_risk.patient_id
    if by is not None and by not in frame.columns:
        raise UsageError(
            f"no column {by!r} to group by; the frame has {[str(c) for c in frame.columns]}"
        )
    if frame.empty:
        raise UsageError("the frame has no rows; give at least one row at risk")
    rows = pd.DataFrame(
        {
            "entry": at_risk.start,
            "exit": at_risk.stop,
            "code": at_risk.code,
            "child": np.arange(len(frame))
            if named is None
            else frame[named].to_numpy(),
            "group": EVERYONE if by is None else frame[by].to_numpy(),
        }
    )
    notes = at_risk.notes
    varies = rows.groupby("child", observed=True)["group"].nunique(dropna=False) > 1
    if varies.any():
        raise UsageError(
            f"{by!r} changes within {int(varies.sum())} children, such as "
            f"{list(varies.index[varies][:5])}; a curve by group needs a value fixed at "
            "the start of follow-up"
        )
    unknown = rows["group"].isna()
    if unknown.any():
        children = rows.loc[unknown, "child"].nunique()
        events = int((rows.loc[unknown, "code"] == 1).sum())
        said = f"{children} children with {events} events left out: {by} is missing."
        notes = (*notes, said)
        rows = rows[~unknown]
        if rows.empty:
            raise UsageError(f"no row has a value of {by!r}")
    return _spells(rows), notes


def _spells(rows: pd.DataFrame) -> pd.DataFrame:
    """Mark where a child's time at risk begins and ends, wherever its rows were split."""
    order = np.lexsort((rows["entry"], pd.factorize(rows["child"])[0]))
    rows = rows.iloc[order].reset_index(drop=True)
    child, entry, leave = (rows[c].to_numpy() for c in ("child", "entry", "exit"))
    other = child[1:] != child[:-1]
    apart = other | (entry[1:] != leave[:-1])
    return rows.assign(
        begins=np.append(True, apart),
        ends=np.append(apart, True),
        last=np.append(other, True),
    )


def _counts(rows: pd.DataFrame, causes: list[int]) -> pd.DataFrame:
    """At risk, events by cause and censorings at every time at which anything changes."""
    columns = ("entry", "exit", "code", "last", "begins", "ends")
    entry, leave, code, last, begins, ends = (rows[c].to_numpy() for c in columns)
    times = np.unique(np.concatenate([entry[begins], leave[ends]]))
    entered = np.searchsorted(np.sort(entry), times, side="left")
    left = np.searchsorted(np.sort(leave), times, side="left")
    at_risk = entered - left
    at_risk[0] = int((entry <= times[0]).sum())
    table = pd.DataFrame({"time_days": times, "n_at_risk": at_risk})
    for cause in causes:
        hits = np.searchsorted(times, leave[code == cause])
        table[f"d{cause}"] = np.bincount(hits, minlength=len(times))
    censored = np.searchsorted(times, leave[(code == 0) & last])
    table["n_censored"] = np.bincount(censored, minlength=len(times))
    table["d"] = table[[f"d{c}" for c in causes]].sum(axis=1)
    return table


def _aalen_johansen(counts: pd.DataFrame, cause: int, quantile: float) -> pd.DataFrame:
    n = np.maximum(counts["n_at_risk"].to_numpy(float), 1.0)
    d = counts["d"].to_numpy(float)
    own = counts[f"d{cause}"].to_numpy(float)
    survival_before = np.concatenate([[1.0], np.cumprod(1.0 - d / n)[:-1]])
    estimate = np.cumsum(survival_before * own / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.where(n > d, d / (n * (n - d)), 0.0)
    b = survival_before**2 * own * (n - own) / n**3
    c = survival_before * own / n**2
    # Sums over earlier times of (F(t) - F_i)^2 a_i + b_i - 2 (F(t) - F_i) c_i.
    variance = (
        estimate**2 * np.cumsum(a)
        - 2.0 * estimate * np.cumsum(estimate * a)
        + np.cumsum(estimate**2 * a)
        + np.cumsum(b)
        - 2.0 * (estimate * np.cumsum(c) - np.cumsum(estimate * c))
    )
    std_error = np.sqrt(np.maximum(variance, 0.0))
    return _curve(counts, cause, estimate, std_error, quantile)


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
