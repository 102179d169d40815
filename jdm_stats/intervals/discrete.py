"""Whole-period rows for pooled logistic regression: one row per child and period.

Time is cut into periods; a child followed in a period gives one row with what was known
when it came to be at risk in it, and whether the outcome came before the period ended. With
a rare outcome the odds of such a row are nearly the hazard times the period, so a pooled
logistic model with an intercept for each period is nearly a Cox model (D'Agostino and
others, Stat Med 1990;9:1501-1515).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.intervals.audit import audit_intervals
from jdm_stats.intervals.columns import (
    check_frame,
    check_free,
    check_positive,
    group_codes,
    named_rows,
    raise_all,
    read_list,
)
from jdm_stats.intervals.marks import is_synthetic
from jdm_stats.intervals.split import split_rows

__all__ = ["discrete_time_rows"]

NEW = (
    *("period", "period_start", "period_stop"),
    *("days_at_risk", "share_of_period", "log_share"),
)
INCOMPLETE = {
    "half": "kept when the child was at risk for half of it or more, else left out",
    "keep": "kept as without event",
    "drop": "left out",
}


def discrete_time_rows(
    intervals: pd.DataFrame,
    *,
    width_days: float | None = 30,
    cuts: Sequence[float] | None = None,
    bands: Sequence[float] | None = None,
    incomplete: str = "half",
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    patient_id: str | None = None,
) -> pd.DataFrame:
    """Turn rows at risk in (start, stop] into one row per child and period.

    Parameters
    ----------
    intervals : DataFrame of shape (n, columns)
        Rows at risk, audited first; follow-up of a child ends with its first event.
    width_days : float, default 30
        Length of the periods, which begin at whole multiples of it; in the unit of the
        times.
    cuts : sequence of float, optional
        Ends of the periods but the last, instead of a width (which is then ignored): the
        first period begins at 0, or where follow-up does when that is earlier, the last
        ends with the longest follow-up.
    bands : sequence of float, optional
        Days at which the baseline odds may change, coarser than the periods: gives a
        column ``band``. With rare events most periods have none, and a plain fit of
        ``C(period)`` has no finite estimate there; ``C(band)`` has.
    incomplete : {"half", "keep", "drop"}, default "half"
        What becomes of a period in which a child without event was at risk for part only,
        censored or entering within it: kept as without event when it was at risk for half
        of the period or more (on average the actuarial rule, by which a child censored
        counts half), always, or never. A period with an event is always kept.
    start, stop, event : str
        Names of the columns. Event 1 is the outcome; a competing code stays in the
        column: that child had no outcome in the period.
    patient_id : str, optional
        Column that names the child; ``patient_id`` by itself when there is one. Without
        one every row is a child of its own.

    Returns
    -------
    DataFrame
        The columns of ``intervals``, covariates as they were when the child came to be at
        risk in the period (a change within it acts from the next), and ``period`` (from
        0), ``period_start``, ``period_stop``, ``days_at_risk``, ``share_of_period`` (the
        part of the period the child was, or would have been, at risk: an outcome counts
        to the end of the period), ``log_share`` (for ``offset=``) and, with bands,
        ``band``. ``attrs["jdm_stats"]`` holds the rule, ``notes`` and the tally.

    Raises
    ------
    UsageError
        If a column is not there, an argument is out of range, a child is at risk after
        an event, or a measure that changes daily was read beyond its period.
    IntervalError
        If the rows break the law of intervals.

    Examples
    --------
    One child with the event on day 40, one lost on day 50: 20 of 30 days are half or more.

    >>> rows = pd.DataFrame({"patient_id": ["A", "B"], "start": 0, "stop": [40, 50]})
    >>> rows["event"] = [1, 0]
    >>> table = discrete_time_rows(rows, width_days=30)
    >>> table[["patient_id", "period", "stop", "event", "share_of_period"]].round(2)
      patient_id  period  stop  event  share_of_period
    0          A       0    30      0             1.00
    1          A       1    40      1             1.00
    2          B       0    30      0             1.00
    3          B       1    50      0             0.67
    """
    wrong = check_frame(intervals, [start, stop, event])
    if incomplete not in INCOMPLETE:
        wrong.append(
            f"incomplete must be one of {', '.join(INCOMPLETE)}; received {incomplete!r}"
        )
    raise_all(wrong)
    check_free(intervals.columns, NEW if bands is None else (*NEW, "band"), wrong)
    inner = None if cuts is None else read_list(cuts, "cuts", wrong)
    if cuts is None:
        check_positive(width_days, "width_days", wrong)
    edges = np.empty(0) if bands is None else read_list(bands, "bands", wrong)
    raise_all(wrong)
    if patient_id is None and "patient_id" in intervals.columns:
        patient_id = "patient_id"
    audit_intervals(
        intervals, start=start, stop=stop, event=event, patient_id=patient_id
    ).raise_if_faulty()
    grid = _grid(intervals, start, stop, width_days, inner)
    _refuse_values_beyond(intervals, grid)
    rows = _by_period(intervals, grid, (start, stop, event), patient_id)
    partial = (rows[event].to_numpy() == 0) & (rows["share_of_period"].to_numpy() < 1)
    least = {"half": 0.5, "keep": 0.0, "drop": 1.0}[incomplete]
    left_out = partial & (rows["share_of_period"].to_numpy() < least - 1e-12)
    table = rows[~left_out].reset_index(drop=True)
    if bands is not None:
        table["band"] = _bands(table["period_start"].to_numpy(float), edges)
    _note(table, intervals, incomplete, event, int(left_out.sum()), int(partial.sum()))
    return table


def _grid(
    frame: pd.DataFrame,
    start: str,
    stop: str,
    width: float | None,
    inner: np.ndarray | None,
) -> np.ndarray:
    """Give the ends of all periods, the start of the first among them."""
    low = float(min(frame[start].min(), 0.0)) if len(frame) else 0.0
    high = float(frame[stop].max()) if len(frame) else 1.0
    if inner is not None:
        within = np.unique(inner[(inner > low) & (inner < high)])
        return np.concatenate([[low], within, [high]])
    assert width is not None
    first, last = np.floor(low / width), np.ceil(high / width - 1e-9)
    return np.arange(first, last + 1) * float(width)


def _refuse_values_beyond(frame: pd.DataFrame, grid: np.ndarray) -> None:
    """Refuse measures read at a stop that may lie beyond the period.

    A measure that changes daily is read at each row's stop; cut into periods such a row
    would show the first of them what is known at the end of the last.
    """
    noted = frame.attrs.get("jdm_stats", {})
    daily = [name for name in noted.get("daily_measures", ()) if name in frame.columns]
    every = noted.get("every_days")
    if not daily or len(grid) < 2:
        return
    if every and np.allclose(np.mod(grid[1:-1], every), 0.0):
        return
    raise UsageError(
        f"{', '.join(daily)} change daily and were read at each row's stop, which may lie "
        "in a later period: expand_intervals(..., every_days=) with a number of days that "
        "divides every period, such as the width itself, or leave these columns out"
    )


def _by_period(
    frame: pd.DataFrame,
    grid: np.ndarray,
    names: tuple[str, str, str],
    patient_id: str | None,
) -> pd.DataFrame:
    """Cut rows at the ends of periods and join a child's pieces within each."""
    start, stop, event = names
    child = (
        np.arange(len(frame))
        if patient_id is None
        else group_codes(frame[patient_id])[0]
    )
    numbered = frame.assign(period=child)  # rides along, then makes way for the period
    pieces = split_rows(numbered, grid[1:-1], start=start, stop=stop, event=event)
    begins = pieces[start].to_numpy(dtype=float)
    ends = pieces[stop].to_numpy(dtype=float)
    who = pieces["period"].to_numpy(dtype=np.int64)
    period = np.searchsorted(grid, begins, side="right") - 1
    order = np.lexsort((begins, period, who))
    pieces, begins, ends = pieces.iloc[order], begins[order], ends[order]
    who, period = who[order], period[order]
    _refuse_life_after(pieces, event, who, patient_id)
    new = np.append(True, (who[1:] != who[:-1]) | (period[1:] != period[:-1]))
    first = np.flatnonzero(new[: len(who)])
    last = np.append(first[1:], len(who)) - 1 if len(first) else first
    rows = pieces.iloc[first].reset_index(drop=True)
    closing = pieces.iloc[last]
    rows[stop], rows[event] = closing[stop].array, closing[event].array
    days = np.add.reduceat(ends - begins, first) if len(first) else np.empty(0)
    own = period[first]
    low, high = grid[own], grid[own + 1]
    # an outcome ends follow-up, not the time the child would have been at risk
    lost = np.where(rows[event].to_numpy() == 1, high - ends[last], 0.0)
    share = np.clip((days + lost) / (high - low), 0.0, 1.0)
    rows["period"] = own.astype(np.int64)
    rows["period_start"], rows["period_stop"] = low, high
    rows["days_at_risk"], rows["share_of_period"] = days, share
    rows["log_share"] = np.log(share)
    rows.attrs = {}
    return rows


def _refuse_life_after(
    pieces: pd.DataFrame, event: str, who: np.ndarray, patient_id: str | None
) -> None:
    happened = pieces[event].to_numpy() != 0
    again = happened[:-1] & (who[1:] == who[:-1])
    if not again.any():
        return
    ids = pieces[patient_id].iloc[:-1][again].unique() if patient_id else []
    raise UsageError(
        "a child at risk after an event has no place in whole-period rows of a first "
        f"event ({named_rows(again)} of the pieces; children {', '.join(map(str, ids))}); "
        "end follow-up with the first event"
    )


def _bands(period_start: np.ndarray, edges: np.ndarray) -> pd.Categorical:
    edges = np.unique(edges)
    ends = [f"{edge:g}" for edge in edges]
    labels = [f"from {low}" for low in ["0", *ends]]
    place = np.searchsorted(edges, period_start, side="right")
    words = pd.Categorical.from_codes(place.tolist(), pd.Index(labels), ordered=True)
    return words.remove_unused_categories()


def _note(
    table: pd.DataFrame,
    given: pd.DataFrame,
    incomplete: str,
    event: str,
    left_out: int,
    partial: int,
) -> None:
    codes = table[event].to_numpy()
    periods = table.groupby("period")[event].agg(lambda own: bool((own == 1).any()))
    empty = int((~periods.astype(bool)).sum())
    noted: dict[str, Any] = dict(given.attrs.get("jdm_stats", {}))
    for key in ("tally", "cut_for", "daily_measures", "every_days"):
        noted.pop(key, None)
    notes = [
        "Whole-period rows: exposure as at the start of each period, so a change acts from "
        "the next. A period in which a child without event was at risk for part only is "
        f"{INCOMPLETE[incomplete]}: {partial} such rows, {left_out} left out. Odds are nearly "
        "hazards only while the outcome is rare in every period."
    ]
    if empty and "band" not in table.columns:
        notes.append(
            f"{empty} of {len(periods)} periods have no outcome: C(period) has no finite "
            "plain estimate there; use bands= and C(band), a curve in period, or "
            "penalty='firth'."
        )
    tally = {
        "rows_given": len(given),
        "rows": len(table),
        "periods": len(periods),
        "periods_without_outcome": empty,
        "outcomes": int((codes == 1).sum()),
        "competing_events": int((codes > 1).sum()),
        "incomplete_rows": partial,
        "incomplete_rows_left_out": left_out,
    }
    table.attrs["jdm_stats"] = {
        **noted,
        "synthetic": is_synthetic(given),
        "design": "discrete time",
        "incomplete": incomplete,
        "notes": notes,
        "tally": tally,
    }
