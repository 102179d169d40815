"""run_analysis on nine children whose numbers are worked out on paper."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.analysis.fits import antibody_groups
from jdm_stats.analysis.run import ALL, run_analysis
from jdm_stats.errors import DataError, DesignError
from jdm_stats.plan import AnalysisPlan
from tests.analysis.conftest import events, patients

PLAN = AnalysisPlan(landmark_days=90, horizon_days=600, risk_months=(6, 12))


def test_who_is_left_out_and_why(make):
    """G perforated before entry; F, untested, perforated on day 50."""
    analysis = run_analysis(PLAN, make())
    assert analysis.flow["n"].tolist() == [9, 8, 7]
    assert analysis.flow["excluded"].tolist() == [0, 1, 1]
    assert analysis.flow["reason"].tolist()[1] == "GI perforation on or before entry"
    assert "not tested, 1 with the outcome" in analysis.flow["reason"].tolist()[2]
    # At day 90: G and F have perforated. All others are followed to an event or day 690.
    assert analysis.landmark_flow["n"].tolist() == [9, 7, 7, 7]


def test_a_death_before_entry_is_told_apart_from_a_perforation_before_it(make):
    changed = patients().set_index("patient_id")
    changed.loc["E", ["entry_day", "exit_day"]] = [600, 600]
    analysis = run_analysis(PLAN, make(patients=changed.reset_index()))
    assert "death on or before entry" in analysis.flow["reason"].tolist()[1]


def test_rates_by_antibody_with_everyone_last(make):
    rates = run_analysis(PLAN, make()).rates.set_index("antibody")
    assert rates.index.tolist() == ["NXP2", "TIF1g", "none", "untested", ALL]
    assert rates["events"].tolist() == [3, 0, 0, 1, 4]
    days = [100 + 300 + 500 + 900, 900, 600 + 900, 50]
    assert rates["person_years"].tolist() == pytest.approx(
        [d / 365.25 for d in [*days, sum(days)]]
    )


def test_the_risk_at_each_month_of_the_plan(make):
    """NXP2: A on day 100 of 4 children, B on day 300 of 3: 1/4, then 2/4."""
    risks = run_analysis(PLAN, make()).risks
    own = risks[(risks["group"] == "NXP2") & (risks["cause"] == 1)]
    assert own["months"].tolist() == [6, 12]
    assert own["estimate"].tolist() == pytest.approx([0.25, 0.5])


def test_a_ratio_of_its_own_from_so_many_events(make):
    by_antibody = "Firth Cox by antibody"
    three = run_analysis(PLAN, make()).fits[by_antibody]
    assert "C(antibody_group, Treatment('none'))[T.NXP2]" in three.terms
    stricter = AnalysisPlan(own_ratio_from_events=4, horizon_days=600)
    four = run_analysis(stricter, make()).fits[by_antibody]
    assert not any("NXP2" in term for term in four.terms)


def test_no_model_by_antibody_when_the_plan_has_no_antibody(make):
    plan = AnalysisPlan(cox_formula="recent_pulse")
    assert "Firth Cox by antibody" not in run_analysis(plan, make()).fits


def test_indefinite_events_are_left_out_when_the_plan_says_so(make):
    plan = AnalysisPlan(definite_only=True, horizon_days=600)
    rates = run_analysis(plan, make()).rates.set_index("antibody")
    assert rates.loc["NXP2", "events"] == 2


def test_the_three_cmas_models_stand_on_the_same_rows(make):
    """I has no reading at all; nobody has a later one before day 40."""
    fits = run_analysis(PLAN, make()).cmas_fits
    assert len(fits) == 3
    assert {fit.n_events for fit in fits.values()} == {3}
    assert {fit.n_patients for fit in fits.values()} == {6}
    assert len({fit.n_rows for fit in fits.values()}) == 1


def test_without_later_readings_there_is_no_cmas_model_and_no_failure(make):
    analysis = run_analysis(PLAN, make(assessments=None))
    assert dict(analysis.cmas_fits) == {}
    assert dict(analysis.failures) == {}


def test_nobody_tested_still_has_rates_and_a_curve(make):
    analysis = run_analysis(PLAN, make(patients=patients().assign(antibody="untested")))
    assert analysis.rates["antibody"].tolist() == ["untested", ALL]
    assert analysis.risks["group"].unique().tolist() == ["all children"]
    assert dict(analysis.fits) == {}
    assert "Firth Cox" in analysis.failures
    assert any("No fit" in note for note in analysis.notes)


def test_a_registry_without_deaths_has_a_competing_curve_at_nought(make):
    living = patients().replace({"exit_reason": {"death": "lost"}})
    told = events()
    analysis = run_analysis(
        PLAN, make(patients=living, events=told[told["event"] != "death"])
    )
    competing = analysis.risks[analysis.risks["cause"] == 2]
    assert len(competing) == 4
    assert (competing["estimate"] == 0).all()


def test_nobody_at_risk_is_a_fault_of_the_data(make):
    early = pd.DataFrame({"patient_id": list("ABCDEFGHI"), "day": 0})
    early["event"] = "gi_perforation"
    living = patients().replace({"exit_reason": {"death": "lost"}})
    with pytest.raises(DataError, match="of 9 children 9 had gi_perforation"):
        run_analysis(PLAN, make(patients=living, events=early))


def test_a_formula_with_an_unknown_column_is_refused(make):
    with pytest.raises(DesignError, match="recent_pulse"):
        run_analysis(AnalysisPlan(cox_formula="nxp2 + recent_puls"), make())


def test_the_ids_of_a_real_registry_stay_out_of_the_course_figure(make):
    courses, told, followed = run_analysis(PLAN, make()).courses_around_events()
    assert set(followed["patient_id"]) == {f"child {k}" for k in range(1, 6)}
    assert set(told["patient_id"]) <= set(followed["patient_id"])
    assert courses["pulse"].sum() == 1
    synthetic = make(metadata={"synthetic": True})
    _, _, named = run_analysis(PLAN, synthetic).courses_around_events()
    assert set(named["patient_id"]) == set("ABCFG")


def test_estimates_name_their_models(make):
    analysis = run_analysis(PLAN, make())
    assert set(analysis.estimates["model"]) == set(analysis.fits)


def test_antibody_groups():
    frame = pd.DataFrame({"antibody": ["NXP2", "Mi2", "other", "none", "untested"]})
    groups = antibody_groups(frame, ("Mi2",))
    assert groups.iloc[:4].tolist() == [
        "other antibody",
        "Mi2",
        "other antibody",
        "none",
    ]
    assert pd.isna(groups.iloc[4])
