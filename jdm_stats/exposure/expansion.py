"""From a cohort to (start, stop] rows: who was at risk, exposed to what, and when.

Each child's follow-up (entry, end] is cut where a measure changes and the measures are
read at each row's stop from what lies before it. No child is at risk before entry,
none after the outcome, and every child left out is counted in the tally.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import NotYetSupportedError, UsageError
from jdm_stats.exposure.baseline import baseline_columns, choose_covariates
from jdm_stats.exposure.follow_up import (
    Endpoint,
    EventDays,
    first_events,
    read_endpoint,
    read_event_days,
)
from jdm_stats.exposure.history import History, read_history
from jdm_stats.exposure.measures import whole_days
from jdm_stats.exposure.traces import Measure, Trace
from jdm_stats.intervals.split import cut_spans, cuts_inside
from jdm_stats.schema import EVENTS, MEASURES

_ROW_COLUMNS = ("patient_id", "start", "stop", "event")


@dataclass(frozen=True, slots=True, eq=False)
class _AtRisk:
    """Children at risk: their number in the patients table, (entry, end], event code."""

    child: np.ndarray
    entry: np.ndarray
    end: np.ndarray
    code: np.ndarray


def expand_intervals(
    cohort: Cohort,
    *,
    outcome: str = "gi_perforation",
    competing: str | Sequence[str] | None = "death",
    measures: Sequence[Measure] = (),
    covariates: Sequence[str] | None = None,
    every_days: int | None = None,
    definite_only: bool = False,
    recurrent: bool = False,
) -> pd.DataFrame:
    """Expand a cohort into rows at risk in (start, stop].

    Parameters
    ----------
    cohort : Cohort
    outcome : str, default "gi_perforation"
        Event type of code 1; follow-up ends with the first after entry. A child with
        one on or before entry is left out and counted.
    competing : str, sequence of str or None, default "death"
        Event types of codes 2, 3, ...; the first of them ends follow-up too. On one
        day the outcome goes before them. With None a death merely ends follow-up.
    measures : sequence of measures
        From ``current_dose``, ``cumulative_dose``, ``recent_pulse``, ``days_since``,
        ``ever_event`` and ``last_assessment``; one column each.
    covariates : sequence of str, optional
        Baseline columns of the patients table to join, and ``nxp2``; by default all.
    every_days : int, optional
        Cut rows also at whole multiples of so many days from diagnosis, for rates and
        pooled models.
    definite_only : bool, default False
        Leave out events, of any type, that are not definite.
    recurrent : bool, default False
        Refused: keeping a child at risk after its first event needs a variance that
        allows for rows of one child going together, which comes with it.

    Returns
    -------
    DataFrame
        ``patient_id``, ``start``, ``stop`` (whole days from diagnosis), ``event``, the
        measures, the covariates; in the order of the patients table and of time.
        ``attrs["jdm_stats"]`` holds outcome, competing, event_codes, measures,
        daily_measures, cut_for, synthetic and the tally. Measures that change daily
        are read at each row's stop and the rows are cut at every event day of the
        cohort, so such a table serves the outcome it was cut for.

    Raises
    ------
    UsageError
        If an event type, measure or covariate is unknown or named twice.
    NotYetSupportedError
        If ``recurrent`` is asked for.
    CohortError
        If a measure needs steroids and a steroid course lacks its days or dose.

    Examples
    --------
    >>> import pandas as pd
    >>> patients = pd.DataFrame({"patient_id": ["P1"], "antibody": ["NXP2"]})
    >>> patients = patients.assign(entry_day=0, exit_day=90, exit_reason="lost")
    >>> events = pd.DataFrame({"patient_id": ["P1"], "day": [40]})
    >>> cohort = Cohort(patients, events=events.assign(event="gi_perforation"))
    >>> rows = expand_intervals(cohort, covariates=["nxp2"], every_days=30)
    >>> rows
      patient_id  start  stop  event  nxp2
    0         P1      0    30      0   1.0
    1         P1     30    40      1   1.0
    """
    if recurrent:
        raise NotYetSupportedError(
            "recurrent=True keeps a child at risk after its first event; it comes with "
            "cluster-robust variance and is refused until then. Leave it False: the "
            "first event after entry ends follow-up"
        )
    endpoint = read_endpoint(outcome, competing, definite_only)
    joined = choose_covariates(covariates)
    _check_measures(measures, joined)
    every = None if every_days is None else whole_days("every_days", every_days, 1)
    patients = cohort.patients
    ids = pd.Index(patients["patient_id"])
    found = read_event_days(cohort, ids, endpoint)
    at_risk, tally = _children_at_risk(patients, found, endpoint)
    needs = {measure.needs for measure in measures}
    history = read_history(
        cohort,
        steroids="steroids" in needs,
        events=needs & set(EVENTS),
        readings=needs & set(MEASURES),
        definite_only=definite_only,
    )
    traces = [measure.trace(history) for measure in measures]
    parent, start, stop = _cut(at_risk, traces, every)
    child = at_risk.child[parent]
    last = np.append(parent[1:] != parent[:-1], True)[: len(parent)]
    rows = pd.DataFrame(
        {
            "patient_id": ids.to_numpy(dtype=object)[child],
            "start": start,
            "stop": stop,
            "event": np.where(last, at_risk.code[parent], 0),
            **{
                measure.name: trace.value(child, stop)
                for measure, trace in zip(measures, traces, strict=True)
            },
        }
    )
    known = baseline_columns(patients, joined).take(child).reset_index(drop=True)
    rows = pd.concat([rows, known], axis=1)
    tally |= {"rows": len(rows), "rows_cut": len(rows) - len(at_risk.child)}
    tally |= _steroid_tally(history, at_risk, len(patients))
    rows.attrs["jdm_stats"] = {
        **endpoint.noted(),
        "measures": [measure.name for measure in measures],
        "daily_measures": [measure.name for measure in measures if measure.daily],
        "cut_for": endpoint.outcome,
        "every_days": every,
        "synthetic": cohort.synthetic,
        "tally": tally,
    }
    return rows


def _check_measures(measures: Sequence[Measure], covariates: Sequence[str]) -> None:
    for measure in measures:
        if not hasattr(measure, "trace"):
            raise UsageError(
                "measures must come from current_dose(), cumulative_dose(), "
                "recent_pulse(), days_since(), ever_event() or last_assessment(); "
                f"received {measure!r}"
            )
    taken = [*_ROW_COLUMNS, *(measure.name for measure in measures), *covariates]
    twice = sorted({name for name in taken if taken.count(name) > 1})
    if twice:
        raise UsageError(
            f"several columns would be called {', '.join(twice)}; "
            "give each measure a name of its own with name="
        )


def _children_at_risk(
    patients: pd.DataFrame, found: EventDays, endpoint: Endpoint
) -> tuple[_AtRisk, dict[str, int]]:
    """Tell who is at risk, from when to when, and count the others by reason."""
    entry = patients["entry_day"].to_numpy(dtype=np.int64)
    leave = patients["exit_day"].to_numpy(dtype=np.int64)
    events = first_events(found, len(endpoint.names), entry)
    end, code = events.ending(leave)
    had_outcome = events.before[0]
    had_competing = events.before[1:].any(axis=0) & ~had_outcome
    empty = (leave <= entry) & ~had_outcome & ~had_competing
    child = np.flatnonzero(~had_outcome & ~had_competing & ~empty)
    at_risk = _AtRisk(child, entry[child], end[child], code[child])
    same_day = (events.after[1:] == events.after[0]).any(axis=0)[child]
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
    tally |= {
        "outcome_reports_joined_same_day": found.joined_reports,
        "competing_on_day_of_outcome": int((same_day & (at_risk.code == 1)).sum()),
        "outcome_days_after_follow_up": int(after_first.sum()),
    }
    if endpoint.definite_only:
        tally["indefinite_events_dropped"] = found.indefinite_dropped
    return at_risk, tally


def _cut(
    at_risk: _AtRisk, traces: Sequence[Trace], every: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut follow-up where measures change, at event days when one changes daily."""
    spans, days = [], []
    if every is not None:
        latest = int(at_risk.end.max(initial=0))
        span, day = cuts_inside(at_risk.entry, at_risk.end, np.arange(0, latest, every))
        spans.append(span)
        days.append(day)
    if any(trace.changes is None for trace in traces):
        happened = at_risk.end[at_risk.code > 0]
        span, day = cuts_inside(at_risk.entry, at_risk.end, happened)
        spans.append(span)
        days.append(day)
    for trace in traces:
        if trace.changes is not None:
            span, day = _real_changes(at_risk, trace, *trace.changes)
            spans.append(span)
            days.append(day)
    none = [np.empty(0, dtype=np.int64)]
    return cut_spans(
        at_risk.entry,
        at_risk.end,
        np.concatenate(none + spans),
        np.concatenate(none + days),
    )


def _real_changes(
    at_risk: _AtRisk, trace: Trace, child: np.ndarray, day: np.ndarray
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


def _steroid_tally(history: History, at_risk: _AtRisk, children: int) -> dict[str, int]:
    """Count what of the steroid courses of the children at risk could act."""
    doses = history.doses
    if doses is None:
        return {}
    entry = np.zeros(children, dtype=np.int64)
    end = np.full(children, -1, dtype=np.int64)
    there = np.zeros(children, dtype=bool)
    entry[at_risk.child], end[at_risk.child] = at_risk.entry, at_risk.end
    there[at_risk.child] = True
    kept = doses.only(there[doses.child])
    days_before = np.minimum(kept.last + 1, entry[kept.child]) - kept.first
    too_late = kept.first >= end[kept.child]
    return {
        "steroid_courses": len(kept.child),
        "steroid_courses_over_entry": int(
            ((kept.first < entry[kept.child]) & (kept.last >= entry[kept.child])).sum()
        ),
        "steroid_days_before_entry": int(np.maximum(days_before, 0).sum()),
        "pulse_courses_before_end": int((kept.pulse & ~too_late).sum()),
        "pulse_courses_too_late_to_act": int((kept.pulse & too_late).sum()),
        "steroid_courses_of_children_left_out": int((~there[doses.child]).sum()),
    }
