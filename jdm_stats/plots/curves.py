"""Step curves read from tidy tables, put on the axis' unit of time and in percent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.plots.columns import numbers, relabelled, require_columns, text_of
from jdm_stats.plots.style import Look, looks_of
from jdm_stats.schema import DAYS_PER_MONTH, DAYS_PER_YEAR

__all__ = [
    "DAYS_PER",
    "Curve",
    "of_cause",
    "read_curves",
    "read_table",
    "time_ticks",
    "top_of",
]

_NEEDED = ("group", "time_days", "estimate")
_RISK = ("n_at_risk", "n_events")
_VALUES = ("estimate", "conf_low", "conf_high")
DAYS_PER = {"days": 1.0, "months": DAYS_PER_MONTH, "years": DAYS_PER_YEAR}
_STEPS = {
    "days": (1, 2, 5, 7, 14, 30, 60, 90, 180, 365, 730, 1461),
    "months": (1, 2, 3, 6, 12, 24, 36, 60, 120),
    "years": (0.25, 0.5, 1, 2, 3, 5, 10, 20),
}


@dataclass(frozen=True, slots=True)
class Curve:
    """One group's step curve, on the axis' unit of time and in percent."""

    group: str
    label: str
    look: Look
    time: np.ndarray
    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


def read_table(
    curves: object, what: str, at_risk: bool, time_unit: str
) -> pd.DataFrame:
    """Check a tidy table of curves and turn its groups to text, its numbers to floats.

    Raises
    ------
    UsageError
        For missing columns, an unknown unit of time, or an empty table.
    """
    frame = require_columns(curves, _NEEDED + (_RISK if at_risk else ()), what)
    if time_unit not in DAYS_PER:
        raise UsageError(
            f"time_unit must be one of {', '.join(DAYS_PER)}; received {time_unit!r}"
        )
    if frame.empty:
        raise UsageError(f"{what} received no rows; pass curves.tidy()")
    frame["group"] = [text_of(value) for value in frame["group"]]
    for column in (*_NEEDED[1:], "conf_low", "conf_high", *_RISK, "n_censored"):
        frame[column] = numbers(frame, column)
    return frame


def of_cause(frame: pd.DataFrame, cause: int) -> pd.DataFrame:
    """Take the rows of one cause; a table without causes is taken whole."""
    if "cause" not in frame.columns:
        return frame
    rows = frame[frame["cause"] == cause]
    if rows.empty:
        known = ", ".join(str(code) for code in sorted(frame["cause"].unique()))
        raise UsageError(f"the curves have no cause {cause!r}; the causes are {known}")
    return rows


def read_curves(
    rows: pd.DataFrame,
    frame: pd.DataFrame,
    labels: Mapping[str, str],
    time_unit: str,
    start: float,
) -> list[Curve]:
    """Read a curve for each group of ``frame`` that has rows.

    Parameters
    ----------
    rows : pandas.DataFrame
        The rows to draw, from `read_table` and `of_cause`.
    frame : pandas.DataFrame
        The whole table, whose groups decide the looks.
    labels : mapping of group to str
        What to call the groups.
    time_unit : str
        A key of ``DAYS_PER``.
    start : float
        The estimate at time 0: 0 for incidence, 1 for survival.
    """
    named = relabelled(labels)
    found = set(frame["group"])
    ordered = [group for group in named if group in found]
    groups = list(dict.fromkeys([*ordered, *frame["group"]]))
    looks = looks_of([(group, named.get(group, group)) for group in groups])
    curves = []
    for group, look in zip(groups, looks, strict=True):
        own = rows[rows["group"] == group].sort_values("time_days", kind="stable")
        if own.empty:
            continue
        time, *values = _from_zero(own, start)
        percents = [100.0 * column for column in values]
        label = named.get(group, group)
        days = DAYS_PER[time_unit]
        curves.append(Curve(group, label, look, time / days, *percents))
    return curves


def _from_zero(own: pd.DataFrame, start: float) -> list[np.ndarray]:
    """Put the start of a curve before its times, estimates and limits."""
    columns = [own[key].to_numpy(dtype=float) for key in ("time_days", *_VALUES)]
    if columns[0][0] > 0:
        columns = [
            np.concatenate([[first], column])
            for first, column in zip((0.0, *[start] * 3), columns, strict=True)
        ]
    time, estimate, *limits = columns
    certain = estimate == start
    for limit in limits:
        if np.isfinite(limit).any():
            limit[certain & np.isnan(limit)] = start
    return [time, estimate, *limits]


def top_of(curve: Curve, conf: bool) -> float:
    """Give the highest percent a curve reaches, with its upper limits if ``conf``."""
    reach = np.concatenate([curve.estimate, curve.high if conf else []])
    return float(reach[np.isfinite(reach)].max(initial=0.0))


def time_ticks(
    last: float, time_unit: str, at_times: Sequence[float] | None
) -> np.ndarray:
    """Choose the ticks of the time axis, at most eight unless they are given."""
    if at_times is not None:
        ticks = np.sort(np.asarray(at_times, dtype=float))
        if ticks.size == 0 or not np.isfinite(ticks).all() or ticks[0] < 0:
            raise UsageError(
                f"at_times must be one or more times from 0 up, in {time_unit}; "
                f"received {at_times!r}"
            )
        return ticks
    steps = _STEPS[time_unit]
    step = next((size for size in steps if last / size <= 7.0), None)
    if step is None:
        step = steps[-1] * math.ceil(last / (7.0 * steps[-1]))
    return np.arange(0.0, last * (1 + 1e-9) + step * 0.02, step)
