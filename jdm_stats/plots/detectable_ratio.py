"""Detectable hazard ratios against the number of children, on both sides of 1."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from jdm_stats.errors import UsageError
from jdm_stats.plots.columns import (
    is_synthetic,
    numbers,
    relabelled,
    require_columns,
    text_of,
)
from jdm_stats.plots.labelled_lines import draw_lines, end_labels, lines_of
from jdm_stats.plots.log_axis import log_limits
from jdm_stats.plots.style import (
    FAINT,
    RULE,
    SMALL_SIZE,
    axes_or_new,
    plain,
    styled,
    synthetic_mark,
)

__all__ = ["detectable_ratio_plot"]

_NEEDED = ("n_children", "detectable_above", "detectable_below")
_RATIOS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@styled
def detectable_ratio_plot(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    by: str = "follow_up_years",
    labels: Mapping[Any, str] | None = None,
    marks: pd.DataFrame | None = None,
    ylim: tuple[float, float] | None = None,
    synthetic: bool | None = None,
) -> Axes:
    """Draw which hazard ratios a registry can detect, by its size.

    Ratios between the upper and the lower line of one kind go undetected. A line ends
    where no ratio, however far from 1, would be detected.

    Parameters
    ----------
    table : pandas.DataFrame
        ``n_children``, ``detectable_above``, ``detectable_below`` and the column ``by``, as
        `jdm_stats.power.grid.power_curve` makes it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; give its figure a constrained layout.
    by : str, default "follow_up_years"
        Column with one line per value.
    labels : mapping of value to str, optional
        What to call the lines; years of follow-up are called so by themselves.
    marks : pandas.DataFrame, optional
        Registries to mark: ``n_children`` and ``label``.
    ylim : (float, float), optional
        Ends of the axis of ratios.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its table says that it is.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, an empty table, or numbers of children that are not above 0.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame(
    ...     {
    ...         "n_children": [300, 3000, 300, 3000],
    ...         "follow_up_years": [2, 2, 10, 10],
    ...         "detectable_above": [10.9, 2.3, 8.6, 2.1],
    ...         "detectable_below": [None, 0.35, None, 0.39],
    ...     }
    ... )
    >>> ax = detectable_ratio_plot(table, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "line-label"]
    ['2 years', '10 years']
    """
    frame = require_columns(table, (*_NEEDED, by), "detectable_ratio_plot")
    if frame.empty:
        raise UsageError("detectable_ratio_plot received no rows; pass a table")
    for name in _NEEDED:
        frame[name] = numbers(frame, name)
    if not (frame["n_children"] > 0).all():
        raise UsageError("detectable_ratio_plot needs numbers of children above 0")
    names = line_names(frame, by, labels)
    above = lines_of(frame, by, "n_children", "detectable_above", names)
    below = lines_of(frame, by, "n_children", "detectable_below", names)
    axes = axes_or_new(ax, 7.2, 4.6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.axhline(1.0, color=FAINT, linewidth=0.8)
    draw_lines(axes, above)
    draw_lines(axes, below)
    children = frame["n_children"].to_numpy()
    axes.set_xlim(children.min(), max(children.max(), 1.01 * children.min()))
    axes.set_ylim(ylim or _limits(frame))
    _ticks(axes)
    axes.annotate(
        "between the lines: not detected",
        xy=(0.012, 1.0),
        xycoords=("axes fraction", "data"),
        xytext=(0, 4),
        textcoords="offset points",
        fontsize=SMALL_SIZE,
        color=FAINT,
        bbox={"fc": "white", "ec": "none", "pad": 0.8},
    )
    _mark(axes, marks)
    end_labels(axes, above)
    axes.set_xlabel("Children in the registry")
    axes.set_ylabel("Hazard ratio that can be detected")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if is_synthetic(synthetic, table):
        synthetic_mark(axes)
    return axes


def line_names(
    frame: pd.DataFrame, by: str, labels: Mapping[Any, str] | None
) -> list[str]:
    """Name the value of every line: as told, or "5 years", or as it stands."""
    named = relabelled(labels)
    unit = {"follow_up_years": " years", "accrual_years": " years"}.get(by, "")
    values = [text_of(value) for value in dict.fromkeys(frame[by])]
    told = [f"{text}{unit.rstrip('s') if text == '1' else unit}" for text in values]
    return [named.get(text, name) for text, name in zip(values, told, strict=True)]


def _limits(frame: pd.DataFrame) -> tuple[float, float]:
    ratios = frame[["detectable_above", "detectable_below"]].to_numpy().ravel()
    return log_limits(ratios[:0], ratios, least=(0.2, 5.0), most=(0.02, 100.0))


def _ticks(axes: Axes) -> None:
    low, high = axes.get_ylim()
    ratios = [
        ratio for ratio in _RATIOS if low <= ratio * 1.0001 and ratio <= high * 1.0001
    ]
    axes.set_yticks(ratios, [f"{ratio:g}" for ratio in ratios])
    low, high = axes.get_xlim()
    steps = [step * 10.0**decade for decade in range(7) for step in (1, 2, 5)]
    children = [
        step for step in steps if low <= step * 1.0001 and step <= high * 1.0001
    ]
    axes.set_xticks(children, [f"{step:,.0f}" for step in children])
    axes.minorticks_off()


def _mark(axes: Axes, marks: pd.DataFrame | None) -> None:
    """Mark registries by thin upright lines, named along their foot."""
    if marks is None:
        return
    frame = require_columns(
        marks, ("n_children", "label"), "detectable_ratio_plot, marks"
    )
    low, high = axes.get_xlim()
    for size, label in zip(numbers(frame, "n_children"), frame["label"], strict=True):
        if not low <= size <= high:
            continue
        axes.axvline(size, color=RULE, linewidth=0.8, zorder=0)
        inside = math.log(size / low) > 0.06 * math.log(high / low)
        axes.annotate(
            plain(text_of(label)),
            xy=(size, 0.0),
            xycoords=("data", "axes fraction"),
            xytext=(-2 if inside else 2, 4),
            textcoords="offset points",
            rotation=90,
            ha="right" if inside else "left",
            va="bottom",
            fontsize=SMALL_SIZE,
            color=FAINT,
        ).set_gid("registry-mark")
