"""Exact rates and risks, one- and two-sided: by hand and against R."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.intervals.exact import binomial_limits
from jdm_stats.intervals.exact_rates import exact_rate
from jdm_stats.intervals.exact_tables import exact_table

R = json.loads(
    (Path(__file__).parents[1] / "reference" / "exact_tables.json").read_text()
)


def test_no_event_by_hand():
    rate = exact_rate(0, 96)
    assert rate.rate == rate.conf_low == rate.lower_one_sided == 0.0
    assert rate.upper_one_sided == pytest.approx(-math.log(0.05) / 0.96)
    assert rate.conf_high == pytest.approx(-math.log(0.025) / 0.96)


@pytest.mark.parametrize("case", R["poisson"], ids=lambda c: f"{c['events']}")
def test_rates_agree_with_r(case):
    rate = exact_rate(case["events"], case["years"], per=1, conf_level=case["level"])
    for mine, theirs in (
        ((rate.conf_low, rate.conf_high), case["two_sided"]),
        ((0.0, rate.upper_one_sided), case["at_most"]),
        ((rate.lower_one_sided, math.inf), case["at_least"]),
    ):
        assert mine == pytest.approx([float(end) for end in theirs], rel=1e-9)


@pytest.mark.parametrize("case", R["binom"], ids=lambda c: f"{c['events']}/{c['n']}")
def test_risks_agree_with_r(case):
    found = binomial_limits(
        np.array([case["events"]]), np.array([case["n"]]), case["level"]
    )
    ends = {name: float(limit[0]) for name, limit in found.items()}
    for mine, theirs in (
        ((ends["conf_low"], ends["conf_high"]), case["two_sided"]),
        ((0.0, ends["upper_one_sided"]), case["at_most"]),
        ((ends["lower_one_sided"], 1.0), case["at_least"]),
    ):
        assert mine == pytest.approx([float(end) for end in theirs], rel=1e-9)


@pytest.mark.parametrize("name", R["fisher"])
def test_tables_agree_with_r(name):
    case = R["fisher"][name]
    (a, b), (c, d) = case["table"]
    table = exact_table(a, a + b, c, c + d, conf_level=case["level"])
    assert table.p_value == pytest.approx(case["p_two_sided"], rel=1e-9)
    assert table.p_mid == pytest.approx(case["mid_p"]["two_sided"], rel=1e-9)
    if table.reason:
        return
    mine = (table.odds_ratio, table.conf_low, table.conf_high)
    theirs = (case["estimate_tight"], *case["limits_tight"])
    assert mine == pytest.approx([float(v) for v in theirs], rel=1e-8)
    ends = [float(v) for v in case["mid_p"]["limits"]]
    assert (table.mid_p_low, table.mid_p_high) == pytest.approx(ends, rel=1e-8)


def test_the_limits_stand_in_the_table_and_the_words():
    rate = exact_rate(2, 100)
    rows = rate.tidy().set_index("interval")
    assert rows.loc["exact upper", "conf_high"] == rate.upper_one_sided
    assert rows.loc["exact lower", "conf_high"] == math.inf
    assert "0.24 to 7.2" in rate.in_words() and "above 6.3" in rate.in_words()
    assert "2 events in 100 person-years" in rate._repr_html_()


def test_every_fault_is_named_at_once():
    with pytest.raises(UsageError) as caught:
        exact_rate(0.5, 0, per=-1, conf_level=1)  # type: ignore[arg-type]
    for word in ("events", "person_years", "per", "conf_level"):
        assert word in str(caught.value)
