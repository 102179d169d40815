"""From a cohort to (start, stop] rows: who was at risk, exposed to what, and when.

Each child's follow-up (entry, end] is cut where a measure changes and the measures are
read at each row's stop from what lies before it. No child is at risk before entry, none
after the outcome unless it is asked for, and every child left out is in the tally.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.faults import in_order
from jdm_stats.errors import CohortError, Fault, UsageError
from jdm_stats.exposure.arguments import true_or_false, whole_days
from jdm_stats.exposure.at_risk import (
    AtRisk,
    children_at_risk,
    cut_follow_up,
    events_of_pieces,
)
from jdm_stats.exposure.baseline import baseline_columns, choose_covariates
from jdm_stats.exposure.follow_up import read_endpoint, read_event_days
from jdm_stats.exposure.history import History
from jdm_stats.exposure.traces import Measure, Value
from jdm_stats.intervals.marks import RecurrentMark
from jdm_stats.plan.steroid_rules import SteroidRules

_ROW_COLUMNS = ("patient_id", "start", "stop", "event")


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
    steroids: SteroidRules | Mapping[str, object] | None = None,
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
        From `jdm_stats.exposure.measures`, such as ``current_dose`` or ``recent_pulse``,
        or of your own (see `jdm_stats.exposure.traces.Measure`); one column each.
    covariates : sequence of str, optional
        Baseline columns of the patients table to join, and ``nxp2``; by default all.
    every_days : int, optional
        Cut rows also at whole multiples of so many days from diagnosis, for rates and
        pooled models.
    definite_only : bool, default False
        Leave out events, of any type, that are not definite.
    recurrent : bool, default False
        Keep a child at risk after an outcome, to the first competing event or exit;
        several on one day are one. Rows end at each outcome and ``event_number`` tells
        which one they are at risk for; those of number 1 are the first-event analysis.
        The table is marked, so that models allow for rows of one child going together;
        `jdm_stats.intervals.recurrent.recurrent_rows` prepares it for strata or gap times.
    steroids : SteroidRules or mapping of its fields, optional
        How steroid courses become days at a dose; by default nothing is guessed.

    Returns
    -------
    DataFrame
        ``patient_id``, ``start``, ``stop`` (whole days from diagnosis), ``event``, with
        ``recurrent`` ``event_number``, the measures, the covariates; in the order of the
        patients table and of time.
        ``attrs["jdm_stats"]`` holds outcome, competing, event_codes, measures,
        daily_measures, cut_for, synthetic, imputed, steroid_rules and the tally, with the courses
        that each rule was applied to. Measures that change daily
        are read at each row's stop and the rows are cut at every event day of the
        cohort, so such a table serves the outcome it was cut for.

    Raises
    ------
    UsageError
        If an event type, measure or covariate is unknown or named twice, or ``recurrent``
        is neither True nor False.
    CohortError
        Listing every course a measure reads that lacks its days or dose and can matter:
        of a child at risk, begun early enough to act before the end of follow-up.

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
    return expand_history(
        History(cohort, rules=steroids, definite_only=definite_only),
        outcome=outcome,
        competing=competing,
        measures=measures,
        covariates=covariates,
        every_days=every_days,
        recurrent=recurrent,
        shared=False,
    )


def expand_history(
    history: History,
    *,
    outcome: str = "gi_perforation",
    competing: str | Sequence[str] | None = "death",
    measures: Sequence[Measure] = (),
    covariates: Sequence[str] | None = None,
    every_days: int | None = None,
    recurrent: bool = False,
    shared: bool = True,
) -> pd.DataFrame:
    """Do what `expand_intervals` does with a history, which several expansions may share.

    One that is not ``shared`` forgets what it has read before the rows are laid out, for
    the sake of memory.
    """
    true_or_false("recurrent", recurrent)
    endpoint = read_endpoint(outcome, competing, history.definite_only)
    joined = choose_covariates(covariates)
    columns = (*_ROW_COLUMNS, "event_number") if recurrent else _ROW_COLUMNS
    check_measures(measures, joined, columns)
    every = None if every_days is None else whole_days("every_days", every_days, 1)
    found = read_event_days(history.cohort, history.ids, endpoint)
    at_risk, tally = children_at_risk(history.patients, found, endpoint, recurrent)
    before = _can_act_before(at_risk, len(history.ids))
    refuse_faults(history, measures, before)
    traces = [measure.trace(history) for measure in measures]
    noted = {
        **endpoint.noted(),
        "measures": [measure.name for measure in measures],
        "daily_measures": [measure.name for measure in measures if measure.daily],
        "cut_for": endpoint.outcome,
        "every_days": every,
        "synthetic": history.cohort.synthetic,
        "imputed": "imputation" in history.cohort.metadata["provenance"],
    }
    if recurrent:
        noted["recurrent"] = RecurrentMark("andersen_gill", "patient_id").noted()
    if any(measure.needs == "steroids" for measure in measures):
        tally |= _steroid_tally(history, at_risk)
        tally |= _rules_tally(history, measures, before)
        noted["steroid_rules"] = history.rules.model_dump()
    for trace in traces:
        tally |= trace.tally
    if not shared:
        history.forget()
    pieces = cut_follow_up(at_risk, traces, every)
    tally |= {"rows": len(pieces[0]), "rows_cut": len(pieces[0]) - len(at_risk.child)}
    values = [trace.value for trace in traces]
    del traces
    rows = _rows(history, at_risk, measures, values, joined, pieces, recurrent)
    rows.attrs["jdm_stats"] = {**noted, "tally": tally}
    return rows


def _rows(
    history: History,
    at_risk: AtRisk,
    measures: Sequence[Measure],
    values: list[Value],
    joined: Sequence[str],
    pieces: tuple[np.ndarray, np.ndarray, np.ndarray],
    recurrent: bool,
) -> pd.DataFrame:
    """Lay the pieces out, one column at a time so that none is held twice."""
    parent, start, stop = pieces
    child = at_risk.child[parent]
    code, number = events_of_pieces(at_risk, pieces)
    columns: dict[str, object] = {
        "patient_id": history.ids.to_numpy(dtype=object)[child],
        "start": start,
        "stop": stop,
        "event": code,
    }
    if recurrent:
        columns["event_number"] = number
    for measure in measures:
        columns[measure.name] = measure_column(measure, values.pop(0)(child, stop))
    known = baseline_columns(history.patients, joined)
    for name in joined:
        columns[name] = known[name].to_numpy()[child]
    return pd.DataFrame(columns, copy=False)


def measure_column(measure: Measure, value: np.ndarray) -> object:
    """Return a measure's values, or the words they stand for where it has labels."""
    labels = getattr(measure, "labels", None)
    if labels is None:
        return value
    words = pd.Categorical.from_codes(
        value.astype(np.int64),  # type: ignore[arg-type]
        labels,
        ordered=True,
    )
    return words.remove_unused_categories()


def _can_act_before(at_risk: AtRisk, children: int) -> np.ndarray:
    """Last day of follow-up of the children at risk, before all days for the others.

    A dose of day d acts on (d, d + 1], so one that starts on that day is too late.
    """
    before = np.full(children, np.iinfo(np.int64).min // 4, dtype=np.int64)
    before[at_risk.child] = at_risk.end
    return before


def refuse_faults(
    history: History, measures: Sequence[Measure], before: np.ndarray
) -> None:
    """Refuse the courses at fault that some measure could see, all at once."""
    faults: list[Fault] = []
    lag = _steroid_lag(measures)
    if lag is not None:
        faults += history.steroid_faults(before - lag)
    for measure in measures:
        told = getattr(measure, "faults", None)
        if told is not None:
            faults += told(history, before - _lag(measure))
    if faults:
        raise CohortError(in_order(dict.fromkeys(faults)), "the courses have")


def _lag(measure: Measure) -> int:
    return int(getattr(measure, "lag_days", 0))


def _steroid_lag(measures: Sequence[Measure]) -> int | None:
    """Return the shortest lag of the measures that read steroid doses; None without any."""
    lags = [_lag(measure) for measure in measures if measure.needs == "steroids"]
    return min(lags, default=None)


def _rules_tally(
    history: History, measures: Sequence[Measure], before: np.ndarray
) -> dict[str, int]:
    """Count the courses rules were applied to, and those at fault that cannot matter."""
    reading = history.steroids
    tally = {
        f"steroid_{what.replace(' ', '_')}": count
        for what, count in reading.applied.items()
    }
    matter = history.steroids_that_start(before - (_steroid_lag(measures) or 0))
    if aside := int((reading.at_fault & ~matter).sum()):
        tally["steroid_courses_at_fault_that_cannot_matter"] = aside
    return tally


def check_measures(
    measures: Sequence[Measure],
    covariates: Sequence[str],
    columns: Sequence[str] = _ROW_COLUMNS,
) -> None:
    """Refuse what is no measure, and names that would stand for two columns."""
    if not isinstance(measures, Sequence) or isinstance(measures, str):
        raise UsageError(
            "measures must be a list of measures, such as [current_dose()]; received "
            f"{measures!r}"
        )
    for measure in measures:
        if not hasattr(measure, "trace") or isinstance(measure, type):
            raise UsageError(
                "measures must come from jdm_stats.exposure.measures, such as "
                "current_dose(), or have name, daily, needs and trace(history); "
                f"received {measure!r}"
            )
    taken = [*columns, *(measure.name for measure in measures), *covariates]
    twice = sorted({name for name in taken if taken.count(name) > 1})
    if twice:
        raise UsageError(
            f"several columns would be called {', '.join(twice)}; "
            "give each measure a name of its own with name="
        )


def _steroid_tally(history: History, at_risk: AtRisk) -> dict[str, int]:
    """Count what of the steroid courses of the children at risk could act."""
    doses, children = history.doses, len(history.ids)
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
