"""Every rule of the schema has an example that breaks it, and only the rule it breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort import checks
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import CohortError, Fault

Frames = dict[str, pd.DataFrame]
Edit = Callable[[Frames], None]


def put(table: str, row: int, **cells: Any) -> Edit:
    """Write cells into a row (counted from 1)."""

    def edit(frames: Frames) -> None:
        frame = frames[table].astype(object)
        for column, value in cells.items():
            if column not in frame:
                frame[column] = pd.Series([None] * len(frame), dtype=object)
            values = frame[column].tolist()
            values[row - 1] = value
            frame[column] = pd.Series(values, dtype=object)
        frames[table] = frame

    return edit


def add(table: str, **cells: Any) -> Edit:
    def edit(frames: Frames) -> None:
        row = pd.DataFrame([cells], dtype=object)
        old = frames[table].astype(object)
        frames[table] = pd.concat([old, row], ignore_index=True)

    return edit


def repeat(table: str, row: int) -> Edit:
    def edit(frames: Frames) -> None:
        frame = frames[table]
        frames[table] = frame.iloc[[*range(len(frame)), row - 1]]

    return edit


def drop(table: str, column: str) -> Edit:
    def edit(frames: Frames) -> None:
        frames[table] = frames[table].drop(columns=column)

    return edit


def rename(table: str, old: str, new: str) -> Edit:
    def edit(frames: Frames) -> None:
        frames[table] = frames[table].rename(columns={old: new})

    return edit


def both(*edits: Edit) -> Edit:
    def edit(frames: Frames) -> None:
        for each in edits:
            each(frames)

    return edit


def no_children(frames: Frames) -> None:
    frames["patients"] = frames["patients"].iloc[:0]
    for name in ("courses", "events", "assessments"):
        del frames[name]


def metadata(**entries: Any) -> Edit:
    def edit(frames: Frames) -> None:
        frames["metadata"] = entries  # type: ignore[assignment]

    return edit


@dataclass(frozen=True)
class Example:
    """An edit of the sound cohort, and the fault it must give."""

    rule: str
    edit: Edit
    table: str
    row: int | None
    patient_id: str | None
    column: str | None
    says: str

    def __str__(self) -> str:
        return f"{self.rule}-{self.table}-{self.column}"


def patient(rule: str, row: int, column: str, value: Any, says: str) -> Example:
    who = "ABCD"[row - 1]
    edit = put("patients", row, **{column: value})
    return Example(rule, edit, "patients", row, who, column, says)


def course(rule: str, row: int, column: str, value: Any, says: str) -> Example:
    who = "AABC"[row - 1]
    edit = put("courses", row, **{column: value})
    return Example(rule, edit, "courses", row, who, column, says)


def event(rule: str, row: int, column: str, value: Any, says: str) -> Example:
    who = "AABC"[row - 1]
    edit = put("events", row, **{column: value})
    return Example(rule, edit, "events", row, who, column, says)


def assessed(row: int, measure: str, value: float, says: str) -> Example:
    edit = put("assessments", row, measure=measure, value=value)
    who = "ABB"[row - 1]
    return Example("out_of_range", edit, "assessments", row, who, "value", says)


HEADINGS = [
    Example(
        "unknown_column",
        rename("patients", "centre", "center"),
        *("patients", None, None, "center"),
        "did you mean 'centre'?",
    ),
    Example(
        "unknown_column",
        add("events", patient_id="B", day=9, event="surgery", zzz="?"),
        *("events", None, None, "zzz"),
        "the columns are patient_id, day, event, site, definite",
    ),
    Example(
        "missing_column",
        drop("courses", "route"),
        *("courses", None, None, "route"),
        "the column 'route' (route of administration) is not there",
    ),
    Example(
        "duplicate_column",
        rename("patients", "centre", "sex"),
        *("patients", None, None, "sex"),
        "the heading 'sex' stands 2 times",
    ),
]

CELLS = [
    patient("missing_value", 3, "antibody", None, "antibody is missing"),
    patient("missing_value", 3, "exit_day", np.nan, "exit_day is missing"),
    patient("missing_value", 4, "exit_reason", "", "exit_reason is missing"),
    course("missing_value", 3, "drug", pd.NA, "drug is missing"),
    event("missing_value", 3, "day", None, "day is missing"),
    Example(
        "missing_value",
        put("assessments", 2, patient_id=""),
        *("assessments", 2, None, "patient_id"),
        "patient_id is missing",
    ),
    Example(
        "missing_value",
        put("assessments", 3, value=None),
        *("assessments", 3, "B", "value"),
        "value is missing",
    ),
    patient("wrong_type", 2, "cmas", "12,5", "write a decimal point: 12.5"),
    patient("wrong_type", 2, "cmas", "high", "'high' is not a number"),
    patient("wrong_type", 2, "cmas", True, "True is not a number"),
    patient("wrong_type", 2, "entry_day", "nan", "'nan' is not a whole number"),
    patient(
        "wrong_type",
        *(2, "antibody_test_day", pd.Timestamp("2020-02-01")),
        "give days counted from diagnosis, which is day 0, not dates",
    ),
    patient("wrong_type", 1, "ro52", "yes", "'yes' is not true or false"),
    patient("wrong_type", 1, "calcinosis", 2, "2 is not true or false"),
    patient("wrong_type", 1, "centre", 1.5, "1.5 is not text"),
    course("wrong_type", 2, "as_needed", "perhaps", "write true or false"),
    patient("not_whole", 2, "exit_day", 730.5, "exit_day 730.5 is not a whole number"),
    course("not_whole", 2, "every_n_days", "1.5", "give whole days"),
    patient("not_finite", 3, "ck_u_l", np.inf, "ck_u_l is inf"),
    course("not_finite", 1, "dose_mg", -np.inf, "dose_mg is -inf"),
    patient("not_finite", 2, "exit_day", "1e999", "exit_day is inf"),
    patient("value_not_allowed", 1, "antibody", "Anti-NXP2", "did you mean 'NXP2'?"),
    patient("value_not_allowed", 1, "sex", "F", "use one of female, male, unknown"),
    patient("value_not_allowed", 1, "antibody", " NXP2", "did you mean 'NXP2'?"),
    course(
        "value_not_allowed", 3, "drug", "metotrexate", "did you mean 'methotrexate'?"
    ),
    course("value_not_allowed", 3, "route", "po", "use one of oral, iv, im, sc, other"),
    event("value_not_allowed", 1, "event", "perforation", "'gi_perforation'"),
    Example(
        "surrounding_spaces",
        put("patients", 4, patient_id="D "),
        *("patients", 4, "D ", "patient_id"),
        "'D ' begins or ends with a space",
    ),
    patient("control_character", 1, "centre", "a\nb", "holds a line break"),
    event("control_character", 1, "site", "a\x00b", "remove it"),
]

RANGES = [
    patient("out_of_range", 1, "cmas", 52.5, "0 or more and 52 or less points"),
    patient("out_of_range", 1, "cmas", -1, "cmas -1 is out of range"),
    patient("out_of_range", 1, "mmt8", 81, "80 or less"),
    patient("out_of_range", 1, "physician_global", 10.1, "10 or less"),
    patient("out_of_range", 1, "ck_u_l", 0, "more than 0 U/L"),
    patient("out_of_range", 1, "age_at_diagnosis_years", 18, "less than 18 years"),
    patient("out_of_range", 1, "age_at_diagnosis_years", -0.1, "0 or more"),
    patient("out_of_range", 1, "weight_kg", 0.9, "1 or more and 200 or less kg"),
    patient("out_of_range", 1, "weight_kg", 20500, "check the value and its unit"),
    patient("out_of_range", 1, "height_cm", 1.2, "30 or more and 220 or less cm"),
    patient("out_of_range", 1, "diagnosis_year", 10, "1900 or more"),
    patient("out_of_range", 1, "antibody_test_day", 40001, "40000 or less"),
    patient(
        "out_of_range", 1, "antibody_test_day", 10**400 // 10**380, "40000 or less"
    ),
    course("out_of_range", 2, "dose_mg", 0, "more than 0 mg"),
    course("out_of_range", 2, "every_n_days", 0, "1 or more"),
    course("out_of_range", 2, "start_day", -40001, "-40000 or more"),
    assessed(1, "cmas", 53, "cmas must be 0 or more and 52 or less points"),
    assessed(1, "chaq", 3.1, "chaq must be 0 or more and 3 or less points"),
    assessed(2, "mmt8", -1, "mmt8 -1 is out of range"),
    assessed(2, "physician_global", 11, "10 or less"),
    assessed(3, "ck_u_l", 0, "more than 0 U/L"),
    assessed(3, "ldh_u_l", -5, "more than 0 U/L"),
    assessed(3, "weight_kg", 0.2, "1 or more and 200 or less kg"),
    assessed(3, "height_cm", 1.5, "30 or more and 220 or less cm"),
]

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
        metadata(sinthetic=True),
        *("cohort", None, None, "sinthetic"),
        "did you mean 'synthetic'?",
    ),
    Example(
        "metadata_unknown_key",
        metadata(zzz=1),
        *("cohort", None, None, "zzz"),
        "put it under provenance",
    ),
    Example(
        "metadata_wrong_type",
        metadata(synthetic="yes"),
        *("cohort", None, None, "synthetic"),
        "must be true or false, not 'yes'",
    ),
    Example(
        "metadata_wrong_type",
        metadata(provenance={"limit": np.nan}),
        *("cohort", None, None, "provenance"),
        "cannot be written as JSON",
    ),
    Example(
        "metadata_wrong_type",
        metadata(name=None),
        *("cohort", None, None, "name"),
        "name must be text",
    ),
]

EXAMPLES = [*HEADINGS, *CELLS, *RANGES, *ROWS, *METADATA]


def broken_by(frames: Frames, edit: Edit) -> tuple[Fault, ...]:
    edit(frames)
    with pytest.raises(CohortError) as caught:
        Cohort(**frames)  # type: ignore[arg-type]
    return tuple(caught.value.faults)


def test_the_unedited_cohort_is_sound(frames: Frames) -> None:
    assert Cohort(**frames).n_patients == 4


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_broken_rule_is_told_with_row_and_child(
    frames: Frames, example: Example
) -> None:
    faults = broken_by(frames, example.edit)
    found = [
        fault
        for fault in faults
        if (fault.rule, fault.table, fault.row, fault.patient_id, fault.column)
        == (
            *(example.rule, example.table, example.row),
            *(example.patient_id, example.column),
        )
    ]
    assert len(found) == 1, faults
    assert example.says in str(found[0])


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_broken_rule_brings_no_false_alarm(frames: Frames, example: Example) -> None:
    assert len(broken_by(frames, example.edit)) == 1


def test_every_rule_has_an_example_and_every_example_a_rule() -> None:
    assert {example.rule for example in EXAMPLES} == set(checks.RULES)


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
        put("assessments", 1, day=100),
        put("assessments", 2, day=9000),
        put("assessments", 1, measure="chaq", value=3),
    ],
)
def test_the_edges_are_legal(frames: Frames, edit: Edit) -> None:
    edit(frames)
    assert Cohort(**frames).n_patients == 4
