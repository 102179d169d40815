"""Every rule on rows and tables that must agree has an example that breaks only it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jdm_stats.cohort import agreement, checks, columns, doses, metadata
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import CohortError
from jdm_stats.schema import TABLES
from tests.cohort.breaking import (
    Edit,
    Example,
    Frames,
    add,
    both,
    broken_by,
    check_it_is_told,
    course,
    describe,
    event,
    no_children,
    patient,
    put,
    rename,
    repeat,
)

ROWS = [
    Example(
        "no_patients",
        no_children,
        *("patients", None, None, None),
        "add one row per child",
    ),
    Example(
        "duplicate_patient",
        repeat("patients", 2),
        *("patients", 5, "B", "patient_id"),
        "'B' already stands in an earlier row",
    ),
    patient("entry_before_diagnosis", 3, "entry_day", -1, "use 0 for a child observed"),
    Example(
        "exit_before_entry",
        put("patients", 3, entry_day=401),
        *("patients", 3, "C", "exit_day"),
        "exit_day 400 lies before entry_day 401",
    ),
    patient(
        "untested_with_test_day", 4, "antibody_test_day", 0, "'none' for a negative"
    ),
    patient("death_without_event", 2, "exit_reason", "death", "events has no death"),
    Example(
        "unknown_patient",
        put("courses", 3, patient_id="b"),
        *("courses", 3, "b", "patient_id"),
        "'b' has no row in patients",
    ),
    Example(
        "unknown_patient",
        put("assessments", 3, patient_id="E"),
        *("assessments", 3, "E", "patient_id"),
        "add the child to patients",
    ),
    Example(
        "duplicate_row",
        repeat("courses", 3),
        *("courses", 5, "B", None),
        "remove one of the two",
    ),
    Example(
        "duplicate_row", repeat("events", 2), *("events", 5, "A", None), "earlier row"
    ),
    Example(
        "duplicate_row",
        repeat("assessments", 1),
        *("assessments", 4, "A", None),
        "earlier row",
    ),
    Example(
        "pattern_not_synthetic",
        put("patients", 2, pattern="index_case"),
        *("patients", None, None, "pattern"),
        "pattern is filled for 1 of 4 children, but the metadata do not say that they "
        'are synthetic; if they are simulated, write "synthetic": true',
    ),
    course("dose_implausible", 2, "dose_mg", 5001, "prednisone 5001 mg per_day is 250"),
    course("dose_implausible", 1, "dose_mg", 81, "101 mg/kg/day of prednisone-equiv"),
    Example(
        "dose_implausible",
        put("courses", 1, dose_mg=30_000, dose_basis="per_day"),
        *("courses", 1, "A", "dose_mg"),
        "check mg, g, microgram and dose_basis",
    ),
    course("stop_before_start", 2, "stop_day", 3, "stop_day 3 lies before start_day 4"),
    course("dose_without_basis", 2, "dose_basis", None, "dose_mg 40 has no dose_basis"),
    Example(
        "course_after_exit",
        put("courses", 4, start_day=401, stop_day=402),
        *("courses", 4, "C", "start_day"),
        "start_day 401 lies after exit_day 400",
    ),
    event("event_after_exit", 3, "day", 731, "day 731 lies after exit_day 730"),
    event("event_after_death", 1, "day", 101, "gi_perforation on day 101 lies after"),
    Example(
        "two_deaths",
        add("events", patient_id="A", day=100, event="death", definite=False),
        *("events", 5, "A", "event"),
        "keep one death per child",
    ),
    Example(
        "death_not_exit",
        add("events", patient_id="C", day=400, event="death"),
        *("events", 5, "C", "event"),
        "exit_reason 'lost'",
    ),
    event("death_day_mismatch", 2, "day", 99, "death on day 99 but exit_day 100"),
    event("remission_before_diagnosis", 3, "day", -1, "lies before diagnosis"),
    event("site_not_applicable", 2, "site", "ileum", "death has the site 'ileum'"),
    event("site_not_applicable", 3, "site", "colon", "leave site empty"),
    Example(
        "assessment_after_death",
        put("assessments", 1, day=101),
        *("assessments", 1, "A", "day"),
        "day 101 lies after death on day 100",
    ),
]

METADATA = [
    Example(
        "metadata_unknown_key",
        describe(sinthetic=True),
        *("cohort", None, None, "sinthetic"),
        "did you mean 'synthetic'?",
    ),
    Example(
        "metadata_unknown_key",
        describe(zzz=1),
        *("cohort", None, None, "zzz"),
        "put it under provenance",
    ),
    Example(
        "metadata_wrong_type",
        describe(synthetic="yes"),
        *("cohort", None, None, "synthetic"),
        "must be true or false, not 'yes'",
    ),
    Example(
        "metadata_wrong_type",
        describe(provenance={"limit": np.nan}),
        *("cohort", None, None, "provenance"),
        "cannot be written as JSON",
    ),
    Example(
        "metadata_wrong_type",
        describe(name=None),
        *("cohort", None, None, "name"),
        "name must be text",
    ),
]

EXAMPLES = [*ROWS, *METADATA]


def test_the_unedited_cohort_is_sound(frames: Frames) -> None:
    assert Cohort(**frames).n_patients == 4


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_broken_rule_is_told_and_brings_no_false_alarm(
    frames: Frames, example: Example
) -> None:
    check_it_is_told(frames, example)


def test_every_rule_has_an_example_and_every_example_a_rule() -> None:
    rules = {*agreement.RULES, *doses.RULES, *metadata.RULES}
    assert {example.rule for example in EXAMPLES} == rules
    assert set(checks.RULES) == rules | set(columns.RULES)


def test_every_rule_is_said_in_a_sentence() -> None:
    assert all(law[0].isupper() and law.endswith(".") for law in checks.RULES.values())


def test_all_faults_are_told_at_once_in_order(frames: Frames) -> None:
    edit = both(
        put("assessments", 1, value="x"),
        put("patients", 4, antibody="NPX2"),
        put("patients", 2, cmas=99, antibody=None),
        rename("patients", "centre", "center"),
        put("courses", 2, dose_mg=-1),
    )
    told = [(fault.table, fault.row, fault.rule) for fault in broken_by(frames, edit)]
    assert told == [
        ("patients", None, "unknown_column"),
        ("patients", 2, "missing_value"),
        ("patients", 2, "out_of_range"),
        ("patients", 4, "value_not_allowed"),
        ("courses", 2, "out_of_range"),
        ("assessments", 1, "wrong_type"),
    ]


def test_a_code_that_is_not_known_is_told_once(frames: Frames) -> None:
    [fault] = broken_by(frames, put("courses", 2, dose_basis="daily"))
    assert (fault.rule, fault.column) == ("value_not_allowed", "dose_basis")


def test_a_pattern_needs_metadata_that_say_synthetic(frames: Frames) -> None:
    frames["patients"]["pattern"] = ["index_case", None, None, "background"]
    assert Cohort(**frames, metadata={"synthetic": True}).synthetic
    for about in (None, {}, {"name": "x"}, {"synthetic": False}):
        with pytest.raises(CohortError, match="pattern is filled for 2 of 4"):
            Cohort(**frames, metadata=about)
    with pytest.raises(CohortError) as caught:  # what is told of synthetic is enough
        Cohort(**frames, metadata={"synthetic": "yes"})
    assert [fault.rule for fault in caught.value.faults] == ["metadata_wrong_type"]


def test_no_remedy_for_a_child_is_to_leave_the_child_out() -> None:
    for column in TABLES["patients"].columns:
        if column.required:
            assert "remove" not in column.if_missing
            assert column.name == "patient_id" or "keep the" in column.if_missing


def test_a_blank_antibody_is_to_be_said_not_guessed(frames: Frames) -> None:
    [fault] = broken_by(frames, put("patients", 3, antibody=None))
    assert fault.remedy.startswith(
        "write untested if no test was done, none if tested and nothing found"
    )


def test_rows_are_counted_by_position_not_by_index(frames: Frames) -> None:
    frames["patients"].index = [9, 3, 3, 0]
    [fault] = broken_by(frames, put_by_position("patients", 2, "cmas", 60.0))
    assert (fault.row, fault.patient_id) == (3, "C")


def put_by_position(table: str, place: int, column: str, value: Any) -> Edit:
    def edit(frames: Frames) -> None:
        frame = frames[table].copy()
        frame.iloc[place, frame.columns.get_loc(column)] = value
        frames[table] = frame

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        put("patients", 4, exit_day=40_000),
        put("patients", 1, age_at_diagnosis_years=17.999),
        put("patients", 1, entry_day=100),
        put("patients", 1, weight_kg="1"),
        put("patients", 1, weight_kg=200, height_cm=220),
        put("patients", 1, patient_id="A", centre="ileum\u00e9 \u6f22"),
        put("events", 1, day=100),
        put("events", 1, day=-300),
        put("events", 4, event="surgery"),
        put("courses", 2, stop_day=4),
        put("courses", 2, stop_day=5000),
        put("courses", 3, dose_basis="per_dose"),
        put("courses", 4, start_day=400, stop_day=400),
        put("courses", 1, dose_mg=80),
        put("courses", 2, dose_mg=2000),
        put("courses", 3, dose_mg=10**6, dose_basis="per_dose"),
        put("assessments", 1, day=100),
        put("assessments", 2, day=9000),
        put("assessments", 1, measure="chaq", value=3),
    ],
)
def test_the_edges_are_legal(frames: Frames, edit: Edit) -> None:
    edit(frames)
    assert Cohort(**frames).n_patients == 4
