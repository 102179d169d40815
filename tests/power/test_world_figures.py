"""What a synthetic world says to a planner, held against the world's own words."""

from __future__ import annotations

import numpy as np
import pytest

from jdm_stats.errors import PlanError, UsageError
from jdm_stats.power import world_figures as room
from jdm_stats.power.study_design import StudyDesign
from jdm_stats.power.world_figures import world_figures
from jdm_stats.simulation.calibration import expected_figures
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.simulate import simulate_cohort

NO_DEATHS = as_scenario("steroids_harmless").with_values(deaths_per_1000_years=0.0)


@pytest.fixture(scope="module")
def figures():
    return world_figures(NO_DEATHS, children=512, seed=3)


def test_risk_and_course_are_those_of_the_calibration(figures):
    told = expected_figures(NO_DEATHS, children=512, seed=3)["value"]
    assert figures.risk_24_months == pytest.approx(told["risk"], rel=2e-3)
    # Half of the events of five years come by the median day.
    by = figures.time_course.risk_by([told["median_days"], 1826], 1.0)
    assert by[0] / by[1] == pytest.approx(0.5, abs=0.01)


def test_the_course_goes_on_after_five_years_but_not_for_ever(figures):
    course = figures.time_course
    assert course.synthetic and course.days[-1] > 7000
    five, ten, twenty, later = course.risk_by([1826, 3652, 7300, 9000], 1.0)
    assert five < ten < twenty == pytest.approx(later, rel=1e-3)
    assert ten / five < 1.1


def test_exposed_shares_are_those_of_days_counted_one_by_one(figures):
    # The same children as a cohort, each day from 0 to 1825 weighted by the course.
    scenario = NO_DEATHS.with_values(
        delayed_entry_share=0.0, losses_per_year=0.0, transfer_age_years=18.0
    )
    cohort = simulate_cohort(512, scenario=scenario, rng=3, n_index_pattern=0)
    courses, children = cohort.courses, cohort.patients
    exit_day = children.set_index("patient_id")["exit_day"].to_dict()
    pulses = courses[(courses["drug"] == "methylprednisolone")]
    pulsed = {name: np.zeros(1826, bool) for name in exit_day}
    for row in pulses.to_dict("records"):
        first, last = int(row["start_day"]), int(row["stop_day"])
        pulsed[row["patient_id"]][first : min(last + 30, 1826)] = True
    at_risk = {name: np.arange(1826) < exit_day[name] for name in exit_day}
    exposed = sum((pulsed[n] & at_risk[n]).astype(float) for n in exit_day)
    share = exposed / np.maximum(sum(at_risk[n].astype(float) for n in exit_day), 1)
    course = figures.time_course.risk_by(np.arange(1827), 1.0)
    counted = float(np.diff(course) @ share / course[-1])
    assert figures.exposure_shares["recent_pulse"] == pytest.approx(counted, rel=0.1)
    assert figures.exposure_shares["nxp2"] == dict(NO_DEATHS.antibody_mix)["NXP2"]
    assert 0.05 < figures.exposure_shares["high_dose"] < 0.4


def test_a_preset_solved_for_a_risk_keeps_that_risk():
    assert room._solved_for(as_scenario("tertiary")) == 0.02
    assert room._solved_for(as_scenario("east_asia+population")) == 0.007
    assert room._solved_for(as_scenario("steroids_harmless")) is None
    changed = as_scenario("tertiary").with_values(severity_hr=3.0, name="tertiary")
    assert room._solved_for(changed) is None


def test_a_design_from_a_scenario(monkeypatch, figures):
    monkeypatch.setattr(room, "world_figures", lambda scenario: figures)
    design = StudyDesign.from_scenario(
        NO_DEATHS, exposure="recent_pulse", n_children=500, loss_per_year=0.0
    )
    assert design.exposure_share == figures.exposure_shares["recent_pulse"]
    assert design.risk_24_months == figures.risk_24_months
    assert design.late_entry_share == NO_DEATHS.delayed_entry_share
    assert (design.n_children, design.loss_per_year) == (500, 0.0)
    assert design.synthetic and design.exposure == "a pulse in the last 30 days"
    with pytest.raises(PlanError, match="exposure must be one of"):
        StudyDesign.from_scenario(NO_DEATHS, exposure="weather")
    with pytest.raises(PlanError, match="no value named children"):
        StudyDesign.from_scenario(NO_DEATHS, children=3)
    with pytest.raises(PlanError, match="no preset is named"):
        StudyDesign.from_scenario("nowhere")


def test_too_few_children_are_refused():
    with pytest.raises(UsageError, match="256 or more"):
        world_figures(children=100)
