"""The frozen result: its tables, their columns, pickling, equality, HTML."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic

TIDY = [
    "model",
    "term",
    "estimate",
    "std_error",
    "statistic",
    "p_value",
    "conf_low",
    "conf_high",
    "scale",
    "interval",
    "n",
    "events",
    "reason",
]


@pytest.fixture
def fits(heart, endometrial):
    return [
        fit_cox(heart, "age + surgery"),
        fit_cox(heart, "age + surgery", penalty="firth", ties="breslow"),
        fit_logistic(endometrial, "HG ~ PI + EH"),
        fit_logistic(endometrial, "HG ~ PI + EH", penalty="firth"),
    ]


def test_tidy_columns_and_words(fits):
    models = ["Cox", "Firth Cox", "Logistic", "Firth logistic"]
    ratios = ["hazard ratio"] * 2 + ["odds ratio"] * 2
    for fit, model, ratio in zip(fits, models, ratios, strict=True):
        rows, exponentiated = fit.tidy(), fit.tidy(exponentiate=True)
        assert list(rows.columns) == list(exponentiated.columns) == TIDY
        assert set(rows["model"]) == {model}
        assert set(rows["scale"]) == {f"log {ratio}"}
        assert set(exponentiated["scale"]) == {ratio}
        assert set(rows["interval"]) == {"profile"}
        assert set(rows["reason"]) == {""}
        assert rows["events"].tolist() == [fit.n_events] * len(rows)


def test_exponentiate_leaves_the_test_and_the_standard_error(fits):
    for fit in fits:
        log, ratio = fit.tidy(), fit.tidy(exponentiate=True)
        for column in ("estimate", "conf_low", "conf_high"):
            np.testing.assert_allclose(ratio[column], np.exp(log[column]), rtol=1e-14)
        for column in ("std_error", "statistic", "p_value"):
            assert ratio[column].equals(log[column])


def test_a_lower_level_is_narrower_and_nested(fits):
    for fit in fits:
        for method in ("profile", "wald"):
            wide = fit.conf_int(method=method)
            narrow = fit.conf_int(method=method, conf_level=0.9)
            assert (narrow["conf_low"] > wide["conf_low"]).all()
            assert (narrow["conf_high"] < wide["conf_high"]).all()
            assert set(narrow["interval"]) == {method}
        rows = fit.tidy(conf_level=0.9)
        assert (
            rows["conf_low"].tolist()
            == fit.conf_int(conf_level=0.9)["conf_low"].tolist()
        )


def test_conf_int_is_indexed_by_term(fits):
    ends = fits[0].conf_int()
    assert ends.index.name == "term"
    assert ends.index.tolist() == ["age", "surgery"]
    assert list(ends.columns) == ["conf_low", "conf_high", "interval"]


def test_summary(fits):
    summary = fits[0].summary
    assert summary.index.name == "covariate"
    assert list(summary.columns) == [
        "coef",
        "exp(coef)",
        "se(coef)",
        "coef lower 95%",
        "coef upper 95%",
        "exp(coef) lower 95%",
        "exp(coef) upper 95%",
        "statistic",
        "p",
        "reason",
    ]
    for fit in fits:
        rows = fit.tidy()
        assert fit.summary["coef"].tolist() == rows["estimate"].tolist()
        assert fit.summary["p"].tolist() == rows["p_value"].tolist()
        assert fit.summary["coef upper 95%"].tolist() == rows["conf_high"].tolist()


def test_glance_is_one_row(fits):
    for fit in fits:
        row = fit.glance()
        assert len(row) == 1
        assert row.loc[0, "n_events"] == fit.n_events
        assert row.loc[0, "parameters"] == 2
        assert row.loc[0, "events_per_parameter"] == fit.n_events / 2
        assert row.loc[0, "converged"]
        assert np.isnan(row.loc[0, "penalised_log_likelihood"]) == (fit.penalty is None)


def test_the_covariance_gives_the_standard_errors(fits):
    for fit in fits:
        assert list(fit.covariance.columns) == list(fit.terms)
        np.testing.assert_allclose(
            np.sqrt(np.diag(fit.covariance)), fit.summary["se(coef)"], rtol=1e-12
        )


def test_a_result_is_frozen(fits):
    for fit in fits:
        with pytest.raises(dataclasses.FrozenInstanceError):
            fit.notes = ()
        with pytest.raises(TypeError):
            hash(fit)


def test_a_table_is_a_copy(fits):
    fit = fits[0]
    for made in (fit.summary, fit.tidy(), fit.covariance, fit.conf_int(), fit.glance()):
        made.iloc[:, 0] = made.iloc[:, 0].map(lambda _: 99.0)
    assert fit.summary.loc["age", "coef"] < 1
    assert fit.covariance.iloc[0, 0] < 1
    assert (fit.conf_int()["conf_low"] < 1).all()


def test_equality_and_pickle(fits, heart):
    for fit in fits:
        again = pickle.loads(pickle.dumps(fit))
        assert again == fit
        assert again.conf_int(conf_level=0.8).equals(fit.conf_int(conf_level=0.8))
    assert fit_cox(heart, "age + surgery") == fits[0]
    assert fits[0] != fits[1]
    assert fits[0] != "a fit"
    assert fits[0] != fit_cox(heart.iloc[2:], "age + surgery")


def test_repr_is_one_line(fits):
    assert repr(fits[0]) == "<Cox: age+surgery (75 events in 172 rows)>" or (
        repr(fits[0]) == "<Cox: age + surgery (75 events in 172 rows)>"
    )
    for fit in fits:
        assert "\n" not in repr(fit)


def test_html_escapes_a_hostile_term(four_children):
    hostile = "<script>alert('x')</script>"
    frame = four_children.assign(kind=[hostile, "a", hostile, "a"])
    shown = fit_cox(frame, "kind", penalty="firth")._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "<caption>" in shown
    frame = four_children.rename(columns={"nxp2": "<b>nxp2</b>"})
    shown = fit_cox(frame, "`<b>nxp2</b>`", penalty="firth")._repr_html_()
    assert "<b>nxp2" not in shown


def test_html_shows_ratio_limits_and_p(five_events):
    fit = fit_cox(five_events, "nxp2 + tif1g + mda5 + dose_mg_kg", penalty="firth")
    shown = fit._repr_html_()
    for text in (
        "7.86 (0.82 to 1046)",
        "0.079",
        "5 events for 4 parameters",
        "Firth Cox",
    ):
        assert text in shown
    assert "Remark" not in shown


def test_words(fits):
    sentence = fits[0].in_words("surgery")
    assert sentence.startswith(
        "The hazard ratio for surgery is 0.46 (95% profile limits"
    )
    assert "Wald p = 0.032" in sentence
    assert "75 events" in sentence
    assert fits[0].in_words().count("The hazard ratio") == 2
    assert "Intercept" not in fits[2].in_words()
    assert "odds ratio for EH" in fits[2].in_words("EH")
    with pytest.raises(UsageError, match="no such terms"):
        fits[0].in_words("surgry")


def test_notes_say_how_few_events_stand_behind(five_events):
    fit = fit_cox(five_events, "nxp2 + tif1g + mda5 + dose_mg_kg", penalty="firth")
    notes = " ".join(fit.notes)
    assert "5 events for 4 parameters (1.2 per parameter)" in notes
    assert "No event in the 76 rows with mda5 = 1." in notes
    assert "Efron" in notes


def test_design_codes_new_rows_as_the_fitted_ones(heart):
    fit = fit_cox(heart, "bs(age, df=4) + C(surgery)")
    again = fit.design.encode(heart)
    np.testing.assert_allclose(again, fit.design.matrix, atol=1e-12)
    one = fit.design.encode(pd.DataFrame({"age": [0.0], "surgery": [1]}))
    assert one.shape == (1, 5)
    assert one[0, -1] == 1.0
