"""Expansion against an independent day-by-day walk, and what must never change.

The walk below knows no interval arithmetic: for each child and day it asks, dose day by
dose day, what the law says.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.landmark import landmark_rows
from jdm_stats.exposure.measures import (
    cumulative_dose,
    current_dose,
    days_since,
    ever_event,
    recent_pulse,
)
from jdm_stats.intervals.audit import audit_intervals, check_cut_for_events
from jdm_stats.intervals.rates import incidence_rates
from jdm_stats.intervals.split import split_rows

SETTINGS = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
LAST_DAY = 24


@st.composite
def courses_of(draw, child, leave):
    pulse = draw(st.booleans())
    start = draw(st.integers(-8, leave))
    length = draw(st.integers(0, 9))
    dose = draw(st.sampled_from([20.0, 30.0] if pulse else [0.3, 1.0, 1 / 3, 2.0]))
    drug, route = ("prednisolone", "iv") if pulse else ("prednisone", "oral")
    every = draw(st.integers(1, 3))
    return (child, drug, route, start, start + length, dose, "per_kg_day", every)


@st.composite
def cohorts(draw):
    """One to four children, each with up to four courses and five events."""
    patients, courses, events = [], [], []
    for child in [f"P{n}" for n in range(draw(st.integers(1, 4)))]:
        entry = draw(st.integers(0, 8))
        leave = draw(st.integers(entry, LAST_DAY))
        died = draw(st.booleans())
        patients.append((child, entry, leave, "death" if died else "lost"))
        if died:
            events.append((child, leave, "death"))
        kinds = st.sampled_from(["gi_perforation", "gi_involvement", "surgery"])
        for kind in draw(st.lists(kinds, max_size=4)):
            events.append((child, draw(st.integers(-3, leave)), kind))
        for _ in range(draw(st.integers(0, 4))):
            courses.append(draw(courses_of(child, leave)))
    columns = ["patient_id", "entry_day", "exit_day", "exit_reason"]
    names = ["patient_id", "drug", "route", "start_day", "stop_day"]
    return Cohort(
        pd.DataFrame(patients, columns=columns).assign(antibody="NXP2"),
        pd.DataFrame(courses, columns=[*names, "dose_mg", "dose_basis", "every_n_days"])
        .drop_duplicates()
        .reset_index(drop=True),
        pd.DataFrame(events, columns=["patient_id", "day", "event"])
        .drop_duplicates()
        .reset_index(drop=True),
    )


def doses_of(cohort, child):
    """Every dose that was given, on its own day, as (day, mg/kg, pulse)."""
    return [
        (day, row.dose_mg, row.route == "iv")
        for row in cohort.courses.itertuples()
        if row.patient_id == child
        for day in range(row.start_day, row.stop_day + 1, row.every_n_days)
    ]


def levels_of(cohort, child):
    """Every day under a course that is no pulse, as (day, mean mg/kg per day)."""
    return [
        (day, row.dose_mg / row.every_n_days)
        for row in cohort.courses.itertuples()
        if row.patient_id == child and row.route != "iv"
        for day in range(row.start_day, row.stop_day + 1)
    ]


def event_days(cohort, child, kind):
    rows = cohort.events
    rows = rows[(rows["patient_id"] == child) & (rows["event"] == kind)]
    return sorted(int(day) for day in rows["day"])


def follow_up(cohort, row, outcome, competing):
    """(entry, end, code), or None for a child not at risk."""
    names = [outcome, *competing]
    days = [event_days(cohort, row.patient_id, name) for name in names]
    if any(day <= row.entry_day for some in days for day in some):
        return None
    for day in range(row.entry_day + 1, row.exit_day + 1):
        for code, some in enumerate(days, start=1):
            if day in some:
                return row.entry_day, day, code
    if row.exit_day == row.entry_day:
        return None
    return row.entry_day, row.exit_day, 0


def naive_current(levels, t, lag):
    return sum(mg for d, mg in levels if d + lag < t <= d + lag + 1)


def naive_cumulative(doses, t, lag, window, pulses):
    return sum(
        mg
        for d, mg, pulse in doses
        if (pulses or not pulse)
        and d + lag < t
        and (not window or t <= d + lag + window)
    )


def naive_recent_pulse(doses, t, lag, window):
    return float(any(p and d + lag < t <= d + lag + window for d, _, p in doses))


def naive_days_since(days, t, lag, window):
    return float(min([t - d for d in days if d + lag < t] + [window]))


@SETTINGS
@given(
    cohort=cohorts(),
    lag=st.integers(0, 6),
    window=st.integers(1, 12),
    outcome=st.sampled_from(["gi_perforation", "surgery"]),
    competing=st.sampled_from([[], ["death"], ["gi_involvement", "death"]]),
    every=st.sampled_from([None, 1, 5]),
)
def test_expansion_equals_a_walk_day_by_day(
    cohort, lag, window, outcome, competing, every
):
    measures = [
        current_dose(lag_days=lag),
        recent_pulse(window_days=window, lag_days=lag),
        ever_event("gi_involvement", lag_days=lag, name="involved"),
        cumulative_dose(lag_days=lag),
        cumulative_dose(lag_days=lag, window_days=window, pulses=False, name="lately"),
        days_since("pulse", lag_days=lag, window_days=window),
        days_since("steroid", lag_days=lag, window_days=window),
        days_since("gi_involvement", lag_days=lag, window_days=window),
    ]
    rows = expand_intervals(
        cohort,
        outcome=outcome,
        competing=competing,
        measures=measures,
        every_days=every,
    )
    assert audit_intervals(rows).ok
    check_cut_for_events(rows, "start", "stop", "event", rows.columns)
    expected = {}
    for row in cohort.patients.itertuples():
        found = follow_up(cohort, row, outcome, competing)
        if found is not None:
            expected[row.patient_id] = found
    assert rows["patient_id"].unique().tolist() == list(expected)
    for child, (entry, end, code) in expected.items():
        mine = rows[rows["patient_id"] == child]
        assert (mine["start"].iloc[0], mine["stop"].iloc[-1]) == (entry, end)
        assert mine["start"].tolist()[1:] == mine["stop"].tolist()[:-1]
        assert mine["event"].tolist() == [0] * (len(mine) - 1) + [code]
        doses, levels = doses_of(cohort, child), levels_of(cohort, child)
        involved = event_days(cohort, child, "gi_involvement")
        for row in mine.itertuples():
            for t in range(row.start + 1, row.stop + 1):
                walk = [
                    naive_current(levels, t, lag),
                    naive_recent_pulse(doses, t, lag, window),
                    float(any(d + lag < t for d in involved)),
                ]
                table = [row.current_dose_mg_kg, row.recent_pulse, row.involved]
                assert table == pytest.approx(walk, abs=1e-8)
            t = row.stop
            pulse_days = [d for d, _, pulse in doses if pulse]
            steroid_days = [d for d, _, _ in doses]
            walk = [
                naive_cumulative(doses, t, lag, None, True),
                naive_cumulative(doses, t, lag, window, False),
                naive_days_since(pulse_days, t, lag, window),
                naive_days_since(steroid_days, t, lag, window),
                naive_days_since(involved, t, lag, window),
            ]
            table = [
                row.cumulative_dose_mg_kg,
                row.lately,
                row.days_since_pulse,
                row.days_since_steroid,
                row.days_since_gi_involvement,
            ]
            assert table == pytest.approx(walk, abs=1e-8)


@SETTINGS
@given(cohort=cohorts(), landmark=st.integers(0, LAST_DAY), lag=st.integers(0, 6))
def test_exposure_at_a_landmark_equals_the_walk(cohort, landmark, lag):
    rows = landmark_rows(
        cohort, landmark_days=landmark, horizon_days=1, outcome="surgery", lag_days=lag
    )
    for row in rows.itertuples():
        doses = doses_of(cohort, row.patient_id)
        walk = [
            naive_recent_pulse(doses, landmark, lag, 999),
            naive_current(levels_of(cohort, row.patient_id), landmark, lag),
            naive_cumulative(doses, landmark, lag, None, True),
        ]
        table = [
            row.pulse_by_landmark,
            row.current_dose_at_landmark_mg_kg,
            row.cumulative_dose_by_landmark_mg_kg,
        ]
        assert table == pytest.approx(walk, abs=1e-8)


@SETTINGS
@given(cohort=cohorts(), lag=st.integers(0, 6), every=st.integers(1, 9))
def test_person_time_and_events_are_conserved_whatever_is_measured(cohort, lag, every):
    plain = expand_intervals(cohort)
    measures = [current_dose(lag_days=lag), recent_pulse(), days_since()]
    cut = expand_intervals(cohort, measures=measures, every_days=every)
    for rows in (plain, cut):
        rows["days"] = rows["stop"] - rows["start"]
    by_child = ["days", "event"]
    pd.testing.assert_frame_equal(
        plain.groupby("patient_id")[by_child].sum(),
        cut.groupby("patient_id")[by_child].sum(),
    )
    tally = cut.attrs["jdm_stats"]["tally"]
    assert tally["days_at_risk"] == cut["days"].sum()
    assert tally["children"] == (
        tally["outcome_on_or_before_entry"]
        + tally["competing_on_or_before_entry"]
        + tally["children_without_follow_up"]
        + tally["children_at_risk"]
    )
    assert tally["children_at_risk"] == (
        tally["censored"] + tally["events_1_gi_perforation"] + tally["events_2_death"]
    )


@SETTINGS
@given(cohort=cohorts(), lag=st.integers(0, 6), window=st.integers(1, 12))
def test_no_cut_is_needless(cohort, lag, window):
    measures = [
        current_dose(lag_days=lag),
        recent_pulse(window_days=window, lag_days=lag),
    ]
    rows = expand_intervals(cohort, measures=measures, covariates=[])
    names = [measure.name for measure in measures]
    same_child = rows["patient_id"].to_numpy()[1:] == rows["patient_id"].to_numpy()[:-1]
    values = rows[names].to_numpy()
    same_value = (values[1:] == values[:-1]).all(axis=1)
    assert not (same_child & same_value).any()


@SETTINGS
@given(cohort=cohorts(), cuts=st.lists(st.integers(-2, LAST_DAY + 2), max_size=6))
def test_splitting_rows_keeps_rates(cohort, cuts):
    rows = expand_intervals(cohort, measures=[recent_pulse(window_days=5)])
    whole = incidence_rates(rows, by="recent_pulse")
    split = incidence_rates(split_rows(rows, cuts), by="recent_pulse")
    pd.testing.assert_frame_equal(whole, split)


@SETTINGS
@given(cohort=cohorts(), seed=st.integers(0, 99))
def test_a_child_does_not_depend_on_the_others(cohort, seed):
    measures = [current_dose(), recent_pulse()]
    rows = expand_intervals(cohort, measures=measures)
    patients = cohort.patients
    order = np.random.default_rng(seed).permutation(len(patients))
    shuffled = Cohort(
        patients.iloc[order].reset_index(drop=True), cohort.courses, cohort.events
    )
    again = expand_intervals(shuffled, measures=measures)
    assert again["patient_id"].unique().tolist() == [
        child
        for child in patients["patient_id"].iloc[order]
        if child in set(rows["patient_id"])
    ]
    key = ["patient_id", "start"]
    pd.testing.assert_frame_equal(
        rows.sort_values(key, ignore_index=True),
        again.sort_values(key, ignore_index=True),
    )


def test_many_courses_leave_no_float_residue():
    """0.1 added and taken away a thousand times is exactly nothing."""
    patients = pd.DataFrame({"patient_id": ["P"], "antibody": ["none"]})
    patients = patients.assign(entry_day=0, exit_day=4000, exit_reason="lost")
    start = np.arange(0, 3000, 3)
    courses = pd.DataFrame(
        {"patient_id": "P", "drug": "prednisone", "route": "oral"},
        index=range(len(start)),
    )
    courses = courses.assign(
        start_day=start, stop_day=start + 1, dose_mg=0.1, dose_basis="per_kg_day"
    )
    rows = expand_intervals(
        Cohort(patients, courses), measures=[current_dose(), cumulative_dose()]
    )
    assert set(rows["current_dose_mg_kg"]) == {0.0, 0.1}
    assert len(rows) == 2000
    assert rows["cumulative_dose_mg_kg"].iloc[-1] == 200.0
