"""The sentences of the report, in each of the cases they have to tell apart."""

from __future__ import annotations

import pandas as pd

from jdm_stats.analysis import words
from jdm_stats.analysis.run import run_analysis
from jdm_stats.plan import AnalysisPlan
from tests.analysis.conftest import events, patients

PLAN = AnalysisPlan(horizon_days=600, risk_months=(6, 12))


def test_what_happened_stands_first(make):
    said = words.in_short(run_analysis(PLAN, make()))
    assert said[0] == (
        "8 children were at risk for 12 person-years; 4 had a first GI perforation; "
        "3 of them among the 4 children with anti-NXP2."
    )
    assert "by 12 months" in said[2]
    assert "NXP2: 50.0% (" in said[2]
    assert "tested, not NXP2: no event yet" in said[2]


def test_separation_is_said_in_words(make):
    """Every perforation of a tested child is in a child with NXP2."""
    analysis = run_analysis(PLAN, make())
    assert analysis.fits["Cox"].separated
    told = words.in_short(analysis)[-1]
    assert "rises for ever in NXP2 (against tested, not NXP2)" in told


def test_ratios_are_kept_from_being_taken_for_effects(make):
    said = " ".join(words.in_short(run_analysis(PLAN, make())))
    assert "not effects of steroids" in said
    assert "SYNTHETIC" not in said


def test_a_registry_without_steroid_courses_says_so(make):
    said = " ".join(words.in_short(run_analysis(PLAN, make(courses=None))))
    assert "No steroid course is recorded" in said
    assert "not effects of steroids" not in said


def test_the_truth_of_a_synthetic_world_is_told(make):
    about = {
        "synthetic": True,
        "provenance": {"truth": {"log_hazard_ratios": {"pulse": 0.0, "dose": 0.0}}},
    }
    said = " ".join(words.in_short(run_analysis(PLAN, make(metadata=about))))
    assert "8 SYNTHETIC children" in said
    assert "of 1.00 for a recent pulse" in said
    assert words.cmas_footnotes(run_analysis(PLAN, make(metadata=about)))


def test_limitations_begin_with_synthetic_when_it_is(make):
    real = words.limitations(run_analysis(PLAN, make()))
    made = words.limitations(run_analysis(PLAN, make(metadata={"synthetic": True})))
    assert made[0].startswith("SYNTHETIC")
    assert made[1:] == real


def test_notes_speak_without_code(make):
    warned, fitted = words.warnings_and_method(run_analysis(PLAN, make()))
    spoken = " ".join([*warned, *fitted])
    for code in ("nxp2", "C(", "[T.", "penalty=", "antibody_group"):
        assert code not in spoken
    assert any("NXP2 status" in note for note in warned)
    assert any("Efron" in note for note in fitted)
    assert not any("Efron" in note for note in warned)


def test_nobody_with_nxp2_or_no_event_at_all(make):
    none = patients().replace({"antibody": {"NXP2": "TIF1g"}})
    said = words.in_short(run_analysis(PLAN, make(patients=none)))
    assert "anti-NXP2" not in said[0]
    told = events()
    quiet = make(events=told[told["event"] == "death"])
    said = " ".join(words.in_short(run_analysis(PLAN, quiet)))
    assert "0 had a first GI perforation" in said
    assert "no estimate" in said


def test_labels_of_terms():
    assert words.term_label("nxp2").startswith("NXP2")
    term = "C(antibody_group, Treatment('none'))[T.MDA5]"
    assert words.term_label(term) == "MDA5 (against none found)"
    assert words.term_label("ck_u_l") == "ck u l"


def test_a_p_value_near_one_is_written_once_with_its_sign():
    row = pd.Series(
        {"term": "nxp2", "estimate": 1.0, "conf_low": 0.1, "conf_high": 9.0}
    )
    told = words._ratio(pd.concat([row, pd.Series({"p_value": 0.999})]), "firth")
    assert ", p >0.99 (" in told
