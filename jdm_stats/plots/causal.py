"""Path diagrams: what adjusting for a variable blocks, and what it opens.

A clinical score measured after treatment lies on the path from treatment to outcome.
Adjusting for it takes away part of the very effect that is asked about, and ties its
causes together. The diagram shows both; it is a drawing of assumptions, not of data.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.text import Text

from jdm_stats.errors import UsageError
from jdm_stats.plots.columns import numbers, require_columns, text_of
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

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Graph:
    """An acyclic graph: names of nodes and directed edges."""

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]

    def after(self, node: str) -> set[str]:
        """Nodes that ``node`` leads to, itself included."""
        return self._reach(node, self.edges)

    def before(self, node: str) -> set[str]:
        """Nodes that lead to ``node``, itself included."""
        return self._reach(node, [(target, source) for source, target in self.edges])

    def parents(self, node: str) -> list[str]:
        """Direct causes of ``node``."""
        return [source for source, target in self.edges if target == node]

    def joined(self, one: str, other: str) -> bool:
        """Whether an edge runs between two nodes."""
        return (one, other) in self.edges or (other, one) in self.edges

    @staticmethod
    def _reach(node: str, edges: Iterable[Edge]) -> set[str]:
        pairs = list(edges)
        found, fresh = {node}, {node}
        while fresh:
            fresh = {t for s, t in pairs if s in fresh} - found
            found |= fresh
        return found


@styled
def path_diagram(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    ax: Axes | None = None,
    adjusted: Sequence[str] = (),
    exposure: str | None = None,
    outcome: str | None = None,
    synthetic: bool = False,
) -> Axes:
    """Draw a causal diagram and what adjusting for some of its nodes does to it.

    Parameters
    ----------
    nodes : pandas.DataFrame
        ``node`` (name), ``x`` and ``y`` (place, in any unit), and ``label`` if it is to
        read otherwise.
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
    synthetic : bool, default False
        Mark the figure as SYNTHETIC.

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
    graph = _graph(places, arrows, [*adjusted, *filter(None, (exposure, outcome))])
    blocked = _blocked(graph, adjusted, exposure, outcome)
    barred = {edge for edge in blocked if edge[0] in adjusted}
    opened = _opened(graph, adjusted)
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
    if synthetic:
        synthetic_mark(ax)
    return ax


def _graph(
    places: pd.DataFrame, arrows: pd.DataFrame, mentioned: Sequence[str]
) -> _Graph:
    names = tuple(text_of(node) for node in places["node"])
    pairs = tuple(
        (text_of(source), text_of(target))
        for source, target in zip(arrows["source"], arrows["target"], strict=True)
    )
    used = [*(name for pair in pairs for name in pair), *mentioned]
    unknown = [name for name in dict.fromkeys(used) if name not in names]
    if unknown:
        raise UsageError(
            f"no node is called {', '.join(map(repr, unknown))}; the nodes are "
            f"{', '.join(names)}"
        )
    graph = _Graph(names, pairs)
    circular = [(s, t) for s, t in pairs if s in graph.after(t)]
    if circular:
        shown = ", ".join(f"{source} -> {target}" for source, target in circular)
        raise UsageError(f"the edges run in a circle: {shown}; take one of them out")
    return graph


def _blocked(
    graph: _Graph, adjusted: Sequence[str], exposure: str | None, outcome: str | None
) -> set[Edge]:
    found: set[Edge] = set()
    for node in adjusted:
        sources = graph.parents(node)
        targets = [target for source, target in graph.edges if source == node]
        before: Collection[str] = {node}
        after: Collection[str] = {node}
        if exposure is not None:
            before = graph.before(node)
            sources = [name for name in before if name in graph.after(exposure)]
        if outcome is not None:
            after = graph.after(node)
            targets = [name for name in after if name in graph.before(outcome)]
        if not set(sources) - {node} or not set(targets) - {node}:
            continue
        found |= {(s, t) for s, t in graph.edges if s in sources and t in before}
        found |= {(s, t) for s, t in graph.edges if s in after and t in targets}
    return found


def _opened(graph: _Graph, adjusted: Sequence[str]) -> list[tuple[str, str, str]]:
    return [
        (one, other, node)
        for node in adjusted
        for one, other in combinations(graph.parents(node), 2)
        if not graph.joined(one, other)
    ]


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
        legend_outside(ax, entries, below=8.0, columns=2)
