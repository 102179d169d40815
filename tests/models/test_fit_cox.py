"""fit_cox as users type it: by hand, equal to R, equal to the libraries that can."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import DesignError, IntervalError, UsageError
from jdm_stats.models.cox import fit_cox

FORMULA = "age + year + surgery + transplant"


def test_four_children_on_paper(four_children):
    """e/(2e+2) 1/(e+2) e/(e+1) with e = exp(b): slope 2 - 2e/(e+1) - e/(e+2) is 0.

    That is 2/(e+1) = e/(e+2), or e^2 - e - 4 = 0.
    """
    fit = fit_cox(four_children, "nxp2")
    e = (1 + np.sqrt(17)) / 2
    assert fit.summary.loc["nxp2", "exp(coef)"] == pytest.approx(e, rel=1e-9)
    loglik = np.log(e / (2 * e + 2) / (e + 2) * e / (e + 1))
    assert fit.glance().loc[0, "log_likelihood"] == pytest.approx(loglik, rel=1e-12)
    null = np.log(1 / 4 / 3 / 2)
    assert fit.glance().loc[0, "log_likelihood_null"] == pytest.approx(null, rel=1e-12)
    information = 2 * e / (e + 1) ** 2 + 2 * e / (e + 2) ** 2
    assert fit.summary.loc["nxp2", "se(coef)"] == pytest.approx(information**-0.5)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_plain_heart_equals_coxph(heart, coxph, ties):
    fit = fit_cox(heart, FORMULA, ties=ties)
    expected = coxph[ties]
    rows = fit.tidy()
    assert rows["term"].tolist() == expected["terms"]
    np.testing.assert_allclose(rows["estimate"], expected["coef"], rtol=1e-9)
    np.testing.assert_allclose(rows["std_error"], expected["se"], rtol=1e-9)
    np.testing.assert_allclose(rows["statistic"], expected["z"], rtol=1e-8)
    np.testing.assert_allclose(rows["p_value"], expected["p"], rtol=1e-8)
    np.testing.assert_allclose(rows["conf_low"], expected["lower"], rtol=1e-7)
    np.testing.assert_allclose(rows["conf_high"], expected["upper"], rtol=1e-7)
    np.testing.assert_allclose(fit.covariance, expected["var"], rtol=1e-8)
    glance = fit.glance().iloc[0]
    assert glance["log_likelihood_null"] == pytest.approx(expected["loglik"][0])
    assert glance["log_likelihood"] == pytest.approx(expected["loglik"][1], rel=1e-12)
    lr = 2 * (expected["loglik"][1] - expected["loglik"][0])
    assert glance["lr_statistic"] == pytest.approx(lr, rel=1e-9)
    assert glance["lr_degrees_of_freedom"] == 4
    assert (glance["n_rows"], glance["n_patients"], glance["n_events"]) == (
        172,
        103,
        75,
    )
    assert fit.ties == ties


def test_wald_limits_are_estimate_and_quantile(heart, coxph):
    rows = fit_cox(heart, FORMULA, interval="wald").tidy()
    reach = 1.959963984540054 * np.array(coxph["efron"]["se"])
    np.testing.assert_allclose(
        rows["conf_low"], coxph["efron"]["coef"] - reach, rtol=1e-8
    )
    np.testing.assert_allclose(
        rows["conf_high"], coxph["efron"]["coef"] + reach, rtol=1e-8
    )
    assert set(rows["interval"]) == {"wald"}


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_firth_heart_equals_the_reference(heart, firth_records, ties):
    expected = firth_records[f"firth_cox.reference.heart_tvc.{ties}"]
    fit = fit_cox(heart, FORMULA, penalty="firth", ties=ties)
    rows = fit.tidy()
    np.testing.assert_allclose(rows["estimate"], expected["coef"], rtol=1e-8)
    np.testing.assert_allclose(rows["std_error"], expected["se"], rtol=1e-8)
    np.testing.assert_allclose(rows["conf_low"], expected["profile_lower95"], rtol=1e-6)
    np.testing.assert_allclose(
        rows["conf_high"], expected["profile_upper95"], rtol=1e-6
    )
    np.testing.assert_allclose(rows["statistic"], expected["plr_chisq"], rtol=1e-8)
    np.testing.assert_allclose(rows["p_value"], expected["plr_p"], rtol=1e-8)
    glance = fit.glance().iloc[0]
    assert glance["penalised_log_likelihood"] == pytest.approx(expected["ploglik"])
    assert glance["log_likelihood_null"] == pytest.approx(expected["ploglik_null"])
    assert glance["lr_p_value"] == pytest.approx(expected["global_plr"]["p"], rel=1e-8)


def test_joint_test_of_terms(heart, firth_records):
    expected = firth_records["firth_cox.joint_plr.heart40_surg_interaction"]
    fit = fit_cox(
        heart[heart["patient_id"] <= 40],
        "age + surgery * transplant",
        penalty="firth",
        ties="breslow",
    )
    found = fit.likelihood_ratio_test("surgery", "surgery:transplant").iloc[0]
    assert found["statistic"] == pytest.approx(expected["chisq"], rel=1e-8)
    assert found["p_value"] == pytest.approx(expected["p"], rel=1e-8)
    assert found["degrees_of_freedom"] == 2
    with pytest.raises(UsageError, match="no such terms"):
        fit.likelihood_ratio_test("surgerry")


def test_lifelines_time_varying_agrees(heart):
    from lifelines import CoxTimeVaryingFitter

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = CoxTimeVaryingFitter().fit(
            heart[["patient_id", "start", "stop", "event", *FORMULA.split(" + ")]],
            id_col="patient_id",
            event_col="event",
            start_col="start",
            stop_col="stop",
            fit_options={"precision": 1e-10},
        )
    ours = fit_cox(heart, FORMULA).summary
    np.testing.assert_allclose(ours["coef"], theirs.params_, rtol=1e-6)
    np.testing.assert_allclose(ours["se(coef)"], theirs.standard_errors_, rtol=1e-6)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_statsmodels_phreg_agrees_once_entry_is_moved(heart, ties):
    """PHReg is at risk from entry on, so entry moves half a day where days are whole."""
    from statsmodels.duration.hazard_regression import PHReg

    whole = heart.assign(start=2 * heart["start"], stop=2 * heart["stop"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = PHReg(
            whole["stop"],
            whole[FORMULA.split(" + ")],
            status=whole["event"],
            entry=whole["start"] + 0.5,
            ties=ties,
        ).fit()
    ours = fit_cox(whole, FORMULA, ties=ties).summary
    np.testing.assert_allclose(ours["coef"], theirs.params, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ours["se(coef)"], theirs.bse, rtol=1e-6)


def test_competing_codes_end_the_row_and_are_told(four_children):
    codes = four_children.assign(event=[1, 2, 1, 0])
    fit = fit_cox(codes.assign(nxp2=[1, 0, 0, 1]), "nxp2")
    same = fit_cox(codes.assign(nxp2=[1, 0, 0, 1], event=[1, 0, 1, 0]), "nxp2")
    pd.testing.assert_frame_equal(fit.summary, same.summary)
    assert fit.n_events == 2
    assert any("1 competing event:" in note for note in fit.notes)


def test_the_outcome_is_not_written_in_the_formula(heart):
    with pytest.raises(DesignError, match="only the right-hand side"):
        fit_cox(heart, "event ~ age")


def test_wrong_ties_and_interval(heart):
    with pytest.raises(UsageError, match="efron"):
        fit_cox(heart, "age", ties="exact")
    with pytest.raises(UsageError, match="profile"):
        fit_cox(heart, "age", interval="bootstrap")


def test_rows_that_break_the_law_are_refused(heart):
    overlapping = pd.concat([heart, heart.iloc[[0]].assign(start=10)])
    with pytest.raises(IntervalError, match="overlap"):
        fit_cox(overlapping, "age")


def test_other_column_names(heart):
    renamed = heart.rename(
        columns={"start": "t0", "stop": "t1", "event": "died", "patient_id": "child"}
    )
    fit = fit_cox(
        renamed, FORMULA, start="t0", stop="t1", event="died", patient_id="child"
    )
    assert fit == fit_cox(heart, FORMULA)
    assert fit.n_patients == 103


def test_without_patient_id_rows_are_counted(heart):
    fit = fit_cox(heart.drop(columns="patient_id"), "age")
    assert fit.n_patients is None
    assert fit.tidy()["n"].tolist() == [172]


def test_synthetic_rows_say_so(heart):
    heart.attrs["jdm_stats"] = {"synthetic": True}
    assert any(n.startswith("SYNTHETIC") for n in fit_cox(heart, "age").notes)


def test_the_frame_is_left_as_it_was(heart):
    before = heart.copy(deep=True)
    fit_cox(heart, FORMULA, penalty="firth")
    pd.testing.assert_frame_equal(heart, before)
