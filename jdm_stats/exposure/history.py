"""What happened to every child, as arrays that can be asked about any day.

Days are whole numbers, doses are kept in whole units of 1e-12 mg/kg, so that sums are
exact: adding a course and taking it away again leaves nothing behind, and no child's
value depends on another child in the cohort. Children are numbered in the order of the
patients table.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.steroids import days_apart, steroid_courses

# Totals of one child above this many mg/kg are kept in coarser units (int64 has 19
# digits); a lifetime of pulses comes to some thousands.
_FINEST_DIGITS = 12
_LARGEST_TOTAL = 4.0e6


class StepSums:
    """Running sums of dated whole amounts, child by child.

    Parameters
    ----------
    child, day, amount : ndarray of int64, shape (m,)
        Amounts and the day each is entered, in any order. Sums wrap around like any
        int64, so differences are exact whenever the sum of one child fits.

    Examples
    --------
    >>> import numpy as np
    >>> sums = StepSums(np.array([0, 0, 1]), np.array([5, 9, 2]), np.array([1, 2, 4]))
    >>> sums.up_to(np.array([0, 0, 0, 1, 2]), np.array([4, 5, 99, 2, 2])).tolist()
    [0, 1, 3, 4, 0]
    """

    def __init__(self, child: np.ndarray, day: np.ndarray, amount: np.ndarray) -> None:
        self._low = int(day.min()) if len(day) else 0
        self._span = (int(day.max()) - self._low if len(day) else 0) + 2
        key = self._key(child, day)
        order = np.argsort(key, kind="stable")
        self._keys = key[order]
        self._sums = np.concatenate([[0], np.cumsum(amount[order])]).astype(np.int64)

    def _key(self, child: np.ndarray, day: np.ndarray) -> np.ndarray:
        place = np.clip(day - self._low + 1, 0, self._span - 1)
        return child.astype(np.int64) * self._span + place

    def up_to(self, child: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Sum of the child's amounts entered on or before the day."""
        upto = np.searchsorted(self._keys, self._key(child, day), side="right")
        base = np.searchsorted(self._keys, child.astype(np.int64) * self._span, "left")
        return self._sums[upto] - self._sums[base]


class LastDay:
    """The last day, not after a given one, inside any of a child's spans.

    Parameters
    ----------
    child, first, last : ndarray of int64, shape (m,)
        Spans of days, both ends included; they may overlap.

    Examples
    --------
    >>> import numpy as np
    >>> doses = LastDay(np.array([0, 0]), np.array([3, 10]), np.array([5, 10]))
    >>> known, day = doses.up_to(np.array([0, 0, 0, 1]), np.array([2, 4, 9, 50]))
    >>> known.tolist(), day[known].tolist()
    ([False, True, True, False], [4, 5])
    """

    def __init__(self, child: np.ndarray, first: np.ndarray, last: np.ndarray) -> None:
        order = np.lexsort((first, child))
        self._child, self._first = child[order], first[order]
        self._low = int(first.min()) if len(first) else 0
        self._span = (int(last.max()) - self._low if len(last) else 0) + 2
        self._keys = self._key(self._child, self._first)
        reached = np.maximum.accumulate(self._key(self._child, last[order]))
        self._last = reached % self._span - 1 + self._low

    def _key(self, child: np.ndarray, day: np.ndarray) -> np.ndarray:
        place = np.clip(day - self._low + 1, 0, self._span - 1)
        return child.astype(np.int64) * self._span + place

    def up_to(
        self, child: np.ndarray, day: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Whether there is such a day, and which (meaningless where there is none)."""
        known, at = self.begun_by(child, day)
        if not len(self._keys):
            return known, at
        return known, np.minimum(self._last[at], day)

    def begun_by(
        self, child: np.ndarray, day: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Whether a span has begun, and the place of the latest, by child and first day."""
        if not len(self._keys):
            return np.zeros(len(child), dtype=bool), np.zeros(len(child), np.int64)
        place = np.searchsorted(self._keys, self._key(child, day), side="right") - 1
        at = np.maximum(place, 0)
        return (place >= 0) & (self._child[at] == child), at


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

    def mg_kg(self, units: np.ndarray) -> np.ndarray:
        """Units as mg/kg, rounded to 1e-9."""
        return np.round(units / 10.0**self.digits, 9)


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What the measures may ask about the children of a cohort.

    ``doses`` holds the courses at their mean daily dose, ``given`` the days a dose was
    given and the dose of that day; they differ where a course is not given daily, and
    both are None when no measure needs steroids. ``events`` maps an event type to the
    children and days it befell; ``readings`` maps an assessed measure to children, days
    and values, in order of child and day.
    """

    doses: Doses | None
    given: Doses | None
    events: dict[str, tuple[np.ndarray, np.ndarray]]
    readings: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]


def read_history(
    cohort: Cohort,
    *,
    steroids: bool,
    events: Collection[str] = (),
    readings: Collection[str] = (),
    definite_only: bool = False,
    courses: np.ndarray | None = None,
) -> History:
    """Read what the measures need from a cohort.

    Parameters
    ----------
    cohort : Cohort
    steroids : bool
        Whether steroid courses are needed; without need none is refused.
    events : collection of str
        Event types needed.
    readings : collection of str
        Assessed measures needed.
    definite_only : bool
        Leave out events that are not definite.
    courses : ndarray of bool, optional
        Rows of the courses table to read; the others can refuse nothing.

    Raises
    ------
    CohortError
        If a steroid course has no known days or dose.
    """
    ids = pd.Index(cohort.patients["patient_id"])
    doses = given = None
    if steroids:
        table = steroid_courses(cohort, only=courses)
        child = number_children(ids, table["patient_id"])
        doses, given = _mean_doses(table, child), _given_doses(table, child)
    found = {}
    if events:
        rows = cohort.events
        if definite_only:
            rows = rows[rows["definite"].fillna(True).to_numpy(dtype=bool)]
        child = number_children(ids, rows["patient_id"])
        day = rows["day"].to_numpy(dtype=np.int64)
        kind = rows["event"].to_numpy(dtype=object)
        for name in events:
            found[name] = (child[kind == name], day[kind == name])
    return History(doses, given, found, _readings(cohort, ids, readings))


def _readings(
    cohort: Cohort, ids: pd.Index, needed: Collection[str]
) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Children, days and values of each measure; of several on a day, their mean."""
    found = {}
    rows = cohort.assessments if needed else None
    for name in needed:
        assert rows is not None
        own = rows.loc[rows["measure"] == name, ["patient_id", "day", "value"]].dropna()
        own = own.assign(child=number_children(ids, own["patient_id"]))
        mean = own.groupby(["child", "day"])["value"].mean().reset_index()
        found[name] = (
            mean["child"].to_numpy(dtype=np.int64),
            mean["day"].to_numpy(dtype=np.int64),
            mean["value"].to_numpy(dtype=float),
        )
    return found


def number_children(ids: pd.Index, given: pd.Series) -> np.ndarray:
    """Place of each given patient id in ``ids``, the ids of the patients table.

    Examples
    --------
    >>> number_children(pd.Index(["A", "B"]), pd.Series(["B", "A", "B"])).tolist()
    [1, 0, 1]
    """
    return ids.get_indexer(pd.Index(given)).astype(np.int64)


def _mean_doses(courses: pd.DataFrame, child: np.ndarray) -> Doses:
    """Courses at their mean daily dose, on every day from the first to the last."""
    return _in_units(
        child,
        courses["start_day"].to_numpy(dtype=np.int64),
        courses["stop_day"].to_numpy(dtype=np.int64),
        courses["mg_kg_day"].to_numpy(dtype=float),
        courses["pulse"].to_numpy(dtype=bool),
    )


def _given_doses(courses: pd.DataFrame, child: np.ndarray) -> Doses:
    """Days with a dose: a daily course as it is, any other one day for each dose."""
    first = courses["start_day"].to_numpy(dtype=np.int64)
    last = courses["stop_day"].to_numpy(dtype=np.int64)
    every = courses["every_n_days"].to_numpy(dtype=np.int64)
    apart = every > 1
    place, day = days_apart(first, last, np.where(apart, every, last - first + 1))
    return _in_units(
        child[place],
        day,
        np.where(apart[place], day, last[place]),
        courses["mg_kg_per_dose"].to_numpy(dtype=float)[place],
        courses["pulse"].to_numpy(dtype=bool)[place],
    )


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
