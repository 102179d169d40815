"""Exposure set against the cohort: whether a row says exposed before the first dose.

A column is tied to an exposure by its name, when the children it calls exposed are in the
record so, or by agreeing child for child with exposure at any time, which chance does not
do. Only then are its rows held against the days of the record. A proof needs both: a name
of which every word speaks of the exposure, and a record that bears it out. A trait known
at the start can agree child for child with later treatment where a protocol decides it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jdm_stats.diagnostics.time_zero.case import Case, of_children, told_as
from jdm_stats.diagnostics.time_zero.chance import (
    CHANCE,
    beyond_chance,
    within_by_chance,
)
from jdm_stats.diagnostics.time_zero.names import says_amount, says_exposed, topic_of
from jdm_stats.diagnostics.time_zero.record import Record
from jdm_stats.diagnostics.time_zero.report import PROOF, SUSPICION, TimeZeroFinding
from jdm_stats.diagnostics.time_zero.rows import Column

# Children called exposed of whom the record must know the exposure, for a name to count.
_SHARE_KNOWN = 0.95


def exposure_findings(case: Case) -> Iterator[TimeZeroFinding]:
    """Hold every 0/1 column, and every count, against the first days of the cohort."""
    record = case.record
    if record is None:
        return
    for column in case.rows.columns():
        found = []
        if column.constant and not column.binary:
            found = list(_count(case, record, column))
        yield from found or _held(case, record, column)


def _held(case: Case, record: Record, column: Column) -> Iterator[TimeZeroFinding]:
    topic = topic_of(column.name, record.topics)
    severity = _trust(case, record, column, topic) if topic is not None else None
    if severity is None:
        topic, severity = _agreeing(case, record, column), SUSPICION
    if topic is None:
        return
    found = list(_too_early(case, record, column, topic, severity))
    yield from found
    if not found and column.constant and _two_valued(column):
        yield from _prevalent(case, record, column, topic)


def _trust(case: Case, record: Record, column: Column, topic: str) -> str | None:
    """How far a name may be trusted: the record must hold the exposure it speaks of."""
    says = says_exposed if _two_valued(column) else says_amount
    if not says(column.name, topic):
        return None
    exposed = np.unique(case.rows.child[column.values > 0])
    exposed = exposed[record.known[exposed]]
    if not len(exposed):
        return None
    share = np.isfinite(record.first_day(topic)[exposed]).mean()
    if share < _SHARE_KNOWN:
        return None
    if share < 1:
        return SUSPICION
    if not column.constant or any(_variants_met(case, record, column, topic)):
        return PROOF
    told = np.unique(case.rows.child[~np.isnan(column.values)])
    told = told[record.known[told]]
    ever = int(np.isfinite(record.first_day(topic)[told]).sum())
    chance = within_by_chance(len(told), ever, len(exposed))
    return PROOF if chance < CHANCE else SUSPICION


def _variants_met(
    case: Case, record: Record, column: Column, topic: str
) -> Iterator[bool]:
    """Whether a constant column is above 0 for just the children exposed at some time.

    That is by the end of their rows, before it, anywhere in the record, or, for those
    with the event, before it: each way to say "ever" that some table uses.
    """
    rows = case.rows
    value = column.values[rows.first]
    judged = record.known & ~np.isnan(value)
    first = record.first_day(topic)[: rows.n]
    before = np.where(np.isfinite(case.event_day()), case.event_day(), np.inf)
    exposed = value > 0
    ways = (first <= rows.end, first < rows.end, np.isfinite(first), first < before)
    for way in (*ways, (first <= record.leave[: rows.n])):
        same = np.array_equal((way & np.isfinite(first))[judged], exposed[judged])
        yield same and bool((~exposed[judged]).any())


def _agreeing(case: Case, record: Record, column: Column) -> str | None:
    """Find the exposure that a constant column equals over follow-up, child for child."""
    rows = case.rows
    if not column.constant or not column.binary:
        return None
    value = column.values[rows.first]
    judged = record.known & ~np.isnan(value)
    exposed = value == 1
    tries = 5 * len(record.topics)
    if not beyond_chance(int(judged.sum()), int((exposed & judged).sum()), tries):
        return None
    for topic in record.topics:
        late = judged & exposed & (record.first_day(topic)[: rows.n] > rows.begin)
        if late.any() and any(_variants_met(case, record, column, topic)):
            return topic
    return None


def _too_early(
    case: Case, record: Record, column: Column, topic: str, severity: str
) -> Iterator[TimeZeroFinding]:
    """Rows that say exposed although the first day of exposure is still to come."""
    rows = case.rows
    on = (column.values > 0) & record.known[rows.child]
    first = record.first_day(topic)[: rows.n][rows.child]
    level = not _two_valued(column)  # an amount may be read at the end of its row
    daily = column.name in rows.noted.get("daily_measures", ())
    at_end = (daily or level) and not column.constant and rows.landmark is None
    seen_until = rows.stop - 1 if at_end else rows.start
    late = np.flatnonzero(on & np.isfinite(first) & (first > seen_until))
    if len(late):
        yield _exposed_too_early(case, column, topic, severity, late)
    event = case.event_day()[rows.child]
    after = on & np.isfinite(first) & np.isfinite(event) & (first >= event)
    after &= (rows.stop >= event) | (rows.landmark is not None)
    after = np.flatnonzero(after)
    if len(after):
        children = np.unique(rows.child[after])
        child = int(children[0])
        total = int(np.isfinite(case.event_day()).sum())
        yield case.finding(
            "exposure_after_event",
            severity,
            f"{column.name} {_is_on(column)} in the row of the event, but the first {topic} "
            f"on record came on the day of the event or later, in "
            f"{of_children(len(children))} of {total:,} with the event",
            columns=[column.name],
            at=after,
            moments=[
                *case.first_moment(topic, child),
                case.seen(column, child, int(after[0])),
            ],
        )


def _exposed_too_early(
    case: Case, column: Column, topic: str, severity: str, late: np.ndarray
) -> TimeZeroFinding:
    rows = case.rows
    assert case.record is not None
    first = case.record.first_day(topic)[rows.child[late]]
    children = np.unique(rows.child[late])
    child = int(rows.child[late[np.argmax(first - rows.start[late])]])
    row = int(late[rows.child[late] == child][0])
    told = [*case.first_moment(topic, child), case.seen(column, child, row)]
    if rows.landmark is not None:
        code = "exposure_after_landmark"
        sentence = (
            f"{column.name} {_is_on(column)} at the landmark, day {rows.landmark:g}, in "
            f"{of_children(len(children))} whose first {topic} on record came after it"
        )
    else:
        gap = np.minimum(first, rows.stop[late]) - rows.start[late]
        days = f"{gap.sum():,.0f} days at risk before it are counted as exposed"
        code = "ever_exposed" if column.constant else "exposure_from_the_future"
        shape = (
            f"never changes within a child and {_is_on(column)} from its first row on"
            if column.constant
            else f"{_is_on(column)} in rows that start before the exposure began"
        )
        sentence = (
            f"{column.name} {shape}, in {of_children(len(children))} whose first "
            f"{topic} on record came later: {days}"
        )
    return case.finding(
        code,
        severity,
        sentence,
        columns=[column.name],
        at=late,
        example=child,
        moments=told,
    )


def _two_valued(column: Column) -> bool:
    present = column.values[~np.isnan(column.values)]
    return bool(np.isin(present, (0.0, 1.0)).all())


def _is_on(column: Column) -> str:
    return "is 1" if _two_valued(column) else "is above 0"


def _prevalent(
    case: Case, record: Record, column: Column, topic: str
) -> Iterator[TimeZeroFinding]:
    """Find groups by an exposure begun before the first row, in most of the exposed."""
    rows = case.rows
    if rows.landmark is not None:
        return
    exposed = (column.values[rows.first] == 1) & record.known
    first = record.first_day(topic)[: rows.n]
    early = np.flatnonzero(exposed & (first < rows.begin))
    if not len(early) or len(early) < exposed.sum() / 2:
        return
    gap = np.median((rows.begin - first)[early])
    child = int(early[0])
    yield case.finding(
        "entry_after_exposure",
        SUSPICION,
        f"{column.name} parts the children by {topic} begun before their first row: "
        f"{of_children(len(early))} of {int(exposed.sum()):,} exposed enter later, half "
        f"of them {gap:g} days or more",
        columns=[column.name],
        children=early,
        moments=[*case.first_moment(topic, child), case.seen(column, child)],
    )


def _count(case: Case, record: Record, column: Column) -> Iterator[TimeZeroFinding]:
    """Find a constant number that is the count of courses or events over all follow-up."""
    rows = case.rows
    value = column.values[rows.first]
    judged = record.known & ~np.isnan(value)
    distinct = len(np.unique(value[judged]))
    named = topic_of(column.name, record.topics)
    if named is not None and not says_amount(column.name, named):
        named = None
    if distinct < 2 or (named is None and (distinct < 3 or judged.sum() < 10)):
        return
    for topic in [named] if named is not None else list(record.topics):
        days = record.topics[topic]
        own = days.child < rows.n
        child, first = days.child[own], days.first[own]
        by_end = np.bincount(child[first <= rows.end[child]], minlength=rows.n)
        ever = np.bincount(child, minlength=rows.n)
        by_start = np.bincount(child[first <= rows.begin[child]], minlength=rows.n)
        same = any(np.array_equal(n[judged], value[judged]) for n in (by_end, ever))
        late = np.flatnonzero(judged & (value > by_start))
        if same and len(late):
            wait = record.first_day(topic)[late] - rows.begin[late]
            child_late = int(late[np.argmax(np.where(np.isfinite(wait), wait, 0))])
            yield case.finding(
                "later_rows_summed_up",
                PROOF,
                f"{column.name} never changes within a child and equals its "
                f"number of {told_as(topic)} entries on record over all follow-up; in "
                f"{of_children(len(late))} some came after the first row started",
                columns=[column.name],
                children=late,
                example=child_late,
                moments=[
                    *case.first_moment(topic, child_late),
                    case.seen(column, child_late),
                ],
            )
            return
