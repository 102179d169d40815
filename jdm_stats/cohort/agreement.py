"""Rules that look at more than one cell: days in order, tables that agree.

The tables come from `jdm_stats.cohort.columns.conform`; a cell that was at fault there
is missing here, and no rule speaks about a missing cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.cells import Mask, Objects
from jdm_stats.cohort.columns import outside
from jdm_stats.cohort.faults import faults_at
from jdm_stats.errors import Fault
from jdm_stats.schema import MEASURES, Column

__all__ = ["RULES", "disagreements"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "no_patients": "A cohort holds at least one child.",
        "duplicate_patient": "Each child has one row in patients.",
        "entry_before_diagnosis": "Observation begins at diagnosis (day 0) or later.",
        "exit_before_entry": "Observation does not end before it begins.",
        "untested_with_test_day": "An untested child has no day of testing.",
        "pattern_not_synthetic": "Only simulated children have a pattern.",
        "death_without_event": "A child whose exit_reason is death has a death event.",
        "unknown_patient": "Every child in another table has a row in patients.",
        "duplicate_row": "No course, event or assessment is listed twice.",
        "stop_before_start": "No course stops before it starts.",
        "dose_without_basis": "A dose says what it is counted per.",
        "course_after_exit": "No course starts after observation has ended.",
        "event_after_exit": "No event lies after observation has ended.",
        "event_after_death": "Nothing happens to a child after death.",
        "two_deaths": "A child dies once.",
        "death_not_exit": "A child with a death event has death as exit_reason.",
        "death_day_mismatch": "The day of death is the child's exit_day.",
        "remission_before_diagnosis": "Remission does not precede diagnosis.",
        "site_not_applicable": "Only gut events and surgery have a site.",
        "assessment_after_death": "Nothing is measured after death.",
    }
)

Numbers = npt.NDArray[np.float64]


def disagreements(
    tables: Mapping[str, pd.DataFrame], *, synthetic: bool | None = None
) -> list[Fault]:
    """Return every rule broken between the cells and tables of a cohort.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The four tables, in the shape `conform` gives them.
    synthetic : bool, optional
        What the metadata say; None when they say nothing.

    Returns
    -------
    list of Fault
        Empty when the tables agree.

    Examples
    --------
    >>> from jdm_stats.schema import TABLES
    >>> from jdm_stats.cohort.columns import conform
    >>> empty = {
    ...     name: conform(pd.DataFrame(), table)[0] for name, table in TABLES.items()
    ... }
    >>> [fault.rule for fault in disagreements(empty)]
    ['no_patients']
    """
    children = _Children(tables["patients"], tables["events"])
    return [
        *_patterns(tables["patients"], synthetic),
        *_patients(tables["patients"], children),
        *_courses(tables["courses"], children),
        *_events(tables["events"], children),
        *_assessments(tables["assessments"], children),
    ]


class _Children:
    """What other tables need to know of each child: exit, reason, day of death."""

    def __init__(self, patients: pd.DataFrame, events: pd.DataFrame) -> None:
        rows = patients.dropna(subset=["patient_id"]).drop_duplicates("patient_id")
        self.index = pd.Index(rows["patient_id"].to_numpy(dtype=object), dtype=object)
        self._exit_day = _days(rows["exit_day"])
        self._exit_reason = rows["exit_reason"].to_numpy(dtype=object)
        deaths = events[(events["event"] == "death").to_numpy(dtype=bool)]
        first = deaths.dropna(subset=["patient_id"]).groupby("patient_id")["day"].min()
        self._death_day = _days(first.reindex(self.index))
        self._died = self.index.isin(deaths["patient_id"].to_numpy(dtype=object))

    def place(self, ids: Objects) -> npt.NDArray[np.intp]:
        """Return each id's place in the index; -1 where the child is not known."""
        return self.index.get_indexer(pd.Index(ids, dtype=object))

    def exit_day(self, ids: Objects) -> Numbers:
        return self._at(self._exit_day, ids)

    def death_day(self, ids: Objects) -> Numbers:
        return self._at(self._death_day, ids)

    def exit_reason(self, ids: Objects) -> Objects:
        padded = np.array([*self._exit_reason, None], dtype=object)
        return padded[self.place(ids)]

    def died(self, ids: Objects) -> Mask:
        return np.append(self._died, False)[self.place(ids)]

    def _at(self, values: Numbers, ids: Objects) -> Numbers:
        return np.append(values, np.nan)[self.place(ids)]


def _days(column: pd.Series) -> Numbers:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _objects(column: pd.Series) -> Objects:
    return column.to_numpy(dtype=object)


def _is(column: pd.Series, *words: str) -> Mask:
    return column.isin(words).to_numpy(dtype=bool)


def _given(column: pd.Series) -> Mask:
    return column.notna().to_numpy(dtype=bool)


def _patterns(frame: pd.DataFrame, synthetic: bool | None) -> Iterator[Fault]:
    filled = int(_given(frame["pattern"]).sum())
    if filled and synthetic is False:
        yield Fault(
            *("patients", None, None, "pattern", "pattern_not_synthetic"),
            f"pattern is filled for {filled:,} of {len(frame):,} children, but the "
            "metadata do not say that they are synthetic",
            'if they are simulated, write "synthetic": true in the metadata '
            "(cohort.json); if they are real, leave pattern empty",
        )


def _patients(frame: pd.DataFrame, children: _Children) -> Iterator[Fault]:
    if frame.empty:
        yield Fault(
            *("patients", None, None, None, "no_patients", "the table has no rows"),
            "add one row per child",
        )
        return
    ids = _objects(frame["patient_id"])
    entry, leave = _days(frame["entry_day"]), _days(frame["exit_day"])
    reason = frame["exit_reason"]

    def at(
        mask: Mask, column: str, rule: str, message: Any, remedy: Any
    ) -> list[Fault]:
        return faults_at("patients", mask, ids, column, rule, message, remedy)

    yield from at(
        frame.duplicated("patient_id").to_numpy() & _given(frame["patient_id"]),
        "patient_id",
        "duplicate_patient",
        lambda row: f"{ids[row]!r} already stands in an earlier row",
        "join the rows of one child into one; give two children two ids",
    )
    yield from at(
        entry < 0,
        "entry_day",
        "entry_before_diagnosis",
        lambda row: f"entry_day {entry[row]:.0f} lies before diagnosis, day 0",
        "use 0 for a child observed from diagnosis, later for delayed entry",
    )
    yield from at(
        leave < entry,
        "exit_day",
        "exit_before_entry",
        lambda row: f"exit_day {leave[row]:.0f} lies before entry_day {entry[row]:.0f}",
        "correct one of the two days",
    )
    yield from at(
        _is(frame["antibody"], "untested") & _given(frame["antibody_test_day"]),
        "antibody_test_day",
        "untested_with_test_day",
        lambda row: "antibody is 'untested' but antibody_test_day is given",
        "give the antibody found ('none' for a negative test); empty the day if no "
        "test was done",
    )
    yield from at(
        _is(reason, "death") & _given(frame["patient_id"]) & ~children.died(ids),
        "exit_reason",
        "death_without_event",
        lambda row: "exit_reason is death but events has no death of this child",
        "add the death to events on exit_day, or correct exit_reason",
    )


def _shared(name: str, frame: pd.DataFrame, children: _Children) -> Iterator[Fault]:
    ids = _objects(frame["patient_id"])
    yield from faults_at(
        name,
        (children.place(ids) < 0)
        & _given(frame["patient_id"])
        & (len(children.index) > 0),
        ids,
        "patient_id",
        "unknown_patient",
        lambda row: f"{ids[row]!r} has no row in patients",
        "add the child to patients, or correct the id",
    )
    yield from faults_at(
        name,
        frame.duplicated().to_numpy(),
        ids,
        None,
        "duplicate_row",
        lambda row: "the row repeats an earlier row word for word",
        "remove one of the two, or correct the one that was copied by mistake",
    )


def _courses(frame: pd.DataFrame, children: _Children) -> Iterator[Fault]:
    yield from _shared("courses", frame, children)
    ids = _objects(frame["patient_id"])
    start, stop = _days(frame["start_day"]), _days(frame["stop_day"])
    leave = children.exit_day(ids)

    def at(
        mask: Mask, column: str, rule: str, message: Any, remedy: Any
    ) -> list[Fault]:
        return faults_at("courses", mask, ids, column, rule, message, remedy)

    yield from at(
        stop < start,
        "stop_day",
        "stop_before_start",
        lambda row: f"stop_day {stop[row]:.0f} lies before start_day {start[row]:.0f}",
        "correct one of the two days; a single dose has stop_day = start_day",
    )
    yield from at(
        _given(frame["dose_mg"]) & ~_given(frame["dose_basis"]),
        "dose_basis",
        "dose_without_basis",
        lambda row: f"dose_mg {frame['dose_mg'].iloc[row]:.12g} has no dose_basis",
        "say whether it is per_day, per_kg_day, per_dose or per_m2",
    )
    yield from at(
        start > leave,
        "start_day",
        "course_after_exit",
        lambda row: f"start_day {start[row]:.0f} lies after exit_day {leave[row]:.0f}",
        "correct the day, or extend exit_day if the child was still observed; leave out "
        "only what was given after observation had ended",
    )


def _events(frame: pd.DataFrame, children: _Children) -> Iterator[Fault]:
    yield from _shared("events", frame, children)
    ids, what = _objects(frame["patient_id"]), _objects(frame["event"])
    day, death = _days(frame["day"]), _is(frame["event"], "death")
    leave, died_on = children.exit_day(ids), children.death_day(ids)

    def at(
        mask: Mask, column: str, rule: str, message: Any, remedy: Any
    ) -> list[Fault]:
        return faults_at("events", mask, ids, column, rule, message, remedy)

    yield from at(
        (day > died_on) & ~death,
        "day",
        "event_after_death",
        lambda r: f"{what[r]} on day {day[r]:.0f} lies after death on {died_on[r]:.0f}",
        "correct one of the two days",
    )
    yield from at(
        (day > leave) & ~death & ~(day > died_on),
        "day",
        "event_after_exit",
        lambda row: f"day {day[row]:.0f} lies after exit_day {leave[row]:.0f}",
        "correct the day, or end observation by one rule for every child, with or without "
        "an event; leave out only what happened after that end",
    )
    yield from at(
        (day < 0) & _is(frame["event"], "remission"),
        "day",
        "remission_before_diagnosis",
        lambda row: f"remission on day {day[row]:.0f} lies before diagnosis, day 0",
        "correct the day, or the event",
    )
    yield from at(
        _given(frame["site"]) & _is(frame["event"], "death", "remission"),
        "site",
        "site_not_applicable",
        lambda row: f"{what[row]} has the site {frame['site'].iloc[row]!r}",
        "leave site empty, or correct the event",
    )
    yield from _deaths(frame, children)


def _deaths(frame: pd.DataFrame, children: _Children) -> Iterator[Fault]:
    ids, day = _objects(frame["patient_id"]), _days(frame["day"])
    death = _is(frame["event"], "death") & _given(frame["patient_id"])
    leave, reason = children.exit_day(ids), children.exit_reason(ids)
    reason_known = np.array(pd.notna(reason), dtype=bool)

    def at(
        mask: Mask, column: str, rule: str, message: Any, remedy: Any
    ) -> list[Fault]:
        return faults_at("events", mask, ids, column, rule, message, remedy)

    again = frame[["patient_id", "event"]].duplicated().to_numpy()
    yield from at(
        death & again & ~frame.duplicated().to_numpy(),
        "event",
        "two_deaths",
        lambda row: f"a death on day {day[row]:.0f} follows an earlier death row",
        "keep one death per child, on the right day",
    )
    yield from at(
        death & reason_known & (reason != "death"),
        "event",
        "death_not_exit",
        lambda row: f"the child has a death event but exit_reason {reason[row]!r}",
        "set exit_reason to death and exit_day to the day of death",
    )
    yield from at(
        death & (reason == "death") & (day != leave) & ~np.isnan(day + leave),
        "day",
        "death_day_mismatch",
        lambda row: f"death on day {day[row]:.0f} but exit_day {leave[row]:.0f}",
        "make the two days the same",
    )


def _assessments(frame: pd.DataFrame, children: _Children) -> Iterator[Fault]:
    yield from _shared("assessments", frame, children)
    ids = _objects(frame["patient_id"])
    value, day = _days(frame["value"]), _days(frame["day"])
    died_on = children.death_day(ids)
    codes, words = pd.factorize(frame["measure"])
    for place, word in enumerate(words):
        measure, of_this = MEASURES[word], codes == place
        yield from _beyond_range(of_this & outside(value, measure), ids, value, measure)
    yield from faults_at(
        "assessments",
        day > died_on,
        ids,
        "day",
        "assessment_after_death",
        lambda row: f"day {day[row]:.0f} lies after death on day {died_on[row]:.0f}",
        "correct one of the two days",
    )


def _beyond_range(
    mask: Mask, ids: Objects, value: Numbers, measure: Column
) -> list[Fault]:
    return faults_at(
        "assessments",
        mask,
        ids,
        "value",
        "out_of_range",
        lambda row: f"{measure.name} {value[row]:.12g} is out of range",
        f"{measure.name} must be {measure.range_in_words}; check the value and its unit",
    )
