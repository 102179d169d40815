"""Pooled fits against single fits, brute force in R and logistf's CLIP."""

from __future__ import annotations

import json
import pickle
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import SeparationWarning, UsageError
from jdm_stats.imputation.pooling import pool_fits
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic
from jdm_stats.models.profile_curve import ProfileCurve

REFERENCE = Path(__file__).parents[1] / "reference"
TOLD = json.loads((REFERENCE / "imputation.json").read_text())
PARTS = [
    part.assign(start=0.0, stop=part["time"])
    for _, part in pd.read_csv(REFERENCE / "imputation.csv").groupby("imputation")
]


def firth_logistic(frame, **options):
    return fit_logistic(frame, "x + z", event="y", penalty="firth", **options)


def firth_cox(frame, **options):
    return fit_cox(frame, "x + z", event="y", penalty="firth", **options)


@pytest.fixture(scope="module")
def logistic():
    return pool_fits(PARTS, firth_logistic)


@pytest.fixture(scope="module")
def cox():
    return pool_fits(PARTS, firth_cox)


@pytest.mark.parametrize("kind", ["logistic", "cox"])
def test_brute_force_in_r(kind, request):
    rows = request.getfixturevalue(kind).tidy().set_index("term")
    for term, told in TOLD["clip"][kind].items():
        row = rows.loc[term]
        assert row["estimate"] == pytest.approx(told["estimate"], abs=5e-7), term
        assert row["conf_low"] == pytest.approx(told["lower"], abs=2e-6), term
        assert row["conf_high"] == pytest.approx(told["upper"], abs=2e-6), term
        assert row["p_value"] == pytest.approx(told["p"], rel=1e-4), term
        assert row["interval"] == "clip"


def test_clip_of_logistf(logistic):
    rows, told = logistic.tidy(), TOLD["logistf"]
    # its root search stops at four decimals
    for ours, theirs in {"conf_low": "lower", "conf_high": "upper"}.items():
        assert rows[ours].to_numpy() == pytest.approx(told[theirs], abs=5e-5)
    assert rows["estimate"].to_numpy() == pytest.approx(told["estimate"], abs=1e-6)
    assert rows["p_value"].to_numpy() == pytest.approx(told["p"], rel=1e-5)


def test_another_level(logistic):
    row = pool_fits(logistic.fits, conf_level=0.8).tidy().set_index("term").loc["x"]
    told = TOLD["clip"]["logistic_80"]["x"]
    assert row["conf_low"] == pytest.approx(told["lower"], abs=2e-6)
    assert row["conf_high"] == pytest.approx(told["upper"], abs=2e-6)


def test_plain_wald_fits_are_pooled_as_mice_does():
    pooled = pool_fits(
        PARTS,
        lambda f: fit_logistic(f, "x + z", event="y", interval="wald"),
        complete_df=77,
    )
    told, rows = TOLD["rubin"]["logistic"], pooled.tidy()
    assert set(rows["interval"]) == {"rubin"}
    for ours, theirs in {"conf_low": "lower", "df": "df", "fmi": "fmi"}.items():
        assert rows[ours].to_numpy() == pytest.approx(told[theirs], rel=1e-5)


@pytest.mark.parametrize("fit", [firth_logistic, firth_cox])
@pytest.mark.parametrize("level", [0.95, 0.9])
def test_the_same_data_over_and_over_give_back_the_single_fit(fit, level):
    single = fit(PARTS[0])
    own, rows = single.tidy(conf_level=level), pool_fits([PARTS[0]] * 3, fit)
    rows = pool_fits([PARTS[0]] * 3, fit, conf_level=level).tidy()
    for name in ("estimate", "conf_low", "conf_high"):
        assert (rows[name] == own[name]).all(), name
    assert rows["std_error"].to_numpy() == pytest.approx(own["std_error"], rel=1e-14)
    assert rows["p_value"].to_numpy() == pytest.approx(own["p_value"], rel=1e-6)
    assert (rows["fmi"] == 0).all() and (rows["mc_error"] == 0).all()
    assert rows["events"].tolist() == own["events"].tolist()


def test_wald_limits_of_the_same_data_are_those_of_the_single_fit():
    def fit(frame):
        return fit_logistic(frame, "x + z", event="y", interval="wald")

    own, rows = fit(PARTS[0]).tidy(), pool_fits([PARTS[0]] * 2, fit).tidy()
    assert rows["conf_low"].to_numpy() == pytest.approx(own["conf_low"], rel=1e-12)


def test_the_curve_passes_through_estimate_limits_and_test():
    fit = firth_cox(PARTS[0])
    for term in fit.terms:
        curve, row = ProfileCurve(fit, term), fit.tidy().set_index("term").loc[term]
        assert curve.estimate == pytest.approx(row["estimate"], rel=1e-14)
        assert curve.root(row["estimate"]).value == pytest.approx(0, abs=1e-6)
        assert curve.root(row["conf_low"]).value == pytest.approx(-1.959964, abs=1e-6)
        root = curve.root(0.0)
        assert root.value**2 == pytest.approx(row["statistic"], rel=1e-7)
        step = 1e-4
        rise = curve.root(step).value - curve.root(-step).value
        assert root.slope == pytest.approx(rise / (2 * step), rel=1e-5)


def test_a_curve_of_the_intercept_and_of_a_far_off_covariate():
    frame = PARTS[0].assign(z=PARTS[0]["z"] + 2015.0)
    fit = firth_logistic(frame)
    row = fit.tidy().set_index("term").loc["Intercept"]
    curve = ProfileCurve(fit, "Intercept")
    assert curve.root(row["conf_high"]).value == pytest.approx(1.959964, abs=1e-5)


def test_an_unknown_term_or_a_fit_without_estimate_has_no_curve():
    with pytest.raises(UsageError, match="no term 'w'"):
        ProfileCurve(firth_cox(PARTS[0]), "w")
    nobody = firth_cox(PARTS[0].assign(y=0))
    with pytest.raises(UsageError, match="no estimate of 'x'"):
        ProfileCurve(nobody, "x")


def separated(frame):
    """Every event exposed: a plain fit has no estimate."""
    return frame.assign(x=np.where(frame["y"] == 1, 1, frame["x"]))


def test_a_separated_imputation_leaves_no_pooled_plain_estimate():
    data = [PARTS[0], separated(PARTS[1]), PARTS[2]]
    with pytest.warns(SeparationWarning):
        pooled = pool_fits(data, lambda f: fit_cox(f, "x + z", event="y"))
    rows = pooled.tidy().set_index("term")
    assert rows.loc["x", ["estimate", "std_error", "conf_low", "p_value"]].isna().all()
    assert "1 of 3 imputations (2)" in rows.loc["x", "reason"]
    assert "monotone likelihood" in rows.loc["x", "reason"]
    assert not pooled.converged
    assert "no pooled estimate" in pooled.in_words("x")
    firth = pool_fits(data, firth_cox).tidy()
    assert np.isfinite(firth[["estimate", "conf_low", "conf_high"]]).all().all()


def test_a_term_that_one_imputation_lacks_has_no_pooled_estimate():
    data = [f.assign(g=np.where(f["x"] == 1, "b", "a")) for f in PARTS[:3]]
    data = [f.assign(g=f["g"].where(f.index % 9 > 0, "c")) for f in data[:2]] + data[2:]
    pooled = pool_fits(
        data, lambda f: fit_logistic(f, "g + z", event="y", penalty="firth")
    )
    rows = pooled.tidy().set_index("term")
    assert np.isnan(rows.loc["g[T.c]", "estimate"])
    assert "not in the fit" in rows.loc["g[T.c]", "reason"]
    assert np.isfinite(rows.loc["z", "conf_high"])


def test_an_infinite_limit_of_every_fit_stays_infinite():
    rng = np.random.default_rng(2)
    base = pd.DataFrame({"start": 0.0, "stop": np.arange(1.0, 31.0), "event": 0})
    base.loc[base.index < 2, "event"] = 1
    data = [base.assign(nxp2=[1, 1, *rng.integers(0, 2, 28)]) for _ in range(3)]
    fits = [fit_cox(f, "nxp2", penalty="firth") for f in data]
    own = np.array([fit.tidy()["conf_high"].iloc[0] for fit in fits])
    row = pool_fits(fits).tidy().iloc[0]
    assert own.min() <= row["conf_high"] <= own.max()


def test_counts_that_differ_between_imputations_are_told():
    data = [PARTS[0], PARTS[1].iloc[:70]]
    pooled = pool_fits(data, firth_logistic)
    assert pooled.tidy()["n"].iloc[0] == 75.0
    assert any("Rows in the fits differ" in note for note in pooled.notes)


def test_order_of_the_imputations_does_not_matter(logistic):
    other = pool_fits(logistic.fits[::-1]).tidy()
    for name in ("estimate", "conf_low", "conf_high", "p_value"):
        assert other[name].to_numpy() == pytest.approx(logistic.tidy()[name], abs=1e-7)


def test_ratios_words_and_pictures(logistic):
    ratios, logs = logistic.tidy(exponentiate=True), logistic.tidy()
    assert ratios["conf_high"].to_numpy() == pytest.approx(np.exp(logs["conf_high"]))
    assert set(ratios["scale"]) == {"odds ratio"}
    assert "5 imputations the odds ratio for x is" in logistic.in_words("x")
    html = logistic._repr_html_()
    assert "<table" in html and "5 imputations pooled" in html
    assert repr(logistic) == (
        "<Firth logistic: y ~ x + z (5 imputations pooled, clip limits)>"
    )
    assert any("use more of them" in note for note in logistic.notes)
    with pytest.raises(UsageError, match="no such terms"):
        logistic.in_words("w")
    again = pickle.loads(pickle.dumps(logistic))
    assert again.tidy().equals(logs)


def test_what_the_caller_gets_cannot_change_the_result(logistic):
    taken = logistic.tidy()
    taken["estimate"] = 0.0
    assert (logistic.tidy()["estimate"] != 0).all()


@pytest.mark.parametrize(
    ("data", "analyse", "said"),
    [
        (PARTS[:1], firth_logistic, "two imputations"),
        (PARTS, None, "pass analyse="),
        (PARTS, lambda f: None, "number 1 is NoneType"),
        (PARTS[0], firth_logistic, "not one DataFrame"),
        (3, firth_logistic, "not int"),
    ],
)
def test_refusals(data, analyse, said):
    with pytest.raises(UsageError, match=said):
        pool_fits(data, analyse)


def test_different_models_are_not_pooled():
    fits = [firth_logistic(PARTS[0]), fit_logistic(PARTS[1], "x", event="y")]
    with pytest.raises(UsageError, match=r"differ in formula.*differ in penalty"):
        pool_fits(fits)
    with pytest.raises(UsageError, match="'clip' or 'rubin'"):
        pool_fits(fits[:1] * 2, interval="wald")


def test_an_error_of_the_analysis_says_in_which_imputation():
    def fit(frame):
        if frame is PARTS[1]:
            raise ValueError("broken")
        return firth_logistic(frame)

    with pytest.raises(ValueError, match="broken") as caught:
        pool_fits(PARTS, fit)
    assert "imputation 2" in caught.value.__notes__[0]


def test_pooling_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pool_fits(PARTS, firth_cox)


def test_fits_with_different_reference_levels_are_not_pooled():
    """C against A must not be averaged with C against B."""
    rng = np.random.default_rng(2)
    first = PARTS[0].assign(group=rng.choice(["A", "B", "C"], len(PARTS[0])))
    second = first.assign(group=first["group"].replace({"A": "C"}))
    with pytest.raises(UsageError, match=r"reference level of group.*A, B"):
        pool_fits([first, second], lambda f: fit_cox(f, "group", event="y"))
