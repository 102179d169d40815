"""Fits of recurrent events: equal to R on cgd, the child as cluster, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import IntervalError, UsageError
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.measures import current_dose, days_since
from jdm_stats.intervals.recurrent import recurrent_rows
from jdm_stats.intervals.split import split_rows
from jdm_stats.models.cox import fit_cox
from jdm_stats.simulation.simulate import simulate_cohort

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
FORMULA = "rifn + x_linked + age + steroids"
NAMES = {"andersen_gill": "ag", "pwp_total": "pwp_tt", "pwp_gap": "pwp_gap"}


@pytest.fixture(scope="module")
def cgd() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "cgd.csv").drop(columns=["enum", "gap"])


@pytest.fixture(scope="module")
def in_r() -> dict:
    return json.loads((REFERENCE / "recurrent.json").read_text("utf-8"))


def check(fit, expected: dict) -> None:
    rows = fit.tidy()
    assert rows["term"].tolist() == expected["terms"]
    np.testing.assert_allclose(rows["estimate"], expected["coef"], rtol=1e-9)
    np.testing.assert_allclose(fit.covariance, expected["naive_var"], rtol=1e-7)
    sandwich = fit.robust_covariance(leverage=False)
    np.testing.assert_allclose(sandwich, expected["var"], rtol=1e-7)
    glance = fit.glance().iloc[0]
    assert glance["log_likelihood"] == pytest.approx(expected["loglik"][1], rel=1e-12)
    assert glance["n_events"] == expected["nevent"]


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("scheme", NAMES)
def test_cgd_equals_coxph_with_the_child_as_cluster(cgd, in_r, scheme, ties):
    rows = recurrent_rows(cgd, scheme=scheme, patient_id="id")
    fit = fit_cox(rows, FORMULA, ties=ties)
    check(fit, in_r[NAMES[scheme]][ties])
    assert fit.interval == "robust"
    named = fit_cox(
        rows,
        FORMULA,
        ties=ties,
        cluster="id",
        strata=None if scheme == "andersen_gill" else "event_stratum",
    )
    pd.testing.assert_frame_equal(named.tidy(), fit.tidy())


@pytest.mark.parametrize("scheme", NAMES)
def test_the_first_three_events_equal_coxph(cgd, in_r, scheme):
    rows = recurrent_rows(cgd, scheme=scheme, patient_id="id")
    few = rows[rows["event_number"] <= 3]
    check(fit_cox(few, FORMULA), in_r[f"{NAMES[scheme]}_first3"]["efron"])


def test_the_first_event_alone_is_the_usual_fit(cgd, in_r):
    rows = recurrent_rows(cgd, patient_id="id")
    first = rows[rows["event_number"] == 1]
    fit = fit_cox(first, FORMULA, cluster="id")
    check(fit, in_r["marginal_first"]["efron"])
    assert fit_cox(first, FORMULA).interval == "profile"


def test_rows_of_one_child_make_the_limits_wider_than_naive_ones(cgd):
    rows = recurrent_rows(cgd, patient_id="id")
    robust = fit_cox(rows, "rifn").tidy()
    naive = fit_cox(rows, "rifn", interval="wald").tidy()
    width = [float((t["conf_high"] - t["conf_low"]).iloc[0]) for t in (robust, naive)]
    assert width[0] > 1.1 * width[1]
    with pytest.raises(UsageError, match="several events of one child"):
        fit_cox(rows, "rifn", interval="profile")


@pytest.mark.parametrize("scheme", NAMES)
def test_cutting_and_permuting_rows_change_no_fit(cgd, scheme):
    rows = recurrent_rows(
        cgd,
        scheme=scheme,
        patient_id="id",
        max_event_number=None if scheme == "andersen_gill" else 4,
    )
    mixed = split_rows(rows, [33, 120, 301]).sample(frac=1, random_state=1)
    one, other = (fit_cox(table, FORMULA) for table in (rows, mixed))
    np.testing.assert_allclose(
        one.tidy()["estimate"], other.tidy()["estimate"], rtol=1e-9
    )
    np.testing.assert_allclose(
        one.robust_covariance(), other.robust_covariance(), rtol=1e-8
    )


def test_the_notes_tell_the_scheme_and_the_pooled_strata(cgd):
    rows = recurrent_rows(cgd, scheme="pwp_gap", patient_id="id", max_event_number=4)
    notes = " ".join(fit_cox(rows, "rifn").notes)
    assert "Prentice-Williams-Peterson, gap time" in notes
    assert "The stratum of event 4 holds all later ones too: 7 events" in notes
    assert "4 strata" in notes


def test_what_is_refused(cgd):
    with pytest.raises(IntervalError, match="recurrent_rows where every event counts"):
        fit_cox(cgd, "rifn", patient_id="id")
    rows = recurrent_rows(cgd, scheme="pwp_total", patient_id="id")
    with pytest.raises(UsageError, match="name 'event_stratum' among the strata"):
        fit_cox(rows, "rifn", strata="region")
    both = fit_cox(rows, "rifn", strata=["event_stratum", "region"])
    assert both.converged


def test_a_cohort_goes_from_tables_to_a_fit():
    cohort = simulate_cohort(120, rng=8, n_index_pattern=12)
    since = days_since("gi_perforation", window_days=365)
    rows = expand_intervals(cohort, recurrent=True, measures=[current_dose(), since])
    assert (rows["event_number"] > 1).any()
    fit = fit_cox(rows, f"current_dose_mg_kg + {since.name}", penalty="firth")
    assert fit.interval == "robust" and np.isfinite(fit.tidy()["conf_low"]).all()
    gap = recurrent_rows(rows, scheme="pwp_gap", max_event_number=2)
    assert fit_cox(gap, "current_dose_mg_kg", penalty="firth").converged
    with pytest.raises(IntervalError, match="changes daily"):
        fit_cox(gap, since.name)
