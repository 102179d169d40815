"""What rows alone can show: columns that sum up the later rows of a child.

Two columns of one table can prove that one of them looks ahead: ``ever_pulsed`` is 1 from
the first row on, and equals child for child whether ``pulsed`` is ever 1. Everything else
here is a suspicion.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from jdm_stats.diagnostics.time_zero.case import Case, of_children
from jdm_stats.diagnostics.time_zero.chance import CHANCE, beyond_chance
from jdm_stats.diagnostics.time_zero.names import (
    says_ever_of,
    speaks_of_follow_up,
    topic_of,
)
from jdm_stats.diagnostics.time_zero.report import PROOF, SUSPICION, TimeZeroFinding
from jdm_stats.diagnostics.time_zero.rows import Column, Rows
from jdm_stats.diagnostics.time_zero.timeline import Moment

_NEARLY_ALL = 0.95
_SUMMARIES = 5
_FEW = 2  # different values, below which a summary is not looked for


def pattern_findings(case: Case) -> Iterator[TimeZeroFinding]:
    """Look for patterns in the rows themselves."""
    told: set[str] = set()
    if case.rows.landmark is None:
        for finding in _within_table(case):
            told |= set(finding.columns[:1])
            yield finding
        for finding in _uncut(case):
            told |= set(finding.columns)
            yield finding
        if case.record is None:
            yield from _begin_exposed(case)
    yield from _named_ever(case, told)


def _within_table(case: Case) -> Iterator[TimeZeroFinding]:
    """Hold a constant column against every varying one of the same table."""
    columns = list(case.rows.columns())
    varying = [c for c in columns if not c.constant]
    for column in columns:
        if not column.constant:
            continue
        for other in varying:
            judge = _ever_of if column.binary else _summary_of
            finding = judge(case, column, other)
            if finding is not None:
                yield finding
                break


def _ever_of(case: Case, column: Column, other: Column) -> TimeZeroFinding | None:
    rows = case.rows
    value = column.values[rows.first]
    on = np.where(np.isnan(other.values), np.nan, other.values != 0)
    ever = _by_child(np.fmax, on, rows)
    judged = ~np.isnan(value) & ~np.isnan(ever)
    if not judged.any() or not np.array_equal(value[judged], ever[judged]):
        return None
    early = np.flatnonzero((column.values == 1) & (on == 0))
    early = early[_ahead_of_first(rows, on, early)]
    if not len(early):
        return None
    exposed = int((value[judged] == 1).sum())
    chosen = beyond_chance(int(judged.sum()), exposed, 10)
    named = says_ever_of(column.name, other.name)
    proven = named and (chosen or speaks_of_follow_up(column.name))
    if not proven and not chosen:
        return None
    child = int(rows.child[early[0]])
    first = np.flatnonzero((rows.child == child) & (on == 1))[0]
    days = (rows.stop - rows.start)[early].sum()
    return case.finding(
        "ever_exposed",
        PROOF if proven else SUSPICION,
        f"{column.name} never changes within a child and equals whether {other.name} "
        f"is ever {_said(other)}: {days:,.0f} days before that are counted as exposed, "
        f"in {of_children(len(np.unique(rows.child[early])))}",
        columns=[column.name, other.name],
        at=early,
        moments=[
            case.seen(column, child),
            Moment(float(rows.start[first]), f"{other.name} becomes {_said(other)}"),
        ],
    )


def _said(column: Column) -> str:
    return "1" if column.binary else "other than 0"


def _ahead_of_first(rows: Rows, on: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Whether the rows lie before the child's first row with the other column on."""
    first = _by_child(np.minimum, np.where(on == 1, rows.start, np.inf), rows)
    return rows.start[at] < first[rows.child[at]]


def _summary_of(case: Case, column: Column, other: Column) -> TimeZeroFinding | None:
    """Find a constant number that is another column's largest, last, total or mean value."""
    rows = case.rows
    if other.name in _time_like(rows) or other.binary:
        return None
    value = column.values[rows.first]
    length = rows.stop - rows.start
    total = _by_child(np.add, np.nan_to_num(other.values), rows)
    weighted = _by_child(np.add, np.nan_to_num(other.values) * length, rows)
    first, last = other.values[rows.first], other.values[rows.last]
    begun = _first_above_zero(rows, other.values)
    others = max(sum(not c.constant for c in rows.columns()), 1)
    summaries = {
        "largest": _by_child(np.fmax, other.values, rows),
        "last": last,
        "summed": total,
        "mean": weighted / _by_child(np.add, length, rows),
        "time-weighted total": weighted,
    }
    judged = ~np.isnan(value) & ~np.isnan(other.values).any()
    for word, summary in summaries.items():
        if not judged.any() or not _near(value, summary)[judged].all():
            continue
        later = judged & ~_near(value, first) & ~_near(value, begun)
        distinct = len(np.unique(value[later]))
        if distinct < _FEW:
            continue
        # Each of them agrees by chance as one in so many values that the column takes.
        agree = later.sum() * math.log(distinct)
        children = np.flatnonzero(later)
        child = int(children[0])
        return case.finding(
            "later_rows_summed_up",
            PROOF if agree > math.log(_SUMMARIES * others / CHANCE) else SUSPICION,
            f"{column.name} never changes within a child and equals its {word} "
            f"{other.name}; in {of_children(len(children))} the first row does not hold "
            "that value yet",
            columns=[column.name, other.name],
            children=children,
            moments=[case.seen(column, child), case.seen(other, child)],
        )
    return None


def _near(value: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.isclose(value, other, rtol=1e-9, atol=1e-9)


def _first_above_zero(rows: Rows, values: np.ndarray) -> np.ndarray:
    """Each child's first value other than 0: a dose prescribed at the start acts late."""
    at = np.where(np.nan_to_num(values) != 0, np.arange(len(values)), len(values))
    place = _by_child(np.minimum, at, rows)
    return np.append(values, np.nan)[place]


def _time_like(rows: Rows) -> set[str]:
    return set(rows.noted.get("daily_measures", ()))


def _by_child(how: np.ufunc, values: np.ndarray, rows: Rows) -> np.ndarray:
    return how.reduceat(values, rows.first)


def _uncut(case: Case) -> Iterator[TimeZeroFinding]:
    """Exposed children's rows are cut, and nothing changes at the cut."""
    rows = case.rows
    several = (rows.last > rows.first).astype(float)
    if not 0 < several.sum() < rows.n:
        return
    columns = list(rows.columns())
    if any(not column.constant for column in columns):
        return
    for column in columns:
        value = column.values[rows.first]
        if not column.binary or not np.array_equal(value, several):
            continue
        if not beyond_chance(rows.n, int(several.sum()), 10):
            continue
        children = np.flatnonzero(several)
        child = int(children[0])
        cut = float(rows.stop[rows.first[child]])
        yield case.finding(
            "ever_exposed",
            SUSPICION,
            f"the rows of exactly those {len(children):,} children with "
            f"{column.name} = 1 are cut in time, and no column changes at the cut: "
            "they may have become exposed there",
            columns=[column.name],
            children=children,
            moments=[case.seen(column, child), Moment(cut, "the rows are cut here")],
        )


def _begin_exposed(case: Case) -> Iterator[TimeZeroFinding]:
    """Every child's first row starts late, and exposed."""
    rows = case.rows
    late = rows.begin > 0
    if rows.n < 3 or len(np.unique(rows.begin)) < 2 or late.mean() < _NEARLY_ALL:
        return
    for column in rows.columns():
        first = column.values[rows.first]
        varies = not column.constant and bool((column.values == 0).any())
        if not varies or not (first > 0).all():
            continue
        child = int(np.flatnonzero(late)[0])
        yield case.finding(
            "rows_begin_at_treatment",
            SUSPICION,
            f"the rows of {of_children(int(late.sum()))} start after day 0, on different "
            f"days, and {column.name} is above 0 in the first row of every child: "
            "follow-up may begin at the first dose",
            columns=[column.name],
            at=rows.first,
            example=child,
            moments=[case.seen(column, child)],
        )
        return


def _named_ever(case: Case, told: set[str]) -> Iterator[TimeZeroFinding]:
    """Find a constant column named for all follow-up, with no record to judge it."""
    rows = case.rows
    for column in rows.columns():
        if not column.constant or column.name in told:
            continue
        if not speaks_of_follow_up(column.name) or np.isnan(column.values).all():
            continue
        record = case.record
        if record is not None and topic_of(column.name, record.topics) is not None:
            continue
        if len(np.unique(column.values[~np.isnan(column.values)])) < 2:
            continue
        value = column.values[rows.first]
        children = np.flatnonzero(value > 0)
        if not len(children):
            continue
        yield case.finding(
            "ever_exposed",
            SUSPICION,
            f"{column.name} never changes within a child, and its name speaks of "
            "a whole period: the rows cannot show on which day it came true. Pass the "
            "cohort to have it held against the records",
            columns=[column.name],
            children=children,
            moments=[case.seen(column, int(children[0]))],
        )
