"""Sentences of groups with no event, or few: the numbers in them, by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.intervals.event_free import event_free_groups
from jdm_stats.intervals.rare_words import rate_statement, zero_event_statement


def test_no_event_in_person_time_is_minus_log_alpha_over_time():
    upper = -math.log(0.05) / 96 * 100
    assert f"{upper:.1f}" == "3.1"
    assert zero_event_statement(
        children=41, person_years=96, group="with anti-MDA5"
    ) == (
        "None of 41 children with anti-MDA5 perforated in 96 person-years; the data "
        "exclude, with 95% confidence (one-sided), a rate above 3.1 per 100 person-years "
        "(rule of three: 3 / 96 = 3.1 per 100 person-years)."
    )


def test_the_two_sided_end_is_named_a_limit_at_97_5():
    upper = -math.log(0.025) / 96 * 100
    said = zero_event_statement(person_years=96, one_sided=False)
    assert f"above {upper:.1f} per 100" in said
    assert "97.5% confidence (two-sided 95% limits)" in said
    assert "rule of three" not in said


def test_no_event_among_children_is_a_root_of_alpha():
    upper = 1 - 0.05 ** (1 / 41)
    said = zero_event_statement(children=41, outcome="died")
    assert said == (
        "None of 41 children died; the data exclude, with 95% confidence (one-sided), a "
        f"risk above {100 * upper:.1f}% (rule of three: 3 / 41 = 7.3%)."
    )


def test_the_rule_of_three_is_kept_from_few_children():
    # 3 / 8 = 38% beside an exact limit of 31%
    said = zero_event_statement(children=8)
    assert "above 31%." in said and "rule of three" not in said


def test_two_events_have_garwood_limits_from_tables():
    # for 2 events 0.2422 to 7.2247 two-sided, 6.2958 one-sided
    said = rate_statement(2, children=30, person_years=100)
    assert said == (
        "2 of 30 children perforated in 100 person-years: 2.0 per 100 person-years (exact "
        "95% limits 0.24 to 7.2); the data exclude, with 95% confidence (one-sided), a "
        "rate above 6.3 per 100 person-years."
    )


def test_more_events_than_children_are_not_said_of_children():
    assert rate_statement(3, children=2, person_years=10).startswith(
        "3 events in 2 children in 10 person-years"
    )
    with pytest.raises(UsageError, match="a risk counts each child once"):
        rate_statement(3, children=2)


def test_nothing_is_excluded_when_every_child_perforated():
    assert "no risk is too high" in rate_statement(2, children=2)


def test_every_fault_is_named_at_once():
    with pytest.raises(UsageError) as caught:
        rate_statement(-1, children=0, person_years=0, conf_level=2)
    for word in ("events", "children", "person_years", "conf_level"):
        assert word in str(caught.value)
    with pytest.raises(UsageError, match="give children, person_years, or both"):
        rate_statement(0)


def registry() -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "patient_id": list("abcdefg"),
            "antibody": ["NXP2", "NXP2", "NXP2", "MDA5", "MDA5", "none", None],
            "start": 0,
            "stop": [3652.5] * 7,
            "event": [1, 1, 1, 0, 0, 1, 0],
        }
    )
    rows.attrs["jdm_stats"] = {"outcome": "gi_perforation", "synthetic": True}
    return rows


def test_groups_of_few_events_get_their_sentence():
    table = event_free_groups(registry(), by="antibody")
    assert table["antibody"].tolist() == ["MDA5", "none", "missing"]
    assert table["events"].tolist() == [0, 1, 0]
    upper = -math.log(0.05) / 20 * 100
    first, second, third = table["sentence"]
    assert first.startswith(
        "None of 2 children with anti-MDA5 perforated in 20 person-"
    )
    assert f"above {upper:.0f} per 100 person-years" in first
    assert second.startswith("The one child with no myositis antibody found perforated")
    assert third.startswith("The one child whose antibody is not recorded did not have")
    assert table["upper_one_sided"].iloc[0] == pytest.approx(upper)
    assert table.attrs["jdm_stats"]["synthetic"]
    assert table.attrs["jdm_stats"]["tally"] == {
        "groups": 4,
        "groups_with_more_events": 1,
    }


def test_labels_and_other_columns():
    rows = registry().assign(centre="A")
    every = event_free_groups(rows, by="centre", most_events=None)
    assert "7 children with centre = A perforated" in every["sentence"].iloc[0]
    named = event_free_groups(
        rows, by="centre", most_events=None, labels={"A": "of the northern centre"}
    )
    assert "children of the northern centre perforated" in named["sentence"].iloc[0]
    assert len(event_free_groups(rows, by="centre", most_events=0)) == 0
