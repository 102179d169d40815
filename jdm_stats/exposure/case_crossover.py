"""Case-crossover rows: each child that perforated is its own control.

What the child was given shortly before the event, in the hazard window, is set against what
the same child was given in earlier control windows of the same length. Whatever does not
change within the child, known or not, cancels. Only the past is read: a dose that follows
the event explains nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.exposure.arguments import chosen_rule, whole_days
from jdm_stats.exposure.baseline import baseline_columns, choose_covariates
from jdm_stats.exposure.dose_measures import mean_dose
from jdm_stats.exposure.expansion import (
    check_measures,
    measure_column,
    refuse_faults,
)
from jdm_stats.exposure.follow_up import (
    Endpoint,
    first_events,
    read_endpoint,
    read_event_days,
)
from jdm_stats.exposure.history import History
from jdm_stats.exposure.measures import recent_pulse
from jdm_stats.exposure.traces import Measure
from jdm_stats.plan.steroid_rules import SteroidRules

__all__ = ["case_crossover_rows"]

_ROW_COLUMNS = (
    *("set", "patient_id", "event", "window", "days_before"),
    *("window_first_day", "window_last_day"),
)
TREND_NOTE = (
    "Case-crossover rows: what stays the same in a child cancels, but a trend of exposure "
    "over the disease does not. Steroid doses fall after diagnosis, so earlier control "
    "windows hold more of them and the odds ratio is pushed down; where doses rise before "
    "an event for another reason it is pushed up. Compare control windows of several "
    "distances, or control children at the same day since diagnosis."
)
PROMPTED_NOTE = (
    "Doses given for the first signs of the event itself would seem to have caused it; "
    "those of the last {lag} before the event are left out, and a longer lag is the "
    "check."
)
LONG_NOTE = (
    "{names} look(s) back beyond one window, so control windows share doses with the hazard "
    "window."
)


@dataclass(frozen=True, slots=True, eq=False)
class _Windows:
    """Windows of the cases: child, day they are seen from, days before the event."""

    child: np.ndarray
    day: np.ndarray
    before: np.ndarray


def case_crossover_rows(
    cohort: Cohort,
    *,
    event: str = "gi_perforation",
    hazard_window_days: int = 30,
    control_windows: Sequence[int] = (60, 90, 120),
    lag_days: int = 1,
    measures: Sequence[Measure] | None = None,
    covariates: Sequence[str] = (),
    earliest: str = "entry",
    definite_only: bool = False,
    steroids: SteroidRules | Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """One hazard window and some control windows per child with a first event.

    Seen from day t with window W and lag L, a window holds the dose days d with
    d + L < t <= d + L + W. The hazard window is seen from the day of the event, a control
    window from so many days before it.

    Parameters
    ----------
    cohort : Cohort
    event : str, default "gi_perforation"
        Event type; a child's first after entry, within follow-up, makes it a case.
    hazard_window_days : int, default 30
        Whole days W of every window.
    control_windows : sequence of int, default (60, 90, 120)
        Days before the event that the control windows are seen from; each at least W,
        and W apart, so that no two windows share a day. A gap before the first leaves
        doses time to wash out.
    lag_days : int, default 1
        Doses of the last so many whole days before t are left out.
    measures : sequence of measures, optional
        As for `jdm_stats.expand_intervals`, with this lag and, where they have one, this
        window. By default `recent_pulse` and `mean_dose`.
    covariates : sequence of str, default ()
        Baseline columns to join, for products with exposure: alone they cancel.
    earliest : {"entry", "diagnosis"}, default "entry"
        Windows that begin before this day of the child (and before diagnosis) are left out
        and counted, since what was given then may not be on record.
    definite_only : bool, default False
        Leave out events that are not definite.
    steroids : SteroidRules or mapping of its fields, optional
        How steroid courses become days at a dose; by default nothing is guessed.

    Returns
    -------
    DataFrame
        ``set`` (the child), ``patient_id``, ``event`` (1 in the hazard window, 0 in
        control windows), ``window`` (``hazard``, ``control 1``, ...), ``days_before``,
        ``window_first_day`` and ``window_last_day`` (dose days, both included), the
        measures and covariates; for `jdm_stats.fit_conditional_logistic`.
        ``attrs["jdm_stats"]`` holds the options, ``notes``, synthetic, imputed and the
        tally: children left out by reason, control windows left out, and for each measure
        the cases in which it differs between windows, the only ones that say anything.

    Raises
    ------
    UsageError
        If a name is unknown, windows overlap, or a measure has another lag or window.
    CohortError
        Listing every course a measure reads that lacks its days or dose and can matter.

    Notes
    -----
    Maclure, Am J Epidemiol 1991;133:144-153. Trends of exposure: Suissa, Epidemiology
    1995;6:248-253.

    Examples
    --------
    >>> import pandas as pd
    >>> patients = pd.DataFrame({"patient_id": ["P1"], "antibody": ["NXP2"]})
    >>> patients = patients.assign(entry_day=0, exit_day=300, exit_reason="lost")
    >>> events = pd.DataFrame({"patient_id": ["P1"], "day": [100]})
    >>> cohort = Cohort(patients, events=events.assign(event="gi_perforation"))
    >>> rows = case_crossover_rows(cohort, control_windows=[60, 90])
    >>> rows[["event", "window", "window_first_day", "window_last_day"]]
       event     window  window_first_day  window_last_day
    0      1     hazard                69               98
    1      0  control 1                 9               38
    >>> rows.attrs["jdm_stats"]["tally"]["control_windows_too_early"]
    1
    """
    width = whole_days("hazard_window_days", hazard_window_days, 1)
    lag = whole_days("lag_days", lag_days)
    shifts = _check_windows(control_windows, width)
    chosen_rule("earliest", earliest, ("entry", "diagnosis"))
    if measures is None:
        measures = [
            recent_pulse(window_days=width, lag_days=lag),
            mean_dose(window_days=width, lag_days=lag),
        ]
    joined = choose_covariates(covariates)
    check_measures(measures, joined, _ROW_COLUMNS)
    _check_reach(measures, width, lag)
    history = History(cohort, rules=steroids, definite_only=definite_only)
    endpoint = read_endpoint(event, None, definite_only)
    cases, day, tally = _cases(history, endpoint)
    entry = history.patients["entry_day"].to_numpy(dtype=np.int64)
    first = np.maximum(entry, 0) if earliest == "entry" else np.zeros_like(entry)
    windows, counted = _windows(cases, day, first, shifts, width, lag)
    before = np.full(len(history.ids), np.iinfo(np.int64).min // 4, dtype=np.int64)
    before[windows.child] = day[np.searchsorted(cases, windows.child)]
    refuse_faults(history, measures, before)
    rows = _rows(history, windows, measures, joined, width, lag)
    tally |= counted | _discordant(rows, measures)
    rows.attrs["jdm_stats"] = {
        **endpoint.noted(),
        "design": "case-crossover",
        "measures": [measure.name for measure in measures],
        "hazard_window_days": width,
        "control_windows": shifts,
        "lag_days": lag,
        "earliest": earliest,
        "synthetic": history.cohort.synthetic,
        "imputed": "imputation" in history.cohort.metadata["provenance"],
        "steroid_rules": history.rules.model_dump(),
        "notes": _notes(measures, lag),
        "tally": tally | {"rows": len(rows)},
    }
    return rows


def _check_windows(control_windows: object, width: int) -> list[int]:
    if isinstance(control_windows, str) or not isinstance(control_windows, Sequence):
        raise UsageError(
            "control_windows must be a list of days before the event, such as "
            f"[60, 90, 120]; received {control_windows!r}"
        )
    shifts = [whole_days("control_windows", day, 1) for day in control_windows]
    apart = np.diff([0, *shifts])
    if not shifts or (apart < width).any():
        raise UsageError(
            f"control_windows must rise, the first at least {width} days before the event "
            f"and each {width} from the next (hazard_window_days), so that no day stands "
            f"in two windows; received {list(control_windows)!r}"
        )
    return shifts


def _check_reach(measures: Sequence[Measure], width: int, lag: int) -> None:
    wrong = []
    for measure in measures:
        for what, wanted in (("lag_days", lag), ("window_days", width)):
            given = getattr(measure, what, None)
            if given is not None and given != wanted:
                wrong.append(f"{measure.name} has {what}={given}, the rows {wanted}")
    if wrong:
        raise UsageError(
            f"measures must look at the windows themselves: {'; '.join(wrong)}; give "
            f"each lag_days={lag} and, where it takes one, window_days={width}"
        )


def _cases(
    history: History, endpoint: Endpoint
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """Children whose first event after entry lies in follow-up, its day, the others counted."""
    patients = history.patients
    entry = patients["entry_day"].to_numpy(dtype=np.int64)
    leave = patients["exit_day"].to_numpy(dtype=np.int64)
    found = read_event_days(history.cohort, history.ids, endpoint)
    events = first_events(found, 1, entry)
    end, code = events.ending(leave)
    early = events.before[0]
    case = (code == 1) & ~early
    tally = {
        "children": len(patients),
        "event_on_or_before_entry": int(early.sum()),
        "children_without_event": int((~early & ~case).sum()),
        "children_with_event": int(case.sum()),
        "reports_joined_same_day": found.joined_reports,
    }
    return np.flatnonzero(case), end[case], tally


def _windows(
    cases: np.ndarray,
    day: np.ndarray,
    earliest: np.ndarray,
    shifts: list[int],
    width: int,
    lag: int,
) -> tuple[_Windows, dict[str, int]]:
    """Lay windows out by child, hazard first; those that begin too early are counted."""
    before = np.array([0, *shifts], dtype=np.int64)
    seen_from = day[:, None] - before
    whole = seen_from - lag - width >= earliest[cases][:, None]
    hazard, some_control = whole[:, 0], whole[:, 1:].any(axis=1)
    kept = whole & (hazard & some_control)[:, None]
    at, which = np.nonzero(kept)
    tally = {
        "hazard_window_too_early": int((~hazard).sum()),
        "no_control_window": int((hazard & ~some_control).sum()),
        "cases": int((hazard & some_control).sum()),
        "control_windows_too_early": int((~whole[hazard & some_control, 1:]).sum()),
        "control_windows": int(kept[:, 1:].sum()),
    }
    return _Windows(cases[at], seen_from[at, which], before[which]), tally


def _rows(
    history: History,
    windows: _Windows,
    measures: Sequence[Measure],
    joined: Sequence[str],
    width: int,
    lag: int,
) -> pd.DataFrame:
    ids = history.ids.to_numpy(dtype=object)[windows.child]
    place = np.unique(windows.before, return_inverse=True)[1]
    columns: dict[str, object] = {
        "set": ids,
        "patient_id": ids,
        "event": (windows.before == 0).astype(np.int64),
        "window": np.where(
            windows.before == 0,
            "hazard",
            np.char.add("control ", place.astype(str)).astype(object),
        ),
        "days_before": windows.before,
        "window_first_day": windows.day - lag - width,
        "window_last_day": windows.day - lag - 1,
    }
    for measure in measures:
        value = measure.trace(history).value(windows.child, windows.day)
        columns[measure.name] = measure_column(measure, value)
    known = baseline_columns(history.patients, joined)
    for name in joined:
        columns[name] = known[name].to_numpy()[windows.child]
    return pd.DataFrame(columns)


def _discordant(rows: pd.DataFrame, measures: Sequence[Measure]) -> dict[str, int]:
    """Count the cases in which a measure is not the same in all windows."""
    grouped = rows.groupby("set", sort=False)
    return {
        f"cases_in_which_{measure.name}_differs": int(
            (grouped[measure.name].nunique(dropna=False) > 1).sum()
        )
        for measure in measures
    }


def _notes(measures: Sequence[Measure], lag: int) -> list[str]:
    unbounded = [m.name for m in measures if getattr(m, "window_days", None) is None]
    days = f"{lag} day" + ("" if lag == 1 else "s")
    notes = [TREND_NOTE, PROMPTED_NOTE.format(lag=days)]
    return notes + ([LONG_NOTE.format(names=", ".join(unbounded))] if unbounded else [])
