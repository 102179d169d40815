"""One child's record, laid out for the questions that the index case's pattern asks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.steroids import SteroidReading, read_steroids
from jdm_stats.plan.steroid_rules import SteroidRules
from jdm_stats.schema import STEROIDS

__all__ = ["Occurrence", "Record", "Stretch", "UnknownDose", "read_records"]

NEVER = 10**9


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """An event on a day; ``site`` is empty where none is recorded."""

    day: int
    site: str = ""
    definite: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """Days of one steroid course at one dose.

    ``mg_kg_day`` is the mean daily dose of prednisone equivalent; ``drug_mg_kg`` what was
    given of the drug itself on a day it was given.
    """

    first: int
    last: int
    mg_kg_day: float
    pulse: bool
    drug: str
    drug_mg_kg: float


@dataclass(frozen=True, slots=True, order=True)
class UnknownDose:
    """A steroid course from which no dose per day can be had, and why."""

    first: int
    last: int
    drug: str
    why: str


@dataclass(frozen=True, eq=False)
class Record:
    """What is known of a child.

    Parameters
    ----------
    patient_id, sex, antibody : str
        ``sex`` is empty where it is not known.
    age : float
        Years at diagnosis; NaN where not known.
    entry, exit : int
        First and last day under observation.
    died : bool
        Whether observation ended with death.
    events_kept, courses_kept : bool
        Whether the cohort holds any event at all, and this child any course.
    events : mapping of str to tuple of Occurrence
        In order of days.
    drugs : mapping of str to tuple of (int, int)
        First and last day of each course of a drug that is no steroid.
    stretches : tuple of Stretch
    unknown : tuple of UnknownDose
    cmas : tuple of (int, float)
        Day and value, in order of days.
    """

    patient_id: str
    sex: str
    antibody: str
    age: float
    entry: int
    exit: int
    died: bool
    events_kept: bool
    courses_kept: bool
    events: Mapping[str, tuple[Occurrence, ...]]
    drugs: Mapping[str, tuple[tuple[int, int], ...]]
    stretches: tuple[Stretch, ...]
    unknown: tuple[UnknownDose, ...]
    cmas: tuple[tuple[int, float], ...]

    def confirmed(self, event: str) -> tuple[Occurrence, ...]:
        """Return the events of a kind that are not mere suspicions."""
        return tuple(one for one in self.events.get(event, ()) if one.definite)

    @cached_property
    def holes(self) -> tuple[Occurrence, ...]:
        """Confirmed perforations: one a day, or one for each site named on that day."""
        by_day: dict[int, dict[str, Occurrence]] = {}
        for one in self.confirmed("gi_perforation"):
            by_day.setdefault(one.day, {})[one.site.casefold()] = one
        for sites in by_day.values():
            if len(sites) > 1:
                sites.pop("", None)
        return tuple(one for sites in by_day.values() for one in sites.values())

    def doses(
        self, first: int, last: int
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the daily steroid dose outside pulses, and the days of a pulse.

        Parameters
        ----------
        first, last : int
            Days looked at, both included.

        Returns
        -------
        array of float, array of bool; shape (last - first + 1,)
        """
        days = max(last - first + 1, 0)
        dose, pulse = np.zeros(days), np.zeros(days, dtype=bool)
        for one in self.stretches:
            span = slice(max(one.first - first, 0), max(one.last - first + 1, 0))
            if one.pulse:
                pulse[span] = True
            else:
                dose[span] += one.mg_kg_day
        return np.round(dose, 6), pulse

    def unknown_between(self, first: int, last: int) -> UnknownDose | None:
        """Return a course of unknown dose that may have run on one of these days."""
        for one in self.unknown:
            if one.first <= last and one.last >= first:
                return one
        return None


def read_records(cohort: Cohort, rules: SteroidRules) -> Iterator[Record]:
    """Lay out the record of each child of a cohort, in the order of its patients."""
    patients = cohort.patients
    ids = pd.Index(patients["patient_id"])
    reading = read_steroids(cohort, rules)
    stretches, unknown = _stretches(reading, rules), _unknown(reading)
    events, drugs, treated = _events(cohort), _drugs(cohort), _treated(cohort)
    readings = _cmas(cohort, patients)
    kept = len(cohort.events) > 0
    rows = zip(
        ids,
        patients["sex"],
        patients["antibody"],
        patients["age_at_diagnosis_years"].to_numpy(dtype=float, na_value=np.nan),
        patients["entry_day"],
        patients["exit_day"],
        patients["exit_reason"],
        strict=True,
    )
    for child, (name, sex, antibody, age, entry, leave, reason) in enumerate(rows):
        own = events.get(name, {})
        yield Record(
            patient_id=name,
            sex="" if pd.isna(sex) or sex == "unknown" else sex,
            antibody=antibody,
            age=float(age),
            entry=int(entry),
            exit=int(leave),
            died=reason == "death" or "death" in own,
            events_kept=kept,
            courses_kept=name in treated,
            events={kind: tuple(sorted(days)) for kind, days in own.items()},
            drugs={drug: tuple(sorted(d)) for drug, d in drugs.get(name, {}).items()},
            stretches=tuple(sorted(stretches.get(child, ()))),
            unknown=tuple(sorted(unknown.get(child, ()))),
            cmas=tuple(sorted(readings.get(name, ()))),
        )


def _stretches(
    reading: SteroidReading, rules: SteroidRules
) -> dict[int, list[Stretch]]:
    courses, days = reading.courses, reading.days
    equivalent = rules.prednisone_per_mg()
    found: dict[int, list[Stretch]] = {}
    for place, first, last, dose, pulse, on_a_day in zip(
        days.place.tolist(),
        days.first.tolist(),
        days.last.tolist(),
        days.mg_kg_day.tolist(),
        days.pulse.tolist(),
        days.mg_kg_per_dose.tolist(),
        strict=True,
    ):
        drug = STEROIDS[courses.drug[place]]
        found.setdefault(int(courses.child[place]), []).append(
            Stretch(first, last, dose, pulse, drug, on_a_day / equivalent[drug])
        )
    return found


def _unknown(reading: SteroidReading) -> dict[int, list[UnknownDose]]:
    """Tell the courses without a dose, with the first thing that is wrong with each."""
    courses = reading.courses
    found: dict[int, list[UnknownDose]] = {}
    for place in np.flatnonzero(reading.at_fault):
        why = next(p.what for p in reading.problems if p.mask[place])
        last = int(courses.stop[place]) if courses.ends[place] else NEVER
        found.setdefault(int(courses.child[place]), []).append(
            UnknownDose(
                int(courses.start[place]), last, STEROIDS[courses.drug[place]], why
            )
        )
    return found


def _events(cohort: Cohort) -> dict[str, dict[str, list[Occurrence]]]:
    table = cohort.events
    found: dict[str, dict[str, list[Occurrence]]] = {}
    for name, day, kind, site, definite in zip(
        table["patient_id"],
        table["day"],
        table["event"],
        table["site"],
        table["definite"],
        strict=True,
    ):
        one = Occurrence(
            int(day),
            "" if pd.isna(site) else str(site).strip(),
            bool(pd.isna(definite) or definite),
        )
        found.setdefault(name, {}).setdefault(kind, []).append(one)
    return found


def _drugs(cohort: Cohort) -> dict[str, dict[str, list[tuple[int, int]]]]:
    table = cohort.courses
    table = table[~table["drug"].isin(STEROIDS).to_numpy(dtype=bool)]
    found: dict[str, dict[str, list[tuple[int, int]]]] = {}
    for name, drug, start, stop in zip(
        table["patient_id"],
        table["drug"],
        table["start_day"],
        table["stop_day"],
        strict=True,
    ):
        last = NEVER if pd.isna(stop) else int(stop)
        found.setdefault(name, {}).setdefault(drug, []).append((int(start), last))
    return found


def _treated(cohort: Cohort) -> set[str]:
    return set(cohort.courses["patient_id"])


def _cmas(cohort: Cohort, patients: pd.DataFrame) -> dict[str, list[tuple[int, float]]]:
    """CMAS by day; the one in patients is of day 0 unless assessments have that day."""
    table = cohort.assessments
    table = table[(table["measure"] == "cmas").to_numpy(dtype=bool)]
    found: dict[str, list[tuple[int, float]]] = {}
    for name, day, value in zip(
        table["patient_id"], table["day"], table["value"], strict=True
    ):
        found.setdefault(name, []).append((int(day), float(value)))
    values = patients["cmas"].to_numpy(dtype=float, na_value=math.nan)
    for name, value in zip(patients["patient_id"], values, strict=True):
        own = found.get(name, [])
        if not math.isnan(value) and not any(day == 0 for day, _ in own):
            found.setdefault(name, []).append((0, float(value)))
    return found
