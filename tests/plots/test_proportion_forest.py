"""Series stand at their percentages; those that share children are never taken for more."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.plots import proportion_forest

SERIES = pd.DataFrame(
    {
        "cohort": ["Beijing, small", "Toronto", "Beijing, large"],
        "n": [120, 172, 302],
        "events": [5, 0, 7],
        "estimate": [5 / 120, 0.0, 7 / 302],
        "conf_low": [0.0137, 0.0, 0.0094],
        "conf_high": [0.0946, 0.0212, 0.0472],
        "overlap_group": ["CIP", None, "CIP"],
        "pooled": [False, True, True],
    }
)


def test_series_stand_at_their_percentages(axes, read):
    drawn = read(proportion_forest(SERIES, ax=axes))
    assert drawn.labels() == ["Beijing, small", "Beijing, large", "Toronto"]
    expected = [100 * 5 / 120, 100 * 7 / 302, 0.0]
    assert [x for x, _ in drawn.points("estimate")] == pytest.approx(expected)
    assert drawn.lines("interval")[0].get_xdata().tolist() == pytest.approx(
        [1.37, 9.46]
    )
    assert drawn.texts("cell-0") == ["5 / 120", "7 / 302", "0 / 172"]
    assert drawn.texts("cell-1")[2] == "0.0% (0.0 to 2.1)"


def test_overlapping_series_are_hollow_and_joined_by_a_bracket(axes, read):
    drawn = read(proportion_forest(SERIES, ax=axes))
    faces = [line.get_markerfacecolor() for line in drawn.lines("estimate")]
    assert faces[0] == "white"
    assert "white" not in faces[1:]
    assert drawn.lines("interval")[0].is_dashed()
    (bracket,) = drawn.lines("bracket")
    ys = axes.get_yticks()
    assert set(bracket.get_ydata()) == {ys[0], ys[1]}
    assert drawn.legend() == [
        "series counted once",
        "overlapping, not pooled",
        "series that share children",
    ]


def test_without_a_pooled_column_no_series_of_a_group_is_counted(axes, read):
    drawn = read(proportion_forest(SERIES.drop(columns="pooled"), ax=axes))
    faces = [line.get_markerfacecolor() for line in drawn.lines("estimate")]
    assert [face == "white" for face in faces] == [True, True, False]


def test_a_series_that_counts_otherwise_is_marked_and_says_what(axes, read):
    table = SERIES.assign(
        pooled=[False, False, True],
        what_was_counted=["perforation", "fatal only", "perforation"],
    )
    drawn = read(proportion_forest(table, ax=axes))
    assert drawn.labels()[2] == "Toronto\nfatal only"
    assert [line.get_marker() for line in drawn.lines("estimate")] == ["s", "s", "D"]
    assert "counted otherwise, not pooled" in drawn.legend()


def test_plain_series_need_no_legend(axes, read):
    table = SERIES[["cohort", "n", "events", "estimate", "conf_low", "conf_high"]]
    drawn = read(proportion_forest(table, ax=axes))
    assert drawn.legend() == []
    assert drawn.lines("bracket") == []
    assert drawn.labels() == list(SERIES["cohort"])


def test_limits_beyond_a_chosen_axis_become_arrows(axes, read):
    drawn = read(proportion_forest(SERIES, ax=axes, xlim=(0, 5)))
    assert axes.get_xlim() == (0.0, 5.0)
    assert drawn.points("arrow-right") == [(5.0, axes.get_yticks()[0])]


def test_a_series_without_an_estimate_says_not_stated(axes, read):
    table = SERIES.assign(estimate=np.nan, conf_low=np.nan, conf_high=np.nan)
    drawn = read(proportion_forest(table, ax=axes))
    assert drawn.texts("cell-1") == ["not stated"] * 3
    assert drawn.points("estimate") == []


def test_percents_given_for_proportions_are_refused():
    with pytest.raises(UsageError, match=r"from 0 to 1; received 4\.2"):
        proportion_forest(SERIES.assign(estimate=[4.2, 0.0, 0.1]))
    with pytest.raises(UsageError, match="no series"):
        proportion_forest(SERIES[:0])
