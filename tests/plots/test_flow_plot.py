"""Boxes hold the counts they are given, in order, and the counts must add up."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.plots import flow_plot

FLOW = pd.DataFrame(
    {
        "stage": ["In the registry", "Followed", "Tested"],
        "n": [12_600, 12_588, 541],
        "excluded": [None, 12, 12_047],
        "reason": [None, "perforation before entry (2)\nno follow-up (10)", "untested"],
    }
)


def test_boxes_hold_stages_and_counts_from_top_to_bottom(axes, read):
    drawn = read(flow_plot(FLOW, ax=axes))
    assert drawn.texts("stage-text") == [
        "In the registry\n(n = 12,600)",
        "Followed\n(n = 12,588)",
        "Tested\n(n = 541)",
    ]
    tops = [box.get_y() for box in drawn.patches("stage")]
    assert tops == sorted(tops)
    assert axes.yaxis_inverted()


def test_those_left_out_stand_at_the_right_between_their_stages(axes, read):
    drawn = read(flow_plot(FLOW, ax=axes))
    assert drawn.texts("excluded-text") == [
        "Left out (n = 12)\nperforation before entry (2)\nno follow-up (10)",
        "Left out (n = 12,047)\nuntested",
    ]
    stages, left = drawn.patches("stage"), drawn.patches("excluded")
    for place, box in enumerate(left):
        above, below = stages[place], stages[place + 1]
        assert above.get_y() + above.get_height() <= box.get_y()
        assert box.get_y() + box.get_height() <= below.get_y()
        assert box.get_x() > above.get_x() + above.get_width()


def test_arrows_join_the_boxes(axes):
    flow_plot(FLOW, ax=axes)
    arrows = [text for text in axes.texts if text.get_gid() == "flow-arrow"]
    assert len(arrows) == 4  # two down, two aside


def test_the_figure_grows_with_its_stages():
    few, many = flow_plot(FLOW[:1]), flow_plot(FLOW)
    assert many.figure.get_size_inches()[1] > 2 * few.figure.get_size_inches()[1]


def test_counts_that_do_not_add_up_are_refused():
    with pytest.raises(UsageError, match="'Followed': 12600 - 12 is not 12000"):
        flow_plot(FLOW.assign(n=[12_600, 12_000, 541], excluded=[0, 12, 0]))
    with pytest.raises(UsageError, match="no stages"):
        flow_plot(FLOW[:0])
