"""Fine-Gray regression from a data frame: on paper, against R, what it says and refuses."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import (
    DesignError,
    IntervalError,
    SeparationWarning,
    UsageError,
)
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.fine_gray import fit_fine_gray
from jdm_stats.models.priors import NormalPrior
from tests.models.conftest import REFERENCE, read_json

MODEL = "age + male + mspike"


@pytest.fixture(scope="module")
def mgus2() -> pd.DataFrame:
    frame = pd.read_csv(REFERENCE / "mgus2.csv")
    return frame.rename(columns={"id": "patient_id"})


@pytest.fixture(scope="module")
def risks() -> dict:
    return read_json("competing_risks.json")["fine_gray"]


@pytest.fixture(scope="module")
def more() -> dict:
    return read_json("fine_gray.json")


def late(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["entry"] < frame["stop"]].drop(columns="start")


def check(fit, expected: dict) -> None:
    np.testing.assert_allclose(fit.summary["coef"], expected["coef"], rtol=1e-9)
    log_likelihood = fit.inference.solution.log_likelihood
    assert log_likelihood == pytest.approx(expected["loglik"][1], rel=1e-12)
    assert fit.log_likelihood_null == pytest.approx(expected["loglik"][0], rel=1e-12)
    np.testing.assert_allclose(fit.covariance, expected["naive_var"], rtol=1e-8)
    np.testing.assert_allclose(
        fit.robust_covariance(leverage=False), expected["var"], rtol=1e-8
    )


# --- by hand -----------------------------------------------------------------------------


def test_four_children_on_paper():
    """Day 2: 1 / (2 r + 2); day 3: r / (2 r + 1). Largest at r = sqrt(1/2)."""
    frame = pd.DataFrame({"start": 0, "stop": [1, 2, 3, 4], "event": [2, 1, 1, 0]})
    frame["nxp2"] = [1, 0, 1, 0]
    fit = fit_fine_gray(frame, "nxp2")
    r = np.sqrt(0.5)
    assert fit.summary.loc["nxp2", "exp(coef)"] == pytest.approx(r, rel=1e-9)
    value = -np.log(2 * r + 2) + np.log(r) - np.log(2 * r + 1)
    assert fit.glance()["log_likelihood"].iloc[0] == pytest.approx(value, rel=1e-12)
    # variances of a 0/1 covariate at the two events: shares 2r/(2r+2) and 2r/(2r+1)
    shares = np.array([r / (r + 1), 2 * r / (2 * r + 1)])
    variance = 1 / (shares * (1 - shares)).sum()
    assert fit.covariance.iloc[0, 0] == pytest.approx(variance, rel=1e-9)
    risk = fit.predict_cumulative_incidence(pd.DataFrame({"nxp2": [0, 1]}), [1, 2, 3])
    first, second = 1 / (2 * r + 2), 1 / (2 * r + 2) + 1 / (2 * r + 1)
    expected = [0, 1 - np.exp(-first), 1 - np.exp(-second)]
    expected += [0, 1 - np.exp(-first * r), 1 - np.exp(-second * r)]
    np.testing.assert_allclose(risk["risk"], expected, rtol=1e-9)


# --- R -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", [1, 2])
@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_equals_finegray_and_coxph(mgus2, risks, cause, ties):
    name = f"cause{cause}" + ("_efron" if ties == "efron" else "")
    check(fit_fine_gray(mgus2, MODEL, cause=cause, ties=ties), risks[name])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("delayed_cause1", {}),
        ("delayed_cause2", {"cause": 2}),
        ("delayed_cause1_efron", {"ties": "efron"}),
    ],
)
def test_delayed_entry_equals_finegray_and_coxph(mgus2, risks, name, options):
    fit = fit_fine_gray(late(mgus2), MODEL, start="entry", **options)
    check(fit, risks[name])


def test_strata_equal_finegray_and_coxph(mgus2, risks):
    fit = fit_fine_gray(mgus2, "age + mspike", strata="male")
    check(fit, risks["cause1_strata_male"])
    fit = fit_fine_gray(mgus2, "age + mspike", strata="male", censoring="male")
    check(fit, risks["cause1_censoring_and_strata_male"])


def test_a_censoring_law_per_group_keeps_the_dead_at_every_event_time(mgus2, more):
    """R's finegray drops them where their own stratum has no event; mended, it agrees."""
    fit = fit_fine_gray(mgus2, MODEL, censoring="male")
    check(fit, more["censoring_by_male"])
    assert abs(fit.summary["coef"]["age"] - more["as_it_stands"][0]) > 0.004
    fit = fit_fine_gray(late(mgus2), MODEL, start="entry", censoring=["male"])
    check(fit, more["delayed_censoring_by_male"])


def test_without_ties_crr_agrees(more):
    frame = pd.read_csv(REFERENCE / "fine_gray_untied.csv").assign(start=0)
    fit = fit_fine_gray(frame, MODEL, censoring="male", patient_id="id")
    np.testing.assert_allclose(fit.summary["coef"], more["cengroup"]["coef"], rtol=1e-9)
    best = fit.inference.solution.log_likelihood
    assert best == pytest.approx(more["cengroup"]["loglik"][1], rel=1e-12)


def test_at_ties_crr_is_another_convention(mgus2):
    theirs = read_json("competing_risks.json")["crr"]["cause1"]["coef"]
    ours = fit_fine_gray(mgus2[:300], MODEL).summary["coef"]
    apart = np.abs(ours - theirs).max()
    assert 1e-5 < apart < 4e-4


def test_case_weights_equal_finegray_and_coxph(mgus2, more):
    check(fit_fine_gray(mgus2, MODEL, weights="weight"), more["weighted"])
    fit = fit_fine_gray(
        late(mgus2), MODEL, start="entry", weights="weight", ties="efron"
    )
    check(fit, more["weighted_delayed_efron"])


def test_rows_of_a_child_are_one_child(mgus2, more):
    frame = late(mgus2)
    long = (frame["entry"] < 40) & (frame["stop"] > 40)
    first = frame.assign(
        stop=frame["stop"].where(~long, 40), event=frame["event"].where(~long, 0)
    )
    cut = pd.concat([frame[long].assign(entry=40), first], ignore_index=True)
    fit = fit_fine_gray(cut, MODEL, start="entry")
    check(fit, more["split"])
    assert fit.n_rows == len(frame)
    assert any(f"{int(long.sum())} rows continued" in note for note in fit.notes)


@pytest.mark.parametrize("cause", [1, 2])
def test_firth_equals_brute_force(competing, more, cause):
    frame = competing[:25].assign(b=lambda f: (f["group"] == "b") * 1)
    fit = fit_fine_gray(frame, "b", cause=cause, penalty="firth")
    expected = more["firth"][f"cause{cause}"]
    assert fit.summary["coef"]["b"] == pytest.approx(expected["coef"], abs=1e-6)
    best = fit.glance()["penalised_log_likelihood"].iloc[0]
    assert best == pytest.approx(expected["value"], rel=1e-12)
    assert fit.log_likelihood_null == pytest.approx(
        expected["value_at_zero"], rel=1e-12
    )
    assert fit.interval == "profile"
    assert fit.model == "Firth Fine-Gray"


@pytest.mark.parametrize("name", ["cause1", "cause2", "cause1_efron", "delayed_cause1"])
def test_predicted_risks_equal_survfit(mgus2, risks, name):
    expected = risks[name]
    frame, start = (late(mgus2), "entry") if "delayed" in name else (mgus2, "start")
    fit = fit_fine_gray(
        frame,
        MODEL,
        start=start,
        cause=2 if "cause2" in name else 1,
        ties="efron" if "efron" in name else "breslow",
    )
    new = pd.DataFrame(expected["newdata"])
    found = fit.predict_cumulative_incidence(new, expected["times"])
    np.testing.assert_allclose(
        found["risk"], np.ravel(expected["cif"]), rtol=1e-9, atol=1e-12
    )


def test_predicted_risks_in_a_stratum_equal_survfit(mgus2, risks):
    expected = risks["cause1_strata_male"]
    fit = fit_fine_gray(mgus2, "age + mspike", strata="male")
    found = fit.predict_cumulative_incidence(
        pd.DataFrame(expected["newdata"]), expected["times"]
    )
    np.testing.assert_allclose(
        found["risk"], np.ravel(expected["cif"]), rtol=1e-9, atol=1e-12
    )
    with pytest.raises(UsageError, match="strata the fit has not seen"):
        fit.predict_cumulative_incidence(
            pd.DataFrame({"age": [60], "mspike": [1.0], "male": [7]}), 12
        )


# --- what it says ------------------------------------------------------------------------


def test_without_competing_events_it_is_cox(competing):
    frame = competing[competing["event"] < 2]
    for penalty in (None, "firth"):
        ours = fit_fine_gray(frame, "group", penalty=penalty, interval="profile")
        cox = fit_cox(
            frame, "group", penalty=penalty, ties="breslow", interval="profile"
        )
        pd.testing.assert_frame_equal(ours.summary, cox.summary, rtol=1e-12)
        assert ours.log_likelihood_null == pytest.approx(cox.log_likelihood_null)
    assert any("that of a Cox model" in note for note in ours.notes)


def test_names_its_ratio_and_says_what_it_means(competing):
    fit = fit_fine_gray(competing, "group")
    assert (
        fit.tidy(exponentiate=True)["scale"].iloc[0] == "subdistribution hazard ratio"
    )
    assert fit.interval == "robust"
    assert repr(fit) == "<Fine-Gray: group (20 events in 60 rows)>"
    assert "times the subdistribution hazard" in fit.in_words()
    said = " ".join(fit.notes)
    for words in ("competing events: those children stay at risk", "entered after"):
        assert words in said
    assert pickle.loads(pickle.dumps(fit)) == fit
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.cause = 2


def test_residuals_and_baseline_are_those_of_the_subdistribution(competing):
    fit = fit_fine_gray(competing, "group")
    frame = fit.baseline_hazard()
    assert frame["n_events"].sum() == fit.n_events
    martingale = fit.residuals("martingale").iloc[:, -1]
    assert len(martingale) == len(competing)
    assert martingale.sum() == pytest.approx(0.0, abs=1e-10)
    # Schoenfeld's of the two values of a group add up to the score
    assert fit.residuals("schoenfeld").iloc[:, -1].sum() == pytest.approx(0, abs=1e-9)


def test_profile_limits_do_not_hold_with_broken_weights(competing):
    frame = competing.assign(w=1.5)
    fit = fit_fine_gray(frame, "group", weights="w", penalty="firth")
    assert fit.interval == "robust"
    with pytest.raises(UsageError, match="profile limits do not hold"):
        fit_fine_gray(frame, "group", weights="w", interval="profile")


def test_the_jackknife_is_near_the_sandwich(competing):
    """It estimates the censoring law anew without each child."""
    fit = fit_fine_gray(competing, "group")
    ratio = fit.jackknife_covariance().iloc[0, 0] / fit.robust_covariance().iloc[0, 0]
    assert 0.9 < ratio < 1.1


def test_a_prior_pulls_towards_it(competing):
    plain = fit_fine_gray(competing, "group").summary["coef"].iloc[0]
    held = fit_fine_gray(competing, "group", penalty=NormalPrior(sd=0.1))
    assert held.interval == "profile"
    assert abs(held.summary["coef"].iloc[0]) < abs(plain)


def test_separation_is_met_with_a_reason():
    """Only the dead child was exposed: it never has the event and never leaves."""
    frame = pd.DataFrame({"start": 0, "stop": [1, 2, 3, 4], "event": [2, 1, 1, 0]})
    frame["nxp2"] = [1, 0, 0, 0]
    with pytest.warns(SeparationWarning, match="nxp2"):
        fit = fit_fine_gray(frame, "nxp2")
    assert np.isnan(fit.summary["coef"].iloc[0])
    assert "-infinity" in fit.summary["reason"].iloc[0]
    firth = fit_fine_gray(frame, "nxp2", penalty="firth")
    # log-likelihood -log(3 + r) - log(2 + r), information the sum of r c / (r + c)^2
    r = firth.summary["exp(coef)"].iloc[0]
    shares = np.array([r / (r + 3), r / (r + 2)])
    slope = (shares * (1 - shares) * (1 - 2 * shares)).sum()
    slope /= 2 * (shares * (1 - shares)).sum()
    assert slope - shares.sum() == pytest.approx(0.0, abs=1e-9)


def test_a_risk_set_that_empties_before_the_late_come_has_no_estimate():
    rows = {"start": [0, 0, 5, 5], "stop": [3, 4, 8, 9], "event": [2, 0, 1, 0]}
    fit = fit_fine_gray(pd.DataFrame(rows).assign(x=[0, 1, 0, 1]), "x")
    assert not fit.converged
    assert "nobody could stay under observation" in fit.failure_reason
    assert "nobody could stay" in fit.summary["reason"].iloc[0]


def test_no_event_of_the_cause_has_no_estimate(competing):
    fit = fit_fine_gray(competing, "group", cause=7)
    assert fit.n_events == 0
    assert "no event" in fit.failure_reason


def test_children_with_missing_values_are_counted(competing):
    frame = competing.assign(b=(competing["group"] == "b") * 1.0)
    frame.loc[:4, "b"] = np.nan
    fit = fit_fine_gray(frame, "b")
    assert fit.n_patients == 55
    assert any("5 rows of 5 patients" in note for note in fit.notes)
    alone = fit_fine_gray(frame[5:], "b")
    pd.testing.assert_frame_equal(fit.summary, alone.summary)


def test_predictions_beyond_follow_up_or_of_missing_values_have_reasons(competing):
    fit = fit_fine_gray(competing, "group")
    new = pd.DataFrame({"group": ["a", None]})
    found = fit.predict_cumulative_incidence(new, [10, 1000])
    assert found["risk"].notna().tolist() == [True, False, False, False]
    assert found["reason"].tolist() == [
        "",
        "after the last day of follow-up",
        "a variable is missing",
        "a variable is missing",
    ]


# --- what it refuses ---------------------------------------------------------------------


def two_rows(**columns) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": ["A", "A", "B", "C"],
            "start": [0, 3, 0, 0],
            "stop": [3, 6, 4, 9],
            "event": [0, 1, 2, 0],
            **columns,
        }
    )


def test_a_covariate_that_changes_after_entry_is_refused_with_the_children():
    frame = two_rows(dose=[1.0, 0.5, 0.0, 0.3])
    with pytest.raises(IntervalError, match="no current value") as caught:
        fit_fine_gray(frame, "dose")
    (fault,) = caught.value.faults
    assert fault.patient_id == "A"
    assert fault.column == "dose"
    assert "fit_cox" in fault.remedy
    with pytest.raises(IntervalError, match="w changed"):
        fit_fine_gray(frame.assign(dose=1, w=[1, 2, 1, 1]), "dose", weights="w")


def test_a_gap_is_refused():
    frame = two_rows(x=1.0).assign(start=[0, 4, 0, 0])
    with pytest.raises(IntervalError, match="day 3 to 4"):
        fit_fine_gray(frame, "x")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"cause": 0}, UsageError, "cause must be"),
        ({"cause": "death"}, UsageError, "cause must be"),
        ({"ties": "exact"}, UsageError, "ties must be"),
        ({"strata": "nowhere"}, UsageError, "no columns"),
        ({"weights": "w"}, DesignError, "below zero"),
        ({"interval": "exact"}, UsageError, "interval must be"),
        ({"penalty": "ridge"}, UsageError, "penalty must be"),
    ],
)
def test_wrong_calls(options, error, words):
    frame = two_rows(x=[1, 1, 0, 0], w=[-1, -1, 1, 1])
    with pytest.raises(error, match=words):
        fit_fine_gray(frame, "x", **options)


def test_an_outcome_in_the_formula_is_refused(competing):
    with pytest.raises(DesignError, match="cause="):
        fit_fine_gray(competing, "event ~ group")


def test_no_survival_and_no_concordance(competing):
    fit = fit_fine_gray(competing, "group")
    with pytest.raises(UsageError, match="predict_cumulative_incidence"):
        fit.predict_survival(competing)
    with pytest.raises(UsageError, match="concordance"):
        fit.concordance()
