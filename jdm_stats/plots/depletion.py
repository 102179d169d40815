"""Why a marginal hazard ratio is not the conditional one: who is still at risk.

Where a treatment harms, its frailest children leave the risk set first; those who stay are
milder than under the other treatment, and the ratio of the two hazards sinks although no
child's own ratio has changed. The two plots go above one another.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from jdm_stats.plots.columns import is_synthetic, numbers, require_columns
from jdm_stats.plots.style import (
    INK,
    OKABE_ITO,
    RULE,
    axes_or_new,
    legend_outside,
    styled,
    synthetic_mark,
)
from jdm_stats.schema import DAYS_PER_MONTH

__all__ = ["hazard_ratios_plot", "severity_at_risk_plot"]

_Z95 = 1.959963984540054
_MOST_MARKS = 8
_DASHED, _DOTTED = (0, (5, 2)), (0, (1, 1.5))
_WIDE = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0)
_NARROW = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0)
_MOST_TICKS = 8
_COLOURS = (OKABE_ITO["vermillion"], OKABE_ITO["blue"])


@styled
def hazard_ratios_plot(
    hazards: pd.DataFrame,
    *,
    ax: Axes | None = None,
    cox_projection: float | None = None,
    cox_label: str = "Cox projection",
    ylabel: str = "Hazard ratio",
    synthetic: bool | None = None,
) -> Axes:
    """Draw the marginal hazard ratio over time beside the conditional one.

    Parameters
    ----------
    hazards : pandas.DataFrame
        ``from_day``, ``to_day``, ``marginal_hr`` and ``conditional_hr`` of each window,
        and ``log_marginal_hr_error`` for a band of the Monte Carlo error (95%).
    ax : matplotlib.axes.Axes, optional
        Where to draw. A legend stands below: give its figure a constrained layout.
    cox_projection : float, optional
        Hazard ratio of the Cox projection, drawn as a level line.
    cox_label : str
        Its full name, with horizon and censoring.
    ylabel : str
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame(
    ...     {
    ...         "from_day": [0, 30],
    ...         "to_day": [30, 61],
    ...         "marginal_hr": [2.9, 2.5],
    ...         "conditional_hr": [3.0, 3.0],
    ...     }
    ... )
    >>> ax = hazard_ratios_plot(table, ax=Figure().subplots())
    >>> ax.get_xlabel(), ax.get_yscale()
    ('Months from time zero', 'log')
    """
    needed = ("from_day", "to_day", "marginal_hr", "conditional_hr")
    frame = require_columns(hazards, needed, "hazard_ratios_plot")
    month = _middles(frame)
    marginal, own = numbers(frame, "marginal_hr"), numbers(frame, "conditional_hr")
    axes = axes_or_new(ax, 6.5, 3.6)
    axes.set_yscale("log")
    axes.axhline(1.0, color=RULE, lw=0.8, zorder=1).set_gid("no-effect")
    (conditional,) = axes.plot(
        month,
        own,
        color=INK,
        ls=_DASHED,
        marker="o",
        ms=4,
        mfc="white",
        markevery=_every(month),
    )
    conditional.set_gid("conditional")
    (line,) = axes.plot(
        month,
        marginal,
        color=_COLOURS[0],
        lw=1.8,
        marker="s",
        ms=4,
        markevery=_every(month),
    )
    line.set_gid("marginal")
    entries: list[tuple[Any, str]] = [
        (conditional, "conditional: each child's own, nobody leaving"),
        (line, "marginal: among those still at risk"),
    ]
    error = numbers(frame, "log_marginal_hr_error")
    if np.isfinite(error).any():
        reach = np.exp(_Z95 * error)
        band = axes.fill_between(
            month,
            marginal / reach,
            marginal * reach,
            color=_COLOURS[0],
            alpha=0.2,
            lw=0,
        )
        band.set_gid("band")
        entries.append((band, "Monte Carlo error, 95%"))
    shown = np.concatenate([marginal, own, [1.0]])
    if cox_projection is not None:
        level = axes.axhline(cox_projection, color=_COLOURS[1], lw=1.4, ls=_DOTTED)
        level.set_gid("cox-projection")
        entries.append((level, cox_label))
        shown = np.append(shown, cox_projection)
    _ratio_axis(axes, shown)
    return _finished(axes, ylabel, entries, is_synthetic(synthetic, hazards))


@styled
def severity_at_risk_plot(
    hazards: pd.DataFrame,
    *,
    ax: Axes | None = None,
    labels: tuple[str, str] = ("strategy", "reference"),
    ylabel: str = "Mean severity of those\nstill at risk (SD)",
    synthetic: bool | None = None,
) -> Axes:
    """Draw how severe those still at risk are under either strategy, over time.

    Parameters
    ----------
    hazards : pandas.DataFrame
        ``from_day``, ``to_day``, ``severity_strategy`` and ``severity_reference`` of
        each window.
    ax : matplotlib.axes.Axes, optional
        Where to draw. A legend stands below: give its figure a constrained layout.
    labels : (str, str)
        What to call the strategy and the reference.
    ylabel : str
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame(
    ...     {
    ...         "from_day": [0, 30],
    ...         "to_day": [30, 61],
    ...         "severity_strategy": [0.5, 0.3],
    ...         "severity_reference": [0.5, 0.4],
    ...     }
    ... )
    >>> ax = severity_at_risk_plot(table, ax=Figure().subplots())
    >>> len(ax.get_legend().get_texts())
    2
    """
    columns = ("severity_strategy", "severity_reference")
    needed = ("from_day", "to_day", *columns)
    frame = require_columns(hazards, needed, "severity_at_risk_plot")
    month = _middles(frame)
    axes = axes_or_new(ax, 6.5, 2.6)
    entries: list[tuple[Any, str]] = []
    marks: list[tuple[str, Any]] = [("s", "-"), ("o", _DASHED)]
    for column, colour, (marker, line), label in zip(
        columns, _COLOURS, marks, labels, strict=True
    ):
        (drawn,) = axes.plot(
            month,
            numbers(frame, column),
            color=colour,
            ls=line,
            lw=1.6,
            marker=marker,
            ms=4,
            markevery=_every(month),
        )
        drawn.set_gid(column)
        entries.append((drawn, label))
    return _finished(axes, ylabel, entries, is_synthetic(synthetic, hazards))


def _middles(frame: pd.DataFrame) -> np.ndarray:
    middle: np.ndarray = (numbers(frame, "from_day") + numbers(frame, "to_day")) / 2
    return middle / DAYS_PER_MONTH


def _every(month: np.ndarray) -> int:
    return max(1, -(-len(month) // _MOST_MARKS))


def _ratio_axis(axes: Axes, shown: np.ndarray) -> None:
    """Plain numbers on a log axis that holds everything shown, with some room."""
    good = shown[np.isfinite(shown) & (shown > 0)]
    low, high = float(good.min()), float(good.max())
    room = max((high / low) ** 0.1, 1.03)
    low, high = low / room, high * room
    ticks = [
        tick for tick in (_NARROW if high / low < 2 else _WIDE) if low <= tick <= high
    ]
    if len(ticks) > _MOST_TICKS:
        ticks = [tick for tick in ticks if tick in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)]
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())


def _finished(
    axes: Axes, ylabel: str, entries: list[tuple[Any, str]], synthetic: bool
) -> Axes:
    axes.set_xlabel("Months from time zero")
    axes.set_ylabel(ylabel)
    axes.set_xlim(left=0.0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    legend_outside(axes, entries)
    if synthetic:
        synthetic_mark(axes)
    return axes
