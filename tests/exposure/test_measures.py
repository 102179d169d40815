"""What a measure is called, what it accepts and how steps and last days are found."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.exposure.history import LastDay, StepSums
from jdm_stats.exposure.measures import (
    cumulative_dose,
    current_dose,
    days_since,
    ever_event,
    recent_pulse,
)


def test_names_of_columns():
    measures = [current_dose(), cumulative_dose(), recent_pulse(), days_since()]
    assert [measure.name for measure in measures] == [
        "current_dose_mg_kg",
        "cumulative_dose_mg_kg",
        "recent_pulse",
        "days_since_pulse",
    ]
    assert days_since("surgery").name == "days_since_surgery"
    assert recent_pulse(name="pulse_30").name == "pulse_30"


@pytest.mark.parametrize(
    "make", [current_dose, cumulative_dose, recent_pulse, days_since]
)
@pytest.mark.parametrize("lag", [-1, 1.5, "7", True, None])
def test_a_lag_is_a_whole_number_of_days_from_nought(make, lag):
    with pytest.raises(UsageError, match="lag_days must be a whole number"):
        make(lag_days=lag)


@pytest.mark.parametrize("make", [cumulative_dose, recent_pulse, days_since])
@pytest.mark.parametrize("window", [0, -3, 2.0, True])
def test_a_window_is_a_whole_number_of_days_from_one(make, window):
    with pytest.raises(UsageError, match="window_days must be a whole number"):
        make(window_days=window)


def test_other_wrong_arguments_are_told():
    with pytest.raises(UsageError, match="pulse, steroid, gi_involvement"):
        days_since("perforation")
    with pytest.raises(UsageError, match="gi_involvement"):
        ever_event("involvement")
    with pytest.raises(UsageError, match="name of a column"):
        current_dose(name=" ")
    with pytest.raises(UsageError, match="pulses"):
        cumulative_dose(pulses="no")


def test_measures_are_frozen_compare_and_pickle():
    measure = recent_pulse(window_days=np.int64(30), lag_days=1)
    assert measure == recent_pulse(lag_days=1)
    assert hash(measure) == hash(recent_pulse(lag_days=1))
    assert pickle.loads(pickle.dumps(measure)) == measure
    with pytest.raises(AttributeError):
        measure.lag_days = 3


def test_step_sums_stay_exact_where_the_sum_of_all_children_overflows():
    big = 2**62
    child = np.arange(6)
    sums = StepSums(child, np.zeros(6, dtype=np.int64), np.full(6, big))
    assert (sums.up_to(child, child) == big).all()


def test_step_sums_and_last_days_of_nothing():
    nothing = np.empty(0, dtype=np.int64)
    who, day = np.array([0, 3]), np.array([5, -5])
    assert StepSums(nothing, nothing, nothing).up_to(who, day).tolist() == [0, 0]
    assert not LastDay(nothing, nothing, nothing).up_to(who, day)[0].any()


def test_last_day_looks_through_a_short_course_inside_a_long_one():
    spans = LastDay(np.array([0, 0]), np.array([1, 3]), np.array([9, 4]))
    known, day = spans.up_to(np.zeros(4, dtype=np.int64), np.array([0, 4, 7, 12]))
    assert known.tolist() == [False, True, True, True]
    assert day[1:].tolist() == [4, 7, 9]
