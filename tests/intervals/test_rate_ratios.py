"""Ratios, differences and standardised rates: by hand, as in R, and where cells are empty."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from jdm_stats.errors import IntervalError, UsageError
from jdm_stats.intervals.exact import RatioLaw
from jdm_stats.intervals.rate_ratios import rate_ratio, rate_ratios
from jdm_stats.intervals.rates import incidence_rates
from jdm_stats.intervals.standardised import standardised_rate, standardised_ratio
from jdm_stats.intervals.stratified import stratified_rate_ratio

REFERENCE = Path(__file__).parents[1] / "reference" / "intervals_rates.json"
R = json.loads(REFERENCE.read_text(encoding="utf-8"))
TWO = pd.DataFrame(R["two"]).astype(float)
AGE = pd.DataFrame(R["age"])


def rows_of(events, time, **columns):
    """Rows whose events and person-time add up to these numbers."""
    size = max(int(events), 1)
    happened = [int(place < events) for place in range(size)]
    return pd.DataFrame(
        {"start": 0.0, "stop": time / size, "event": happened, **columns}
    )


def strata_rows(table):
    parts = []
    for place, row in enumerate(pd.DataFrame(table).itertuples()):
        parts.append(rows_of(row.a, row.t1, group="yes", layer=f"s{place}"))
        parts.append(rows_of(row.b, row.t0, group="no", layer=f"s{place}"))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("case", TWO.index)
def test_two_rates_as_in_poisson_test(case):
    row = TWO.loc[case]
    got = rate_ratio(row.a, row.t1, row.b, row.t0, conf_level=row.level)
    assert got.rate_ratio == pytest.approx(row.ratio, rel=1e-12)
    assert got.conf_low == pytest.approx(row.low, rel=1e-10)
    assert got.conf_high == pytest.approx(row.high, rel=1e-10)
    assert got.p_value == pytest.approx(row.p, rel=1e-9)


def test_two_events_by_hand():
    """Both events in half of the time: limits solve p^2 = 0.025, so p / (1 - p)."""
    got = rate_ratio(2, 10.0, 0, 10.0)
    chance = np.sqrt(0.025)
    assert got.conf_low == pytest.approx(chance / (1 - chance))
    assert got.conf_high == np.inf
    assert got.rate_ratio == np.inf
    assert got.p_value == got.p_central == pytest.approx(0.5)
    mirror = rate_ratio(0, 10.0, 2, 10.0)
    assert (mirror.rate_ratio, mirror.conf_low) == (0.0, 0.0)
    assert mirror.conf_high == pytest.approx(1 / got.conf_low)
    nothing = rate_ratio(0, 10.0, 0, 5.0)
    assert np.isnan(nothing.rate_ratio)
    assert (nothing.conf_low, nothing.conf_high, nothing.p_value) == (0, np.inf, 1)


def test_mid_p_by_hand():
    got = rate_ratio(2, 10.0, 0, 10.0, mid_p=True)
    chance = np.sqrt(0.05)  # half of p^2 is 0.025
    assert got.conf_low == pytest.approx(chance / (1 - chance))
    assert got.p_value == got.p_central == pytest.approx(0.25)
    assert got.method == "mid-p"
    exact = rate_ratio(7, 30.0, 4, 80.0)
    shorter = rate_ratio(7, 30.0, 4, 80.0, mid_p=True)
    assert exact.conf_low < shorter.conf_low < shorter.conf_high < exact.conf_high


def test_the_difference_by_square_and_add():
    got = rate_ratio(6, 100.0, 1, 50.0, per=100)
    assert got.rate_difference == pytest.approx(4.0)
    low1, high1, low0, high0 = 2.201894, 13.05947, 0.02531781, 5.571643
    assert got.difference_low == pytest.approx(
        4 - np.hypot(6 - low1, 2 * high0 - 2), rel=1e-6
    )
    assert got.difference_high == pytest.approx(
        4 + np.hypot(high1 - 6, 2 - 2 * low0), rel=1e-6
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(0, 9),
    st.integers(0, 9),
    st.floats(0.01, 1e3),
    st.floats(0.01, 1e3),
    st.booleans(),
)
def test_limits_leave_their_tails_and_swap_with_the_groups(a, b, t1, t0, mid_p):
    got = rate_ratio(a, t1, b, t0, mid_p=mid_p)
    half = 0.5 if mid_p else 1.0

    def tails(ratio):
        chance = ratio * t1 / (ratio * t1 + t0)
        here = half * binom.pmf(a, a + b, chance)
        few = binom.cdf(a - 1, a + b, chance) + here
        return few, binom.sf(a, a + b, chance) + here

    if a:
        assert tails(got.conf_low)[1] == pytest.approx(0.025, rel=1e-6)
    if b:
        assert tails(got.conf_high)[0] == pytest.approx(0.025, rel=1e-6)
    other = rate_ratio(b, t0, a, t1, mid_p=mid_p)
    if a:
        assert other.conf_high == pytest.approx(1 / got.conf_low, rel=1e-6)
    assert other.p_value == pytest.approx(got.p_value)
    assert (got.p_central < 0.05) == (not got.conf_low <= 1 <= got.conf_high)


@pytest.mark.parametrize("name", R["strata"])
@pytest.mark.parametrize("method", ["exact", "mid-p"])
def test_strata_as_by_brute_force_in_r(name, method):
    case = R["strata"][name]
    expected = case["mid" if method == "mid-p" else "exact"]
    got = stratified_rate_ratio(
        strata_rows(case["table"]),
        by="group",
        reference="no",
        strata="layer",
        method=method,
        days_per_year=1,
    ).iloc[0]
    for ours, theirs in (
        ("rate_ratio", "ratio"),
        ("conf_low", "low"),
        ("conf_high", "high"),
        ("p_value", "p"),
    ):
        assert got[ours] == pytest.approx(float(expected[theirs]), rel=1e-7)


@pytest.mark.parametrize("name", ["few", "many"])
def test_mantel_haenszel_as_in_epi(name):
    case = R["strata"][name]
    got = stratified_rate_ratio(
        strata_rows(case["table"]),
        by="group",
        reference="no",
        strata="layer",
        method="mantel-haenszel",
        days_per_year=1,
    ).iloc[0]
    expected = case["mantel"]
    assert got["rate_ratio"] == pytest.approx(expected["ratio"])
    width = np.log(got["conf_high"] / got["conf_low"]) / 2 / 1.959963984540054
    assert width == pytest.approx(expected["se_epi"])
    assert got["p_value"] == pytest.approx(expected["p_epi"])


def test_one_stratum_is_no_stratum_and_silent_strata_say_nothing():
    rows = pd.concat(
        [rows_of(3, 30.0, g="yes"), rows_of(1, 30.0, g="no")], ignore_index=True
    )
    plain = rate_ratio(3, 30.0, 1, 30.0)
    alone = rows_of(2, 50.0, g="yes", s="b")
    calm = pd.concat(
        [rows_of(0, 9.0, g="yes", s="c"), rows_of(0, 9.0, g="no", s="c")],
    )
    both = pd.concat([rows.assign(s="a"), alone, calm], ignore_index=True)
    both.attrs["jdm_stats"] = {"synthetic": True}
    call = {"by": "g", "reference": "no", "strata": "s", "days_per_year": 1}
    got = stratified_rate_ratio(both, **call)
    assert got.attrs["jdm_stats"]["synthetic"] is True
    got = got.iloc[0]
    assert got["conf_low"] == pytest.approx(plain.conf_low)
    assert got["conf_high"] == pytest.approx(plain.conf_high)
    assert got["p_value"] == pytest.approx(plain.p_central)
    assert got[["strata", "strata_informative", "events_unused"]].tolist() == [3, 1, 2]
    law = RatioLaw(np.array([3]), np.array([4]), np.array([0.5]))
    exact = law._one_stratum(0.025)
    at = law.tails(mid_p=False)
    assert at(np.log(exact[0]))[1] == pytest.approx(0.025)
    assert at(np.log(exact[1]))[0] == pytest.approx(0.025)
    empty = stratified_rate_ratio(
        calm.reset_index(drop=True), **call, method="mantel-haenszel"
    ).iloc[0]
    assert np.isnan(empty["rate_ratio"])
    empty = stratified_rate_ratio(calm.reset_index(drop=True), **call).iloc[0]
    assert (empty["conf_low"], empty["conf_high"], empty["p_value"]) == (0, np.inf, 1)


def test_strata_with_many_events_keep_their_digits():
    table = {"a": [600, 900], "t1": [10.0, 12.0], "b": [500, 700], "t0": [11.0, 11.0]}
    got = stratified_rate_ratio(
        strata_rows(table), by="group", reference="no", strata="layer", days_per_year=1
    ).iloc[0]
    wald = stratified_rate_ratio(
        strata_rows(table),
        by="group",
        reference="no",
        strata="layer",
        days_per_year=1,
        method="mantel-haenszel",
    ).iloc[0]
    for name in ("rate_ratio", "conf_low", "conf_high"):
        assert got[name] == pytest.approx(wald[name], rel=2e-3)


def test_rates_of_groups_against_one_of_them():
    rows = pd.concat(
        [
            rows_of(5, 300.0, drug="pulse", child=[f"a{n}" for n in range(5)]),
            rows_of(1, 900.0, drug="oral", child="b"),
            rows_of(0, 50.0, drug=None, child="c"),
        ],
        ignore_index=True,
    )
    rows.attrs["jdm_stats"] = {"synthetic": True, "outcome": "death"}
    call = {
        "by": "drug",
        "reference": "oral",
        "days_per_year": 1,
        "patient_id": "child",
    }
    got = rate_ratios(rows, **call).set_index("drug")
    assert got.index.tolist() == ["oral", "pulse", "missing"]
    assert got.loc["oral", "rate_ratio"] == 1.0
    assert np.isnan(got.loc["oral", "conf_low"])
    one = rate_ratio(5, 300.0, 1, 900.0, per=100)
    assert got.loc["pulse", "rate_ratio"] == pytest.approx(one.rate_ratio)
    assert got.loc["pulse", "conf_high"] == pytest.approx(one.conf_high)
    assert got.loc["pulse", "difference_low"] == pytest.approx(one.difference_low)
    assert got.loc["missing", "rate_ratio"] == 0
    assert got["patients"].tolist() == [1, 5, 1]
    told = rate_ratios(rows, **call).attrs["jdm_stats"]
    assert told["synthetic"] is True and told["outcome"] == "death"
    with pytest.raises(UsageError, match="no row has drug = 'iv', the reference"):
        rate_ratios(rows, by="drug", reference="iv", patient_id="child")
    twice = rows.assign(child="x")
    with pytest.raises(IntervalError, match="overlap"):
        rate_ratios(twice, **call)
    with pytest.raises(UsageError, match="no column 'kid'"):
        incidence_rates(rows, patient_id="kid")


def test_observed_against_expected_as_in_r():
    expected = R["smr"]
    call = {"by": "band", "per": 1000, "counts": ("n", "years")}
    counts, rates = AGE[["band", "n", "years"]], AGE[["band", "rate"]]
    got = standardised_ratio(counts, rates, **call).iloc[0]
    assert got["observed"] == expected["observed"]
    assert got["expected"] == pytest.approx(expected["expected"])
    assert got["ratio"] == pytest.approx(8 / expected["expected"])
    assert got["conf_low"] == pytest.approx(expected["low"])
    assert got["conf_high"] == pytest.approx(expected["high"], rel=1e-6)
    assert got["p_value"] == pytest.approx(expected["p_central"])
    shuffled = standardised_ratio(counts, rates.sample(frac=1, random_state=1), **call)
    assert shuffled.iloc[0].equals(got)


def test_directly_standardised_rate_as_in_r():
    got = standardised_rate(
        AGE[["band", "n", "years"]],
        AGE[["band", "weight"]],
        by="band",
        per=1,
        counts=("n", "years"),
    ).iloc[0]
    for ours, theirs in (("rate", "rate"), ("conf_low", "low"), ("conf_high", "high")):
        assert got[ours] == pytest.approx(R["direct"][theirs], rel=1e-9)


def test_one_stratum_standardised_is_exact_poisson():
    rows = rows_of(4, 80.0, sex="f")
    rows.attrs["jdm_stats"] = {"synthetic": True}
    plain = incidence_rates(rows, days_per_year=1).iloc[0]
    weights = pd.DataFrame({"sex": ["f"], "weight": [3]})
    got = standardised_rate(rows, weights, by="sex", days_per_year=1)
    assert got.attrs["jdm_stats"]["synthetic"] is True
    for name in ("rate", "conf_low", "conf_high"):
        assert got[name].iloc[0] == pytest.approx(plain[name])
    none = standardised_rate(rows.assign(event=0), weights, by="sex", days_per_year=1)
    assert none["conf_low"].iloc[0] == 0
    assert poisson.cdf(0, none["conf_high"].iloc[0] * 0.8) == pytest.approx(0.025)
    ratio = standardised_ratio(
        rows, pd.DataFrame({"sex": ["f", "m"], "rate": [5, 7]}), by="sex", per=100
    )
    assert ratio["strata"].iloc[0] == 1
    assert ratio.attrs["jdm_stats"]["synthetic"] is True


def test_groups_are_standardised_one_by_one():
    counts = pd.DataFrame(
        {
            "drug": ["x", "x", "y", "y"],
            "age": [1, 2, 1, 2],
            "n": [1, 2, 3, 0],
            "years": [10.0, 20.0, 30.0, 40.0],
        }
    )
    rates = pd.DataFrame({"age": [1, 2], "rate": [0.1, 0.2]})
    got = standardised_ratio(
        counts, rates, by="age", group="drug", counts=("n", "years")
    )
    assert got["drug"].tolist() == ["x", "y"]
    assert got["expected"].tolist() == pytest.approx([5.0, 11.0])
    weights = pd.DataFrame({"age": [1, 2], "weight": [1, 3]})
    direct = standardised_rate(
        counts, weights, by="age", group="drug", counts=("n", "years"), per=1
    )
    assert direct["rate"].tolist() == pytest.approx([0.1, 0.025])
    with pytest.raises(UsageError, match=r"no person-time in 'y' for 2"):
        standardised_rate(
            counts.iloc[:3], weights, by="age", group="drug", counts=("n", "years")
        )


def test_strata_without_a_rate_are_listed():
    counts = AGE[["band", "n", "years"]]
    with pytest.raises(UsageError, match=r"no rate for 2 strata \(band\): 5-9; 10-14"):
        standardised_ratio(
            counts, AGE.iloc[[0, 3]], by="band", counts=("n", "years"), rate="rate"
        )
    for change, told in (
        ({"rate": [1, 2, np.nan, 4]}, "missing or infinite values"),
        ({"rate": [1, 2, -3, 4]}, "negative"),
        ({"rate": ["1", "2", "3", "4"]}, "numeric"),
        ({"band": ["0-4"] * 4}, "twice"),
    ):
        with pytest.raises(UsageError, match=told):
            standardised_ratio(
                counts, AGE.assign(**change), by="band", counts=("n", "years")
            )
    for change, told in (
        ({"n": [0.5, 1, 1, 1]}, "whole counts"),
        ({"years": [-1.0, 1, 1, 1]}, "person-years from 0"),
        ({"years": [0.0, 1, 1, 1]}, "events and no person-years"),
        ({"band": ["0-4", None, "5-9", "15+"]}, "is missing in row 2"),
    ):
        with pytest.raises(UsageError, match=told):
            standardised_ratio(
                counts.assign(**change), AGE, by="band", counts=("n", "years")
            )


def test_wrong_calls_are_told_at_once():
    with pytest.raises(UsageError) as told:
        rate_ratio(-1, 0.0, 1.5, np.nan, conf_level=95)
    for name in ("events1", "events0", "time1", "time0", "conf_level"):
        assert name in str(told.value)
    for bad in ("3", None, np.inf, 1j, [2]):
        with pytest.raises(UsageError, match="events1"):
            rate_ratio(bad, 1.0, 1, 1.0)
    rows = strata_rows(R["strata"]["few"]["table"])
    for change, told_of in (
        ({"method": "wald"}, "method"),
        ({"reference": "maybe"}, "reference"),
        ({"strata": []}, "strata"),
        ({"strata": "age"}, "by names 'age'"),
        ({"event_code": "one"}, "event_code"),
    ):
        call = {"by": "group", "reference": "no", "strata": "layer"} | change
        with pytest.raises(UsageError, match=told_of):
            stratified_rate_ratio(rows, **call)


def test_results_show_well():
    got = rate_ratio(5, 300.0, 1, 900.0)
    assert repr(got).startswith("RateRatio(15, 95% limits 1.68 to 709")
    assert "<caption>Rate ratio" in got._repr_html_()
