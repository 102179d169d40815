"""Steroid courses in one currency: prednisone-equivalent mg per kg per day.

Every steroid course becomes days with a known daily dose, by rules that are named in
`jdm_stats.plan.SteroidRules`, or the whole table is refused with each child and the
reason. Pulses (high intravenous doses) are told apart, because their days do not count
as current dose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.body_size import BodySize, read_body_size
from jdm_stats.cohort.cells import Mask
from jdm_stats.cohort.cohort import Cohort, as_cohort
from jdm_stats.cohort.equivalents import (
    PREDNISONE_EQUIVALENT_PER_MG,
    prednisone_equivalent_mg,
)
from jdm_stats.cohort.recorded_courses import RecordedCourses, read_recorded, settle
from jdm_stats.cohort.steroid_days import (
    Given,
    SteroidDays,
    days_apart,
    doses_on_a_day,
    lay_out,
)
from jdm_stats.cohort.steroid_faults import RULES, Problem, faults_of, find_problems
from jdm_stats.errors import CohortError, Fault, UsageError
from jdm_stats.plan.steroid_rules import SteroidRules
from jdm_stats.schema import ROUTES, STEROIDS

__all__ = [
    "PREDNISONE_EQUIVALENT_PER_MG",
    "PULSE_MG_DAY",
    "PULSE_MG_KG_DAY",
    "RULES",
    "SteroidReading",
    "days_apart",
    "prednisone_equivalent_mg",
    "read_steroids",
    "steroid_courses",
]

PULSE_MG_KG_DAY = SteroidRules().pulse_mg_kg_day
PULSE_MG_DAY = SteroidRules().pulse_mg_day


@dataclass(frozen=True, slots=True, eq=False)
class SteroidReading:
    """The steroid courses of a cohort, read once: days at a dose, faults and counts.

    Parameters
    ----------
    courses : RecordedCourses
        Every steroid course with the last day the rules gave it.
    days : SteroidDays
        Of the courses that are kept and have no fault.
    kept : bool array, shape (courses,)
        Whether a course is kept by the rules.
    problems : tuple of Problem
    tally, applied : dict of str to int
        All counts; and those of courses that a named rule was applied to.
    rules : SteroidRules
    ids : object array, shape (children,)
        Patient ids in the order of the patients table.
    synthetic : bool
    """

    courses: RecordedCourses
    days: SteroidDays
    kept: Mask
    problems: tuple[Problem, ...]
    tally: Mapping[str, int]
    applied: Mapping[str, int]
    rules: SteroidRules
    ids: npt.NDArray[np.object_]
    synthetic: bool

    @property
    def at_fault(self) -> Mask:
        """Courses from which no dose can be had."""
        wrong = np.zeros(len(self.courses), dtype=bool)
        for problem in self.problems:
            wrong |= problem.mask
        return wrong

    def faults(self, among: Mask | None = None) -> list[Fault]:
        """Return the faults of all courses, or of some."""
        if among is None:
            among = np.ones(len(self.courses), dtype=bool)
        return faults_of(self.problems, self.courses, self.ids, among)

    def where(self, chosen: Mask) -> SteroidReading:
        """Keep the chosen courses; rows are still those of the courses table read."""
        place = np.cumsum(chosen) - 1
        days = self.days.where(chosen[self.days.place])
        return replace(
            self,
            courses=self.courses.of(chosen),
            days=replace(days, place=place[days.place]),
            kept=self.kept[chosen],
            problems=tuple(replace(p, mask=p.mask[chosen]) for p in self.problems),
        )

    def of_children(self, ids: pd.Index) -> SteroidReading:
        """Keep the courses of the children ``ids``, numbered as these stand."""
        child = ids.get_indexer(pd.Index(self.ids)).astype(np.int64)
        own = self.where(child[self.courses.child] >= 0)
        courses = replace(own.courses, child=child[own.courses.child])
        return replace(own, courses=courses, ids=ids.to_numpy(dtype=object))

    def table(self) -> pd.DataFrame:
        """Return the days at a dose as `steroid_courses` does."""
        courses, days = self.courses, self.days
        words = (np.array(names, dtype=object) for names in (ROUTES, STEROIDS))
        routes, drugs = words
        rows = pd.DataFrame(
            {
                "patient_id": self.ids[courses.child[days.place]],
                "start_day": days.first,
                "stop_day": days.last,
                "mg_kg_day": days.mg_kg_day,
                "mg_day": days.mg_day,
                "pulse": days.pulse,
                "route": routes[courses.route[days.place]],
                "drug": drugs[courses.drug[days.place]],
                "course_row": courses.row[days.place],
                "every_n_days": days.every,
                "mg_kg_per_dose": days.mg_kg_per_dose,
            }
        )
        rows.attrs["jdm_stats"] = {
            "synthetic": self.synthetic,
            "pulse_mg_kg_day": float(self.rules.pulse_mg_kg_day),
            "pulse_mg_day": float(self.rules.pulse_mg_day),
            "rules": self.rules.model_dump(),
            "tally": dict(self.tally),
            "applied": dict(self.applied),
        }
        return rows


def steroid_courses(
    cohort: Cohort,
    *,
    rules: SteroidRules | Mapping[str, object] | None = None,
    pulse_mg_kg_day: float | None = None,
    pulse_mg_day: float | None = None,
    only: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """Return every steroid course as days at a prednisone-equivalent dose.

    Parameters
    ----------
    cohort : Cohort
    rules : SteroidRules or mapping of its fields, optional
        How courses become days at a dose; by default nothing is guessed.
    pulse_mg_kg_day, pulse_mg_day : float, optional
        An intravenous course is a pulse from either dose on (prednisone-equivalent,
        on a day it is given); by default as the rules say, 10 mg/kg and 250 mg.
    only : bool array, shape (courses,), optional
        Rows of courses to read; the others are neither returned nor refused.

    Returns
    -------
    DataFrame
        One row per stretch of days: ``patient_id``, ``start_day``, ``stop_day``
        (included), ``mg_kg_day``, ``mg_day`` (prednisone-equivalent), ``pulse``,
        ``route``, ``drug``, ``course_row`` (row in courses, from 1), ``every_n_days``
        and ``mg_kg_per_dose``. ``mg_kg_day`` and ``mg_day`` are the mean daily dose;
        ``mg_kg_per_dose`` is the dose of a day it is given: ``start_day``, ``start_day +
        every_n_days`` and so on up to ``stop_day``. ``mg_day`` is NaN where the dose
        was given per kg and no weight is known. ``attrs["jdm_stats"]`` holds the rules,
        a tally and, as ``applied``, the part of it that counts courses rules changed.

    Raises
    ------
    CohortError
        Listing every steroid course without a stop day, a dose or a needed weight or
        height, and every one given as needed, unless a rule says what to do with it;
        and those that overlap where the rules refuse it.
    UsageError
        When a limit for pulses is not a positive number, or ``only`` is not one True or
        False per course.

    Notes
    -----
    Weight is the one last recorded on or before the first day of the course: in
    assessments, or in patients, which counts as recorded on day 0 (assessments of that
    day come first; several on a day are averaged). A course before any of them takes the
    weight in patients. Height likewise. `SteroidRules` can choose otherwise. Body
    surface is Mosteller's sqrt(height_cm * weight_kg / 3600) [1]_.

    A course given every n-th day has a mean daily dose of the dose divided by n, from
    ``start_day`` to ``stop_day``. Total what was given from ``mg_kg_per_dose``: days
    times the mean daily dose is exact only where the length is a multiple of n. A pulse
    is known by the dose of the day it is given; a pulse given every n-th day becomes one
    row for each such day, at the whole dose and with ``every_n_days`` 1.

    References
    ----------
    .. [1] Mosteller RD. Simplified calculation of body-surface area. N Engl J Med
       1987;317:1098. doi:10.1056/NEJM198710223171717

    Examples
    --------
    >>> patients = pd.DataFrame({"patient_id": ["P1"], "antibody": ["NXP2"]})
    >>> patients = patients.assign(weight_kg=40.0, entry_day=0, exit_day=365)
    >>> courses = pd.DataFrame(
    ...     {
    ...         "patient_id": ["P1", "P1"],
    ...         "drug": ["methylprednisolone", "prednisone"],
    ...         "route": ["iv", "oral"],
    ...         "start_day": [3, 6],
    ...         "stop_day": [5, None],
    ...         "dose_mg": [30.0, 40.0],
    ...         "dose_basis": ["per_kg_day", "per_day"],
    ...     }
    ... )
    >>> cohort = Cohort(patients.assign(exit_reason="lost"), courses)
    >>> rows = steroid_courses(cohort, rules=SteroidRules(missing_stop_day="exit"))
    >>> rows[["start_day", "stop_day", "mg_kg_day", "pulse"]].values.tolist()
    [[3, 5, 37.5, True], [6, 365, 1.0, False]]
    """
    limits = {"pulse_mg_kg_day": pulse_mg_kg_day, "pulse_mg_day": pulse_mg_day}
    moved = {name: limit for name, limit in limits.items() if limit is not None}
    for name, limit in moved.items():
        number = isinstance(limit, Real) and not isinstance(limit, bool)
        if not (number and 0 < limit < np.inf):
            raise UsageError(f"{name} must be more than 0 and finite, not {limit!r}")
    chosen = SteroidRules.read(rules).model_copy(update=moved)
    reading = read_steroids(as_cohort(cohort), chosen, only=only)
    if faults := reading.faults():
        raise CohortError(faults, "the steroid courses have")
    return reading.table()


def read_steroids(
    cohort: Cohort, rules: SteroidRules, *, only: npt.ArrayLike | None = None
) -> SteroidReading:
    """Read the steroid courses of a cohort without refusing any; see `steroid_courses`.

    Parameters
    ----------
    cohort : Cohort
    rules : SteroidRules
    only : bool array, shape (courses,), optional

    Returns
    -------
    SteroidReading
        Courses with a fault have no days in it.
    """
    patients = cohort.patients
    ids = pd.Index(patients["patient_id"])
    recorded, courses_listed = _recorded(cohort, ids)
    wanted = _chosen(only, courses_listed)
    chosen = wanted[recorded.row - 1]
    exit_day = patients["exit_day"].to_numpy(dtype=np.int64)
    settled = settle(recorded, rules, exit_day, chosen)
    weights, heights = _body_size(cohort, patients, ids)
    courses = settled.courses
    given = doses_on_a_day(courses, courses.start, weights, heights, rules)
    problems = find_problems(settled, given, rules)
    sound = settled.kept.copy()
    for problem in problems:
        sound &= ~problem.mask
    days, laid = lay_out(courses, given, np.flatnonzero(sound), weights, heights, rules)
    applied = settled.tally | laid
    replaced = np.isin(courses.drug, [STEROIDS.index(d) for d in rules.equivalents])
    if count := int((replaced & sound).sum()):
        applied["doses by a replaced equivalent"] = count
    return SteroidReading(
        courses,
        days,
        settled.kept,
        problems,
        {"courses": int(wanted.sum()), "steroid courses": int(chosen.sum())}
        | _counts(courses, given, settled.kept, days)
        | applied,
        applied,
        rules,
        ids.to_numpy(dtype=object),
        cohort.synthetic,
    )


def _recorded(cohort: Cohort, ids: pd.Index) -> tuple[RecordedCourses, int]:
    """Steroid courses as recorded, and the number of courses of any drug."""
    table = cohort.courses
    return read_recorded(table, ids), len(table)


def _body_size(
    cohort: Cohort, patients: pd.DataFrame, ids: pd.Index
) -> tuple[BodySize, BodySize]:
    """Weights and heights of the children."""
    assessments = cohort.assessments
    return (
        read_body_size(ids, patients, assessments, "weight_kg"),
        read_body_size(ids, patients, assessments, "height_cm"),
    )


def _counts(
    courses: RecordedCourses, given: Given, kept: Mask, days: SteroidDays
) -> dict[str, int]:
    needs_weight = kept & ~courses.is_basis("per_kg_day")
    return {
        "pulse courses": len(np.unique(days.place[days.pulse])),
        "courses not given daily": int((kept & (courses.every > 1)).sum()),
        "rows": len(days.place),
        "doses per kg by an assessed weight": int(
            (needs_weight & given.assessed).sum()
        ),
        "doses per kg by the weight in patients": int(
            (needs_weight & ~given.assessed).sum()
        ),
        "doses per square metre": int((kept & courses.is_basis("per_m2")).sum()),
    }


def _chosen(only: npt.ArrayLike | None, courses: int) -> Mask:
    if only is None:
        return np.ones(courses, dtype=bool)
    chosen = np.asarray(only)
    if chosen.shape != (courses,) or chosen.dtype != np.bool_:
        raise UsageError(
            f"only must be True or False for each of the {courses} courses, received "
            f"{chosen.dtype} of shape {chosen.shape}"
        )
    return chosen
