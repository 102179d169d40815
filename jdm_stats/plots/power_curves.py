"""Power against the number of children, one line per hazard ratio or per design."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from jdm_stats.errors import UsageError
from jdm_stats.plots.columns import is_synthetic, numbers, require_columns
from jdm_stats.plots.detectable_ratio import line_names
from jdm_stats.plots.labelled_lines import Line, draw_lines, end_labels, lines_of
from jdm_stats.plots.style import FAINT, axes_or_new, styled, synthetic_mark

__all__ = ["power_plot"]


@styled
def power_plot(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    by: str = "hazard_ratio",
    labels: Mapping[Any, str] | None = None,
    wanted: float | None = None,
    synthetic: bool | None = None,
) -> Axes:
    """Draw the chance of a significant result by the number of children.

    Parameters
    ----------
    table : pandas.DataFrame
        ``n_children``, ``power`` (0 to 1) and the column ``by``, as
        `jdm_stats.power.grid.power_table` makes it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; give its figure a constrained layout.
    by : str, default "hazard_ratio"
        Column with one line per value.
    labels : mapping of value to str, optional
        What to call the lines.
    wanted : float, optional
        Power to mark; by default that of the column ``power_wanted``, if there is one.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its table says that it is.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, or a table without a power.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame(
    ...     {"n_children": [300, 600], "hazard_ratio": [8, 8], "power": [0.71, 0.92]}
    ... )
    >>> ax = power_plot(table, ax=Figure().subplots(), wanted=0.8)
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "line-label"]
    ['HR 8']
    """
    frame = require_columns(table, ("n_children", "power", by), "power_plot")
    for name in ("n_children", "power"):
        frame[name] = numbers(frame, name)
    frame = frame[frame["power"].notna() & (frame["n_children"] > 0)]
    if frame.empty:
        raise UsageError(
            "power_plot received no power; give power_table a hazard_ratio"
        )
    names = line_names(frame, by, labels)
    if by == "hazard_ratio" and not labels:
        names = [f"HR {name}" for name in names]
    frame["power"] *= 100.0
    lines: list[Line] = lines_of(frame, by, "n_children", "power", names)
    axes = axes_or_new(ax, 7.2, 4.2)
    axes.set_xscale("log")
    mark = wanted
    if mark is None and "power_wanted" in frame.columns:
        mark = float(numbers(frame, "power_wanted")[0])
    if mark is not None:
        axes.axhline(100 * mark, color=FAINT, linewidth=0.8)
    draw_lines(axes, lines)
    children = frame["n_children"].to_numpy()
    axes.set_xlim(children.min(), max(children.max(), 1.01 * children.min()))
    axes.set_ylim(0, 102)
    low, high = axes.get_xlim()
    steps = [step * 10.0**decade for decade in range(7) for step in (1, 2, 5)]
    ticks = [s for s in steps if low <= s * 1.0001 and s <= high * 1.0001]
    axes.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    axes.minorticks_off()
    end_labels(axes, lines)
    axes.set_xlabel("Children in the registry")
    axes.set_ylabel("Power (%)")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if is_synthetic(synthetic, table):
        synthetic_mark(axes)
    return axes
