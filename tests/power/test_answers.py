"""Designs, detectable ratios, needs and tables: what must hold whatever the numbers."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.errors import PlanError, UsageError
from jdm_stats.power.detectable import detectable_hazard_ratio
from jdm_stats.power.grid import power_curve, power_table
from jdm_stats.power.needed import children_needed, years_needed
from jdm_stats.power.planning import Question, headline, inputs_table, needs_table
from jdm_stats.power.study_design import StudyDesign, expected_events
from jdm_stats.power.study_power import probability_of_fewer, study_power
from jdm_stats.power.time_course import TimeCourse

SIX = StudyDesign(n_children=302, follow_up_years=2)
designs = st.builds(
    StudyDesign,
    n_children=st.integers(50, 3000),
    follow_up_years=st.floats(0.5, 12),
    accrual_years=st.sampled_from([0.0, 0.3, 7.0]),
    exposure_share=st.floats(0.02, 0.98),
    risk_24_months=st.floats(0.004, 0.05),
    loss_per_year=st.sampled_from([0.0, 0.1]),
    alpha=st.sampled_from([0.05, 0.01]),
    test=st.sampled_from(["firth", "exact", "central"]),
)


@settings(max_examples=25)
@given(designs, st.floats(0.1, 20))
def test_exposed_and_unexposed_may_change_places(design, ratio):
    told = study_power(design, ratio)
    other = study_power(
        design.with_values(exposure_share=1 - design.exposure_share), 1 / ratio
    )
    assert other.power == pytest.approx(told.power, abs=1e-7)
    assert other.no_plain_estimate == pytest.approx(told.no_plain_estimate, abs=1e-9)
    assert other.interval_ratio == pytest.approx(told.interval_ratio, rel=1e-6)


@settings(max_examples=25)
@given(designs)
def test_exact_tests_keep_their_level(design):
    told = study_power(design, 1.0)
    assert told.power == pytest.approx(told.size, abs=1e-12)
    if design.test != "firth":
        assert told.size <= design.alpha


@settings(max_examples=15)
@given(designs, st.sampled_from([0.5, 0.8, 0.9]))
def test_the_detectable_ratio_has_the_power_asked_for(design, wanted):
    told = detectable_hazard_ratio(design, wanted)
    sides = ((told.above, told.reason_above, 1), (told.below, told.reason_below, -1))
    for ratio, reason, side in sides:
        assert math.isnan(ratio) == bool(reason)
        if not reason:
            assert side * math.log(ratio) > 0
            assert study_power(design, ratio).power == pytest.approx(wanted, abs=1e-6)
    assert (told.most_above <= wanted) == bool(told.reason_above)


def test_more_children_more_years_and_more_events_help():
    few, many = SIX, SIX.with_values(n_children=900)
    assert study_power(few, 4).power < study_power(many, 4).power
    assert expected_events(SIX.with_values(accrual_years=3)) > expected_events(SIX)
    assert expected_events(SIX.with_values(loss_per_year=0.2)) < expected_events(SIX)
    assert expected_events(SIX.with_values(follow_up_years=0)) == 0


def test_covariates_that_explain_the_exposure_cost_events():
    # 0.5 of the information of 604 children is about that of 302.
    adjusted = SIX.with_values(n_children=604, r_squared=0.5)
    told, half = study_power(adjusted, 6), study_power(SIX, 6)
    assert told.power == pytest.approx(half.power, abs=0.01)
    assert told.expected_events == pytest.approx(2 * half.expected_events)
    assert told.no_event == pytest.approx(half.no_event**2, rel=1e-9)
    assert any("50%" in note for note in told.notes)


def test_protection_cannot_be_seen_with_six_events():
    told = detectable_hazard_ratio(SIX)
    assert math.isnan(told.below) and math.isfinite(told.schoenfeld_below)
    assert "without one among the exposed" in told.reason_below
    assert told.most_below == study_power(SIX, 0.0).power < 0.01
    assert "No hazard ratio below 1 is detectable" in told.in_words()
    assert "none: not attainable" in repr(told)


def test_schoenfelds_design_is_the_formula_turned_round():
    told = detectable_hazard_ratio(SIX.with_values(test="schoenfeld"), 0.8)
    p, z = 0.21, 1.959963985 + 0.841621234
    reach = z / math.sqrt(expected_events(SIX) * p * (1 - p))
    assert told.above == pytest.approx(math.exp(reach), rel=1e-7)
    assert told.below == pytest.approx(math.exp(-reach), rel=1e-7)
    needed = children_needed(SIX.with_values(test="schoenfeld"), told.above, 0.8)
    assert needed.value == 302


@pytest.mark.parametrize("test", ["firth", "exact"])
@pytest.mark.parametrize("ratio", [8.0, 0.1])
def test_so_many_children_are_enough_and_one_fewer_is_not(test, ratio):
    design = SIX.with_values(test=test)
    needed = children_needed(design, ratio, 0.8)
    assert needed.design.n_children == needed.value
    assert needed.power >= 0.8
    fewer = needed.design.with_values(n_children=int(needed.value) - 1)
    assert study_power(fewer, ratio).power < 0.8
    for more in (1.01, 1.1, 1.5, 3):
        many = needed.design.with_values(n_children=int(more * needed.value) + 1)
        assert study_power(many, ratio).power >= 0.8


def test_years_of_follow_up_run_out():
    told = years_needed(SIX, 4)
    assert math.isnan(told.value)
    assert told.reason == (
        "these children would ever have 7.4 perforations, 6.0 of them within 24 months"
    )
    assert told.in_words().startswith("No number of years of follow-up is enough")
    assert math.isfinite(years_needed(SIX.with_values(time_course="constant"), 4).value)


def test_years_of_recruitment():
    told = years_needed(SIX, 8, children_per_year=42)
    assert told.design.n_children == round(42 * told.value)
    assert told.power >= 0.8 and told.design.follow_up_years == 2
    never = years_needed(
        SIX.with_values(exposure_share=0.03), 1.5, children_per_year=42
    )
    assert "a hundred years of recruitment would bring 4,200 children" in never.reason


@pytest.mark.parametrize("needed", [children_needed, years_needed])
def test_no_effect_and_no_follow_up_are_never_enough(needed):
    assert "nothing to detect" in needed(SIX, 1).reason
    if needed is children_needed:
        empty = needed(SIX.with_values(follow_up_years=0), 8)
        assert math.isnan(empty.value) and "no length" in empty.reason


def test_every_fault_is_told_at_once():
    with pytest.raises(PlanError) as caught:
        StudyDesign(
            n_children=2.5,
            follow_up_years=-1,
            exposure_share=0,
            risk_24_months=math.nan,
            time_course="weekly",
            r_squared=1,
            two_sided="yes",
            exposure=" ",
        )
    for name in (
        *("n_children", "follow_up_years", "exposure_share", "risk_24_months"),
        *("time_course", "r_squared", "two_sided", "exposure must"),
    ):
        assert f"\n  {name}" in str(caught.value)
    with pytest.raises(PlanError, match="named childs; did you mean"):
        SIX.with_values(childs=3)
    with pytest.raises(PlanError, match="share by day 730 must be 1"):
        TimeCourse("x", "tabulated", days=(0, 800), shares=(0, 1))
    with pytest.raises(PlanError, match=r"(?s)median_days.*log_spread"):
        TimeCourse("x", "lognormal", median_days=0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: study_power(SIX, -1),
        lambda: study_power(SIX, "8"),
        lambda: study_power("design", 8),
        lambda: detectable_hazard_ratio(SIX, 0.05),
        lambda: children_needed(SIX, 8, 1.0),
        lambda: years_needed(SIX, 8, children_per_year=0),
        lambda: probability_of_fewer(SIX, 2.5),
        lambda: power_table(SIX, hazard_ratio=[]),
        lambda: power_table(SIX, n_children=range(1, 30_000)),
    ],
)
def test_a_wrong_call_is_a_usage_error(call):
    with pytest.raises(UsageError):
        call()


def test_a_table_of_designs_tells_the_faults_of_all():
    with pytest.raises(PlanError) as caught:
        power_table(SIX, n_children=[0, 300, -5], exposure_share=[2])
    told = str(caught.value)
    assert "not 0" in told and "not -5" in told and "exposure_share" in told


def test_a_table_holds_what_the_functions_say():
    table = power_table(SIX, hazard_ratio=[8, 3], n_children=[302, 600]).tidy()
    assert table["n_children"].tolist() == [302, 302, 600, 600]
    assert table["hazard_ratio"].tolist() == [8, 3, 8, 3]
    last = SIX.with_values(n_children=600)
    assert table["power"].iloc[3] == study_power(last, 3).power
    assert table["detectable_above"].iloc[3] == detectable_hazard_ratio(last).above
    assert table["reason_below"].iloc[0] == detectable_hazard_ratio(SIX).reason_below
    assert (table["reason_below"].ne("") == table["detectable_below"].isna()).all()


def test_a_curve_falls_as_children_are_added():
    curve = power_curve(SIX, n_children=[250, 500, 1000, 4000], follow_up_years=[2])
    above = curve.tidy()["detectable_above"].to_numpy()
    assert (np.diff(above) < 0).all()
    assert curve.tidy()["power"].isna().all()


def test_results_are_frozen_pickle_and_show_themselves():
    told = (
        study_power(SIX, 8),
        detectable_hazard_ratio(SIX),
        children_needed(SIX, 8),
        power_table(SIX, hazard_ratio=8, n_children=[302]),
    )
    for result in told:
        again = pickle.loads(pickle.dumps(result))
        pd.testing.assert_frame_equal(again.tidy(), result.tidy())
        assert "<table" in result._repr_html_() and "nan" not in result._repr_html_()
        assert repr(result).startswith("<")
        with pytest.raises(AttributeError):
            result.design = None
    assert pickle.loads(pickle.dumps(SIX)) == SIX


def test_a_synthetic_course_says_so_everywhere():
    course = TimeCourse(
        "world x", "tabulated", days=(0, 730), shares=(0, 1), synthetic=True
    )
    design = SIX.with_values(time_course=course)
    for result in (study_power(design, 8), power_table(design, n_children=[302])):
        assert result.tidy().attrs["jdm_stats"] == {"synthetic": True}
        assert "SYNTHETIC" in result._repr_html_()
        assert any("SYNTHETIC" in note for note in result.notes)


def test_notes_warn_of_what_they_should():
    rare = study_power(SIX.with_values(exposure_share=0.03), 1.5)
    words = " ".join(rare.notes)
    assert "no estimate" in words
    assert "Without any effect" in words and rare.size > 0.055
    assert "risk above 1" in " ".join(
        study_power(SIX.with_values(exposure_share=0.01), 500).notes
    )
    assert "large samples" in " ".join(
        study_power(SIX.with_values(test="schoenfeld"), 8).notes
    )


def test_the_report_says_what_the_functions_say():
    questions = [Question("anti-NXP2", 0.21, 8.0), Question("a pulse", 0.03, 1.5)]
    told = headline(SIX, questions, children_per_year={"one country": 42})
    needed = children_needed(SIX, 8).value
    assert told[0].startswith(f"Anti-NXP2, HR 8: {needed:,.0f} children, ")
    assert (
        "times the largest series in the evidence tables" in told[1]
        and "over 100" in told[1]
    )
    assert "those who come first followed longer" in told[0]
    assert told[2].startswith("Protection by a pulse: even if")
    table = needs_table(
        SIX, questions[:1], risks={"all": 0.02}, children_per_year={"us": 42}
    )
    assert table.loc[0, "Children"] == f"{needed:,.0f}"
    inputs = inputs_table({"Loss": (0.04, "per year")})
    assumed = inputs[inputs["Status"] == "assumed"]
    assert set(assumed["Grade"]) == {"C"} and "Loss" in set(assumed["Input"])


def test_a_test_that_claims_what_is_not_there_detects_nothing():
    # One exposed child in 100,000: Firth's estimate is far above 1 after one unexposed
    # event, and "significant" whatever the truth.
    rare = SIX.with_values(exposure_share=1e-5)
    assert study_power(rare, 1.0).size > 0.9
    told = detectable_hazard_ratio(rare)
    assert math.isnan(told.above) and "use test='exact'" in told.reason_above
    assert math.isnan(years_needed(rare, 4).value)
    exact = rare.with_values(test="exact")
    assert detectable_hazard_ratio(exact).above > 1000
    assert study_power(exact, 1.0).size <= 0.05


def test_without_follow_up_nothing_is_detected_by_any_test():
    for test in ("firth", "exact", "central", "schoenfeld"):
        empty = SIX.with_values(follow_up_years=0, test=test)
        for ratio in (0.0, 4.0, math.inf):
            assert study_power(empty, ratio).power <= 0.025
        told = detectable_hazard_ratio(empty)
        assert math.isnan(told.above) and told.reason_above and told.reason_below


def test_precision_goes_on_smoothly_beyond_300_events():
    # 300 and 301 expected events: the median, and the width of the expected split.
    design = SIX.with_values(test="firth")
    each = expected_events(design) / 302
    near, far = (
        study_power(design.with_values(n_children=round(events / each)), 3)
        for events in (299, 302)
    )
    assert near.expected_events < 300 < far.expected_events
    assert far.interval_ratio == pytest.approx(near.interval_ratio, rel=0.01)
    z = 2 * 1.96 / math.sqrt(302 * 0.4437 * 0.5563)
    assert far.interval_ratio == pytest.approx(math.exp(z), rel=0.01)


def test_true_and_whole_floats():
    assert repr(SIX.with_values(n_children=302.0).n_children) == "302"
    for call in (lambda: study_power(SIX, True), lambda: StudyDesign(n_children=True)):
        with pytest.raises(UsageError):
            call()


@pytest.mark.parametrize("test", ["firth", "exact", "central", "schoenfeld"])
def test_without_an_effect_the_power_is_the_size(test):
    told = study_power(StudyDesign(n_children=300, test=test), hazard_ratio=1)
    assert told.power == told.size
