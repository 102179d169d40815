"""Who is at risk, from when to when, and the days on which their follow-up is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.exposure.follow_up import Endpoint, EventDays, first_events
from jdm_stats.exposure.traces import Trace
from jdm_stats.intervals.keys import pair_keys
from jdm_stats.intervals.split import cut_spans, cuts_inside


@dataclass(frozen=True, slots=True, eq=False)
class AtRisk:
    """Children at risk: their number in the patients table, (entry, end], event code.

    ``outcome_span`` and ``outcome_day`` hold the days of the outcome in (entry, end], by
    place in ``child`` and day; where events recur there may be several of one child.
    """

    child: np.ndarray
    entry: np.ndarray
    end: np.ndarray
    code: np.ndarray
    outcome_span: np.ndarray
    outcome_day: np.ndarray


def children_at_risk(
    patients: pd.DataFrame,
    found: EventDays,
    endpoint: Endpoint,
    recurrent: bool = False,
) -> tuple[AtRisk, dict[str, int]]:
    """Tell who is at risk, from when to when, and count the others by reason.

    With ``recurrent`` the outcome ends no follow-up; a competing event still does.
    """
    entry = patients["entry_day"].to_numpy(dtype=np.int64)
    leave = patients["exit_day"].to_numpy(dtype=np.int64)
    events = first_events(found, len(endpoint.names), entry)
    end, code = events.ending(leave, outcome_ends=not recurrent)
    had_outcome = events.before[0]
    had_competing = events.before[1:].any(axis=0) & ~had_outcome
    empty = (leave <= entry) & ~had_outcome & ~had_competing
    child = np.flatnonzero(~had_outcome & ~had_competing & ~empty)
    span, day = _outcome_days(found, child, entry, end)
    code = code[child]
    code[span[day == end[child][span]]] = 1
    at_risk = AtRisk(child, entry[child], end[child], code, span, day)
    same_day = (events.after[1:] == end).any(axis=0)[child]
    is_outcome = (found.kind == 0) & np.isin(found.child, child)
    after_first = is_outcome & (found.day > end[found.child])
    tally = {
        "children": len(patients),
        "outcome_on_or_before_entry": int(had_outcome.sum()),
        "competing_on_or_before_entry": int(had_competing.sum()),
        "children_without_follow_up": int(empty.sum()),
        "children_at_risk": len(child),
        "delayed_entry": int((at_risk.entry > 0).sum()),
        "days_before_entry_not_at_risk": int(np.maximum(at_risk.entry, 0).sum()),
        "days_at_risk": int((at_risk.end - at_risk.entry).sum()),
        "censored": int((at_risk.code == 0).sum()),
    }
    for number, name in enumerate(endpoint.names, start=1):
        tally[f"events_{number}_{name}"] = int((at_risk.code == number).sum())
    if recurrent:
        per_child = np.bincount(span, minlength=len(child))
        tally[f"events_1_{endpoint.outcome}"] = len(day)
        tally["children_with_outcome"] = int((per_child > 0).sum())
        tally["children_with_several_outcomes"] = int((per_child > 1).sum())
    tally |= {
        "outcome_reports_joined_same_day": found.joined_reports,
        "competing_on_day_of_outcome": int((same_day & (at_risk.code == 1)).sum()),
        "outcome_days_after_follow_up": int(after_first.sum()),
    }
    if endpoint.definite_only:
        tally["indefinite_events_dropped"] = found.indefinite_dropped
    return at_risk, tally


def _outcome_days(
    found: EventDays, child: np.ndarray, entry: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the days of the outcome in (entry, end] of the children at risk, in order."""
    inside = (found.kind == 0) & np.isin(found.child, child)
    inside &= (found.day > entry[found.child]) & (found.day <= end[found.child])
    span, day = np.searchsorted(child, found.child[inside]), found.day[inside]
    order = np.lexsort((day, span))
    return span[order], day[order]


def cut_follow_up(
    at_risk: AtRisk, traces: Sequence[Trace], every: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut follow-up at outcomes and changes of measures, at all event days for daily ones."""
    spans, days = [at_risk.outcome_span], [at_risk.outcome_day]
    if every is not None:
        latest = int(at_risk.end.max(initial=0))
        span, day = cuts_inside(at_risk.entry, at_risk.end, np.arange(0, latest, every))
        spans.append(span)
        days.append(day)
    if any(trace.changes is None for trace in traces):
        happened = np.append(at_risk.end[at_risk.code > 0], at_risk.outcome_day)
        span, day = cuts_inside(at_risk.entry, at_risk.end, happened)
        spans.append(span)
        days.append(day)
    for trace in traces:
        if trace.changes is not None:
            span, day = _real_changes(at_risk, trace, *trace.changes)
            spans.append(span)
            days.append(day)
    return cut_spans(
        at_risk.entry, at_risk.end, np.concatenate(spans), np.concatenate(days)
    )


def events_of_pieces(
    at_risk: AtRisk, pieces: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Code of the event at each piece's stop, and the number of the outcome it is at risk for.

    Parameters
    ----------
    at_risk : AtRisk
    pieces : tuple of ndarray of shape (p,)
        Place in ``at_risk``, start and stop of each piece, as `cut_follow_up` gives them.

    Returns
    -------
    code, number : ndarray of int64, shape (p,)
    """
    parent, start, stop = pieces
    last = np.append(parent[1:] != parent[:-1], True)[: len(parent)]
    code = np.where(last, at_risk.code[parent], 0)
    keys, begins, ends = pair_keys(
        (at_risk.outcome_span, at_risk.outcome_day), (parent, start), (parent, stop)
    )
    before = np.searchsorted(keys, begins, side="right")
    code[np.searchsorted(keys, ends, side="right") > before] = 1
    earlier = np.searchsorted(at_risk.outcome_span, parent, side="left")
    return code, before - earlier + 1


def _real_changes(
    at_risk: AtRisk, trace: Trace, child: np.ndarray, day: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Keep the days inside follow-up on which the value is not the same either side."""
    if not len(at_risk.child) or not len(child):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    span = np.minimum(np.searchsorted(at_risk.child, child), len(at_risk.child) - 1)
    inside = (
        (at_risk.child[span] == child)
        & (day > at_risk.entry[span])
        & (day < at_risk.end[span])
    )
    child, day, span = child[inside], day[inside], span[inside]
    before, after = trace.value(child, day), trace.value(child, day + 1)
    changed = (before != after) & ~(np.isnan(before) & np.isnan(after))
    return span[changed], day[changed]
