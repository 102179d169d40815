"""Which terms of a plan have a causal truth in a scenario, and why others have none."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.operating.large_sample import large_sample_values
from jdm_stats.operating.truth import checked_truth, term_truth, truths
from jdm_stats.plan import AnalysisPlan
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.presets import as_scenario

PLAN = AnalysisPlan()
HARMLESS = as_scenario("steroids_harmless")
STEROID_TERMS = (
    ("Cox", "recent_pulse"),
    ("Firth Cox", "current_dose_mg_kg"),
    ("Logistic", "pulse_by_landmark"),
    ("Firth logistic", "cumulative_dose_by_landmark_mg_kg"),
    ("Cox", "nxp2:recent_pulse"),
    ("Cox", "I(current_dose_mg_kg > 1)[T.True]"),
)


@pytest.mark.parametrize(("model", "term"), STEROID_TERMS)
def test_every_steroid_term_is_0_where_steroids_are_harmless(model, term):
    assert term_truth(model, term, HARMLESS, PLAN)[0] == 0.0
    assert term_truth(model, term, HARMLESS, None)[0] == 0.0


@pytest.mark.parametrize(
    "effect", ["dose_hr", "pulse_hr", "cumulative_hr", "threshold_hr"]
)
def test_one_effect_is_enough_to_be_no_longer_harmless(effect):
    value, why = term_truth(
        "Cox", "current_dose_mg_kg", HARMLESS.with_values(**{effect: 1.3}), PLAN
    )
    assert math.isnan(value) and "not log-linear" in why


def test_a_pulse_has_its_own_log_hazard_ratio():
    scenario = Scenario(pulse_hr=1.5)
    for model in ("Cox", "Firth Cox", "Firth Cox by antibody"):
        assert term_truth(model, "recent_pulse", scenario, PLAN)[0] == math.log(1.5)
    assert term_truth("Cox", "recent_pulse", Scenario(pulse_hr=1.0), PLAN)[0] == 0.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pulse_window_days": 14}, "looks at 14"),
        ({"pulse_lag_days": 5}, "waits for 5"),
    ],
)
def test_a_pulse_measured_otherwise_has_none(change, said):
    plan = AnalysisPlan(**change)
    value, why = term_truth("Cox", "recent_pulse", Scenario(pulse_hr=1.5), plan)
    assert math.isnan(value) and said in why
    assert term_truth("Cox", "recent_pulse", Scenario(pulse_hr=1.0), plan)[0] == 0.0


@pytest.mark.parametrize(
    ("model", "term", "scenario", "plan", "said"),
    [
        ("Cox", "nxp2", HARMLESS, PLAN, f"{HARMLESS.nxp2_early_hr:g} before day 540"),
        ("Cox", "cmas", HARMLESS, PLAN, "no such term"),
        ("Cox", "current_dose_mg_kg", Scenario(), PLAN, "not log-linear"),
        ("Logistic", "pulse_by_landmark", Scenario(), PLAN, "no hazard ratio"),
        ("mine", "recent_pulse", Scenario(), None, "pass truth="),
    ],
)
def test_no_truth_comes_with_a_reason(model, term, scenario, plan, said):
    value, why = term_truth(model, term, scenario, plan)
    assert math.isnan(value) and said in why


def test_the_caller_is_heard_first():
    terms = pd.DataFrame({"model": ["Cox", "Cox"], "term": ["nxp2", "recent_pulse"]})
    table = truths(terms, HARMLESS, PLAN, {"nxp2": math.log(8)})
    assert table["truth"].tolist() == [math.log(8), 0.0]
    assert table["truth_why"][0] == "given by the caller"


def test_every_wrong_truth_is_told():
    with pytest.raises(UsageError, match=r"a: nan, b: 'x', c: True"):
        checked_truth({"a": math.nan, "b": "x", "c": True, "d": 1})
    assert checked_truth({"d": 1}) == {"d": 1.0}


def test_a_large_sample_value_is_given_or_a_reason():
    pooled = "C(antibody_group, Treatment('none'))[T.other antibody]"
    found = pd.DataFrame(
        [
            ("Firth Cox", "nxp2", 1.9, 0.2, 300, ""),
            ("Firth Cox", "cmas", math.nan, math.nan, 300, "does not vary"),
            (
                "Logistic",
                "",
                math.nan,
                math.nan,
                math.nan,
                "the formula cannot be fitted",
            ),
        ],
        columns=["model", "term", "estimate", "std_error", "events", "reason"],
    )
    terms = [
        *(("Firth Cox", term) for term in ("nxp2", "cmas", "mmt8", pooled)),
        ("Logistic", "nxp2"),
    ]
    table = large_sample_values(terms, found, 20_000)
    assert table["large_sample"].notna().tolist() == [True, False, False, False, False]
    assert table["large_sample_se"][0] == 0.2
    said = table["large_sample_why"].tolist()
    assert said[0] == "the same formula in 20,000 children, 300 events, Cox"
    wanted = ("does not vary", "no such term", "are pooled as", "cannot be fitted")
    for text, part in zip(said[1:], wanted, strict=True):
        assert part in text


def test_a_truth_that_is_no_mapping_is_refused():
    with pytest.raises(UsageError, match="truth must map terms to numbers, not 3"):
        checked_truth(3)
