"""Doses no child is given, worked on paper: the cap, the bases, the gaps around it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import CohortError
from jdm_stats.schema import OTHER_DRUGS


def told(
    drug: str, dose_mg: float, basis: str, *, weight: float | None = 20.0, **more: Any
) -> list[str]:
    """The rules that one course of a child breaks; 125 cm and 20 kg are 0.83 m2."""
    patients = pd.DataFrame(
        {
            "patient_id": ["A"],
            "antibody": ["NXP2"],
            "weight_kg": [weight],
            "height_cm": [125.0],
            "entry_day": [0],
            "exit_day": [900],
            "exit_reason": ["lost"],
        }
    )
    course = {"patient_id": "A", "drug": drug, "route": "iv", "start_day": 200}
    course |= {"stop_day": 203, "dose_mg": dose_mg, "dose_basis": basis}
    assessments = pd.DataFrame(
        {"patient_id": ["A"], "day": [100], "measure": "weight_kg", "value": [40.0]}
    )
    try:
        Cohort(
            patients,
            pd.DataFrame([course | more]),
            assessments=assessments if weight == 20 else None,
        )
    except CohortError as error:
        return [fault.rule for fault in error.faults]
    return []


BEYOND, FINE = ["dose_implausible"], []


@pytest.mark.parametrize(
    ("drug", "dose_mg", "basis", "rules"),
    [
        ("methylprednisolone", 30, "per_kg_day", FINE),  # 37.5 of prednisone
        ("methylprednisolone", 80, "per_kg_day", FINE),  # 100
        ("methylprednisolone", 81, "per_kg_day", BEYOND),
        ("hydrocortisone", 400, "per_kg_day", FINE),  # 100
        ("hydrocortisone", 401, "per_kg_day", BEYOND),
        ("dexamethasone", 15, "per_kg_day", FINE),  # 100
        ("dexamethasone", 15.1, "per_kg_day", BEYOND),
        ("methylprednisolone", 1000, "per_day", FINE),  # 31 by the 40 kg of day 100
        ("methylprednisolone", 3200, "per_dose", FINE),  # 100
        ("methylprednisolone", 3201, "per_dose", BEYOND),
        ("methylprednisolone", 30_000, "per_day", BEYOND),
        ("hydrocortisone", 5000, "per_day", FINE),  # 31
        ("hydrocortisone", 5001, "per_day", BEYOND),  # by mg alone
        ("prednisone", 3394, "per_m2", FINE),  # sqrt(125*40/3600)=1.1785; 99.995
        ("prednisone", 3395, "per_m2", BEYOND),
        ("prednisone", 1e308, "per_m2", BEYOND),
        ("dexamethasone", 1e308, "per_day", BEYOND),
    ],
)
def test_the_cap_by_hand(drug: str, dose_mg: float, basis: str, rules: list) -> None:
    assert told(drug, dose_mg, basis) == rules


def test_without_a_weight_mg_are_held_to_mg_alone() -> None:
    assert told("prednisone", 5000, "per_day", weight=None) == FINE
    assert told("prednisone", 5001, "per_day", weight=None) == BEYOND
    assert told("prednisone", 5001, "per_m2", weight=None) == BEYOND
    assert told("prednisone", 101, "per_kg_day", weight=None) == BEYOND


def test_the_weight_is_the_one_of_the_day() -> None:
    assert told("prednisone", 3000, "per_day", start_day=99) == BEYOND  # 20 kg: 150
    assert told("prednisone", 3000, "per_day", start_day=100) == FINE  # 40 kg: 75


@pytest.mark.parametrize("drug", OTHER_DRUGS)
def test_only_steroids_are_held_to_it(drug: str) -> None:
    assert told(drug, 60_000, "per_dose") == FINE


def test_a_dose_is_judged_beside_other_faults_of_its_row() -> None:
    faulty = told("prednisone", 9000, "per_day", start_day="x", patient_id=None)
    assert sorted(faulty) == ["dose_implausible", "missing_value", "wrong_type"]
    assert told("prednisone", 9000, "daily") == ["value_not_allowed"]
    assert told("prednisone", 9000, "per_day", patient_id="B", stop_day=203) == [
        "unknown_patient",
        "dose_implausible",
    ]


def test_figures_are_written_as_a_person_writes_them() -> None:
    patients = pd.DataFrame(
        {"patient_id": ["A"], "antibody": ["NXP2"], "exit_reason": ["lost"]}
    ).assign(entry_day=0, exit_day=900)
    course = {"patient_id": ["A"], "drug": "prednisone", "route": "oral"}
    course |= {"start_day": 1, "stop_day": 2, "dose_basis": "per_kg_day"}
    with pytest.raises(CohortError) as caught:
        Cohort(patients, pd.DataFrame(course | {"dose_mg": 1000.0}))
    [fault] = caught.value.faults
    assert "1,000 mg/kg/day" in fault.message and "e+" not in fault.message
