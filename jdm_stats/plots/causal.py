"""Path diagrams: what adjusting for a variable blocks, and what it opens.

A clinical score measured after treatment lies on the path from treatment to outcome.
Adjusting for it takes away part of the very effect that is asked about, and ties its
causes together. The diagram shows both; it is a drawing of assumptions, not of data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.text import Text

from jdm_stats.plots.columns import is_synthetic, numbers, require_columns, text_of
from jdm_stats.plots.graph import Edge, blocked_edges, opened_ties, read_graph
from jdm_stats.plots.style import (
    BASE_SIZE,
    INK,
    OKABE_ITO,
    axes_or_new,
    legend_outside,
    plain,
    styled,
    synthetic_mark,
)

__all__ = ["path_diagram"]

_BLOCKED = OKABE_ITO["vermillion"]
_OPENED = OKABE_ITO["blue"]


@styled
def path_diagram(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    ax: Axes | None = None,
    adjusted: Sequence[str] = (),
    exposure: str | None = None,
    outcome: str | None = None,
    synthetic: bool | None = None,
) -> Axes:
    """Draw a causal diagram and what adjusting for some of its nodes does to it.

    Parameters
    ----------
    nodes : pandas.DataFrame
        ``node`` (name), ``x`` and ``y`` (place, in any unit), and ``label`` if it is to
        read otherwise. Choose places so that no edge runs through a third node.
    edges : pandas.DataFrame
        ``source``, ``target``, and ``style`` ("solid", or "dashed" for a path that is
        doubtful).
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    adjusted : sequence of str
        Nodes adjusted for: drawn in a heavy box. Edges by which a directed path runs
        through one are drawn heavy, and barred where adjusting blocks it. Two causes of
        one that no edge joins are tied by a dotted arc.
    exposure, outcome : str, optional
        Where directed paths start and end; without them each path of two edges through an
        adjusted node counts.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, unknown nodes, or edges that run in a circle.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> nodes = pd.DataFrame(
    ...     {"node": ["dose", "cmas", "gut"], "x": [0, 1, 2], "y": [0, 1, 0]}
    ... )
    >>> edges = pd.DataFrame(
    ...     {"source": ["dose", "cmas", "dose"], "target": ["cmas", "gut", "gut"]}
    ... )
    >>> ax = path_diagram(nodes, edges, ax=Figure().subplots(), adjusted=["cmas"])
    >>> sorted(patch.get_gid() for patch in ax.patches)
    ['edge', 'edge-blocked', 'edge-blocked']
    """
    places = require_columns(nodes, ("node", "x", "y"), "path_diagram (nodes)")
    arrows = require_columns(edges, ("source", "target"), "path_diagram (edges)")
    graph = read_graph(places, arrows, [*adjusted, *filter(None, (exposure, outcome))])
    blocked = blocked_edges(graph, adjusted, exposure, outcome)
    barred = {edge for edge in blocked if edge[0] in adjusted}
    opened = opened_ties(graph, adjusted)
    where = dict(
        zip(
            graph.nodes,
            zip(numbers(places, "x"), numbers(places, "y"), strict=True),
            strict=True,
        )
    )
    ax = axes_or_new(ax, 6.4, 3.6)
    _frame(ax, where)
    boxes = _draw_nodes(ax, places, where, adjusted)
    styles = arrows["style"] if "style" in arrows.columns else ["solid"] * len(arrows)
    dashed = [text_of(style) == "dashed" for style in styles]
    for edge, doubtful in zip(graph.edges, dashed, strict=True):
        _draw_edge(ax, edge, where, boxes, blocked, doubtful=doubtful)
        if edge in barred:
            _draw_bar(ax, where[edge[0]], where[edge[1]])
    for one, other, node in opened:
        _draw_arc(ax, where, boxes, one, other, node)
    _legend(ax, bool(adjusted), bool(barred), bool(opened), any(dashed))
    if is_synthetic(synthetic, nodes, edges):
        synthetic_mark(ax)
    return ax


def _frame(ax: Axes, where: dict[str, tuple[float, float]]) -> None:
    points = np.array(list(where.values()), dtype=float)
    for axis, low, high in zip(
        ("x", "y"), points.min(axis=0), points.max(axis=0), strict=True
    ):
        room = 0.18 * (high - low) or 1.0
        getattr(ax, f"set_{axis}lim")(low - room, high + room)
    ax.set_axis_off()


def _draw_nodes(
    ax: Axes,
    places: pd.DataFrame,
    where: dict[str, tuple[float, float]],
    adjusted: Sequence[str],
) -> dict[str, Text]:
    boxes = {}
    for record in places.to_dict("records"):
        name = text_of(record["node"])
        heavy = name in adjusted
        boxes[name] = ax.text(
            *where[name],
            plain(text_of(record.get("label")) or name),
            ha="center",
            va="center",
            fontsize=BASE_SIZE + 0.5,
            gid="node-adjusted" if heavy else "node",
            zorder=3,
            bbox={
                "boxstyle": "square,pad=0.5" if heavy else "round,pad=0.5",
                "fc": "#FFF3E8" if heavy else "white",
                "ec": INK,
                "lw": 2.4 if heavy else 0.9,
            },
        )
    return boxes


def _draw_edge(
    ax: Axes,
    edge: Edge,
    where: dict[str, tuple[float, float]],
    boxes: dict[str, Text],
    blocked: set[Edge],
    *,
    doubtful: bool,
) -> None:
    heavy = edge in blocked
    ax.add_patch(
        FancyArrowPatch(
            where[edge[0]],
            where[edge[1]],
            arrowstyle="-|>",
            mutation_scale=13,
            patchA=boxes[edge[0]].get_bbox_patch(),
            patchB=boxes[edge[1]].get_bbox_patch(),
            shrinkA=1,
            shrinkB=2,
            color=_BLOCKED if heavy else INK,
            lw=2.4 if heavy else 1.1,
            ls=(0, (4, 2)) if doubtful else "solid",
            gid="edge-blocked" if heavy else "edge",
            zorder=4,
        )
    )


def _draw_bar(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    across, up = end[0] - start[0], end[1] - start[1]
    ax.text(
        start[0] + across / 2,
        start[1] + up / 2,
        "‖",
        rotation=math.degrees(math.atan2(up, across)),
        rotation_mode="anchor",
        transform_rotates_text=True,
        ha="center",
        va="center_baseline",
        fontsize=17,
        fontweight="bold",
        color=_BLOCKED,
        gid="bar",
        zorder=6,
    )


def _draw_arc(
    ax: Axes,
    where: dict[str, tuple[float, float]],
    boxes: dict[str, Text],
    one: str,
    other: str,
    node: str,
) -> None:
    start, end, third = (np.array(where[name]) for name in (one, other, node))
    along, away = end - start, third - (start + end) / 2.0
    turn = 1.0 if along[1] * away[0] - along[0] * away[1] < 0 else -1.0
    ax.add_patch(
        FancyArrowPatch(
            tuple(start),
            tuple(end),
            arrowstyle="-",
            connectionstyle=f"arc3,rad={0.35 * turn}",
            patchA=boxes[one].get_bbox_patch(),
            patchB=boxes[other].get_bbox_patch(),
            shrinkA=1,
            shrinkB=1,
            color=_OPENED,
            lw=1.8,
            ls=(0, (1, 1.6)),
            gid="opened",
            zorder=4,
        )
    )


def _legend(ax: Axes, adjusted: bool, barred: bool, opened: bool, dashed: bool) -> None:
    entries: list[tuple[object, str]] = []
    if adjusted:
        entries.append((Patch(fc="#FFF3E8", ec=INK, lw=2.0), "adjusted for"))
    if barred:
        line = Line2D([], [], color=_BLOCKED, lw=2.4)
        entries.append((line, "path that adjusting blocks (barred)"))
    if opened:
        arc = Line2D([], [], color=_OPENED, lw=1.8, ls=(0, (1, 1.6)))
        entries.append((arc, "tie that adjusting opens"))
    if dashed:
        line = Line2D([], [], color=INK, lw=1.1, ls=(0, (4, 2)))
        entries.append((line, "doubtful path"))
    if entries:
        legend_outside(ax, entries, below=8.0)
