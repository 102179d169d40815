"""The gate: under monotone likelihood no estimate, no p-value, but the reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import SeparationWarning
from jdm_stats.models.cox import fit_cox

FORMULA = "nxp2 + tif1g + mda5 + dose_mg_kg"


@pytest.fixture
def plain(five_events):
    with pytest.warns(SeparationWarning, match="use penalty='firth'"):
        return fit_cox(five_events, FORMULA)


def test_five_events_plain_gives_nothing_to_quote(plain):
    assert plain.separated
    assert not plain.converged
    numbers = ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]
    for exponentiate in (False, True):
        rows = plain.tidy(exponentiate=exponentiate)
        assert rows[numbers].isna().all(axis=None)
        assert (rows["reason"] != "").all()
    assert (
        plain.conf_int(method="wald")[["conf_low", "conf_high"]].isna().all(axis=None)
    )
    assert plain.covariance.isna().all(axis=None)
    glance = plain.glance().iloc[0]
    assert np.isnan(glance["lr_p_value"])
    assert np.isnan(glance["log_likelihood"])
    assert glance["separated"]


def test_five_events_plain_says_why(plain):
    reasons = plain.summary["reason"]
    assert "+infinity" in reasons["nxp2"]
    assert "+infinity" in reasons["tif1g"]
    assert reasons["mda5"].endswith("to infinity")
    assert "other terms" in reasons["dose_mg_kg"]
    assert "monotone likelihood" in plain.failure_reason
    assert "nxp2" in plain.failure_reason
    assert any("no estimate here" in note for note in plain.notes)
    assert "There is no estimate of the hazard ratio for nxp2" in plain.in_words("nxp2")
    assert "no estimate" in plain._repr_html_()
    assert "no estimate" in repr(plain)


def test_five_events_firth_breslow_equals_coxphf(five_events, firth_records):
    expected = firth_records["five_events.breslow"]
    fit = fit_cox(five_events, FORMULA, penalty="firth", ties="breslow")
    rows = fit.tidy()
    np.testing.assert_allclose(rows["estimate"], expected["firth_coef"], rtol=1e-6)
    np.testing.assert_allclose(rows["std_error"], expected["firth_se"], rtol=1e-6)
    np.testing.assert_allclose(rows["conf_low"], expected["profile_lower"], rtol=1e-6)
    np.testing.assert_allclose(rows["conf_high"], expected["profile_upper"], rtol=1e-6)
    np.testing.assert_allclose(rows["p_value"], expected["penalised_lrt_p"], rtol=1e-7)
    assert fit.in_words("nxp2") == (
        "The hazard ratio for nxp2 is 7.84 (95% profile limits 0.82 to 1043; penalised "
        "likelihood-ratio p = 0.079; 5 events): the data are compatible with anything "
        "from 0.82 times to 1043 times the hazard, which is to say that they hardly "
        "bound it."
    )
    assert fit.separated  # the data are, and the fit has an estimate all the same
    assert fit.converged
    assert fit.n_patients == 120


def test_five_events_firth_efron_equals_a_second_engine(five_events):
    """Value of an independent computation that stopped at about 2e-8.

    Central differences in extended precision put the gradient at ours below 1e-10.
    """
    rows = fit_cox(five_events, FORMULA, penalty="firth").tidy().set_index("term")
    nxp2 = rows.loc["nxp2"]
    assert nxp2["estimate"] == pytest.approx(2.06132806, abs=3e-8)
    assert nxp2["conf_low"] == pytest.approx(-0.19698515, abs=2e-8)
    assert nxp2["conf_high"] == pytest.approx(6.95232024, abs=1e-7)
    assert nxp2["p_value"] == pytest.approx(0.0786373, abs=1e-7)


def test_the_warning_points_at_the_caller(five_events):
    with pytest.warns(SeparationWarning) as caught:
        fit_cox(five_events, "nxp2 + tif1g")
    assert caught[0].filename == __file__


def test_every_event_in_the_unexposed(four_children):
    frame = four_children.assign(nxp2=[0, 0, 0, 1])
    with pytest.warns(SeparationWarning):
        fit = fit_cox(frame, "nxp2")
    assert "-infinity" in fit.summary.loc["nxp2", "reason"]
    firth = fit_cox(frame, "nxp2", penalty="firth")
    assert firth.summary.loc["nxp2", "coef"] < 0
    assert np.isfinite(firth.tidy()[["conf_low", "conf_high"]]).all(axis=None)


def test_no_event(four_children):
    for penalty in (None, "firth"):
        fit = fit_cox(four_children.assign(event=0), "nxp2", penalty=penalty)
        assert not fit.converged
        assert "no event" in fit.failure_reason
        assert "exact upper limit" in fit.failure_reason
        assert fit.tidy()["estimate"].isna().all()
        assert "no event" in fit.in_words()
        assert fit.glance().loc[0, "n_events"] == 0


def test_one_event_and_more_parameters_than_events(five_events):
    """Two events, four parameters: Firth has an estimate, and the notes say how thin."""
    first = five_events.loc[five_events["event"] == 1, "patient_id"].unique()[2:]
    few = five_events.assign(
        event=five_events["event"].where(~five_events["patient_id"].isin(first), 0)
    )
    fit = fit_cox(few, FORMULA, penalty="firth")
    assert fit.n_events == 2
    assert fit.converged
    rows = fit.tidy()
    assert np.isfinite(rows[["estimate", "std_error", "p_value"]]).all(axis=None)
    assert (rows["conf_low"] < rows["estimate"]).all()
    assert (rows["conf_high"] > rows["estimate"]).all()
    assert any("2 events for 4 parameters (0.5 per parameter)" in n for n in fit.notes)


def test_a_constant_covariate_is_named_and_leaves_the_rest(heart):
    alone = fit_cox(heart, "age")
    for constant in (1.0, 0.1, 1e9 + 0.1):
        both = fit_cox(heart.assign(constant=constant), "constant + age")
        assert both.converged
        assert "does not vary" in both.summary.loc["constant", "reason"]
        assert np.isnan(both.summary.loc["constant", "coef"])
        pd.testing.assert_series_equal(
            both.summary.loc["age"], alone.summary.loc["age"]
        )
        nothing = fit_cox(heart.assign(constant=constant), "constant", penalty="firth")
        assert not nothing.converged
        assert "does not vary" in nothing.failure_reason


@pytest.mark.parametrize("penalty", [None, "firth"])
def test_an_aliased_column_is_named_and_the_others_equal_the_fit_without(
    heart, penalty
):
    doubled = heart.assign(
        months=heart["age"] * 12 + 5, mixed=heart["age"] + heart["year"]
    )
    without = fit_cox(heart, "age + year + surgery", penalty=penalty)
    fit = fit_cox(doubled, "age + months + year + mixed + surgery", penalty=penalty)
    for term in ("months", "mixed"):
        assert np.isnan(fit.summary.loc[term, "coef"])
        assert "follows from the terms before it" in fit.summary.loc[term, "reason"]
    kept = ["age", "year", "surgery"]
    numbers = fit.summary.columns.drop("reason")
    pd.testing.assert_frame_equal(
        fit.summary.loc[kept, numbers], without.summary.loc[kept, numbers], rtol=1e-7
    )
    assert fit.converged
    test = fit.likelihood_ratio_test().iloc[0]
    assert test["degrees_of_freedom"] == 3


def test_a_covariate_that_varies_only_where_no_event_sees_it(four_children):
    """Known only after the last event: constant in every risk set."""
    frame = pd.concat(
        [
            four_children,
            pd.DataFrame(
                {"patient_id": ["E"], "start": 4, "stop": 9, "event": 0, "nxp2": 1}
            ),
        ]
    ).assign(late=[0, 0, 0, 0, 1])
    fit = fit_cox(frame, "late + nxp2")
    assert np.isnan(fit.summary.loc["late", "coef"])
    assert fit.summary.loc["nxp2", "coef"] == pytest.approx(
        fit_cox(four_children, "nxp2").summary.loc["nxp2", "coef"], rel=1e-10
    )
