"""Who is in the table and from when: entry, eligibility, the start of the rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from jdm_stats.diagnostics.time_zero.case import Case, of_children, told_as
from jdm_stats.diagnostics.time_zero.chance import beyond_chance
from jdm_stats.diagnostics.time_zero.names import PULSE, STEROID, TREATMENT
from jdm_stats.diagnostics.time_zero.record import Record
from jdm_stats.diagnostics.time_zero.report import PROOF, SUSPICION, TimeZeroFinding
from jdm_stats.diagnostics.time_zero.timeline import Moment
from jdm_stats.exposure.baseline import BASELINE

_SMALL = 20  # children; in a smaller table one pattern in a few is worth a question
_FEW = 3  # children whose rows may begin on the day of a treatment by chance
_LEVELS = 12  # values of a number that may part the children like a word

# What is known of a child at diagnosis, and when it entered.
_KNOWN = (*(name for name in BASELINE if name != "nxp2"), "entry_day")


def entry_findings(case: Case) -> Iterator[TimeZeroFinding]:
    """Days before entry, outcomes before the rows, criteria met later."""
    yield from _before_entry(case)
    if case.record is not None:
        yield from _outcome_before(case, case.record)
        yield from _starts_late(case, case.record)
        yield from _selected(case, case.record)


def _before_entry(case: Case) -> Iterator[TimeZeroFinding]:
    rows, entry = case.rows, case.days("entry_day")
    if entry is None:
        return
    early = np.flatnonzero(rows.begin < entry)
    if not len(early):
        return
    at = np.flatnonzero(rows.start < entry[rows.child])
    days = (np.minimum(rows.stop, entry[rows.child]) - rows.start)[at].sum()
    child = int(early[np.argmax((entry - rows.begin)[early])])
    span = (
        f"{days:,.0f} days at risk before the child was under observation"
        if rows.landmark is None
        else f"children at the landmark, day {rows.landmark:g}, who enter after it"
    )
    yield case.finding(
        "person_time_before_entry",
        PROOF,
        f"{span}, in {of_children(len(early))}",
        at=at,
        example=child,
        moments=[Moment(entry[child], "under observation from here")],
    )


def _outcome_before(case: Case, record: Record) -> Iterator[TimeZeroFinding]:
    rows = case.rows
    if rows.noted.get("recurrent"):
        return
    child, day = record.event_days(case.outcome)
    inside = child < rows.n
    child, day = child[inside], day[inside]
    had = np.unique(child[day <= rows.begin[child]])
    if not len(had):
        return
    example = int(had[0])
    stated = case.plan is not None or bool(rows.noted.get("outcome"))
    taken = "" if stated else ", which the events of the table seem to be,"
    yield case.finding(
        "outcome_before_time_zero",
        PROOF if stated else SUSPICION,
        f"{of_children(len(had))} had the outcome ({told_as(case.outcome)}{taken}) on or "
        "before the day the first row starts",
        children=had,
        moments=[
            Moment(float(d), told_as(case.outcome))
            for d in day[(child == example) & (day <= rows.begin[example])]
        ],
    )


def _starts_late(case: Case, record: Record) -> Iterator[TimeZeroFinding]:
    """Rows that begin at a treatment rather than at entry."""
    rows = case.rows
    if rows.landmark is not None:
        return
    late = np.flatnonzero(record.known & (rows.begin > record.entry[: rows.n]))
    if not len(late) or (rows.begin == record.tested[: rows.n])[late].all():
        return  # to begin with the antibody test is a choice known on that day
    for topic in (PULSE, STEROID, *record.topics, TREATMENT):
        if topic not in record.topics:
            continue
        first = record.first_day(topic)[: rows.n]
        wait = (rows.begin - first)[late]
        if not ((wait == 0) | (wait == 1)).all():
            continue
        if len(late) < 2 and rows.n > _SMALL:
            continue
        yield _begins_at(case, record, topic, late)
        return


def _begins_at(
    case: Case, record: Record, topic: str, late: np.ndarray
) -> TimeZeroFinding:
    rows = case.rows
    missing = (rows.begin - record.entry[: rows.n])[late]
    child = int(late[np.argmax(missing)])
    told = case.first_moment(topic, child)
    group = _group_of(case, record, late)
    severity = PROOF if len(late) >= _FEW else SUSPICION
    if group is not None:
        return case.finding(
            "unexposed_time_left_out",
            severity,
            f"the rows of {of_children(len(late))} with {group} = 1 begin at the first "
            f"{topic}, those of the others at entry: {missing.sum():,.0f} days before the "
            f"first {topic}, unexposed and without event, are missing",
            columns=[group],
            children=late,
            example=child,
            moments=told,
        )
    return case.finding(
        "rows_begin_at_treatment",
        severity,
        f"every child whose rows begin after entry begins at its first {topic}: "
        f"{of_children(len(late))}, {missing.sum():,.0f} days after entry left out",
        children=late,
        example=child,
        moments=told,
    )


def _group_of(case: Case, record: Record, late: np.ndarray) -> str | None:
    """Name a constant 0/1 column that is 1 for the late and 0 only for prompt children."""
    rows = case.rows
    prompt = record.known & (rows.begin == record.entry[: rows.n])
    for column in case.rows.columns():
        if not (column.constant and column.binary):
            continue
        value = column.values[rows.first]
        others = value == 0
        if (value[late] == 1).all() and others.any() and prompt[others].all():
            return column.name
    return None


def _selected(case: Case, record: Record) -> Iterator[TimeZeroFinding]:
    """Compare the children of the table with those the cohort has beside them."""
    rows = case.rows
    eligible, end = record.at_risk()
    if rows.landmark is not None:
        eligible &= (record.entry <= rows.landmark) & (end > rows.landmark)
        stays = rows.landmark + float(rows.noted.get("horizon_days", 0))
        left = (end < stays) & ~np.isfinite(
            record.next_event((record.outcome_name, *record.competing), record.entry)
        )
        eligible &= ~left
    inside = np.arange(len(record.labels)) < rows.n
    present = np.flatnonzero(eligible & inside)
    absent = np.flatnonzero(eligible & ~inside)
    if not len(present) or not len(absent):
        return
    many = beyond_chance(
        len(present) + len(absent), len(absent), 2 * len(record.topics)
    )
    if many and _parted_at_diagnosis(record, present, absent):
        return
    by_topic = _by_topic(case, record, present, absent, end)
    if by_topic:
        yield _selected_by(case, record, by_topic, present, absent)
    elif rows.landmark is None:
        yield from _survivors(case, record, present, absent, end)


def _by_topic(
    case: Case,
    record: Record,
    present: np.ndarray,
    absent: np.ndarray,
    end: np.ndarray,
) -> dict[str, bool]:
    """Topics that all children of the table have later and none of the others, or none/all."""
    total, tries = len(present) + len(absent), 2 * len(record.topics)
    if total > _SMALL and not beyond_chance(total, len(absent), tries):
        return {}
    found = {}
    for topic in record.topics:
        first = record.first_day(topic)
        later = bool((first[present] > case.rows.begin[present]).any())
        later_out = bool((first[absent] > record.entry[absent]).any())
        for has in (first <= record.leave, first <= end, np.isfinite(first)):
            if has[present].all() and not has[absent].any() and later:
                found[topic] = True
            elif has[absent].all() and not has[present].any() and later_out:
                found[topic] = False
    return found


def _parted_at_diagnosis(
    record: Record, present: np.ndarray, absent: np.ndarray
) -> bool:
    """Whether something known at diagnosis parts those in the table from the others.

    A table of one centre, or of the years to 2015, is no choice by what came later, even
    where treatment or length of follow-up goes with it.
    """
    for name in _KNOWN:
        column = record.patients[name]
        inside, outside = column.iloc[present], column.iloc[absent]
        if (inside.isna().all() and outside.notna().all()) or (
            inside.notna().all() and outside.isna().all()
        ):
            return True
        if inside.isna().any() or outside.isna().any():
            continue
        apart = not set(inside) & set(outside)
        if pd.api.types.is_numeric_dtype(column.dtype) and column.nunique() > _LEVELS:
            apart = inside.max() < outside.min() or inside.min() > outside.max()
        if apart:
            return True
    return False


def _selected_by(
    case: Case,
    record: Record,
    by_topic: dict[str, bool],
    present: np.ndarray,
    absent: np.ndarray,
) -> TimeZeroFinding:
    topic = min(by_topic, key=lambda name: name == TREATMENT)  # the drug, if it is one
    having = by_topic[topic]
    first = record.first_day(topic)
    total = len(present) + len(absent)
    sure = beyond_chance(total, len(absent), 2 * len(record.topics))
    if having:
        sentence = (
            f"every child of the table has {told_as(topic)} on record at some time and none of the "
            f"{len(absent):,} at risk who are left out has: who is in the table was decided "
            "by it, and for some it came after the first row starts"
        )
        concerned = present[first[present] > case.rows.begin[present]]
    else:
        sentence = (
            f"the {len(absent):,} children at risk who are left out all have "
            f"{told_as(topic)} on record, some of them after entry, and no child of the table has: "
            "they were left out for it"
        )
        concerned = absent
    came = first[concerned]
    example = int(concerned[np.argmax(np.where(np.isfinite(came), came, -np.inf))])
    return case.finding(
        "selected_by_later_event",
        PROOF if sure else SUSPICION,
        sentence,
        children=concerned,
        example=example,
        moments=case.first_moment(topic, example),
    )


def _survivors(
    case: Case, record: Record, present: np.ndarray, absent: np.ndarray, end: np.ndarray
) -> Iterator[TimeZeroFinding]:
    """Only children followed beyond some day are there; all who left before are not."""
    rows = case.rows
    least = float(rows.end[present].min())
    length = (rows.end - rows.begin)[present].min()
    stayed = end - record.entry
    by_day = (end[absent] < least).all() and least > rows.begin[present].max()
    by_length = (stayed[absent] < length).all() and length > 0
    total = len(present) + len(absent)
    sure = beyond_chance(total, len(absent), 2)
    if not (by_day or by_length) or not (sure or total <= _SMALL):
        return
    child = int(absent[0])
    yield case.finding(
        "selected_by_later_event",
        PROOF if sure else SUSPICION,
        f"no child of the table is followed less than {length:g} days, and the "
        f"{len(absent):,} at risk who are left out all had the event or left sooner: "
        "staying was the condition for being in the table",
        children=absent,
        moments=[Moment(end[child], "event or end of follow-up")],
    )
