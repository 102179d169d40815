"""Each warning by hand: what gives it, what just does not, and nothing on sound cohorts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.files import check_cohort, read_cohort
from jdm_stats.cohort.second_look import RULES, second_look
from jdm_stats.schema import TABLES
from jdm_stats.simulation.simulate import simulate_cohort

Rows = list[dict[str, Any]]
GIRL = {
    **{"patient_id": "A", "sex": "female", "age_at_diagnosis_years": 6.0},
    **{"diagnosis_year": 2011, "weight_kg": 20.0, "height_cm": 115.0},
    **{"antibody": "NXP2", "antibody_test_day": 5, "entry_day": 0, "exit_day": 1000},
    **{"exit_reason": "administrative"},
}
BOY = GIRL | {"patient_id": "B", "sex": "male", "weight_kg": 21.0, "height_cm": 117.0}
COURSE = {
    **{"patient_id": "A", "drug": "prednisone", "route": "oral", "start_day": 0},
    **{"stop_day": 30, "dose_mg": 2.0, "dose_basis": "per_kg_day"},
}
PULSE = COURSE | {"drug": "methylprednisolone", "route": "iv", "stop_day": 2}


def told(**tables: Rows) -> list[tuple[str, str, int | None, str | None]]:
    frames = {"patients": [GIRL, BOY], **tables}
    cohort = Cohort(**{name: pd.DataFrame(rows) for name, rows in frames.items()})
    found = second_look({name: getattr(cohort, name) for name in TABLES})
    assert {fault.severity for fault in found} <= {"warning"}
    assert {fault.rule for fault in found} <= set(RULES)
    return [(fault.rule, fault.table, fault.row, fault.patient_id) for fault in found]


def patients(**cells: Any) -> Rows:
    return [GIRL, BOY | cells]


def courses(*changes: Mapping[str, Any]) -> Rows:
    return [COURSE | dict(change) for change in changes]


def measured(*rows: tuple[int, str, float]) -> Rows:
    names = ("day", "measure", "value")
    return [{"patient_id": "A", **dict(zip(names, row, strict=True))} for row in rows]


def events(*rows: tuple[str, int, str]) -> Rows:
    names = ("patient_id", "day", "event")
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_the_unedited_children_give_no_warning() -> None:
    assert told(courses=[COURSE, PULSE]) == []


# ---- one child, two ids -------------------------------------------------------------

TWIN = GIRL | {"patient_id": "C"}


@pytest.mark.parametrize(
    ("twin", "suspected"),
    [
        (TWIN, True),
        (TWIN | {"antibody": "untested", "antibody_test_day": None}, True),
        (TWIN | {"height_cm": None}, True),
        (TWIN | {"centre": "elsewhere", "exit_day": 20}, True),
        (TWIN | {"height_cm": None, "antibody_test_day": None}, False),
        (TWIN | {"height_cm": 115.5}, False),
        (TWIN | {"antibody": "TIF1g"}, False),
        (TWIN | {"sex": "male"}, False),
        (TWIN | {"diagnosis_year": None}, False),
        (TWIN | {"age_at_diagnosis_years": 6.01}, False),
    ],
)
def test_a_child_entered_twice(twin: dict[str, Any], suspected: bool) -> None:
    wanted = [("same_child_suspected", "patients", 3, "C")] if suspected else []
    assert told(patients=[GIRL, BOY, twin]) == wanted


def test_the_message_names_the_other_row() -> None:
    rows = {"patients": pd.DataFrame([GIRL, BOY, TWIN])}
    [fault] = check_cohort(rows)
    assert "row 1 ('A')" in fault.message
    assert "weight_kg 20, height_cm 115, antibody_test_day 5" in fault.message


# ---- days of tests and events -------------------------------------------------------


@pytest.mark.parametrize(
    ("tested", "perforated", "warned"),
    [
        (80, 70, True),
        (70, 70, False),
        (61, 60, True),
        (60, 40, False),
        (90, 100, False),
    ],
)
def test_an_antibody_tested_after_a_perforation(tested, perforated, warned) -> None:
    found = told(
        patients=patients(antibody_test_day=tested),
        events=events(("B", perforated, "gi_perforation")),
    )
    wanted = ("antibody_after_perforation", "patients", 2, "B")
    assert found == ([wanted] if warned else [])


@pytest.mark.parametrize(("tested", "warned"), [(1000, False), (1001, True)])
def test_an_antibody_tested_after_exit(tested: int, warned: bool) -> None:
    wanted = [("antibody_after_exit", "patients", 2, "B")] if warned else []
    assert told(patients=patients(antibody_test_day=tested)) == wanted


@pytest.mark.parametrize(("day", "warned"), [(-3, True), (0, True), (1, False)])
def test_a_perforation_by_diagnosis(day: int, warned: bool) -> None:
    wanted = [("perforation_by_diagnosis", "events", 1, "A")] if warned else []
    assert told(events=events(("A", day, "gi_perforation"))) == wanted
    assert told(events=events(("A", day, "gi_involvement"))) == []


def test_a_death_of_whom_nothing_is_known() -> None:
    dead = [
        BOY | {"patient_id": name, "weight_kg": 20 + i} for i, name in enumerate("BCDE")
    ]
    dead[0] |= {"exit_reason": "death"}
    given = {"patients": [GIRL, *dead], "events": events(("B", 1000, "death"))}
    treated = courses(*({"patient_id": name} for name in "ACDE"))
    wanted = [("death_without_record", "events", 1, "B")]
    assert told(**given, courses=treated) == wanted
    assert told(**given, courses=treated[:-1]) == []  # too few are recorded to ask
    assert told(**given, courses=courses(*({"patient_id": n} for n in "ABCDE"))) == []
    seen = [{"patient_id": "B", "day": 3, "measure": "cmas", "value": 30.0}]
    assert told(**given, courses=treated, assessments=seen) == []


@pytest.mark.parametrize(
    ("same", "other", "warned"),
    [(5, 4, True), (5, 5, False), (4, 0, False), (9, 0, True)],
)
def test_events_on_one_day(same: int, other: int, warned: bool) -> None:
    names = [f"P{number}" for number in range(same + other)]
    children = [
        GIRL | {"patient_id": name, "weight_kg": 15 + i, "height_cm": 100 + i}
        for i, name in enumerate(names)
    ]
    days = [365] * same + list(range(10, 10 + other))
    rows = events(
        *((name, day, "surgery") for name, day in zip(names, days, strict=True))
    )
    wanted = [("events_on_one_day", "events", None, None)] if warned else []
    assert told(patients=children, events=rows) == wanted


@pytest.mark.parametrize(
    ("cmas", "mmt8", "warned"),
    [(45, 20, True), (44, 20, False), (45, 21, False), (2, 80, True), (2, 79, False)],
)
def test_scores_that_contradict_each_other(
    cmas: float, mmt8: float, warned: bool
) -> None:
    both = measured((30, "mmt8", mmt8), (30, "cmas", cmas))
    apart = measured((30, "mmt8", mmt8), (31, "cmas", cmas))
    wanted = [("scores_disagree", "assessments", 2, "A")] if warned else []
    assert told(assessments=both) == wanted
    assert told(assessments=apart) == []
    wanted = [("scores_disagree", "patients", 2, "B")] if warned else []
    assert told(patients=patients(cmas=cmas, mmt8=mmt8)) == wanted


# ---- courses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "row"),
    [
        ({"start_day": 30, "stop_day": 60}, 2),
        ({"start_day": 31, "stop_day": 60}, None),
        ({"start_day": 10, "stop_day": 12, "route": "im"}, None),
        ({"start_day": 10, "stop_day": 12, "drug": "prednisolone"}, None),
        ({"start_day": 10, "stop_day": 12, "patient_id": "B"}, None),
        ({"start_day": 10, "stop_day": None}, None),
        ({"start_day": 10, "stop_day": 12, "as_needed": True}, None),
        ({"start_day": -5, "stop_day": 0}, 1),
        ({"start_day": 10, "stop_day": 12, "drug": "methotrexate"}, None),
    ],
)
def test_courses_that_overlap(later: dict[str, Any], row: int | None) -> None:
    wanted = [] if row is None else [("overlapping_courses", "courses", row, "A")]
    assert told(courses=courses({}, later)) == wanted


@pytest.mark.parametrize(
    ("first", "second", "warned"),
    [
        ((0, 40, 2), (1, 41, 2), False),  # even days and odd days
        ((0, 40, 2), (2, 41, 2), True),
        ((0, 40, 2), (3, 41, 3), True),  # day 6
        ((0, 5, 2), (3, 41, 3), False),  # day 6 is beyond the first
        ((0, 40, 7), (1, 3, 1), False),
        ((0, 40, 7), (1, 7, 1), True),
    ],
)
def test_courses_not_given_daily_overlap_on_common_days(first, second, warned) -> None:
    names = ("start_day", "stop_day", "every_n_days")
    given = [dict(zip(names, course, strict=True)) for course in (first, second)]
    wanted = [("overlapping_courses", "courses", 2, "A")] if warned else []
    assert told(courses=courses(*given)) == wanted


def test_a_long_course_is_set_against_all_that_begin_within_it() -> None:
    given = courses(
        {"stop_day": 300},
        {"start_day": 10, "stop_day": 12},
        {"start_day": 50, "stop_day": 60},
        {"start_day": 301, "stop_day": 310},
    )
    assert [row for _, _, row, _ in told(courses=given)] == [2, 3]


@pytest.mark.parametrize(
    ("change", "warned"),
    [
        ({"dose_mg": 4.0}, False),
        ({"dose_mg": 4.1}, True),
        ({"dose_mg": 8.0, "every_n_days": 2}, False),
        ({"dose_mg": 8.2, "every_n_days": 2}, True),
        ({"dose_mg": 80.0, "dose_basis": "per_day"}, False),  # 20 kg
        ({"dose_mg": 90.0, "dose_basis": "per_day"}, True),
        ({"dose_mg": 15.0, "route": "iv"}, False),
        ({"dose_mg": 1.0, "drug": "dexamethasone"}, True),
        ({"dose_mg": 0.5, "drug": "dexamethasone"}, False),
        ({"dose_mg": 9.0, "drug": "methotrexate"}, False),
    ],
)
def test_a_daily_dose_beyond_twice_the_usual_start(change, warned: bool) -> None:
    wanted = [("high_daily_dose", "courses", 1, "A")] if warned else []
    assert told(courses=courses(change)) == wanted


@pytest.mark.parametrize(
    ("change", "warned"),
    [
        ({"dose_mg": 1000.0, "dose_basis": "per_day"}, False),
        ({"dose_mg": 1500.0, "dose_basis": "per_day"}, True),
        ({"dose_mg": 49.0}, False),  # 980 mg at 20 kg
        ({"dose_mg": 52.0}, True),
        ({"dose_mg": 52.0, "drug": "prednisolone"}, False),
    ],
)
def test_a_pulse_above_a_gram(change: dict[str, Any], warned: bool) -> None:
    wanted = [("pulse_above_1_g", "courses", 1, "A")] if warned else []
    assert told(courses=[PULSE | change]) == wanted


@pytest.mark.parametrize(("stop", "warned"), [(1000, False), (1001, True)])
def test_a_course_that_goes_on_after_exit(stop: int, warned: bool) -> None:
    wanted = [("course_beyond_exit", "courses", 1, "A")] if warned else []
    assert told(courses=courses({"stop_day": stop})) == wanted


# ---- growth -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "warned"),
    [
        ({"weight_kg": 8.1}, True),  # the median at 6 is 20.4 kg
        ({"weight_kg": 8.2}, False),
        ({"weight_kg": 61.0}, False),
        ({"weight_kg": 62.0}, True),
        ({"height_cm": 81.0}, True),  # the median is 116 cm
        ({"height_cm": 82.0}, False),
        ({"height_cm": 150.0}, False),
        ({"height_cm": 151.0}, True),
        ({"weight_kg": 115.0, "height_cm": 35.0}, True),  # exchanged, nearly
        ({"weight_kg": 8.0, "age_at_diagnosis_years": None}, False),
        (
            {"weight_kg": 8.0, "height_cm": 66.0, "age_at_diagnosis_years": 0.5},
            False,
        ),
    ],
)
def test_a_weight_or_height_odd_for_the_age(
    cells: dict[str, Any], warned: bool
) -> None:
    rules = {(rule, row) for rule, _, row, _ in told(patients=patients(**cells))}
    assert rules == ({("growth_for_age", 2)} if warned else set())


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ([(200, "height_cm", 111.0)], None),  # 115 cm at diagnosis
        ([(200, "height_cm", 109.0)], 1),
        ([(200, "height_cm", 136.0)], None),
        ([(200, "height_cm", 137.0)], 1),
        ([(200, "weight_kg", 13.4)], None),  # 20 kg at diagnosis
        ([(200, "weight_kg", 13.2)], 1),
        ([(0, "weight_kg", 28.0)], None),
        ([(0, "weight_kg", 28.1)], 1),
        ([(730, "weight_kg", 43.0)], None),
        ([(100, "weight_kg", 44.0)], 1),  # 44 pounds
        (
            [
                (100, "weight_kg", 21.0),
                (200, "weight_kg", 45.0),
                (300, "weight_kg", 22.0),
            ],
            2,
        ),
    ],
)
def test_a_jump_is_told_once_and_where_it_is(rows, row: int | None) -> None:
    wanted = [] if row is None else [("growth_jump", "assessments", row, "A")]
    assert told(assessments=measured(*rows)) == wanted


# ---- together with errors, and on sound cohorts -------------------------------------


def test_warnings_come_with_errors_and_never_raise(tmp_path) -> None:
    rows = {"patients": pd.DataFrame(patients(antibody_test_day=1001, cmas=99))}
    found = check_cohort(rows)
    assert [(fault.rule, fault.severity) for fault in found] == [
        ("out_of_range", "error"),
        ("antibody_after_exit", "warning"),
    ]
    assert "[warning antibody_after_exit]" in str(found[1])
    only = {"patients": pd.DataFrame(patients(antibody_test_day=1001))}
    assert Cohort(**only).n_patients == 2


def test_what_is_told_as_an_error_is_not_doubted_again() -> None:
    odd = courses({"dose_mg": 300.0}, {"start_day": 40, "stop_day": 20})
    heavy = measured((30, "weight_kg", 300.0))
    rows = {"patients": [GIRL, BOY], "courses": odd, "assessments": heavy}
    found = check_cohort({name: pd.DataFrame(table) for name, table in rows.items()})
    assert {fault.severity for fault in found} == {"error"}


def test_the_tables_are_not_changed() -> None:
    cohort = simulate_cohort(20, rng=1)
    tables = {name: getattr(cohort, name) for name in TABLES}
    second_look(tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, getattr(cohort, name))


def test_the_committed_cohort_gives_no_warning() -> None:
    assert check_cohort(read_cohort("data/synthetic")) == ()


@pytest.mark.parametrize("world", ["tertiary", "population", "steroids_harmless"])
def test_simulated_cohorts_give_no_warning(world: str) -> None:
    for seed in range(7):
        cohort = simulate_cohort(150, rng=seed, scenario=world, n_index_pattern=3)
        assert second_look({name: getattr(cohort, name) for name in TABLES}) == []


def test_nothing_is_said_of_empty_tables() -> None:
    empty = pd.DataFrame([GIRL]).iloc[:0]
    assert [fault.rule for fault in check_cohort({"patients": empty})] == [
        "no_patients"
    ]
