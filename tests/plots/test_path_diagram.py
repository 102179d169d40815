"""What adjusting blocks and opens, on graphs small enough to see by eye."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.plots import path_diagram
from jdm_stats.plots.graph import Graph, blocked_edges, opened_ties

NODES = pd.DataFrame(
    {
        "node": ["severity", "dose", "cmas", "gut", "nxp2"],
        "label": ["Severity", "Steroid dose", "CMAS after\ntreatment", None, "NXP2"],
        "x": [0.0, 1.0, 2.0, 3.0, 0.0],
        "y": [2.0, 1.0, 2.0, 1.0, 0.0],
    }
)
EDGES = pd.DataFrame(
    [
        ("severity", "dose", "solid"),
        ("severity", "cmas", "solid"),
        ("dose", "cmas", "solid"),
        ("cmas", "gut", "solid"),
        ("dose", "gut", "dashed"),
        ("nxp2", "gut", "solid"),
    ],
    columns=["source", "target", "style"],
)
GRAPH = Graph(
    tuple(NODES["node"]), tuple(zip(EDGES["source"], EDGES["target"], strict=True))
)


def test_the_path_through_the_adjusted_node_is_blocked_and_no_other():
    assert blocked_edges(GRAPH, ["cmas"], "dose", "gut") == {
        ("dose", "cmas"),
        ("cmas", "gut"),
    }
    assert blocked_edges(GRAPH, ["cmas"], None, None) == {
        ("severity", "cmas"),
        ("dose", "cmas"),
        ("cmas", "gut"),
    }
    assert blocked_edges(GRAPH, [], "dose", "gut") == set()


def test_a_node_off_the_path_blocks_nothing():
    assert blocked_edges(GRAPH, ["severity"], "dose", "gut") == set()
    assert blocked_edges(GRAPH, ["nxp2"], "dose", "gut") == set()


def test_a_longer_path_is_blocked_along_its_length():
    chain = Graph(("a", "b", "m", "c", "y"), tuple(zip("abmc", "bmcy", strict=True)))
    assert blocked_edges(chain, ["m"], "a", "y") == set(chain.edges)


def test_causes_of_a_common_effect_are_tied_unless_they_are_joined():
    assert opened_ties(GRAPH, ["cmas"]) == []  # severity leads to dose already
    apart = Graph(GRAPH.nodes, GRAPH.edges[1:])
    assert opened_ties(apart, ["cmas"]) == [("severity", "dose", "cmas")]
    assert opened_ties(apart, []) == []


def test_the_drawing_shows_nodes_edges_and_bars(axes, read):
    drawn = read(
        path_diagram(
            NODES, EDGES, ax=axes, adjusted=["cmas"], exposure="dose", outcome="gut"
        )
    )
    assert drawn.texts("node-adjusted") == ["CMAS after\ntreatment"]
    assert drawn.texts("node") == ["Severity", "Steroid dose", "gut", "NXP2"]
    assert len(drawn.patches("edge-blocked")) == 2
    assert len(drawn.patches("edge")) == 4
    (bar,) = [text for text in axes.texts if text.get_gid() == "bar"]
    assert bar.get_position() == (2.5, 1.5)
    assert drawn.legend() == [
        "adjusted for",
        "path that adjusting blocks (barred)",
        "doubtful path",
    ]


def test_nodes_stand_where_they_are_put(axes):
    path_diagram(NODES, EDGES, ax=axes)
    places = {text.get_text(): text.get_position() for text in axes.texts}
    assert places["NXP2"] == (0.0, 0.0)
    assert places["Steroid dose"] == (1.0, 1.0)


def test_a_tie_that_adjusting_opens_is_a_dotted_arc(axes, read):
    drawn = read(path_diagram(NODES, EDGES[1:], ax=axes, adjusted=["cmas"]))
    assert len(drawn.patches("opened")) == 1
    assert "tie that adjusting opens" in drawn.legend()


def test_nothing_adjusted_nothing_heavy(axes, read):
    drawn = read(path_diagram(NODES, EDGES, ax=axes))
    assert drawn.patches("edge-blocked") == []
    assert drawn.texts("bar") == []
    assert drawn.legend() == ["doubtful path"]


def test_unknown_nodes_are_all_named():
    with pytest.raises(UsageError, match="'lungs', 'skin'; the nodes are severity"):
        path_diagram(
            NODES,
            pd.DataFrame({"source": ["lungs"], "target": ["gut"]}),
            adjusted=["skin"],
        )


def test_a_circle_is_refused():
    edges = pd.DataFrame({"source": ["dose", "gut"], "target": ["gut", "dose"]})
    with pytest.raises(UsageError, match="circle: dose -> gut, gut -> dose"):
        path_diagram(NODES, edges)
