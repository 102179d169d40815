"""Courses not given daily, worked on paper: every dose whole, on the day it was given.

One child, weekly, alternate-day and single doses of 1 mg/kg. The current dose is a mean
daily level by a stated rule; totals and days since the last dose know the true days.
"""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.measures import cumulative_dose, current_dose, days_since


def given(*courses: tuple[int, int, int], leave: int = 40, **cells: object) -> Cohort:
    """One child with courses (start_day, stop_day, every_n_days) of 1 mg/kg a dose."""
    patients = pd.DataFrame({"patient_id": ["P"], "antibody": ["NXP2"]})
    patients = patients.assign(entry_day=0, exit_day=leave, exit_reason="lost")
    columns = ["start_day", "stop_day", "every_n_days"]
    table = pd.DataFrame(list(courses), columns=columns).assign(patient_id="P")
    table = table.assign(drug="prednisone", route="oral", dose_mg=1.0)
    return Cohort(patients, table.assign(dose_basis="per_kg_day", **cells))


def by_day(cohort: Cohort, measure) -> dict[int, float]:
    """Value on (t-1, t] by t."""
    rows = expand_intervals(cohort, measures=[measure], every_days=1, covariates=[])
    assert rows["stop"].tolist() == list(range(1, 41))
    return dict(zip(rows["stop"], rows[measure.name], strict=True))


@pytest.mark.parametrize(
    ("course", "total"),
    [
        ((0, 21, 7), 4.0),  # days 0, 7, 14, 21; the mean of 22 days would be 3.143
        ((0, 20, 7), 3.0),  # days 0, 7, 14; 21 is past the stop day
        ((0, 0, 7), 1.0),  # one dose, not 0.143
        ((0, 8, 2), 5.0),  # days 0, 2, 4, 6, 8; not 4.5
        ((0, 7, 2), 4.0),  # days 0, 2, 4, 6
        ((0, 8, 1), 9.0),
        ((0, 8, 3660), 1.0),
        ((-9, 5, 7), 3.0),  # days -9, -2, 5
    ],
)
def test_the_total_is_what_was_given(course, total):
    values = by_day(given(course), cumulative_dose())
    assert values[40] == total


def test_a_weekly_total_rises_on_the_day_after_each_dose():
    values = by_day(given((0, 21, 7)), cumulative_dose())
    steps = {1: 1, 7: 1, 8: 2, 14: 2, 15: 3, 21: 3, 22: 4, 28: 4, 40: 4}
    assert {day: values[day] for day in steps} == steps
    late = by_day(given((0, 21, 7)), cumulative_dose(lag_days=3))
    steps = {3: 0, 4: 1, 10: 1, 11: 2, 24: 3, 25: 4}
    assert {day: late[day] for day in steps} == steps


def test_a_window_takes_whole_doses_in_and_lets_them_go():
    # A dose on day d counts on (d, d + 10].
    values = by_day(given((0, 21, 7)), cumulative_dose(window_days=10))
    # Days 0 and 7 on (7, 10], 7 alone on (10, 14], 7 and 14 on (14, 17], ...
    steps = {7: 1, 8: 2, 10: 2, 11: 1, 14: 1, 15: 2, 17: 2, 18: 1, 31: 1, 32: 0}
    assert {day: values[day] for day in steps} == steps


def test_days_since_a_steroid_counts_from_the_day_of_a_dose():
    values = by_day(given((0, 21, 7)), days_since("steroid", window_days=30))
    steps = {1: 1, 2: 2, 7: 7, 8: 1, 14: 7, 21: 7, 22: 1, 23: 2, 40: 19}
    assert {day: values[day] for day in steps} == steps
    alternate = by_day(given((0, 8, 2)), days_since("steroid", lag_days=1))
    # With a lag of a day the dose of day d is known from d + 2 on.
    steps = {1: 365, 2: 2, 3: 3, 4: 2, 9: 3, 10: 2, 11: 3, 12: 4}
    assert {day: alternate[day] for day in steps} == steps


def test_the_current_dose_is_the_mean_from_the_first_day_to_the_last():
    rows = expand_intervals(given((0, 21, 7)), measures=[current_dose()])
    columns = ["start", "stop", "current_dose_mg_kg"]
    assert rows[columns].to_numpy().tolist() == [
        [0, 22, pytest.approx(1 / 7, abs=1e-9)],
        [22, 40, 0.0],
    ]


def test_daily_and_weekly_courses_add_up():
    values = by_day(given((0, 21, 7), (5, 9, 1)), cumulative_dose())
    steps = {5: 1, 6: 2, 7: 3, 8: 5, 9: 6, 10: 7, 15: 8, 22: 9}
    assert {day: values[day] for day in steps} == steps
    since = by_day(given((0, 21, 7), (5, 9, 1)), days_since("steroid"))
    assert [since[day] for day in (5, 6, 10, 11, 14, 15)] == [5, 1, 1, 2, 5, 1]


def test_a_weekly_pulse_is_counted_once_a_week():
    cohort = given((0, 21, 7), route="iv", dose_mg=30.0)
    assert by_day(cohort, cumulative_dose())[40] == 120.0
    assert by_day(cohort, cumulative_dose(pulses=False))[40] == 0.0
    assert by_day(cohort, days_since("pulse"))[14] == 7


def test_thirds_given_a_thousand_times_leave_no_residue():
    cohort = given((0, 2997, 3), leave=4000, dose_mg=0.1)
    rows = expand_intervals(cohort, measures=[cumulative_dose()], every_days=3500)
    assert rows["cumulative_dose_mg_kg"].iloc[-1] == 100.0
