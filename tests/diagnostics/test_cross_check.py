"""Second engines on a hand-made case, on every kind of model, and when they must speak up."""

from __future__ import annotations

import importlib.util
import math
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar

import jdm_stats as jdm
from jdm_stats.diagnostics import second_engines
from jdm_stats.diagnostics.cross_check import cross_check
from jdm_stats.diagnostics.second_engines import (
    LIFELINES,
    PHREG,
    SecondFit,
    _lifelines,
    _phreg,
)
from jdm_stats.errors import JdmStatsWarning, UsageError
from jdm_stats.models.priors import NormalPrior

WITHOUT_FIRTHMODELS = importlib.util.find_spec("firthmodels") is None
needs_firthmodels = pytest.mark.skipif(
    WITHOUT_FIRTHMODELS, reason="firthmodels is not installed"
)


def rows(seed: int = 3, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 14, n)
    return pd.DataFrame(
        {
            "patient_id": np.arange(n),
            "start": start,
            "stop": start + rng.integers(1, 12, n),
            "event": (rng.random(n) < 0.5).astype(int),
            "x": rng.normal(size=n),
            "z": rng.integers(0, 2, n),
            "centre": rng.integers(0, 3, n),
            "whole": rng.integers(1, 4, n),
            "part": rng.random(n) + 0.5,
            "o": 0.3 * rng.normal(size=n),
        }
    )


def untied(frame: pd.DataFrame) -> pd.DataFrame:
    shift = np.random.default_rng(1).permutation(len(frame)) / 100
    return frame.assign(start=0.0, stop=frame["stop"] + shift)


# Two deaths at once with weights 2 and 3 among five children, the last one entering late.
HAND = pd.DataFrame(
    {
        "start": [0, 0, 0, 0, 4],
        "stop": [4, 4, 6, 7, 8],
        "event": [1, 1, 1, 0, 0],
        "x": [1.0, 0.0, 1.0, 0.0, 1.0],
        "w": [2.0, 3.0, 1.5, 1.0, 2.5],
    }
)


def hand_log_likelihood(b: float, *, efron: bool) -> float:
    """Weights as R's coxph takes them; at time 4 the late child is not at risk yet.

    The tied deaths, of mean weight 2.5, share two factors; Efron takes half of both
    deaths off the second.
    """
    h = math.exp(b)
    both, others = 2 * h + 3, 1.5 * h + 1
    second = both / 2 if efron else both
    total = 2 * b - 2.5 * (math.log(both + others) + math.log(second + others))
    return total + 1.5 * (b - math.log(1.5 * h + 1 + 2.5 * h))


def test_lifelines_takes_weights_and_ties_and_entry_as_on_paper():
    fit = jdm.fit_cox(HAND, "x", weights="w", interval="wald")
    found = _lifelines(fit)
    best = minimize_scalar(lambda b: -hand_log_likelihood(b, efron=True), (-2.0, 2.0))
    b = float(found.coefficients[0])
    assert b == pytest.approx(best.x, abs=1e-6)
    assert found.log_likelihood == pytest.approx(
        hand_log_likelihood(b, efron=True), abs=1e-12
    )


def test_repeated_rows_are_weights_under_breslow_as_on_paper():
    """Weights doubled to be whole; 1.5 and 2.5 become 3 and 5, and the likelihood doubles."""
    frame = HAND.assign(w=2 * HAND["w"])
    fit = jdm.fit_cox(frame, "x", weights="w", ties="breslow", interval="wald")
    found = _phreg(fit)
    b = float(found.coefficients[0])
    best = minimize_scalar(lambda b: -hand_log_likelihood(b, efron=False), (-2.0, 2.0))
    assert b == pytest.approx(best.x, abs=1e-6)
    # log sums of doubled weights are larger by log 2, once for each unit of weight.
    doubled = 2 * hand_log_likelihood(b, efron=False) - 13 * math.log(2)
    assert found.log_likelihood == pytest.approx(doubled, abs=1e-10)


def test_an_entry_that_is_not_shifted_would_be_another_model():
    from statsmodels.duration.hazard_regression import PHReg

    fit = jdm.fit_cox(HAND, "x")
    wrong = PHReg(
        HAND["stop"].astype(float),
        HAND[["x"]].to_numpy(),
        status=HAND["event"],
        entry=HAND["start"].astype(float),
        ties="efron",
    ).fit(disp=False)
    assert abs(wrong.params[0] - fit.inference.coefficients[0]) > 0.01
    assert _phreg(fit).coefficients[0] == pytest.approx(
        fit.inference.coefficients[0], abs=1e-10
    )


def test_entry_matters_in_the_rows_below():
    fit = jdm.fit_cox(rows(), "x + z")
    assert fit.rows.sets.lo.any()


COX = [
    ({}, ["lifelines", "statsmodels"]),
    ({"ties": "breslow"}, ["statsmodels"]),
    ({"strata": "centre"}, ["lifelines", "statsmodels"]),
    ({"strata": "centre", "offset": "o"}, ["statsmodels"]),
    ({"weights": "whole"}, ["lifelines"]),
    ({"weights": "whole", "ties": "breslow"}, ["statsmodels"]),
    ({"weights": "part", "strata": "centre"}, ["lifelines"]),
    ({"weights": "part", "weight_kind": "sampling"}, ["lifelines"]),
]


@pytest.mark.parametrize(("options", "engines"), COX)
def test_plain_cox_models_agree(options, engines):
    found = cross_check(jdm.fit_cox(rows(), "x + z", **options))
    assert [check.engine for check in found.checks] == engines
    assert found.agrees
    assert (found.digits >= 8).all().all()
    other = {"lifelines", "statsmodels"} - set(engines)
    assert set(found.unable) == other
    assert "agree" in found.in_words()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weights": "whole"},
        {"weights": "part", "weight_kind": "sampling"},
        {"offset": "o"},
    ],
)
def test_plain_logistic_models_agree(options):
    found = cross_check(jdm.fit_logistic(rows(), "x + z", **options))
    assert found.agrees
    assert (found.digits >= 8).all().all()
    assert found.in_words().startswith("One other engine agrees")


@needs_firthmodels
@pytest.mark.parametrize(
    "options", [{}, {"offset": "o"}, {"weights": "part", "weight_kind": "sampling"}]
)
def test_firth_logistic_models_agree_but_for_standard_errors_of_another_kind(options):
    found = cross_check(jdm.fit_logistic(rows(), "x + z", penalty="firth", **options))
    assert found.agrees
    assert found.digits["standard errors"].isna().all()
    assert found.digits["log-likelihood"].iloc[0] >= 8


@needs_firthmodels
def test_right_censored_firth_cox_models_agree_whatever_becomes_of_late_rows():
    """A child that enters after the last event is at risk at none of them."""
    frame = untied(rows())
    last = frame.loc[frame["event"] == 1, "stop"].max()
    late = frame.iloc[[0]].assign(
        patient_id=999, start=last + 1, stop=last + 2, event=0
    )
    frame = pd.concat([frame, late], ignore_index=True)
    for ties in ("efron", "breslow"):
        found = cross_check(jdm.fit_cox(frame, "x + z", penalty="firth", ties=ties))
        assert found.agrees
        assert (found.digits >= 8).all().all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"weights": "part", "ties": "breslow"}, "it knows no weights"),
        ({"weights": "part", "offset": "o"}, "it knows no offset"),
        ({"penalty": NormalPrior(sd=1.0)}, "knows priors"),
        ({"penalty": "firth"}, "delayed entry"),
    ],
)
def test_what_no_engine_can_fit_is_not_checked_and_says_why(options, told):
    found = cross_check(jdm.fit_cox(rows(), "x + z", **options))
    assert not found.checked
    assert not found.agrees
    assert told in found.in_words()
    assert "ot checked" in found.in_words()
    assert found.tidy().empty


def test_a_fit_without_estimate_is_not_checked():
    frame = pd.DataFrame(
        {"start": 0, "stop": [1, 2, 3, 4], "event": [1, 1, 0, 0], "x": [1, 1, 0, 0]}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JdmStatsWarning)
        fit = jdm.fit_cox(frame, "x")
    assert "no estimate to check (monotone likelihood" in cross_check(fit).in_words()


def test_an_engine_that_disagrees_is_told_with_both_numbers(monkeypatch):
    def wrong(fit):
        right = _phreg(fit)
        return replace(right, coefficients=right.coefficients + np.array([0.0, 1e-5]))

    monkeypatch.setattr(
        second_engines, "PHREG", replace(PHREG, refit=wrong), raising=True
    )
    fit = jdm.fit_cox(rows(), "x + z")
    found = cross_check(fit)
    assert not found.agrees
    own = float(fit.summary.loc["z", "coef"])
    assert f"the coefficient of z is {own:.10g} here" in found.in_words()
    assert "DISAGREE" in found.in_words()
    assert "DISAGREE" in repr(found)
    told = found.tidy().set_index(["engine", "quantity", "term"])
    row = told.loc[("statsmodels", "coefficients", "z")]
    assert row["difference"] == pytest.approx(1e-5, rel=1e-4)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda f: replace(f, std_errors=f.std_errors * np.array([1.0, 1 + 3e-6])),
            "the standard error of z is",
        ),
        (
            lambda f: replace(f, log_likelihood=f.log_likelihood * (1 + 1e-7)),
            "the log-likelihood is",
        ),
        (lambda f: replace(f, log_likelihood=math.nan), "the log-likelihood is"),
    ],
)
def test_equal_coefficients_are_not_enough(monkeypatch, change, told):
    monkeypatch.setattr(
        second_engines, "PHREG", replace(PHREG, refit=lambda fit: change(_phreg(fit)))
    )
    found = cross_check(jdm.fit_cox(rows(), "x + z"))
    assert (found.digits["coefficients"] >= 8).all()
    assert [check.agrees for check in found.checks] == [True, False]
    assert not found.agrees
    assert "DISAGREES" in repr(found)
    assert f"DISAGREE: {told}" in found.in_words()


def test_digits_asked_of_standard_errors_are_six(monkeypatch):
    def near(fit):
        right = _phreg(fit)
        return replace(right, std_errors=right.std_errors * (1 + 5e-7))

    monkeypatch.setattr(second_engines, "PHREG", replace(PHREG, refit=near))
    found = cross_check(jdm.fit_cox(rows(), "x + z"))
    assert found.digits.loc["statsmodels", "standard errors"] == 6
    assert found.agrees
    asked = "asked: coefficients 8, standard errors 6, log-likelihood 8"
    assert asked in found.in_words()


@pytest.mark.parametrize("kind", ["robust", "jackknife"])
def test_limits_that_no_second_engine_checked_are_told(kind):
    found = cross_check(jdm.fit_cox(rows(), "x + z", cluster="centre", interval=kind))
    assert found.agrees
    assert f"The {kind} limits of this fit were not checked" in found.in_words()
    for interval in ("wald", "profile"):
        plain = cross_check(jdm.fit_cox(rows(), "x + z", interval=interval))
        assert "limits" not in plain.in_words()


def test_standard_errors_that_were_not_compared_are_told(monkeypatch):
    for name, engine in (("PHREG", PHREG), ("LIFELINES", LIFELINES)):
        bare = replace(
            engine,
            refit=lambda fit, own=engine: replace(own.refit(fit), std_errors=None),
        )
        monkeypatch.setattr(second_engines, name, bare)
    found = cross_check(jdm.fit_cox(rows(), "x + z"))
    assert found.agrees
    assert (
        "Standard errors were not compared: those of lifelines, statsmodels"
        in found.in_words()
    )


def test_an_engine_that_stops_or_gives_no_number_never_stops_us(monkeypatch):
    def stops(fit):
        raise ValueError("matrix is singular\nmore")

    def nothing(fit):
        return SecondFit(np.array([np.nan, 0.0]), None, math.nan)

    monkeypatch.setattr(second_engines, "LIFELINES", replace(LIFELINES, refit=stops))
    monkeypatch.setattr(second_engines, "PHREG", replace(PHREG, refit=nothing))
    found = cross_check(jdm.fit_cox(rows(), "x + z"))
    assert found.unable == {"lifelines": "it stopped: ValueError (matrix is singular)"}
    assert not found.agrees
    assert found.digits.loc["statsmodels", "coefficients"] == 0


def test_other_things_are_refused():
    with pytest.raises(UsageError, match="DataFrame"):
        cross_check(rows())
