"""Steroid courses from which no dose per kg can be had, told with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from jdm_stats.cohort.cells import Mask
from jdm_stats.cohort.faults import in_order
from jdm_stats.cohort.recorded_courses import RecordedCourses, Settled
from jdm_stats.cohort.steroid_days import Given
from jdm_stats.errors import Fault
from jdm_stats.plan.steroid_rules import SteroidRules
from jdm_stats.schema import STEROIDS

__all__ = ["RULES", "Problem", "faults_of", "find_problems"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "missing_stop_day": "A steroid course says on which day it stopped.",
        "missing_dose": "A steroid course says how much was given.",
        "dose_as_needed": "A steroid given when needed has no known days.",
        "no_weight": "A steroid dose in mg has a weight that turns it into mg per kg.",
        "no_height": "A steroid dose per square metre has a height.",
    }
)

_WEIGH = "give weight_kg in patients or an earlier assessment"


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One rule broken by some courses: where, in which column, and what to do."""

    rule: str
    column: str
    mask: Mask
    what: str
    remedy: str


def find_problems(
    settled: Settled, given: Given, rules: SteroidRules
) -> tuple[Problem, ...]:
    """Find what keeps each course that is kept from becoming days at a dose."""
    courses, kept = settled.courses, settled.kept
    as_needed = courses.as_needed & (rules.as_needed == "refuse")
    regular = kept & ~as_needed
    known = regular & ~np.isnan(courses.dose_mg)
    per_kg = courses.is_basis("per_kg_day")
    undecided = courses.is_route("iv") & ~given.pulse & np.isnan(given.mg)
    may_cap = np.array([drug in rules.cap_mg_per_dose for drug in STEROIDS])
    uncapped = may_cap[courses.drug] & per_kg & np.isnan(given.weight)
    return (
        Problem(
            *("dose_as_needed", "as_needed", kept & as_needed, "is given as needed"),
            "enter the days it was given as courses of their own, or name a rule for "
            "as_needed",
        ),
        Problem(
            *("missing_stop_day", "stop_day", regular & ~courses.ends),
            "has no stop_day",
            "give the last day of treatment (exit_day when it was still going on), or "
            "name a rule for missing_stop_day",
        ),
        Problem(
            *("missing_dose", "dose_mg", regular & np.isnan(courses.dose_mg)),
            "has no dose",
            "give dose_mg and dose_basis, or name a rule for missing_dose",
        ),
        Problem(
            *("no_weight", "dose_mg", known & ~per_kg & np.isnan(given.weight)),
            *("is in mg but no weight of the child is known by then", _WEIGH),
        ),
        Problem(
            *("no_weight", "dose_mg", known & undecided & ~uncapped),
            "is intravenous, and without a weight it may or may not be a pulse",
            _WEIGH,
        ),
        Problem(
            *("no_weight", "dose_mg", known & uncapped),
            *("is per kg and capped in mg but no weight is known by then", _WEIGH),
        ),
        Problem(
            *("no_height", "dose_basis"),
            known & courses.is_basis("per_m2") & np.isnan(given.height),
            "is per square metre but no height of the child is known by then",
            "give height_cm in patients or an earlier assessment",
        ),
        Problem(
            *("courses_overlap", "start_day", regular & settled.overlaps),
            "begins while another course of the drug and route still runs",
            'correct the days, or choose overlapping = "add" or "later_replaces"',
        ),
        Problem(
            *("courses_same_start", "start_day", regular & settled.same_start),
            "begins on the day of another course of the drug and route: which replaces "
            "which is not known",
            'make one course of both, or choose overlapping = "add"',
        ),
    )


def faults_of(
    problems: tuple[Problem, ...],
    courses: RecordedCourses,
    ids: npt.NDArray[np.object_],
    among: Mask,
) -> list[Fault]:
    """Return the faults of the courses ``among``, in order of their rows."""
    return in_order(
        Fault(
            "courses",
            int(courses.row[place]),
            ids[courses.child[place]],
            problem.column,
            problem.rule,
            f"{STEROIDS[courses.drug[place]]} from day {courses.start[place]} "
            f"{problem.what}",
            problem.remedy,
        )
        for problem in problems
        for place in np.flatnonzero(problem.mask & among)
    )
