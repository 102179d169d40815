"""Gray's test: whether groups of children differ in their risk of the outcome over time.

The test of cumulative incidence that stands beside `cumulative_incidence` as the log-rank test
stands beside Kaplan-Meier. It compares risks, not cause-specific hazards: a group whose
children die earlier has fewer outcomes, and the test sees that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2

from jdm_stats.errors import UsageError
from jdm_stats.intervals.marks import marked
from jdm_stats.likelihood.gray import gray_score
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray
from jdm_stats.models.gray_result import METHOD, GrayTest
from jdm_stats.models.rows import rows_at_risk
from jdm_stats.models.whole_follow_up import (
    joined_note,
    refuse_change,
    whole_follow_up,
)
from jdm_stats.models.words import count
from jdm_stats.replicates.numbers import is_whole

FIXED = f"{METHOD} compares groups fixed at the start of follow-up: give the value then"
# Events per group below which the chi-square law is doubted.
FEW_PER_GROUP = 5


def gray_test(
    frame: pd.DataFrame,
    by: str,
    *,
    cause: int = 1,
    strata: str | Sequence[str] | None = None,
    rho: float = 0.0,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    patient_id: str | None = None,
) -> GrayTest:
    """Test whether the cumulative incidence of an event is the same in all groups.

    Parameters
    ----------
    frame : DataFrame
        Rows at risk in (start, stop]; event 0 none, other codes kinds of event. Every child
        is followed from the same day on, without gaps; rows that were split are joined.
    by : str
        Column of the groups, fixed within a child.
    cause : int, default 1
        The event compared; every other code but 0 competes with it.
    strata : str or list of str, optional
        Columns, fixed within a child, within whose values the groups are compared.
    rho : float, default 0
        Weight (1 - F)^rho of each event, F the pooled incidence just before it: above 0
        early events count more.
    start, stop, event : str
        Columns.
    patient_id : str, optional
        Default ``patient_id`` when the frame has it; without it a row is a child.

    Returns
    -------
    GrayTest

    Raises
    ------
    UsageError
        When children enter late: the test's weights assume that everyone was followed from
        the origin, and no version of it for delayed entry is at hand. When groups or strata
        change within a child.
    IntervalError
        When rows break the law of intervals or leave a gap.

    Notes
    -----
    The numbers are those of R's ``cmprsk::cuminc``. The chi-square law needs more than a
    handful of events; the notes say when there are few.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"start": 0, "stop": [1, 2, 3, 4], "event": [1, 1, 2, 0]})
    >>> frame["nxp2"] = ["yes", "yes", "no", "no"]
    >>> test = gray_test(frame, "nxp2")
    >>> round(test.statistic, 6), test.degrees_of_freedom
    (2.815081, 1)
    """
    layers = [strata] if isinstance(strata, str) else list(strata or [])
    _check(frame, [by, *layers], cause, rho)
    at_risk = rows_at_risk(frame, start, stop, event, patient_id)
    named = at_risk.patient_id
    children = None if named is None else frame[named].to_numpy()
    whole = whole_follow_up(at_risk, children, METHOD)
    refuse_change(frame, [by, *layers], whole, named, FIXED)
    given = frame[[by, *layers]].iloc[whole.first]
    known = given.notna().all(axis=1).to_numpy(bool)
    if not known.any():
        raise UsageError(f"no child has a value of {by!r} and of all strata")
    _refuse_delay(whole.entry[known])
    own, groups = pd.factorize(given.loc[known, by], sort=True)
    layer = _layer_numbers(given[known], layers)
    leave, code = whole.leave[known], whole.code[known]
    state = np.where(code == cause, 1, np.where(code > 0, 2, 0))
    observed, score, covariance = _summed(leave, state, own, layer, len(groups), rho)
    statistic, reason = _chi_square(score, covariance, state)
    table = pd.DataFrame(
        {
            "group": groups,
            "n": np.bincount(own, minlength=len(groups)),
            "events": np.bincount(own[state == 1], minlength=len(groups)),
            "observed": observed,
            "expected": observed - score,
        }
    )
    return GrayTest(
        statistic=statistic,
        degrees_of_freedom=len(groups) - 1,
        p_value=np.nan if reason else float(chi2.sf(statistic, len(groups) - 1)),
        reason=reason,
        table=marked(table, at_risk.synthetic),
        cause=int(cause),
        rho=float(rho),
        notes=(
            *at_risk.notes,
            *joined_note(whole),
            *_missing_note(given, known, whole.code == cause),
            *_strata_note(layers, layer),
            *_few_note(table),
        ),
    )


def _layer_numbers(given: pd.DataFrame, layers: list[str]) -> IntArray:
    """Stratum of each child, numbered from 0, (n,)."""
    if not layers:
        return np.zeros(len(given), dtype=np.intp)
    return given.groupby(layers, observed=True).ngroup().to_numpy().astype(np.intp)


def _missing_note(
    given: pd.DataFrame, known: np.ndarray, outcome: np.ndarray
) -> list[str]:
    if known.all():
        return []
    lost = count(int(outcome[~known].sum()), "event")
    missing = ", ".join(str(c) for c in given.columns if given[c].isna().any())
    number = int((~known).sum())
    return [f"{number} children with {lost} left out: {missing} is missing."]


def _strata_note(layers: list[str], layer: IntArray) -> list[str]:
    if not layers:
        return []
    return [f"Compared within {layer.max() + 1} strata of {', '.join(layers)}."]


def _few_note(table: pd.DataFrame) -> list[str]:
    events = int(table["events"].sum())
    if events >= FEW_PER_GROUP * len(table):
        return []
    return [
        f"{count(events, 'event')} in {len(table)} groups: the chi-square law of the statistic "
        "is a rough guide."
    ]


def _check(frame: pd.DataFrame, columns: list[str], cause: int, rho: float) -> None:
    absent = [c for c in columns if c not in frame.columns]
    if absent:
        raise UsageError(
            f"no columns {absent}; the frame has {[str(c) for c in frame.columns]}"
        )
    check_cause(cause)
    if not np.isfinite(rho):
        raise UsageError(f"rho must be a finite number; received {rho!r}")
    if frame.empty:
        raise UsageError("the frame has no rows; give at least one row at risk")


def check_cause(cause: Any) -> None:
    """Refuse a cause that is no event code."""
    if not is_whole(cause) or cause < 1:
        raise UsageError(f"cause must be an event code, 1 or up; received {cause!r}")


def _refuse_delay(entry: FloatArray) -> None:
    late = entry > entry.min()
    if late.any():
        raise UsageError(
            f"{METHOD} needs everyone followed from the same day; {int(late.sum())} of "
            f"{len(entry)} children enter later than day {entry.min():g}. A child counts on "
            "after a competing event as if followed from the origin, which one who entered late "
            "was not: compare the groups by fit_fine_gray, which weighs delayed entry, or start "
            "all at one landmark"
        )


def _summed(
    leave: FloatArray,
    state: IntArray,
    group: IntArray,
    layer: IntArray,
    n_groups: int,
    rho: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Observed events, score and its covariance, summed over strata."""
    observed, score = np.zeros(n_groups), np.zeros(n_groups)
    covariance = np.zeros((n_groups, n_groups))
    for number in range(int(layer.max()) + 1):
        here = layer == number
        if not (state[here] == 1).any():
            continue
        part = gray_score(leave[here], state[here], group[here], n_groups, rho)
        observed += part.observed
        score += part.observed - part.expected
        covariance += part.covariance
    return observed, score, covariance


def _chi_square(
    score: FloatArray, covariance: FloatArray, state: IntArray
) -> tuple[float, str]:
    if len(score) < 2:
        return np.nan, "there is only one group"
    if not (state == 1).any():
        return np.nan, "there is no event of this cause"
    inner = covariance[:-1, :-1]
    if not np.isfinite(inner).all():
        return np.nan, "the pooled incidence comes to 1 before the last event"
    size = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.where(size > 0, size, 1.0)[:-1]
    if np.linalg.matrix_rank(inner / np.outer(scale, scale), tol=1e-9) < len(inner):
        empty = "a group has nobody at risk at any event time it could be compared at"
        return np.nan, f"the variance of the scores is singular: {empty}"
    return float(score[:-1] @ np.linalg.solve(inner, score[:-1])), ""
