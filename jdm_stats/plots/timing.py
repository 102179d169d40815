"""When perforation came: time from diagnosis, for single cases and for series."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from jdm_stats.errors import UsageError
from jdm_stats.plots.columns import is_synthetic, numbers, require_columns, text_of
from jdm_stats.plots.rows import HOLLOW_LINE, Row, draw_rows, label_pad, wrap
from jdm_stats.plots.style import (
    OKABE_ITO,
    legend_outside,
    styled,
    synthetic_mark,
)

__all__ = ["timing_plot"]

_NEEDED = ("label", "kind", "months", "low", "high")
_CASE, _SERIES = OKABE_ITO["vermillion"], OKABE_ITO["blue"]


@styled
def timing_plot(
    times: pd.DataFrame,
    *,
    ax: Axes | None = None,
    xlim: tuple[float, float] | None = None,
    xlabel: str = "Months from diagnosis to perforation",
    synthetic: bool | None = None,
) -> Axes:
    """Draw the time to perforation: a point for a case, median and range for a series.

    Parameters
    ----------
    times : pandas.DataFrame
        One row a case or series: ``label``, ``kind`` ("case" or "series"), ``months``
        (the case's time or the median), ``low`` and ``high`` (the range, missing for a
        case). Optional: ``n`` (children), ``statistic`` (words for a lone upper limit,
        such as "often within") and ``overlap_group``; series with the same entry share
        children and are drawn hollow.
    ax : matplotlib.axes.Axes, optional
        Where to draw; give its figure a constrained layout.
    xlim : (float, float), optional
        Ends of the axis in months.
    xlabel : str
        Words under the axis.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, an empty table or another ``kind``.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> times = pd.DataFrame(
    ...     {
    ...         "label": ["Case 1", "Series of 10"],
    ...         "kind": ["case", "series"],
    ...         "months": [5.0, 9.0],
    ...         "low": [None, 1.0],
    ...         "high": [None, 34.0],
    ...     }
    ... )
    >>> ax = timing_plot(times, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "cell-0"]
    ['5', '9 (1 to 34)']
    """
    frame = _checked(require_columns(times, _NEEDED, "timing_plot"))
    rows = [_row(record) for record in frame.to_dict("records")]
    headers = ["Months: median (range)"]
    axes = draw_rows(
        rows, ax=ax, headers=headers, xlim=xlim or _limits(rows), log=False
    )
    axes.set_xlabel(xlabel)
    _legend(axes, frame, rows)
    if is_synthetic(synthetic, times):
        synthetic_mark(axes, x=0.0, ha="left")
    return axes


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    if frame.empty:
        raise UsageError("timing_plot received no times; pass at least one row")
    kinds = {text_of(kind) for kind in frame["kind"]} - {"case", "series"}
    if kinds:
        raise UsageError(
            f"kind must be 'case' or 'series'; received "
            f"{', '.join(repr(kind) for kind in sorted(kinds))}"
        )
    for column in ("months", "low", "high"):
        frame[column] = numbers(frame, column)
    if "overlap_group" not in frame.columns:
        frame["overlap_group"] = ""
    return frame


def _row(record: dict) -> Row:
    case = record["kind"] == "case"
    low, middle, high = record["low"], record["months"], record["high"]
    label = text_of(record["label"])
    n = text_of(record.get("n"))
    if n and not case:
        label += f" (n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{n})"
    return Row(
        label=wrap(label, 40),
        low=0.0 if _only_upper(low, middle, high) else low,
        middle=middle,
        high=high,
        cells=(_words(low, middle, high, text_of(record.get("statistic"))),),
        marker="o" if case else "D",
        colour=_CASE if case else _SERIES,
        hollow=bool(text_of(record["overlap_group"])),
    )


def _only_upper(low: float, middle: float, high: float) -> bool:
    return math.isnan(low) and math.isnan(middle) and not math.isnan(high)


def _words(low: float, middle: float, high: float, statistic: str) -> str:
    shown = [f"{v:.1f}".removesuffix(".0") for v in (middle, low, high)]
    if _only_upper(low, middle, high):
        return f"{statistic or 'up to'} {shown[2]}"
    spread = "" if math.isnan(low) and math.isnan(high) else f"{shown[1]} to {shown[2]}"
    if math.isnan(middle):
        return f"{spread} (range)" if spread else "not stated"
    return f"{shown[0]} ({spread})" if spread else shown[0]


def _limits(rows: Sequence[Row]) -> tuple[float, float]:
    values = np.array([v for row in rows for v in (row.low, row.middle, row.high)])
    values = values[np.isfinite(values)]
    return min(0.0, values.min(initial=0.0) * 1.06), values.max(initial=6.0) * 1.06


def _legend(ax: Axes, frame: pd.DataFrame, rows: Sequence[Row]) -> None:
    kinds = set(frame["kind"])
    entries: list[tuple[Line2D, str]] = []
    if "case" in kinds:
        dot = Line2D([], [], marker="o", color=_CASE, ls="none", ms=6)
        entries.append((dot, "single case"))
    if "series" in kinds:
        bar = Line2D([], [], marker="D", color=_SERIES, ls="-", ms=5.5)
        entries.append((bar, "median and range of a series"))
    if any(row.hollow for row in rows):
        ring = Line2D(
            [], [], marker="D", color=_SERIES, mfc="white", ls=HOLLOW_LINE, ms=5.5
        )
        entries.append((ring, "hollow, dashed: shares children with another row"))
    legend_outside(ax, entries, left=label_pad(rows))
