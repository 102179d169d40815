"""Steroid doses worked on paper, and every refusal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort import steroids
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.steroids import (
    PREDNISONE_EQUIVALENT_PER_MG,
    prednisone_equivalent_mg,
    steroid_courses,
)
from jdm_stats.errors import CohortError, UsageError
from jdm_stats.schema import STEROIDS


def child(patient_id: str = "A", **cells: Any) -> dict[str, Any]:
    return {
        "patient_id": patient_id,
        "antibody": "NXP2",
        "weight_kg": 20.0,
        "height_cm": 115.0,
        "entry_day": 0,
        "exit_day": 1000,
        "exit_reason": "administrative",
    } | cells


def course(**cells: Any) -> dict[str, Any]:
    return {
        "patient_id": "A",
        "drug": "prednisone",
        "route": "oral",
        "start_day": 10,
        "stop_day": 19,
        "dose_mg": 40.0,
        "dose_basis": "per_day",
    } | cells


def measured(day: int, value: float, measure: str = "weight_kg") -> dict[str, Any]:
    return {"patient_id": "A", "day": day, "measure": measure, "value": value}


def cohort_of(
    *courses: dict[str, Any],
    patients: list[dict[str, Any]] | None = None,
    assessments: list[dict[str, Any]] | None = None,
) -> Cohort:
    return Cohort(
        pd.DataFrame([child()] if patients is None else patients),
        pd.DataFrame(list(courses), dtype=object),
        assessments=pd.DataFrame(assessments, dtype=object) if assessments else None,
    )


def doses(cohort: Cohort, **limits: float) -> list[list[Any]]:
    rows = steroid_courses(cohort, **limits)
    shown = rows[["start_day", "stop_day", "mg_kg_day", "mg_day", "pulse"]]
    return [list(row) for row in shown.itertuples(index=False)]


# ---- prednisone equivalents ----------------------------------------------------------


@pytest.mark.parametrize(
    ("drug", "mg", "prednisone_mg"),
    [
        ("prednisone", 5, 5),
        ("prednisolone", 5, 5),
        ("methylprednisolone", 4, 5),
        ("triamcinolone", 4, 5),
        ("hydrocortisone", 20, 5),
        ("dexamethasone", 0.75, 5),
        ("betamethasone", 0.6, 5),
        ("deflazacort", 6, 5),
    ],
)
def test_the_ladder_of_equivalents(drug: str, mg: float, prednisone_mg: float) -> None:
    assert prednisone_equivalent_mg(drug, mg) == pytest.approx(prednisone_mg, rel=1e-15)


def test_every_steroid_of_the_schema_has_an_equivalent() -> None:
    assert set(PREDNISONE_EQUIVALENT_PER_MG) == set(STEROIDS)


def test_equivalents_of_arrays() -> None:
    assert isinstance(prednisone_equivalent_mg("prednisone", 1), float)
    both = prednisone_equivalent_mg(pd.Series(["prednisone", "methylprednisolone"]), 8)
    np.testing.assert_array_equal(both, [8.0, 10.0])
    many = prednisone_equivalent_mg("hydrocortisone", [[4.0, 8.0], [np.nan, 0.0]])
    np.testing.assert_array_equal(many, [[1.0, 2.0], [np.nan, 0.0]])
    assert np.shape(prednisone_equivalent_mg([], [])) == (0,)


def test_an_unknown_steroid_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'methylprednisolone'"):
        prednisone_equivalent_mg("methyl-prednisolon", 1)
    with pytest.raises(UsageError, match="'ivig' is not a known steroid; known are"):
        prednisone_equivalent_mg(["prednisone", "ivig"], 1)
    with pytest.raises(UsageError, match="None is not a known steroid"):
        prednisone_equivalent_mg([None], 1)


# ---- courses by hand -----------------------------------------------------------------


def test_each_way_to_say_a_dose() -> None:
    cohort = cohort_of(
        course(),  # 40 mg a day for 20 kg
        course(dose_mg=1.5, dose_basis="per_kg_day"),
        course(dose_mg=30, dose_basis="per_dose"),
        course(dose_mg=60, dose_basis="per_dose", every_n_days=2),
        course(drug="methylprednisolone", dose_mg=16),
        course(drug="deflazacort", dose_mg=1.2, dose_basis="per_kg_day"),
        course(dose_mg=50, dose_basis="per_m2"),
    )
    surface = (115 * 20 / 3600) ** 0.5  # 0.7993 m2
    got = [[row[2], row[3]] for row in doses(cohort)]
    expected = [
        [2.0, 40.0],
        [1.5, 30.0],
        [1.5, 30.0],
        [1.5, 30.0],
        [1.0, 20.0],
        [1.0, 20.0],
        [50 * surface / 20, 50 * surface],
    ]
    np.testing.assert_allclose(got, expected, rtol=1e-14)
    assert surface == pytest.approx(0.7993, abs=5e-5)


def test_other_drugs_are_left_out_and_rows_keep_their_course() -> None:
    cohort = cohort_of(
        course(drug="methotrexate", dose_mg=None, dose_basis=None, stop_day=None),
        course(),
        course(drug="other"),
        course(start_day=30, stop_day=30, route="im", drug="triamcinolone"),
    )
    rows = steroid_courses(cohort)
    assert rows["course_row"].tolist() == [2, 4]
    assert rows["drug"].tolist() == ["prednisone", "triamcinolone"]
    assert rows["route"].tolist() == ["oral", "im"]
    assert rows["patient_id"].tolist() == ["A", "A"]
    assert rows.attrs["jdm_stats"]["tally"] == {
        "courses": 4,
        "steroid courses": 2,
        "pulse courses": 0,
        "courses not given daily": 0,
        "rows": 2,
        "doses per kg by an assessed weight": 0,
        "doses per kg by the weight in patients": 2,
        "doses per square metre": 0,
    }


def test_the_weight_last_recorded_counts() -> None:
    cohort = cohort_of(
        *(course(start_day=day, stop_day=day) for day in (-20, -5, 0, 9, 10, 11, 900)),
        assessments=[
            measured(10, 25.0),
            measured(-10, 16.0),
            measured(500, 40.0),
            measured(500, 120.0, "height_cm"),
        ],
    )
    # before any record and from day 0: 20 kg of patients; from -10 on: 16; 10: 25; 500: 40
    weights = [20, 16, 20, 20, 25, 25, 40]
    assert [row[2] for row in doses(cohort)] == [40 / kg for kg in weights]
    tally = steroid_courses(cohort).attrs["jdm_stats"]["tally"]
    assert tally["doses per kg by an assessed weight"] == 4
    assert tally["doses per kg by the weight in patients"] == 3


def test_an_assessment_on_day_0_comes_before_patients_and_a_day_is_averaged() -> None:
    assessments = [measured(0, 22.0), measured(7, 24.0), measured(7, 26.0)]
    courses = [course(start_day=0, stop_day=0), course(start_day=7, stop_day=7)]
    cohort = cohort_of(*courses, assessments=assessments)
    assert [row[2] for row in doses(cohort)] == [40 / 22, 40 / 25]


def test_weights_may_stand_in_assessments_alone() -> None:
    patients = [child("A", weight_kg=None), child("B", weight_kg=None)]
    cohort = cohort_of(course(), patients=patients, assessments=[measured(10, 25.0)])
    assert [row[2] for row in doses(cohort)] == [40 / 25]
    late = cohort_of(course(), patients=patients, assessments=[measured(11, 25.0)])
    with pytest.raises(CohortError, match="no_weight"):
        steroid_courses(late)


def test_one_child_s_weight_is_not_another_s() -> None:
    cohort = cohort_of(
        course(patient_id="B"),
        course(patient_id="A"),
        patients=[child("A"), child("B", weight_kg=80.0)],
        assessments=[measured(5, 10.0)],
    )
    assert [row[2] for row in doses(cohort)] == [0.5, 4.0]


# ---- pulses --------------------------------------------------------------------------


def iv(**cells: Any) -> dict[str, Any]:
    return course(route="iv", drug="methylprednisolone") | cells


@pytest.mark.parametrize(
    ("cells", "pulse"),
    [
        ({"dose_mg": 30, "dose_basis": "per_kg_day"}, True),
        ({"dose_mg": 8, "dose_basis": "per_kg_day"}, True),  # 10 mg/kg, the limit
        ({"dose_mg": 7.99, "dose_basis": "per_kg_day"}, False),
        ({"dose_mg": 160}, True),  # 200 mg is 10 mg/kg for 20 kg
        ({"dose_mg": 159}, False),
        ({"dose_mg": 600, "route": "oral"}, False),
        ({"dose_mg": 600, "route": "im"}, False),
        ({"dose_mg": 200, "patient_id": "B"}, True),  # 250 mg, 3.1 mg/kg for 80 kg
        ({"dose_mg": 199, "patient_id": "B"}, False),
        ({"dose_mg": 799, "drug": "hydrocortisone"}, False),
        ({"dose_mg": 800, "drug": "hydrocortisone"}, True),  # 200 mg of prednisone
    ],
)
def test_what_is_a_pulse(cells: dict[str, Any], pulse: bool) -> None:
    patients = [child("A"), child("B", weight_kg=80.0)]
    [row] = doses(cohort_of(iv(**cells), patients=patients))
    assert row[4] is pulse


def test_the_limits_of_a_pulse_can_be_moved() -> None:
    cohort = cohort_of(iv(dose_mg=160))
    assert not doses(cohort, pulse_mg_kg_day=10.5)[0][4]
    assert doses(cohort, pulse_mg_kg_day=10.5, pulse_mg_day=200)[0][4]
    for limit in (0, -1, float("nan")):
        with pytest.raises(UsageError, match="pulse_mg_day must be more than 0"):
            steroid_courses(cohort, pulse_mg_day=limit)


def test_a_weekly_pulse_is_a_pulse_on_its_days_at_its_whole_dose() -> None:
    cohort = cohort_of(
        iv(start_day=10, stop_day=30, dose_mg=480, every_n_days=7),
        iv(start_day=10, stop_day=30, dose_mg=16, every_n_days=2),
    )
    assert doses(cohort) == [
        [10, 10, 30.0, 600.0, True],
        [17, 17, 30.0, 600.0, True],
        [24, 24, 30.0, 600.0, True],
        [10, 30, 0.5, 10.0, False],
    ]
    rows = steroid_courses(cohort)
    assert rows["course_row"].tolist() == [1, 1, 1, 2]
    assert rows["every_n_days"].tolist() == [1, 1, 1, 2]
    assert rows["mg_kg_per_dose"].tolist() == [30.0, 30.0, 30.0, 1.0]
    assert rows.attrs["jdm_stats"]["tally"]["courses not given daily"] == 2


def test_a_course_not_given_daily_tells_its_dose_and_how_often() -> None:
    per_kg: dict[str, Any] = {"dose_mg": 1.0, "dose_basis": "per_kg_day"}
    cohort = cohort_of(
        course(start_day=0, stop_day=21, every_n_days=7, **per_kg),
        course(start_day=0, stop_day=0, every_n_days=7, **per_kg),
        course(start_day=30, stop_day=38, every_n_days=2, dose_mg=20),  # 20 kg
        course(start_day=50, stop_day=59),
    )
    rows = steroid_courses(cohort)
    assert rows["every_n_days"].tolist() == [7, 7, 2, 1]
    assert rows["mg_kg_per_dose"].tolist() == [1.0, 1.0, 1.0, 2.0]
    assert rows["mg_kg_day"].tolist() == [1 / 7, 1 / 7, 0.5, 2.0]
    assert rows["mg_day"].tolist() == [20 / 7, 20 / 7, 10.0, 40.0]
    assert rows["stop_day"].tolist() == [21, 0, 38, 59]


# ---- refusals ------------------------------------------------------------------------

NOT_KNOWN = {"weight_kg": None, "height_cm": None}

REFUSED = [
    ("missing_stop_day", course(stop_day=None), "stop_day", "prednisone from day 10"),
    ("missing_dose", course(dose_mg=None), "dose_mg", "give dose_mg and dose_basis"),
    ("dose_as_needed", course(as_needed=True), "as_needed", "courses of their own"),
    (
        "dose_as_needed",
        course(as_needed=True, stop_day=None, dose_mg=None, dose_basis=None),
        *("as_needed", "is given as needed"),
    ),
    ("no_weight", course(patient_id="B"), "dose_mg", "give weight_kg"),
    (
        "no_weight",
        iv(patient_id="B", dose_mg=7, dose_basis="per_kg_day"),
        *("dose_mg", "may or may not be a pulse"),
    ),
    (
        "no_height",
        course(patient_id="C", dose_basis="per_m2"),
        *("dose_basis", "give height_cm"),
    ),
]


@pytest.mark.parametrize(("rule", "row", "column", "says"), REFUSED)
def test_a_course_without_a_known_dose_is_refused(
    rule: str, row: dict[str, Any], column: str, says: str
) -> None:
    patients = [child("A"), child("B", **NOT_KNOWN), child("C", height_cm=None)]
    cohort = cohort_of(course(drug="ivig"), row, patients=patients)
    with pytest.raises(CohortError) as caught:
        steroid_courses(cohort)
    [fault] = caught.value.faults
    assert (fault.rule, fault.table, fault.row, fault.patient_id, fault.column) == (
        *(rule, "courses", 2, row["patient_id"], column),
    )
    assert says in str(fault)


def test_every_refusal_has_an_example() -> None:
    assert {rule for rule, *_ in REFUSED} == set(steroids.RULES)


def test_all_refusals_are_told_at_once() -> None:
    patients = [child("A"), child("B", **NOT_KNOWN)]
    cohort = cohort_of(
        course(patient_id="B", dose_basis="per_m2"),
        course(),
        course(stop_day=None, dose_mg=None),
        patients=patients,
    )
    with pytest.raises(
        CohortError, match="the steroid courses have 4 faults"
    ) as caught:
        steroid_courses(cohort)
    assert [(fault.row, fault.rule) for fault in caught.value.faults] == [
        (1, "no_weight"),
        (1, "no_height"),
        (3, "missing_stop_day"),
        (3, "missing_dose"),
    ]


def test_only_the_chosen_courses_are_read_and_refused() -> None:
    cohort = cohort_of(
        course(),
        course(stop_day=None),
        course(drug="ivig"),
        course(start_day=60, stop_day=None),
    )
    rows = steroid_courses(cohort, only=[True, False, True, False])
    assert rows["course_row"].tolist() == [1]
    assert rows.attrs["jdm_stats"]["tally"]["courses"] == 2
    with pytest.raises(CohortError) as caught:
        steroid_courses(cohort, only=[True, False, False, True])
    assert [fault.row for fault in caught.value.faults] == [4]
    for only in ([True], [1, 0, 1, 0], [[True] * 4]):
        with pytest.raises(UsageError, match="for each of the 4 courses, received"):
            steroid_courses(cohort, only=only)


def test_a_dose_per_kg_needs_no_weight() -> None:
    patients = [child("A", **NOT_KNOWN)]
    cohort = cohort_of(
        course(dose_mg=1, dose_basis="per_kg_day"),
        iv(dose_mg=30, dose_basis="per_kg_day"),
        patients=patients,
    )
    rows = steroid_courses(cohort)
    assert rows["mg_kg_day"].tolist() == [1.0, 37.5]
    assert rows["pulse"].tolist() == [False, True]
    assert rows["mg_day"].isna().all()


def test_no_steroids_give_an_empty_table_of_the_same_shape() -> None:
    full, empty = cohort_of(course()), cohort_of(course(drug="ivig"))
    for cohort in (empty, Cohort(pd.DataFrame([child()]))):
        rows = steroid_courses(cohort)
        assert rows.empty
        assert rows.dtypes.to_dict() == steroid_courses(full).dtypes.to_dict()


def test_the_order_of_rows_does_not_matter() -> None:
    courses = [course(start_day=day, stop_day=day + 3) for day in range(0, 90, 10)]
    weights = [measured(day, 20 + day / 10) for day in range(-30, 90, 7)]
    forward = cohort_of(*courses, assessments=weights)
    backward = cohort_of(*courses[::-1], assessments=weights[::-1])
    assert doses(forward) == doses(backward)[::-1]
