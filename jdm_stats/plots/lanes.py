"""What a lane of a course plot is made of: a child, and its dose from day to day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.plots.columns import numbers, require_columns, text_of
from jdm_stats.plots.style import ANTIBODY_LOOKS

__all__ = ["Child", "children_in_order", "dose_steps"]

_FOLLOW_UP = ("patient_id", "entry_day", "exit_day")


@dataclass(frozen=True, slots=True)
class Child:
    """One lane: who, which antibody, when the centring event was, followed from and to."""

    patient_id: str
    antibody: str
    centre: int
    entry: float
    exit: float
    remark: str = ""


def dose_steps(
    courses: pd.DataFrame, first: int, last: int
) -> list[tuple[int, int, float]]:
    """Add up the daily doses of one child into steps of constant dose.

    Parameters
    ----------
    courses : pandas.DataFrame
        Courses of one child that are not pulses.
    first, last : int
        First and last day looked at, both included.

    Returns
    -------
    list of (int, int, float)
        First day, day after the last, dose in mg per kg per day; NaN where a dose given
        that day is not known. Days without treatment are left out.

    Examples
    --------
    >>> courses = pd.DataFrame(
    ...     {"start_day": [0, 2], "stop_day": [3, 2], "mg_kg_day": [1.0, 0.5]}
    ... )
    >>> dose_steps(courses, 0, 9)
    [(0, 2, 1.0), (2, 3, 1.5), (3, 4, 1.0)]
    """
    days = last - first + 1
    total, given = np.zeros(days), np.zeros(days, dtype=bool)
    starts, stops, doses = (
        numbers(courses, key) for key in ("start_day", "stop_day", "mg_kg_day")
    )
    for start, stop, dose in zip(starts, stops, doses, strict=True):
        stop = last if math.isnan(stop) else stop
        span = slice(max(int(start) - first, 0), max(int(stop) - first + 1, 0))
        total[span] += dose
        given[span] |= True
    total = np.round(total, 6)
    steps: list[tuple[int, int, float]] = []
    for day in np.flatnonzero(given):
        dose = float(total[day])
        left, right = first + int(day), first + int(day) + 1
        if steps and steps[-1][1] == left and _same(steps[-1][2], dose):
            left = steps.pop()[0]
        steps.append((left, right, dose))
    return steps


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def children_in_order(
    marks: pd.DataFrame, follow_up: pd.DataFrame | None, centre_on: str
) -> list[Child]:
    """Children with the event, by antibody and then by the day of the first one."""
    centred = marks[marks["event"] == centre_on]
    when = pd.Series(numbers(centred, "day"), index=centred["patient_id"].astype(str))
    first = when.dropna().groupby(level=0).min()
    known: dict[str, dict[Any, Any]] = {}
    if follow_up is not None:
        frame = require_columns(follow_up, _FOLLOW_UP, "course_plot (follow_up)")
        known = {str(row["patient_id"]): row for row in frame.to_dict("records")}
    children = []
    for patient, day in first.items():
        row = known.get(str(patient), {})
        entry, leave = (
            math.nan if pd.isna(row.get(key, math.nan)) else float(row[key])
            for key in ("entry_day", "exit_day")
        )
        antibody = text_of(row.get("antibody"))
        placed = text_of(row.get("pattern")) == "index_case"
        remark = "index pattern, days assumed" if placed else ""
        children.append(Child(str(patient), antibody, int(day), entry, leave, remark))
    order = list(ANTIBODY_LOOKS)
    return sorted(
        children,
        key=lambda child: (
            order.index(child.antibody) if child.antibody in order else len(order),
            child.antibody,
            child.centre,
            child.patient_id,
        ),
    )
