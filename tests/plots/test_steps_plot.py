"""Steps in order: marks that say reported or assumed, and gaps that are assumed days."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.plots import steps_plot

STEPS = pd.DataFrame(
    {
        "label": ["diagnosis", "pulses", "GI involvement", "exit"],
        "status": ["reported", "reported", "assumed", "assumed"],
        "low": [None, 3, 21, 540],
        "high": [None, 14, 21, 900],
        "words": ["day 0", "3 to 14 after diagnosis", "21 after the pulses", ""],
    }
)


def test_marks_stand_in_the_order_of_the_table(axes, read):
    ax = read(steps_plot(STEPS, ax=axes))
    solid = [y for _, y in ax.points("step-reported")]
    hollow = [y for _, y in ax.points("step-assumed")]
    assert sorted(solid + hollow) == solid + hollow
    assert len(solid) == len(hollow) == 2
    assert ax.lines("step-reported")[0].get_markerfacecolor() == "#1A1A1A"
    assert ax.lines("step-assumed")[0].get_markerfacecolor() == "white"
    assert ax.texts("cell-0") == ["reported", "reported", "assumed", "assumed"]
    assert ax.labels() == STEPS["label"].tolist()


def test_a_gap_is_dashed_one_value_a_mark_and_a_long_one_an_arrow(axes, read):
    ax = read(steps_plot(STEPS, ax=axes))
    ranges = [line for line in ax.lines("interval") if len(set(line.get_xdata())) == 2]
    assert [line.get_xdata().tolist() for line in ranges] == [[3.0, 14.0]]
    assert ranges[0].is_dashed()
    assert [x for x, _ in ax.points("estimate")] == [21.0]
    assert len(ax.lines("arrow-right")) == 1
    assert {"longer than the axis", "one assumed value"} <= set(ax.legend())


def test_drawn_gaps_are_strokes_at_their_step(axes, read):
    drawn = pd.DataFrame({"label": ["pulses", "pulses", "exit"], "days": [5, 9, 700]})
    ax = read(steps_plot(STEPS, drawn, ax=axes))
    assert [x for x, _ in ax.points("drawn")] == [5.0, 9.0]  # 700 is off the axis
    assert {y for _, y in ax.points("drawn")} == {ax.points("step-reported")[1][1]}
    assert "a simulated child" in ax.legend()


def test_all_faults_of_a_table_are_told_at_once():
    wrong = STEPS.assign(
        status=["reported", "seen", "assumed", "assumed"], low=[None, 20, None, 540]
    )
    with pytest.raises(UsageError) as caught:
        steps_plot(wrong)
    for words in (
        "'seen'",
        "'pulses' runs from 20 to 14",
        "'GI involvement' runs from nan",
    ):
        assert words in str(caught.value)
    with pytest.raises(UsageError, match="no steps"):
        steps_plot(STEPS.head(0))
    with pytest.raises(UsageError, match="belong to no step: 'stoma'"):
        steps_plot(STEPS, pd.DataFrame({"label": ["stoma"], "days": [1]}))
