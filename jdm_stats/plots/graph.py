"""Directed graphs without circles: what leads to what, and what adjusting changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.plots.columns import text_of

__all__ = ["Edge", "Graph", "blocked_edges", "opened_ties", "read_graph"]

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Graph:
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


def read_graph(
    places: pd.DataFrame, arrows: pd.DataFrame, mentioned: Sequence[str]
) -> Graph:
    """Read a graph from its tables; every unknown node and circle is told at once."""
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
    graph = Graph(names, pairs)
    circular = [(s, t) for s, t in pairs if s in graph.after(t)]
    if circular:
        shown = ", ".join(f"{source} -> {target}" for source, target in circular)
        raise UsageError(f"the edges run in a circle: {shown}; take one of them out")
    return graph


def blocked_edges(
    graph: Graph, adjusted: Sequence[str], exposure: str | None, outcome: str | None
) -> set[Edge]:
    """Edges of the directed paths that run through an adjusted node.

    Paths start at ``exposure`` and end at ``outcome``; where one of them is None, at a
    direct cause or effect of the adjusted node.
    """
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


def opened_ties(graph: Graph, adjusted: Sequence[str]) -> list[tuple[str, str, str]]:
    """Pairs of causes that adjusting for their common effect ties, with that effect.

    Pairs that an edge joins already are left out.
    """
    return [
        (one, other, node)
        for node in adjusted
        for one, other in combinations(graph.parents(node), 2)
        if not graph.joined(one, other)
    ]
