"""A two-by-two table answered exactly: Fisher's test, mid-p, odds ratio, risks.

With a handful of events no large-sample formula holds. Everything here is computed from
the exact laws: the odds ratio from the law of the table with both margins held, each risk
from the binomial law.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.intervals.columns import (
    check_frame,
    check_level,
    loose_numbers,
    named_rows,
    one_name,
    raise_all,
)
from jdm_stats.intervals.exact import binomial_limits, is_count, is_same
from jdm_stats.intervals.exact_odds import OddsLaw
from jdm_stats.intervals.exact_table_result import ExactTable
from jdm_stats.intervals.marks import is_synthetic, standing_notes

__all__ = ["ExactTable", "exact_table", "exact_table_from"]

NO_INFORMATION = (
    "the margins allow one table only (an arm is empty, or nobody or everybody had the "
    "event)"
)
RISK_SET_ROWS = (
    "rows of one child would be counted as children; an exact table takes one row a child, "
    "such as landmark_rows makes"
)


def exact_table(
    events_exposed: int,
    n_exposed: int,
    events_unexposed: int,
    n_unexposed: int,
    *,
    conf_level: float = 0.95,
    exposure: str = "exposure",
) -> ExactTable:
    """Answer a two-by-two table exactly.

    Parameters
    ----------
    events_exposed, n_exposed : int
        Children with the event, and all children, among the exposed.
    events_unexposed, n_unexposed : int
        The same among the unexposed.
    conf_level : float, default 0.95
        Two-sided level of all limits.
    exposure : str, default "exposure"
        What the exposed have, for the words.

    Returns
    -------
    ExactTable

    Raises
    ------
    UsageError
        If a count is not whole and 0 or more, an arm has more events than children, or
        the level is impossible; all faults at once.

    Notes
    -----
    With both margins held the events of the exposed follow Fisher's noncentral
    hypergeometric law, whose parameter is the odds ratio: its maximum is the conditional
    estimate, its tails give the limits (Cornfield, 1956; mid-p: Lancaster, J Am Stat
    Assoc 1961;56:223-234). Risks have limits of Clopper and Pearson (Biometrika
    1934;26:404-413).

    Examples
    --------
    >>> exact_table(3, 3, 1, 4, exposure="anti-NXP2")
    <ExactTable: 3/3 against 1/4, odds ratio inf (0.37 to inf), p = 0.143>
    """
    wrong: list[str] = []
    arms = {
        "exposed": (events_exposed, n_exposed),
        "unexposed": (events_unexposed, n_unexposed),
    }
    for arm, (events, n) in arms.items():
        counts = {f"events_{arm}": events, f"n_{arm}": n}
        bad = [k for k, v in counts.items() if not is_count(v)]
        wrong += [
            f"{k} must be a whole number from 0 up, received {counts[k]!r}" for k in bad
        ]
        if not bad and events > n:
            wrong.append(f"events_{arm} ({events}) is more than n_{arm} ({n})")
    check_level(conf_level, wrong)
    raise_all(wrong)
    law = OddsLaw(
        int(events_exposed), int(n_exposed), int(events_unexposed), int(n_unexposed)
    )
    exact, mid = (law.limits(conf_level, mid_p=mid_p) for mid_p in (False, True))
    risks = [_risk_with_limits(int(e), int(n), conf_level) for e, n in arms.values()]
    return ExactTable(
        law.events_exposed,
        law.n_exposed,
        law.events_unexposed,
        law.n_unexposed,
        law.estimate(),
        *exact,
        *mid,
        _sample_odds_ratio(law),
        law.p_by_likelihood(),
        law.p_central(mid_p=False),
        law.p_central(mid_p=True),
        *risks[0],
        *risks[1],
        float(conf_level),
        NO_INFORMATION if law.fixed else "",
        str(exposure),
    )


def _risk_with_limits(
    events: int, n: int, conf_level: float
) -> tuple[float, float, float]:
    found = binomial_limits(np.array([events]), np.array([n]), conf_level)
    low, high = float(found["conf_low"][0]), float(found["conf_high"][0])
    return (events / n if n else float("nan")), low, high


def _sample_odds_ratio(law: OddsLaw) -> float:
    top = law.events_exposed * (law.n_unexposed - law.events_unexposed)
    bottom = law.events_unexposed * (law.n_exposed - law.events_exposed)
    if bottom:
        return top / bottom
    return float("inf") if top else float("nan")


def exact_table_from(
    frame: pd.DataFrame,
    exposure: str,
    event: str = "event",
    *,
    exposed: Any = 1,
    conf_level: float = 0.95,
    event_code: int = 1,
    patient_id: str | None = None,
) -> ExactTable:
    """Answer a two-by-two table exactly, from one row per child.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        One row per child, such as `jdm_stats.landmark_rows` makes.
    exposure : str
        Column of the exposure.
    event : str, default "event"
        Column of event codes; ``event_code`` is the event, every other code is none.
    exposed : object, default 1
        Value of ``exposure`` of the exposed; every other value is unexposed.
    conf_level : float, default 0.95
    event_code : int, default 1
    patient_id : str, optional
        Column that names the child; ``patient_id`` by itself when there is one.

    Returns
    -------
    ExactTable
        Its notes say how many rows were left out for missing values, and what the
        unexposed are.

    Raises
    ------
    UsageError
        If a column is not there, a child has several rows, the event is no code, or no
        row is exposed or unexposed.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {"nxp2": [1, 1, 1, 0, 0, None], "event": [1, 1, 0, 1, 0, 1]}
    ... )
    >>> table = exact_table_from(frame, "nxp2")
    >>> table.events_exposed, table.n_exposed, table.events_unexposed, table.n_unexposed
    (2, 3, 1, 2)
    >>> table.notes
    ('Left out for missing values: 1 row with 1 event.',)
    """
    wrong = [*one_name(exposure, "exposure"), *one_name(event, "event")]
    raise_all(wrong)
    raise_all(check_frame(frame, [exposure, event]))
    check_level(conf_level, wrong)
    codes, no_number = loose_numbers(frame[event])
    if no_number.any():
        wrong.append(f"column {event!r} holds no codes in {named_rows(no_number)}")
    if patient_id is None and "patient_id" in frame.columns:
        patient_id = "patient_id"
    if patient_id is not None:
        wrong += _several_rows(frame, patient_id)
    group = frame[exposure]
    known = group.notna().to_numpy(bool) & np.isfinite(codes)
    is_exposed = np.array([is_same(value, exposed) for value in group], dtype=bool)
    if not (known & is_exposed).any() or not (known & ~is_exposed).any():
        values = ", ".join(map(repr, pd.unique(group.dropna())[:20]))
        wrong.append(
            f"{exposure} must tell exposed ({exposed!r}) from unexposed children; "
            f"its values are {values}; say who is exposed with exposed="
        )
    raise_all(wrong)
    happened = codes == event_code
    counts = [
        int(chosen.sum())
        for arm in (known & is_exposed, known & ~is_exposed)
        for chosen in (arm & happened, arm)
    ]
    table = exact_table(*counts, conf_level=conf_level, exposure=str(exposure))
    return replace(
        table,
        notes=tuple(_notes(frame, group[known & ~is_exposed], known, happened)),
        synthetic=is_synthetic(frame),
    )


def _several_rows(frame: pd.DataFrame, patient_id: str) -> list[str]:
    raise_all(check_frame(frame, [patient_id]))
    child = frame[patient_id]
    twice = child[child.duplicated() & child.notna()].unique()
    if not len(twice):
        return []
    shown = ", ".join(map(str, twice[:10]))
    more = f" and {len(twice) - 10} more" if len(twice) > 10 else ""
    return [f"several rows of one child ({shown}{more}): {RISK_SET_ROWS}"]


def _notes(
    frame: pd.DataFrame, unexposed: pd.Series, known: np.ndarray, happened: np.ndarray
) -> list[str]:
    notes = standing_notes(frame)
    lost = int((~known).sum())
    if lost:
        events = int((happened & ~known).sum())
        notes.append(
            f"Left out for missing values: {lost} row{'s' if lost != 1 else ''} with "
            f"{events} event{'s' if events != 1 else ''}."
        )
    others = pd.unique(unexposed)
    if len(others) > 1:
        notes.append(f"The unexposed are {', '.join(sorted(map(str, others)))}.")
    return notes
