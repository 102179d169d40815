"""The published children: times as printed, deaths without counting a child twice."""

from __future__ import annotations

import json
import math

import pytest

from jdm_stats.errors import UsageError
from jdm_stats.evidence.children import (
    death_among_published_cases,
    time_to_perforation,
)


def test_times_are_two_children_and_four_series():
    times = time_to_perforation()
    assert times["kind"].tolist() == ["case"] * 2 + ["series"] * 4
    assert set(times["event"]) == {"perforation"}
    xu = times.set_index("source").loc["Xu 2023"]
    assert xu[["months", "low", "high"]].tolist() == [9.0, 1.0, 34.0]
    review = times[times["statistic"] == "often within"].iloc[0]
    assert math.isnan(review["low"])
    assert review["high"] == 10.0


def test_other_events_come_only_when_asked_for_and_are_named():
    more = time_to_perforation(other_events=True)
    added = more[more["event"] != "perforation"]
    assert set(added["event"]) == {
        *("GI finding", "severe GI haemorrhage", "abdominal pain")
    }
    bleeds = added[added["event"] == "severe GI haemorrhage"]
    assert sorted(bleeds["months"]) == [2, 12, 18, 51]


def test_rows_of_one_hospital_share_a_group_and_single_rows_have_none():
    times = time_to_perforation().set_index("label")
    assert times.loc["Xu 2019, one child", "overlap_group"] == "CIP-Beijing"
    assert times.loc["Beijing, 5 children", "overlap_group"] == "CIP-Beijing"
    assert times.loc["Vedolizumab report, one child", "overlap_group"] == ""


def test_deaths_counted_by_hand():
    frame = death_among_published_cases().set_index("case_id")
    assert frame["dead"].to_dict() == {
        "CHEN2024-1": 0,
        "XU2019-P1": 1,
        "XU2019-P2": 1,
        "XU2019-P3": 1,
        "SU2023-2": 0,
        "SU2023-3": 0,
        "SCHULLINGER1985-1": 0,
        "SCHULLINGER1985-2": 0,
        "SCHULLINGER1985-3": 0,
        "SCHULLINGER1985-4": 1,
        "TAKEDA1998-1": 1,
        "SINGH2014-perf": 1,
    }
    silent = frame[frame["nearly_silent"] == 1]
    assert silent["dead"].tolist() == [0, 0]
    assert frame["later_report"].sum() == 8
    operated = frame.dropna(subset=["surgery_done"])
    assert operated.groupby("surgery_done")["dead"].agg(["sum", "size"]).to_dict(
        "index"
    ) == {0.0: {"sum": 1, "size": 3}, 1.0: {"sum": 3, "size": 7}}


def test_nxp2_offers_no_contrast_and_the_index_case_is_not_given_the_antibody():
    frame = death_among_published_cases().set_index("case_id")
    assert frame["nxp2"].dropna().unique().tolist() == [1.0]
    assert math.isnan(frame.loc["CHEN2024-1", "nxp2"])
    assert math.isnan(frame.loc["SCHULLINGER1985-1", "nxp2"])


def test_a_child_who_may_be_reported_twice_enters_only_when_asked():
    frame = death_among_published_cases()
    assert not {"VEDO2024-1", "WANGXN2025-perf"} & set(frame["case_id"])
    wider = death_among_published_cases(include_unverified=True)
    assert len(wider) == len(frame) + 2
    assert wider.attrs["jdm_stats"]["tally"]["left out: perhaps reported before"] == 0


@pytest.mark.parametrize(
    ("disputed", "kept", "deaths"), [("dead", 12, 6), ("alive", 12, 5), ("drop", 11, 5)]
)
def test_the_disputed_child_enters_by_a_stated_rule(disputed, kept, deaths):
    frame = death_among_published_cases(disputed=disputed)
    assert (len(frame), frame["dead"].sum()) == (kept, deaths)
    tally = frame.attrs["jdm_stats"]["tally"]
    left_out = sum(
        value for key, value in tally.items() if key != "confirmed perforation"
    )
    assert left_out == tally["confirmed perforation"] == 17
    json.dumps(frame.attrs["jdm_stats"])


def test_another_rule_is_refused():
    with pytest.raises(UsageError, match="drop"):
        death_among_published_cases(disputed="ignore")
