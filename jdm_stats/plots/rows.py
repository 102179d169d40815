"""Rows of estimates with limits: the body that every forest-like figure shares.

A row has a label at the left, an interval in the middle and cells of text at the right.
Limits beyond the axis end in an arrow, so an infinite limit is seen to be one. Rows stand
on whole lines of text: a wrapped label makes its row as tall as it needs.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jdm_stats.plots.style import (
    BASE_SIZE,
    FAINT,
    INK,
    RULE,
    SMALL_SIZE,
    axes_or_new,
    plain,
    text_width,
)

__all__ = [
    "HOLLOW_LINE",
    "Row",
    "draw_null_line",
    "draw_rows",
    "label_pad",
    "places",
    "wrap",
]

LINE_INCHES = 0.17
ROW_GAP = 0.62
CELL_GAP_POINTS = 14.0
LABEL_GAP_POINTS = 14.0  # an arrow at the left end of the axis stands inside it
PLOT_WIDTH_INCHES = 3.1
HOLLOW_LINE = (0.0, (4.0, 1.5))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a forest-like figure, on the scale of its axis; NaN where unknown.

    ``note`` is written where the interval would stand; ``cells`` go into the columns at
    the right; a ``heading`` has a bold label and no interval; ``bound`` draws an upper
    one-sided limit: a bar at ``high`` and an arrow to the left. ``truth`` is where a tall
    bar marks the true value, in worlds that have one.
    """

    label: str
    low: float = math.nan
    middle: float = math.nan
    high: float = math.nan
    cells: tuple[str, ...] = ()
    note: str = ""
    marker: str = "o"
    colour: str = INK
    hollow: bool = False
    heading: bool = False
    bound: bool = False
    truth: float = math.nan

    @property
    def lines(self) -> int:
        """Lines of text that the row is tall."""
        return max(
            part.count("\n") + 1 for part in (self.label, self.note, *self.cells)
        )


def wrap(text: str, width: int = 34) -> str:
    r"""Break a label into lines of at most ``width`` characters, words cut if need be.

    Examples
    --------
    >>> wrap("Capital Institute of Pediatrics", 20)
    'Capital Institute of\nPediatrics'
    """
    return "\n".join(textwrap.wrap(text, width=width)) or text


def places(rows: Sequence[Row]) -> np.ndarray:
    """Centre of each row in lines counted downwards from the top of the axes."""
    heights = np.array([row.lines + ROW_GAP for row in rows], dtype=float)
    return np.cumsum(heights) - heights / 2.0


def draw_rows(
    rows: Sequence[Row],
    *,
    ax: Axes | None,
    headers: Sequence[str],
    xlim: tuple[float, float],
    log: bool,
) -> Axes:
    """Draw rows on ``ax`` or on a new figure as tall as they need."""
    total = sum(row.lines + ROW_GAP for row in rows)
    width = PLOT_WIDTH_INCHES + _margin_inches(rows, headers)
    ax = axes_or_new(ax, max(width, 5.5), total * LINE_INCHES + 1.0)
    if log:
        ax.set_xscale("log")
    ax.set_xlim(*xlim)
    ax.set_ylim(max(total, 1.0), 0.0)
    heights = places(rows)
    for row, y in zip(rows, heights, strict=True):
        _draw_interval(ax, row, float(y), xlim)
    _write_labels(ax, rows, heights)
    _write_cells(ax, rows, heights, headers)
    for side in ("top", "left", "right"):
        ax.spines[side].set_visible(False)
    return ax


def _margin_inches(rows: Sequence[Row], headers: Sequence[str]) -> float:
    labels = max((_label_width(row) for row in rows), default=0.0)
    cells = sum(
        _column_width(rows, headers, place) + CELL_GAP_POINTS
        for place in range(len(headers))
    )
    return (labels + LABEL_GAP_POINTS + cells) / 72.0 + 0.3


def _label_width(row: Row) -> float:
    return text_width(row.label, weight="bold" if row.heading else "normal")


def _column_width(rows: Sequence[Row], headers: Sequence[str], place: int) -> float:
    widths = [text_width(row.cells[place]) for row in rows if row.cells]
    return max([text_width(headers[place], weight="bold"), *widths])


def _draw_interval(ax: Axes, row: Row, y: float, xlim: tuple[float, float]) -> None:
    if row.note:
        _write_note(ax, row, y)
    if xlim[0] <= row.truth <= xlim[1]:
        _draw_truth(ax, row, y)
    if row.bound:
        _draw_bound(ax, row, y, xlim)
        return
    left, right = xlim
    low, high = row.low, row.high
    if not (math.isnan(low) and math.isnan(high)):
        low = row.middle if math.isnan(low) else low
        high = row.middle if math.isnan(high) else high
        ends = np.clip([low, high], left, right)
        style = HOLLOW_LINE if row.hollow else "solid"
        ax.plot(
            ends, [y, y], color=row.colour, lw=1.5, ls=style, gid="interval", zorder=2
        )
        for end, beyond in ((left, low < left), (right, high > right)):
            if beyond:
                _draw_arrow(ax, end, y, row.colour, "<" if end == left else ">")
    if left <= row.middle <= right:
        ax.plot(
            [row.middle],
            [y],
            marker=row.marker,
            ms=6.5,
            mec=row.colour,
            mfc="white" if row.hollow else row.colour,
            mew=1.4,
            ls="none",
            gid="estimate",
            zorder=3,
            clip_on=False,
        )


def _draw_truth(ax: Axes, row: Row, y: float) -> None:
    half = row.lines / 2.0 + 0.15
    for colour, width in (("white", 5.0), (INK, 2.6)):
        ax.plot(
            [row.truth, row.truth],
            [y - half, y + half],
            color=colour,
            lw=width,
            solid_capstyle="butt",
            gid="truth" if colour == INK else None,
            zorder=1.5,
        )


def _draw_bound(ax: Axes, row: Row, y: float, xlim: tuple[float, float]) -> None:
    left, right = xlim
    upper = min(max(row.high, left), right)
    style: dict[str, Any] = {"color": row.colour, "lw": 1.5, "zorder": 2}
    ax.plot([left, upper], [y, y], gid="interval", ls=(0, (3, 2)), **style)
    if row.high > right:
        _draw_arrow(ax, right, y, row.colour, ">")
    else:
        ax.plot(
            [upper],
            [y],
            marker="|",
            ms=9,
            mew=1.6,
            gid="upper-bound",
            clip_on=False,
            **style,
        )
    _draw_arrow(ax, left, y, row.colour, "<")


def _draw_arrow(ax: Axes, x: float, y: float, colour: str, head: str) -> None:
    side = "left" if head == "<" else "right"
    ax.plot(
        [x],
        [y],
        marker=head,
        ms=7,
        mec=colour,
        mfc=colour,
        ls="none",
        clip_on=False,
        gid=f"arrow-{side}",
        zorder=3,
    )


def _write_note(ax: Axes, row: Row, y: float) -> None:
    ax.text(
        0.02,
        y,
        plain(row.note),
        transform=ax.get_yaxis_transform(),
        ha="left",
        va="center",
        fontsize=SMALL_SIZE,
        fontstyle="italic",
        color=FAINT,
        gid="note",
        zorder=4,
        bbox={"boxstyle": "square,pad=0.15", "fc": "white", "ec": "none"},
    )


def label_pad(rows: Sequence[Row]) -> float:
    """Points from the left edge of the labels to that of the axes."""
    return max((_label_width(row) for row in rows), default=0.0) + LABEL_GAP_POINTS


def _write_labels(ax: Axes, rows: Sequence[Row], heights: np.ndarray) -> None:
    pad = label_pad(rows)
    ax.set_yticks(heights, [plain(row.label) for row in rows])
    ax.tick_params(axis="y", length=0, pad=pad, labelsize=BASE_SIZE)
    for shown, row in zip(ax.get_yticklabels(), rows, strict=True):
        shown.set_horizontalalignment("left")
        shown.set_multialignment("left")
        shown.set_fontweight("bold" if row.heading else "normal")


def _write_cells(
    ax: Axes, rows: Sequence[Row], heights: np.ndarray, headers: Sequence[str]
) -> None:
    offset = CELL_GAP_POINTS
    for place, header in enumerate(headers):
        common: dict[str, Any] = {
            "textcoords": "offset points",
            "ha": "left",
            "annotation_clip": False,
        }
        ax.annotate(
            plain(header),
            xy=(1.0, 1.0),
            xycoords="axes fraction",
            xytext=(offset, 4.0),
            va="bottom",
            fontweight="bold",
            gid="header",
            **common,
        )
        for row, y in zip(rows, heights, strict=True):
            if row.cells and row.cells[place]:
                ax.annotate(
                    plain(row.cells[place]),
                    xy=(1.0, y),
                    xycoords=ax.get_yaxis_transform(),
                    xytext=(offset, 0.0),
                    va="center_baseline",
                    gid=f"cell-{place}",
                    **common,
                )
        offset += _column_width(rows, headers, place) + CELL_GAP_POINTS


def draw_null_line(ax: Axes, x: float) -> None:
    """Draw the line of no effect behind the rows."""
    ax.axvline(x, color=RULE, lw=1.2, zorder=1, gid="null-line")
