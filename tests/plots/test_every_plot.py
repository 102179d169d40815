"""Promises that hold for every plot: axes, settings, figures, SYNTHETIC, hostile text."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

import jdm_stats.plots
from jdm_stats import plots
from jdm_stats.errors import UsageError
from tests.plots.drawn import EVERY, curves

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
        (plots.detectable_ratio_plot, ["n_children", "detectable_above"]),
        (plots.power_plot, ["n_children", "power", "hazard_ratio"]),
        (plots.operating_plot, ["model", "term", "coverage_of_truth", "no_limits"]),
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
