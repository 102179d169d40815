"""The table under a survival curve: children at risk and events so far, at each tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jdm_stats.plots.style import INK, SMALL_SIZE, plain

__all__ = ["Counts", "counts_at", "write_risk_table"]

LINE_POINTS = 12.5


@dataclass(frozen=True, slots=True)
class Counts:
    """Children at risk and cumulative events of one group, arrays of shape (ticks,)."""

    at_risk: np.ndarray
    events: np.ndarray


def counts_at(
    main: pd.DataFrame, every: pd.DataFrame, group: str, days: np.ndarray
) -> Counts:
    """Read the numbers at risk just before each day, and the events up to and with it.

    Parameters
    ----------
    main : pandas.DataFrame
        Rows of the cause that is drawn: ``group``, ``time_days``, ``n_at_risk``,
        ``n_events``.
    every : pandas.DataFrame
        Rows of all causes, with ``n_censored`` too.
    group : str
        The group to read.
    days : ndarray of shape (ticks,)
        Days at which to read.

    Returns
    -------
    Counts

    Notes
    -----
    Between two rows nobody left, so the number at risk just before a day is that of the
    first row on or after it. After the last row it is what that row left over. Children
    who enter late are counted from the first row at which they are at risk.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {
    ...         "group": ["all", "all"],
    ...         "time_days": [10.0, 20.0],
    ...         "n_at_risk": [5.0, 3.0],
    ...         "n_events": [1.0, 1.0],
    ...         "n_censored": [1.0, 0.0],
    ...     }
    ... )
    >>> counts_at(rows, rows, "all", np.array([0, 10, 15, 20, 30])).at_risk.tolist()
    [5, 5, 3, 3, 2]
    """
    rows = main[main["group"] == group].sort_values("time_days", kind="stable")
    times = rows["time_days"].to_numpy(dtype=float)
    risk = rows["n_at_risk"].to_numpy(dtype=float)
    events = np.concatenate([[0.0], rows["n_events"].fillna(0.0).cumsum()])
    leavers = every[(every["group"] == group) & (every["time_days"] == times[-1])]
    lost = leavers["n_events"].sum() + leavers["n_censored"].max()
    left = risk[-1] - (0.0 if np.isnan(lost) else lost)
    at_risk = np.append(risk, max(left, 0.0))[np.searchsorted(times, days - 1e-6)]
    return Counts(
        at_risk=np.rint(at_risk).astype(int),
        events=np.rint(
            events[np.searchsorted(times, days + 1e-6, side="right")]
        ).astype(int),
    )


def write_risk_table(
    ax: Axes,
    names: Sequence[str],
    tables: Sequence[Counts],
    ticks: np.ndarray,
    *,
    top: float,
) -> float:
    """Write the counts ``top`` points under the axes; return where they end.

    ``names`` holds the label of each group, in the order of ``tables``.
    """
    depth = top
    for heading, kind in (("At risk", "at_risk"), ("Events so far", "events")):
        _write(ax, heading, depth, gid="risk-heading", weight="bold")
        depth += LINE_POINTS
        for label, counts in zip(names, tables, strict=True):
            name = label if len(label) <= 26 else label[:25] + "…"
            _write(ax, name or "not known", depth, gid="risk-group")
            for tick, count in zip(ticks, getattr(counts, kind), strict=True):
                ax.annotate(
                    f"{count:d}",
                    xy=(tick, 0.0),
                    xycoords=ax.get_xaxis_transform(),
                    xytext=(0.0, -depth),
                    textcoords="offset points",
                    ha="center",
                    va="top",
                    fontsize=SMALL_SIZE,
                    annotation_clip=False,
                    gid=kind,
                )
            depth += LINE_POINTS
        depth += 4.0
    return depth + 4.0


def _write(
    ax: Axes, text: str, depth: float, *, gid: str, weight: str = "normal"
) -> None:
    ax.annotate(
        plain(text),
        xy=(0.0, 0.0),
        xycoords="axes fraction",
        xytext=(-16.0, -depth),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=SMALL_SIZE,
        fontweight=weight,
        color=INK,
        annotation_clip=False,
        gid=gid,
    )
