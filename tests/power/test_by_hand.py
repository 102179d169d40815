"""Cases worked on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest

from jdm_stats.power.event_law import (
    exposed_share_of_events,
    fewest_events,
    schoenfeld_events,
)
from jdm_stats.power.split_tests import cut_offs, firth_ratio
from jdm_stats.power.study_design import StudyDesign, expected_events
from jdm_stats.power.study_power import probability_of_fewer, study_power
from jdm_stats.power.time_course import CONSTANT, PUBLISHED, TimeCourse

DAYS = 365.25

# Two children, each with a risk of 1/2 by day 730; a fifth exposed. K is 0, 1 or 2 with
# chances 1/4, 1/2, 1/4.
TWO = StudyDesign(
    n_children=2,
    follow_up_years=730 / DAYS,
    exposure_share=0.2,
    risk_24_months=0.5,
    time_course="constant",
    test="exact",
)


def test_two_children_by_the_exact_test():
    # Both events exposed: p = 0.2^2 = 0.04, significant; one of one: p = 0.2, not. At a
    # ratio of 4 half of the events are exposed: power 1/4 * (1/2)^2.
    told = study_power(TWO, hazard_ratio=4)
    assert told.power == pytest.approx(1 / 16, abs=1e-12)
    assert told.size == pytest.approx(0.04 / 4, abs=1e-12)
    assert told.wrong_side == 0
    assert told.fewest_events == 2


def test_two_children_by_twice_the_smaller_tail():
    # 2 * 0.04 = 0.08: nothing can be significant.
    assert study_power(TWO.with_values(test="central"), hazard_ratio=4).power == 0


def test_two_children_one_sided():
    one = TWO.with_values(two_sided=False, test="central")
    assert study_power(one, hazard_ratio=4).power == pytest.approx(1 / 16, abs=1e-12)


def test_two_children_and_no_plain_estimate():
    # No event: 1/4. One event: always in one group, 1/2. Two: 1/4 * (1/4 + 1/4).
    told = study_power(TWO, hazard_ratio=4)
    assert told.no_event == pytest.approx(1 / 4, abs=1e-12)
    assert told.one_group == pytest.approx(1 / 2 + 1 / 8, abs=1e-12)
    assert told.no_plain_estimate == pytest.approx(7 / 8, abs=1e-12)


def test_two_children_and_fewer_events():
    assert probability_of_fewer(TWO, events=0) == 0
    assert probability_of_fewer(TWO, events=1) == pytest.approx(1 / 4, abs=1e-12)
    assert probability_of_fewer(TWO, events=2) == pytest.approx(3 / 4, abs=1e-12)
    assert probability_of_fewer(TWO, events=3) == 1


def test_with_half_exposed_six_events_are_the_fewest():
    # 2 / 2^5 = 0.0625, 2 / 2^6 = 0.03125.
    for test in ("exact", "central"):
        half = StudyDesign(exposure_share=0.5, test=test)
        assert fewest_events(half, 1) == fewest_events(half, -1) == 6


def test_a_rare_exposure_that_protects_needs_many_events():
    # 0.97^n <= 0.025 from n = 122 on: log(0.025) / log(0.97) = 121.1.
    rare = StudyDesign(exposure_share=0.03, test="central")
    assert fewest_events(rare, -1) == 122
    # All of one event exposed: 2 * 0.03 = 0.06; of two: 2 * 0.0009.
    assert fewest_events(rare, 1) == 2


def test_firths_statistic_of_two_events():
    # x = K = 2, p = 0.2: estimate 2.5/3; 2 (2.5 log(0.8333/0.2) + 0.5 log(0.1667/0.8)).
    told = firth_ratio(np.array([2.0]), np.array([2.0]), 0.2)[0]
    by_hand = 2 * (2.5 * math.log(2.5 / 3 / 0.2) + 0.5 * math.log(0.5 / 3 / 0.8))
    assert told == pytest.approx(by_hand) and told == pytest.approx(5.567, abs=1e-3)
    low, high = cut_offs(np.array([0, 1, 2]), 0.2, 0.05, "firth", 0)
    # Of one event, exposed: 2 (1.5 log(0.75/0.2) + 0.5 log(0.25/0.8)) = 2.80 < 3.84.
    assert low.tolist() == [-1, -1, -1] and high.tolist() == [1, 2, 2]


def test_without_an_event_firth_claims_nothing():
    # The formula alone would: at p = 0.0005 its statistic of no event is 6.2.
    assert firth_ratio(np.zeros(1), np.zeros(1), 0.0005)[0] > 3.84
    low, high = cut_offs(np.array([0]), 0.0005, 0.05, "firth", 0)
    assert low[0] == -1 and high[0] == 1


def test_the_share_of_the_events():
    assert exposed_share_of_events(0.2, 4.0) == 0.5
    assert exposed_share_of_events(0.2, 0.0) == 0.0
    assert exposed_share_of_events(0.2, math.inf) == 1.0


def test_schoenfelds_events():
    # (1.959964 + 0.841621)^2 / (0.25 log(2)^2) = 65.35
    z = 1.959963985 + 0.841621234
    assert schoenfeld_events(2.0, 0.5) == pytest.approx(z * z / 0.25 / math.log(2) ** 2)
    adjusted = schoenfeld_events(2.0, 0.5, r_squared=0.2)
    assert adjusted == pytest.approx(schoenfeld_events(2.0, 0.5) / 0.8)


def test_events_at_a_constant_rate_with_loss():
    # n l / (l + m) (1 - exp(-(l + m) T)), with l the hazard and m the rate of loss.
    design = StudyDesign(
        n_children=1000, follow_up_years=3, time_course="constant", loss_per_year=0.1
    )
    rate = -math.log(1 - 0.02) / 730 * DAYS
    total = rate + 0.1
    exact = 1000 * rate / total * -math.expm1(-total * 3)
    assert expected_events(design) == pytest.approx(exact, rel=1e-6)
    # Deaths at 100 in 1000 years do what losses at 0.1 do.
    died = design.with_values(loss_per_year=0, deaths_per_1000_years=100)
    assert expected_events(died) == pytest.approx(exact, rel=1e-6)


def test_events_with_recruitment_at_a_constant_rate():
    # Mean over T between 2 and 5 years: 1 - (exp(-2 l) - exp(-5 l)) / (3 l).
    design = StudyDesign(
        n_children=1000, follow_up_years=2, accrual_years=3, time_course="constant"
    )
    rate = -math.log(1 - 0.02) / 730 * DAYS
    exact = 1000 * (1 - (math.exp(-2 * rate) - math.exp(-5 * rate)) / (3 * rate))
    assert expected_events(design) == pytest.approx(exact, rel=1e-7)


def test_late_entry_does_not_matter_at_a_constant_rate():
    design = StudyDesign(time_course="constant", follow_up_years=3)
    late = design.with_values(late_entry_share=0.5, late_entry_days=200)
    assert expected_events(late) == pytest.approx(expected_events(design), rel=1e-6)


def test_late_entry_misses_early_events():
    # All enter on day 365: seen are (R(365 + 365) - R(365)) / (1 - R(365)).
    design = StudyDesign(
        n_children=1,
        follow_up_years=365 / DAYS,
        late_entry_share=1,
        late_entry_days=365,
        risk_24_months=0.4,
    )
    first = float(PUBLISHED.risk_by([365], 0.4)[0])
    assert expected_events(design) == pytest.approx((0.4 - first) / (1 - first))


def test_the_published_course_is_lognormal():
    # Half of all that ever come, by 9 months: R(273.9) = 0.02 / 2 / F(730).
    within = 0.5 * (1 + math.erf(math.log(730 / 273.9375) / 1.1 / math.sqrt(2)))
    told = PUBLISHED.risk_by([0, 273.9375, 730], 0.02)
    assert told == pytest.approx([0, 0.01 / within, 0.02])


def test_a_tabulated_course_is_straight_between_its_points():
    course = TimeCourse(
        "mine", "tabulated", days=(0, 365, 730, 1460), shares=(0, 0.7, 1, 1.2)
    )
    told = course.risk_by([182.5, 730, 1095, 9999], 0.02)
    assert told == pytest.approx([0.007, 0.02, 0.022, 0.024])


def test_a_constant_rate_doubles_and_the_published_course_does_not():
    two, four = (
        CONSTANT.risk_by([730, 1460], 0.02),
        PUBLISHED.risk_by([730, 1460], 0.02),
    )
    assert two[1] / two[0] == pytest.approx(1.98)
    assert four[1] / four[0] < 1.16
