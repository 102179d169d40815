"""Rates with exact limits, against published numbers and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from jdm_stats.errors import IntervalError, UsageError
from jdm_stats.intervals.rates import incidence_rates

# Exact 95% limits of a Poisson count (Garwood 1936; as tabulated by Ulm, Am J Epidemiol
# 1990;131:373-375, and given by poisson.test in R).
PUBLISHED = {
    0: (0.0, 3.688879),
    1: (0.02531781, 5.571643),
    2: (0.2422093, 7.224688),
    3: (0.6186721, 8.767273),
    4: (1.089865, 10.24159),
    5: (1.623486, 11.66833),
    6: (2.201894, 13.05947),
    10: (4.795389, 18.39036),
    20: (12.21652, 30.88838),
}


def person_years(events, years, **columns):
    """One child per event, the time shared out."""
    size = max(events, 1)
    return pd.DataFrame(
        {
            "patient_id": [f"{columns}{n}" for n in range(size)],
            "start": 0.0,
            "stop": years * 365.25 / size,
            "event": [int(n < events) for n in range(size)],
            **columns,
        }
    )


@pytest.mark.parametrize("events", PUBLISHED)
def test_exact_limits_are_those_published(events):
    rate = incidence_rates(person_years(events, 100.0)).iloc[0]
    assert (rate["events"], rate["rate"]) == (events, pytest.approx(events))
    low, high = PUBLISHED[events]
    assert rate["conf_low"] == pytest.approx(low, rel=1e-6)
    assert rate["conf_high"] == pytest.approx(high, rel=1e-6)


@pytest.mark.parametrize("events", [0, 1, 6])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_limits_leave_their_tail_in_the_poisson_law(events, level):
    rate = incidence_rates(person_years(events, 100.0), conf_level=level).iloc[0]
    assert poisson.cdf(events, rate["conf_high"]) == pytest.approx((1 - level) / 2)
    assert poisson.cdf(events, rate["upper_one_sided"]) == pytest.approx(1 - level)
    if events:
        assert poisson.sf(events - 1, rate["conf_low"]) == pytest.approx(
            (1 - level) / 2
        )


def test_no_event_in_n_years_is_the_rule_of_three():
    rate = incidence_rates(person_years(0, 50.0), per=1.0).iloc[0]
    assert rate["upper_one_sided"] == pytest.approx(-np.log(0.05) / 50)
    assert rate["conf_low"] == 0.0


def test_groups_by_hand():
    rows = pd.concat(
        [
            person_years(2, 40.0, antibody="NXP2"),
            person_years(0, 60.0, antibody="none"),
            person_years(1, 10.0, antibody=None),
        ],
        ignore_index=True,
    )
    rows.attrs["jdm_stats"] = {"synthetic": True, "outcome": "gi_perforation"}
    rates = incidence_rates(rows, by="antibody")
    assert list(rates.columns) == [
        *("antibody", "patients", "events", "person_years", "rate", "conf_low"),
        *("conf_high", "upper_one_sided", "per_person_years"),
    ]
    assert rates["antibody"].tolist() == ["NXP2", "none", "missing"]
    assert rates["patients"].tolist() == [2, 1, 1]
    assert rates["events"].tolist() == [2, 0, 1]
    assert rates["person_years"].tolist() == pytest.approx([40, 60, 10])
    assert rates["rate"].tolist() == pytest.approx([5, 0, 10])
    assert rates["per_person_years"].tolist() == [100.0] * 3
    assert rates.attrs["jdm_stats"]["synthetic"] is True
    total = incidence_rates(rows)
    assert total["events"].sum() == rates["events"].sum()
    assert total["person_years"].sum() == pytest.approx(rates["person_years"].sum())


def test_groups_that_change_over_time_share_their_children():
    rows = pd.DataFrame(
        {
            "patient_id": ["A", "A", "B"],
            "start": [0, 100, 0],
            "stop": [100, 300, 50],
            "event": [0, 1, 2],
            "pulse": [0.0, 1.0, 0.0],
            "nxp2": [1.0, 1.0, np.nan],
        }
    )
    rates = incidence_rates(rows, by=["pulse", "nxp2"], per=1, days_per_year=1)
    assert rates[["pulse", "nxp2", "patients", "events"]].values.tolist() == [
        [0.0, 1.0, 1, 0],
        [0.0, "missing", 1, 0],
        [1.0, 1.0, 1, 1],
    ]
    assert rates["person_years"].tolist() == [100, 50, 200]
    assert incidence_rates(rows, event_code=2)["events"].tolist() == [1]


def test_categories_without_rows_are_not_shown_and_ids_may_be_absent():
    rows = person_years(3, 30.0, group="a").drop(columns="patient_id")
    rows["group"] = pd.Categorical(rows["group"], categories=["b", "a"])
    rates = incidence_rates(rows, by="group")
    assert rates["group"].tolist() == ["a"]
    assert rates["patients"].isna().all()


def test_order_of_rows_does_not_matter():
    rows = pd.concat([person_years(n, 10.0 + n, g=f"g{n}") for n in range(4)])
    mixed = rows.sample(frac=1, random_state=11)
    pd.testing.assert_frame_equal(
        incidence_rates(rows, by="g"), incidence_rates(mixed, by="g")
    )


def test_no_rows_give_no_time_and_no_rate():
    rates = incidence_rates(person_years(1, 1.0).iloc[:0])
    assert rates[["patients", "events", "person_years"]].values.tolist() == [[0, 0, 0]]
    assert np.isnan(rates["rate"].iloc[0])


def test_wrong_calls_and_faulty_rows_are_told():
    rows = person_years(2, 10.0, g="a")
    for call, told in (
        ({"by": "antibody"}, "by names 'antibody'"),
        ({"by": ["g", "g"]}, "twice"),
        ({"per": 0}, "per must be"),
        ({"conf_level": 95}, "conf_level"),
        ({"event_code": 0}, "event_code"),
        ({"days_per_year": -1}, "days_per_year"),
    ):
        with pytest.raises(UsageError, match=told):
            incidence_rates(rows, **call)
    with pytest.raises(UsageError, match="rename"):
        incidence_rates(rows.assign(rate=1), by="rate")
    with pytest.raises(IntervalError, match="overlap"):
        incidence_rates(rows.assign(patient_id="A", stop=[10, 20], event=0))
