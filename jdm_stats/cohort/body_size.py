"""How heavy and how tall a child was when a course began."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.cells import Mask

if TYPE_CHECKING:
    from jdm_stats.cohort.cohort import Cohort

__all__ = ["last_recorded", "recorded_by"]

Numbers = npt.NDArray[np.float64]


def last_recorded(
    cohort: Cohort, courses: pd.DataFrame, measure: str
) -> tuple[Numbers, Mask]:
    """Return the weight or height last recorded by the first day of each course.

    The value in patients counts as recorded on day 0; an assessment of that day comes
    before it, and several assessments of one day are averaged. A course that starts
    before any record takes the value in patients.

    Parameters
    ----------
    cohort : Cohort
    courses : DataFrame, shape (courses,)
        ``patient_id`` and ``start_day``.
    measure : {"weight_kg", "height_cm"}

    Returns
    -------
    value : float array, shape (courses,)
        In the measure's unit; NaN where nothing is recorded by then.
    assessed : bool array, shape (courses,)
        Whether the value comes from assessments.

    Examples
    --------
    >>> from jdm_stats.cohort.cohort import Cohort
    >>> patients = pd.DataFrame(
    ...     {
    ...         "patient_id": ["P1"],
    ...         "antibody": ["none"],
    ...         "weight_kg": [20.0],
    ...         "entry_day": [0],
    ...         "exit_day": [400],
    ...         "exit_reason": ["lost"],
    ...     }
    ... )
    >>> grown = pd.DataFrame(
    ...     {
    ...         "patient_id": ["P1"],
    ...         "day": [200],
    ...         "measure": "weight_kg",
    ...         "value": [24.0],
    ...     }
    ... )
    >>> starts = pd.DataFrame({"patient_id": ["P1", "P1"], "start_day": [199, 200]})
    >>> last_recorded(Cohort(patients, assessments=grown), starts, "weight_kg")
    (array([20., 24.]), array([False,  True]))
    """
    return recorded_by(cohort.patients, cohort.assessments, courses, measure)


def recorded_by(
    patients: pd.DataFrame,
    assessments: pd.DataFrame,
    courses: pd.DataFrame,
    measure: str,
) -> tuple[Numbers, Mask]:
    """Do what `last_recorded` does with two tables that are not yet a cohort.

    Each child has one row in ``patients``; cells of either table may be missing.
    """
    patients = patients[["patient_id", measure]].dropna()
    patients = patients.rename(columns={measure: "value"})
    every = assessments[(assessments["measure"] == measure).to_numpy(dtype=bool)]
    every = every.dropna(subset=["patient_id", "day", "value"])
    assessed = every.groupby(["patient_id", "day"])["value"].mean().reset_index()
    at_diagnosis = patients.assign(day=0, assessed=False)
    records = pd.concat([at_diagnosis, assessed.assign(assessed=True)])
    records = records.astype(
        {"patient_id": object, "day": "int64", "assessed": bool, "value": "float64"}
    )
    records = records.drop_duplicates(["patient_id", "day"], keep="last")
    starts = pd.DataFrame(
        {
            "patient_id": courses["patient_id"].astype(object),
            "day": courses["start_day"].astype("int64"),
            "place": np.arange(len(courses)),
        }
    )
    matched = pd.merge_asof(
        starts.sort_values("day", kind="stable"),
        records.sort_values("day", kind="stable"),
        on="day",
        by="patient_id",
    ).sort_values("place")
    children = pd.Index(patients["patient_id"].to_numpy(dtype=object), dtype=object)
    known = np.append(patients["value"].to_numpy(dtype=np.float64), np.nan)
    child = courses["patient_id"].to_numpy(dtype=object)
    fallback = known[children.get_indexer(pd.Index(child, dtype=object))]
    value = matched["value"].to_numpy(dtype=np.float64)
    was_assessed = (matched["assessed"] == True).to_numpy(dtype=bool)  # noqa: E712
    return np.where(np.isnan(value), fallback, value), was_assessed
