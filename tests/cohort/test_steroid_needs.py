"""What steroid exposure needs is told at once with all other faults, without false alarms."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from jdm_stats.cohort import examined
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.files import check_cohort, read_cohort
from jdm_stats.cohort.steroid_needs import RULES

Frames = dict[str, pd.DataFrame]


def told(frames: Frames) -> list[tuple[str, int | None, str]]:
    return [
        (fault.table, fault.row, fault.rule)
        for fault in check_cohort(frames)
        if fault.severity == "error"
    ]


def of_steroids(frames: Frames) -> list[tuple[int | None, str]]:
    return [(row, rule) for _, row, rule in told(frames) if rule in RULES]


@pytest.fixture
def loose(frames: Frames) -> Frames:
    """Rows 2 and 4 of courses lack something, in cells that can hold anything."""
    frames = {name: frame.astype(object) for name, frame in frames.items()}
    frames["courses"].loc[1, "stop_day"] = None
    frames["courses"].loc[3, "dose_basis"] = "per_day"
    frames["patients"].loc[2, "weight_kg"] = None
    frames["assessments"] = pd.DataFrame()
    return frames


LOOSE = [(2, "missing_stop_day"), (4, "no_weight")]


def test_doses_are_asked_for_beside_other_faults(loose: Frames) -> None:
    assert of_steroids(loose) == LOOSE
    loose["patients"].loc[1, "cmas"] = 60.0
    loose["events"].loc[0, "event"] = "perforation"
    assert of_steroids(loose) == LOOSE
    assert len(told(loose)) > len(LOOSE)


def test_a_course_is_asked_only_for_what_is_sound_in_it(loose: Frames) -> None:
    loose["courses"].loc[1, "stop_day"] = "later"  # refused, not missing
    loose["courses"].loc[1, "dose_mg"] = None
    assert of_steroids(loose) == [(2, "missing_dose"), (4, "no_weight")]
    loose["courses"].loc[1, "drug"] = "predn."
    loose["courses"].loc[3, "start_day"] = "soon"
    assert of_steroids(loose) == []


@pytest.mark.parametrize("weight", ["52,5 kg", 0, 5000.0])
def test_a_weight_at_fault_is_no_missing_weight(loose: Frames, weight: object) -> None:
    loose["patients"].loc[2, "weight_kg"] = weight
    assert of_steroids(loose) == LOOSE[:1]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("value", "52,5"),
        ("measure", "Gewicht"),
        ("day", "x"),
        ("patient_id", "Z"),
        ("patient_id", None),
    ],
)
def test_a_weight_lost_among_the_assessments_is_no_missing_weight(
    loose: Frames, column: str, cell: object
) -> None:
    row = {"patient_id": "C", "day": -6, "measure": "weight_kg", "value": 50.0}
    loose["assessments"] = pd.DataFrame([row | {column: cell}], dtype=object)
    assert of_steroids(loose) == LOOSE[:1]


def test_one_row_without_a_child_does_not_hide_two_children(loose: Frames) -> None:
    loose["patients"].loc[0, "weight_kg"] = None
    lost = {"patient_id": "Z", "day": 1, "measure": "weight_kg", "value": 50.0}
    loose["assessments"] = pd.DataFrame([lost], dtype=object)
    rules = of_steroids(loose)
    assert (4, "no_weight") in rules and (2, "no_weight") in rules


def test_columns_that_are_gone_are_told_as_such_alone(loose: Frames) -> None:
    whole = loose["courses"]
    loose["courses"] = whole.rename(columns={"stop_day": "stop_dy"})
    assert of_steroids(loose) == LOOSE[1:]
    loose["courses"] = whole.assign(remarks="none")
    assert of_steroids(loose) == LOOSE
    loose["courses"] = whole.drop(columns="drug")
    assert of_steroids(loose) == []
    loose["courses"] = whole
    loose["patients"] = loose["patients"].rename(columns={"weight_kg": "weihgt_kg"})
    assert of_steroids(loose) == LOOSE[:1]


def test_a_source_is_read_once_and_checked_once(
    place: Path, cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = {"read": 0, "check": 0}
    read, check = examined.read_own, examined.check_tables

    def reading(*given, **named):
        calls["read"] += 1
        return read(*given, **named)

    def checking(*given, **named):
        calls["check"] += 1
        return check(*given, **named)

    monkeypatch.setattr(examined, "read_own", reading)
    monkeypatch.setattr(examined, "check_tables", checking)
    assert read_cohort(place) == cohort
    assert calls == {"read": 1, "check": 1}
    check_cohort(place)
    assert calls == {"read": 2, "check": 2}
    check_cohort(cohort)
    assert calls == {"read": 2, "check": 2}  # it was checked when it was made
