"""Rubin's rules against paper and against mice."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from jdm_stats.errors import UsageError
from jdm_stats.imputation.rubin import degrees_of_freedom, pool_estimates

REFERENCE = Path(__file__).parents[1] / "reference"


def test_two_imputations_by_hand():
    # W = (0.04 + 0.09) / 2 = 0.065; B = 0.4**2 + 0.4**2 = 0.32; T = 0.065 + 1.5 * 0.32
    # = 0.545; r = 0.48 / 0.065; df = (2 - 1) (0.545 / 0.48)**2
    row = pool_estimates([0.6, 1.4], [0.2, 0.3]).iloc[0]
    assert row["estimate"] == pytest.approx(1.0, rel=1e-14)
    assert row["within"] == pytest.approx(0.065)
    assert row["between"] == pytest.approx(0.32)
    assert row["total"] == pytest.approx(0.545)
    assert row["riv"] == pytest.approx(0.48 / 0.065)
    df = (0.545 / 0.48) ** 2
    assert row["df"] == pytest.approx(df)
    r = 0.48 / 0.065
    assert row["fmi"] == pytest.approx((r + 2 / (df + 3)) / (r + 1))
    assert row["relative_efficiency"] == pytest.approx(1 / (1 + row["fmi"] / 2))
    assert row["mc_error"] == pytest.approx(np.sqrt(0.32 / 2))
    reach = t.ppf(0.975, df) * np.sqrt(0.545)
    assert row["conf_low"] == pytest.approx(1 - reach)
    assert row["conf_high"] == pytest.approx(1 + reach)
    assert row["m"] == 2


def test_barnard_and_rubin_by_hand():
    # lambda = 0.03/0.07; old = (7/3)**2; observed = (11/13) 10 (1 - 3/7)
    old, observed = (7 / 3) ** 2, 11 / 13 * 10 * 4 / 7
    found = degrees_of_freedom(np.array([0.04]), np.array([0.02]), 2, 10.0)
    assert found[0] == pytest.approx(old * observed / (old + observed))


@pytest.mark.parametrize("kind", ["logistic", "cox", "logistic_infinite"])
def test_the_numbers_of_mice(kind):
    told = json.loads((REFERENCE / "imputation.json").read_text())["rubin"][kind]
    fits = json.loads((REFERENCE / "imputation.json").read_text())["rubin_fits"]
    own = fits["cox" if kind == "cox" else "logistic"]
    complete_df = {"logistic": 77.0, "cox": fits["events"] - 2.0}.get(kind, np.inf)
    found = pool_estimates(own["estimate"], own["se"], complete_df=complete_df)
    for ours, theirs in {
        "estimate": "estimate",
        "std_error": "se",
        "df": "df",
        "p_value": "p",
        "conf_low": "lower",
        "conf_high": "upper",
        "within": "within",
        "between": "between",
        "total": "total",
        "riv": "riv",
        "fmi": "fmi",
    }.items():
        assert found[ours].to_numpy() == pytest.approx(told[theirs], rel=2e-5), ours


def test_nothing_between_gives_back_the_single_analysis():
    row = pool_estimates([0.1 + 0.2] * 7, [0.5] * 7).iloc[0]
    assert row["estimate"] == 0.1 + 0.2
    assert row["between"] == 0.0 and row["fmi"] == 0.0 and np.isinf(row["df"])
    assert row["conf_high"] == pytest.approx(0.3 + 1.959963984540054 * 0.5)


def test_a_missing_estimate_is_not_averaged_over():
    frame = pd.DataFrame({"a": [1.0, np.nan, 2.0], "b": [1.0, 2.0, np.inf], "c": 1.0})
    found = pool_estimates(frame, np.ones((3, 3))).set_index("term")
    assert found.loc[["a", "b"], ["estimate", "conf_low", "p_value"]].isna().all().all()
    assert found.loc["c", "estimate"] == 1.0


@pytest.mark.parametrize("apart", [1e-160, 4.5e-81, 1e-76, 1e-70, 1e-8])
@pytest.mark.parametrize("complete_df", [1.0, 1e4, np.inf])
def test_estimates_that_hardly_differ_have_the_freedom_of_the_complete_data(
    apart, complete_df
):
    row = pool_estimates([0.0, apart], [1.0, 1.0], complete_df=complete_df).iloc[0]
    whole = (complete_df + 1) / (complete_df + 3) * complete_df
    if np.isinf(complete_df):
        assert row["df"] > 1e30
    else:
        assert row["df"] == pytest.approx(whole, rel=1e-12)
    assert np.isfinite(row[["conf_low", "conf_high", "p_value"]].astype(float)).all()


@given(
    st.lists(
        st.tuples(st.floats(-50, 50), st.floats(1e-3, 50)), min_size=2, max_size=30
    ),
    st.floats(1, 1e4),
)
def test_total_variance_and_freedom_keep_their_bounds(pairs, complete_df):
    q, se = np.array(pairs).T
    row = pool_estimates(q, se, complete_df=complete_df).iloc[0]
    assert row["total"] >= row["within"] * (1 - 1e-12)
    assert 0 < row["df"] <= complete_df * (1 + 1e-9)
    assert 0 <= row["relative_efficiency"] <= 1
    assert row["conf_low"] <= row["estimate"] <= row["conf_high"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (([1.0], [1.0]), "two imputations"),
        (([1.0, 2.0], [1.0]), "shape"),
        (([1.0, 2.0], [1.0, -1.0]), "negative"),
        ((["a", "b"], [1.0, 1.0]), "must be numbers"),
        ((np.ones((2, 2, 2)), np.ones((2, 2, 2))), "dimensions"),
    ],
)
def test_refusals(given, said):
    with pytest.raises(UsageError, match=said):
        pool_estimates(*given)


def test_refused_levels_and_names():
    with pytest.raises(UsageError, match="conf_level"):
        pool_estimates([1.0, 2.0], [1.0, 1.0], conf_level=95)
    with pytest.raises(UsageError, match="complete_df"):
        pool_estimates([1.0, 2.0], [1.0, 1.0], complete_df=0)
    with pytest.raises(UsageError, match="2 terms"):
        pool_estimates([1.0, 2.0], [1.0, 1.0], terms=["a", "b"])
