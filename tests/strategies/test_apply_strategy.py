"""One child, ten days, worked on paper for every rule; then what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.errors import UsageError
from jdm_stats.strategies import Strategy, apply_strategy

# Day                0    1    2    3    4    5    6    7    8    9
ORAL = np.array([1.0, 1.0, 0.0, 0.0, 2.0, 2.0, 1.0, 1.0, 0.4, 0.4])
PULSE = np.array([0.0, 0.0, 30.0, 30.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])


def under(strategy, time_zero=1, u=0.0, oral=ORAL, pulse=PULSE):
    doses = apply_strategy(
        strategy, oral[:, None], pulse[:, None], np.array([time_zero]), np.array([u])
    )
    return doses[0][:, 0].tolist(), doses[1][:, 0].tolist(), int(doses[2][0])


def test_the_natural_course_is_left_as_it_is():
    assert under(Strategy.natural()) == (ORAL.tolist(), PULSE.tolist(), 1)


def test_a_dose_above_the_band_is_cut_and_one_below_left():
    oral, pulse, start = under(Strategy(oral_at_most=0.5))
    assert oral == [1.0, 0.5, 0.0, 0.0, 0.5, 0.5, 0.5, 0.5, 0.4, 0.4]
    assert (pulse, start) == (PULSE.tolist(), 1)


def test_a_dose_below_the_band_rises_at_once_but_not_on_days_with_a_pulse():
    oral, pulse, _ = under(Strategy(oral_at_least=1.5))
    assert oral == [1.0, 1.5, 0.0, 0.0, 2.0, 2.0, 1.5, 1.5, 1.5, 1.5]
    assert pulse == PULSE.tolist()


def test_where_a_pulse_is_taken_away_the_dose_before_it_goes_on():
    oral, pulse, _ = under(Strategy(pulses="none"))
    assert oral == [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 0.4, 0.4]
    assert pulse == [0.0] * 10


def test_nothing_is_touched_before_time_zero():
    oral, pulse, _ = under(Strategy(oral_at_most=0.0, pulses="none"), time_zero=3)
    assert oral == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert pulse == [0.0, 0.0, 30.0] + [0.0] * 7


def test_pulses_are_given_from_the_start_and_later_ones_come_as_they_come():
    rules = {"pulses": "given", "pulse_mg_kg": 20.0}
    oral, pulse, _ = under(Strategy(**rules, pulse_days=2))
    assert pulse == [0.0, 20.0, 20.0, 30.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert oral == [1.0, 0.0, 0.0, 0.0, 2.0, 2.0, 1.0, 1.0, 0.4, 0.4]
    _, pulse, start = under(Strategy(**rules, pulse_days=1), time_zero=8)
    assert (pulse[8], start) == (20.0, 8)


def test_a_taper_and_its_end():
    oral, _, _ = under(Strategy(taper=[(0, 2.0), (4, 1.0), (6, 0.25)], pulses="none"))
    assert oral == [1.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 0.25, 0.25, 0.25]


def test_a_schedule_may_rise():
    oral, _, _ = under(Strategy(schedule=[(0, 0.0), (5, 3.0)]), time_zero=4)
    assert oral == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0]


def test_a_higher_dose_falls_by_a_share_each_week():
    oral = np.full(10, 2.0)
    none = np.zeros(10)
    # The dose before the start is 2: the first week at most 1.5, the second 1.125 = 1.12.
    fall = Strategy(oral_at_most=0.5, fall_share_per_week=0.25)
    got, _, _ = under(fall, oral=oral, pulse=none)
    assert got == [2.0] + [1.5] * 7 + [1.12] * 2
    # It falls from the dose taken, so a later natural dose above it is not followed.
    assert under(fall, oral=np.r_[1.0, oral[1:]], pulse=none)[0][1:3] == [0.75, 0.75]
    # From diagnosis on there is no dose to fall from.
    assert under(fall, time_zero=0, oral=oral, pulse=none)[0] == [0.5] * 10


def test_a_fall_counts_from_the_last_day_without_a_pulse():
    fall = Strategy(oral_at_most=0.1, pulses="none", fall_share_per_week=0.5)
    assert under(fall, time_zero=4)[0][4:] == [0.5, 0.5, 0.5, 0.5, 0.4, 0.4]


def test_a_natural_start_is_the_first_day_that_complies():
    low = Strategy(oral_at_most=1.0, pulses="none", grace_days=4)
    # Day 2 and 3 have pulses; day 4 and 5 a dose of 2; day 6 complies.
    oral, pulse, start = under(low, time_zero=2)
    assert start == 6
    assert (oral, pulse) == (ORAL.tolist(), PULSE.tolist())
    # With a shorter grace period it starts at its end.
    oral, pulse, start = under(low.model_copy(update={"grace_days": 1}), time_zero=2)
    assert start == 3
    assert pulse == [0.0, 0.0, 30.0] + [0.0] * 7
    assert oral == [1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.4, 0.4]


def test_a_natural_pulse_begins_the_pulses_to_be_given():
    high = Strategy(
        oral_at_least=2.0, pulses="given", pulse_mg_kg=20, pulse_days=3, grace_days=5
    )
    oral, pulse, start = under(high, time_zero=1)
    assert start == 2
    assert pulse == [0.0, 0.0, 20.0, 20.0, 20.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert oral == [1.0, 1.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 2.0]
    _, pulse, start = under(high, time_zero=4)
    assert (start, pulse[9]) == (9, 20.0)


def test_a_uniform_start_follows_its_number():
    low = Strategy(oral_at_most=0.0, grace_days=3, start="uniform")
    assert [under(low, u=u)[2] for u in (0.0, 0.249, 0.25, 0.5, 0.999)] == [
        1,
        1,
        2,
        3,
        4,
    ]
    assert under(low, time_zero=4, u=0.5)[0][4:] == [2.0, 2.0, 0.0, 0.0, 0.0, 0.0]


def test_the_natural_course_resumes():
    brief = Strategy(oral_at_most=0.0, pulses="none", sustain_days=5)
    oral, pulse, _ = under(brief)
    assert oral == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.4, 0.4]
    assert pulse == [0.0] * 10
    _, pulse, _ = under(brief.model_copy(update={"sustain_days": 1}))
    assert pulse == PULSE.tolist()


def test_a_child_whose_time_zero_never_comes_is_left_alone():
    assert under(Strategy(oral_at_most=0.0, pulses="none"), time_zero=10**7) == (
        ORAL.tolist(),
        PULSE.tolist(),
        10**7,
    )


def test_a_grace_period_may_run_past_the_last_day():
    assert under(Strategy(oral_at_least=3.0, grace_days=30), time_zero=8)[2] == 38


def test_faults_of_a_call():
    with pytest.raises(UsageError, match="one shape"):
        apply_strategy(
            Strategy(), np.ones((3, 2)), np.ones((3, 1)), np.zeros(2), np.zeros(2)
        )
    with pytest.raises(UsageError, match=r"time_zero must have shape.*; u must"):
        apply_strategy(
            Strategy(), np.ones((3, 2)), np.ones((3, 2)), np.zeros(3), np.zeros(1)
        )
    with pytest.raises(UsageError, match="time_zero must be 0 or more, not -1"):
        under(Strategy(), time_zero=-1)


doses = st.lists(st.integers(0, 300), min_size=30, max_size=30)


@given(doses, st.lists(st.booleans(), min_size=30, max_size=30), st.integers(0, 29))
@settings(max_examples=60)
def test_same_rules_same_arrays_and_rules_kept(hundredths, pulsed, time_zero):
    pulse = np.where(pulsed, 20.0, 0.0)
    oral = np.where(pulsed, 0.0, np.array(hundredths) / 100)
    low = Strategy.low_dose(name="a", grace_days=5, sustain_days=None)
    got = under(low, time_zero, oral=oral, pulse=pulse)
    assert got == under(
        low.model_copy(update={"name": "b"}), time_zero, oral=oral, pulse=pulse
    )
    start = got[2]
    assert time_zero <= start <= time_zero + 5
    assert got[0][:start] == oral[:start].tolist()
    assert sum(got[1][start:]) == 0
    most = max(0.5, oral.max() / 2) + 0.005  # doses are rounded to 0.01 mg/kg
    assert max(got[0][start:], default=0.0) <= most + 1e-9
    assert max(got[0][start + 21 :], default=0.0) <= 0.5
