"""The truth of a cohort: read-only, asked of its maker, and found again by a Cox model."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.files import read_cohort
from jdm_stats.cohort.writing import write_cohort
from jdm_stats.errors import UsageError
from jdm_stats.models.cox import fit_cox
from jdm_stats.simulation.course.histories import hazard_path
from jdm_stats.simulation.course.lives import draw_lives
from jdm_stats.simulation.hazards import log_hazard_ratios, perforation_baseline
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.simulate import simulate_cohort
from jdm_stats.simulation.truth.drawn_again import followed_children
from jdm_stats.simulation.truth.known import true_rows

WORLD = Scenario(
    name="often", h0_mass=0.4, jak_hr=2.0, jak_after_gi_share=0.6, threshold_hr=1.5
)
TERMS = "severity + nxp2_early + nxp2_late + dose + threshold + pulse + cumulative + jak + no_gi"


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(300, scenario=WORLD, rng=5, n_index_pattern=2)


@pytest.fixture(scope="module")
def hazards(cohort):
    return cohort.truth.hazards()


def test_the_effects_stand_in_the_cohort_and_cannot_be_changed(cohort):
    truth = cohort.truth
    assert dict(truth.log_hazard_ratios) == log_hazard_ratios(WORLD)
    assert (truth.no_gi_factor, truth.seed) == (WORLD.no_gi_factor, 5)
    assert truth.scenario["h0_mass"] == 0.4
    with pytest.raises(TypeError):
        truth.log_hazard_ratios["dose"] = 0.0
    with pytest.raises(AttributeError):
        truth.cohort = None
    assert pickle.loads(pickle.dumps(truth)) == truth


def test_the_table_says_what_is_assumed(cohort):
    table = cohort.truth.table.set_index("term")
    assert table.loc["severity", "hazard_ratio"] == pytest.approx(2.5)
    assert table.loc["no_gi", "hazard_ratio"] == pytest.approx(0.05)
    assert set(table["status"]) == {"assumed", "solved to meet an overall figure"}
    assert table.attrs["jdm_stats"] == {"synthetic": True}
    shown = cohort.truth._repr_html_()
    assert "SYNTHETIC" in shown and "assumed" in shown
    assert "SYNTHETIC" in repr(cohort.truth)


def test_real_children_have_no_truth(cohort):
    children = pd.DataFrame(
        {
            "patient_id": ["P1"],
            "antibody": ["NXP2"],
            "entry_day": [0],
            "exit_day": [100],
            "exit_reason": ["lost"],
        }
    )
    with pytest.raises(UsageError, match="real children have no known truth"):
        _ = Cohort(children).truth
    with pytest.raises(
        UsageError, match=r"does not hold its truth \(it lacks truth, scen"
    ):
        _ = Cohort(children, metadata={"synthetic": True}).truth


def test_another_version_of_the_world_is_refused(cohort):
    about = dict(cohort.metadata)
    about["provenance"] = {**about["provenance"], "world_version": 1}
    old = Cohort(
        cohort.patients, cohort.courses, cohort.events, cohort.assessments, about
    )
    assert old.truth.no_gi_factor == WORLD.no_gi_factor
    with pytest.raises(UsageError, match="drawn by version 1 of the synthetic world"):
        old.truth.hazards()


def test_hazards_are_those_the_events_were_drawn_with(cohort, hazards):
    """Straight from the generator, child by child."""
    followed = followed_children(cohort)
    for lives in draw_lives(5, np.arange(2, 300), WORLD):
        path = hazard_path(lives.children, lives.histories, WORLD)
        for column in np.flatnonzero(lives.reached)[::17]:
            name = f"SYN-{lives.index[column] + 1:05d}"
            own = hazards[hazards["patient_id"] == name]
            expected = path[own["day"].to_numpy(), column]
            assert np.array_equal(own["hazard"].to_numpy(), expected)
    # From entry to the day before the last at risk, each day once.
    days = np.maximum(followed.last - followed.entry, 0)
    counts = hazards.groupby("patient_id").size().reindex(followed.patient_id)
    assert counts.fillna(0).to_numpy().tolist() == days.tolist()


def test_the_terms_multiply_to_the_hazard(hazards):
    h0 = perforation_baseline(WORLD, 2000)[hazards["day"]]
    early = np.where(hazards["day"] < 540, WORLD.nxp2_early_hr, WORLD.nxp2_late_hr)
    product = (
        h0
        * WORLD.severity_hr ** hazards["severity"]
        * np.where(hazards["nxp2"], early, 1.0)
        * WORLD.dose_hr ** hazards["dose_plateau"]
        * np.where(hazards["oral_dose"] >= 1.0, 1.5, 1.0)
        * np.where(hazards["recent_pulse"], WORLD.pulse_hr, 1.0)
        * WORLD.cumulative_hr ** (hazards["weighted_dose"] / 100)
        * np.where(hazards["jak"], 2.0, 1.0)
        * np.where(hazards["gi"], 1.0, WORLD.no_gi_factor)
    )
    assert np.allclose(product, hazards["hazard"], rtol=1e-9, atol=1e-14)


def test_as_many_perforations_are_expected_as_happen(cohort, hazards):
    happened = ((f := followed_children(cohort)).first <= f.exit) & (f.first > f.entry)
    expected = hazards["hazard"].sum()
    # A counting process less its compensator: variance is the compensator.
    assert abs(happened.sum() - expected) < 3.5 * math.sqrt(expected)
    assert happened.sum() > 20


def test_a_cohort_read_back_from_disk_knows_its_truth(cohort, hazards, tmp_path):
    write_cohort(cohort, tmp_path / "c")
    again = read_cohort(tmp_path / "c")
    pd.testing.assert_frame_equal(again.truth.hazards(), hazards)


def test_children_and_days_can_be_chosen(cohort, hazards):
    some = cohort.truth.hazards(["SYN-00010", "SYN-00007"], [400, 30], followed=False)
    assert some["patient_id"].unique().tolist() == ["SYN-00007", "SYN-00010"]
    assert set(some["day"]) <= {30, 400}
    both = some.merge(hazards, on=["patient_id", "day"], suffixes=("", "_all"))
    assert (both["hazard"] == both["hazard_all"]).all()
    everything = cohort.truth.hazards(["SYN-00007"], followed=False)
    assert len(everything) >= (hazards["patient_id"] == "SYN-00007").sum()
    assert everything["day"].iloc[0] == 0


def test_faults_of_a_call(cohort):
    with pytest.raises(UsageError, match=r"no child of the cohort; did you mean .*; "):
        cohort.truth.hazards(["SYN-0007", "SYN-00001"])
    with pytest.raises(UsageError, match="placed, not drawn"):
        cohort.truth.hazards(["SYN-00002"])
    with pytest.raises(UsageError, match="days must be whole days from 0 to 1826"):
        cohort.truth.hazards(days=[-1, 2.5])
    rare = simulate_cohort(5, scenario=Scenario(h0_mass=0.0), rng=1)
    with pytest.raises(UsageError, match="no child of the cohort perforates"):
        true_rows(rare)


def test_rows_stand_at_risk_as_the_cohort_was_followed(cohort):
    rows, followed = true_rows(cohort), followed_children(cohort)
    number = {name: i for i, name in enumerate(followed.patient_id)}
    place = rows["patient_id"].map(number).to_numpy()
    stop = rows["stop"].to_numpy()
    assert (rows["start"] == stop - 1).all()
    assert (followed.entry[place] <= stop - 1).all()
    assert (stop <= followed.exit[place]).all()
    assert (rows["event"] == (followed.first[place] == stop)).all()
    for day in np.unique(stop)[::5]:
        at_risk = (followed.entry < day) & (day <= followed.last)
        assert (stop == day).sum() == at_risk.sum()
    assert not rows["patient_id"].isin(["SYN-00001", "SYN-00002"]).any()


def test_a_cox_model_of_the_generators_own_terms_finds_the_truth():
    """All nine ratios within four standard errors, with 150 perforations or more."""
    cohort = simulate_cohort(1200, scenario=WORLD, rng=8, n_index_pattern=0)
    rows = true_rows(cohort)
    assert rows["event"].sum() > 150
    fit = fit_cox(rows, TERMS, interval="wald").tidy().set_index("term")
    truth = dict(cohort.truth.log_hazard_ratios)
    truth["no_gi"] = math.log(cohort.truth.no_gi_factor)
    for term, value in truth.items():
        miss = (fit.loc[term, "estimate"] - value) / fit.loc[term, "std_error"]
        assert abs(miss) < 4, (term, miss)
    # The test can tell: these are far from no effect.
    for term in ("severity", "nxp2_early", "no_gi"):
        assert abs(fit.loc[term, "estimate"]) > 5 * fit.loc[term, "std_error"]


@pytest.mark.parametrize(
    "given",
    [
        {"days": 5},
        {"patient_ids": "SYN-00003"},
        {"patient_ids": 5},
        {"patient_ids": [[]]},
    ],
)
def test_what_is_no_list_is_refused_by_name(cohort, given):
    with pytest.raises(UsageError, match=f"{next(iter(given))} must be a list"):
        cohort.truth.hazards(**given)
