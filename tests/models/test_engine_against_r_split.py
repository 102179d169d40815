"""Coefficients by period after a split, and additive interaction, equal R's numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from jdm_stats.intervals.split import split_rows
from jdm_stats.models.cox import fit_cox
from tests.models.conftest import REFERENCE, read_json
from tests.models.engine_reference import TIES, assert_close

SPLIT = read_json("engine_split.json")


def by_period(cuts: list[float]) -> pd.DataFrame:
    """Split the rows of pbc and give log_bili a column per period."""
    rows = pd.read_csv(REFERENCE / "pbc.csv")
    pieces = split_rows(rows, cuts, start="start", stop="stop", event="event")
    period = np.searchsorted(cuts, pieces["start"].to_numpy(), side="right") + 1
    for k in range(1, len(cuts) + 2):
        pieces[f"log_bili_{k}"] = pieces["log_bili"] * (period == k)
    pieces["period"] = period
    return pieces


def check(fit, expected):
    assert list(fit.terms) == expected["terms"]
    assert_close(fit.summary["coef"], expected["coef"], 1e-9)
    assert_close(fit.covariance, expected["var"], 1e-9)
    glance = fit.glance().iloc[0]
    assert glance["log_likelihood"] == pytest.approx(expected["loglik"][1], rel=1e-12)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("name", ["split_1000", "split_400_1500"])
def test_coefficients_by_period(name, ties):
    expected = SPLIT[name]
    cuts = np.atleast_1d(expected["cuts"]).astype(float).tolist()
    pieces = by_period(cuts)
    assert len(pieces) == expected["rows"]
    events = pieces.groupby("period")["event"].sum().tolist()
    assert events == expected["events_by_period"]
    periods = " + ".join(f"log_bili_{k}" for k in range(1, len(cuts) + 2))
    fit = fit_cox(pieces, f"age + albumin + {periods}", ties=ties, interval="wald")
    check(fit, expected[ties]["by_period"])
    whole = pd.read_csv(REFERENCE / "pbc.csv")
    for rows in (pieces, whole):
        one = fit_cox(rows, "age + albumin + log_bili", ties=ties, interval="wald")
        check(one, expected[ties]["one_coefficient"])
    gain = fit.glance().loc[0, "log_likelihood"] - one.glance().loc[0, "log_likelihood"]
    assert 2 * gain == pytest.approx(expected[ties]["lr"], rel=1e-9)


@pytest.mark.parametrize("ties", TIES)
def test_relative_excess_risk_from_a_fit(ties):
    """The three hazard ratios and their covariance are all that the delta method needs."""
    expected = SPLIT["reri"][ties]
    rows = pd.read_csv(REFERENCE / "pbc.csv")
    rows["swollen"] = (rows["edema"] > 0).astype(int)
    rows["high"] = (rows["log_bili"] > 1).astype(int)
    fit = fit_cox(
        rows, "swollen + high + swollen:high + age", ties=ties, interval="wald"
    )
    terms = ["swollen", "high", "swollen:high"]
    b, v = fit.summary["coef"][terms], fit.covariance.loc[terms, terms].to_numpy()
    hr10, hr01, hr11 = np.exp([b.iloc[0], b.iloc[1], b.sum()])
    reri = hr11 - hr10 - hr01 + 1
    slope = np.array([hr11 - hr10, hr11 - hr01, hr11])
    se = np.sqrt(slope @ v @ slope)
    assert reri == pytest.approx(expected["reri"], rel=1e-9)
    assert se == pytest.approx(expected["reri_se"], rel=1e-9)
    lower = reri - norm.ppf(0.975) * se
    assert lower == pytest.approx(expected["reri_lower"], rel=1e-8)
