"""fit_logistic as users type it: by hand, equal to logistf and glm."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import DesignError, SeparationWarning, UsageError
from jdm_stats.models.logistic import fit_logistic


def test_plain_endometrial_equals_glm(endometrial, r_fits):
    expected = r_fits["plain"]
    fit = fit_logistic(endometrial, "HG ~ PI + EH")
    rows = fit.tidy()
    assert rows["term"].tolist() == ["Intercept", "PI", "EH"]
    np.testing.assert_allclose(rows["estimate"], expected["coef"], rtol=1e-8)
    np.testing.assert_allclose(rows["std_error"], expected["se"], rtol=1e-8)
    np.testing.assert_allclose(rows["p_value"], expected["p"], rtol=1e-7)
    np.testing.assert_allclose(rows["conf_low"], expected["lower"], rtol=1e-6)
    np.testing.assert_allclose(rows["conf_high"], expected["upper"], rtol=1e-6)
    assert fit.glance().loc[0, "log_likelihood"] == pytest.approx(expected["loglik"])


def test_firth_endometrial_equals_logistf(endometrial, firth_records):
    """Limits and tests are logistf's; standard errors those of the plain information."""
    expected = firth_records["firth_logistic.endometrial"]
    fit = fit_logistic(endometrial, "HG ~ NV + PI + EH", penalty="firth")
    rows = fit.tidy()
    np.testing.assert_allclose(rows["estimate"], expected["coef"], rtol=1e-8)
    np.testing.assert_allclose(
        rows["std_error"], expected["se_unaugmented_information"], rtol=1e-8
    )
    np.testing.assert_allclose(rows["conf_low"], expected["lower95"], rtol=1e-6)
    np.testing.assert_allclose(rows["conf_high"], expected["upper95"], rtol=1e-6)
    np.testing.assert_allclose(rows["p_value"], expected["p"], rtol=1e-7)
    full, null = expected["loglik_null_full"]
    glance = fit.glance().iloc[0]
    assert glance["penalised_log_likelihood"] == pytest.approx(full, rel=1e-10)
    assert glance["log_likelihood_null"] == pytest.approx(null, rel=1e-10)
    assert glance["lr_degrees_of_freedom"] == 3


def test_plain_endometrial_is_separated(endometrial):
    with pytest.warns(SeparationWarning, match="in NV"):
        fit = fit_logistic(endometrial, "HG ~ NV + PI + EH")
    assert fit.separated
    assert fit.summary[["coef", "se(coef)", "p"]].isna().all(axis=None)
    assert "+infinity" in fit.summary.loc["NV", "reason"]
    assert "other terms" in fit.summary.loc["PI", "reason"]


def test_plain_fit_is_statsmodels(endometrial):
    from statsmodels.api import GLM, add_constant, families

    theirs = GLM(
        endometrial["HG"], add_constant(endometrial[["PI", "EH"]]), families.Binomial()
    ).fit(tol=1e-14, maxiter=100)
    ours = fit_logistic(endometrial, "HG ~ PI + EH").summary
    np.testing.assert_allclose(ours["coef"], theirs.params, rtol=1e-8)
    np.testing.assert_allclose(ours["se(coef)"], theirs.bse, rtol=1e-8)


def test_three_ways_to_name_the_outcome(endometrial):
    written = fit_logistic(endometrial, "HG ~ PI")
    named = fit_logistic(endometrial, "PI", event="HG")
    boolean = fit_logistic(endometrial.assign(HG=endometrial["HG"] == 1), "HG ~ PI")
    assert written == named == boolean
    assert written.formula == "HG ~ PI"


def test_a_year_as_covariate_keeps_every_limit(endometrial):
    """Far from zero the intercept is far away too; its limits stay finite."""
    moved = endometrial.assign(year=2015 + endometrial["PI"] / 10)
    for penalty in (None, "firth"):
        far = fit_logistic(moved, "HG ~ year + EH", penalty=penalty).tidy()
        near = fit_logistic(
            endometrial.assign(year=endometrial["PI"] / 10),
            "HG ~ year + EH",
            penalty=penalty,
        ).tidy()
        assert np.isfinite(far[["conf_low", "conf_high"]]).all(axis=None)
        for column in ("estimate", "p_value", "conf_low", "conf_high"):
            np.testing.assert_allclose(far[column][1:], near[column][1:], rtol=1e-6)


def test_competing_codes_are_no_outcome_and_are_told():
    frame = pd.DataFrame(
        {"event": [1, 0, 2, 1, 0, 2, 0, 1], "nxp2": [1, 1, 1, 1, 0, 0, 0, 0]}
    )
    fit = fit_logistic(frame, "nxp2")
    # 2 of 4 against 1 of 4
    assert fit.summary.loc["nxp2", "exp(coef)"] == pytest.approx(3.0)
    assert any("2 rows with a competing event" in note for note in fit.notes)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1, 0, np.nan, 0], "missing or not a whole code"),
        ([1, 0, 0.5, 0], "missing or not a whole code"),
        ([1, 0, -1, 0], "missing or not a whole code"),
        (["yes", "no", "no", "yes"], "0/1 codes or booleans"),
    ],
)
def test_wrong_outcomes(values, told):
    frame = pd.DataFrame({"event": values, "x": [1.0, 2, 3, 4]})
    with pytest.raises(DesignError, match=told):
        fit_logistic(frame, "x")


def test_every_wrong_row_is_named():
    frame = pd.DataFrame({"event": [1, np.nan, 0, 7.5], "x": [1.0, 2, 3, 4]})
    with pytest.raises(DesignError, match=r"2 rows \(counted from 1\): 2, 4"):
        fit_logistic(frame, "x")


def test_no_such_outcome_and_no_intercept(endometrial):
    with pytest.raises(UsageError, match="no outcome column 'grade'"):
        fit_logistic(endometrial, "grade ~ PI")
    with pytest.raises(DesignError, match="intercept"):
        fit_logistic(endometrial, "HG ~ PI - 1")


def test_no_event_and_nothing_but_events():
    frame = pd.DataFrame({"event": [0, 0, 0], "x": [1.0, 2, 3]})
    for event, told in ((0, "no event"), (1, "everyone has the event")):
        for penalty in (None, "firth"):
            fit = fit_logistic(frame.assign(event=event), "x", penalty=penalty)
            assert not fit.converged
            assert told in fit.failure_reason
            assert fit.tidy()["estimate"].isna().all()
            assert fit.tidy()["reason"].str.contains(told).all()
