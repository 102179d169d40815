"""Ways to break the sound cohort, and the fault that each must give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import CohortError, Fault

Frames = dict[str, pd.DataFrame]
Edit = Callable[[Frames], None]


def put(table: str, row: int, **cells: Any) -> Edit:
    """Write cells into a row (counted from 1)."""

    def edit(frames: Frames) -> None:
        frame = frames[table].astype(object)
        for column, value in cells.items():
            if column not in frame:
                frame[column] = pd.Series([None] * len(frame), dtype=object)
            values = frame[column].tolist()
            values[row - 1] = value
            frame[column] = pd.Series(values, dtype=object)
        frames[table] = frame

    return edit


def add(table: str, **cells: Any) -> Edit:
    def edit(frames: Frames) -> None:
        row = pd.DataFrame([cells], dtype=object)
        old = frames[table].astype(object)
        frames[table] = pd.concat([old, row], ignore_index=True)

    return edit


def repeat(table: str, row: int) -> Edit:
    def edit(frames: Frames) -> None:
        frame = frames[table]
        frames[table] = frame.iloc[[*range(len(frame)), row - 1]]

    return edit


def drop(table: str, column: str) -> Edit:
    def edit(frames: Frames) -> None:
        frames[table] = frames[table].drop(columns=column)

    return edit


def rename(table: str, old: str, new: str) -> Edit:
    def edit(frames: Frames) -> None:
        frames[table] = frames[table].rename(columns={old: new})

    return edit


def both(*edits: Edit) -> Edit:
    def edit(frames: Frames) -> None:
        for each in edits:
            each(frames)

    return edit


def no_children(frames: Frames) -> None:
    frames["patients"] = frames["patients"].iloc[:0]
    for name in ("courses", "events", "assessments"):
        del frames[name]


def describe(**entries: Any) -> Edit:
    def edit(frames: Frames) -> None:
        frames["metadata"] = entries  # type: ignore[assignment]

    return edit


@dataclass(frozen=True)
class Example:
    """An edit of the sound cohort, and the fault it must give."""

    rule: str
    edit: Edit
    table: str
    row: int | None
    patient_id: str | None
    column: str | None
    says: str

    def __str__(self) -> str:
        return f"{self.rule}-{self.table}-{self.column}"


def patient(rule: str, row: int, column: str, value: Any, says: str) -> Example:
    who = "ABCD"[row - 1]
    edit = put("patients", row, **{column: value})
    return Example(rule, edit, "patients", row, who, column, says)


def course(rule: str, row: int, column: str, value: Any, says: str) -> Example:
    who = "AABC"[row - 1]
    edit = put("courses", row, **{column: value})
    return Example(rule, edit, "courses", row, who, column, says)


def event(rule: str, row: int, column: str, value: Any, says: str) -> Example:
    who = "AABC"[row - 1]
    edit = put("events", row, **{column: value})
    return Example(rule, edit, "events", row, who, column, says)


def assessed(row: int, measure: str, value: float, says: str) -> Example:
    edit = put("assessments", row, measure=measure, value=value)
    who = "ABB"[row - 1]
    return Example("out_of_range", edit, "assessments", row, who, "value", says)


def broken_by(frames: Frames, edit: Edit) -> tuple[Fault, ...]:
    edit(frames)
    with pytest.raises(CohortError) as caught:
        Cohort(**frames)  # type: ignore[arg-type]
    return tuple(caught.value.faults)


def check_it_is_told(frames: Frames, example: Example) -> None:
    """Assert that the edit gives the fault it must, and no other."""
    [fault] = broken_by(frames, example.edit)
    assert (fault.rule, fault.table, fault.row, fault.patient_id, fault.column) == (
        *(example.rule, example.table, example.row),
        *(example.patient_id, example.column),
    )
    assert example.says in str(fault)
