"""The index case: reported apart from assumed, and drawn as told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.simulation.index_case import index_case_pattern
from jdm_stats.simulation.simulate import simulate_cohort


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(40, rng=5, n_index_pattern=40)


def test_only_what_the_abstract_says_is_called_reported():
    pattern = index_case_pattern()
    assert list(pattern.columns) == ["step", "what", "status", "source"]
    reported = pattern[pattern["status"] == "reported"]
    words = " ".join(reported["what"])
    for said in (
        *("girl, 12 years", "high-dose methylprednisolone", "multiple perforations"),
        *("leakage", "jejunostomy", "plasma exchange", "fresh frozen plasma"),
        *("tofacitinib", "low-dose steroid"),
    ):
        assert said in words
    assert reported["source"].str.contains("only the abstract was read").all()
    # No number but her age is reported.
    assert set("".join(filter(str.isdigit, words))) == {"1", "2"}
    assumed = pattern[pattern["status"] == "assumed"]
    assert len(reported) + len(assumed) == len(pattern)
    nxp2 = pattern[pattern["what"].str.contains("NXP2")].iloc[0]
    assert "not from a sentence on this girl" in nxp2["source"]


def test_every_child_of_the_pattern_is_like_the_report(cohort):
    patients = cohort.patients
    assert (patients["pattern"] == "index_case").all()
    assert (patients["sex"] == "female").all()
    assert (patients["antibody"] == "NXP2").all()
    assert patients["age_at_diagnosis_years"].between(12, 13).all()
    assert set(patients["exit_reason"]) == {"administrative"}
    events = cohort.events
    perforations = events[events["event"] == "gi_perforation"]
    counts = perforations.groupby("patient_id").size()
    assert counts.between(3, 5).all()
    assert counts.nunique() > 1
    assert perforations["site"].notna().all()


def test_the_order_of_the_report_is_kept(cohort):
    events = cohort.events
    first = _first(events[events["event"] == "gi_perforation"], "day")
    stoma = _first(events[events["site"] == "jejunostomy"], "day")
    courses = cohort.courses
    drug = {
        name: _first(courses[courses["drug"] == name], "start_day")
        for name in courses["drug"].unique()
    }
    gi = _first(events[events["event"] == "gi_involvement"], "day")
    assert (drug["methylprednisolone"] < gi).all()
    assert (gi < first).all()
    assert (first < stoma).all()
    for later in ("plasma_exchange", "fresh_frozen_plasma", "tofacitinib"):
        assert (drug[later] > stoma).all()
    pulses = courses[courses["drug"] == "methylprednisolone"]
    assert (pulses.groupby("patient_id")["stop_day"].max() >= 0).all()
    steroid = courses[courses["drug"] == "prednisone"].groupby("patient_id")["dose_mg"]
    assert (steroid.first() == 2.0).all()
    assert (steroid.last() < 0.5).all()


def test_strength_falls_to_the_perforation_and_comes_back(cohort):
    cmas = cohort.assessments.query("measure == 'cmas'").groupby("patient_id")["value"]
    assert (cmas.min() < cmas.first()).all()
    assert (cmas.last() > cmas.first()).all()


def test_high_doses_are_capped_at_a_gram(cohort):
    pulses = cohort.courses.query("drug == 'methylprednisolone'")
    weight = cohort.patients.set_index("patient_id")["weight_kg"]
    mg = pulses["dose_mg"].to_numpy() * weight[pulses["patient_id"]].to_numpy()
    assert mg.max() <= 1000.0
    assert np.unique(np.round(pulses["dose_mg"])).size > 1


def _first(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame.groupby("patient_id")[column].min()
