"""Steroid courses that are incomplete: what an analysis refuses, and what its rules do."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import jdm_stats as jdm
from jdm_stats.analysis import run as road
from jdm_stats.analysis import words
from jdm_stats.analysis.run import run_analysis
from jdm_stats.cohort import steroids
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import CohortError
from jdm_stats.exposure import history
from jdm_stats.plan import AnalysisPlan
from tests.analysis.conftest import courses

PLAN = AnalysisPlan(landmark_days=90, horizon_days=600, risk_months=(6, 12))


def open_ended(*rows: int):
    table = courses()
    return table.assign(
        stop_day=table["stop_day"].astype("Int64").mask(table.index.isin(rows))
    )


def test_courses_that_can_matter_are_refused_at_once(make):
    with pytest.raises(CohortError) as caught:
        run_analysis(PLAN, make(courses=open_ended(1, 3)))
    assert [fault.row for fault in caught.value.faults] == [2, 4]
    assert str(caught.value).startswith("the steroid courses have 2 faults")


def test_a_course_that_cannot_matter_is_left_aside_and_counted(make):
    """G perforated before entry: her course, row 7, acts on nobody at risk."""
    analysis = run_analysis(PLAN, make(courses=open_ended(6)))
    said = dict(words.definitions(analysis).to_numpy().tolist())
    assert (
        said["Rules applied"] == "incomplete courses that cannot matter left aside: 1"
    )
    assert len(analysis.steroids) == 9
    shown, _, followed = analysis.courses_around_events()
    assert len(followed) == 5
    assert len(shown) == 5  # A twice, B, C, F


def test_a_rule_of_the_plan_is_applied_and_said(make):
    plan = PLAN.model_copy(
        update={"steroids": AnalysisPlan(steroids={"missing_stop_day": 400}).steroids}
    )
    analysis = run_analysis(plan, make(courses=open_ended(0, 1)))
    whole = run_analysis(PLAN, make())
    assert analysis.estimates.equals(whole.estimates)
    said = dict(words.definitions(analysis).to_numpy().tolist())
    assert said["Course without last day"] == "taken to last 400 days"
    assert said["Rules applied"] == "last days set by a treatment of 400 days: 2"
    told = dict(words.definitions(whole).to_numpy().tolist())
    assert told["Rules applied"] == "to no course"


def test_rows_are_numbered_as_in_the_file_where_children_are_left_out():
    drawn = jdm.simulate_cohort(40, rng=1, n_index_pattern=2)
    table = drawn.courses
    placed = set(
        drawn.patients.loc[drawn.patients["pattern"] == "index_case", "patient_id"]
    )
    oral = table["drug"].eq("prednisone") & table["start_day"].lt(30)
    row = table.index[oral & ~table["patient_id"].isin(placed)][-1]
    table.loc[row, "dose_mg"] = None
    broken = Cohort(
        drawn.patients, table, drawn.events, drawn.assessments, drawn.metadata
    )
    with pytest.raises(CohortError) as caught:
        run_analysis(AnalysisPlan(), broken)
    assert [fault.row for fault in caught.value.faults] == [row + 1]


def test_the_courses_are_read_once(make, monkeypatch):
    read = SimpleNamespace(times=0)

    def counting(*given, **named):
        read.times += 1
        return steroids.read_steroids(*given, **named)

    monkeypatch.setattr(road, "read_steroids", counting)
    monkeypatch.setattr(history, "read_steroids", counting)
    analysis = run_analysis(PLAN, make())
    analysis.courses_around_events()
    assert read.times == 1
