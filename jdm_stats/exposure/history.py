"""What happened to every child, as arrays that measures can ask about any day.

Days are whole numbers, doses are kept in whole units of 1e-12 mg/kg, so that sums are
exact and no child's value depends on another child in the cohort. Children are numbered
in the order of the patients table. A history reads each table once, when it is first
asked for; several expansions of one cohort can share it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort, as_cohort
from jdm_stats.cohort.steroids import SteroidReading, days_apart, read_steroids
from jdm_stats.errors import Fault
from jdm_stats.exposure.drugs import DrugCourses, read_drug_courses
from jdm_stats.exposure.step_sums import LastDay, StepSums
from jdm_stats.plan.steroid_rules import SteroidRules

__all__ = ["Doses", "History", "LastDay", "StepSums", "number_children"]

# Totals of one child above this many mg/kg are kept in coarser units (int64 has 19
# digits); a lifetime of pulses comes to some thousands.
_FINEST_DIGITS = 12
_LARGEST_TOTAL = 4.0e6


@dataclass(frozen=True, slots=True, eq=False)
class Doses:
    """Stretches of days with a dose, day ``first`` to day ``last``, as arrays.

    ``units`` is the dose of one day in units of ``10 ** -digits`` mg/kg of prednisone
    equivalent; ``pulse`` tells intravenous pulses.
    """

    child: np.ndarray
    first: np.ndarray
    last: np.ndarray
    units: np.ndarray
    pulse: np.ndarray
    digits: int

    def only(self, chosen: np.ndarray) -> Doses:
        """Keep the chosen courses."""
        return Doses(
            self.child[chosen],
            self.first[chosen],
            self.last[chosen],
            self.units[chosen],
            self.pulse[chosen],
            self.digits,
        )

    @property
    def mg_kg(self) -> Callable[[np.ndarray], np.ndarray]:
        """A function from units to mg/kg, rounded to 1e-9."""
        scale = 10.0**self.digits
        return lambda units: np.round(units / scale, 9)


class History:
    """What the measures may ask about the children of a cohort.

    Parameters
    ----------
    cohort : Cohort
    rules : SteroidRules or mapping of its fields, optional
        How steroid courses become days at a dose; by default nothing is guessed.
    definite_only : bool, default False
        Leave out events that are not definite.
    steroids : SteroidReading, optional
        The steroid courses of these children, where they were read before.

    Attributes
    ----------
    doses, given, pulses : Doses
        Steroid courses at their mean daily dose; the days a dose was given with the dose
        of that day, which differ where a course is not given daily; the pulses of these.

    Examples
    --------
    >>> patients = pd.DataFrame({"patient_id": ["P1"], "antibody": ["NXP2"]})
    >>> patients = patients.assign(entry_day=0, exit_day=90, exit_reason="lost")
    >>> events = pd.DataFrame({"patient_id": ["P1"], "day": [40], "event": "surgery"})
    >>> history = History(Cohort(patients, events=events))
    >>> history.event_days("surgery")[1].tolist(), len(history.doses.first)
    ([40], 0)
    """

    def __init__(
        self,
        cohort: Cohort,
        *,
        rules: SteroidRules | Mapping[str, object] | None = None,
        definite_only: bool = False,
        steroids: SteroidReading | None = None,
    ) -> None:
        self.cohort = as_cohort(cohort)
        self.rules = SteroidRules.read(rules)
        self.definite_only = definite_only
        self.patients = cohort.patients
        self.ids = pd.Index(self.patients["patient_id"])
        if steroids is not None:
            self.__dict__["steroids"] = steroids

    @cached_property
    def steroids(self) -> SteroidReading:
        """The steroid courses; those at fault have no days."""
        return read_steroids(self.cohort, self.rules)

    @cached_property
    def doses(self) -> Doses:
        """Courses at their mean daily dose, on every day from the first to the last."""
        days = self.steroids.days
        child = self.steroids.courses.child[days.place]
        return _in_units(child, days.first, days.last, days.mg_kg_day, days.pulse)

    @cached_property
    def given(self) -> Doses:
        """Days with a dose: a daily course as it is, any other one day for each dose."""
        days = self.steroids.days
        apart = days.every > 1
        step = np.where(apart, days.every, days.last - days.first + 1)
        place, day = days_apart(days.first, days.last, step)
        return _in_units(
            self.steroids.courses.child[days.place][place],
            day,
            np.where(apart[place], day, days.last[place]),
            days.mg_kg_per_dose[place],
            days.pulse[place],
        )

    @cached_property
    def pulses(self) -> Doses:
        """The pulses among the doses given; each of their days has one."""
        days = self.steroids.days
        at = np.flatnonzero(days.pulse)
        child = self.steroids.courses.child[days.place[at]]
        return _in_units(
            child,
            days.first[at],
            days.last[at],
            days.mg_kg_per_dose[at],
            days.pulse[at],
        )

    @cached_property
    def drug_courses(self) -> DrugCourses:
        """Every course of every drug, steroids too."""
        return read_drug_courses(self.cohort, self.ids)

    def event_days(self, kind: str) -> tuple[np.ndarray, np.ndarray]:
        """Children and days of an event type."""
        if kind not in self._events:
            rows = self.cohort.events
            if self.definite_only:
                rows = rows[rows["definite"].fillna(True).to_numpy(dtype=bool)]
            rows = rows[(rows["event"] == kind).to_numpy(dtype=bool)]
            child = number_children(self.ids, rows["patient_id"])
            self._events[kind] = child, rows["day"].to_numpy(dtype=np.int64)
        return self._events[kind]

    @cached_property
    def _events(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        return {}

    def readings(self, what: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Children, days and values of a measure, in order; several on a day averaged."""
        rows = self.cohort.assessments
        own = rows.loc[rows["measure"] == what, ["patient_id", "day", "value"]].dropna()
        own = own.assign(child=number_children(self.ids, own["patient_id"]))
        mean = own.groupby(["child", "day"])["value"].mean().reset_index()
        return (
            mean["child"].to_numpy(dtype=np.int64),
            mean["day"].to_numpy(dtype=np.int64),
            mean["value"].to_numpy(dtype=float),
        )

    def steroid_faults(self, before: np.ndarray) -> list[Fault]:
        """Return the faults of steroid courses that can matter.

        Parameters
        ----------
        before : ndarray of int64, shape (children,)
            A course can matter when it starts before this day of its child.
        """
        return self.steroids.faults(self.steroids_that_start(before))

    def steroids_that_start(self, before: np.ndarray) -> np.ndarray:
        """Tell the steroid courses that start before a day of each child's own."""
        courses = self.steroids.courses
        return courses.start < before[courses.child]

    def forget(self) -> None:
        """Let go of what was read; it is read again when asked for."""
        for name in ("steroids", "doses", "given", "pulses", "drug_courses", "_events"):
            self.__dict__.pop(name, None)


def number_children(ids: pd.Index, given: Collection[str] | pd.Series) -> np.ndarray:
    """Place of each given patient id in ``ids``, the ids of the patients table.

    Examples
    --------
    >>> number_children(pd.Index(["A", "B"]), pd.Series(["B", "A", "B"])).tolist()
    [1, 0, 1]
    """
    return ids.get_indexer(pd.Index(given)).astype(np.int64)


def _in_units(
    child: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    mg_kg: np.ndarray,
    pulse: np.ndarray,
) -> Doses:
    totals = np.bincount(child, mg_kg * (last - first + 1), minlength=1)
    excess = max(float(totals.max()) / _LARGEST_TOTAL, 1.0)
    digits = _FINEST_DIGITS - int(np.ceil(np.log10(excess)))
    units = np.rint(mg_kg * 10.0**digits).astype(np.int64)
    return Doses(child, first, last, units, pulse, digits)
