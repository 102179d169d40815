"""The test of proportional hazards: on paper, R's cox.zph, and what must not move it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.diagnostics.proportional_hazards import proportional_hazards
from jdm_stats.errors import SeparationWarning, UsageError
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic
from jdm_stats.models.priors import NormalPrior
from tests.models.engine_reference import TIES, cox, in_r, names, record

SCALES = ("km", "rank", "identity", "log")


def late_effect() -> pd.DataFrame:
    """Exposed children die first, unexposed later: a ratio that falls with time."""
    return pd.DataFrame(
        {
            "patient_id": range(12),
            "start": 0,
            "stop": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
            "event": [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
            "x": [1, 1, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0],
        }
    )


def test_three_deaths_on_paper():
    """At the estimate the score is 0; drift score and variance are written out."""
    frame = pd.DataFrame(
        {"start": 0, "stop": [1, 2, 3, 4], "event": [1, 1, 1, 0], "x": [1, 0, 1, 0]}
    )
    fit = fit_cox(frame, "x", interval="wald")
    r = float(np.exp(fit.inference.coefficients[0]))
    mean = np.array([2 * r / (2 * r + 2), r / (r + 2), r / (r + 1)])
    left, variance = np.array([1, 0, 1]) - mean, mean * (1 - mean)
    assert left.sum() == pytest.approx(0.0, abs=1e-9)
    g = np.array([1.0, 2.0, 3.0])
    spread = (g**2 * variance).sum() - (g * variance).sum() ** 2 / variance.sum()
    found = proportional_hazards(fit, "identity").table
    assert found["chisq"].to_numpy() == pytest.approx((g @ left) ** 2 / spread)
    assert found["term"].tolist() == ["x", "GLOBAL"]


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", names("engine_zph"))
def test_tests_are_those_of_r(name, ties):
    expected = record("engine_zph")[name][ties]
    for scale in SCALES:
        for by, key in (("term", "by_term"), ("column", "by_coefficient")):
            own = proportional_hazards(cox(name, ties), scale, by=by).table
            own.index = pd.Index([in_r(t) for t in own["term"]])
            theirs = expected[scale][key]
            assert set(own.index) == set(theirs["rows"])
            own = own.loc[theirs["rows"]]
            np.testing.assert_allclose(own["chisq"], theirs["chisq"], rtol=1e-9)
            np.testing.assert_allclose(own["p"], theirs["p"], rtol=1e-8)
            assert own["df"].tolist() == theirs["df"]


@pytest.mark.parametrize("name", names("zph_residuals"))
def test_residuals_are_those_of_r(name):
    for by, key in (("term", "by_term"), ("column", "by_coefficient")):
        expected = record("zph_residuals")[name][key]
        found = proportional_hazards(cox(name, "efron"), by=by).residuals
        values = np.array(expected["y"])
        for place, term in enumerate(expected["rows"]):
            own = found[[in_r(t) == term for t in found["term"]]]
            own = own.sort_values(["time", "residual"])
            order = np.lexsort((values[:, place], expected["time"]))
            np.testing.assert_allclose(
                own["residual"], values[order, place], rtol=1e-8, atol=1e-8
            )
            np.testing.assert_allclose(
                own["transformed_time"], np.sort(expected["x"]), atol=1e-9
            )
            assert own["variance"].iloc[0] == pytest.approx(expected["var"][place])


def test_a_falling_ratio_is_found_and_its_few_events_are_told():
    found = proportional_hazards(fit_cox(late_effect(), "x", interval="wald"))
    slope = np.polyfit(
        found.residuals["transformed_time"], found.residuals["residual"], 1
    )
    assert slope[0] < 0
    assert "9 events: the test has little power" in found.notes[0]
    assert any("split_at" in note for note in found.notes)
    assert found.tidy()["transform"].tolist() == ["km", "km"]
    assert "Proportional hazards, Cox" in found._repr_html_()


def test_a_function_of_time_and_a_constant_added_to_it():
    fit = fit_cox(late_effect(), "x", interval="wald")
    one = proportional_hazards(fit, np.sqrt)
    assert one.transform == "sqrt"
    other = proportional_hazards(fit, lambda t: 7.0 - 2.0 * np.sqrt(t))
    np.testing.assert_allclose(one.table["chisq"], other.table["chisq"], rtol=1e-9)
    log = proportional_hazards(fit, "log").table["chisq"]
    np.testing.assert_allclose(proportional_hazards(fit, np.log).table["chisq"], log)


@pytest.mark.parametrize("penalty", ["firth", None])
def test_cutting_rows_changes_nothing_on_scales_of_the_events(penalty):
    frame = late_effect()
    first, second = (
        frame.assign(stop=frame["stop"].clip(upper=4)),
        frame[frame["stop"] > 4],
    )
    first.loc[frame["stop"] > 4, "event"] = 0
    split = pd.concat([second.assign(start=4), first])
    for scale in ("km", "identity", "log"):
        whole, cut = (
            proportional_hazards(
                fit_cox(f, "x", penalty=penalty, interval="wald"), scale
            )
            for f in (frame, split)
        )
        np.testing.assert_allclose(whole.table["chisq"], cut.table["chisq"], rtol=1e-7)


def test_firth_under_separation_is_tested_and_does_not_hang_on_the_origin_of_time():
    frame = late_effect()
    frame.loc[frame["x"] == 0, "event"] = 0
    fit = fit_cox(frame, "x", penalty="firth")
    assert fit.separated
    one = proportional_hazards(fit, "identity")
    other = proportional_hazards(fit, lambda t: t + 1000.0)
    assert 0.0 < one.table["p"].iloc[0] < 1.0
    np.testing.assert_allclose(one.table["chisq"], other.table["chisq"], rtol=1e-6)
    assert any("C(alpha)" in note for note in one.notes)
    assert any("Monotone likelihood" in note for note in one.notes)


def test_a_weak_prior_leaves_the_test_as_it_is():
    frame = late_effect()
    plain = proportional_hazards(fit_cox(frame, "x", interval="wald")).table
    weak = fit_cox(frame, "x", penalty=NormalPrior(sd=100.0))
    np.testing.assert_allclose(
        proportional_hazards(weak).table["chisq"], plain["chisq"], rtol=1e-3
    )


def test_a_term_without_estimate_says_so():
    frame = late_effect().assign(twice=lambda f: 2.0 * f["x"])
    found = proportional_hazards(fit_cox(frame, "x + twice", interval="wald"))
    row = found.table.set_index("term").loc["twice"]
    assert np.isnan(row["chisq"])
    assert row["reason"] == "the term has no estimate"
    assert found.table["df"].tolist() == [1, 0, 1]
    assert set(found.residuals["term"]) == {"x"}


def test_clusters_are_told_not_to_enter():
    found = proportional_hazards(cox("cgd_cluster_strata", "efron"))
    assert any("taken as independent" in note for note in found.notes)


def test_what_is_refused():
    frame = late_effect()
    fit = fit_cox(frame, "x", interval="wald")
    with pytest.raises(UsageError, match="needs a Cox fit"):
        proportional_hazards(fit_logistic(frame, "x", interval="wald"))
    with pytest.raises(UsageError, match="transform must be one of"):
        proportional_hazards(fit, "weeks")
    with pytest.raises(UsageError, match="by must be"):
        proportional_hazards(fit, by="row")
    with pytest.raises(UsageError, match="missing or infinite at 9 events"):
        proportional_hazards(fit, lambda t: t * np.nan)
    with pytest.raises(UsageError, match="one number for each"):
        proportional_hazards(fit, lambda t: 1.0)
    together = frame.assign(stop=np.where(frame["event"] == 1, 5, 6))
    with pytest.raises(UsageError, match="one place"):
        proportional_hazards(fit_cox(together, "x", interval="wald"))
    with pytest.warns(SeparationWarning):
        none = fit_cox(frame.assign(event=frame["event"] * frame["x"]), "x")
    with pytest.raises(UsageError, match="no estimate"):
        proportional_hazards(none)
