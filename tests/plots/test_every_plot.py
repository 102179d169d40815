"""Promises that hold for every plot: axes, settings, figures, SYNTHETIC, hostile text."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

import jdm_stats.plots
from jdm_stats import plots
from jdm_stats.errors import UsageError

HOSTILE = "_$x_1$ & <b> %d \\frac{1}{2} $"


def forest(**options):
    tidy = pd.DataFrame(
        {
            "term": [HOSTILE, "b"],
            "estimate": [0.5, -0.5],
            "conf_low": [0.0, -1.0],
            "conf_high": [1.0, 0.0],
            "scale": "log hazard ratio",
        }
    )
    return plots.forest_plot({HOSTILE: tidy}, **options)


def proportions(**options):
    table = pd.DataFrame(
        {
            "cohort": [HOSTILE, "b"],
            "n": [10, 20],
            "events": [1, 2],
            "estimate": [0.1, 0.1],
            "conf_low": [0.01, 0.02],
            "conf_high": [0.4, 0.3],
            "overlap_group": ["g", "g"],
        }
    )
    return plots.proportion_forest(table, **options)


def rates(**options):
    table = pd.DataFrame(
        {
            "antibody": [HOSTILE, "SRP"],
            "events": [3, 0],
            "person_years": [100.0, 50.0],
            "rate": [3.0, 0.0],
            "conf_low": [0.6, 0.0],
            "conf_high": [8.8, 7.4],
            "upper_one_sided": [7.8, 6.0],
            "per_person_years": 100.0,
        }
    )
    return plots.rates_plot(table, **options)


def timing(**options):
    table = pd.DataFrame(
        {
            "label": [HOSTILE, "series"],
            "kind": ["case", "series"],
            "months": [5.0, 9.0],
            "low": [None, 1.0],
            "high": [None, 34.0],
        }
    )
    return plots.timing_plot(table, **options)


def curves():
    return pd.DataFrame(
        {
            "group": np.repeat([HOSTILE, "b"], 2),
            "time_days": [0, 400, 0, 500],
            "estimate": [0.0, 0.1, 0.0, 0.2],
            "conf_low": [0.0, 0.02, 0.0, 0.1],
            "conf_high": [0.0, 0.3, 0.0, 0.4],
            "n_at_risk": [10, 9, 8, 7],
            "n_events": [0, 1, 0, 2],
            "n_censored": 0,
        }
    )


def incidence(**options):
    return plots.incidence_plot(curves(), **options)


def survival(**options):
    table = curves()
    table[["estimate", "conf_low", "conf_high"]] = (
        1 - table[["estimate", "conf_high", "conf_low"]].to_numpy()
    )
    return plots.survival_plot(table, **options)


def courses(**options):
    table = pd.DataFrame(
        {
            "patient_id": [HOSTILE, HOSTILE],
            "start_day": [0, 110],
            "stop_day": [90, 112],
            "mg_kg_day": [1.0, 20.0],
            "pulse": [False, True],
        }
    )
    events = pd.DataFrame(
        {
            "patient_id": [HOSTILE, HOSTILE],
            "day": [100, 102],
            "event": ["gi_perforation", HOSTILE],
        }
    )
    return plots.course_plot(table, events, **options)


def flow(**options):
    table = pd.DataFrame(
        {
            "stage": ["all", HOSTILE],
            "n": [10, 8],
            "excluded": [0, 2],
            "reason": ["", HOSTILE],
        }
    )
    return plots.flow_plot(table, **options)


def ledger(**options):
    table = pd.DataFrame(
        {
            "event": [1, 2],
            "label": [HOSTILE, "b"],
            "term": HOSTILE,
            "estimate": [0.5, -0.5],
            "conf_low": [0.0, -1.0],
            "conf_high": [1.0, 0.0],
            "whole_estimate": 0.1,
            "whole_low": -1.0,
            "whole_high": 1.2,
            "scale": "log hazard ratio",
        }
    )
    return plots.ledger_plot(table, **options)


def diagram(**options):
    nodes = pd.DataFrame({"node": ["a", HOSTILE], "x": [0, 1], "y": [0, 1]})
    edges = pd.DataFrame({"source": ["a"], "target": [HOSTILE]})
    return plots.path_diagram(nodes, edges, adjusted=["a"], **options)


def steps(**options):
    table = pd.DataFrame(
        {
            "label": [HOSTILE, "b"],
            "status": ["reported", "assumed"],
            "low": [None, 2],
            "high": [None, 9],
            "words": [HOSTILE, "2 to 9 after it"],
        }
    )
    return plots.steps_plot(table, source=HOSTILE, **options)


def causal_order(**options):
    nodes = pd.DataFrame({"node": ["a", HOSTILE], "x": [0, 1], "y": [0, 1]})
    edges = pd.DataFrame({"source": ["a"], "target": [HOSTILE], "kind": ["assumed"]})
    return plots.causal_order_plot(nodes, edges, **options)


EVERY = [
    forest,
    ledger,
    proportions,
    rates,
    timing,
    incidence,
    survival,
    courses,
    flow,
    diagram,
    causal_order,
    steps,
]
every_plot = pytest.mark.parametrize("draw", EVERY, ids=lambda draw: draw.__name__)


@every_plot
def test_axes_given_are_axes_returned_and_no_figure_is_made(draw, axes):
    plt.close("all")
    assert draw(ax=axes) is axes
    assert plt.get_fignums() == []


@every_plot
def test_without_axes_one_figure_is_made_with_a_constrained_layout(draw):
    plt.close("all")
    ax = draw()
    assert len(plt.get_fignums()) == 1
    assert ax.figure.get_constrained_layout()


@every_plot
def test_settings_of_the_caller_are_left_alone(draw):
    with mpl.rc_context({"font.size": 21.0, "axes.grid": True}):
        before = dict(mpl.rcParams)
        draw()
        assert dict(mpl.rcParams) == before


@every_plot
def test_the_word_synthetic_stands_in_the_figure_only_when_asked(draw, axes):
    from matplotlib.figure import Figure

    def marks(ax):
        return [text for text in ax.texts if text.get_text() == "SYNTHETIC"]

    assert marks(draw(ax=axes)) == []
    other = draw(ax=Figure().subplots(), synthetic=True)
    assert len(marks(other)) == 1
    assert marks(other)[0].get_visible()


@every_plot
@pytest.mark.parametrize(
    ("told", "said", "marked"),
    [(None, True, 1), (None, False, 0), (False, True, 0), (True, False, 1)],
)
def test_data_that_say_they_are_synthetic_mark_their_figure(
    draw, told, said, marked, monkeypatch, axes
):
    made = pd.DataFrame.__init__

    def saying(self, *args, **kwargs):
        made(self, *args, **kwargs)
        self.attrs["jdm_stats"] = {"synthetic": said}

    monkeypatch.setattr(pd.DataFrame, "__init__", saying)
    ax = draw(ax=axes, synthetic=told)
    assert [text.get_text() for text in ax.texts].count("SYNTHETIC") == marked


@every_plot
def test_hostile_text_is_shown_letter_for_letter_and_never_as_mathematics(draw):
    ax = draw()
    ax.figure.canvas.draw()
    shown = [text for text in ax.figure.findobj(Text) if "x_1" in text.get_text()]
    assert shown
    for text in shown:
        letters, mathematics = text._preprocess_math(text.get_text())
        assert not mathematics
        assert "$x_1$" in letters


def seen(ax):
    """Texts that are drawn: labels of ticks beyond the axis are not."""
    hidden = {
        id(tick.label1)
        for axis in (ax.xaxis, ax.yaxis)
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) - 1e-9
        <= tick.get_loc()
        <= max(axis.get_view_interval()) + 1e-9
    }
    return [
        text
        for text in ax.figure.findobj(Text)
        if text.get_text().strip() and text.get_visible() and id(text) not in hidden
    ]


@every_plot
def test_all_text_lies_inside_the_picture(draw):
    ax = draw(synthetic=True)
    figure = ax.figure
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    picture = figure.bbox
    for text in seen(ax):
        box = text.get_window_extent(renderer)
        assert picture.x0 - 2 <= box.x0, text
        assert box.x1 <= picture.x1 + 2, text
        assert picture.y0 - 2 <= box.y0, text
        assert box.y1 <= picture.y1 + 2, text


@every_plot
def test_no_two_texts_lie_on_each_other(draw):
    ax = draw(synthetic=True)
    figure = ax.figure
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    boxes = [
        (text.get_text(), text.get_window_extent(renderer).shrunk(0.9, 0.7))
        for text in seen(ax)
    ]
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        assert not first.overlaps(second), (one, other)


@pytest.mark.parametrize(
    ("draw", "missing"),
    [
        (plots.forest_plot, ["term", "estimate", "conf_low", "conf_high", "scale"]),
        (plots.ledger_plot, ["event", "label", "term", "estimate", "whole_estimate"]),
        (plots.proportion_forest, ["cohort", "n", "events", "estimate"]),
        (plots.rates_plot, ["events", "person_years", "rate"]),
        (plots.timing_plot, ["label", "kind", "months", "low", "high"]),
        (plots.incidence_plot, ["group", "time_days", "estimate", "n_at_risk"]),
        (plots.survival_plot, ["group", "time_days", "estimate", "n_events"]),
        (plots.flow_plot, ["stage", "n"]),
        (plots.steps_plot, ["label", "status", "low", "high"]),
    ],
)
def test_a_table_without_its_columns_is_refused_naming_all_of_them(draw, missing):
    with pytest.raises(UsageError) as caught:
        draw(pd.DataFrame({"weight": [1.0]}))
    for name in missing:
        assert name in str(caught.value)
    assert "received weight" in str(caught.value)


def test_something_that_is_no_table_is_refused():
    with pytest.raises(UsageError, match="received list"):
        plots.rates_plot([1, 2])


def test_tables_are_not_changed():
    table = curves()
    before = table.copy()
    plots.incidence_plot(table)
    pd.testing.assert_frame_equal(table, before)


def test_the_face_lists_every_plot_and_refuses_other_names():
    assert {"forest_plot", "course_plot", "path_diagram"} <= set(dir(plots))
    for name in plots.__all__:
        assert getattr(plots, name) is not None
    with pytest.raises(AttributeError, match="pie_chart"):
        plots.pie_chart  # noqa: B018


def test_plots_import_only_lower_floors():
    allowed = tuple(
        f"jdm_stats.{room}" for room in ("plots", "html", "schema", "errors")
    )
    for path in Path(jdm_stats.plots.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                ours = node.module.startswith("jdm_stats")
                assert not ours or node.module.startswith(allowed), path.name


def test_no_plot_shows_or_saves():
    for path in Path(jdm_stats.plots.__file__).parent.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert ".show(" not in source
        assert "savefig(" not in source
