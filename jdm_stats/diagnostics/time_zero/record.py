"""What the cohort knows of the children of a table: the days on which things came true.

Children are numbered as in the rows; those of the cohort that the table leaves out follow.
Where drugs or doses can be read in more than one way, the earliest day is taken, so that
the linter claims nothing a milder reading would undo.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.steroids import steroid_courses
from jdm_stats.diagnostics.time_zero.names import (
    JAK,
    JAK_INHIBITOR,
    PULSE,
    STEROID,
    TREATMENT,
)
from jdm_stats.diagnostics.time_zero.rows import Rows
from jdm_stats.errors import CohortError
from jdm_stats.exposure.step_sums import StepSums
from jdm_stats.plan import SteroidRules
from jdm_stats.schema import EVENTS, STEROIDS


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """Spans of days of one topic, both ends included; children as numbered."""

    child: np.ndarray
    first: np.ndarray
    last: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What the cohort knows.

    Parameters
    ----------
    labels : (N,) object array
        Patient ids; the first n are the children of the table.
    n : int
    known : (n,) bool array
        Whether the cohort holds the child.
    entry, leave, tested : (N,) float arrays
        Entry day, exit day, day of the antibody test; NaN where not known.
    patients : DataFrame
        The patients table, row for row with ``labels``.
    topics : dict of str to Days
        Drugs, groups of drugs, event types.
    doses : dict of str to StepSums
        Steroid dose of every day, by unit; of the children in ``dosed``.
    totals : DataFrame
        Their steroid courses: ``child, first, last, mg_kg, pulse``.
    dosed : (N,) bool array
        Children whose steroid courses all have their days and dose.
    """

    labels: np.ndarray
    n: int
    known: np.ndarray
    entry: np.ndarray
    leave: np.ndarray
    tested: np.ndarray
    patients: pd.DataFrame
    topics: dict[str, Days]
    events: pd.DataFrame
    assessments: pd.DataFrame
    doses: dict[str, StepSums]
    totals: pd.DataFrame
    dosed: np.ndarray
    outcome_name: str
    competing: tuple[str, ...]
    synthetic: bool
    _first: dict[str, np.ndarray] = field(default_factory=dict)

    def first_day(self, topic: str) -> np.ndarray:
        """First day of a topic, for each of the N children; ``inf`` without."""
        if topic not in self._first:
            days = self.topics[topic]
            first = np.full(len(self.labels), np.inf)
            np.minimum.at(first, days.child, days.first)
            self._first[topic] = first
        return self._first[topic]

    def event_days(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Children and days of an event type."""
        own = self.events[self.events["event"] == name]
        return own["child"].to_numpy(np.int64), own["day"].to_numpy(float)

    def next_event(self, names: tuple[str, ...], after: np.ndarray) -> np.ndarray:
        """First day of any of the events after each child's own day; ``inf`` without."""
        found = np.full(len(self.labels), np.inf)
        for name in names:
            child, day = self.event_days(name)
            late = day > after[child]
            np.minimum.at(found, child[late], day[late])
        return found

    def at_risk(self) -> tuple[np.ndarray, np.ndarray]:
        """Who of the N children can be at risk from entry, and until which day."""
        ends = (self.outcome_name, *self.competing)
        before = np.zeros(len(self.labels), dtype=bool)
        for name in ends:
            child, day = self.event_days(name)
            before[child[day <= self.entry[child]]] = True
        end = np.minimum(self.leave, self.next_event(ends, self.entry))
        return ~before & (self.leave > self.entry), end


def read_record(
    cohort: Cohort,
    rows: Rows,
    outcome: str,
    competing: tuple[str, ...],
    definite_only: bool,
    rules: SteroidRules | None = None,
) -> Record:
    """Read from a cohort what the linter asks about the children of a table."""
    patients = cohort.patients
    ids = pd.Index(patients["patient_id"].to_numpy(dtype=object))
    wanted = pd.Index([_plain(label) for label in rows.labels], dtype=object)
    at = ids.get_indexer(wanted)
    own = ids.to_numpy(dtype=object)
    absent = np.setdiff1d(np.arange(len(ids)), at)
    order = np.concatenate([at, absent]).astype(np.int64)
    labels = np.concatenate([wanted.to_numpy(dtype=object), own[absent]])
    number = pd.Index(labels)
    table = patients.reindex(index=order).reset_index(drop=True)
    events = _numbered(cohort.events, number)
    if definite_only:
        definite = events["definite"].fillna(True).to_numpy(dtype=bool)
        events = events[definite]
    courses, dosed = _steroids(cohort, number, rules)
    return Record(
        labels=labels,
        n=rows.n,
        known=at >= 0,
        entry=_days(table, "entry_day"),
        leave=_days(table, "exit_day"),
        tested=_days(table, "antibody_test_day"),
        patients=table,
        topics=_topics(_numbered(cohort.courses, number), events),
        events=events,
        assessments=_numbered(cohort.assessments, number),
        doses=_doses(courses),
        totals=courses,
        dosed=dosed,
        outcome_name=outcome,
        competing=competing,
        synthetic=cohort.synthetic,
    )


def _plain(label: object) -> object:
    """Write a patient id as the cohort does: text, whole numbers without a point."""
    if isinstance(label, float | np.floating) and float(label).is_integer():
        return str(int(label))
    return label if isinstance(label, str) else str(label)


def _days(table: pd.DataFrame, name: str) -> np.ndarray:
    return table[name].to_numpy(dtype=float, na_value=np.nan)


def _numbered(table: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    return table.assign(child=ids.get_indexer(pd.Index(table["patient_id"])))


def _topics(courses: pd.DataFrame, events: pd.DataFrame) -> dict[str, Days]:
    """Days of each drug, group of drugs and event type that the cohort holds."""
    drug = courses["drug"]
    steroid = drug.isin(STEROIDS).to_numpy(dtype=bool)
    oral = (courses["route"] == "oral").to_numpy(dtype=bool)
    chosen = {
        PULSE: steroid & (~oral | (drug == "dexamethasone").to_numpy(dtype=bool)),
        STEROID: steroid,
        JAK_INHIBITOR: drug.isin(JAK).to_numpy(dtype=bool),
        TREATMENT: np.ones(len(courses), dtype=bool),
    }
    for name in drug.dropna().unique():
        chosen.setdefault(str(name), (drug == name).to_numpy(dtype=bool))
    child = courses["child"].to_numpy(np.int64)
    start = courses["start_day"].to_numpy(dtype=float)
    stop = courses["stop_day"].to_numpy(dtype=float, na_value=np.nan)
    stop = np.where(np.isnan(stop), start, stop)
    topics = {
        name: Days(child[mask], start[mask], stop[mask])
        for name, mask in chosen.items()
        if mask.any()
    }
    for name in EVENTS:
        own = events[events["event"] == name]
        if len(own):
            day = own["day"].to_numpy(dtype=float)
            topics[name] = Days(own["child"].to_numpy(np.int64), day, day)
    return topics


def _steroids(
    cohort: Cohort, ids: pd.Index, rules: SteroidRules | None
) -> tuple[pd.DataFrame, np.ndarray]:
    """Steroid courses as days at a dose, and the children whose courses all have both."""
    at_fault: set[str | None] = set()
    try:
        courses = steroid_courses(cohort, rules=rules)
    except CohortError as error:
        at_fault = {fault.patient_id for fault in error.faults}
        sound = ~cohort.courses["patient_id"].isin(list(at_fault))
        courses = steroid_courses(cohort, rules=rules, only=sound.to_numpy(dtype=bool))
    table = pd.DataFrame(
        {
            "child": ids.get_indexer(pd.Index(courses["patient_id"])).astype(np.int64),
            "first": courses["start_day"].to_numpy(np.int64),
            "last": courses["stop_day"].to_numpy(np.int64),
            "mg_kg": courses["mg_kg_day"].to_numpy(dtype=float),
            "mg": courses["mg_day"].to_numpy(dtype=float),
            "pulse": courses["pulse"].to_numpy(dtype=bool),
        }
    )
    return table, ~ids.isin(list(at_fault))


def _doses(courses: pd.DataFrame) -> dict[str, StepSums]:
    """Sum up the steroid dose of each day, in units of 1e-9."""
    found = {}
    for unit, column in (("mg/kg", "mg_kg"), ("mg", "mg")):
        for words, own in (
            ("pulses apart", courses[~courses["pulse"]]),
            ("pulses included", courses),
        ):
            dose = np.rint(own[column].to_numpy() * 1e9)
            if not len(dose) or np.isnan(dose).any():
                continue
            child, amount = own["child"].to_numpy(), dose.astype(np.int64)
            found[f"{unit}, {words}"] = StepSums(
                np.concatenate([child, child]),
                np.concatenate([own["first"].to_numpy(), own["last"].to_numpy() + 1]),
                np.concatenate([amount, -amount]),
            )
    return found
