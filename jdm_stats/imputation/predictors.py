"""What an imputation model may know of a child besides the columns to be filled in.

The outcome must be among it: for each event type the indicator and the Nelson-Aalen
cumulative hazard over the time at risk. Of treatment only what was given by entry is
used; what came later may follow from the outcome.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.exposure.follow_up import Endpoint, first_events, read_event_days
from jdm_stats.imputation.hazard import cumulative_hazard
from jdm_stats.imputation.variables import MISSING_WORDS, Variable, read_variable
from jdm_stats.schema import STEROIDS, TABLES

# Columns of the patients table that can be filled in.
IMPUTABLE = (
    *("antibody", "cmas", "weight_kg", "height_cm", "mmt8", "physician_global"),
    *("ck_u_l", "dysphagia", "oedema", "skin_ulcer", "calcinosis"),
)
PREDICTORS = ("age_at_diagnosis_years", "sex", "centre", "height_cm")
ALLOWED = (*PREDICTORS, *IMPUTABLE, "diagnosis_year", "ro52")
# The antibody the primary contrast is about is told apart first.
PRIMARY = "NXP2"
# A measurement in the half year after diagnosis tells much of one missing at diagnosis.
LATER_DAYS = 180


def child_variables(
    cohort: Cohort,
    columns: Sequence[str],
    predictors: Sequence[str],
    endpoint: Endpoint,
) -> tuple[Variable, ...]:
    """Read what the models see of the children of a cohort.

    Parameters
    ----------
    cohort : Cohort
    columns : sequence of str
        To be filled in.
    predictors : sequence of str
        Baseline columns that help beside them.
    endpoint : Endpoint
        The outcome and its competing events.

    Returns
    -------
    tuple of Variable
        Targets first; then the helpers: predictors, outcome, treatment by entry and
        later measurements.
    """
    patients = cohort.patients
    read = [_read(patients, name, target=True) for name in columns]
    read += [_read(patients, name) for name in predictors if name not in columns]
    helpers = {
        **outcome_columns(cohort, endpoint),
        **_treatment_by_entry(cohort),
        **_later_measurements(cohort, columns),
    }
    read += [Variable(name, values) for name, values in helpers.items()]
    return tuple(read)


def outcome_columns(cohort: Cohort, endpoint: Endpoint) -> dict[str, np.ndarray]:
    """Give indicator and cumulative hazard of each event type, one value per child.

    A child with the outcome on or before entry is not at risk: hazards 0, events 0, and a
    column of its own says so.

    Examples
    --------
    >>> from jdm_stats.exposure.follow_up import read_endpoint
    >>> patients = pd.DataFrame({"patient_id": ["P1", "P2"], "antibody": "none"})
    >>> patients = patients.assign(entry_day=0, exit_day=[40, 90], exit_reason="lost")
    >>> events = pd.DataFrame({"patient_id": ["P1"], "day": [40]})
    >>> cohort = Cohort(patients, events=events.assign(event="gi_perforation"))
    >>> told = outcome_columns(cohort, read_endpoint("gi_perforation", None))
    >>> {name: values.tolist() for name, values in told.items()}
    {'gi_perforation': [1.0, 0.0], 'gi_perforation_hazard': [0.5, 0.5]}
    """
    patients = cohort.patients
    entry = patients["entry_day"].to_numpy(dtype=np.int64)
    leave = patients["exit_day"].to_numpy(dtype=np.int64)
    days = read_event_days(cohort, pd.Index(patients["patient_id"]), endpoint)
    found = first_events(days, len(endpoint.names), entry)
    end, code = found.ending(leave)
    prevalent = found.before[0]
    end, code = np.where(prevalent, entry, end), np.where(prevalent, 0, code)
    told: dict[str, np.ndarray] = {}
    for number, name in enumerate(endpoint.names, start=1):
        told[name] = (code == number).astype(float)
        told[f"{name}_hazard"] = cumulative_hazard(end, code == number, entry)
    if prevalent.any():
        told[f"{endpoint.outcome}_by_entry"] = prevalent.astype(float)
    return told


def _treatment_by_entry(cohort: Cohort) -> dict[str, np.ndarray]:
    """Whether steroids, and intravenous ones, had been started by entry."""
    patients, courses = cohort.patients, cohort.courses
    courses = courses[courses["drug"].isin(STEROIDS).to_numpy(dtype=bool)]
    entry = patients.set_index("patient_id")["entry_day"]
    begun = courses["start_day"].to_numpy(float) <= entry.reindex(
        courses["patient_id"]
    ).to_numpy(float)
    by_vein = (courses["route"] == "iv").to_numpy(dtype=bool)
    ids = courses["patient_id"].to_numpy(dtype=object)
    return {
        name: patients["patient_id"].isin(ids[which]).to_numpy(dtype=float)
        for name, which in (
            ("steroid_by_entry", begun),
            ("iv_steroid_by_entry", begun & by_vein),
        )
    }


def measured_first(
    cohort: Cohort, name: str, days: tuple[int, int]
) -> np.ndarray | None:
    """Give each child's first measurement of a column in a span of days.

    Parameters
    ----------
    cohort : Cohort
    name : str
        A column of the patients table, or a measure.
    days : (int, int)
        First and last day of the span.

    Returns
    -------
    (n,) float array or None
        NaN for a child without; several on one day are averaged. None when no child
        has any.
    """
    rows = cohort.assessments
    inside = rows["day"].between(*days) & (rows["measure"] == name)
    rows = rows[inside.to_numpy(dtype=bool)]
    daily = rows.groupby(["patient_id", "day"], observed=True)["value"].mean()
    first = daily.groupby(level="patient_id", observed=True).first()
    values = first.reindex(cohort.patients["patient_id"]).to_numpy(
        dtype=float, na_value=np.nan
    )
    return values.copy() if np.isfinite(values).any() else None


def _later_measurements(
    cohort: Cohort, columns: Sequence[str]
) -> dict[str, np.ndarray]:
    """First measurement of each column after day 0, within half a year."""
    found = {name: measured_first(cohort, name, (1, LATER_DAYS)) for name in columns}
    return {f"later_{n}": values for n, values in found.items() if values is not None}


def _read(patients: pd.DataFrame, name: str, *, target: bool = False) -> Variable:
    first = PRIMARY if name == "antibody" else None
    words = MISSING_WORDS.get(name, ())
    return read_variable(patients[name], words=words, first=first, target=target)


def check_columns(
    columns: Sequence[str], predictors: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """Check the names of columns and predictors; every fault at once.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> check_columns(["cmas"], ["sex"])
    (['cmas'], ['sex'])
    """
    chosen = [columns] if isinstance(columns, str) else list(columns)
    given = PREDICTORS if predictors is None else predictors
    helping = [given] if isinstance(given, str) else list(given)
    wrong = []
    for what, names, allowed in (
        ("columns", chosen, IMPUTABLE),
        ("predictors", helping, ALLOWED),
    ):
        unknown = [name for name in names if name not in allowed]
        if unknown:
            wrong.append(
                f"{what} names {', '.join(map(repr, unknown))}; choose from "
                f"{', '.join(n for n in TABLES['patients'].names if n in allowed)}"
            )
        if len(set(names)) < len(names):
            wrong.append(f"{what} names a column twice: {names}")
    if not chosen:
        wrong.append("columns is empty; name a column to fill in")
    if wrong:
        raise UsageError("; ".join(wrong))
    return chosen, helping
