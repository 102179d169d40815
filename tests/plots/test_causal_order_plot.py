"""The drawing of a causal order: what is drawn, how it is told apart, what is refused."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.figure import Figure

from jdm_stats.errors import UsageError
from jdm_stats.plots import causal_order_plot

NODES = pd.DataFrame(
    {
        "node": ["severity", "pulse", "gut"],
        "x": [0, 1, 2],
        "y": [0, 1, 0],
        "label": ["latent\nseverity", None, None],
        "heavy": [False, False, True],
    }
)
EDGES = pd.DataFrame(
    {
        "source": ["severity", "severity", "pulse"],
        "target": ["pulse", "gut", "gut"],
        "kind": ["assumed", "published", "null"],
    }
)


@pytest.fixture
def ax():
    return Figure(figsize=(9, 5)).subplots()


def test_each_kind_of_effect_has_its_own_line_and_mark(ax):
    causal_order_plot(NODES, EDGES.assign(kind=["assumed", "set", "null"]), ax=ax)
    drawn = {patch.get_gid(): patch for patch in ax.patches}
    assert set(drawn) == {"edge-assumed", "edge-set", "edge-null"}
    assert drawn["edge-null"].get_linestyle() != drawn["edge-set"].get_linestyle()
    marks = [line.get_marker() for line in ax.lines if line.get_gid() == "edge-mark"]
    assert sorted(marks) == ["o", "s"]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["size assumed", "set for this world", "does nothing here"]


def test_marks_stand_on_their_arrows(ax):
    causal_order_plot(NODES, EDGES, ax=ax)
    (mark,) = (line for line in ax.lines if line.get_gid() == "edge-mark")
    x, y = mark.get_xydata()[0]
    assert x == y and 0 < x < 1


def test_nodes_are_labelled_and_one_stands_out(ax):
    causal_order_plot(NODES, EDGES, ax=ax, title="What acts on what")
    told = {text.get_text(): text.get_gid() for text in ax.texts}
    assert told == {"latent\nseverity": "node", "pulse": "node", "gut": "node-heavy"}
    assert ax.get_title(loc="left") == "What acts on what"


def test_text_shrinks_with_the_axes(ax):
    small = Figure(figsize=(4, 3)).subplots()
    for axes in (ax, small):
        causal_order_plot(NODES, EDGES, ax=axes)
    assert small.texts[0].get_fontsize() < ax.texts[0].get_fontsize()


def test_tables_that_are_synthetic_mark_the_figure(ax):
    edges = EDGES.copy()
    edges.attrs["jdm_stats"] = {"synthetic": True}
    causal_order_plot(NODES, edges, ax=ax)
    assert "SYNTHETIC" in [text.get_text() for text in ax.texts]


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        (EDGES.drop(columns="kind"), "needs the column kind"),
        (EDGES.assign(kind="likely"), "received likely"),
        (EDGES.assign(target="colon"), "no node is called 'colon'"),
        (EDGES.assign(source=["gut", "severity", "pulse"]), "run in a circle"),
    ],
)
def test_unfit_tables_are_refused(edges, said, ax):
    with pytest.raises(UsageError, match=said):
        causal_order_plot(NODES, edges, ax=ax)
