"""What a plan's analysis says of its own fits: single events, and second engines."""

from __future__ import annotations

import pandas as pd
import pytest

import jdm_stats as jdm
from jdm_stats.analysis.pulses import with_days_since_pulse
from jdm_stats.analysis.run import run_analysis
from jdm_stats.errors import UsageError
from jdm_stats.plan import AnalysisPlan

PLAN = AnalysisPlan(landmark_days=90, horizon_days=600, risk_months=(6, 12))


def test_the_ledger_calls_children_as_the_course_figure_does(make):
    """G, before entry, and F, untested, are in the figure and not in the fit."""
    analysis = run_analysis(PLAN, make())
    ledger = analysis.event_ledger()
    names = analysis.names_of_children_with_event
    assert names == {c: f"child {k}" for k, c in enumerate("ABCFG", start=1)}
    assert ledger.events["patient"].tolist() == ["child 1", "child 2", "child 3"]
    assert ledger.events["time"].tolist() == [100, 300, 500]
    assert ledger.events["at_risk"].tolist() == [7, 6, 5]
    # A's pulse was on days 80 to 82; B and C had none.
    assert ledger.events["days_since_pulse"].tolist()[0] == 18
    assert ledger.events["days_since_pulse"].isna().tolist() == [False, True, True]
    with pytest.raises(UsageError, match="Firth logistic"):
        analysis.event_ledger("Firth logistic")


def test_plain_fits_are_held_against_other_libraries(make):
    analysis = run_analysis(PLAN, make())
    checks = analysis.cross_checks
    assert set(checks) == {"Cox", "Logistic"} & set(analysis.fits)
    for name, check in checks.items():
        assert check.agrees == analysis.fits[name].converged
    assert analysis.cross_checks is checks


def test_days_since_a_pulse_are_those_of_the_measure():
    cohort = jdm.simulate_cohort(150, rng=4).without_index_pattern()
    measure = jdm.days_since("pulse", window_days=20_000)
    rows = jdm.expand_intervals(
        cohort, measures=[measure], outcome="gi_involvement", competing="death"
    )
    found = with_days_since_pulse(rows, jdm.steroid_courses(cohort))
    ends = found["event"] == 1
    assert ends.sum() >= 5
    assert found.loc[ends, "days_since_pulse"].notna().any()
    told = rows[measure.name].where(rows[measure.name] < 20_000)
    # Both columns bear one name; the rows come from before it was overwritten.
    pd.testing.assert_series_equal(
        found.loc[ends, "days_since_pulse"],
        told[ends].astype(float),
        check_names=False,
    )
