"""Day 0 of every child, and the days of all else counted from it.

A date becomes days by subtracting the child's date of diagnosis. A date before the
child's birth is refused. A child without a date of diagnosis is told once; the cells that
cannot be counted for it stay missing, and are not told again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.mapping.blocks import Complaint, Part
from jdm_stats.cohort.mapping.dates import anniversary_years, date_reader
from jdm_stats.cohort.mapping.rules import ColumnRule
from jdm_stats.cohort.mapping.soundness import is_day
from jdm_stats.cohort.mapping.understanding import (
    BLANK,
    Column,
    Note,
    Objects,
    Refused,
    Understood,
    understand,
)
from jdm_stats.schema import TABLES

__all__ = ["RULES", "count_days", "describe_children"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "diagnosis_date_missing": "Every child has a date of diagnosis, which is day 0.",
        "date_before_birth": "Nothing happens before a child is born.",
        "origin_date_missing": "A count of days has the date it is counted from.",
    }
)

Numbers = npt.NDArray[np.float64]
DERIVED = "diagnosis_year"  # the column in which a fault of the diagnosis is told


def describe_children(parts: Sequence[Part]) -> dict[str, pd.Series]:
    """Find each child's dates of diagnosis and birth; add age and year to its row.

    Parameters
    ----------
    parts : sequence of Part
        Those of patients; they are changed.

    Returns
    -------
    dict of str to Series
        ``diagnosis`` and ``birth``, days since 1970-01-01 by the child's id; the first
        one said, where rows of one child differ (which is told elsewhere).
    """
    said = {key: [_dates_of(part, key) for part in parts] for key in _KEYS}
    known = {key: _by_child(parts, dates) for key, dates in said.items()}
    if any(part.block.rows == "merged" for part in parts):
        _tell_two_diagnoses(parts, said["diagnosis"], known["diagnosis"])
    for place, part in enumerate(parts):
        _describe(part, {key: said[key][place] for key in _KEYS}, known)
    return known


_KEYS = ("diagnosis", "birth")


def _dates_of(part: Part, key: str) -> Numbers | None:
    """Read the dates of a part's own column; None when its table does not have it."""
    name = getattr(part.rows.dates, key)
    if name is None or name not in part.rows.raw.frame.columns:
        return None
    rule = ColumnRule(column=name)
    settled, read = part.rows.settled(rule), date_reader(part.rows.calendar(rule))

    def both(cell: Any) -> Understood | Refused:
        return settled(cell) or read(cell)

    column = understand(part.rows.cells(name), both)
    target = DERIVED if key == "diagnosis" else "age_at_diagnosis_years"
    part.complaints += [Complaint(r, target, why, name) for r, why in column.wrong]
    part.tally += [(f"date of {key}", note, count) for note, count in column.notes]
    blank = np.array([value is BLANK for value in column.values], dtype=bool)
    column.values[blank] = None
    return _numbers(column.values)


def _numbers(values: Objects) -> Numbers:
    return np.array(
        [np.nan if v is None else float(v) for v in values], dtype=np.float64
    )


def _by_child(parts: Sequence[Part], dates: Sequence[Numbers | None]) -> pd.Series:
    ids = [part.columns["patient_id"] for part in parts]
    held = [
        np.full(len(part), np.nan) if own is None else own
        for part, own in zip(parts, dates, strict=True)
    ]
    together = pd.Series(
        np.concatenate(held) if held else np.empty(0),
        index=pd.Index(np.concatenate(ids) if ids else [], dtype=object),
    )
    together = together[pd.notna(together.index)]
    return together.groupby(level=0, sort=False).first()


def _tell_two_diagnoses(
    parts: Sequence[Part], dates: Sequence[Numbers | None], known: pd.Series
) -> None:
    """Refuse the rows of a child that say different dates of diagnosis."""
    differs: set[Any] = set()
    pairs = [
        (part, own) for part, own in zip(parts, dates, strict=True) if own is not None
    ]
    for part, own in pairs:
        ids = pd.Series(part.columns["patient_id"], dtype=object)
        first = ids.map(known).to_numpy(dtype=np.float64)
        differs |= set(ids[np.isfinite(own) & (own != first)].dropna())
    for part, own in pairs:
        ids = pd.Series(part.columns["patient_id"], dtype=object)
        mask = ids.isin(differs).to_numpy(dtype=bool) & np.isfinite(own)
        _complain(part, mask, DERIVED, part.rows.dates.diagnosis, _TWO_DIAGNOSES)


def _describe(
    part: Part, own: Mapping[str, Numbers | None], known: Mapping[str, pd.Series]
) -> None:
    """Add year and age; tell children without a date of diagnosis."""
    if part.rows.dates.diagnosis is None:
        return
    zero = _of_rows(part, own["diagnosis"], known["diagnosis"])
    birth = _of_rows(part, own["birth"], known["birth"])
    if own["diagnosis"] is not None:
        gone = np.isnan(zero) & ~part.refused(DERIVED)
        _complain(part, gone, DERIVED, part.rows.dates.diagnosis, _NO_DIAGNOSIS)
    unborn = birth > zero
    _complain(part, unborn, DERIVED, part.rows.dates.diagnosis, _UNBORN)
    if "diagnosis_year" not in part.block.columns:
        year = _years(zero)
        year[part.refused(DERIVED)] = None
        part.columns["diagnosis_year"] = year
        part.tally.append(_derived("diagnosis_year", "year of diagnosis", year))
    if part.rows.dates.birth and "age_at_diagnosis_years" not in part.block.columns:
        age = _cells(np.where(unborn, np.nan, anniversary_years(birth, zero)))
        part.columns["age_at_diagnosis_years"] = age
        what = "age in birthdays and the part of the year since"
        part.tally.append(_derived("age_at_diagnosis_years", what, age))
        part.silent["age_at_diagnosis_years"] = unborn


_NO_DIAGNOSIS = Refused(
    "diagnosis_date_missing",
    "the child has no date of diagnosis, so that none of its days can be counted",
    "give the date of diagnosis",
)
_TWO_DIAGNOSES = Refused(
    "rows_disagree",
    "rows of the child say different dates of diagnosis",
    "correct them in the source, so that they agree",
)
_UNBORN = Refused(
    "date_before_birth",
    "the date of diagnosis lies before the date of birth",
    "correct one of the two dates",
)


def _derived(column: str, what: str, cells: Objects) -> tuple[str, Note, int]:
    count = int(sum(cell is not None for cell in cells))
    return column, Note("derived from dates", what, column), count


def _years(zero: Numbers) -> Objects:
    known = np.isfinite(zero)
    years = np.full(len(zero), None, dtype=object)
    days = zero[known].astype(np.int64).astype("datetime64[D]")
    years[known] = days.astype("datetime64[Y]").astype(np.int64) + 1970
    return years


def _cells(values: Numbers) -> Objects:
    cells = values.astype(object)
    cells[np.isnan(values)] = None
    return cells


def _of_rows(part: Part, own: Numbers | None, known: pd.Series) -> Numbers:
    """Return the date of each row's child: the row's own, else the child's."""
    ids = pd.Series(part.columns["patient_id"], dtype=object)
    found = ids.map(known).to_numpy(dtype=np.float64)
    return found if own is None else np.where(np.isnan(own), found, own)


def _complain(
    part: Part,
    mask: npt.NDArray[np.bool_],
    column: str,
    source: str | None,
    refused: Refused,
) -> None:
    rows = np.flatnonzero(mask)
    if rows.size:
        part.complaints.append(Complaint(rows, column, refused, source))


def count_days(part: Part, known: Mapping[str, pd.Series]) -> None:
    """Turn the dates of a part into days from the child's diagnosis.

    Parameters
    ----------
    part : Part
        It is changed.
    known : mapping
        What `describe_children` returned.
    """
    own = None
    if part.table == "patients" and part.rows.dates.diagnosis is not None:
        own = _quietly(part, "diagnosis")
    zero = _of_rows(part, own, known["diagnosis"])
    birth = _of_rows(part, None, known["birth"])
    zero = np.where(birth > zero, np.nan, zero)  # told; one of the two is wrong
    for name, rule in part.block.columns.items():
        if name in part.columns and is_day(TABLES[part.table][name]):
            if rule.date:
                _from_dates(part, name, rule, zero, birth)
            elif rule.origin is not None:
                _from_counts(part, name, rule, zero)
            elif rule.plus:
                _shift(part, name, rule)
    _add_spans(part)


def _quietly(part: Part, key: str) -> Numbers | None:
    """Read the dates of a part's own column again, without telling them again."""
    complaints, tally = list(part.complaints), list(part.tally)
    dates = _dates_of(part, key)
    part.complaints, part.tally = complaints, tally
    return dates


def _from_dates(
    part: Part, name: str, rule: ColumnRule, zero: Numbers, birth: Numbers
) -> None:
    cells = part.columns[name]
    filled = _filled_blanks(part, rule)
    dates = np.where(filled, np.nan, _numbers(cells))
    early = dates < birth
    _complain(
        *(part, early, name, part.source_of(name)),
        Refused(
            "date_before_birth",
            f"the date lies before the child's birth ({name})",
            "correct the date, or the date of birth",
        ),
    )
    days = np.where(early, np.nan, dates - zero)
    part.columns[name] = np.where(filled, cells, _cells(days))
    part.silent[name] = np.isfinite(dates) & np.isnan(zero)


def _filled_blanks(part: Part, rule: ColumnRule) -> npt.NDArray[np.bool_]:
    """Return the empty cells that the mapping gave a day already."""
    if rule.blank is None or rule.column is None:
        return np.zeros(len(part), dtype=bool)
    settled = part.rows.settled(rule)
    cells = part.rows.cells(rule.column)
    return np.array([cell is None or settled.empty(cell) for cell in cells], dtype=bool)


def _from_counts(part: Part, name: str, rule: ColumnRule, zero: Numbers) -> None:
    """Count days from the date in another column."""
    origin = _origin(part, rule)
    counts = _numbers(part.columns[name])
    dates = _numbers(origin.values)
    gone = np.isfinite(counts) & np.isnan(dates) & ~origin.refused()
    _complain(
        *(part, gone, name, rule.origin),
        Refused(
            "origin_date_missing",
            f"{name} is counted from {rule.origin!r}, which is empty",
            "give the date",
        ),
    )
    part.complaints += [Complaint(r, name, why, rule.origin) for r, why in origin.wrong]
    part.columns[name] = _cells(counts + dates + rule.plus - zero)
    part.silent[name] = np.isfinite(counts + dates) & np.isnan(zero)
    note = Note(
        "days counted from another date", str(rule.origin), "days from diagnosis"
    )
    part.tally.append((name, note, int(np.isfinite(counts).sum())))


def _origin(part: Part, rule: ColumnRule) -> Column:
    assert rule.origin is not None
    settled, read = part.rows.settled(rule), date_reader(part.rows.calendar(rule))

    def both(cell: Any) -> Understood | Refused:
        return Understood(None) if settled.empty(cell) else read(cell)

    return understand(part.rows.cells(rule.origin), both)


def _shift(part: Part, name: str, rule: ColumnRule) -> None:
    counts = _numbers(part.columns[name])
    part.columns[name] = _cells(counts + rule.plus)
    note = Note("days shifted", "", f"{rule.plus:+d}")
    part.tally.append((name, note, int(np.isfinite(counts).sum())))


def _add_spans(part: Part) -> None:
    """Set the last day of courses whose dose says on how many days it was given."""
    if part.spans is None or "start_day" not in part.columns:
        return
    spans, start = _numbers(part.spans), _numbers(part.columns["start_day"])
    stop = _numbers(
        part.columns.get("stop_day", np.full(len(part), None, dtype=object))
    )
    said = start + spans - 1
    contradicts = np.isfinite(said) & np.isfinite(stop) & (said != stop)
    _complain(
        *(part, contradicts, "stop_day", part.source_of("dose_mg")),
        Refused(
            "columns_contradict",
            "the dose says on how many days it was given, and stop_day another number",
            "correct one of them in the source",
        ),
    )
    fill = np.isfinite(said) & np.isnan(stop) & ~part.refused("stop_day")
    part.columns["stop_day"] = _cells(np.where(fill, said, stop))
    note = Note("last day from the days of the dose", "", "stop_day")
    part.tally.append(("stop_day", note, int(fill.sum())))
