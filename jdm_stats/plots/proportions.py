"""The forest of proportions: one series of children a row, overlaps shown, not pooled.

Published series from one centre often count the same children twice. Series that overlap
stand together, joined by a bracket; those that must not be added are drawn hollow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from jdm_stats.errors import UsageError
from jdm_stats.html import format_number
from jdm_stats.plots.columns import (
    flag,
    is_synthetic,
    numbers,
    require_columns,
    text_of,
)
from jdm_stats.plots.rows import HOLLOW_LINE, Row, draw_rows, label_pad, places, wrap
from jdm_stats.plots.style import (
    FAINT,
    OKABE_ITO,
    legend_outside,
    styled,
    synthetic_mark,
)

__all__ = ["proportion_forest"]

_SERIES, _APART = OKABE_ITO["blue"], OKABE_ITO["vermillion"]
_NEEDED = ("cohort", "n", "events", "estimate", "conf_low", "conf_high")


@styled
def proportion_forest(
    series: pd.DataFrame,
    *,
    ax: Axes | None = None,
    xlim: tuple[float, float] | None = None,
    xlabel: str = "Children with a perforation (%)",
    conf_level: float = 0.95,
    synthetic: bool | None = None,
) -> Axes:
    """Draw the proportion of children with the outcome in each series.

    Parameters
    ----------
    series : pandas.DataFrame
        One row a series: ``cohort``, ``n``, ``events``, and ``estimate``, ``conf_low``
        and ``conf_high`` as proportions from 0 to 1. Optional: ``overlap_group`` (series
        with the same entry share children), ``pooled`` (True for a series that may enter
        a pool, one of each group at most; without it every series outside a group) and
        ``what_was_counted``, shown under the name where it differs between series.
    ax : matplotlib.axes.Axes, optional
        Where to draw; give its figure a constrained layout.
    xlim : (float, float), optional
        Ends of the axis in percent. By default from 0 to the highest limit.
    xlabel : str
        Words under the axis.
    conf_level : float, default 0.95
        Level of the limits, for the heading.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, an empty table, or proportions outside 0 to 1.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> series = pd.DataFrame(
    ...     {
    ...         "cohort": ["Beijing, 2021"],
    ...         "n": [120],
    ...         "events": [5],
    ...         "estimate": [5 / 120],
    ...         "conf_low": [0.0137],
    ...         "conf_high": [0.0946],
    ...     }
    ... )
    >>> ax = proportion_forest(series, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "cell-1"]
    ['4.2% (1.4 to 9.5)']
    """
    frame = _checked(require_columns(series, _NEEDED, "proportion_forest"))
    what = frame["what_was_counted"].map(text_of)
    said = list(what) if what.nunique() > 1 else [""] * len(frame)
    records = frame.to_dict("records")
    rows = [_row(record, words) for record, words in zip(records, said, strict=True)]
    limits = xlim or _percent_limits(rows)
    headers = ["Events / n", f"Percent ({100 * conf_level:g}% interval)"]
    axes = draw_rows(rows, ax=ax, headers=headers, xlim=limits, log=False)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel(xlabel)
    groups = [text_of(value) for value in frame["overlap_group"]]
    shared = _brackets(axes, groups, places(rows))
    if shared or any(row.hollow or row.marker == "D" for row in rows):
        _legend(axes, rows, bracketed=bool(shared))
    if is_synthetic(synthetic, series):
        synthetic_mark(axes, x=0.0, ha="left")
    return axes


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    if frame.empty:
        raise UsageError("proportion_forest received no series; pass at least one row")
    for column in ("estimate", "conf_low", "conf_high"):
        values = numbers(frame, column)
        wrong = (values < 0) | (values > 1)
        if wrong.any():
            raise UsageError(
                f"{column} must be a proportion from 0 to 1; received "
                f"{', '.join(f'{value:g}' for value in values[wrong])}; divide percents "
                "by 100"
            )
    if "overlap_group" not in frame.columns:
        frame["overlap_group"] = ""
    if "pooled" not in frame.columns:
        frame["pooled"] = [not text_of(value) for value in frame["overlap_group"]]
    if "what_was_counted" not in frame.columns:
        frame["what_was_counted"] = ""
    names = [text_of(value) for value in frame["overlap_group"]]
    first = {name: names.index(name) for name in names}
    order = [(first[name] if name else place) for place, name in enumerate(names)]
    return frame.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _row(record: dict[Any, Any], counted: str) -> Row:
    values = [
        math.nan if pd.isna(record[key]) else 100.0 * float(record[key])
        for key in ("conf_low", "estimate", "conf_high")
    ]
    low, middle, high = values
    shown = [format_number(value, digits=1) for value in (middle, low, high)]
    text = "not stated"
    if not math.isnan(middle):
        text = f"{shown[0]}%"
        if not (math.isnan(low) and math.isnan(high)):
            text += f" ({shown[1]} to {shown[2]})"
    apart = not flag(record["pooled"])
    overlapping = apart and bool(text_of(record["overlap_group"]))
    label = wrap(text_of(record["cohort"]), 44)
    if counted:
        label += "\n" + wrap(counted, 44)
    counts = [text_of(record[key]) or "–" for key in ("events", "n")]
    return Row(
        label=label,
        low=low,
        middle=middle,
        high=high,
        cells=(" / ".join(counts), text),
        marker="D" if apart and not overlapping else "s",
        colour=_APART if apart and not overlapping else _SERIES,
        hollow=overlapping,
    )


def _percent_limits(rows: Sequence[Row]) -> tuple[float, float]:
    tops = [v for row in rows for v in (row.middle, row.high) if math.isfinite(v)]
    return 0.0, min(max([*tops, 1.0]) * 1.12, 112.0)


def _brackets(ax: Axes, groups: Sequence[str], heights: np.ndarray) -> int:
    """Join the rows of each overlap group at the right edge; count the brackets."""
    drawn = 0
    for name in dict.fromkeys(group for group in groups if group):
        ys = [y for y, group in zip(heights, groups, strict=True) if group == name]
        if len(ys) < 2:
            continue
        ax.plot(
            [0.985, 1.0, 1.0, 0.985],
            [ys[0], ys[0], ys[-1], ys[-1]],
            transform=ax.get_yaxis_transform(),
            color=FAINT,
            lw=1.2,
            clip_on=False,
            gid="bracket",
        )
        drawn += 1
    return drawn


def _legend(ax: Axes, rows: Sequence[Row], *, bracketed: bool) -> None:
    style: dict[str, Any] = {"color": _SERIES, "mec": _SERIES, "mew": 1.3}
    entries: list[tuple[Line2D, str]] = []
    if any(not row.hollow and row.marker == "s" for row in rows):
        mark = Line2D([], [], marker="s", ms=6, ls="-", **style)
        entries.append((mark, "series counted once"))
    if any(row.hollow for row in rows):
        mark = Line2D([], [], marker="s", ms=6, mfc="white", ls=HOLLOW_LINE, **style)
        entries.append((mark, "overlapping, not pooled"))
    if any(row.marker == "D" for row in rows):
        mark = Line2D([], [], marker="D", ms=5.5, ls="-", color=_APART)
        entries.append((mark, "counted otherwise, not pooled"))
    if bracketed:
        mark = Line2D([], [], color=FAINT, marker="$]$", ls="none", ms=8)
        entries.append((mark, "series that share children"))
    legend_outside(ax, entries, left=label_pad(rows))
