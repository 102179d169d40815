"""Faults between cells, rows and tables: children twice, days in the wrong order, doses."""

from __future__ import annotations

from typing import Any

from jdm_stats.schema import STEROIDS
from jdm_stats.simulation.spoiling.cohort.draft import Draft, Kind, Spot

__all__ = ["ALONE", "ROWS", "STEROID", "new_child"]

_ENTRY = frozenset({"patients.entry_day"})
_REASON = frozenset({"patients.exit_reason"})
_EVENT_DAY = frozenset({"events.day"})
_DEATH = _REASON | _EVENT_DAY


def _id(draft: Draft, child: int) -> Any:
    return draft.value("patients", child, "patient_id")


def new_child(draft: Draft, **cells: Any) -> tuple[str, int]:
    """Add a child to patients and return its id and last day."""
    name = f"SYN-9{len(draft.tables['patients']):04d}"
    row: dict[str, Any] = {"patient_id": name, "antibody": "untested", "entry_day": 0}
    row |= {"exit_day": 400, "exit_reason": "administrative"} | cells
    draft.add("patients", row, None)
    return name, int(row["exit_day"])


# --- patients ----------------------------------------------------------------------------


def _child_twice(draft: Draft) -> Spot | None:
    child = draft.child()
    if child is None:
        return None
    row = draft.known("patients", child)
    return draft.add("patients", row | {"centre": "Z"}, "patient_id")


def _entry_before_diagnosis(draft: Draft) -> Spot | None:
    child = draft.child()
    return None if child is None else draft.put("patients", child, "entry_day", -3)


def _exit_before_entry(draft: Draft) -> Spot | None:
    child = draft.child()
    if child is None:
        return None
    leave = int(draft.value("patients", child, "exit_day"))
    told = draft.put("patients", child, "entry_day", leave + 20)
    return Spot("patients", child + 1, told.patient_id, "exit_day", leave, leave)


def _untested_with_day(draft: Draft) -> Spot | None:
    untested = draft.sound["patients"]["antibody"] == "untested"
    child = draft.child(untested)
    if child is not None:
        return draft.put("patients", child, "antibody_test_day", 14)
    child = draft.child()
    if child is None:
        return None
    draft.put("patients", child, "antibody", "untested")
    return draft.put("patients", child, "antibody_test_day", 14)


def _death_without_event(draft: Draft) -> Spot | None:
    child = draft.child()
    return (
        None if child is None else draft.put("patients", child, "exit_reason", "death")
    )


# --- courses -----------------------------------------------------------------------------


def _unknown_child(draft: Draft) -> Spot | None:
    table = str(draft.rng.permutation(["courses", "assessments"])[0])
    place = draft.row(table)
    if place is None:
        return None
    name = str(draft.value(table, place, "patient_id"))
    draft.take(name)
    return draft.put(table, place, "patient_id", f"{name}x")


def _row_twice(draft: Draft) -> Spot | None:
    table = str(draft.rng.permutation(["courses", "assessments", "events"])[0])
    frame = draft.sound[table]
    alive = frame["event"] != "death" if table == "events" else True
    place = draft.row(table, alive)
    if place is None:
        return None
    return draft.add(table, draft.known(table, place), None)


def _stop_before_start(draft: Draft) -> Spot | None:
    place = draft.row("courses", draft.sound["courses"]["stop_day"].notna())
    if place is None:
        return None
    start = int(draft.value("courses", place, "start_day"))
    return draft.put("courses", place, "stop_day", start - 1)


def _dose_without_basis(draft: Draft) -> Spot | None:
    place = draft.row("courses", draft.sound["courses"]["dose_mg"].notna())
    return None if place is None else draft.put("courses", place, "dose_basis", None)


def _gram_for_mg(draft: Draft) -> Spot | None:
    courses = draft.sound["courses"]
    steroid = courses["drug"].isin(STEROIDS) & (courses["dose_basis"] == "per_kg_day")
    place = draft.row("courses", steroid)
    if place is None:
        return None
    dose = float(draft.value("courses", place, "dose_mg"))
    return draft.put("courses", place, "dose_mg", round(max(dose * 1000, 500.0), 3))


def _course_after_exit(draft: Draft) -> Spot | None:
    child = draft.child()
    if child is None:
        return None
    start = int(draft.value("patients", child, "exit_day")) + 5
    row = {"patient_id": _id(draft, child), "drug": "methotrexate", "route": "sc"}
    row |= {"start_day": start, "stop_day": start + 7, "every_n_days": 1}
    return draft.add("courses", row | {"as_needed": False}, "start_day")


# --- events ------------------------------------------------------------------------------


def _event(
    draft: Draft, child: int, day: int, event: str, column: str, **more: Any
) -> Spot:
    row = {"patient_id": _id(draft, child), "day": day, "event": event}
    return draft.add("events", row | {"definite": True} | more, column)


def _exit(draft: Draft, child: int) -> int:
    return int(draft.value("patients", child, "exit_day"))


def _event_after_exit(draft: Draft) -> Spot | None:
    child = draft.child()
    if child is None:
        return None
    return _event(draft, child, _exit(draft, child) + 9, "surgery", "day", site="colon")


def _dies(draft: Draft, day_before: int = 0) -> int | None:
    """Let a child die on its exit_day, or some days before, and return its place."""
    child = draft.child()
    if child is None:
        return None
    draft.put("patients", child, "exit_reason", "death")
    day = _exit(draft, child) - day_before
    _event(draft, child, day, "death", "day")
    return child


def _event_after_death(draft: Draft) -> Spot | None:
    child = _dies(draft)
    if child is None:
        return None
    return _event(draft, child, _exit(draft, child) + 2, "surgery", "day")


def _two_deaths(draft: Draft) -> Spot | None:
    child = _dies(draft)
    if child is None:
        return None
    return _event(draft, child, _exit(draft, child), "death", "event", definite=False)


def _death_not_exit(draft: Draft) -> Spot | None:
    child = draft.child()
    if child is None:
        return None
    return _event(draft, child, _exit(draft, child), "death", "event")


def _death_on_another_day(draft: Draft) -> Spot | None:
    child = draft.child()
    if child is None:
        return None
    draft.put("patients", child, "exit_reason", "death")
    return _event(draft, child, _exit(draft, child) + 4, "death", "day")


def _early_remission(draft: Draft) -> Spot | None:
    child = draft.child()
    return None if child is None else _event(draft, child, -8, "remission", "day")


def _site_of_remission(draft: Draft) -> Spot | None:
    child = draft.child()
    if child is None:
        return None
    day = _exit(draft, child)
    return _event(draft, child, day, "remission", "site", site="colon")


def _assessed_after_death(draft: Draft) -> Spot | None:
    child = _dies(draft)
    if child is None:
        return None
    row = {"patient_id": _id(draft, child), "day": _exit(draft, child) + 30}
    return draft.add("assessments", row | {"measure": "chaq", "value": 1.5}, "day")


def _pattern_without_mark(draft: Draft) -> Spot | None:
    draft.metadata["synthetic"] = False
    draft.note("metadata", "cohort", None, "synthetic", True, False)
    return Spot("patients", None, None, "pattern", True, False)


ROWS = (
    Kind(
        "duplicate_patient", "rows", _child_twice, "a child is entered by two centres"
    ),
    Kind(
        "entry_before_diagnosis",
        *("rows", _entry_before_diagnosis, "entry_day lies before diagnosis", _ENTRY),
    ),
    Kind(
        "exit_before_entry",
        *("rows", _exit_before_entry, "entry and exit are in the wrong order", _ENTRY),
    ),
    Kind(
        "untested_with_test_day",
        *("rows", _untested_with_day, "an untested child has a day of testing"),
        frozenset({"patients.antibody"}),
    ),
    Kind(
        "death_without_event",
        *("rows", _death_without_event, "a death stands in exit_reason only", _REASON),
    ),
    Kind("unknown_patient", "rows", _unknown_child, "a row is of a child nobody knows"),
    Kind(
        "duplicate_row",
        *("rows", _row_twice, "a row is entered twice"),
        _EVENT_DAY | {"courses.route", "assessments.day"},
    ),
    Kind(
        "stop_before_start",
        "rows",
        _stop_before_start,
        "a course stops before it starts",
    ),
    Kind(
        "dose_without_basis",
        *("rows", _dose_without_basis, "a dose does not say what it is counted per"),
    ),
    Kind(
        "dose_implausible",
        *("rows", _gram_for_mg, "a dose is a thousand times too large"),
    ),
    Kind("course_after_exit", "rows", _course_after_exit, "a course starts after exit"),
    Kind(
        "event_after_exit",
        *("rows", _event_after_exit, "an event lies after exit", _EVENT_DAY),
    ),
    Kind(
        "event_after_death",
        *("rows", _event_after_death, "an operation follows death", _DEATH),
    ),
    Kind("two_deaths", "rows", _two_deaths, "a child dies twice", _DEATH),
    Kind(
        "death_not_exit",
        *("rows", _death_not_exit, "a death stands in events only", _DEATH),
    ),
    Kind(
        "death_day_mismatch",
        *("rows", _death_on_another_day, "death is not on exit_day", _DEATH),
    ),
    Kind(
        "remission_before_diagnosis",
        *("rows", _early_remission, "remission precedes diagnosis", _EVENT_DAY),
    ),
    Kind(
        "site_not_applicable",
        *("rows", _site_of_remission, "a remission has a site", _EVENT_DAY),
    ),
    Kind(
        "assessment_after_death",
        *("rows", _assessed_after_death, "a child is assessed after death"),
        _DEATH | {"assessments.day"},
    ),
    Kind(
        "pattern_not_synthetic",
        *("mark", _pattern_without_mark, "the mark SYNTHETIC is lost in the metadata"),
    ),
)


# --- what steroid exposure needs ---------------------------------------------------------


def _steroid(draft: Draft) -> int | None:
    return draft.row("courses", draft.sound["courses"]["drug"].isin(STEROIDS))


def _no_stop(draft: Draft) -> Spot | None:
    place = _steroid(draft)
    return None if place is None else draft.put("courses", place, "stop_day", None)


def _no_dose(draft: Draft) -> Spot | None:
    place = _steroid(draft)
    return None if place is None else draft.put("courses", place, "dose_mg", None)


def _as_needed(draft: Draft) -> Spot | None:
    place = _steroid(draft)
    return None if place is None else draft.put("courses", place, "as_needed", True)


def _without(draft: Draft, basis: str, dose: float, **known: float) -> Spot:
    name, _ = new_child(draft, **known)
    row = {"patient_id": name, "drug": "prednisone", "route": "oral", "start_day": 3}
    row |= {"stop_day": 60, "dose_mg": dose, "dose_basis": basis, "every_n_days": 1}
    column = "dose_basis" if basis == "per_m2" else "dose_mg"
    return draft.add("courses", row | {"as_needed": False}, column)


STEROID = (
    Kind("missing_stop_day", "steroids", _no_stop, "a course has no last day"),
    Kind("missing_dose", "steroids", _no_dose, "a course has no dose"),
    Kind("dose_as_needed", "steroids", _as_needed, "a steroid is given as needed"),
    Kind(
        "no_weight",
        *("steroids", lambda d: _without(d, "per_day", 20.0), "no weight is recorded"),
    ),
    Kind(
        "no_height",
        "steroids",
        lambda d: _without(d, "per_m2", 30.0, weight_kg=31.0),
        "a dose per square metre, and no height is recorded",
    ),
)


def _nobody(draft: Draft) -> Spot | None:
    for name, table in draft.tables.items():
        draft.note("rows removed", name, None, None, len(table), 0)
        draft.tables[name] = table.iloc[:0].reset_index(drop=True)
    return Spot("patients", None, None, None, len(draft.sound["patients"]), 0)


ALONE = (Kind("no_patients", "alone", _nobody, "the export has headings and no rows"),)
