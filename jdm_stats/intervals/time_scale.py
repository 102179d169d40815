"""What a time scale is: its cuts, its value at a row's time 0, and the names of its bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.intervals.columns import (
    check_frame,
    check_positive,
    named_rows,
    read_list,
    read_numbers,
)
from jdm_stats.intervals.keys import pair_keys
from jdm_stats.schema import DAYS_PER_YEAR

__all__ = ["TimeScale", "age_scale", "calendar_scale"]


@dataclass(frozen=True)
class TimeScale:
    """A scale to cut rows on: ``value = at_zero + time / units``.

    Parameters
    ----------
    cuts : sequence of float
        Values of the scale to cut at.
    at_zero : str or float, default 0
        Value of the scale at time 0 of the rows: a column, or one number for all.
        On a dated scale the column holds dates.
    units : float, default 1
        Units of the rows' time in one unit of the scale: 365.25 for years over days.
    dated : bool, default False
        ``at_zero`` holds dates and the cuts are dates, see :func:`calendar_scale`.

    Examples
    --------
    >>> TimeScale([5, 10], at_zero="age_at_diagnosis_years", units=365.25).units
    365.25
    """

    cuts: Sequence[Any]
    at_zero: str | float = 0.0
    units: float = 1.0
    dated: bool = False


def age_scale(
    cuts: Sequence[float],
    at_zero: str = "age_at_diagnosis_years",
    days_per_year: float = DAYS_PER_YEAR,
) -> TimeScale:
    """Age in years for rows in days: the exact age at day 0 plus the days since.

    Parameters
    ----------
    cuts : sequence of float
        Ages to cut at.
    at_zero : str
        Column with the age in years at day 0.
    days_per_year : float, default 365.25

    Returns
    -------
    TimeScale

    Examples
    --------
    >>> age_scale([5, 10, 15]).at_zero
    'age_at_diagnosis_years'
    """
    return TimeScale(cuts, at_zero, days_per_year)


def calendar_scale(cuts: Sequence[Any], at_zero: str) -> TimeScale:
    """Calendar time for rows in days: from each child's date of day 0, by the day.

    Parameters
    ----------
    cuts : sequence of int, date, or str
        First days of new bands: whole years (2015 is 1 January 2015), dates, or dates
        as ``"YYYY-MM-DD"``.
    at_zero : str
        Column of dates of day 0 (dates without a time of day).

    Returns
    -------
    TimeScale

    Notes
    -----
    Day d of a row is the time (d - 1, d], so a band that starts on 1 January takes the
    rows from the end of 31 December and holds an event dated 1 January. With a column
    of year fractions instead of dates use ``TimeScale(cuts, at_zero=column,
    units=365.25)``, which cuts at the fraction itself.

    Examples
    --------
    >>> calendar_scale([2010, 2015], at_zero="diagnosed").dated
    True
    """
    return TimeScale(cuts, at_zero, 1.0, dated=True)


@dataclass(frozen=True)
class ScaleCuts:
    """Cuts of one scale: the row and time of each, and each row's first band."""

    span: np.ndarray
    time: np.ndarray
    first_band: np.ndarray

    def band_of_pieces(self, parent: np.ndarray, begins: np.ndarray) -> np.ndarray:
        """Count the cuts at or before each piece's start."""
        marks, places = pair_keys((self.span, self.time), (parent, begins))
        before = np.searchsorted(marks, places, side="right")
        ahead = np.searchsorted(self.span, np.arange(len(self.first_band)), side="left")
        return (self.first_band - ahead)[parent] + before


@dataclass(frozen=True)
class PlacedScale:
    """A scale whose values at time 0 have been read from a frame."""

    cuts: np.ndarray
    zero: np.ndarray
    units: float
    labels: list[str]

    def bands(self) -> pd.CategoricalDtype:
        """Give every band of the scale in order, empty ones too."""
        return pd.CategoricalDtype(pd.Index(self.labels), ordered=True)

    def cuts_inside(
        self, start: np.ndarray, stop: np.ndarray, whole_days: bool
    ) -> ScaleCuts:
        """Find the moments strictly inside each row at which the scale is cut."""
        largest = np.abs(self.cuts).max(initial=0.0)
        slack = 64 * np.finfo(float).eps * (np.abs(self.zero) + largest)
        with np.errstate(over="ignore"):
            low = self.zero + start / self.units - slack
            high = self.zero + stop / self.units + slack
        first = np.searchsorted(self.cuts, low, side="left")
        count = np.searchsorted(self.cuts, high, side="right") - first
        span = np.repeat(np.arange(len(start)), count)
        place = np.arange(len(span)) - np.repeat(np.cumsum(count) - count, count)
        time = (
            self.cuts[np.repeat(first, count) + place] - self.zero[span]
        ) * self.units
        near = slack[span] * self.units
        for target in (np.rint(time), start[span], stop[span]):
            time = np.where(np.abs(time - target) <= near, target, time)
        if whole_days:
            time = np.floor(time)
        if start.dtype.kind == "i" and (time == np.floor(time)).all():
            time = time.astype(np.int64)
        before = np.bincount(span[time <= start[span]], minlength=len(start))
        inside = (time > start[span]) & (time < stop[span])
        span, time = span[inside], time[inside]
        return ScaleCuts(span, time, first + before)


def placed_scale(
    frame: pd.DataFrame, name: str, scale: Any, wrong: list[str]
) -> PlacedScale:
    """Read a scale's cuts and its values at time 0; tell what is wrong in ``wrong``."""
    told: list[str] = []
    if not isinstance(scale, TimeScale):
        scale = TimeScale(scale)
    check_positive(scale.units, "units", told)
    if scale.dated:
        cuts, zero, labels = _dated(frame, scale, told)
    else:
        cuts = np.unique(read_list(scale.cuts, "cuts", told))
        zero, labels = _values_at_zero(frame, scale, told), _labels(cuts)
    wrong += [f"scale {name!r}: {sentence}" for sentence in told]
    return PlacedScale(cuts.astype(float), zero.astype(float), scale.units, labels)


def _values_at_zero(
    frame: pd.DataFrame, scale: TimeScale, told: list[str]
) -> np.ndarray:
    if not isinstance(scale.at_zero, str):
        value = read_list([scale.at_zero], "at_zero", told)
        return np.repeat(value, len(frame)) if len(value) else np.zeros(len(frame))
    missing = check_frame(frame, [scale.at_zero])
    told += missing
    if missing:
        return np.zeros(len(frame))
    return read_numbers(frame, scale.at_zero, told, "values at time 0")


def _dated(
    frame: pd.DataFrame, scale: TimeScale, told: list[str]
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Read dates as days since 1970; a band ends on the day before its cut."""
    days = sorted({_first_day(cut, told) for cut in _listed(scale.cuts, told)})
    cuts = np.array([(day - date(1970, 1, 1)).days - 1 for day in days], dtype=float)
    return cuts, _dates_at_zero(frame, scale.at_zero, told), _date_labels(days)


def _listed(cuts: Any, told: list[str]) -> list[Any]:
    if isinstance(cuts, (str, bytes)) or not hasattr(cuts, "__iter__"):
        told.append(f"cuts must be a list of years or dates, received {cuts!r}")
        return []
    return list(cuts)


def _first_day(cut: Any, told: list[str]) -> date:
    try:
        if pd.api.types.is_integer(cut):
            return date(int(cut), 1, 1)
        if isinstance(cut, str):
            return date.fromisoformat(cut)
        moment = pd.Timestamp(cut)
        if not isinstance(cut, (int, float)) and moment == moment.normalize():
            return moment.date()
    except (ValueError, TypeError, OverflowError):
        pass
    told.append(f"{cut!r} is no year and no date (2015, '2015-07-01')")
    return date(1970, 1, 1)


def _dates_at_zero(frame: pd.DataFrame, name: Any, told: list[str]) -> np.ndarray:
    none = np.zeros(len(frame))
    missing = check_frame(frame, [name])
    told += missing
    if missing:
        return none
    column = frame[name]
    if pd.api.types.infer_dtype(column, skipna=True) == "date":
        column = pd.to_datetime(column)
    if not pd.api.types.is_datetime64_dtype(column.dtype):
        told.append(f"column {name!r} must hold dates, is {column.dtype}")
        return none
    lost = column.isna().to_numpy()
    if lost.any():
        told.append(f"column {name!r} holds missing dates ({named_rows(lost)})")
    timed = ~lost & (column != column.dt.normalize()).to_numpy()
    if timed.any():
        told.append(f"column {name!r} holds times of day ({named_rows(timed)})")
    if lost.any() or timed.any():
        return none
    return column.to_numpy().astype("datetime64[D]").astype(np.int64)


def _labels(cuts: np.ndarray) -> list[str]:
    words = ["-inf", *(_shown(cut) for cut in cuts), "inf"]
    return [f"({a}, {b}{')' if b == 'inf' else ']'}" for a, b in pairwise(words)]


def _shown(cut: Any) -> str:
    text = np.format_float_positional(float(cut), trim="-")
    return text if len(text) < 16 else repr(float(cut))


def _date_labels(days: list[date]) -> list[str]:
    """Name bands by their first and last day, or by their years when they are whole."""
    if not days:
        return ["all"]
    years = all((day.month, day.day) == (1, 1) for day in days)
    first = [str(day.year) if years else day.isoformat() for day in days]
    last = [
        str(day.year - 1)
        if years
        else date.fromordinal(day.toordinal() - 1).isoformat()
        for day in days
    ]
    between = [
        a if a == b else f"{a} to {b}" for a, b in zip(first, last[1:], strict=False)
    ]
    return [f"to {last[0]}", *between, f"from {first[-1]}"]
