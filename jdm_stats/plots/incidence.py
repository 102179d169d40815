"""Cumulative incidence and survival: step curves, bands, and who is still at risk.

The numbers under the axis are part of the figure: how many children of each group are at
risk at each tick, and how many events there have been by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from jdm_stats.plots.columns import is_synthetic
from jdm_stats.plots.curves import (
    DAYS_PER,
    Curve,
    of_cause,
    read_curves,
    read_table,
    time_ticks,
    top_of,
)
from jdm_stats.plots.risk_table import counts_at, write_risk_table
from jdm_stats.plots.style import (
    BASE_SIZE,
    axes_or_new,
    legend_outside,
    styled,
    synthetic_mark,
)

__all__ = ["incidence_plot", "survival_plot"]

TABLE_TOP_POINTS = 44.0
_THIN = (0.0, (4.0, 2.5))


@styled
def incidence_plot(
    curves: pd.DataFrame,
    *,
    ax: Axes | None = None,
    cause: int = 1,
    competing: int | None = None,
    competing_label: str = "competing event",
    conf: bool = True,
    labels: Mapping[str, str] | None = None,
    time_unit: str = "months",
    at_risk: bool = True,
    at_times: Sequence[float] | None = None,
    ylim: tuple[float, float] | None = None,
    ylabel: str = "Cumulative incidence (%)",
    synthetic: bool | None = None,
) -> Axes:
    """Draw cumulative incidence by group, with numbers at risk under the axis.

    Parameters
    ----------
    curves : pandas.DataFrame
        Tidy curves: ``group``, ``time_days``, ``estimate`` (from 0 to 1), and where there
        are any ``conf_low``, ``conf_high``, ``n_at_risk``, ``n_events``, ``n_censored``
        and ``cause``, with one block of rows for each cause.
    ax : matplotlib.axes.Axes, optional
        Where to draw. Text stands below the axes: give its figure a constrained layout.
    cause : int, default 1
        Code of the event that is drawn.
    competing : int, optional
        Code of a competing event, drawn as thin dashed lines.
    competing_label : str
        What to call it.
    conf : bool, default True
        Whether to draw the confidence bands.
    labels : mapping of group to str, optional
        What to call the groups, in the order in which they are to stand.
    time_unit : {"months", "years", "days"}
        Unit of the time axis; a month is 365.25 / 12 days.
    at_risk : bool, default True
        Whether to write the numbers at risk and the cumulative events.
    at_times : sequence of float, optional
        Times of the ticks, in ``time_unit``.
    ylim : (float, float), optional
        Ends of the upright axis in percent.
    ylabel : str
        Words beside it.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, an unknown cause or unit of time, or an empty table.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> curves = pd.DataFrame(
    ...     {
    ...         "group": ["NXP2"] * 2,
    ...         "time_days": [0, 365],
    ...         "estimate": [0.0, 0.1],
    ...         "n_at_risk": [10, 10],
    ...         "n_events": [0, 1],
    ...     }
    ... )
    >>> ax = incidence_plot(curves, ax=Figure().subplots(), time_unit="days")
    >>> ax.get_ylabel(), ax.lines[0].get_ydata().tolist()
    ('Cumulative incidence (%)', [0.0, 10.0])
    """
    frame = read_table(curves, "incidence_plot", at_risk, time_unit)
    main = of_cause(frame, cause)
    drawn = read_curves(main, frame, labels or {}, time_unit, start=0.0)
    other = []
    if competing is not None:
        rows = of_cause(frame, competing)
        other = read_curves(rows, frame, labels or {}, time_unit, start=0.0)
    top = max(
        [top_of(curve, conf) for curve in drawn] + [top_of(c, False) for c in other]
    )
    return _draw(
        drawn,
        other,
        frame if at_risk else None,
        main,
        ax=ax,
        conf=conf,
        time_unit=time_unit,
        at_times=at_times,
        ylim=ylim or (0.0, min(max(top * 1.08, 1.0), 100.0)),
        ylabel=ylabel,
        synthetic=is_synthetic(synthetic, curves),
        dashed=competing_label,
    )


@styled
def survival_plot(
    curves: pd.DataFrame,
    *,
    ax: Axes | None = None,
    conf: bool = True,
    labels: Mapping[str, str] | None = None,
    time_unit: str = "months",
    at_risk: bool = True,
    at_times: Sequence[float] | None = None,
    ylim: tuple[float, float] = (0.0, 103.0),
    ylabel: str = "Free of the event (%)",
    synthetic: bool | None = None,
) -> Axes:
    """Draw Kaplan-Meier curves by group, with numbers at risk under the axis.

    The upright axis runs from 0 to 100 percent unless told otherwise, so that a rare
    event looks rare.

    Parameters
    ----------
    curves : pandas.DataFrame
        Tidy curves as for `incidence_plot`, without ``cause``.
    ax, conf, labels, time_unit, at_risk, at_times, ylim, ylabel, synthetic
        As for `incidence_plot`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, an unknown unit of time, or an empty table.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> curves = pd.DataFrame(
    ...     {"group": ["all"], "time_days": [365.25], "estimate": [0.9]}
    ... )
    >>> ax = survival_plot(
    ...     curves, ax=Figure().subplots(), time_unit="years", at_risk=False
    ... )
    >>> ax.lines[0].get_xdata().tolist(), ax.lines[0].get_ydata().tolist()
    ([0.0, 1.0], [100.0, 90.0])
    """
    frame = read_table(curves, "survival_plot", at_risk, time_unit)
    return _draw(
        read_curves(frame, frame, labels or {}, time_unit, start=1.0),
        [],
        frame if at_risk else None,
        frame,
        ax=ax,
        conf=conf,
        time_unit=time_unit,
        at_times=at_times,
        ylim=ylim,
        ylabel=ylabel,
        synthetic=is_synthetic(synthetic, curves),
    )


def _draw(
    drawn: Sequence[Curve],
    other: Sequence[Curve],
    table: pd.DataFrame | None,
    main: pd.DataFrame,
    *,
    ax: Axes | None,
    conf: bool,
    time_unit: str,
    at_times: Sequence[float] | None,
    ylim: tuple[float, float],
    ylabel: str,
    synthetic: bool,
    dashed: str = "",
) -> Axes:
    blocks = 2 * (len(drawn) + 1) if table is not None else 0
    ax = axes_or_new(ax, 7.0, 3.9 + 0.18 * blocks)
    last = max(float(curve.time[-1]) for curve in [*drawn, *other])
    ticks = time_ticks(last, time_unit, at_times)
    for curve in drawn:
        _draw_curve(ax, curve, ticks, conf=conf, solid=bool(other))
    for curve in other:
        _step(ax, curve, lw=0.9, ls=_THIN, gid="competing")
        _marks(ax, curve, ticks, gid="competing-marks", ms=3.5, mfc="white")
    _frame_axes(ax, ticks, max(last, float(ticks[-1])), ylim)
    ax.set_xlabel(f"{time_unit.capitalize()} from diagnosis")
    ax.set_ylabel(ylabel)
    below = TABLE_TOP_POINTS
    if table is not None:
        days = np.floor(ticks * DAYS_PER[time_unit] + 1e-6)
        names = [curve.label for curve in drawn]
        tables = [counts_at(main, table, c.group, days) for c in drawn]
        below = write_risk_table(ax, names, tables, ticks, top=TABLE_TOP_POINTS)
    if len(drawn) > 1 or other:
        legend_outside(ax, _entries(drawn, dashed if other else ""), below=below)
    if synthetic:
        synthetic_mark(ax)
    return ax


def _step(ax: Axes, curve: Curve, **style: Any) -> None:
    ax.plot(
        curve.time,
        curve.estimate,
        drawstyle="steps-post",
        color=curve.look.colour,
        **style,
    )


def _marks(ax: Axes, curve: Curve, ticks: np.ndarray, **style: Any) -> None:
    """Mark the curve at the ticks, so that groups are told apart without colour."""
    inside = ticks[(ticks > 0) & (ticks <= curve.time[-1] * 1.001)]
    held = np.searchsorted(curve.time, inside + 1e-9, side="right") - 1
    ax.plot(
        inside,
        curve.estimate[held],
        ls="none",
        marker=curve.look.marker,
        color=curve.look.colour,
        mew=0.7,
        zorder=4,
        clip_on=False,
        **style,
    )


def _draw_curve(
    ax: Axes, curve: Curve, ticks: np.ndarray, *, conf: bool, solid: bool
) -> None:
    line = "solid" if solid else curve.look.line
    _step(ax, curve, lw=1.8, ls=line, gid="curve", zorder=3)
    _marks(ax, curve, ticks, gid="marks", ms=5, mec="white")
    if conf and np.isfinite(curve.low).any() and np.isfinite(curve.high).any():
        ax.fill_between(
            curve.time,
            curve.low,
            curve.high,
            color=curve.look.colour,
            alpha=0.14,
            gid="band",
            step="post",
            lw=0.0,
            zorder=1,
        )
        for edge in (curve.low, curve.high):
            ax.plot(
                curve.time,
                edge,
                drawstyle="steps-post",
                color=curve.look.colour,
                lw=0.6,
                ls=line,
                alpha=0.7,
                gid="band-edge",
                zorder=2,
            )


def _frame_axes(
    ax: Axes, ticks: np.ndarray, last: float, ylim: tuple[float, float]
) -> None:
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_xlim(min(0.0, float(ticks[0])), last * 1.02 if last > 0 else 1.0)
    ax.set_ylim(*ylim)
    ax.tick_params(labelsize=BASE_SIZE)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _entries(drawn: Sequence[Curve], dashed: str) -> list[tuple[Line2D, str]]:
    entries = [
        (
            Line2D(
                [],
                [],
                color=curve.look.colour,
                ls="solid" if dashed else curve.look.line,
                marker=curve.look.marker,
                ms=5,
                lw=1.8,
            ),
            curve.label or "not known",
        )
        for curve in drawn
    ]
    if dashed:
        thin = Line2D([], [], color="#444444", lw=0.9, ls=_THIN)
        entries.append((thin, f"{dashed} (thin, dashed)"))
    return entries
