"""How heavy and how tall a child was on a day, by a named rule.

Readings are the assessments of a measure, several on a day averaged, and the value in
patients, which counts as a reading of day 0 unless that day has an assessment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.cells import Mask

if TYPE_CHECKING:
    from jdm_stats.cohort.cohort import Cohort

__all__ = ["BodySize", "last_recorded", "read_body_size", "recorded_by"]

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class BodySize:
    """Readings of weight or height, in order of child and day.

    Parameters
    ----------
    child, day : int array, shape (readings,)
    value : float array, shape (readings,)
        In the measure's unit.
    assessed : bool array, shape (readings,)
        Whether the value comes from assessments.
    at_diagnosis : float array, shape (children,)
        The value in patients, NaN where there is none.
    """

    child: Whole
    day: Whole
    value: Numbers
    assessed: Mask
    at_diagnosis: Numbers

    def on(self, child: Whole, day: Whole, rule: str) -> tuple[Numbers, Mask]:
        """Return the value on each day, and whether it comes from assessments.

        Parameters
        ----------
        child, day : int array, shape (n,)
            Child -1 is nobody.
        rule : {"last", "interpolate", "nearest"}
            ``last``: the last reading on or before the day, before any reading the value
            in patients. ``interpolate``: on a line between the readings either side,
            the first carried back, the last carried forward. ``nearest``: the reading
            nearest in days, the earlier of two.

        Returns
        -------
        value : float array, shape (n,)
            NaN where nothing is recorded.
        assessed : bool array, shape (n,)
            Under ``interpolate`` whether both readings used are assessed.
        """
        before, at = self._last_by(child, day)
        if rule == "last":
            value = np.append(self.value, np.nan)[np.where(before, at, -1)]
            known = np.append(self.at_diagnosis, np.nan)[child]
            assessed = before & np.append(self.assessed, False)[at]
            return np.where(before, value, known), assessed
        after, then = self._next_after(child, day)
        first = np.where(before, at, then)
        second = np.where(after, then, first)
        found = before | after
        value, days = np.append(self.value, np.nan), np.append(self.day, 0)
        first, second = np.where(found, first, -1), np.where(found, second, -1)
        since, gap = day - days[first], days[second] - days[first]
        if rule == "nearest":
            nearer = np.where(2 * since > gap, second, first)
            return value[nearer], np.append(self.assessed, False)[nearer]
        share = np.where(gap > 0, since / np.maximum(gap, 1), 0.0)
        drawn = value[first] + share * (value[second] - value[first])
        both = np.append(self.assessed, False)
        return drawn, both[first] & both[second]

    def inside(self, child: Whole, start: Whole, stop: Whole) -> tuple[Whole, Whole]:
        """Pair every span with the days of readings in (start, stop].

        Returns
        -------
        span, day : int array
            In order of span and day.
        """
        low, high = self._count_by(child, start), self._count_by(child, stop)
        many = np.maximum(high - low, 0)
        span = np.repeat(np.arange(len(child)), many)
        nth = np.arange(len(span)) - np.repeat(np.cumsum(many) - many, many)
        return span, self.day[low[span] + nth]

    def _count_by(self, child: Whole, day: Whole) -> Whole:
        """Count the readings of all children before, and of the child up to the day."""
        low = int(self.day.min(initial=0)) - 1
        span = int(self.day.max(initial=0)) - low + 2
        keys = self.child * span + (self.day - low)
        wanted = child * span + np.clip(day - low, 0, span - 1)
        return np.searchsorted(keys, wanted, side="right")

    def _last_by(self, child: Whole, day: Whole) -> tuple[Mask, Whole]:
        at = self._count_by(child, day) - 1
        mine = np.append(self.child, -2)[at] == child
        return mine & (at >= 0), np.maximum(at, -1)

    def _next_after(self, child: Whole, day: Whole) -> tuple[Mask, Whole]:
        at = self._count_by(child, day)
        return np.append(self.child, -2)[at] == child, at


def read_body_size(
    ids: pd.Index, patients: pd.DataFrame, assessments: pd.DataFrame, measure: str
) -> BodySize:
    """Read the weights or heights of the children ``ids``, one row each in patients.

    Parameters
    ----------
    ids : Index, shape (children,)
        Patient ids, each once; children are numbered in this order.
    patients, assessments : DataFrame
        Cells of either may be missing.
    measure : {"weight_kg", "height_cm"}
    """
    at_diagnosis = np.full(len(ids), np.nan)
    place = ids.get_indexer(pd.Index(patients["patient_id"]))
    known = patients[measure].to_numpy(dtype=np.float64, na_value=np.nan)
    at_diagnosis[place[place >= 0]] = known[place >= 0]
    rows = assessments[(assessments["measure"] == measure).to_numpy(dtype=bool)]
    rows = rows[["patient_id", "day", "value"]].dropna()
    child = ids.get_indexer(pd.Index(rows["patient_id"])).astype(np.int64)
    day = rows["day"].to_numpy(dtype=np.int64)
    value = rows["value"].to_numpy(dtype=np.float64)
    own = pd.DataFrame({"child": child, "day": day, "value": value})[child >= 0]
    mean = own.groupby(["child", "day"])["value"].mean().reset_index()
    there = np.flatnonzero(~np.isnan(at_diagnosis))
    both = pd.DataFrame(
        {
            "child": np.concatenate([mean["child"].to_numpy(np.int64), there]),
            "day": np.concatenate(
                [mean["day"].to_numpy(np.int64), np.zeros(len(there), dtype=np.int64)]
            ),
            "value": np.concatenate([mean["value"].to_numpy(), at_diagnosis[there]]),
            "assessed": np.arange(len(mean) + len(there)) < len(mean),
        }
    )
    both = both.drop_duplicates(["child", "day"], keep="first")
    both = both.sort_values(["child", "day"], kind="stable")
    return BodySize(
        both["child"].to_numpy(np.int64),
        both["day"].to_numpy(np.int64),
        both["value"].to_numpy(np.float64),
        both["assessed"].to_numpy(bool),
        at_diagnosis,
    )


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
    known = patients.dropna(subset=["patient_id"])
    others = assessments["patient_id"].dropna()
    ids = pd.Index(pd.concat([known["patient_id"], others]), dtype=object).unique()
    size = read_body_size(ids, known, assessments, measure)
    child = ids.get_indexer(pd.Index(courses["patient_id"])).astype(np.int64)
    return size.on(child, courses["start_day"].to_numpy(dtype=np.int64), "last")
