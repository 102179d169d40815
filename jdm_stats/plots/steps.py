"""A course as ordered steps: what was reported, in order, and the gaps that are assumed.

The steps stand one under the other, so that their order is all the figure says of time.
Beside each, on an axis of its own, lies the range of days that was *assumed* since an
earlier step: days of a simulation, never of a published child.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from jdm_stats.errors import UsageError
from jdm_stats.plots.columns import is_synthetic, numbers, require_columns, text_of
from jdm_stats.plots.rows import (
    HOLLOW_LINE,
    Row,
    draw_rows,
    label_pad,
    places,
    wrap,
)
from jdm_stats.plots.style import (
    INK,
    OKABE_ITO,
    RULE,
    legend_outside,
    plain,
    styled,
    synthetic_mark,
)

__all__ = ["steps_plot"]

_NEEDED = ("label", "status", "low", "high")
_STATUSES = ("reported", "assumed")
_GAP = OKABE_ITO["blue"]
_MARK_POINTS = 3.5  # from the axis to the marks, in the gap before the labels
_STROKE_POINTS = 7.0  # from a range up to the strokes of simulated children
_LETTERS, _SOURCE_LETTERS = 30, 100
_LONGEST_DAYS = 100.0


@styled
def steps_plot(
    steps: pd.DataFrame,
    drawn: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    xlim: tuple[float, float] | None = None,
    xlabel: str = "ASSUMED days since the step named at the right",
    source: str = "",
    synthetic: bool | None = None,
) -> Axes:
    """Draw ordered steps, reported or assumed, with the assumed days between them.

    Parameters
    ----------
    steps : pandas.DataFrame
        One row per step, in order: ``label``, ``status`` ("reported" or "assumed"),
        ``low`` and ``high`` (ends of the assumed gap in days, missing where there is
        none) and, if wanted, ``words`` for the gap.
    drawn : pandas.DataFrame, optional
        Gaps of simulated children: ``label`` (of a step) and ``days``; a stroke each.
    ax : matplotlib.axes.Axes, optional
        Where to draw. Text stands at both sides and below: give its figure a constrained
        layout, 8 inches in width and half an inch a step in height.
    xlim : (float, float), optional
        Ends of the axis of gaps in days; by default 0 to the longest gap of at most 100.
        A gap that goes beyond ends in an arrow.
    xlabel : str
        Words under that axis.
    source : str, optional
        A line above the legend.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes
        Steps run downwards in the order of the table. No axis shows when a step happened.

    Raises
    ------
    UsageError
        For missing columns, no step, another ``status``, a gap that has one end only or
        whose ends are the wrong way round, or a drawn gap of no step.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> steps = pd.DataFrame(
    ...     {
    ...         "label": ["pulses", "GI involvement"],
    ...         "status": ["reported", "assumed"],
    ...         "low": [None, 21],
    ...         "high": [None, 60],
    ...     }
    ... )
    >>> ax = steps_plot(steps, ax=Figure().subplots())
    >>> [line.get_xdata().tolist() for line in ax.lines if line.get_gid() == "interval"]
    [[21.0, 60.0]]
    """
    frame = _checked(require_columns(steps, _NEEDED, "steps_plot"))
    strokes = _checked_strokes(drawn, frame)
    rows = [_row(record) for record in frame.to_dict("records")]
    limits = xlim or _limits(rows)
    headers = ["The step is", "Assumed gap, in days"]
    ax = draw_rows(rows, ax=ax, headers=headers, xlim=limits, log=False)
    heights = places(rows)
    _draw_order(ax, frame, heights)
    for row, y in zip(rows, heights, strict=True):
        _draw_ends(ax, row, float(y), limits)
    for place, day in strokes:
        _draw_stroke(ax, float(heights[place]), day, limits[1])
    pad = label_pad(rows)
    lines = textwrap.wrap(xlabel, 46)
    ax.set_xlabel(plain("\n".join(lines)))
    told = "\n".join(textwrap.wrap(source, _SOURCE_LETTERS))
    legend_outside(
        ax,
        _entries(frame, rows, bool(strokes), limits[1]),
        below=26.0 + 13.0 * max(len(lines), 1),
        left=pad,
        title=plain(told) or None,
    )
    if is_synthetic(synthetic, steps, drawn):
        synthetic_mark(ax, x=0.0, ha="left")
    return ax


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    """Check the steps and tell every fault at once."""
    if frame.empty:
        raise UsageError("steps_plot received no steps; pass at least one row")
    for column in ("low", "high"):
        frame[column] = numbers(frame, column)
    for column in ("label", "status", "words"):
        told = frame[column] if column in frame.columns else [""] * len(frame)
        frame[column] = [text_of(one) for one in told]
    faults = [
        f"status must be 'reported' or 'assumed', received {status!r}"
        for status in sorted(set(frame["status"]) - set(_STATUSES))
    ]
    low, high = frame["low"], frame["high"]
    wrong = frame[(low.isna() != high.isna()) | (low > high)]
    faults += [
        f"the gap of step {label!r} runs from {start:g} to {end:g} days; give both ends, "
        "the smaller first"
        for label, start, end in zip(
            wrong["label"], wrong["low"], wrong["high"], strict=True
        )
    ]
    if faults:
        raise UsageError("; ".join(faults))
    return frame


def _checked_strokes(
    drawn: pd.DataFrame | None, frame: pd.DataFrame
) -> list[tuple[int, float]]:
    """Give the row and the days of every drawn gap."""
    if drawn is None:
        return []
    gaps = require_columns(drawn, ("label", "days"), "steps_plot (drawn)")
    rows = {label: row for row, label in enumerate(frame["label"])}
    labels = [text_of(label) for label in gaps["label"]]
    unknown = sorted(set(labels) - set(rows))
    if unknown:
        raise UsageError(
            f"drawn gaps belong to no step: {', '.join(repr(one) for one in unknown)}; "
            f"the steps are {', '.join(repr(one) for one in rows)}"
        )
    days = zip(labels, numbers(gaps, "days"), strict=True)
    return [(rows[label], float(day)) for label, day in days if not math.isnan(day)]


def _row(record: dict[Any, Any]) -> Row:
    low, high = record["low"], record["high"]
    return Row(
        label=wrap(record["label"], _LETTERS),
        low=low,
        middle=low if low == high else math.nan,
        high=high,
        cells=(record["status"], wrap(record["words"], _LETTERS)),
        marker="D",
        colour=_GAP,
        hollow=True,
        heading=record["status"] == "reported",
    )


def _limits(rows: Sequence[Row]) -> tuple[float, float]:
    shown = [row.high for row in rows if row.high <= _LONGEST_DAYS]
    longest = max([*shown, 7.0])
    return -0.04 * longest, 1.06 * longest


def _shifted(ax: Axes, x: float, y: float) -> ScaledTranslation:
    """Return a shift of the figure by so many points to the right and upwards."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return ScaledTranslation(x / 72.0, y / 72.0, figure.dpi_scale_trans)


def _draw_order(ax: Axes, frame: pd.DataFrame, heights: np.ndarray) -> None:
    """Draw the marks one under the other, joined by a line, left of the axis of gaps."""
    place = ax.get_yaxis_transform() + _shifted(ax, -_MARK_POINTS, 0.0)
    common: dict[str, Any] = {"transform": place, "clip_on": False}
    ends = [0.0] * len(heights)
    ax.plot(ends, heights, color=RULE, lw=1.4, gid="order", zorder=2, **common)
    for status, y in zip(frame["status"], heights, strict=True):
        solid = status == "reported"
        ax.plot(
            [0.0],
            [y],
            marker="o",
            ms=7.0,
            mfc=INK if solid else "white",
            mec=INK,
            mew=1.2,
            ls="none",
            gid=f"step-{status}",
            zorder=4,
            **common,
        )


def _draw_ends(ax: Axes, row: Row, y: float, limits: tuple[float, float]) -> None:
    """Close a range with a bar at each end, so that a short one is seen to be one."""
    ends = [end for end in (row.low, row.high) if end <= limits[1]]
    if row.low < row.high:
        ax.plot(
            ends,
            [y] * len(ends),
            marker="|",
            ms=6,
            mec=_GAP,
            mew=1.5,
            ls="none",
            gid="ends",
            zorder=3,
        )


def _draw_stroke(ax: Axes, y: float, day: float, right: float) -> None:
    if day <= right:
        ax.plot(
            [day],
            [y],
            marker="|",
            ms=5,
            mec=INK,
            mew=1.1,
            ls="none",
            transform=ax.transData + _shifted(ax, 0.0, _STROKE_POINTS),
            gid="drawn",
            zorder=5,
        )


def _entries(
    frame: pd.DataFrame, rows: Sequence[Row], strokes: bool, right: float
) -> list[tuple[Any, str]]:
    look: dict[str, Any] = {"marker": "o", "ms": 7, "mec": INK, "ls": "none"}
    entries: list[tuple[Any, str]] = []
    present = set(frame["status"])
    if "reported" in present:
        solid = Line2D([], [], mfc=INK, **look)
        entries.append((solid, "reported: its place in the order, no day"))
    if "assumed" in present:
        entries.append((Line2D([], [], mfc="white", **look), "assumed step"))
    if any(row.low < row.high for row in rows):
        dashes = Line2D([], [], color=_GAP, ls=HOLLOW_LINE, lw=1.5)
        entries.append((dashes, "assumed range of days"))
    if any(row.low == row.high <= right for row in rows):
        one = Line2D([], [], marker="D", ms=6, mec=_GAP, mfc="white", ls="none")
        entries.append((one, "one assumed value"))
    if any(row.high > right for row in rows):
        beyond = Line2D([], [], marker=">", ms=7, mec=_GAP, mfc=_GAP, ls="none")
        entries.append((beyond, "longer than the axis"))
    if strokes:
        stroke = Line2D([], [], marker="|", ms=5, mec=INK, mew=1.1, ls="none")
        entries.append((stroke, "a simulated child"))
    return entries
