"""What steroid exposure needs, asked of whatever is sound in a cohort that may have faults.

A course, or a child's weight, that has a fault of its own is not asked again: what seems
missing there may only have been refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from jdm_stats.cohort.cells import Mask
from jdm_stats.cohort.cohort import of_checked_tables
from jdm_stats.cohort.metadata import conform_metadata
from jdm_stats.cohort.steroid_faults import RULES, Problem
from jdm_stats.cohort.steroids import SteroidReading, read_steroids
from jdm_stats.errors import Fault
from jdm_stats.plan.steroid_rules import SteroidRules
from jdm_stats.schema import TABLES, nearest

__all__ = ["RULES", "steroid_needs"]

Cells = set[tuple[str, int, str | None]]

_SAYS_WHICH = ("patient_id", "drug", "start_day")  # without these no course is known
_DEFAULTED = ("every_n_days", "as_needed")  # filled in where the column is not there
_SIZES = ("no_weight", "no_height")
_ASKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dose_as_needed": ("as_needed",),
        "missing_stop_day": ("stop_day", "as_needed"),
        "missing_dose": ("dose_mg", "dose_basis", "as_needed"),
        **dict.fromkeys(
            _SIZES, ("dose_mg", "dose_basis", "route", "every_n_days", "as_needed")
        ),
    }
)
_FIGURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "patients": ("weight_kg", "height_cm"),
        "courses": ("stop_day", "dose_mg", "every_n_days"),
        "assessments": ("value",),
    }
)
_MEASURED = {"no_weight": "weight_kg", "no_height": "height_cm"}


def steroid_needs(
    tables: Mapping[str, pd.DataFrame],
    faults: Iterable[Fault] = (),
    silent: Iterable[tuple[str, int, str]] = (),
) -> list[Fault]:
    """Return what `steroid_courses` would refuse, of all that has no fault already.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As `jdm_stats.cohort.checks.check_tables` returns them; cells at fault may be
        missing there.
    faults : iterable of Fault
        Every fault of the cohort that is known.
    silent : iterable of (table, row, column)
        Cells that are missing for a reason told elsewhere.

    Returns
    -------
    list of Fault
        By the rules that guess nothing (`SteroidRules` as it stands), in order of rows.

    Examples
    --------
    >>> import jdm_stats as jdm
    >>> cohort = jdm.simulate_cohort(20, rng=4)
    >>> names = ("patients", "courses", "events", "assessments")
    >>> tables = {name: getattr(cohort, name) for name in names}
    >>> steroid_needs(tables)
    []
    """
    errors = [fault for fault in faults if fault.severity == "error"]
    gone = {table: _columns_gone(table, tables[table], errors) for table in TABLES}
    if "patient_id" in gone["patients"] or gone["courses"] & set(_SAYS_WHICH):
        return []
    at_fault: Cells = {(f.table, f.row, f.column) for f in errors if f.row is not None}
    at_fault |= set(silent)
    tables = {name: _emptied(name, tables[name], at_fault) for name in TABLES}
    courses, rows = _known_courses(tables, at_fault)
    if not len(courses):
        return []
    reading = _read(tables, courses)
    at = rows[reading.courses.row - 1]
    asked = []
    for problem in reading.problems:
        if gone["courses"] & set(_ASKS.get(problem.rule, ())):
            continue
        blocked = _spoilt(at, problem.rule, at_fault)
        if problem.rule in _SIZES:
            if _sizes_gone(gone, errors):
                continue
            blocked |= _size_unsure(problem, reading, tables, at_fault)
        asked.append(replace(problem, mask=problem.mask & ~blocked))
    told = replace(reading, problems=tuple(asked)).faults()
    return [replace(fault, row=int(rows[(fault.row or 1) - 1])) for fault in told]


def _emptied(name: str, table: pd.DataFrame, at_fault: Cells) -> pd.DataFrame:
    """Empty the figures at fault that a dose would be reckoned with."""
    emptied = {}
    for column in _FIGURES.get(name, ()):
        rows = [row - 1 for told, row, of in at_fault if (told, of) == (name, column)]
        mask = np.zeros(len(table), dtype=bool)
        mask[[row for row in rows if row < len(table)]] = True
        emptied[column] = table[column].mask(mask)
    return table.assign(**emptied)


def _known_courses(
    tables: Mapping[str, pd.DataFrame], at_fault: Cells
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the courses of which child, drug and first day are known, and their rows."""
    courses = tables["courses"]
    known = courses[list(_SAYS_WHICH)].notna().all(axis="columns").to_numpy(dtype=bool)
    known &= courses["patient_id"].isin(tables["patients"]["patient_id"]).to_numpy()
    for table, row, column in at_fault:
        if table == "courses" and row <= len(known):
            known[row - 1] &= column is not None and column not in _SAYS_WHICH
    place = np.flatnonzero(known)
    kept = courses.iloc[place].reset_index(drop=True)
    return kept.assign(every_n_days=kept["every_n_days"].fillna(1)), place + 1


def _read(tables: Mapping[str, pd.DataFrame], courses: pd.DataFrame) -> SteroidReading:
    children = tables["patients"].dropna(subset=["patient_id"])
    children = children.drop_duplicates("patient_id").reset_index(drop=True)
    children = children.assign(exit_day=children["exit_day"].fillna(0))
    sound = {**tables, "patients": children, "courses": courses}
    about, _ = conform_metadata({"synthetic": True})  # no question of doses
    cohort = of_checked_tables({name: sound[name] for name in TABLES}, about)
    return read_steroids(cohort, SteroidRules())


def _columns_gone(table: str, frame: pd.DataFrame, errors: Iterable[Fault]) -> set[str]:
    """Return the columns of a table that were not read, or stand under another name."""
    names = TABLES[table].names
    gone: set[str] = set()
    for fault in errors:
        if fault.table != table or fault.row is not None:
            continue
        if fault.rule in ("missing_column", "unknown_column", "duplicate_column"):
            meant = nearest(str(fault.column), names)
            if meant in _DEFAULTED or (meant and frame[meant].isna().all()):
                gone.add(meant)
        else:
            gone |= set(names)
    return gone


def _sizes_gone(gone: Mapping[str, set[str]], errors: Iterable[Fault]) -> bool:
    """Say if weights were lost with a line, a column or a whole table."""
    if gone["assessments"] or gone["patients"] & set(_MEASURED.values()):
        return True
    return any(fault.table not in ("cohort", *TABLES) for fault in errors)


def _spoilt(at: np.ndarray, rule: str, at_fault: Cells) -> Mask:
    """Tell the courses of which a cell that the rule asks for is at fault."""
    asks = _ASKS.get(rule, ())
    rows = {r for table, r, column in at_fault if table == "courses" and column in asks}
    return np.isin(at, sorted(rows))


def _size_unsure(
    problem: Problem,
    reading: SteroidReading,
    tables: Mapping[str, pd.DataFrame],
    at_fault: Cells,
) -> Mask:
    """Tell the courses of children whose weight or height may stand in a cell at fault."""
    names = (_MEASURED[problem.rule], "weight_kg")  # a height is asked of doses per m2
    patients, assessments = tables["patients"], tables["assessments"]
    ids = patients["patient_id"].to_numpy(dtype=object)
    children = {
        ids[row - 1]
        for table, row, column in at_fault
        if table == "patients" and column in (None, "patient_id", *names)
    }
    measure = assessments["measure"].to_numpy(dtype=object)
    who = assessments["patient_id"].to_numpy(dtype=object)
    lost = 0
    for table, row, column in at_fault:
        if table != "assessments" or row > len(who):
            lost += table == "assessments"
        elif measure[row - 1] in names or pd.isna(measure[row - 1]):
            lost += column == "patient_id"
            children.add(who[row - 1])
    concerned = reading.ids[reading.courses.child]
    unsure = pd.Series(concerned, dtype=object).isin(children - {None}).to_numpy()
    asked = set(concerned[problem.mask & ~unsure])
    # as many rows without a child as children without a weight: it may be theirs
    return unsure | (len(asked) <= lost)
