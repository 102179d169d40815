"""What rows alone can show: columns that sum up later rows, jumps at events, missing events.

Two columns of one table can prove that one of them looks ahead: a column that is 1 from the
first row on, and equals child for child whether another is ever 1, was written with the
later rows in view. Everything else here is a suspicion.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np

from jdm_stats.diagnostics.time_zero_case import Case, beyond_chance, of_children
from jdm_stats.diagnostics.time_zero_record import topic_of
from jdm_stats.diagnostics.time_zero_report import PROOF, SUSPICION, TimeZeroFinding
from jdm_stats.diagnostics.time_zero_rows import Column, Rows
from jdm_stats.diagnostics.time_zero_timeline import Moment

_EVER = {"ever", "any", "during", "final", "total", "overall", "peak", "max", "maximum"}
_BEFORE = {"before", "prior", "baseline", "previous", "past", "by", "at", "landmark"}
_NEARLY_ALL = 0.95
_SHARED = 4  # letters that two names must share at least


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
    yield from _outcome_again(case)
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
    related = _related(column.name, other.name)
    exposed = int((value[judged] == 1).sum())
    if not related and not beyond_chance(int(judged.sum()), exposed, 10):
        return None
    child = int(rows.child[early[0]])
    first = np.flatnonzero((rows.child == child) & (on == 1))[0]
    days = (rows.stop - rows.start)[early].sum()
    return case.finding(
        "ever_exposed",
        PROOF if related else SUSPICION,
        f"{column.name} is the same in every row of a child and equals whether "
        f"{other.name} is ever {_said(other)}: {days:,.0f} days before that are counted as "
        f"exposed, in {of_children(len(np.unique(rows.child[early])))}",
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
    summaries = {
        "largest": _by_child(np.fmax, other.values, rows),
        "last": last,
        "summed": total,
        "mean": weighted / _by_child(np.add, length, rows),
        "time-weighted total": weighted,
    }
    judged = ~np.isnan(value) & ~np.isnan(other.values).any()
    for word, summary in summaries.items():
        if not judged.any() or not np.allclose(
            value[judged], summary[judged], rtol=1e-9, atol=1e-9
        ):
            continue
        later = judged & ~np.isclose(value, first, rtol=1e-9, atol=1e-9)
        switched_on = np.isclose(other.values, 0) | np.isclose(
            other.values, value[rows.child]
        )
        if later.sum() < 2 or len(np.unique(value[later])) < 2 or switched_on.all():
            continue
        children = np.flatnonzero(later)
        child = int(children[0])
        return case.finding(
            "later_rows_summed_up",
            PROOF,
            f"{column.name} is the same in every row of a child and equals its {word} "
            f"{other.name}; in {of_children(len(children))} the first row does not hold "
            "that value yet",
            columns=[column.name, other.name],
            children=children,
            moments=[case.seen(column, child), case.seen(other, child)],
        )
    return None


def _time_like(rows: Rows) -> set[str]:
    return set(rows.noted.get("daily_measures", ()))


def _by_child(how: np.ufunc, values: np.ndarray, rows: Rows) -> np.ndarray:
    return how.reduceat(values, rows.first)


def _related(left: str, right: str) -> bool:
    """Whether two names share a word of four letters or more."""

    def words(name: str) -> set[str]:
        return {w for w in re.split(r"[^a-z0-9]+", name.lower()) if len(w) >= _SHARED}

    shorter, longer = sorted([left.lower(), right.lower()], key=len)
    return bool(words(left) & words(right)) or (
        len(shorter) >= _SHARED and shorter in longer
    )


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


def _outcome_again(case: Case) -> Iterator[TimeZeroFinding]:
    """Find a constant column that is the event, or the length of follow-up."""
    rows = case.rows
    happened = rows.code == 1
    for column in rows.columns():
        if not column.constant:
            continue
        value = column.values[rows.first]
        present = ~np.isnan(value)
        if column.binary:
            same = np.array_equal(value[present] == 1, happened[present])
            sure = beyond_chance(int(present.sum()), int(happened[present].sum()), 1)
            words = "is 1 for exactly the children with the event"
        elif rows.landmark is None and present.sum() >= 3:
            distinct = len(np.unique(value[present])) >= 3
            ends = (rows.end, rows.end - rows.begin)
            same = distinct and any(
                np.array_equal(value[present], e[present]) for e in ends
            )
            sure, words = True, "equals the child's follow-up"
        else:
            continue
        if same and sure:
            children = np.flatnonzero(present & (happened | ~np.bool_(column.binary)))
            yield case.finding(
                "column_tells_the_event",
                SUSPICION if column.binary else PROOF,
                f"{column.name} {words}, from the first row on",
                columns=[column.name],
                children=children,
                moments=[case.seen(column, int(children[0]))],
            )


def _named_ever(case: Case, told: set[str]) -> Iterator[TimeZeroFinding]:
    """Find a constant column named for all follow-up, with no record to judge it."""
    rows = case.rows
    for column in rows.columns():
        words = set(re.split(r"[^a-z0-9]+", column.name.lower()))
        if not column.constant or column.name in told or not words & _EVER:
            continue
        if words & _BEFORE or np.isnan(column.values).all():
            continue
        if case.record is not None and topic_of(column.name, case.record) is not None:
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
            f"{column.name} is the same in every row of a child, and its name speaks of "
            "a whole period: the rows cannot show on which day it came true. Pass the "
            "cohort to have it held against the records",
            columns=[column.name],
            children=children,
            moments=[case.seen(column, int(children[0]))],
        )


def log_chance(number: int, rate: float, least: int) -> float:
    """Log of the chance of at least so many of a number of trials at a small rate.

    An upper bound (the union over choices): C(number, least) rate**least.

    Examples
    --------
    >>> round(math.exp(log_chance(2, 0.01, 2)), 6)
    0.0001
    """
    ways = math.lgamma(number + 1) - math.lgamma(least + 1)
    ways -= math.lgamma(number - least + 1)
    return min(0.0, ways + least * math.log(min(max(rate, 1e-300), 1.0)))
