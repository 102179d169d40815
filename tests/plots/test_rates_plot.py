"""Rates stand with exact limits; a group without events is an upper bound."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.plots import rates_plot
from jdm_stats.plots.style import ANTIBODY_LOOKS

# Garwood limits of 8, 2 and 0 events: 3.454 to 15.763, 0.242 to 7.225, 0 to 3.689; the
# one-sided upper limit of none is -ln 0.05 = 2.996.
RATES = pd.DataFrame(
    {
        "antibody": ["NXP2", "TIF1g", "SRP"],
        "patients": [130, 120, 9],
        "events": [8, 2, 0],
        "person_years": [400.0, 500.0, 100.0],
        "rate": [2.0, 0.4, 0.0],
        "conf_low": [0.8635, 0.0484, 0.0],
        "conf_high": [3.9407, 1.4449, 3.6889],
        "upper_one_sided": [3.6086, 1.2592, 2.9957],
        "per_person_years": [100.0, 100.0, 100.0],
    }
)


@pytest.mark.parametrize("log", [True, False])
def test_rates_stand_with_their_limits(axes, read, log):
    drawn = read(rates_plot(RATES, ax=axes, log=log))
    assert axes.get_xscale() == ("log" if log else "linear")
    assert [x for x, _ in drawn.points("estimate")] == [2.0, 0.4]
    assert drawn.lines("interval")[0].get_xdata().tolist() == [0.8635, 3.9407]
    assert drawn.texts("cell-0") == ["8 / 400", "2 / 500", "0 / 100"]
    assert drawn.texts("cell-1")[0] == "2.00 (0.86 to 3.94)"


@pytest.mark.parametrize("log", [True, False])
def test_no_event_is_an_upper_bound_that_points_left(axes, read, log):
    drawn = read(rates_plot(RATES, ax=axes, log=log))
    y = axes.get_yticks()[2]
    assert drawn.points("upper-bound") == [(2.9957, y)]
    assert drawn.points("arrow-left") == [(axes.get_xlim()[0], y)]
    assert drawn.lines("arrow-left")[0].get_marker() == "<"
    assert y not in [point[1] for point in drawn.points("estimate")]
    assert drawn.texts("cell-1")[2] == "0 (below 3.00 *)"
    assert "one-sided 95% upper limit" in axes.get_xlabel()


def test_the_footnote_stands_only_where_there_is_a_group_without_events(axes):
    rates_plot(RATES[:2], ax=axes)
    assert axes.get_xlabel() == "Events per 100 person-years"


def test_antibodies_keep_their_colours(axes, read):
    drawn = read(rates_plot(RATES, ax=axes, labels={"NXP2": "anti-NXP2"}))
    assert drawn.labels() == ["anti-NXP2", "TIF1g", "SRP"]
    colours = [line.get_color() for line in drawn.lines("interval")]
    assert colours == [ANTIBODY_LOOKS[name].colour for name in RATES["antibody"]]


def test_several_group_columns_are_named_together(axes, read):
    table = RATES.assign(sex=["female", "male", None])
    assert read(rates_plot(table, ax=axes)).labels() == [
        "NXP2, female",
        "TIF1g, male",
        "SRP, not known",
    ]


def test_one_rate_for_all_needs_no_group(axes, read):
    assert read(rates_plot(RATES[:1].drop(columns="antibody"), ax=axes)).labels() == [
        "all"
    ]


def test_another_unit_is_written_and_two_units_are_refused(axes):
    rates_plot(RATES.assign(per_person_years=1000.0), ax=axes)
    assert axes.get_xlabel().startswith("Events per 1,000 person-years")
    with pytest.raises(UsageError, match="100, 1000"):
        rates_plot(RATES.assign(per_person_years=[100.0, 1000.0, 100.0]))


def test_an_upper_limit_beyond_the_axis_is_an_arrow_both_ways(axes, read):
    drawn = read(rates_plot(RATES[2:], ax=axes, xlim=(0.1, 2.0)))
    assert len(drawn.points("arrow-left")) == len(drawn.points("arrow-right")) == 1
    assert drawn.points("upper-bound") == []


def test_all_children_are_drawn_in_ink_and_take_no_antibodys_colour(axes, read):
    whole = RATES[:1].assign(antibody="all children")
    drawn = read(rates_plot(pd.concat([RATES, whole]), ax=axes))
    colours = [line.get_color() for line in drawn.lines("interval")]
    assert colours[:3] == [ANTIBODY_LOOKS[name].colour for name in RATES["antibody"]]
    assert colours[3] == "#1A1A1A"


def test_small_rates_are_said_to_be_small(axes, read):
    tiny = RATES[1:2].assign(conf_low=0.0051)
    assert read(rates_plot(tiny, ax=axes)).texts("cell-1") == ["0.40 (<0.01 to 1.44)"]


def test_an_arrow_at_the_left_end_keeps_clear_of_the_labels():
    ax = rates_plot(RATES)
    ax.figure.canvas.draw()
    labels = [text.get_window_extent() for text in ax.get_yticklabels()]
    arrows = [line for line in ax.lines if line.get_gid() == "arrow-left"]
    assert arrows
    for arrow in arrows:
        tip = arrow.get_window_extent().x0
        assert tip > max(box.x1 for box in labels) + 2
