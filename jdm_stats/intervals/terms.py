"""What a merge makes of values that come over time: last value, total, event, count.

The four terms are those of ``tmerge`` in R's survival package (tdc, cumtdc, event and
cumevent), under names that say what they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Term", "event_at", "event_count", "last_value", "running_total"]


@dataclass(frozen=True)
class Term:
    """One new column of a merge; made by the four functions of this module.

    Parameters
    ----------
    kind : {"last_value", "running_total", "event_at", "event_count"}
    column : str or None
        Column of the values; None stands for a 1 in each row.
    default : object
        What rows have before the first value.
    keep_existing : bool
        The column is there already and stands where no new value speaks.
    """

    kind: str
    column: str | None = None
    default: Any = None
    keep_existing: bool = False

    @property
    def is_event(self) -> bool:
        """True when the value stands at a row's stop, not from a row's start on."""
        return self.kind in ("event_at", "event_count")

    @property
    def needs_numbers(self) -> bool:
        """True when the values are added or written as event codes."""
        return self.kind != "last_value"


def last_value(
    column: str | None = None, *, default: Any = None, keep_existing: bool = False
) -> Term:
    """Carry the last value forward: known on day d, it acts on rows that start at d or later.

    Parameters
    ----------
    column : str, optional
        Column of the values. None gives 0 before and 1 from the first row on.
    default : object, optional
        Value before the first; missing without one (0 without a column).
    keep_existing : bool, default False
        Bring a column up to date: it keeps what it has until the first new value.

    Returns
    -------
    Term

    Examples
    --------
    >>> last_value("bilirubin").kind
    'last_value'
    """
    if column is None and default is None:
        default = 0
    return Term("last_value", column, default, keep_existing)


def running_total(column: str | None = None, *, default: float | None = 0.0) -> Term:
    """Add values up: the sum, or the number of rows, until the start of a row.

    Parameters
    ----------
    column : str, optional
        Column of numbers to add; None counts.
    default : float or None, default 0
        Where the sum starts. None leaves rows before the first value missing.

    Returns
    -------
    Term

    Examples
    --------
    >>> running_total("dose_mg").default
    0.0
    """
    return Term("running_total", column, default)


def event_at(column: str | None = None, *, keep_existing: bool = False) -> Term:
    """Mark the row that ends at the day of an event with its code, other rows with 0.

    Parameters
    ----------
    column : str, optional
        Column of whole codes from 0 up; None marks 1.
    keep_existing : bool, default False
        Write into an event column that is there; its other codes stay.

    Returns
    -------
    Term

    Examples
    --------
    >>> event_at("code").is_event
    True
    """
    return Term("event_at", column, 0, keep_existing)


def event_count(column: str | None = None) -> Term:
    """Mark the row that ends at an event with its number in the child's life, others with 0.

    Parameters
    ----------
    column : str, optional
        Column of increments; None adds 1 for each. A day is marked when any of its
        increments is not 0.

    Returns
    -------
    Term

    Examples
    --------
    >>> event_count().kind
    'event_count'
    """
    return Term("event_count", column, 0)


def prepared(
    term: Term, values: pd.DataFrame, entry: np.ndarray, child: np.ndarray
) -> pd.Series:
    """Give the values of a term's entries, summed where the term sums.

    Parameters
    ----------
    term : Term
    values : DataFrame
        The table of values.
    entry : ndarray of shape (k,)
        Rows of ``values`` used, sorted by child and time.
    child : ndarray of shape (k,)
        Child of each entry.
    """
    if term.column is None:
        given: Any = pd.Series(np.ones(len(entry), dtype=np.int64))
    else:
        given = values[term.column].iloc[entry].reset_index(drop=True)
    if term.kind not in ("running_total", "event_count"):
        return given
    whole = pd.api.types.is_integer_dtype(given.dtype)
    given = given.astype(
        np.int64 if whole or pd.api.types.is_bool_dtype(given.dtype) else float
    )
    return given.groupby(child).cumsum()


def from_start_on(
    term: Term, given: pd.Series, place: np.ndarray, existing: pd.Series | None
) -> pd.Series:
    """Write the value of each piece: the entry in force at its start, else the default.

    Parameters
    ----------
    term : Term
    given : Series of shape (k,)
        Values of the entries.
    place : ndarray of shape (p,)
        Entry in force at the start of each piece, -1 for none.
    existing : Series of shape (p,) or None
        The column as it was, when it is to be brought up to date.
    """
    none = place < 0
    if existing is not None:
        return _chosen(given, existing.reset_index(drop=True), place, none)
    default = term.default
    if default is None or (pd.api.types.is_scalar(default) and pd.isna(default)):
        if len(given) == 0:
            return pd.Series(np.nan, index=range(len(place)))
        array = given.to_numpy() if isinstance(given.dtype, np.dtype) else given.array
        return pd.Series(
            pd.api.extensions.take(array, place, allow_fill=bool(none.any()))
        )
    if term.kind == "running_total":
        total = np.append(given.to_numpy(dtype=float), 0.0)[place]
        return pd.Series(total + float(default))
    categories = getattr(given.dtype, "categories", None)
    known = categories is not None and default in categories
    before = pd.Series([default], dtype=given.dtype if known else None)
    return _chosen(given, before, place, none)


def _chosen(
    given: pd.Series, other: pd.Series, place: np.ndarray, none: np.ndarray
) -> pd.Series:
    """Take entries of one series, and of the other where there is none."""
    instead = (
        np.arange(len(none)) if len(other) == len(none) else np.zeros(len(none), int)
    )
    if not none.any() and len(given):
        return given.take(place).reset_index(drop=True)
    if len(given) == 0:
        return other.take(instead).reset_index(drop=True)
    pool = pd.concat([given, other], ignore_index=True)
    index = np.where(none, len(given) + instead, place)
    return pool.take(index).reset_index(drop=True)


def at_stop(
    given: pd.Series, increment: np.ndarray, place: np.ndarray, before: pd.Series | None
) -> pd.Series:
    """Write the code of the event at each piece's stop, 0 or what was there elsewhere.

    Parameters
    ----------
    given : Series of shape (k,)
        Codes of the entries.
    increment : ndarray of shape (k,)
        Entries that count: a number of events that did not rise marks no row.
    place : ndarray of shape (p,)
        Entry at the stop of each piece, -1 for none.
    before : Series of shape (p,) or None
        Codes that are there already.
    """
    found = place >= 0
    found[found] = increment[place[found]]
    numbers = given.to_numpy(dtype=float, na_value=np.nan)
    if _all_whole(numbers):
        numbers = numbers.astype(np.int64)
    codes = np.zeros(len(place), dtype=numbers.dtype)
    if before is not None:
        codes = before.to_numpy(dtype=float, na_value=np.nan)
        if _all_whole(codes) and numbers.dtype.kind == "i":
            codes = codes.astype(np.int64)
        codes = codes.copy()
    codes[found] = numbers[place[found]]
    return pd.Series(codes)


def _all_whole(numbers: np.ndarray) -> bool:
    small = np.abs(numbers) < 2**53  # false where missing or infinite
    return bool((small & (numbers == np.floor(numbers))).all())
