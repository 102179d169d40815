"""The twin of a cohort: what the cohort tells is taken, what it does not is said."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.operating.plan_rows import first_perforations
from jdm_stats.operating.twins import FROM_COHORT, FROM_SCENARIO, twin_scenario
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.simulate import simulate_cohort

TERTIARY = as_scenario("tertiary")


def by_hand() -> Cohort:
    """Six children: counts that can be read off."""
    patients = pd.DataFrame(
        [
            ("A", "female", 2010, "NXP2", 0, 1000, "lost"),
            ("B", "female", 2012, "NXP2", 60, 1500, "administrative"),
            ("C", "male", 2014, "none", 0, 1461, "administrative"),
            ("D", "unknown", 2012, "TIF1g", 0, 900, "death"),
            ("E", "female", 2013, "untested", 0, 500, "lost"),
            ("F", "male", 2013, "untested", 40, 340, "transfer"),
        ],
        columns=[
            *("patient_id", "sex", "diagnosis_year", "antibody"),
            *("entry_day", "exit_day", "exit_reason"),
        ],
    )
    events = pd.DataFrame(
        [
            ("A", 100, "gi_perforation"),
            ("A", 300, "gi_perforation"),
            ("B", 30, "gi_perforation"),
            ("B", 70, "gi_perforation"),
            ("C", 80, "gi_involvement"),
            ("D", 900, "death"),
            ("E", 500, "gi_perforation"),
        ],
        columns=["patient_id", "day", "event"],
    )
    return Cohort(patients, events=events)


def test_six_children_read_by_hand():
    twin = twin_scenario(by_hand())
    scenario = twin.scenario
    assert twin.n_patients == 6
    assert dict(scenario.antibody_mix) == {"NXP2": 0.5, "TIF1g": 0.25, "none": 0.25}
    assert scenario.untested_share == 2 / 6
    assert scenario.female_share == 3 / 5
    assert (scenario.first_year, scenario.last_year) == (2010, 2014)
    # The latest exit: 2014 and 1461 days, four years of 365 days and one: 2018.
    assert scenario.lock_year == 2018
    assert scenario.follow_up_days == 1500
    assert scenario.delayed_entry_share == 2 / 6
    assert scenario.delayed_entry_mean_days == 50.0
    days = 1000 + 1440 + 1461 + 900 + 500 + 300
    assert scenario.losses_per_year == pytest.approx(2 / (days / 365.25))


def test_first_perforations_after_entry_by_hand():
    assert first_perforations(by_hand()) == 2  # A and E; B had one before entry


def test_effects_are_never_read_from_a_cohort():
    twin = twin_scenario(by_hand(), "steroids_harmless").scenario
    for name in ("dose_hr", "pulse_hr", "cumulative_hr", "severity_hr", "h0_mass"):
        assert getattr(twin, name) == getattr(as_scenario("steroids_harmless"), name)


def test_what_a_cohort_does_not_tell_stays_and_is_said():
    patients = pd.DataFrame(
        {
            "patient_id": ["A", "B"],
            "antibody": "untested",
            "entry_day": 0,
            "exit_day": 100,
            "exit_reason": "administrative",
        }
    )
    twin = twin_scenario(Cohort(patients))
    rows = twin.sources.set_index("what")
    told = {
        "antibody_mix": "no child was tested",
        "female_share": "sex is not recorded",
        "first_year": "years of diagnosis are not recorded",
        "lock_year": "years of diagnosis are not recorded",
        "delayed_entry_mean_days": "no child entered late",
    }
    for name, how in told.items():
        assert rows.loc[name, ["source", "how"]].tolist() == [FROM_SCENARIO, how]
        assert getattr(twin.scenario, name) == getattr(TERTIARY, name)
    assert twin.scenario.untested_share == 1.0
    assert twin.scenario.losses_per_year == 0.0
    assert twin.scenario.follow_up_days == 365  # the least a scenario has
    assert "365 or more" in rows.loc["follow_up_days", "how"]


def test_children_of_the_index_pattern_are_left_out():
    cohort = simulate_cohort(60, rng=4, n_index_pattern=5)
    assert twin_scenario(cohort) == twin_scenario(cohort.without_index_pattern())
    assert twin_scenario(cohort).n_patients == 55


def test_a_twin_of_a_synthetic_cohort_comes_near_the_scenario_it_was_drawn_from():
    cohort = simulate_cohort(1500, rng=3, n_index_pattern=0)
    twin = twin_scenario(cohort).scenario
    for name in ("first_year", "last_year", "lock_year", "follow_up_days"):
        assert getattr(twin, name) == getattr(TERTIARY, name)
    near = {
        "untested_share": 0.03,
        "female_share": 0.05,
        "delayed_entry_share": 0.05,
        "delayed_entry_mean_days": 20,
        "losses_per_year": 0.01,
    }
    for name, within in near.items():
        assert getattr(twin, name) == pytest.approx(getattr(TERTIARY, name), abs=within)
    mix, own = dict(twin.antibody_mix), dict(TERTIARY.antibody_mix)
    assert mix["NXP2"] == pytest.approx(own["NXP2"], abs=0.04)


def test_the_rate_of_events_is_matched_when_asked(monkeypatch):
    monkeypatch.setattr("jdm_stats.operating.twins._MATCHING_CHILDREN", 1024)
    plain = twin_scenario(by_hand())
    matched = twin_scenario(by_hand(), match_events=True)
    # Two of six children is far more than a tertiary centre sees.
    assert matched.scenario.h0_mass > 5 * plain.scenario.h0_mass
    row = matched.sources.set_index("what").loc["h0_mass"]
    assert row["source"] == FROM_COHORT and "2 children perforated" in row["how"]
    again = simulate_cohort(1024, scenario=matched.scenario, rng=8, n_index_pattern=0)
    share = first_perforations(again) / again.n_patients
    assert 0.15 < share < 0.5


def test_no_event_cannot_be_matched():
    cohort = by_hand()
    quiet = Cohort(cohort.patients, events=cohort.events.iloc[[5]])
    twin = twin_scenario(quiet, match_events=True)
    assert twin.scenario.h0_mass == TERTIARY.h0_mass
    row = twin.sources.set_index("what").loc["h0_mass"]
    assert row["source"] == FROM_SCENARIO and "no perforation" in row["how"]


def test_what_is_no_cohort_is_refused():
    with pytest.raises(UsageError, match="must be a Cohort"):
        twin_scenario("cohort.csv")


def test_a_twin_pickles_and_says_synthetic():
    twin = twin_scenario(by_hand())
    assert pickle.loads(pickle.dumps(twin)) == twin
    page = twin._repr_html_()
    assert "SYNTHETIC" in page and "taken from the cohort" in page
