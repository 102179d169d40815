"""The forest plot draws the ratios it is given, and says so where there is none."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.plots import forest_plot
from jdm_stats.plots.log_axis import log_limits


def tidy(rows, scale="log hazard ratio", interval="profile", **more):
    table = pd.DataFrame(
        rows, columns=["term", "estimate", "conf_low", "conf_high"]
    ).assign(scale=scale, interval=interval, n=541, events=13, reason="")
    return table.assign(**more)


COX = tidy(
    [
        ("nxp2", math.log(8), math.log(2), math.log(32)),
        ("dose", 0.0, math.log(0.5), math.log(2)),
    ]
)


def test_estimates_and_limits_stand_at_their_ratios(axes, read):
    drawn = read(forest_plot(COX, ax=axes))
    assert axes.get_xscale() == "log"
    assert [x for x, _ in drawn.points("estimate")] == pytest.approx([8.0, 1.0])
    ends = [line.get_xdata().tolist() for line in drawn.lines("interval")]
    assert ends[0] == pytest.approx([2.0, 32.0])
    assert ends[1] == pytest.approx([0.5, 2.0])


def test_marks_stand_on_the_line_of_their_label(axes, read):
    drawn = read(forest_plot(COX, ax=axes, labels={"nxp2": "NXP2"}))
    assert drawn.labels() == ["NXP2", "dose"]
    assert [y for _, y in drawn.points("estimate")] == list(axes.get_yticks())
    assert axes.yaxis_inverted()


def test_the_text_columns_give_counts_limits_and_ratio(axes, read):
    drawn = read(forest_plot(COX, ax=axes))
    assert drawn.texts("header") == [
        "Events / n",
        "Limits",
        "Hazard ratio (95% interval)",
    ]
    assert drawn.texts("cell-0") == ["13 / 541"] * 2
    assert drawn.texts("cell-1") == ["profile"] * 2
    assert drawn.texts("cell-2") == ["8.00 (2.00 to 32.0)", "1.00 (0.50 to 2.00)"]


def test_ratios_already_exponentiated_are_not_exponentiated_again(axes, read):
    table = tidy([("nxp2", 8.0, 2.0, 32.0)], scale="odds ratio", interval="wald")
    drawn = read(forest_plot(table, ax=axes))
    assert drawn.points("estimate")[0][0] == 8.0
    assert axes.get_xlabel() == "Odds ratio"
    assert drawn.texts("cell-1") == ["Wald"]


def test_models_head_their_rows_and_hazards_are_told_from_odds(axes, read):
    odds = tidy([("nxp2", 1.0, 0.0, 2.0)], scale="log odds ratio")
    drawn = read(forest_plot({"Firth Cox": COX, "Firth logistic": odds}, ax=axes))
    assert drawn.labels() == [
        "Firth Cox (hazard ratio)",
        "   nxp2",
        "   dose",
        "Firth logistic (odds ratio)",
        "   nxp2",
    ]
    weights = [label.get_fontweight() for label in axes.get_yticklabels()]
    assert weights == ["bold", "normal", "normal", "bold", "normal"]
    assert axes.get_xlabel() == "Ratio"
    markers = [line.get_marker() for line in drawn.lines("estimate")]
    assert markers[0] == markers[1] != markers[2]


def test_the_model_column_heads_the_rows_of_a_single_frame(axes, read):
    both = pd.concat([COX.assign(model="plain"), COX.assign(model="Firth")])
    drawn = read(forest_plot(both, ax=axes))
    assert drawn.labels()[::3] == ["plain", "Firth"]


def test_limits_beyond_the_axis_and_infinite_ones_become_arrows(axes, read):
    table = tidy(
        [
            ("far", math.log(7.84), math.log(0.82), math.log(1043)),
            ("endless", 1.0, -math.inf, math.inf),
            ("inside", 0.0, -0.1, 0.1),
        ]
    )
    drawn = read(forest_plot(table, ax=axes))
    left, right = axes.get_xlim()
    assert (left, right) == (0.2, 50.0)
    ys = axes.get_yticks()
    assert drawn.points("arrow-right") == [(right, ys[0]), (right, ys[1])]
    assert drawn.points("arrow-left") == [(left, ys[1])]
    assert drawn.texts("cell-2")[:2] == ["7.84 (0.82 to 1043)", "2.72 (0 to ∞)"]
    for line in drawn.lines("interval"):
        assert left <= min(line.get_xdata()) <= max(line.get_xdata()) <= right


def test_limits_of_the_axis_can_be_chosen(axes, read):
    drawn = read(forest_plot(COX, ax=axes, xlim=(0.9, 4.0)))
    assert axes.get_xlim() == (0.9, 4.0)
    assert [x for x, _ in drawn.points("estimate")] == [1.0]  # 8 lies beyond
    assert len(drawn.points("arrow-right")) == 1
    assert len(drawn.points("arrow-left")) == 1


def test_an_interval_wholly_beyond_the_axis_is_an_arrow_at_its_edge(axes, read):
    table = tidy([("high", math.log(40), math.log(20), math.log(90))])
    drawn = read(forest_plot(table, ax=axes, xlim=(0.5, 5.0)))
    assert drawn.points("estimate") == []
    assert [x for x, _ in drawn.points("arrow-right")] == [5.0]
    assert drawn.points("arrow-left") == []


def test_a_term_without_estimate_keeps_its_row_and_says_why(axes, read):
    table = tidy(
        [("nxp2", np.nan, np.nan, np.nan), ("dose", 0.1, -1.0, 1.0)],
        reason=["monotone likelihood", ""],
    )
    drawn = read(forest_plot(table, ax=axes))
    assert drawn.labels() == ["nxp2", "dose"]
    assert drawn.texts("note") == ["no estimate: monotone likelihood"]
    assert drawn.texts("cell-2")[0] == "no estimate"
    assert len(drawn.points("estimate")) == 1
    assert drawn.texts("cell-1") == ["profile"]  # none where there are no limits


def test_one_sided_limits_without_an_estimate_are_drawn(axes, read):
    table = tidy([("nxp2", np.nan, math.log(1.2), np.inf)], reason="separation")
    drawn = read(forest_plot(table, ax=axes))
    assert drawn.points("estimate") == []
    assert drawn.lines("interval")[0].get_xdata()[0] == pytest.approx(1.2)
    assert len(drawn.points("arrow-right")) == 1
    assert drawn.texts("cell-2") == ["no estimate (1.20 to ∞)\nseparation"]


def test_a_long_reason_is_shortened(axes, read):
    table = tidy([("nxp2", np.nan, np.nan, np.nan)], reason="word " * 60)
    note = read(forest_plot(table, ax=axes)).texts("note")[0]
    assert note.endswith("…")
    assert len(note) < 100


def test_the_intercept_is_left_out_unless_asked_for(axes, read):
    table = tidy([("Intercept", -4.0, -5.0, -3.0), ("nxp2", 1.0, 0.0, 2.0)])
    assert read(forest_plot(table, ax=axes)).labels() == ["nxp2"]


def test_terms_choose_and_order_the_rows(axes, read):
    drawn = read(forest_plot({"m": COX}, ax=axes, terms=["dose", "nxp2"]))
    assert drawn.labels() == ["m", "   dose", "   nxp2"]
    with pytest.raises(UsageError, match="'age'; the terms are nxp2, dose"):
        forest_plot(COX, terms=["age"])


def test_long_labels_are_wrapped_and_their_rows_are_taller(axes, read):
    label = "Current oral steroid dose, per mg/kg/day prednisone-equivalent"
    drawn = read(forest_plot(COX, ax=axes, labels={"nxp2": label}))
    assert "\n" in drawn.labels()[0]
    first, second = axes.get_yticks()
    top, bottom = axes.get_ylim()[1], axes.get_ylim()[0]
    assert first - top > bottom - second


def test_the_figure_grows_with_its_rows():
    many = tidy([(f"t{n}", 0.1, -0.5, 0.5) for n in range(25)])
    few = forest_plot(many[:1]).figure.get_size_inches()[1]
    assert forest_plot(many).figure.get_size_inches()[1] > few + 24 * 0.2


def test_the_null_line_can_be_moved(axes, read):
    drawn = read(forest_plot(COX, ax=axes, null_line=2.0))
    assert drawn.lines("null-line")[0].get_xdata()[0] == 2.0


def test_columns_without_anything_to_say_are_left_out(axes, read):
    table = COX.drop(columns=["interval", "n", "events", "reason"])
    drawn = read(forest_plot(table, ax=axes))
    assert drawn.texts("header") == ["Hazard ratio (95% interval)"]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"scale": "risk difference"}, {}, "draws ratios"),
        ({}, {"xlim": (0.0, 5.0)}, "above 0"),
        ({}, {"xlim": (5.0, 1.0)}, "the lower first"),
        ({}, {"null_line": 0.0}, "null_line"),
    ],
)
def test_what_cannot_stand_on_a_ratio_axis_is_refused(change, options, message):
    with pytest.raises(UsageError, match=message):
        forest_plot(COX.assign(**change), **options)


def test_nothing_to_draw_is_refused():
    with pytest.raises(UsageError, match="no estimates"):
        forest_plot({})


def test_the_axis_covers_every_estimate_but_not_every_limit():
    nothing = np.array([np.nan])
    assert log_limits(np.array([1.0]), nothing) == (0.2, 5.0)
    assert log_limits(np.array([300.0]), np.array([1e9])) == (0.2, 500.0)
    assert log_limits(np.array([0.003]), np.array([0.0, np.inf])) == (0.002, 5.0)
    assert log_limits(np.array([1.0]), np.array([0.001, 1e4])) == (0.05, 50.0)


def test_the_truth_of_a_simulated_world_is_a_tall_bar_on_its_row(axes, read):
    """Truth 2 for the first row, none known for the second; the axis reaches it."""
    known = COX.assign(truth=[2.0, math.nan])
    drawn = read(forest_plot(known, ax=axes))
    (bar,) = drawn.lines("truth")
    assert bar.get_xdata().tolist() == [2.0, 2.0]
    top, bottom = sorted(bar.get_ydata())
    assert top < axes.get_yticks()[0] < bottom < axes.get_yticks()[1]
    assert axes.get_xlabel() == "Hazard ratio (tall bar: the truth)"
    far = forest_plot(COX.assign(truth=200.0), ax=axes)
    assert far.get_xlim()[1] == pytest.approx(200.0)


def test_without_a_known_truth_nothing_is_said_of_it(axes, read):
    drawn = read(forest_plot(COX, ax=axes))
    assert drawn.lines("truth") == []
    assert axes.get_xlabel() == "Hazard ratio"
