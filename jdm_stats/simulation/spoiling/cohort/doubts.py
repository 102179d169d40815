"""What the schema admits and a careful reader would ask about: one way for each warning."""

from __future__ import annotations

from typing import Any

import numpy as np

from jdm_stats.simulation.spoiling.cohort.draft import Draft, Kind, Spot
from jdm_stats.simulation.spoiling.cohort.rows import new_child

__all__ = ["DOUBTS"]

_EVENT_DAY = frozenset({"events.day"})
_ROUTE = frozenset({"courses.route"})
_CROWD = 6


def _exit(draft: Draft, child: int) -> int:
    return int(draft.value("patients", child, "exit_day"))


def _entered_again(draft: Draft) -> Spot | None:
    frame = draft.sound["patients"]
    known = frame[["sex", "diagnosis_year", "age_at_diagnosis_years", "weight_kg"]]
    child = draft.child(known.notna().all(axis=1) & frame["height_cm"].notna())
    if child is None:
        return None
    cells = draft.known("patients", child)
    name = f"SYN-8{len(draft.tables['patients']):04d}"
    draft.take(cells["patient_id"])
    return draft.add("patients", cells | {"patient_id": name}, "patient_id")


def _event(draft: Draft, child: int, day: int, event: str) -> Spot:
    row = {"patient_id": draft.value("patients", child, "patient_id"), "day": day}
    return draft.add("events", row | {"event": event, "definite": True}, "day")


def _tested_late(draft: Draft) -> Spot | None:
    frame = draft.sound["patients"]
    long = (frame["exit_day"] > 200) & (frame["antibody"] != "untested")
    child = draft.child(long)
    if child is None:
        return None
    day = int(draft.rng.integers(61, 120))
    _event(draft, child, day, "gi_perforation")
    return draft.put("patients", child, "antibody_test_day", day + 20)


def _tested_after_exit(draft: Draft) -> Spot | None:
    child = draft.child(draft.sound["patients"]["antibody"] != "untested")
    if child is None:
        return None
    return draft.put("patients", child, "antibody_test_day", _exit(draft, child) + 30)


def _perforated_early(draft: Draft) -> Spot | None:
    child = draft.child()
    if child is None:
        return None
    return _event(draft, child, -int(draft.rng.integers(0, 9)), "gi_perforation")


def _died_unrecorded(draft: Draft) -> Spot | None:
    name, leave = new_child(draft, exit_day=90, exit_reason="death")
    row = {"patient_id": name, "day": leave, "event": "death", "definite": True}
    return draft.add("events", row, "event")


def _crowd(draft: Draft) -> Spot | None:
    day = 30
    children = []
    for _ in range(_CROWD):
        child = draft.child(draft.sound["patients"]["exit_day"] >= day)
        if child is None:
            return None
        draft.take(draft.value("patients", child, "patient_id"))
        children.append(child)
    for child in children:
        _event(draft, child, day, "remission")
    return Spot("events", None, None, "day", None, day)


def _scores(draft: Draft) -> Spot | None:
    frame = draft.sound["assessments"]
    muscle = frame[frame["measure"] == "mmt8"].set_index(["patient_id", "day"]).index
    here = frame.set_index(["patient_id", "day"]).index
    paired = (frame["measure"] == "cmas").to_numpy(dtype=bool) & here.isin(muscle)
    place = draft.row("assessments", paired)
    if place is None:
        return None
    other = np.flatnonzero((here == here[place]) & (frame["measure"] == "mmt8"))
    weak, strong = frame["value"].iloc[other[0]], frame["value"].iloc[place]
    draft.put("assessments", int(other[0]), "value", 9.0 if weak == 8 else 8.0)
    return draft.put("assessments", place, "value", 50.0 if strong == 51 else 51.0)


def _pounds_lost(draft: Draft) -> Spot | None:
    frame = draft.sound["patients"]
    child = draft.row(
        "patients", (frame["weight_kg"] >= 10) & frame["age_at_diagnosis_years"].notna()
    )
    if child is None:
        return None
    weight = float(draft.value("patients", child, "weight_kg"))
    return draft.put("patients", child, "weight_kg", round(weight / 10, 2))


def _shrunk(draft: Draft) -> Spot | None:
    frame = draft.sound["assessments"]
    tall = frame[(frame["measure"] == "height_cm") & (frame["value"] > 90)]
    before = (
        tall.sort_values(["patient_id", "day"]).groupby("patient_id")["value"].shift()
    )
    before = before.reindex(frame.index)
    place = draft.row("assessments", before.notna())
    if place is None:
        return None
    return draft.put(
        "assessments", place, "value", round(float(before.iloc[place]) - 9, 1)
    )


def _course(draft: Draft, name: str, column: str, **cells: Any) -> Spot:
    row = {"patient_id": name, "every_n_days": 1, "as_needed": False}
    return draft.add("courses", row | cells, column)


def _overlap(draft: Draft) -> Spot | None:
    frame = draft.sound["courses"]
    long = (frame["drug"] == "prednisone") & (
        frame["stop_day"] - frame["start_day"] > 5
    )
    place = draft.row("courses", long & (frame["every_n_days"] == 1))
    if place is None:
        return None
    start, stop = (
        int(draft.value("courses", place, c)) for c in ("start_day", "stop_day")
    )
    cells = {"drug": "prednisone", "route": draft.value("courses", place, "route")}
    cells |= {"start_day": int(draft.rng.integers(start + 1, stop + 1))}
    cells |= {"stop_day": stop, "dose_mg": 0.2, "dose_basis": "per_kg_day"}
    name = str(draft.value("courses", place, "patient_id"))
    return _course(draft, name, "start_day", **cells)


def _high_dose(draft: Draft) -> Spot | None:
    frame = draft.sound["courses"]
    oral = (frame["drug"] == "prednisone") & (frame["route"] == "oral")
    place = draft.row("courses", oral & (frame["dose_basis"] == "per_kg_day"))
    if place is None:
        return None
    every = int(draft.value("courses", place, "every_n_days"))
    return draft.put("courses", place, "dose_mg", 6.0 * every)


def _large_pulse(draft: Draft) -> Spot | None:
    courses, patients = draft.sound["courses"], draft.sound["patients"]
    pulses = courses.loc[courses["drug"] == "methylprednisolone", "patient_id"]
    child = draft.child(
        (patients["weight_kg"] > 25)
        & (patients["exit_day"] > 10)
        & ~patients["patient_id"].isin(pulses)
    )
    if child is None:
        return None
    cells = {"drug": "methylprednisolone", "route": "iv", "start_day": 2, "stop_day": 4}
    cells |= {"dose_mg": 1500.0, "dose_basis": "per_day"}
    return _course(
        draft, draft.known("patients", child)["patient_id"], "dose_mg", **cells
    )


def _planned_end(draft: Draft) -> Spot | None:
    child = draft.child(draft.sound["patients"]["exit_day"] > 10)
    if child is None:
        return None
    leave = _exit(draft, child)
    cells = {"drug": "azathioprine", "route": "oral", "start_day": leave - 4}
    cells |= {"stop_day": leave + 60}
    return _course(
        draft, draft.known("patients", child)["patient_id"], "stop_day", **cells
    )


DOUBTS = (
    Kind("same_child_suspected", "doubts", _entered_again, "a child has two ids"),
    Kind(
        "antibody_after_perforation",
        *("doubts", _tested_late, "the antibody is tested after a perforation"),
        _EVENT_DAY,
    ),
    Kind(
        "antibody_after_exit",
        *("doubts", _tested_after_exit, "the antibody is tested after exit"),
    ),
    Kind(
        "perforation_by_diagnosis",
        *("doubts", _perforated_early, "a perforation lies before diagnosis"),
        _EVENT_DAY,
    ),
    Kind(
        "death_without_record",
        *("doubts", _died_unrecorded, "a child died and nothing else is known of it"),
        frozenset({"patients.exit_reason", "patients.entry_day"}) | _EVENT_DAY,
    ),
    Kind(
        "events_on_one_day",
        *("doubts", _crowd, "unknown days are filled with one day"),
        _EVENT_DAY,
    ),
    Kind(
        "scores_disagree",
        *("doubts", _scores, "two scores of a visit contradict each other"),
        frozenset({"assessments.day"}),
    ),
    Kind("growth_for_age", "doubts", _pounds_lost, "a weight lost its last digit"),
    Kind(
        "growth_jump",
        *("doubts", _shrunk, "a child is 9 cm shorter than at the visit before"),
        frozenset({"assessments.day"}),
    ),
    Kind("overlapping_courses", "doubts", _overlap, "two courses overlap", _ROUTE),
    Kind(
        "high_daily_dose", "doubts", _high_dose, "a dose is far above 2 mg/kg", _ROUTE
    ),
    Kind("pulse_above_1_g", "doubts", _large_pulse, "a pulse was not capped", _ROUTE),
    Kind(
        "course_beyond_exit",
        *("doubts", _planned_end, "the planned end of a course was entered"),
    ),
)
