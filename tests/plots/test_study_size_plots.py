"""Detectable ratios and power: which points are drawn, and how lines are named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from jdm_stats.errors import UsageError
from jdm_stats.plots import detectable_ratio_plot, power_plot
from jdm_stats.plots.labelled_lines import spread
from tests.plots.conftest import Reading

SIZES = pd.DataFrame(
    {
        "n_children": [3000, 100, 300, 100, 300, 3000],
        "follow_up_years": [1, 1, 1, 10, 10, 10],
        "detectable_above": [2.3, np.nan, 10.9, np.nan, 8.6, 2.1],
        "detectable_below": [0.35, np.nan, np.nan, np.nan, np.nan, 0.39],
    }
)


def test_points_are_drawn_in_order_and_missing_ones_are_not(axes):
    told = Reading(detectable_ratio_plot(SIZES, ax=axes))
    above, below = told.lines("line-0")
    assert above.get_xdata().tolist() == [300, 3000]
    assert above.get_ydata().tolist() == [10.9, 2.3]
    assert below.get_ydata().tolist() == [0.35]
    assert told.texts("line-label") == ["1 year", "10 years"]
    assert axes.get_yscale() == axes.get_xscale() == "log"


def test_lines_of_one_look_on_both_sides(axes):
    told = Reading(detectable_ratio_plot(SIZES, ax=axes))
    for place in (0, 1):
        above, below = told.lines(f"line-{place}")
        assert above.get_color() == below.get_color()
        assert above.get_marker() == below.get_marker()
    first, second = (told.lines(f"line-{place}")[0] for place in (0, 1))
    assert first.get_color() != second.get_color()
    assert first.get_linestyle() != second.get_linestyle()


def test_registries_are_marked_where_they_stand(axes):
    marks = pd.DataFrame({"n_children": [302, 90_000], "label": ["302 (A)", "far"]})
    told = Reading(detectable_ratio_plot(SIZES, ax=axes, marks=marks))
    assert told.texts("registry-mark") == ["302 (A)"]


def test_a_line_without_a_point_is_named_and_said_to_have_none(axes):
    empty = SIZES.assign(detectable_above=np.nan)
    told = Reading(detectable_ratio_plot(empty, ax=axes))
    assert told.texts("line-label") == ["1 year (none)", "10 years (none)"]


def test_power_is_drawn_in_percent_with_the_power_asked_for(axes):
    table = pd.DataFrame(
        {
            "n_children": [300, 600, 300, 600],
            "hazard_ratio": [8, 8, 3, 3],
            "power": [0.71, 0.92, 0.3, 0.5],
            "power_wanted": 0.9,
        }
    )
    told = Reading(power_plot(table, ax=axes))
    assert told.lines("line-0")[0].get_ydata().tolist() == pytest.approx([71, 92])
    assert told.texts("line-label") == ["HR 8", "HR 3"]
    assert 90 in [line.get_ydata()[0] for line in axes.lines]


def test_wrong_tables_are_refused():
    ax = Figure().subplots()
    with pytest.raises(UsageError, match="no rows"):
        detectable_ratio_plot(SIZES.iloc[:0], ax=ax)
    with pytest.raises(UsageError, match="above 0"):
        detectable_ratio_plot(SIZES.assign(n_children=0), ax=ax)
    with pytest.raises(UsageError, match="give power_table a hazard_ratio"):
        power_plot(SIZES.assign(power=np.nan, hazard_ratio=np.nan), ax=ax)


def test_names_are_moved_apart_and_keep_their_order():
    placed = spread(np.array([5.0, 5.2, 40.0, 4.0]), 10.0)
    assert np.diff(np.sort(placed)).min() >= 10 - 1e-9
    assert placed[2] == 40
    assert placed[0] > placed[1]  # within 1 of each other: the first stands highest
