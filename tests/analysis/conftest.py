"""Nine children made by hand, whose analysis can be followed on paper."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort


def patients() -> pd.DataFrame:
    rows = [
        ("A", "NXP2", 0, 400, "lost"),
        ("B", "NXP2", 0, 900, "administrative"),
        ("C", "NXP2", 0, 900, "administrative"),
        ("D", "TIF1g", 0, 900, "administrative"),
        ("E", "none", 0, 600, "death"),
        ("F", "untested", 0, 900, "administrative"),
        ("G", "none", 30, 900, "administrative"),
        ("H", "none", 0, 900, "administrative"),
        ("I", "NXP2", 0, 900, "administrative"),
    ]
    names = ["patient_id", "antibody", "entry_day", "exit_day", "exit_reason"]
    table = pd.DataFrame(rows, columns=names)
    table["weight_kg"] = 20.0
    table["cmas"] = [10.0, 12.0, 14.0, 40.0, 41.0, 42.0, 43.0, 44.0, None]
    return table


def events() -> pd.DataFrame:
    rows = [
        ("A", 100, "gi_perforation", True),
        ("B", 300, "gi_perforation", False),
        ("C", 500, "gi_perforation", True),
        ("E", 600, "death", True),
        ("F", 50, "gi_perforation", True),
        ("G", 10, "gi_perforation", True),
    ]
    return pd.DataFrame(rows, columns=["patient_id", "day", "event", "definite"])


def courses() -> pd.DataFrame:
    rows = [(child, "prednisone", "oral", 0, 399, 1.0) for child in "ABCDEFGHI"]
    rows.append(("A", "methylprednisolone", "iv", 80, 82, 30.0))
    names = ["patient_id", "drug", "route", "start_day", "stop_day", "dose_mg"]
    table = pd.DataFrame(rows, columns=names)
    table["dose_basis"] = "per_kg_day"
    return table


def assessments() -> pd.DataFrame:
    rows = [(child, 40, "cmas", 30.0) for child in "ABCDEFGH"]
    return pd.DataFrame(rows, columns=["patient_id", "day", "measure", "value"])


@pytest.fixture
def make() -> Callable[..., Cohort]:
    """Build the cohort, with tables replaced as a test asks."""

    def build(**tables: object) -> Cohort:
        told = {
            "patients": patients(),
            "courses": courses(),
            "events": events(),
            "assessments": assessments(),
        }
        return Cohort(**{**told, **tables})

    return build
