"""Events per person-time with exact Poisson limits.

With six events in a registry a rate is honest only with exact limits, and a group
without any event still says something: how high its rate may be. Every row of the table
is counted, those of an unknown group too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.intervals.audit import audit_intervals
from jdm_stats.intervals.columns import (
    check_frame,
    check_free,
    check_level,
    check_positive,
    group_codes,
    is_real,
    loose_numbers,
    name_list,
    raise_all,
)
from jdm_stats.intervals.exact import is_same, poisson_limits
from jdm_stats.intervals.marks import is_synthetic, marked
from jdm_stats.intervals.recurrent_notes import refuse_recurrent
from jdm_stats.schema import DAYS_PER_YEAR

_RESULT = (
    "patients",
    "events",
    "person_years",
    "rate",
    "conf_low",
    "conf_high",
    "upper_one_sided",
    "per_person_years",
)


def incidence_rates(
    frame: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    per: float = 100.0,
    conf_level: float = 0.95,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    event_code: int = 1,
    days_per_year: float = DAYS_PER_YEAR,
    patient_id: str | None = None,
) -> pd.DataFrame:
    """Events per person-years, by group, with exact limits.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Rows at risk in (start, stop], times in days; audited first.
    by : str or sequence of str, optional
        Columns to group by; they may vary over time. A missing value is a group of
        its own, shown as ``missing``, or as ``missing (no value)`` where a group is
        called ``missing`` already.
    per : float, default 100
        Person-years the rate is given for.
    conf_level : float, default 0.95
        Level of the limits, in (0, 1).
    start, stop, event : str
        Names of the columns.
    event_code : int, default 1
        Which code of ``event`` is counted.
    days_per_year : float, default 365.25
        Days in a year; 1 when the times are in years already.
    patient_id : str, optional
        Column that says whose row it is; ``patient_id`` by itself when there is one.

    Returns
    -------
    DataFrame
        One row per group: the group columns, ``patients`` (distinct children giving
        time to the group; NaN when the rows name no child), ``events``,
        ``person_years``, ``rate``, ``conf_low``, ``conf_high`` (two-sided exact
        limits), ``upper_one_sided`` (one-sided exact upper limit at the same level)
        and ``per_person_years``.

    Raises
    ------
    UsageError
        If a column is not there or an argument is out of range.
    IntervalError
        If the rows break the law of intervals.

    Notes
    -----
    For x events the limits of the expected count are half the chi-squared quantiles at
    alpha/2 with 2x and at 1 - alpha/2 with 2x + 2 degrees of freedom (Garwood,
    Biometrika 1936;28:437-442); the lower limit of no event is 0.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"start": [0, 0], "stop": [3652.5, 3652.5]})
    >>> rows["event"], rows["antibody"] = [1, 0], ["NXP2", "none"]
    >>> incidence_rates(rows, by="antibody")[["antibody", "events", "rate"]]
      antibody  events  rate
    0     NXP2       1  10.0
    1     none       0   0.0
    """
    wrong: list[str] = []
    groups = [] if by is None else name_list(by, "by", wrong)
    _check_call(frame, groups, per, conf_level, event_code, days_per_year, wrong)
    if patient_id is None and "patient_id" in frame.columns:
        patient_id = "patient_id"
    refuse_recurrent(frame)
    audit_intervals(
        frame,
        start=start,
        stop=stop,
        event=event,
        patient_id=patient_id,
        recurrent=False,
    ).raise_if_faulty()
    happened = loose_numbers(frame[event])[0] == event_code
    days = loose_numbers(frame[stop])[0] - loose_numbers(frame[start])[0]
    place, table = _group(frame, groups)
    size = len(table)
    table["patients"] = _patients(frame, patient_id, place, size)
    table["events"] = np.bincount(place[happened], minlength=size)
    table["person_years"] = np.bincount(place, days, minlength=size) / days_per_year
    for name, limit in poisson_limits(table["events"].to_numpy(), conf_level).items():
        table[name] = limit / table["person_years"] * per
    table["rate"] = table["events"] / table["person_years"] * per
    table["per_person_years"] = float(per)
    table = table[[*groups, *_RESULT]]
    noted = frame.attrs.get("jdm_stats", {})
    told = {"outcome": noted["outcome"]} if "outcome" in noted else {}
    return marked(
        table,
        is_synthetic(frame),
        **told,
        conf_level=float(conf_level),
        event_code=int(event_code),
    )


def _check_call(
    frame: pd.DataFrame,
    groups: list[str],
    per: float,
    conf_level: float,
    event_code: int,
    days_per_year: float,
    wrong: list[str],
) -> None:
    wrong += check_frame(frame, [])
    raise_all(wrong)
    absent = [name for name in groups if name not in frame.columns]
    if absent:
        wrong.append(
            f"by names {', '.join(map(repr, absent))}, which the frame has not; "
            f"it has {', '.join(map(str, frame.columns))}"
        )
    check_free(groups, _RESULT, wrong)
    if len(set(groups)) != len(groups):
        wrong.append(f"by names a column twice: {groups}")
    check_positive(per, "per", wrong)
    check_level(conf_level, wrong)
    if not (is_real(event_code) and event_code >= 1 and event_code % 1 == 0):
        wrong.append(f"event_code must be a whole number from 1, not {event_code!r}")
    check_positive(days_per_year, "days_per_year", wrong)
    raise_all(wrong)


def _group(frame: pd.DataFrame, groups: list[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """Group number of every row and one row of labels per group, missing last."""
    if not groups:
        return np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=range(1))
    try:
        grouped = frame.groupby(groups, dropna=False, observed=True, sort=True)
        place = grouped.ngroup().to_numpy()
    except TypeError as error:
        raise UsageError(
            f"rows cannot be grouped by {', '.join(map(repr, groups))}: {error}; "
            "give numbers or words"
        ) from error
    _, first = np.unique(place, return_index=True)
    labels = frame[groups].iloc[first].reset_index(drop=True)
    for name in groups:
        absent = labels[name].isna()
        if absent.any():
            values = labels[name].astype(object)
            taken = any(is_same(value, "missing") for value in values[~absent])
            word = "missing (no value)" if taken else "missing"
            labels[name] = values.where(~absent, word)
    return place, labels


def _patients(
    frame: pd.DataFrame, patient_id: str | None, place: np.ndarray, groups: int
) -> np.ndarray:
    if patient_id is None:
        return np.full(groups, np.nan)
    child = group_codes(frame[patient_id])[0]
    pairs = np.unique(np.column_stack([place, child]), axis=0)
    return np.bincount(pairs[:, 0], minlength=groups)
