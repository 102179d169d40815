"""Rows as the models take them: near-ties, marks that survive, and what is said of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import IntervalError
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.incidence import cumulative_incidence, kaplan_meier
from jdm_stats.models.logistic import fit_logistic
from jdm_stats.models.rows import rows_at_risk, tie_times


def _years(entry_days, follow_up_days):
    """Times in years by subtraction, as an analyst makes them: ties become near-ties."""
    start = entry_days / 365.25 - entry_days / 365.25
    return start, (entry_days + follow_up_days) / 365.25 - entry_days / 365.25


def test_times_that_differ_by_rounding_are_one():
    """R: coxph(Surv(c(.1+.2, .3, .5, .7), c(1,1,1,0)) ~ x, ties="breslow") gives log 2."""
    frame = pd.DataFrame(
        {"start": 0.0, "stop": [0.1 + 0.2, 0.3, 0.5, 0.7], "event": [1, 1, 1, 0]}
    )
    frame["x"] = [1, 0, 1, 0]
    fit = fit_cox(frame, "x", ties="breslow")
    assert fit.summary.loc["x", "coef"] == pytest.approx(np.log(2.0), abs=1e-9)
    assert any("within rounding" in note for note in fit.notes)


def test_years_give_what_days_give():
    rng = np.random.default_rng(5)
    entry, follow_up = rng.integers(0, 4000, 120), rng.integers(1, 60, 120)
    _, stop = _years(entry, follow_up)
    assert len(np.unique(stop)) > len(np.unique(follow_up))
    event, x = rng.integers(0, 2, 120), rng.normal(size=120)
    days = pd.DataFrame({"start": 0, "stop": follow_up, "event": event, "x": x})
    years = days.assign(stop=stop)
    for ties in ("efron", "breslow"):
        by_day, by_year = (fit_cox(f, "x", ties=ties) for f in (days, years))
        assert by_year.summary.loc["x", "coef"] == pytest.approx(
            by_day.summary.loc["x", "coef"], abs=1e-10
        )
    half = kaplan_meier(years).at(30 / 365.25 + 1e-9)["estimate"].iloc[0]
    assert half == pytest.approx(kaplan_meier(days).at(30)["estimate"].iloc[0])


def test_whole_days_are_left_alone():
    start, stop = np.array([0.0, 3.0]), np.array([3.0, 40_000.0])
    tied = tie_times(start, stop)
    assert tied[0] is start
    assert tied[2] == 0


def test_a_row_that_is_nothing_but_rounding_is_refused():
    frame = pd.DataFrame({"start": [0.3], "stop": [0.1 + 0.2], "event": [1]})
    with pytest.raises(IntervalError, match="within rounding"):
        rows_at_risk(frame, "start", "stop", "event", None)


def test_rows_of_unnamed_children_say_so(four_children):
    unnamed = four_children.drop(columns="patient_id")
    assert any("No column names" in note for note in fit_cox(unnamed, "nxp2").notes)
    assert not any(
        "No column names" in note for note in fit_cox(four_children, "nxp2").notes
    )


def test_the_synthetic_mark_survives_a_merge(four_children):
    marked = four_children.assign(pattern="background")
    merged = marked.merge(pd.DataFrame({"patient_id": ["A", "B", "C", "D"]}))
    assert merged.attrs == {}
    fit = fit_cox(merged, "nxp2", penalty="firth")
    assert fit.synthetic
    assert "SYNTHETIC" in repr(fit)
    assert "SYNTHETIC" in fit._repr_html_()
    assert fit.tidy().attrs["jdm_stats"]["synthetic"]
    assert "SYNTHETIC" in fit.notes[0]
    assert "SYNTHETIC" in repr(cumulative_incidence(merged))
    assert not fit_cox(four_children, "nxp2", penalty="firth").synthetic


def test_a_competing_event_that_never_happened_has_a_curve_at_nought():
    frame = pd.DataFrame({"start": 0, "stop": [3, 4], "event": [1, 0]})
    frame.attrs["jdm_stats"] = {
        "event_codes": {"0": "none", "1": "gi_perforation", "2": "death"}
    }
    tidy = cumulative_incidence(frame).tidy()
    assert sorted(tidy["cause"].unique()) == [1, 2]
    assert (tidy.loc[tidy["cause"] == 2, "estimate"] == 0).all()


def test_weights_left_unused_are_told():
    rows = pd.DataFrame({"event": [1, 0, 1, 0, 0], "nxp2": [1, 1, 0, 0, 0]})
    rows.attrs["jdm_stats"] = {"lost": "weight"}
    fit = fit_logistic(rows, "nxp2", penalty="firth")
    assert any("weights" in note for note in fit.notes)
