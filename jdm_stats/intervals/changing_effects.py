"""Effects that change at a time: rows cut there, and a column for each period.

A hazard ratio that differs before and after a day is two hazard ratios. Rows are cut at
the day and a covariate becomes one column per period, which holds its value inside the
period and 0 outside it, so that each column has a coefficient of its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.intervals.columns import (
    check_frame,
    event_columns,
    group_codes,
    is_real,
    loose_numbers,
    name_list,
    raise_all,
    read_list,
)
from jdm_stats.intervals.marks import is_synthetic
from jdm_stats.intervals.split import split_rows

__all__ = ["split_at"]


def split_at(
    frame: pd.DataFrame,
    at_days: float | Iterable[float],
    covariates: str | Sequence[str],
    *,
    start: str = "start",
    stop: str = "stop",
    event: str | Sequence[str] | None = "event",
    patient_id: str | None = None,
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Cut rows at days and give covariates one column per period.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Rows at risk in (start, stop]; not changed.
    at_days : float or iterable of float
        Where effects change, on the time scale of the rows.
    covariates : str or sequence of str
        Columns of numbers or of true and false.
    start, stop : str
        Names of the time columns.
    event : str, sequence of str or None
        Event columns; the event stays on the last piece.
    patient_id : str, optional
        Column that names the child, for the counts; default ``patient_id`` when the
        frame has it.
    names : sequence of str, optional
        A word for each period, one more than there are days. By default, for days 180
        and 540, ``before_180``, ``180_to_540`` and ``from_540``; a point or a minus sign
        of a day becomes ``_`` or ``minus_``, so that formulas can name the column.

    Returns
    -------
    DataFrame
        The pieces of `split_rows` with, behind the other columns, ``<covariate>_<period>``
        for each covariate and period: its value in the period, 0 outside. A missing value
        is missing in all of them, so that a child is left out of all periods or of none.
        ``attrs["jdm_stats"]["split_at"]`` holds ``rows``, ``pieces``, ``days`` and, for
        each period, its rows, time at risk, events of code 1 (of the first event column)
        and children.

    Raises
    ------
    UsageError
        If a column is not there, a covariate holds words or dates, a day is no number,
        there is no day at all, or a new column is there already. All faults at once.

    Notes
    -----
    A period is (day, next day]: an event on the day itself belongs to the period before
    it. Cutting alone changes no estimate; the columns of one covariate add up to it, and
    a likelihood-ratio test against the model with the covariate itself asks whether its
    effect changes. A period without an event tells nothing of its effect. As `survSplit`
    with an interaction in R.

    Examples
    --------
    >>> rows = pd.DataFrame({"start": [0], "stop": [700], "event": [1], "nxp2": [1.0]})
    >>> split_at(rows, 540, "nxp2").drop(columns="nxp2")
       start  stop  event  nxp2_before_540  nxp2_from_540
    0      0   540      0              1.0            0.0
    1    540   700      1              0.0            1.0
    """
    wrong = check_frame(frame, [start, stop, *event_columns(frame, event)])
    days = np.unique(read_list(_listed(at_days), "at_days", wrong))
    if not len(days) and not wrong:
        wrong.append("at_days is empty: give the day or days at which effects change")
    chosen = name_list(covariates, "covariates", wrong)
    raise_all(wrong)
    wrong += check_frame(frame, [] if patient_id is None else [patient_id])
    periods = _periods(days, names, wrong)
    columns = _new_columns(frame, chosen, periods, {start, stop}, wrong)
    raise_all(wrong)
    pieces = split_rows(frame, days, start=start, stop=stop, event=event)
    place = np.searchsorted(days, pieces[stop].to_numpy(dtype=float), side="left")
    for (covariate, period), name in columns.items():
        pieces[name] = _inside(pieces[covariate], place == periods.index(period))
    named = patient_id
    if named is None and "patient_id" in frame.columns:
        named = "patient_id"
    first = next(iter(event_columns(frame, event)), None)
    noted = frame.attrs.get("jdm_stats", {})
    daily = list(noted.get("daily_measures", ()))
    daily += [name for (covariate, _), name in columns.items() if covariate in daily]
    pieces.attrs["jdm_stats"] = {
        **noted,
        **({"daily_measures": daily} if daily else {}),
        "synthetic": is_synthetic(frame),
        "split_at": {
            "rows": len(frame),
            "pieces": len(pieces),
            "days": days.tolist(),
            "periods": {
                period: _counted(pieces[place == at], start, stop, first, named)
                for at, period in enumerate(periods)
            },
        },
    }
    return pieces


def _listed(at_days: Any) -> Any:
    return [at_days] if is_real(at_days) else at_days


def _periods(
    days: np.ndarray, names: Sequence[str] | None, wrong: list[str]
) -> list[str]:
    """Name the periods by their days, or take the words given."""
    if names is None:
        told = [_told(day) for day in days]
        between = [f"{a}_to_{b}" for a, b in pairwise(told)]
        return [f"before_{told[0]}", *between, f"from_{told[-1]}"]
    given = [] if isinstance(names, str) else list(names)
    words = all(isinstance(name, str) and name.isidentifier() for name in given)
    if len(given) != len(days) + 1 or len(set(given)) < len(given) or not words:
        wrong.append(
            f"names must be {len(days) + 1} different words of letters, digits and _, one "
            f"for each period; received {names!r}"
        )
        return [f"period_{at}" for at in range(len(days) + 1)]
    return given


def _told(day: Any) -> str:
    """Write a day so that it can stand in the name of a column.

    Examples
    --------
    >>> _told(540), _told(-0.5)
    ('540', 'minus_0_5')
    """
    return np.format_float_positional(float(day), trim="-").translate(
        {ord("."): "_", ord("-"): "minus_"}
    )


def _new_columns(
    frame: pd.DataFrame,
    chosen: Sequence[Hashable],
    periods: Sequence[str],
    times: set[str],
    wrong: list[str],
) -> dict[tuple[Any, str], str]:
    """Name the new columns; tell which covariates cannot be multiplied."""
    if not chosen and not wrong:
        wrong.append("covariates is empty: name the columns whose effect changes")
    if len(set(chosen)) < len(chosen):
        wrong.append(f"covariates names a column twice: {list(chosen)}")
    absent = check_frame(frame, chosen)
    wrong += absent
    for name in () if absent else chosen:
        dtype = frame[name].dtype
        if name in times:
            wrong.append(f"{name!r} is the time of the rows and no covariate")
        elif not pd.api.types.is_numeric_dtype(dtype) or dtype.kind == "c":
            wrong.append(
                f"column {name!r} must hold numbers or true and false to have an effect in "
                f"each period, is {dtype}; make a column of 0 and 1 for each class, such "
                f"as frame[{name!r}].eq(...).astype(float), and keep missing ones missing"
            )
    new = {
        (name, period): f"{name}_{period}"
        for name in dict.fromkeys(chosen)
        for period in periods
    }
    taken = [name for name in new.values() if name in frame.columns]
    if taken:
        wrong.append(
            f"the frame has a column {', '.join(map(repr, taken))} already; give the "
            "periods other names with names="
        )
    elif len(set(new.values())) < len(new):
        wrong.append("two new columns would bear one name; rename a covariate")
    return new


def _inside(column: pd.Series, there: np.ndarray) -> np.ndarray:
    """Give the value where the piece is in the period, 0 elsewhere, missing if missing."""
    dtype = column.dtype
    whole = pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_integer_dtype(dtype)
    if whole and not column.hasnans:
        return np.where(there, column.to_numpy(dtype=np.int64), 0)
    value = column.to_numpy(dtype=float, na_value=np.nan)
    return np.where(there | np.isnan(value), value, 0.0)


def _counted(
    pieces: pd.DataFrame, start: str, stop: str, event: str | None, child: str | None
) -> dict[str, float]:
    """Count what lies in a period."""
    counts = {
        "rows": len(pieces),
        "time_at_risk": float((pieces[stop] - pieces[start]).sum()),
    }
    if event is not None:
        counts["events"] = int((loose_numbers(pieces[event])[0] == 1).sum())
    if child is not None:
        number, _ = group_codes(pieces[child])
        counts["patients"] = len(np.unique(number[number >= 0]))
    return counts
