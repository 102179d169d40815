"""A small sound cohort that each test breaks in its own way."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.files import write_cohort

ABOUT = {
    "name": "four children",
    "synthetic": True,
    "description": "José & 漢",
    "provenance": {"seed": 1, "days": [1, 2.5, None]},
}


@pytest.fixture
def frames() -> dict[str, pd.DataFrame]:
    """Four children: A dies, B is treated, C enters late, D is as bare as allowed."""
    patients = pd.DataFrame(
        {
            "patient_id": ["A", "B", "C", "D"],
            "sex": ["female", "male", "female", None],
            "age_at_diagnosis_years": [6.5, 0.0, 17.99, None],
            "diagnosis_year": [2010, 2011, 2012, None],
            "weight_kg": [20.0, 30.0, 52.5, None],
            "height_cm": [115.0, 130.0, 160.0, None],
            "antibody": ["NXP2", "TIF1g", "none", "untested"],
            "antibody_test_day": [3, None, 40, None],
            "ro52": [True, False, None, None],
            "centre": ["007", "NA", "north, west", None],
            "entry_day": [0, 0, 30, 0],
            "exit_day": [100, 730, 400, 0],
            "exit_reason": ["death", "administrative", "lost", "transfer"],
            "cmas": [0.0, 52.0, 30.0, None],
        }
    )
    courses = pd.DataFrame(
        {
            "patient_id": ["A", "A", "B", "C"],
            "drug": [
                "methylprednisolone",
                "prednisone",
                "methotrexate",
                "prednisolone",
            ],
            "route": ["iv", "oral", "sc", "oral"],
            "start_day": [1, 4, 10, -5],
            "stop_day": [3, 60, None, 50],
            "dose_mg": [30.0, 40.0, None, 1.0],
            "dose_basis": ["per_kg_day", "per_day", None, "per_kg_day"],
        }
    )
    events = pd.DataFrame(
        {
            "patient_id": ["A", "A", "B", "C"],
            "day": [50, 100, 200, -2],
            "event": ["gi_perforation", "death", "remission", "gi_involvement"],
            "site": ["ileum", None, None, "colon"],
        }
    )
    assessments = pd.DataFrame(
        {
            "patient_id": ["A", "B", "B"],
            "day": [2, 50, 50],
            "measure": ["cmas", "weight_kg", "ck_u_l"],
            "value": [12.0, 31.0, 5400.0],
        }
    )
    return {
        "patients": patients,
        "courses": courses,
        "events": events,
        "assessments": assessments,
    }


@pytest.fixture
def cohort(frames: dict[str, pd.DataFrame]) -> Cohort:
    return Cohort(**frames, metadata=ABOUT)


@pytest.fixture
def place(tmp_path: Path, cohort: Cohort) -> Path:
    return write_cohort(cohort, tmp_path / "registry")
