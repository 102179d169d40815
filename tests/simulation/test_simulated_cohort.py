"""The synthetic cohort: reproducible, valid, and confounded as the world says."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.checks import check_tables
from jdm_stats.errors import PlanError, UsageError
from jdm_stats.simulation.course.histories import NEVER
from jdm_stats.simulation.course.lives import draw_lives
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.presets import PRESETS
from jdm_stats.simulation.simulate import simulate_cohort

TABLES = ("patients", "courses", "events", "assessments")


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(1000, rng=3)


@pytest.fixture(scope="module")
def many():
    """Lives of many children who perforate often, followed for five years."""
    world = PRESETS["tertiary"].with_values(
        h0_mass=0.4, losses_per_year=0.0, delayed_entry_share=0.0, lock_year=2030
    )
    return draw_lives(3, np.arange(2048), world)[0]


def test_the_same_seed_gives_the_same_cohort_and_another_another():
    first, again = (simulate_cohort(30, rng=8) for _ in range(2))
    assert first == again
    assert first != simulate_cohort(30, rng=9)


def test_a_child_is_the_same_in_a_cohort_of_300_and_of_1000(cohort):
    small = simulate_cohort(300, rng=3)
    ids = set(small.patients["patient_id"])
    for table in TABLES:
        large = getattr(cohort, table)
        large = large[large["patient_id"].isin(ids)].reset_index(drop=True)
        pd.testing.assert_frame_equal(getattr(small, table), large)


def test_children_beyond_the_index_pattern_do_not_depend_on_it():
    none, three = (simulate_cohort(20, rng=3, n_index_pattern=k) for k in (0, 3))
    assert (none.patients["pattern"] == "background").all()
    assert three.patients["pattern"].tolist()[:4] == ["index_case"] * 3 + ["background"]
    rest = none.patients["patient_id"].iloc[3:]
    for table in TABLES:
        one, other = getattr(none, table), getattr(three, table)
        one = one[one["patient_id"].isin(rest)].reset_index(drop=True)
        other = other[other["patient_id"].isin(rest)].reset_index(drop=True)
        pd.testing.assert_frame_equal(one, other)


def test_the_global_generator_is_untouched_and_a_generator_is_drawn_from_once():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    rng = np.random.default_rng(4)
    first = simulate_cohort(5, rng=rng)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    seed = int(np.random.default_rng(4).integers(0, 2**63 - 1))
    assert first == simulate_cohort(5, rng=seed)
    assert first != simulate_cohort(5, rng=rng)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_patients": 0},
        {"n_patients": 2.5},
        {"n_patients": True},
        {"n_index_pattern": -1},
        {"n_patients": 3, "n_index_pattern": 4},
        {"rng": -1},
    ],
)
def test_wrong_calls_are_refused(wrong):
    with pytest.raises(UsageError):
        simulate_cohort(**wrong)


def test_a_wrong_scenario_is_refused():
    with pytest.raises(PlanError):
        simulate_cohort(3, scenario="tertiari")


def test_no_child_reaching_the_registry_is_an_error_not_a_hang():
    deadly = Scenario(
        deaths_per_1000_years=1e9, delayed_entry_share=1.0, follow_up_days=365
    )
    with pytest.raises(PlanError, match="died before entry"):
        draw_lives(1, np.arange(1), deadly, attempt=99)


def test_children_who_die_before_referral_are_drawn_again():
    deadly = Scenario(
        deaths_per_1000_years=2000.0, delayed_entry_share=1.0, follow_up_days=365
    )
    cohort = simulate_cohort(60, scenario=deadly, rng=1, n_index_pattern=0)
    patients = cohort.patients
    assert cohort.n_patients == 60
    assert patients["patient_id"].is_unique
    assert (patients["entry_day"] > 0).all()
    assert len(draw_lives(1, np.arange(60), deadly)) > 1


def test_metadata_say_synthetic_and_hold_the_truth(cohort):
    assert cohort.synthetic
    about = cohort.metadata
    assert about["description"].startswith("SYNTHETIC")
    assert "SYNTHETIC" in about["name"]
    provenance = json.loads(json.dumps(about["provenance"]))
    assert provenance["seed"] == 3
    assert provenance["truth"]["log_hazard_ratios"]["pulse"] == pytest.approx(
        np.log(1.5)
    )
    assert provenance["scenario"]["severity_hr"] == 2.5
    assert provenance["index_case_steps"]["assumed"] > 0


def test_patients_are_as_the_scenario_says(cohort):
    patients = cohort.patients
    assert (patients["entry_day"] < patients["exit_day"]).all()
    share = patients["antibody"].value_counts(normalize=True)
    assert share["NXP2"] == pytest.approx(0.21 * 0.92, abs=0.05)
    assert share["untested"] == pytest.approx(0.08, abs=0.03)
    untested = patients["antibody"] == "untested"
    assert patients.loc[untested, ["antibody_test_day", "ro52"]].isna().all(axis=None)
    assert (patients["sex"] == "female").mean() == pytest.approx(0.67, abs=0.06)
    assert (patients["entry_day"] > 0).mean() == pytest.approx(0.25, abs=0.05)
    assert patients["age_at_diagnosis_years"].median() == pytest.approx(6.3, abs=0.6)
    assert patients["cmas"].median() == pytest.approx(33, abs=3)
    assert patients["ck_u_l"].median() == pytest.approx(400, rel=0.3)
    by_nxp2 = patients.groupby(patients["antibody"] == "NXP2")["cmas"].mean()
    assert -14 < by_nxp2[True] - by_nxp2[False] < -5
    assert set(patients["exit_reason"]) == {
        *("administrative", "lost", "death", "transfer")
    }


def test_courses_are_as_the_scenario_says(cohort):
    courses = cohort.courses
    share = courses.groupby("drug")["patient_id"].nunique() / cohort.n_patients
    assert share["prednisone"] > 0.97
    assert share["methotrexate"] == pytest.approx(0.70, abs=0.05)
    assert share["ivig"] == pytest.approx(0.37, abs=0.06)
    assert share["hydroxychloroquine"] == pytest.approx(0.48, abs=0.06)
    pulses = courses[courses["drug"] == "methylprednisolone"]
    early = pulses[(pulses["start_day"] <= 730).to_numpy()]
    assert early["patient_id"].nunique() / 1000 == pytest.approx(0.57, abs=0.06)
    assert (pulses["route"] == "iv").all()
    assert pulses["dose_mg"].max() <= 30.0
    oral = courses[courses["drug"] == "prednisone"]
    assert oral["dose_mg"].max() == 2.0


def test_no_oral_dose_on_a_day_of_pulses(many):
    oral, pulse = many.histories.oral, many.histories.pulse
    assert not ((oral > 0) & (pulse > 0)).any()
    runs = np.diff(np.vstack([pulse[:1] * 0, pulse > 0]).astype(int), axis=0)
    assert (runs == 1).sum() > 1000


def test_what_follows_a_perforation(many):
    first = many.histories.perforation_day
    perforated = np.flatnonzero(first < 1400)
    assert len(perforated) > 200
    pulse = many.histories.pulse
    within = [pulse[first[i] + 1 : first[i] + 6, i].any() for i in perforated]
    assert np.mean(within) == pytest.approx(0.9, abs=0.05)
    dead = (many.death - first)[perforated] <= 365
    assert dead.mean() == pytest.approx(0.4, abs=0.1)
    again = many.aftermath.perforations[1, perforated] > 0
    assert again.mean() == pytest.approx(0.5, abs=0.1)
    operated = many.aftermath.surgeries[0, perforated] >= 0
    assert operated.mean() == pytest.approx(0.75, abs=0.08)
    assert (many.histories.gi_day[perforated] <= first[perforated]).all()


def test_the_dial_confounds_pulses_and_perforation_when_steroids_do_nothing():
    crude = {}
    for dial in (0.0, 1.0, 2.0):
        world = PRESETS["steroids_harmless"].with_values(
            h0_mass=0.4, no_gi_factor=1.0, confounding=dial, follow_up_days=730
        )
        drawn = [
            draw_lives(3, np.arange(k, k + 512), world)[0] for k in range(0, 4096, 512)
        ]
        perforated = [lives.histories.perforation_day < NEVER for lives in drawn]
        pulsed = [lives.plan.pulse_at_start for lives in drawn]
        crude[dial] = _odds_ratio(np.concatenate(perforated), np.concatenate(pulsed))
    assert 0.85 < crude[0.0] < 1.18
    assert crude[1.0] > 1.25
    assert crude[2.0] > 1.05 * crude[1.0]


def test_a_dial_at_zero_gives_steroids_blindly():
    blind = PRESETS["tertiary"].with_values(confounding=0.0, follow_up_days=730)
    drawn = [
        draw_lives(5, np.arange(k, k + 512), blind)[0] for k in range(0, 2048, 512)
    ]
    gi_decided = [d.histories.gi_day < NEVER for d in drawn]
    assert np.concatenate(gi_decided).sum() > 300
    oral = np.concatenate([d.histories.oral[:600].mean(axis=0) for d in drawn])
    severity = np.concatenate([d.histories.severity[:600].mean(axis=0) for d in drawn])
    nxp2 = np.concatenate([d.children.nxp2 for d in drawn])
    no_perforation = np.concatenate(
        [d.histories.perforation_day == NEVER for d in drawn]
    )
    assert abs(np.corrcoef(oral[no_perforation], severity[no_perforation])[0, 1]) < 0.07
    assert abs(np.corrcoef(oral[no_perforation], nxp2[no_perforation])[0, 1]) < 0.07


def test_events_happen_on_the_day_after_the_hazard_that_caused_them(many):
    hazard_from = many.histories.gi_day[many.histories.gi_day < NEVER]
    assert hazard_from.min() >= 1
    assert many.histories.perforation_day.min() >= 1


def test_steroids_that_do_nothing_leave_children_and_gi_as_they_were():
    one = draw_lives(3, np.arange(256), PRESETS["tertiary"])[0]
    other = draw_lives(3, np.arange(256), PRESETS["steroids_harmless"])[0]
    assert (one.histories.severity == other.histories.severity).all()
    assert (one.plan.pulse_at_start == other.plan.pulse_at_start).all()
    # With less hazard no child perforates earlier.
    assert (other.histories.perforation_day >= one.histories.perforation_day).all()


def _odds_ratio(outcome, exposure):
    cells = [
        (outcome & exposure).sum() * (~outcome & ~exposure).sum(),
        (outcome & ~exposure).sum() * (~outcome & exposure).sum(),
    ]
    return cells[0] / cells[1]


@pytest.mark.parametrize(
    "values",
    [
        {"site_mix": {"unknown": 1.0}},
        {"feature_shares": dict.fromkeys(("dysphagia", "oedema"), 0.0)},
        {"confounding": 1e9},
        {"ck_log_spread": 30.0},
        {"pulse_start_log_odds": -500.0},
        {"transfer_age_years": 1e30},
    ],
)
def test_a_world_at_its_ends_is_drawn(values):
    if "feature_shares" in values:
        rest = {"skin_ulcer": 1.0, "calcinosis": 0.0}
        values = {"feature_shares": values["feature_shares"] | rest}
    world = Scenario(**values, h0_mass=1.0)
    cohort = simulate_cohort(60, scenario=world, rng=3)
    assert not check_tables({name: getattr(cohort, name) for name in TABLES})[1]
