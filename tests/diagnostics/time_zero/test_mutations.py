"""Simulated cohorts: silent on our own tables, and every injected mistake is found."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.steroids import steroid_courses
from jdm_stats.diagnostics.time_zero import lint_plan, lint_time_zero
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.landmark import landmark_rows
from jdm_stats.exposure.measures import (
    cumulative_dose,
    current_dose,
    days_since,
    ever_event,
    last_assessment,
    recent_pulse,
)
from jdm_stats.exposure.traces import Measure
from jdm_stats.plan import AnalysisPlan
from jdm_stats.simulation.simulate import simulate_cohort

# A few seeds are quick, and hold each lag below; the others are for the long studies.
QUICK = 3
SEEDS = [
    *range(QUICK),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(QUICK, 20)),
]
PLAN = AnalysisPlan()


@cache
def world(seed: int) -> SimpleNamespace:
    cohort = simulate_cohort(150, rng=1000 + seed, n_index_pattern=0)
    rows = expand_intervals(
        cohort,
        measures=[current_dose(lag_days=7), recent_pulse(lag_days=1)],
        covariates=["nxp2", "cmas"],
    )
    courses = steroid_courses(cohort)
    pulses = courses[courses["pulse"]].groupby("patient_id")["start_day"]
    child = rows.groupby("patient_id")
    return SimpleNamespace(
        cohort=cohort,
        rows=rows,
        begin=child["start"].transform("min"),
        end=child["stop"].transform("max"),
        pulse=rows["patient_id"].map(pulses.min()).astype(float),
        pulses=rows["patient_id"].map(pulses.size()).fillna(0),
    )


def seen_early(w: SimpleNamespace, days: int, measure: Measure) -> pd.DataFrame:
    """Rows of a cohort whose courses all stand some days too early."""
    courses = w.cohort.courses
    courses["start_day"] -= days
    courses["stop_day"] -= days
    known = (w.cohort.events, w.cohort.assessments, w.cohort.metadata)
    early = Cohort(w.cohort.patients, courses, *known)
    return expand_intervals(early, measures=[measure], covariates=["nxp2"])


def ever_pulsed(w: SimpleNamespace) -> pd.DataFrame:
    return w.rows.assign(pulsed=(w.pulse <= w.end).astype(float))


def ever_pulsed_by_another_name(w: SimpleNamespace) -> pd.DataFrame:
    return w.rows.assign(x=(w.pulse <= w.end).astype(float))


def window_that_looks_ahead(w: SimpleNamespace) -> pd.DataFrame:
    return seen_early(w, 30, recent_pulse())


def dose_ten_days_ahead(w: SimpleNamespace) -> pd.DataFrame:
    return seen_early(w, 10, current_dose(name="strength"))


def dose_of_the_event_day(w: SimpleNamespace) -> pd.DataFrame:
    return seen_early(w, 1, current_dose())


def last_cmas(w: SimpleNamespace) -> pd.DataFrame:
    readings = w.cohort.assessments
    own = readings[readings["measure"] == "cmas"].sort_values("day")
    last = own.groupby("patient_id")["value"].last()
    return w.rows.assign(cmas=w.rows["patient_id"].map(last))


def days_before_entry(w: SimpleNamespace) -> pd.DataFrame:
    return w.rows.assign(start=w.rows["start"].where(w.rows["start"] > w.begin, 0))


def pulsed_children_only(w: SimpleNamespace) -> pd.DataFrame:
    return w.rows[w.pulse <= w.end]


def followed_half_a_year(w: SimpleNamespace) -> pd.DataFrame:
    return w.rows[w.end - w.begin >= 300]


def from_the_first_pulse(w: SimpleNamespace) -> pd.DataFrame:
    rows = w.rows[w.rows["stop"] > w.pulse]
    start = np.maximum(rows["start"], w.pulse[rows.index])
    return rows.assign(start=start.astype(int))


def exposed_from_the_first_pulse(w: SimpleNamespace) -> pd.DataFrame:
    exposed = w.pulse <= w.end
    rows = w.rows[~exposed | (w.rows["stop"] > w.pulse)]
    late = np.maximum(rows["start"], w.pulse[rows.index].fillna(0))
    start = rows["start"].where(~exposed[rows.index], late)
    return rows.assign(start=start.astype(int), arm=exposed.astype(int))


def deaths_censored(w: SimpleNamespace) -> pd.DataFrame:
    return w.rows.assign(event=w.rows["event"].where(w.rows["event"] != 2, 0))


def number_of_pulses(w: SimpleNamespace) -> pd.DataFrame:
    return w.rows.assign(n_pulses=w.pulses)


def mean_dose(w: SimpleNamespace) -> pd.DataFrame:
    length = w.rows["stop"] - w.rows["start"]
    amount = (w.rows["current_dose_mg_kg"] * length).groupby(w.rows["patient_id"])
    days = length.groupby(w.rows["patient_id"])
    mean = amount.transform("sum") / days.transform("sum")
    return w.rows.assign(intensity=mean)


def pulsed_by_the_end_at_a_landmark(w: SimpleNamespace) -> pd.DataFrame:
    rows = landmark_rows(w.cohort, landmark_days=90, horizon_days=730)
    by_child = pd.DataFrame({"id": w.rows["patient_id"], "e": w.pulse <= w.end})
    ever = by_child.drop_duplicates("id").set_index("id")["e"]
    return rows.assign(pulse=rows["patient_id"].map(ever).astype(float))


MISTAKES: list[tuple[Callable[[SimpleNamespace], pd.DataFrame], str]] = [
    (ever_pulsed, "ever_exposed"),
    (window_that_looks_ahead, "exposure_from_the_future"),
    (dose_ten_days_ahead, "exposure_from_the_future"),
    (dose_of_the_event_day, "exposure_from_the_future"),
    (last_cmas, "future_reading"),
    (days_before_entry, "person_time_before_entry"),
    (pulsed_children_only, "selected_by_later_event"),
    (followed_half_a_year, "selected_by_later_event"),
    (from_the_first_pulse, "rows_begin_at_treatment"),
    (exposed_from_the_first_pulse, "unexposed_time_left_out"),
    (number_of_pulses, "later_rows_summed_up"),
    (mean_dose, "later_rows_summed_up"),
    (pulsed_by_the_end_at_a_landmark, "exposure_after_landmark"),
]


@pytest.mark.parametrize("seed", [pytest.param(0, marks=pytest.mark.slow), *SEEDS[1:]])
def test_every_injected_mistake_is_proven(seed):
    w = world(seed)
    missed = []
    for inject, code in MISTAKES:
        report = lint_time_zero(inject(w), cohort=w.cohort)
        if code not in {finding.code for finding in report.proofs}:
            missed.append((inject.__name__, report.codes))
    # A trait known at the start may look the same, so that this is told, and not proven.
    report = lint_time_zero(ever_pulsed_by_another_name(w), cohort=w.cohort)
    assert report.codes and "ever_exposed" in {f.code for f in report.suspicions}
    assert not missed


@pytest.mark.parametrize("seed", SEEDS)
def test_deaths_censored_are_found_where_there_are_any(seed):
    w = world(seed)
    report = lint_time_zero(deaths_censored(w), cohort=w.cohort, plan=PLAN)
    assert ("competing_as_censoring" in report.codes) == (w.rows["event"] == 2).any()


def holds_a_late_test(cohort: Cohort) -> bool:
    """Whether the simulated registry itself holds a test on or after a perforation."""
    events = cohort.events
    own = events[events["event"] == "gi_perforation"]
    first = own.groupby("patient_id")["day"].min()
    tested = cohort.patients.set_index("patient_id")["antibody_test_day"]
    return bool((tested.reindex(first.index) >= first).fillna(False).any())


@pytest.mark.parametrize("seed", SEEDS)
def test_our_own_tables_are_clean(seed):
    w = world(seed)
    true = {"antibody_after_event"} if holds_a_late_test(w.cohort) else set()
    lag = (1, 7, 30)[seed % 3]
    every = expand_intervals(
        w.cohort,
        every_days=(None, 30)[seed % 2],
        measures=[
            *(current_dose(lag_days=lag), cumulative_dose(lag_days=lag)),
            *(recent_pulse(lag_days=lag), days_since(lag_days=lag)),
            *(ever_event("surgery", lag_days=lag), last_assessment("cmas")),
        ],
    )
    bare = every.copy()
    bare.attrs = {}
    at = landmark_rows(
        w.cohort, landmark_days=(30, 90, 365)[seed % 3], horizon_days=730
    )
    for rows in (every, bare, at):
        if rows is not at:
            assert lint_time_zero(rows).ok
        report = lint_time_zero(rows, cohort=w.cohort, plan=PLAN)
        assert set(report.codes) <= true, str(report)
    assert set(lint_time_zero(w.rows, cohort=w.cohort).codes) <= true
    assert set(lint_plan(PLAN, w.cohort).codes) <= true


@pytest.mark.slow
def test_the_simulation_has_what_the_mutations_need():
    deaths = sum((world(seed).rows["event"] == 2).any() for seed in range(20))
    late = sum(holds_a_late_test(world(seed).cohort) for seed in range(20))
    assert deaths > 5 and late < 10
