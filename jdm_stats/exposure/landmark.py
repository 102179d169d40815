"""Rows for a logistic model: one per child, standing at a landmark day.

"Ever exposed" over the outcome's own window is exposure read from the future: pulses
given because a child perforated would seem to have caused it. At a landmark the two are
kept apart: exposure from days before it, the outcome from days after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import CohortError, UsageError
from jdm_stats.exposure.arguments import whole_days
from jdm_stats.exposure.baseline import baseline_columns, choose_covariates
from jdm_stats.exposure.follow_up import (
    Endpoint,
    FirstEvents,
    first_events,
    read_endpoint,
    read_event_days,
)
from jdm_stats.exposure.history import History
from jdm_stats.exposure.measures import cumulative_dose, current_dose
from jdm_stats.exposure.step_sums import StepSums
from jdm_stats.plan.steroid_rules import SteroidRules

_LOST = ("exclude", "weight")
_CURRENT = "current_dose_at_landmark_mg_kg"
_CUMULATIVE = "cumulative_dose_by_landmark_mg_kg"
_PULSE = "pulse_by_landmark"


def landmark_rows(
    cohort: Cohort,
    *,
    landmark_days: int,
    horizon_days: int,
    outcome: str = "gi_perforation",
    competing: str | Sequence[str] | None = "death",
    lost: str = "exclude",
    lag_days: int = 0,
    definite_only: bool = False,
    steroids: SteroidRules | Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """One row per child event-free and followed at the landmark.

    A child is there when entry_day <= landmark < exit_day and no outcome or competing
    event lies on or before the landmark.

    Parameters
    ----------
    cohort : Cohort
    landmark_days : int
        Day of the landmark, from diagnosis.
    horizon_days : int
        Days after the landmark in which the outcome is looked for.
    outcome : str, default "gi_perforation"
        Event type of code 1.
    competing : str, sequence of str or None, default "death"
        Event types of codes 2, 3, ...; on one day the outcome goes before them. With
        None a child who dies counts as lost.
    lost : {"exclude", "weight"}, default "exclude"
        What to do with children whose follow-up ends inside the window without event:
        leave them out, or leave them out and let the others stand for them by inverse
        probability of censoring weights.
    lag_days : int, default 0
        Doses of the last so many days before the landmark do not count.
    definite_only : bool, default False
        Leave out events, of any type, that are not definite.
    steroids : SteroidRules or mapping of its fields, optional
        How steroid courses become days at a dose; by default nothing is guessed.

    Returns
    -------
    DataFrame
        ``patient_id``; ``event``: 0 none, 1 outcome in (landmark, landmark + horizon],
        2 and up a competing event first; ``pulse_by_landmark`` (1 or 0),
        ``current_dose_at_landmark_mg_kg`` and ``cumulative_dose_by_landmark_mg_kg``
        from dose days d with d + lag < landmark, as `current_dose` and
        `cumulative_dose` count them; the baseline covariates; and with
        ``lost="weight"`` a column ``weight``. ``attrs["jdm_stats"]`` holds outcome,
        competing, event_codes, measures, landmark_days, horizon_days, lost, synthetic, imputed,
        steroid_rules and the tally: the children left out, each under one reason, and the steroid
        courses read, not given daily, left aside because they cannot matter, and those
        that a rule was applied to.

    Raises
    ------
    UsageError
        If an argument is out of range or an event type unknown.
    CohortError
        Listing every steroid course that lacks its days or dose and can matter: of a
        child at the landmark, with start_day + lag < landmark.

    Notes
    -----
    The weight is 1 / G(t-), with t the day of the event or the end of the window and G
    the Kaplan-Meier estimate of staying in follow-up among the children at the
    landmark, events before losses on a day; the weights sum to the number of children
    at the landmark. They allow for losses that do not depend on prognosis.

    Examples
    --------
    >>> import pandas as pd
    >>> patients = pd.DataFrame({"patient_id": ["A", "B", "C"], "antibody": "NXP2"})
    >>> patients = patients.assign(entry_day=0, exit_day=[400, 100, 80])
    >>> patients["exit_reason"] = ["administrative", "lost", "lost"]
    >>> rows = landmark_rows(Cohort(patients), landmark_days=90, horizon_days=180)
    >>> rows[["patient_id", "event", "pulse_by_landmark"]]
      patient_id  event  pulse_by_landmark
    0          A      0                0.0
    >>> rows.attrs["jdm_stats"]["tally"]["lost_before_end_of_window"]
    1
    """
    history = History(cohort, rules=steroids, definite_only=definite_only)
    return landmark_history(
        history,
        landmark_days=landmark_days,
        horizon_days=horizon_days,
        outcome=outcome,
        competing=competing,
        lost=lost,
        lag_days=lag_days,
    )


def landmark_history(
    history: History,
    *,
    landmark_days: int,
    horizon_days: int,
    outcome: str = "gi_perforation",
    competing: str | Sequence[str] | None = "death",
    lost: str = "exclude",
    lag_days: int = 0,
) -> pd.DataFrame:
    """Do what `landmark_rows` does with a history that other tables share."""
    endpoint = read_endpoint(outcome, competing, history.definite_only)
    landmark = whole_days("landmark_days", landmark_days)
    horizon = whole_days("horizon_days", horizon_days, 1)
    lag = whole_days("lag_days", lag_days)
    if lost not in _LOST:
        raise UsageError(f"lost must be one of {', '.join(_LOST)}; received {lost!r}")
    patients, ids = history.patients, history.ids
    found = read_event_days(history.cohort, ids, endpoint)
    moment = np.full(len(patients), landmark, dtype=np.int64)
    events = first_events(found, len(endpoint.names), moment)
    there, tally = _at_landmark(patients, events, landmark)
    leave = patients["exit_day"].to_numpy(dtype=np.int64)
    window_end = landmark + horizon
    day, code = (part[there] for part in events.ending(np.minimum(leave, window_end)))
    gone = (code == 0) & (leave[there] < window_end)
    child = there[~gone]
    before = np.full(len(ids), np.iinfo(np.int64).min // 4, dtype=np.int64)
    before[there] = landmark - lag
    if faults := history.steroid_faults(before):
        raise CohortError(faults, "the steroid courses have")
    rows = pd.DataFrame(
        {
            "patient_id": ids.to_numpy(dtype=object)[child],
            "event": code[~gone],
            **_exposure(_known_by(history, before), child, landmark, lag),
        }
    )
    known = baseline_columns(patients, choose_covariates(None))
    rows = pd.concat([rows, known.take(child).reset_index(drop=True)], axis=1)
    if lost == "weight":
        rows["weight"] = 1 / _still_followed(day, code > 0, gone)[~gone]
    rows.attrs["jdm_stats"] = {
        **endpoint.noted(),
        "measures": [_PULSE, _CURRENT, _CUMULATIVE],
        "landmark_days": landmark,
        "horizon_days": horizon,
        "lag_days": lag,
        "lost": lost,
        "synthetic": history.cohort.synthetic,
        "imputed": "imputation" in history.cohort.metadata["provenance"],
        "steroid_rules": history.rules.model_dump(),
        "tally": tally
        | _window_tally(endpoint, code, gone)
        | {"outcome_reports_joined_same_day": found.joined_reports}
        | _steroid_tally(history, before),
    }
    return rows


def _at_landmark(
    patients: pd.DataFrame, events: FirstEvents, landmark: int
) -> tuple[np.ndarray, dict[str, int]]:
    """Numbers of the children at the landmark; the others under their first reason."""
    reasons = {
        "outcome_on_or_before_landmark": events.before[0],
        "competing_on_or_before_landmark": events.before[1:].any(axis=0),
        "entered_after_landmark": patients["entry_day"].to_numpy(np.int64) > landmark,
        "follow_up_ended_by_landmark": patients["exit_day"].to_numpy(np.int64)
        <= landmark,
    }
    there = np.ones(len(patients), dtype=bool)
    tally = {"children": len(patients)}
    for reason, applies in reasons.items():
        tally[reason] = int((there & applies).sum())
        there &= ~applies
    tally["children_at_landmark"] = int(there.sum())
    return np.flatnonzero(there), tally


def _steroid_tally(history: History, before: np.ndarray) -> dict[str, int]:
    """Count the steroid courses that start before a day of each child's own, by rule."""
    reading = history.steroids
    courses, matter = reading.courses, history.steroids_that_start(before)
    apart = courses.every > 1
    tally = {
        "steroid_courses_read": int(matter.sum()),
        "steroid_courses_not_given_daily": int((matter & apart).sum()),
        "steroid_courses_that_cannot_matter": int((~matter).sum()),
    }
    return tally | {
        f"steroid_{what.replace(' ', '_')}": count
        for what, count in reading.applied.items()
    }


def _known_by(history: History, before: np.ndarray) -> History:
    """Keep of a history the steroid courses that start before a day of each child's own."""
    known = history.steroids.where(history.steroids_that_start(before))
    return History(history.cohort, rules=history.rules, steroids=known)


def _exposure(
    history: History, child: np.ndarray, landmark: int, lag: int
) -> dict[str, np.ndarray]:
    """Read the steroid measures on (landmark - 1, landmark], so from days before it."""
    day = np.full(len(child), landmark, dtype=np.int64)
    pulses = history.pulses
    begins = pulses.first + lag
    count = StepSums(pulses.child, begins, np.ones(len(begins), dtype=np.int64))
    current = current_dose(lag_days=lag).trace(history)
    cumulative = cumulative_dose(lag_days=lag).trace(history)
    return {
        _PULSE: (count.up_to(child, day - 1) > 0).astype(float),
        _CURRENT: current.value(child, day),
        _CUMULATIVE: cumulative.value(child, day),
    }


def _still_followed(
    day: np.ndarray, happened: np.ndarray, gone: np.ndarray
) -> np.ndarray:
    """Kaplan-Meier estimate of not being lost before each child's own day.

    On a day with both, events come before losses: a child with the event is no longer
    at risk of being lost.
    """
    days, place = np.unique(day, return_inverse=True)
    leaving = np.bincount(place, minlength=len(days))
    losses = np.bincount(place[gone], minlength=len(days))
    events = np.bincount(place[happened], minlength=len(days))
    at_risk = leaving[::-1].cumsum()[::-1] - events
    stay = 1 - losses / np.maximum(at_risk, 1)
    before = np.concatenate([[1.0], np.cumprod(stay)[:-1]])[: len(days)]
    return before[place]


def _window_tally(
    endpoint: Endpoint, code: np.ndarray, gone: np.ndarray
) -> dict[str, int]:
    tally = {"lost_before_end_of_window": int(gone.sum())}
    for number, name in enumerate(endpoint.names, start=1):
        tally[f"events_{number}_{name}"] = int((code == number).sum())
    tally["no_event_in_window"] = int(((code == 0) & ~gone).sum())
    tally["rows"] = int((~gone).sum())
    return tally
