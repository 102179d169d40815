"""The ledger plot: one row with every event, one without each, and what is too much to show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.plots import ledger_plot


def table(**changes) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "event": [1, 2, 3],
            "label": ["A, day 1", "B, day 2", "C, day 3"],
            "term": "nxp2",
            "estimate": np.log([2.5, 10.0, 3.5]),
            "conf_low": np.log([0.5, 1.5, 0.9]),
            "conf_high": [np.log(9.0), np.inf, np.log(12.0)],
            "whole_estimate": np.log(4.0),
            "whole_low": np.log(1.2),
            "whole_high": np.log(15.0),
            "share_of_information": [0.2, 0.5, 0.3],
            "scale": "log hazard ratio",
            "leave_out": "event",
            "reason": "",
        }
    )
    return frame.assign(**changes)


def test_the_whole_stands_first_and_the_furthest_is_a_square(axes, read):
    seen = read(ledger_plot(table(), ax=axes))
    assert seen.labels() == [
        "with every event",
        "without A, day 1",
        "without B, day 2",
        "without C, day 3",
    ]
    assert [x for x, _ in seen.points("estimate")] == pytest.approx([4, 2.5, 10, 3.5])
    markers = [line.get_marker() for line in seen.lines("estimate")]
    assert markers == ["D", "o", "s", "o"]
    assert seen.lines("whole-line")[0].get_xdata()[0] == pytest.approx(4)
    assert len(seen.lines("null-line")) == 1
    assert seen.texts("cell-0")[2] == "10.0 (1.50 to ∞)"
    assert seen.texts("cell-1") == ["100%", "20%", "50%", "30%"]
    assert len(seen.lines("arrow-right")) == 1
    assert axes.get_xlabel() == "Hazard ratio, nxp2"


def test_ratios_are_taken_as_they_are(axes, read):
    frame = table()
    for column in frame.columns[frame.columns.str.contains("estimate|low|high")]:
        frame[column] = np.exp(frame[column])
    seen = read(ledger_plot(frame.assign(scale="hazard ratio"), ax=axes))
    assert [x for x, _ in seen.points("estimate")] == pytest.approx([4, 2.5, 10, 3.5])


def test_an_estimate_that_is_gone_keeps_its_row_and_says_why(axes, read):
    frame = table()
    frame.loc[1, ["estimate", "conf_low", "conf_high"]] = np.nan
    frame.loc[1, "reason"] = "monotone likelihood"
    seen = read(ledger_plot(frame, ax=axes))
    assert seen.texts("note") == ["no estimate: monotone likelihood"]
    assert seen.texts("cell-0")[2] == "no estimate"
    assert len(seen.points("estimate")) == 3


def test_only_those_that_move_it_furthest_are_shown_when_there_are_many(axes, read):
    seen = read(ledger_plot(table(), ax=axes, most=2))
    assert seen.labels()[1:] == ["without A, day 1", "without B, day 2"]
    assert "2 of 3 events" in axes.get_xlabel()


def test_a_term_must_be_named_when_there_are_several(axes, read):
    two = pd.concat([table(), table(term="dose"), table(term="Intercept")])
    with pytest.raises(UsageError, match=r"term=.*nxp2, dose"):
        ledger_plot(two, ax=axes)
    with pytest.raises(UsageError, match="'pulse'"):
        ledger_plot(two, ax=axes, term="pulse")
    ledger_plot(two, ax=axes, term="dose", labels={"dose": "current dose"})
    assert axes.get_xlabel() == "Hazard ratio, current dose"


@pytest.mark.parametrize(
    ("changes", "options", "match"),
    [
        ({"scale": "risk difference"}, {}, "ratios"),
        ({}, {"xlim": (0.0, 2.0)}, "xlim"),
        ({}, {"most": 0}, "most"),
    ],
)
def test_a_wrong_call_is_refused(axes, changes, options, match):
    with pytest.raises(UsageError, match=match):
        ledger_plot(table(**changes), ax=axes, **options)
