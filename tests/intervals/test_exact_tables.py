"""Two-by-two tables answered exactly: by hand, against R, and what must always hold."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.errors import UsageError
from jdm_stats.intervals.exact_tables import exact_table, exact_table_from

R = json.loads(
    (Path(__file__).parents[1] / "reference" / "two_by_two.json").read_text()
)


def test_two_against_two_by_hand():
    # both events among the two exposed: one of C(4, 2) = 6 splits
    table = exact_table(2, 2, 0, 2)
    assert table.p_value == pytest.approx(1 / 6 + 1 / 6)
    assert table.p_central == pytest.approx(1 / 3)
    assert table.p_mid == pytest.approx(1 / 6)
    assert table.odds_ratio == math.inf and table.sample_odds_ratio == math.inf
    # law of 2 exposed events: r^2 / (1 + 4 r + r^2) = 0.025 at the lower limit
    r = table.conf_low
    assert r**2 / (1 + 4 * r + r**2) == pytest.approx(0.025)
    assert table.conf_high == math.inf


def test_the_conditional_estimate_by_hand():
    # 1 of 2 against 1 of 3: mean of x is (4 * 1 * r * 3/2 ...) = 1 solved on paper
    # weights: x = 0: C(3,2) = 3; x = 1: 2 * 3 r = 6 r; x = 2: r^2
    # mean = (6 r + 2 r^2) / (3 + 6 r + r^2) = 1  =>  r = sqrt(3)
    table = exact_table(1, 2, 1, 3)
    assert table.odds_ratio == pytest.approx(math.sqrt(3), abs=1e-12)
    assert table.sample_odds_ratio == pytest.approx(2.0)


def test_risks_have_the_limits_of_clopper_and_pearson():
    table = exact_table(0, 41, 41, 41)
    assert table.risk_exposed == 0.0 and table.risk_exposed_low == 0.0
    assert table.risk_exposed_high == pytest.approx(1 - 0.025 ** (1 / 41))
    assert table.risk_unexposed_low == pytest.approx(0.025 ** (1 / 41))
    assert table.risk_unexposed_high == 1.0


@pytest.mark.parametrize("case", R["tables"], ids=lambda c: str(c["counts"]))
def test_agrees_with_r(case):
    table = exact_table(*case["counts"])
    assert table.p_value == pytest.approx(case["p_value"], rel=1e-9)
    for mine, theirs in (
        (table.odds_ratio, case["estimate"]),
        (table.conf_low, case["low"]),
        (table.conf_high, case["high"]),
        (table.mid_p_low, case["mid_low"]),
        (table.mid_p_high, case["mid_high"]),
    ):
        assert mine == pytest.approx(float(theirs), rel=1e-8)
    # fisher.test itself, whose root of t = odds or 1/odds in (0, 1) is good to 1.2e-4
    for mine, theirs in zip(
        (table.odds_ratio, table.conf_low, table.conf_high),
        case["fisher"],
        strict=True,
    ):
        bounded = (
            min(odds, 1 / odds if odds else 0.0) for odds in (mine, float(theirs))
        )
        assert next(bounded) == pytest.approx(next(bounded), abs=1.3e-4)
    low, high = case["risk_exposed"]
    assert table.risk_exposed_low == pytest.approx(low, rel=1e-9)
    assert table.risk_exposed_high == pytest.approx(high, rel=1e-9)


@pytest.mark.parametrize("counts", [(0, 3, 0, 5), (3, 3, 5, 5), (0, 0, 2, 5)])
def test_a_table_without_choice_says_why_there_is_no_odds_ratio(counts):
    table = exact_table(*counts)
    assert math.isnan(table.odds_ratio) and table.reason
    assert (table.conf_low, table.conf_high, table.p_value) == (0.0, math.inf, 1.0)
    assert "no odds ratio" in table.in_words()
    assert (table.tidy()["reason"] != "").any()
    assert table.reason in table._repr_html_()


def test_every_nan_estimate_has_its_reason():
    for counts in [(0, 0, 2, 5), (0, 3, 0, 5), (2, 3, 1, 4), (1, 1, 0, 0)]:
        rows = exact_table(*counts).tidy()
        assert (rows.loc[rows["estimate"].isna(), "reason"] != "").all()


def test_words_can_be_quoted():
    said = exact_table(5, 30, 1, 100, exposure="anti-NXP2").in_words()
    assert said == (
        "5 of 30 with anti-NXP2 had the event (17%, 95% limits 5.6% to 35%), against "
        "1 of 100 without (1.0%, 95% limits 0.025% to 5.4%). The conditional odds ratio "
        "is 19.2 (exact 95% limits 2.02 to 945; mid-p limits 2.53 to 475; Fisher's exact "
        "p = 0.002)."
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_swapping_arms_inverts_and_mid_p_lies_inside(data):
    n1, n0 = (data.draw(st.integers(1, 25)) for _ in range(2))
    a, b = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n0))
    one, two = exact_table(a, n1, b, n0), exact_table(b, n0, a, n1)
    assert one.p_value == pytest.approx(two.p_value, rel=1e-9)
    if one.reason:
        return
    for mine, theirs in (
        (one.odds_ratio, two.odds_ratio),
        (one.conf_low, two.conf_high),
        (one.mid_p_high, two.mid_p_low),
    ):
        inverse = math.inf if theirs == 0 else 0.0 if math.isinf(theirs) else 1 / theirs
        assert mine == pytest.approx(inverse, rel=1e-8)
    assert one.conf_low <= one.mid_p_low <= one.odds_ratio
    assert one.odds_ratio <= one.mid_p_high <= one.conf_high
    assert (one.p_central < 0.05) == (one.conf_low > 1 or one.conf_high < 1)


def test_limits_hold_their_level():
    # exact limits miss a true odds ratio of 2 in at most 5% of tables with these margins
    from jdm_stats.intervals.exact_odds import OddsLaw

    chance = OddsLaw(3, 20, 4, 30).chances(math.log(2.0))
    missed = 0.0
    for x, p in enumerate(chance):
        table = exact_table(x, 20, 7 - x, 30)
        missed += p * (not table.conf_low <= 2.0 <= table.conf_high)
    assert 0 < missed <= 0.05


def test_a_frame_gives_the_same_and_tells_what_it_left_out():
    frame = pd.DataFrame(
        {
            "patient_id": list("abcdefg"),
            "antibody": ["NXP2", "NXP2", "MDA5", "none", "none", None, "NXP2"],
            "event": [1, 2, 0, 1, 0, 1, np.nan],
        }
    )
    table = exact_table_from(frame, "antibody", exposed="NXP2")
    same = exact_table(1, 2, 1, 3)
    assert table.odds_ratio == same.odds_ratio
    assert table.notes == (
        "Left out for missing values: 2 rows with 1 event.",
        "The unexposed are MDA5, none.",
    )


def test_rows_of_a_synthetic_cohort_stay_marked():
    frame = pd.DataFrame({"nxp2": [1, 0], "event": [1, 0], "pattern": "background"})
    table = exact_table_from(frame, "nxp2")
    assert table.synthetic and "SYNTHETIC" in table._repr_html_()
    assert table.tidy().attrs["jdm_stats"]["synthetic"]


def test_rows_at_risk_are_refused():
    frame = pd.DataFrame(
        {"patient_id": ["a", "a", "b"], "nxp2": [1, 1, 0], "event": [0, 1, 0]}
    )
    with pytest.raises(UsageError, match=r"several rows of one child \(a\)"):
        exact_table_from(frame, "nxp2")


def test_every_fault_of_a_call_is_named_at_once():
    with pytest.raises(UsageError) as caught:
        exact_table(5, 3, 1.5, -1, conf_level=95)  # type: ignore[arg-type]
    said = str(caught.value)
    for word in ("events_exposed (5)", "events_unexposed", "n_unexposed", "conf_level"):
        assert word in said
    with pytest.raises(UsageError, match="exposed="):
        exact_table_from(
            pd.DataFrame({"sex": ["male", "female"], "event": [0, 1]}), "sex"
        )
