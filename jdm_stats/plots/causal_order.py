"""The causal order of a made-up world: what acts on what, and how sure its size is.

A drawing of assumptions, not of data. Every arrow is an effect the world can have; one
that does nothing as the world stands is dashed, and the mark in the middle of the others
says whether the size of the effect is assumed or was set for this world.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from matplotlib.text import Text

from jdm_stats.errors import UsageError
from jdm_stats.plots.columns import (
    flag,
    is_synthetic,
    numbers,
    require_columns,
    text_of,
)
from jdm_stats.plots.graph import read_graph
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

__all__ = ["causal_order_plot"]

_WIDTH, _HEIGHT = 10.5, 6.4
_FULL_SIZE_INCHES = 9.5
_LEAST_SIZE = 4.5
_MARK_AT = 0.42
_GREY = "#8A8A8A"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How the arrows of one kind of effect are drawn."""

    label: str
    colour: str
    width: float
    line: str | tuple[float, tuple[float, ...]]
    marker: str


_KINDS = MappingProxyType(
    {
        "published": _Kind("size from printed figures", INK, 1.7, "solid", ""),
        "assumed": _Kind("size assumed", OKABE_ITO["blue"], 1.1, "solid", "o"),
        "set": _Kind("set for this world", OKABE_ITO["vermillion"], 1.5, "solid", "s"),
        "null": _Kind("does nothing here", _GREY, 0.9, (0, (4, 3)), ""),
    }
)


@styled
def causal_order_plot(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    synthetic: bool | None = None,
) -> Axes:
    """Draw what acts on what in a made-up world, and how sure the size of each effect is.

    Parameters
    ----------
    nodes : pandas.DataFrame
        ``node`` (name), ``x`` and ``y`` (place, in any unit), and ``label`` if it is to
        read otherwise; ``heavy``, True for a node to stand out.
    edges : pandas.DataFrame
        ``source``, ``target``; ``kind`` ("published", "assumed", "set", or "null" for an
        effect that the world could have and has not). Arrows are straight: choose places
        so that none runs through a third node.
    ax : matplotlib.axes.Axes, optional
        Where to draw. Text shrinks with axes under 9.5 inches of width.
    title : str, optional
        Stands over the drawing.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, unknown nodes or kinds, or edges that run in a circle.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> nodes = pd.DataFrame({"node": ["pulse", "gut"], "x": [0, 1], "y": [0, 0]})
    >>> edges = pd.DataFrame({"source": ["pulse"], "target": ["gut"], "kind": ["null"]})
    >>> ax = causal_order_plot(nodes, edges, ax=Figure().subplots())
    >>> [patch.get_gid() for patch in ax.patches]
    ['edge-null']
    """
    places = require_columns(nodes, ("node", "x", "y"), "causal_order_plot (nodes)")
    arrows = require_columns(
        edges, ("source", "target", "kind"), "causal_order_plot (edges)"
    )
    graph = read_graph(places, arrows, [])
    kinds = [text_of(kind) for kind in arrows["kind"]]
    unknown = [kind for kind in dict.fromkeys(kinds) if kind not in _KINDS]
    if unknown:
        raise UsageError(
            f"an edge is of the kind {', '.join(_KINDS)}; received {', '.join(unknown)}"
        )
    points = list(zip(numbers(places, "x"), numbers(places, "y"), strict=True))
    where = dict(zip(graph.nodes, points, strict=True))
    ax = axes_or_new(ax, _WIDTH, _HEIGHT)
    _frame(ax, points)
    size = _text_size(ax)
    boxes = _draw_nodes(ax, places, where, size)
    order = sorted(range(len(kinds)), key=lambda i: kinds[i] != "null")
    for i in order:
        _draw_edge(ax, graph.edges[i], where, boxes, kinds[i])
    _legend(ax, [kind for kind in _KINDS if kind in kinds])
    if title:
        ax.set_title(plain(title), loc="left", fontsize=size + 1)
    if is_synthetic(synthetic, nodes, edges):
        synthetic_mark(ax)
    return ax


def _frame(ax: Axes, points: list[tuple[float, float]]) -> None:
    found = np.array(points, dtype=float)
    for axis, low, high, room in zip(
        ("x", "y"), found.min(axis=0), found.max(axis=0), (0.085, 0.07), strict=True
    ):
        margin = room * (high - low) or 1.0
        getattr(ax, f"set_{axis}lim")(low - margin, high + margin)
    ax.set_axis_off()


def _text_size(ax: Axes) -> float:
    figure = ax.get_figure(root=True)
    assert figure is not None
    inches = ax.get_position(original=True).width * figure.get_size_inches()[0]
    return float(
        np.clip(BASE_SIZE * inches / _FULL_SIZE_INCHES, _LEAST_SIZE, BASE_SIZE)
    )


def _draw_nodes(
    ax: Axes,
    places: pd.DataFrame,
    where: dict[str, tuple[float, float]],
    size: float,
) -> dict[str, Text]:
    boxes = {}
    for record in places.to_dict("records"):
        name = text_of(record["node"])
        heavy = flag(record.get("heavy", False))
        boxes[name] = ax.text(
            *where[name],
            plain(text_of(record.get("label")) or name),
            ha="center",
            va="center",
            fontsize=size,
            fontweight="bold" if heavy else "normal",
            gid="node-heavy" if heavy else "node",
            zorder=5,
            linespacing=1.05,
            bbox={
                "boxstyle": "round,pad=0.42",
                "fc": "#FFF3E8" if heavy else "white",
                "ec": INK,
                "lw": 1.8 if heavy else 0.8,
            },
        )
    return boxes


def _draw_edge(
    ax: Axes,
    edge: tuple[str, str],
    where: dict[str, tuple[float, float]],
    boxes: dict[str, Text],
    name: str,
) -> None:
    kind = _KINDS[name]
    start, end = where[edge[0]], where[edge[1]]
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=11,
            patchA=boxes[edge[0]].get_bbox_patch(),
            patchB=boxes[edge[1]].get_bbox_patch(),
            shrinkA=1,
            shrinkB=2,
            color=kind.colour,
            lw=kind.width,
            ls=kind.line,
            gid=f"edge-{name}",
            zorder=2 if name == "null" else 3,
        )
    )
    if kind.marker:
        ax.plot(
            [start[0] + _MARK_AT * (end[0] - start[0])],
            [start[1] + _MARK_AT * (end[1] - start[1])],
            marker=kind.marker,
            ms=4.2,
            mfc="white",
            mec=kind.colour,
            mew=1.1,
            ls="none",
            gid="edge-mark",
            zorder=4,
        )


def _legend(ax: Axes, kinds: list[str]) -> None:
    entries: list[tuple[object, str]] = []
    for kind in (_KINDS[name] for name in kinds):
        line = Line2D(
            [],
            [],
            color=kind.colour,
            lw=kind.width,
            ls=kind.line,
            marker=kind.marker or "none",
            mfc="white",
            mec=kind.colour,
            ms=4.2,
        )
        entries.append((line, kind.label))
    if entries:
        legend_outside(ax, entries, below=6.0)
