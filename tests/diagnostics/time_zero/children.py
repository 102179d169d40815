"""Three children and their tables, shared by the tests of the time-zero linter."""

from __future__ import annotations

import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.diagnostics.time_zero.report import TimeZeroFinding, TimeZeroReport


def cohort(**changes: dict[str, object]) -> Cohort:
    """A perforates on day 100 and is pulsed on day 102; B is pulsed on day 50; C never."""
    patients = pd.DataFrame(
        {
            "patient_id": ["A", "B", "C"],
            "antibody": ["NXP2", "TIF1g", "none"],
            "antibody_test_day": [-5, 0, -1],
            "entry_day": [0, 0, 0],
            "exit_day": [400, 400, 300],
            "exit_reason": ["administrative", "administrative", "lost"],
            "weight_kg": [20.0, 25.0, 30.0],
            "cmas": [10.0, 20.0, 30.0],
        }
    ).set_index("patient_id")
    for child, values in changes.items():
        for column, value in values.items():
            patients.loc[child, column] = value
    courses = pd.DataFrame(
        [
            ("A", "methylprednisolone", "iv", 102, 104, 30.0),
            ("B", "methylprednisolone", "iv", 50, 52, 30.0),
            ("B", "prednisone", "oral", 0, 80, 1.0),
            ("C", "prednisone", "oral", 0, 60, 2.0),
        ],
        columns=["patient_id", "drug", "route", "start_day", "stop_day", "dose_mg"],
    ).assign(dose_basis="per_kg_day")
    events = pd.DataFrame(
        [("A", 100, "gi_perforation")], columns=["patient_id", "day", "event"]
    )
    readings = pd.DataFrame(
        [
            *(("A", 90, "cmas", 15.0), ("B", 200, "cmas", 45.0)),
            *(("C", 250, "cmas", 50.0), ("A", 60, "weight_kg", 22.0)),
        ],
        columns=["patient_id", "day", "measure", "value"],
    )
    return Cohort(patients.reset_index(), courses, events, readings)


def table(rows: list[tuple], *columns: str) -> pd.DataFrame:
    names = ["patient_id", "start", "stop", "event", *columns]
    return pd.DataFrame(rows, columns=names)


def found(report: TimeZeroReport, code: str) -> TimeZeroFinding:
    matching = [finding for finding in report.findings if finding.code == code]
    assert len(matching) == 1, (code, report.codes)
    return matching[0]


EVER = table([("A", 0, 100, 1, 1), ("B", 0, 400, 0, 1), ("C", 0, 300, 0, 0)], "pulsed")
BY_DAY = table(
    [
        *(("A", 0, 100, 1, 0), ("B", 0, 50, 0, 0)),
        *(("B", 50, 400, 0, 1), ("C", 0, 300, 0, 0)),
    ],
    "pulsed",
)
