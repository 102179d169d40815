"""Courses of any drug as spans of days, and the names of groups of drugs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.recorded_courses import NEVER, next_start
from jdm_stats.errors import Fault, UsageError
from jdm_stats.schema import OTHER_DRUGS, STEROIDS, nearest

__all__ = [
    "DRUG_GROUPS",
    "DrugCourses",
    "DrugSpans",
    "drugs_named",
    "read_drug_courses",
]

# Groups by what a drug does; a drug may be in none.
DRUG_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "jak_inhibitor": ("tofacitinib", "ruxolitinib", "baricitinib"),
        "tnf_inhibitor": ("infliximab", "adalimumab"),
        "calcineurin_inhibitor": ("ciclosporin", "tacrolimus"),
        "plasma_therapy": ("plasma_exchange", "fresh_frozen_plasma"),
        "steroid": STEROIDS,
    }
)


def drugs_named(named: str | Sequence[str]) -> tuple[str, ...]:
    """Return the drugs a name, a group or several of them stand for.

    Raises
    ------
    UsageError
        If a name is neither a drug nor a group; tells the nearest.

    Examples
    --------
    >>> drugs_named("jak_inhibitor")
    ('tofacitinib', 'ruxolitinib', 'baricitinib')
    >>> drugs_named(["ivig", "methotrexate"])
    ('ivig', 'methotrexate')
    """
    if not isinstance(named, str | Sequence):
        raise UsageError(f"name a drug or a group of drugs, received {named!r}")
    names = [named] if isinstance(named, str) else list(named)
    known = (*STEROIDS, *OTHER_DRUGS)
    found: list[str] = []
    for name in names:
        if isinstance(name, str) and name in DRUG_GROUPS:
            found += DRUG_GROUPS[name]
        elif name in known:
            found.append(name)
        else:
            meant = nearest(str(name), (*known, *DRUG_GROUPS))
            raise UsageError(
                f"{name!r} is no drug and no group of drugs; "
                + (f"did you mean {meant!r}? " if meant else "")
                + f"groups are {', '.join(DRUG_GROUPS)}, drugs {', '.join(known)}"
            )
    if not found:
        raise UsageError("name a drug or a group of drugs, received none")
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True, eq=False)
class DrugCourses:
    """Every course of the courses table, one entry each, in its order.

    ``stop`` means nothing where ``ends`` is False; ``exit_day`` has one entry per child.
    """

    child: np.ndarray
    drug: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    ends: np.ndarray
    as_needed: np.ndarray
    ids: np.ndarray
    exit_day: np.ndarray

    def spans(
        self, drugs: Sequence[str], missing_stop_day: str | int, as_needed: str
    ) -> DrugSpans:
        """Return the courses of some drugs as spans of days, by named rules.

        Parameters
        ----------
        drugs : sequence of str
        missing_stop_day : {"refuse", "next_course", "exit"} or int
            As in `SteroidRules`; the next course is the child's next of the same drug,
            by any route, also one that is left out.
        as_needed : {"refuse", "leave_out", "as_written"}
        """
        named = np.isin(self.drug, np.array(drugs, dtype=object))
        kept = named & ~(self.as_needed & (as_needed == "leave_out"))
        place = np.flatnonzero(kept)
        start, ends = self.start[place], self.ends[place]
        stop = np.where(ends, self.stop[place], start)
        unknown = self.as_needed[place] & (as_needed == "refuse")
        open_ended = ~ends & ~unknown
        if missing_stop_day == "refuse":
            refused = open_ended
        else:
            refused = np.zeros(len(place), dtype=bool)
            last = self._last_day(np.flatnonzero(named), missing_stop_day)
            stop = np.where(open_ended, last[kept[named]], stop)
        return DrugSpans(
            place,
            self.child[place],
            start,
            stop,
            refused,
            unknown,
            {
                "last_days_set_by_rule": int((open_ended & ~refused).sum()),
                "courses_as_needed_left_out": int((named & ~kept).sum()),
                "courses_as_needed_taken_as_written": int(
                    (self.as_needed[place] & ~unknown).sum()
                ),
            },
        )

    def _last_day(self, place: np.ndarray, rule: str | int) -> np.ndarray:
        """Last day of each course by the rule, as though none had one."""
        start, child = self.start[place], self.child[place]
        if isinstance(rule, int):
            return start + rule - 1
        last = np.maximum(self.exit_day[child], start)
        if rule == "exit":
            return last
        drug, drugs = pd.factorize(self.drug[place])
        following, _ = next_start(child * (len(drugs) + 1) + drug, start)
        return np.where(following < NEVER, following - 1, last)


@dataclass(frozen=True, slots=True, eq=False)
class DrugSpans:
    """Spans of days on some drugs; a refused or unknown span says nothing.

    ``place`` is the course's place in the courses table, ``applied`` counts the courses
    each rule was applied to.
    """

    place: np.ndarray
    child: np.ndarray
    first: np.ndarray
    last: np.ndarray
    refused: np.ndarray
    unknown: np.ndarray
    applied: Mapping[str, int]

    def faults(self, courses: DrugCourses, before: np.ndarray) -> list[Fault]:
        """Return the faults of spans that start before a day of each child's own."""
        matter = self.first < before[self.child]
        told = (
            (
                *(self.refused, "stop_day", "missing_stop_day", "has no stop_day"),
                "give the last day of treatment, or name a rule for missing_stop_day",
            ),
            (
                *(self.unknown, "as_needed", "dose_as_needed", "is given as needed"),
                "enter the days it was given as courses of their own, or name a rule "
                "for as_needed",
            ),
        )
        return [
            Fault(
                "courses",
                int(self.place[at]) + 1,
                courses.ids[self.child[at]],
                column,
                rule,
                f"{courses.drug[self.place[at]]} from day {self.first[at]} {what}",
                remedy,
            )
            for mask, column, rule, what, remedy in told
            for at in np.flatnonzero(mask & matter)
        ]

    def sound(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Children, first and last days of the spans that are known."""
        known = ~self.refused & ~self.unknown
        return self.child[known], self.first[known], self.last[known]


def read_drug_courses(cohort: Cohort, ids: pd.Index) -> DrugCourses:
    """Read the courses table of a cohort; children are numbered as ``ids`` stand."""
    table, patients = cohort.courses, cohort.patients
    return DrugCourses(
        ids.get_indexer(pd.Index(table["patient_id"])).astype(np.int64),
        table["drug"].to_numpy(dtype=object),
        table["start_day"].to_numpy(dtype=np.int64),
        table["stop_day"].to_numpy(dtype=np.int64, na_value=0),
        table["stop_day"].notna().to_numpy(dtype=bool),
        table["as_needed"].to_numpy(dtype=bool, na_value=False),
        ids.to_numpy(dtype=object),
        patients["exit_day"].to_numpy(dtype=np.int64),
    )
