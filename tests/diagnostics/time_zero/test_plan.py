"""`lint_plan` lints the very tables that the analysis fits; every measure of ours is silent."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.analysis.fits import plan_history, plan_intervals
from jdm_stats.analysis.run import run_analysis
from jdm_stats.diagnostics.time_zero import lint as time_zero
from jdm_stats.diagnostics.time_zero import lint_plan, lint_time_zero
from jdm_stats.exposure.dose_measures import (
    dose_category,
    intensity_class,
    mean_dose,
    pulse_count,
    taper_rate,
    weighted_dose,
)
from jdm_stats.exposure.drug_measures import days_on_drug, on_drug
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.plan import AnalysisPlan, SteroidRules
from jdm_stats.simulation.simulate import simulate_cohort

RULES = SteroidRules(
    weight_over_time="interpolate",
    weight_within_course="readings",
    missing_stop_day="next_course",
    as_needed="as_written",
)
PLANS = [
    AnalysisPlan(),
    AnalysisPlan(
        dose_lag_days=3,
        pulse_lag_days=2,
        pulse_window_days=14,
        landmark_days=60,
        horizon_days=365,
        definite_only=True,
        lost="exclude",
        steroids=RULES,
    ),
]


@pytest.mark.parametrize("plan", PLANS, ids=["default", "other"])
def test_the_tables_linted_are_the_tables_fitted(plan, monkeypatch):
    cohort = simulate_cohort(60, rng=3)
    linted: list[pd.DataFrame] = []

    def keep(rows: pd.DataFrame, **known: object) -> time_zero.TimeZeroReport:
        linted.append(rows)
        return lint_time_zero(rows, **known)

    monkeypatch.setattr(time_zero, "lint_time_zero", keep)
    lint_plan(plan, cohort)
    analysis = run_analysis(plan, cohort)
    history = plan_history(plan, cohort.without_index_pattern())
    assert len(linted) == 2
    pd.testing.assert_frame_equal(linted[0], plan_intervals(plan, history))
    pd.testing.assert_frame_equal(linted[0], analysis.intervals)
    pd.testing.assert_frame_equal(linted[1], analysis.landmark)


@pytest.mark.parametrize(("lag", "grace", "rules"), [(1, 0, None), (7, 14, RULES)])
def test_measures_of_dose_and_drug_are_silent(lag, grace, rules):
    cohort = simulate_cohort(80, rng=4, n_index_pattern=0)
    rows = expand_intervals(
        cohort,
        measures=[
            *(mean_dose(lag_days=lag), weighted_dose(lag_days=lag)),
            *(pulse_count(lag_days=lag), taper_rate(lag_days=lag, grace_days=grace)),
            dose_category(lag_days=lag, grace_days=grace),
            intensity_class(lag_days=lag, grace_days=grace),
            on_drug("methotrexate", lag_days=lag, grace_days=grace),
            days_on_drug("methotrexate", lag_days=lag),
        ],
        covariates=["sex"],
        steroids=rules,
    )
    bare = rows.copy()
    bare.attrs = {}
    for table in (rows, bare):
        assert lint_time_zero(table, cohort=cohort).ok
        assert lint_time_zero(table).ok
