"""Figures of missing values: which are missing together, and how imputation went.

The pattern is a chequered table, one row per combination, with the children that have it;
the chains show whether what was imputed has settled.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from jdm_stats.errors import UsageError
from jdm_stats.html import format_number
from jdm_stats.plots.columns import is_synthetic, numbers, require_columns, text_of
from jdm_stats.plots.style import (
    CYCLE,
    FAINT,
    INK,
    OKABE_ITO,
    RULE,
    SMALL_SIZE,
    axes_or_new,
    legend_outside,
    plain,
    styled,
    synthetic_mark,
)

__all__ = ["chains_plot", "missing_pattern_plot"]

_MISSING, _KNOWN = OKABE_ITO["vermillion"], "#E8E8E8"
_EXTRA = ("missing_columns", "n")
_ROW_INCHES, _COLUMN_INCHES = 0.26, 0.55


@styled
def missing_pattern_plot(
    patterns: pd.DataFrame,
    *,
    ax: Axes | None = None,
    most: int = 15,
    unit: str = "Children",
    synthetic: bool | None = None,
) -> Axes:
    """Draw which values are missing together.

    Parameters
    ----------
    patterns : pandas.DataFrame
        One row per pattern: columns of True (known) and False (missing), ``n``, and
        ``missing_columns``, as `missing_pattern` makes it. Columns that are never
        missing are left out and counted under the figure.
    ax : matplotlib.axes.Axes, optional
        Where to draw; give its figure a constrained layout.
    most : int, default 15
        Patterns to draw; the rarer ones are counted under the figure.
    unit : str, default "Children"
        Heading of the counts.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns or an empty table.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> patterns = pd.DataFrame({"cmas": [True, False], "n": [551, 49]})
    >>> ax = missing_pattern_plot(
    ...     patterns.assign(missing_columns=[0, 1]), ax=Figure().subplots()
    ... )
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "count"]
    ['551', '49']
    """
    frame = require_columns(patterns, _EXTRA, "missing_pattern_plot")
    named = [name for name in frame.columns if name not in _EXTRA]
    if frame.empty or not named:
        raise UsageError("missing_pattern_plot received no pattern; pass at least one")
    gaps = [name for name in named if not frame[name].to_numpy(dtype=bool).all()]
    drawn, shown = gaps or named, frame.head(most)
    width = 2.2 + _COLUMN_INCHES * len(drawn)
    axes = axes_or_new(ax, width, 1.9 + _ROW_INCHES * len(shown))
    for row, record in enumerate(shown[drawn].to_numpy(dtype=bool)):
        for column, known in enumerate(record):
            axes.add_patch(_tile(column, row, bool(known)))
    for row, count in enumerate(numbers(shown, "n")):
        text = axes.text(len(drawn) + 0.1, row + 0.5, format_number(int(count)))
        text.set(gid="count", va="center", ha="left", fontsize=SMALL_SIZE)
    heading = axes.text(len(drawn) + 0.1, -0.25, plain(unit))
    heading.set(va="bottom", ha="left", fontsize=SMALL_SIZE, color=FAINT)
    _frame(axes, drawn, len(shown))
    axes.set_xlabel(_left_out(frame, shown, len(named) - len(drawn), unit))
    entries = [(_tile(0, 0, True), "known"), (_tile(0, 0, False), "missing")]
    legend_outside(axes, entries, below=26.0)
    if is_synthetic(synthetic, patterns):
        synthetic_mark(axes, x=0.0, ha="right")
    return axes


def _tile(column: int, row: int, known: bool) -> Rectangle:
    return Rectangle(
        (column + 0.06, row + 0.08),
        0.88,
        0.84,
        facecolor=_KNOWN if known else _MISSING,
        edgecolor=RULE if known else INK,
        hatch="" if known else "///",
        linewidth=0.5,
        gid="known" if known else "missing",
    )


def _frame(axes: Axes, drawn: list[Any], rows: int) -> None:
    axes.set_xlim(0, len(drawn) + 1.0)
    axes.set_ylim(rows, 0)
    axes.set_yticks([])
    axes.xaxis.tick_top()
    axes.set_xticks(np.arange(len(drawn)) + 0.5)
    labels = [plain(text_of(name)) for name in drawn]
    axes.set_xticklabels(labels, rotation=40, ha="left", rotation_mode="anchor")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _left_out(frame: pd.DataFrame, shown: pd.DataFrame, whole: int, unit: str) -> str:
    said = []
    if whole:
        said.append(f"{whole} column{'s' if whole > 1 else ''} never missing")
    rest = len(frame) - len(shown)
    if rest:
        count = int(numbers(frame, "n")[len(shown) :].sum())
        said.append(f"{rest} rarer patterns ({count} {unit.lower()})")
    return f"Not drawn: {', '.join(said)}" if said else ""


@styled
def chains_plot(
    chains: pd.DataFrame,
    column: str,
    *,
    level: str | None = None,
    statistic: str | None = None,
    ax: Axes | None = None,
    synthetic: bool | None = None,
) -> Axes:
    r"""Draw a statistic of the imputed values along each chain.

    Chains that mix cross each other and have no trend.

    Parameters
    ----------
    chains : pandas.DataFrame
        ``column, level, statistic, imputation, iteration, value``, as the ``chains`` of
        imputations are.
    column : str
        The imputed column to draw.
    level : str, optional
        The class whose share is drawn; by default the first.
    statistic : str, optional
        "mean" or "sd" of numbers, "share" of a class; by default the first there is.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        When the table lacks columns, or the column, level or statistic.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> chains = pd.DataFrame(
    ...     {"column": "cmas", "level": "", "statistic": "mean", "imputation": 1}
    ...     | {"iteration": [1, 2], "value": [30.0, 31.0]}
    ... )
    >>> ax = chains_plot(chains, "cmas", ax=Figure().subplots())
    >>> ax.lines[0].get_ydata().tolist(), ax.get_ylabel()
    ([30.0, 31.0], 'cmas\nmean of imputed values')
    """
    needed = ("column", "level", "statistic", "imputation", "iteration", "value")
    rows = require_columns(chains, needed, "chains_plot")
    rows = _chosen(rows, "column", column)
    rows = _chosen(rows, "statistic", statistic)
    rows = _chosen(rows, "level", level)
    axes = axes_or_new(ax, 5.2, 3.2)
    for place, (_, chain) in enumerate(rows.groupby("imputation", sort=True)):
        look = CYCLE[place % len(CYCLE)]
        axes.plot(
            chain["iteration"].to_numpy(),
            chain["value"].to_numpy(),
            color=look.colour,
            linestyle=look.line,
            linewidth=0.9,
            marker="." if len(chain) < 30 else "",
        )
    told, word = text_of(rows["level"].iloc[0]), text_of(rows["statistic"].iloc[0])
    what = f"{column}, {told}" if told else column
    axes.set_ylabel(plain(f"{what}\n{word} of imputed values"))
    axes.set_xlabel(f"Iteration ({rows['imputation'].nunique()} chains)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if is_synthetic(synthetic, chains):
        synthetic_mark(axes)
    return axes


def _chosen(rows: pd.DataFrame, name: str, wanted: str | None) -> pd.DataFrame:
    there = [text_of(value) for value in rows[name]]
    if not there:
        raise UsageError("chains_plot received no rows")
    chosen = there[0] if wanted is None else text_of(wanted)
    if chosen not in there:
        raise UsageError(
            f"chains_plot finds no {name} {chosen!r}; there are "
            f"{', '.join(dict.fromkeys(there))}"
        )
    return rows[[value == chosen for value in there]]
