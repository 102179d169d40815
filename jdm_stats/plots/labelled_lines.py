"""Lines named at their ends, in the margin, moved apart where they would overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jdm_stats.plots.style import RULE, SMALL_SIZE, Look, looks_of, plain

__all__ = ["Line", "draw_lines", "end_labels", "lines_of", "spread"]

_APART = 1.25 * SMALL_SIZE  # points between the middles of two labels
_BESIDE = 1.04  # of the width of the axes, where a label begins


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it is called, how it looks, and its points, NaN where it has none."""

    label: str
    look: Look
    x: np.ndarray
    y: np.ndarray


def lines_of(
    frame: pd.DataFrame, by: str, x: str, y: str, labels: Sequence[str]
) -> list[Line]:
    """Take one line for each value of a column, in the order in which they appear.

    Parameters
    ----------
    frame : pandas.DataFrame
    by, x, y : str
        Columns: which line, and its points.
    labels : sequence of str
        One for each value of ``by``.
    """
    values = list(dict.fromkeys(frame[by]))
    lines = []
    for value, label, look in zip(
        values, labels, looks_of([(label,) for label in labels]), strict=True
    ):
        own = frame[(frame[by] == value).to_numpy()].sort_values(x, kind="stable")
        points = [own[name].to_numpy(dtype=float) for name in (x, y)]
        lines.append(Line(label, look, *points))
    return lines


def draw_lines(ax: Axes, lines: Sequence[Line]) -> None:
    """Draw lines in their looks, with a few markers each, staggered."""
    for place, line in enumerate(lines):
        seen = np.isfinite(line.y)
        every = max(1, int(seen.sum()) // 6)
        ax.plot(
            line.x[seen],
            line.y[seen],
            color=line.look.colour,
            linestyle=line.look.line,
            marker=line.look.marker,
            markersize=4,
            markevery=(place % every, every),
            linewidth=1.6,
            gid=f"line-{place}",
        )


def end_labels(ax: Axes, lines: Sequence[Line]) -> None:
    """Name each line in the right margin; call it once the axes have their limits.

    A name stands at the height of the line's last point, moved where another would be in
    its way, and a thin rule leads to it. A line without a point is named, and said to have
    none.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    height = ax.get_position(original=True).height * figure.get_size_inches()[1] * 72
    ends = [_end(line) for line in lines]
    heights = [ax.transLimits.transform(ax.transScale.transform(e))[1] for e in ends]
    wanted = np.clip(np.array(heights, dtype=float), 0.0, 1.0) * height
    placed = spread(wanted, _APART) / height
    for line, (x, y), where in zip(lines, ends, placed, strict=True):
        none = not np.isfinite(line.y).any()
        ax.annotate(
            plain(line.label + (" (none)" if none else "")),
            xy=(x, y),
            xycoords="data",
            xytext=(_BESIDE, where),
            textcoords="axes fraction",
            va="center",
            ha="left",
            fontsize=SMALL_SIZE,
            color=line.look.colour,
            annotation_clip=False,
            arrowprops=None
            if none
            else {
                "arrowstyle": "-",
                "color": RULE,
                "lw": 0.7,
                "shrinkA": 1,
                "shrinkB": 2,
            },
        ).set_gid("line-label")


def _end(line: Line) -> tuple[float, float]:
    seen = np.flatnonzero(np.isfinite(line.y))
    place = int(seen[-1]) if len(seen) else len(line.x) - 1
    return float(line.x[place]), float(line.y[place]) if len(seen) else 1.0


def spread(wanted: np.ndarray, apart: float) -> np.ndarray:
    """Move places as little as is needed for them to stand ``apart``, keeping their order.

    Parameters
    ----------
    wanted : ndarray of shape (n,)
        Of those within 1 of each other the first comes highest.
    apart : float

    Examples
    --------
    >>> spread(np.array([10.0, 11.0, 50.0]), 4.0).tolist()
    [8.5, 12.5, 50.0]
    """
    order = np.lexsort((-np.arange(len(wanted)), np.round(wanted)))
    groups: list[list[float]] = []  # [sum of wanted bottoms, number]
    for rank, place in enumerate(order):
        groups.append([float(wanted[place]) - apart * rank, 1])
        while len(groups) > 1 and _mean(groups[-2]) > _mean(groups[-1]):
            last = groups.pop()
            groups[-1] = [groups[-1][0] + last[0], groups[-1][1] + last[1]]
    shifted = [mean for group in groups for mean in [_mean(group)] * int(group[1])]
    placed = np.empty(len(wanted))
    for rank, place in enumerate(order):
        placed[place] = shifted[rank] + apart * rank
    return placed


def _mean(group: Sequence[float]) -> float:
    return group[0] / group[1]
