"""The frozen result: its tables, their columns, pickling, equality, HTML."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import ConvergenceWarning, SeparationWarning, UsageError
from jdm_stats.likelihood import fitting
from jdm_stats.likelihood.fitting import Solution
from jdm_stats.likelihood.profile import Limit
from jdm_stats.likelihood.separation import Separation
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic
from tests.models.conftest import REFERENCE

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
    assert "the data alone give no estimate" in shown


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
    assert "No event in the 76 rows of 9 children with mda5 = 1." in notes
    assert "Efron" in notes


def test_design_codes_new_rows_as_the_fitted_ones(heart):
    fit = fit_cox(heart, "bs(age, df=4) + C(surgery)")
    again = fit.design.encode(heart)
    np.testing.assert_allclose(again, fit.design.matrix, atol=1e-12)
    one = fit.design.encode(pd.DataFrame({"age": [0.0], "surgery": [1]}))
    assert one.shape == (1, 5)
    assert one[0, -1] == 1.0


def lone_event() -> pd.DataFrame:
    """One event among skewed doses; the climb from zero ends on the lower of two peaks."""
    rng = np.random.default_rng(11)
    for _ in range(88):
        n, events = int(rng.integers(15, 80)), int(rng.integers(1, 5))
        dose = rng.lognormal(0, rng.choice([1, 2.5, 4]), n)
        rare = rng.binomial(1, rng.choice([0.03, 0.2]), n)
        if rare.sum() == 0:
            rare[0] = 1
        stop, event = rng.integers(1, 50, n), np.zeros(n, dtype=int)
        event[rng.choice(n, events, replace=False)] = 1
    columns = {"start": 0, "stop": stop, "event": event, "dose": dose, "rare": rare}
    return pd.DataFrame(columns)


def test_the_estimate_does_not_depend_on_the_kind_of_interval():
    profile, wald = (
        fit_cox(lone_event(), "dose + rare", penalty="firth", interval=kind)
        for kind in ("profile", "wald")
    )
    assert profile.summary["coef"].tolist() == wald.summary["coef"].tolist()
    assert profile.summary["p"].tolist() == wald.summary["p"].tolist()
    assert profile.summary.loc["dose", "coef"] == pytest.approx(-7.2442, abs=1e-4)
    assert wald.conf_int(method="profile")["conf_low"].tolist() == (
        profile.conf_int()["conf_low"].tolist()
    )


def test_a_limit_not_found_is_never_silent(five_events, monkeypatch):
    fit = fit_cox(five_events, "nxp2 + dose_mg_kg", penalty="firth")
    missing = (Limit(np.nan, False, "no limit in 60 iterations"), Limit(9.0, True, ""))
    monkeypatch.setattr(Solution, "limits", lambda self, index, conf_level: missing)
    why = "the lower profile limit could not be found (no limit in 60 iterations)"
    with pytest.warns(ConvergenceWarning, match="at conf_level 0.99: nxp2: the lower"):
        ends = fit.conf_int(conf_level=0.99)
    assert ends["conf_low"].isna().all()
    rows = fit.tidy(conf_level=0.99)
    assert rows["reason"].tolist() == [why, why]
    assert rows["conf_low"].isna().all()
    assert rows["estimate"].notna().all()
    assert fit.tidy()["reason"].tolist() == ["", ""]
    # and at the level of the fit itself: in the table, the summary and the notes
    again = fit_cox(five_events, "nxp2 + dose_mg_kg", penalty="firth")
    assert again.summary["reason"].tolist() == [why, why]
    assert again.tidy()["reason"].tolist() == [why, why]
    assert f"nxp2: {why}." in again.notes
    with pytest.warns(ConvergenceWarning, match="could not be found"):
        again.conf_int()
    assert fit.tidy(conf_level=0.99).notna().sum()["conf_high"] == 2


def test_separation_that_no_term_can_be_named_for_says_so(five_events, monkeypatch):
    unclear = Separation(True, np.array([0, 0]))
    monkeypatch.setattr(fitting, "finite_maximum", lambda *given, **options: False)
    monkeypatch.setattr(
        fitting, "separation_of", lambda problem, *, directions=True: unclear
    )
    with pytest.warns(SeparationWarning) as caught:
        fit = fit_cox(five_events, "nxp2 + dose_mg_kg")
    said = str(caught[0].message)
    assert "(separation) by too narrow a margin to say in which terms" in said
    assert " in ;" not in fit.failure_reason
    assert " in :" not in said
    reasons = set(fit.tidy()["reason"])
    assert reasons == {"monotone likelihood: no joint maximum exists"}


@pytest.mark.parametrize(
    ("seed", "term", "side", "expected"),
    [
        (3, "current_dose_mg_kg", "conf_low", -4.754),
        (6, "recent_pulse", "conf_high", 10.114),
        (21, "current_dose_mg_kg", "conf_high", 33.105),
    ],
)
def test_a_limit_stands_on_the_highest_branch(seed, term, side, expected):
    """Rows of synthetic cohorts (world 1) whose lesser branches give -4.706, 9.906 and 30.4.

    Expected: Nelder-Mead from many starts in place of the package's own solver.
    """
    rows = pd.read_csv(REFERENCE / "two_branches.csv")
    rows = rows[rows["seed"] == seed]
    fit = fit_cox(rows, "nxp2 + current_dose_mg_kg + recent_pulse", penalty="firth")
    assert fit.conf_int().loc[term, side] == pytest.approx(expected, abs=2e-3)
