"""Cases are points, series are medians with ranges; what is not stated is not drawn."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.plots import timing_plot

TIMES = pd.DataFrame(
    [
        ("case A", "case", 5.0, None, None, 1, None),
        ("series B", "series", 9.0, 1.0, 34.0, 10, "CIP"),
        ("series C", "series", None, 4.0, 13.0, 5, "CIP"),
        ("series D", "series", None, None, 10.0, 21, None),
        ("case E", "case", None, None, None, 1, None),
    ],
    columns=["label", "kind", "months", "low", "high", "n", "overlap_group"],
)


def test_cases_are_points_and_series_are_medians_with_ranges(axes, read):
    drawn = read(timing_plot(TIMES, ax=axes))
    assert [x for x, _ in drawn.points("estimate")] == [5.0, 9.0]
    markers = [line.get_marker() for line in drawn.lines("estimate")]
    assert markers == ["o", "D"]
    ranges = [line.get_xdata().tolist() for line in drawn.lines("interval")]
    assert ranges == [[1.0, 34.0], [4.0, 13.0], [0.0, 10.0]]
    low, high = axes.get_xlim()
    assert low == 0.0
    assert high > 34.0


def test_words_at_the_right_say_what_was_stated(axes, read):
    drawn = read(timing_plot(TIMES, ax=axes))
    assert drawn.texts("cell-0") == [
        "5",
        "9 (1 to 34)",
        "4 to 13 (range)",
        "up to 10",
        "not stated",
    ]
    told = TIMES.assign(statistic="often within")
    assert "often within 10" in read(timing_plot(told)).texts("cell-0")


def test_series_name_their_size_and_cases_do_not(axes, read):
    labels = read(timing_plot(TIMES, ax=axes)).labels()
    assert labels[0] == "case A"
    assert labels[1].replace("\N{NO-BREAK SPACE}", " ") == "series B (n = 10)"


def test_series_that_share_children_are_hollow_and_dashed(axes, read):
    drawn = read(timing_plot(TIMES, ax=axes))
    faces = [line.get_markerfacecolor() == "white" for line in drawn.lines("estimate")]
    assert faces == [False, True]
    dashes = [line.is_dashed() for line in drawn.lines("interval")]
    assert dashes == [True, True, False]
    assert drawn.legend() == [
        "single case",
        "median and range of a series",
        "hollow, dashed: shares children with another row",
    ]


def test_a_kind_that_is_neither_case_nor_series_is_refused():
    with pytest.raises(UsageError, match="received 'review'"):
        timing_plot(TIMES.assign(kind="review"))
    with pytest.raises(UsageError, match="no times"):
        timing_plot(TIMES[:0])
