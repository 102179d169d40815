"""Exact limits: by hand, against the printed intervals, and as properties."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from jdm_stats.errors import UsageError
from jdm_stats.evidence.proportions import (
    antibody_mix,
    case_fatality,
    exact_proportion,
    mortality_by_cohort,
    perforation_risk_by_cohort,
    severe_gi_by_cohort,
)
from jdm_stats.evidence.published import nxp2_effects, parameters
from jdm_stats.evidence.rate_ratio import nxp2_rate_ratio


def test_by_hand_nought_of_n_and_all_of_n():
    # P(0 events) = (1 - p)^3 = 0.025 gives the upper limit 1 - 0.025^(1/3)
    assert exact_proportion(0, 3) == (0.0, 0.0, pytest.approx(1 - 0.025 ** (1 / 3)))
    assert exact_proportion(3, 3) == (1.0, pytest.approx(0.025 ** (1 / 3)), 1.0)


@pytest.mark.parametrize(
    ("events", "n", "low", "high"),
    [
        (7, 302, 0.9, 4.7),
        (5, 120, 1.4, 9.5),
        (9, 110, 3.8, 15.0),
        (6, 26, 9.0, 43.6),
        (8, 21, 18, 62),
        (5, 26, 7, 39),
    ],
)
def test_limits_of_the_evidence_review_are_reproduced(events, n, low, high):
    _, lower, upper = exact_proportion(events, n)
    digits = 1 if isinstance(low, float) else 0
    assert round(100 * lower, digits) == low
    assert round(100 * upper, digits) == high


@given(st.integers(1, 60), st.data())
def test_limits_put_just_half_the_error_in_each_tail(n, data):
    events = data.draw(st.integers(0, n))
    level = data.draw(st.sampled_from([0.8, 0.95, 0.99]))
    estimate, low, high = exact_proportion(events, n, level)
    assert 0 <= low <= estimate <= high <= 1
    tail = (1 - level) / 2
    if events > 0:
        assert binom.sf(events - 1, n, low) == pytest.approx(tail, rel=1e-6)
    if events < n:
        assert binom.cdf(events, n, high) == pytest.approx(tail, rel=1e-6)


@pytest.mark.parametrize(
    ("events", "n", "level"),
    [(-1, 5, 0.95), (6, 5, 0.95), (0, 0, 0.95), (1.5, 5, 0.95), (1, 5, 95)],
)
def test_impossible_counts_are_refused(events, n, level):
    with pytest.raises(UsageError, match="received"):
        exact_proportion(events, n, level)


def test_perforation_risk_shows_three_series_and_pools_at_most_one_per_hospital():
    risk = perforation_risk_by_cohort()
    assert risk[["events", "n"]].values.tolist() == [[5, 120], [7, 302], [1, 72]]
    assert risk["pooled"].tolist() == [False, True, False]
    assert risk["overlap_group"].tolist() == ["CIP-Beijing", "CIP-Beijing", ""]
    assert risk["what_was_counted"].iloc[2] == "fatal perforation only"
    assert (risk["grade"] == "A").all()
    pooled = risk[risk["pooled"]]
    assert pooled["overlap_group"].is_unique


def test_severe_gi_disease_is_not_perforation():
    severe = severe_gi_by_cohort()
    assert severe[["events", "n"]].values.tolist() == [[6, 26], [9, 110]]
    assert severe["what_was_counted"].str.startswith("severe").all()
    assert not severe["pooled"].any()


def test_case_fatality_reports_overlap_and_only_the_review_may_stand():
    fatality = case_fatality()
    assert fatality[["events", "n"]].values.tolist() == [
        [8, 21],
        [6, 10],
        [4, 5],
        [1, 4],
    ]
    assert fatality["overlap_group"].nunique() == 1
    assert fatality["pooled"].tolist() == [True, False, False, False]
    assert "3 other rheumatic" in fatality["what_was_counted"].iloc[1]


def test_mortality_counts_whole_cohorts_and_no_group_twice():
    deaths = mortality_by_cohort().set_index("cohort")
    assert deaths["overlap_group"].eq("").all()
    india = deaths.loc["Chandigarh 1993 to 2012 (Singh 2013)"]
    # 7 in 256 person-years: 27 per 1000 (11 to 56), as the review computes
    assert [round(india[c]) for c in ("rate_per_1000", "rate_low", "rate_high")] == [
        *(27, 11, 56)
    ]
    uk = deaths.loc["UK and Ireland, first 5 years (McCann 2006)"]
    assert uk["rate_per_1000"] == pytest.approx(1000 / 465)
    toronto = deaths.loc["Toronto, SickKids (2022)"]
    assert (toronto["events"], toronto["conf_low"]) == (0, 0.0)
    assert math.isnan(toronto["rate_high"])


def test_antibody_mix_gives_limits_for_counts_and_prints_for_percentages():
    mix = antibody_mix("NXP2").set_index("source")
    assert mix.loc["Sabbagh 2019", "events"] == 77
    assert mix.loc["CARRA 2022", "n"] == 49
    assert mix.loc["Tsuji 2024", "estimate"] == pytest.approx(0.06)
    assert math.isnan(mix.loc["Tsuji 2024", "conf_low"])
    pooled = mix[mix["pooled"]]
    assert {"Rider 2013", "Cheng 2025", "Tsuji 2024"}.isdisjoint(pooled.index)
    named = pooled["overlap_group"][pooled["overlap_group"] != ""]
    assert named.is_unique
    with pytest.raises(UsageError, match="NXP2"):
        antibody_mix("anti-NXP2")


def test_rate_ratio_by_hand():
    ratio = nxp2_rate_ratio().query("share_used == 'printed, 26 of 85'")
    seven, five = ratio.to_dict("records")
    odds = (26 / 85) / (59 / 85)
    least = 0.025 ** (1 / 7)
    assert least == pytest.approx(0.590, abs=5e-4)
    assert seven["conf_low"] == pytest.approx(least / (1 - least) / odds)
    assert round(seven["conf_low"], 1) == 3.3
    assert round(seven["estimate"]) == 22
    assert round(five["conf_low"], 1) == 2.1
    assert round(five["estimate"]) == 15
    assert seven["conf_high"] == math.inf


def test_notes_that_print_the_bounds_print_the_computed_ones():
    ratio = nxp2_rate_ratio()
    upper = ratio.query("share_used == 'its upper exact limit'")["conf_low"]
    notes = nxp2_effects().query("measure == 'rate ratio'")["note"]
    for low, note in zip(upper, notes, strict=True):
        assert f"lower limit {low:.1f} with the share at its upper exact limit" in note
    first = parameters().loc["nxp2_hazard_ratio_first_18_months", "note"]
    assert (
        f"{upper.iloc[0]:.1f} to {ratio['conf_low'].iloc[0]:.1f}, by the share" in first
    )


def test_rate_ratio_moves_against_the_share_and_states_its_assumptions():
    ratio = nxp2_rate_ratio()
    ordered = ratio.query("n == 7").sort_values("share")
    assert ordered["estimate"].is_monotonic_decreasing
    assert (ratio["status"] == "calculated here").all()
    assert ratio["assumptions"].str.contains("untested").all()
    with pytest.raises(UsageError):
        nxp2_rate_ratio(1.0)
