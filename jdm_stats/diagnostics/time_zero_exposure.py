"""Exposure set against the cohort: whether a row says exposed before the first dose.

A 0/1 column is tied to an exposure by its name, when the children it calls exposed are in
the record so, or by agreeing child for child with exposure at any time, which chance does
not do. Only then are its rows held against the days of the record.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jdm_stats.diagnostics.time_zero_case import Case, beyond_chance, of_children
from jdm_stats.diagnostics.time_zero_record import Record, topic_of
from jdm_stats.diagnostics.time_zero_report import PROOF, SUSPICION, TimeZeroFinding
from jdm_stats.diagnostics.time_zero_rows import Column

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
    topic = topic_of(column.name, record)
    severity: str | None
    if topic is not None:
        severity = _trust(case, record, column, topic)
    else:
        topic, severity = _agreeing(case, record, column), PROOF
    if topic is None or severity is None:
        return
    found = list(_too_early(case, record, column, topic, severity))
    yield from found
    if not found and column.constant and _two_valued(column) and topic:
        yield from _prevalent(case, record, column, topic)


def _trust(case: Case, record: Record, column: Column, topic: str) -> str | None:
    """How far a name may be trusted: the record must hold the exposure it speaks of."""
    exposed = np.unique(case.rows.child[column.values > 0])
    exposed = exposed[record.known[exposed]]
    if not len(exposed):
        return None
    share = np.isfinite(record.first_day(topic)[exposed]).mean()
    if share < _SHARE_KNOWN:
        return None
    return PROOF if share == 1 else SUSPICION


def _agreeing(case: Case, record: Record, column: Column) -> str | None:
    """Find the exposure that a constant column equals over follow-up, child for child."""
    rows = case.rows
    if not column.constant or not column.binary:
        return None
    value = column.values[rows.first]
    judged = record.known & ~np.isnan(value)
    exposed = value == 1
    tries = 3 * len(record.topics)
    if not beyond_chance(int(judged.sum()), int((exposed & judged).sum()), tries):
        return None
    for topic in record.topics:
        first = record.first_day(topic)[: rows.n]
        late = judged & exposed & (first > rows.begin)
        variants = (first <= rows.end, first < rows.end, np.isfinite(first))
        same = any(np.array_equal(v[judged], exposed[judged]) for v in variants)
        if same and late.any():
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
            f"{column.name} {_is_on(column)} in the row of the event although the first {topic} "
            f"came on the day of the event or later, in {of_children(len(children))} "
            f"of {total:,} with the event",
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
    children = np.unique(rows.child[late])
    child = int(children[0])
    row = int(late[rows.child[late] == child][0])
    told = [*case.first_moment(topic, child), case.seen(column, child, row)]
    if rows.landmark is not None:
        code = "exposure_after_landmark"
        sentence = (
            f"{column.name} {_is_on(column)} at the landmark, day {rows.landmark:g}, in "
            f"{of_children(len(children))} whose first {topic} came after it"
        )
    else:
        assert case.record is not None
        first = case.record.first_day(topic)[rows.child[late]]
        gap = np.minimum(first, rows.stop[late]) - rows.start[late]
        days = f"{gap.sum():,.0f} days at risk counted as exposed before it"
        code = "ever_exposed" if column.constant else "exposure_from_the_future"
        shape = (
            f"is the same in every row of a child and {_is_on(column)} from the first on"
            if column.constant
            else f"{_is_on(column)} in rows that start before the exposure began"
        )
        sentence = (
            f"{column.name} {shape}, in {of_children(len(children))} whose first "
            f"{topic} came later: {days}"
        )
    return case.finding(
        code, severity, sentence, columns=[column.name], at=late, moments=told
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
    named = topic_of(column.name, record)
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
            yield case.finding(
                "later_rows_summed_up",
                PROOF,
                f"{column.name} is the same in every row of a child and equals its "
                f"number of entries of {topic} over all follow-up; in "
                f"{of_children(len(late))} some came after the first row started",
                columns=[column.name],
                children=late,
                moments=[
                    *case.first_moment(topic, int(late[0])),
                    case.seen(column, int(late[0])),
                ],
            )
            return
