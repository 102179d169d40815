"""Every rule on one cell or one heading has an example that breaks it, and only it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort import columns
from tests.cohort.breaking import (
    Example,
    Frames,
    add,
    assessed,
    check_it_is_told,
    course,
    drop,
    event,
    patient,
    put,
    rename,
)

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

EXAMPLES = [*HEADINGS, *CELLS, *RANGES]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_broken_rule_is_told_and_brings_no_false_alarm(
    frames: Frames, example: Example
) -> None:
    check_it_is_told(frames, example)


def test_every_rule_has_an_example_and_every_example_a_rule() -> None:
    assert {example.rule for example in EXAMPLES} == set(columns.RULES)
