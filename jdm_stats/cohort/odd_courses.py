"""Courses of steroids that are possible, but more often a slip of the pen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.cells import Mask
from jdm_stats.cohort.doses import doses_on_a_day
from jdm_stats.cohort.faults import faults_at
from jdm_stats.errors import Fault
from jdm_stats.schema import MAX_STEROID_MG, MAX_STEROID_MG_KG_DAY, STEROIDS

__all__ = ["RULES", "odd_courses"]

HIGH_MG_KG_DAY = 4.0  # of prednisone-equivalent, other than into a vein
PULSE_CAP_MG = 1000.0  # of methylprednisolone

RULES: Mapping[str, str] = MappingProxyType(
    {
        "overlapping_courses": (
            "Two courses of one steroid by one route are not given on the same day."
        ),
        "high_daily_dose": (
            f"Other than into a vein, no child gets more than {HIGH_MG_KG_DAY:g} "
            "mg/kg/day of prednisone-equivalent."
        ),
        "pulse_above_1_g": "A pulse of methylprednisolone is at most 1 g a day.",
        "course_beyond_exit": "No course goes on after observation has ended.",
    }
)

Numbers = npt.NDArray[np.float64]


def odd_courses(tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Return a warning for each course that asks for a second look.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The four tables, in the shape `jdm_stats.cohort.columns.conform` gives them.

    Returns
    -------
    list of Fault
        Courses that break a rule of the schema are told there, not here again.

    Notes
    -----
    Oral steroids start at up to 2 mg/kg/day and pulses are 30 mg/kg, at most 1 g
    [1]_; 4 mg/kg/day is twice that start. A dose per kg is turned into mg by the weight
    last recorded; 1% is allowed for rounding. Courses whose days are not known (no
    ``stop_day``, given as needed) overlap nothing. Each course is set against the one of
    the same child, drug and route that began before it and ends last.

    References
    ----------
    .. [1] Huber AM et al. Protocols for the initial treatment of moderately severe
       juvenile dermatomyositis. Arthritis Care Res 2010;62:219-225. doi:10.1002/acr.20071

    Examples
    --------
    >>> from jdm_stats.schema import TABLES
    >>> from jdm_stats.cohort.columns import conform
    >>> course = {"patient_id": ["P1", "P1"], "drug": "prednisone", "route": "oral"}
    >>> course |= {"start_day": [0, 30], "stop_day": [30, 60]}
    >>> tables = {
    ...     name: conform(pd.DataFrame(course if name == "courses" else {}), table)[0]
    ...     for name, table in TABLES.items()
    ... }
    >>> [(fault.row, fault.message) for fault in odd_courses(tables)]
    [(2, 'prednisone oral from day 30 is given on day 30 together with row 1')]
    """
    courses = tables["courses"]
    if courses.empty:
        return []
    return [
        *_overlaps(courses),
        *_high_doses(tables, courses),
        *_beyond_exit(tables["patients"], courses),
    ]


def _days(column: pd.Series) -> Numbers:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _warn(
    courses: pd.DataFrame, mask: Mask, column: str, rule: str, message: object, do: str
) -> list[Fault]:
    ids = courses["patient_id"].to_numpy(dtype=object)
    return faults_at(
        *("courses", mask, ids, column, rule, message, do),  # type: ignore[arg-type]
        severity="warning",
    )


def _overlaps(courses: pd.DataFrame) -> list[Fault]:
    start, stop = _days(courses["start_day"]), _days(courses["stop_day"])
    fit = courses["drug"].isin(STEROIDS) & courses["patient_id"].notna()
    fit &= courses["route"].notna() & ~courses["as_needed"].fillna(False).astype(bool)
    fit &= ~courses.duplicated()
    place = np.flatnonzero(fit.to_numpy(dtype=bool) & (stop >= start))
    group = (
        courses.iloc[place]
        .groupby(["patient_id", "drug", "route"], observed=True, sort=False)
        .ngroup()
        .to_numpy()
    )
    order = np.lexsort((stop[place], start[place], group))
    place, group = place[order], group[order]
    begin, end = start[place], stop[place]
    before = _ends_last(np.asarray(group, dtype=np.intp), end)
    together = np.full(len(courses), -1, dtype=np.int64)
    later = np.flatnonzero(before >= 0)
    later = later[begin[later] <= end[before[later]]]
    every = courses["every_n_days"].to_numpy(np.float64, na_value=1.0)[place]
    day = _first_common_day(begin, end, every, later, before[later])
    hit = day >= 0
    together[place[later[hit]]] = place[before[later[hit]]]
    when = np.zeros(len(courses))
    when[place[later[hit]]] = begin[later[hit]] + day[hit]

    def message(row: int) -> str:
        return (
            f"{courses['drug'].iloc[row]} {courses['route'].iloc[row]} from day "
            f"{start[row]:.0f} is given on day {when[row]:.0f} together with row "
            f"{together[row] + 1}"
        )

    return _warn(
        *(courses, together >= 0, "start_day", "overlapping_courses", message),
        "both doses count; end the earlier course the day before the later one starts, or "
        "remove the one that was entered twice",
    )


def _ends_last(group: npt.NDArray[np.intp], end: Numbers) -> npt.NDArray[np.int64]:
    """Return the place of the earlier row of the group that ends last; -1 for none."""
    levels, rank = np.unique(end, return_inverse=True)
    key = group.astype(np.int64) * (len(levels) + 1) + rank
    latest = np.maximum.accumulate(key)
    new = np.concatenate([[True], latest[1:] > latest[:-1]])[: len(key)]
    holder = np.maximum.accumulate(np.where(new, np.arange(len(key)), 0))
    before = np.concatenate([[-1], holder[:-1]])[: len(key)]
    first = np.concatenate([[True], group[1:] != group[:-1]])[: len(key)]
    return np.where(first, -1, before)


def _first_common_day(
    begin: Numbers,
    end: Numbers,
    every: Numbers,
    later: npt.NDArray[np.intp],
    earlier: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Return the first day, counted from the later start, on which both give; or -1."""
    found = np.full(len(later), -1, dtype=np.int64)
    last = np.minimum(end[later], end[earlier]) - begin[later]
    daily = (every[later] == 1) & (every[earlier] == 1)
    found[daily] = 0
    for at in np.flatnonzero(~daily):
        step, other = int(every[later[at]]), int(every[earlier[at]])
        days = np.arange(0, min(int(last[at]), step * other) + 1, step)
        gap = int(begin[later[at]] - begin[earlier[at]])
        common = days[(days + gap) % other == 0]
        found[at] = common[0] if common.size else -1
    return found


def _high_doses(
    tables: Mapping[str, pd.DataFrame], courses: pd.DataFrame
) -> list[Fault]:
    mg_kg, mg = doses_on_a_day(tables)
    every = courses["every_n_days"].to_numpy(np.float64, na_value=1.0)
    iv = (courses["route"] == "iv").to_numpy(dtype=bool)
    known = courses["route"].notna().to_numpy(dtype=bool)
    daily = mg_kg / every
    per_kg = (courses["dose_basis"] == "per_kg_day").to_numpy(
        dtype=bool, na_value=False
    )
    told = (mg_kg > MAX_STEROID_MG_KG_DAY) | (~per_kg & (mg > MAX_STEROID_MG))
    high = known & ~iv & ~told & (daily > 1.01 * HIGH_MG_KG_DAY)
    methylprednisolone = (courses["drug"] == "methylprednisolone").to_numpy(dtype=bool)
    pulse = iv & methylprednisolone & ~told & (mg > 1.01 * PULSE_CAP_MG)
    drug = courses["drug"].to_numpy(dtype=object)
    return [
        *_warn(
            *(courses, high, "dose_mg", "high_daily_dose"),
            lambda row: (
                f"{drug[row]} {courses['route'].iloc[row]} at {daily[row]:.3g} "
                "mg/kg/day of prednisone-equivalent"
            ),
            "check the dose, dose_basis, every_n_days, the route and the weight",
        ),
        *_warn(
            *(courses, pulse, "dose_mg", "pulse_above_1_g"),
            lambda row: f"methylprednisolone iv at {mg[row]:,.0f} mg on a day",
            "check the dose and dose_basis; was the pulse of 30 mg/kg capped at 1 g?",
        ),
    ]


def _beyond_exit(patients: pd.DataFrame, courses: pd.DataFrame) -> list[Fault]:
    first = patients.dropna(subset=["patient_id"]).drop_duplicates("patient_id")
    index = pd.Index(first["patient_id"].to_numpy(dtype=object), dtype=object)
    ids = pd.Index(courses["patient_id"].to_numpy(dtype=object), dtype=object)
    leave = np.append(_days(first["exit_day"]), np.nan)[index.get_indexer(ids)]
    start, stop = _days(courses["start_day"]), _days(courses["stop_day"])
    return _warn(
        *(courses, (stop > leave) & (start <= leave), "stop_day", "course_beyond_exit"),
        lambda row: f"stop_day {stop[row]:.0f} lies after exit_day {leave[row]:.0f}",
        "nothing after exit_day counts; was the planned end entered, or is exit_day too "
        "early?",
    )
