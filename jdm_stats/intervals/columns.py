"""Reading the columns of any data frame: times, identifiers, and every fault at once.

The functions of this room take plain data frames with any column names. What is wrong
with a call is collected here, in a list of sentences, and raised in one error.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError


def raise_all(wrong: Sequence[str]) -> None:
    """Raise UsageError with every sentence, or do nothing when there is none."""
    if wrong:
        raise UsageError("; ".join(wrong))


def named_rows(mask: np.ndarray, shown: int = 10) -> str:
    """Name the rows where a mask is true, counted from 1: ``rows 2, 5 and 3 more``.

    Examples
    --------
    >>> named_rows(np.array([False, True, True]))
    'rows 2, 3'
    """
    places = np.flatnonzero(mask) + 1
    told = ", ".join(map(str, places[:shown]))
    more = f" and {len(places) - shown} more" if len(places) > shown else ""
    return f"row{'s' if len(places) > 1 else ''} {told}{more}"


def check_frame(
    frame: Any,
    names: Iterable[Any],
    what: str = "the frame",
    *,
    others_unique: bool = True,
) -> list[str]:
    """Say what keeps the named columns from being read; empty when nothing does.

    Parameters
    ----------
    frame : object
        What was given as a data frame.
    names : iterable
        Columns that must be there, each once.
    what : str
        How the frame is called in the sentence.
    others_unique : bool
        Whether the other columns have to be there once, too.

    Examples
    --------
    >>> check_frame(pd.DataFrame({"a": [1]}), ["a", "b"])
    ["no column 'b' in the frame; it has a"]
    """
    if not isinstance(frame, pd.DataFrame):
        return [f"{what} must be a pandas DataFrame, received {type(frame).__name__}"]
    if frame.columns.nlevels > 1:
        return [f"{what} has column names in several levels; flatten them first"]
    names = list(names)
    strange = [name for name in names if not _is_name(name)]
    if strange:
        return [f"{what}: {', '.join(map(repr, strange))} is no column name"]
    wrong = []
    missing = [name for name in dict.fromkeys(names) if name not in frame.columns]
    if missing:
        wrong.append(
            f"no column {', '.join(map(repr, missing))} in {what}; "
            f"it has {', '.join(map(str, frame.columns))}"
        )
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()].unique()
        if not others_unique:
            twice = twice[twice.isin(names)]
    else:
        twice = frame.columns[:0]
    if len(twice):
        wrong.append(f"{what} has the column {', '.join(map(repr, twice))} twice")
    return wrong


def read_numbers(
    frame: pd.DataFrame, name: str, wrong: list[str], kind: str = "times"
) -> np.ndarray:
    """Read a column of finite numbers; integers stay integers.

    Parameters
    ----------
    frame : DataFrame
    name : str
        A column that is there.
    wrong : list of str
        Gets a sentence when the column is not numeric or not finite.
    kind : str
        What the numbers are, for the sentence.

    Returns
    -------
    ndarray of shape (n,)
        int64 or float64; NaN where nothing could be read.
    """
    column = frame[name]
    dtype = column.dtype
    numeric = pd.api.types.is_numeric_dtype(dtype)
    if not numeric or pd.api.types.is_complex_dtype(dtype):
        wrong.append(f"column {name!r} must be numeric, is {dtype}")
        return np.full(len(frame), np.nan)
    if pd.api.types.is_integer_dtype(dtype) and not column.hasnans:
        return column.to_numpy(dtype=np.int64)
    values = column.to_numpy(dtype=float, na_value=np.nan)
    lost = ~np.isfinite(values)
    if lost.any():
        wrong.append(
            f"column {name!r} holds missing or infinite {kind} ({named_rows(lost)})"
        )
    return values


def read_spans(
    frame: pd.DataFrame, start: str, stop: str, wrong: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Read the two time columns and require start < stop in every row.

    Returns
    -------
    begins, ends : ndarray of shape (n,)
        Both int64 when both columns are whole numbers, else both float64.
    """
    begins = read_numbers(frame, start, wrong)
    ends = read_numbers(frame, stop, wrong)
    if begins.dtype != ends.dtype:
        begins, ends = begins.astype(float), ends.astype(float)
    broken = begins >= ends  # false where a time is missing, which is told already
    if broken.any():
        wrong.append(
            f"every row needs {start} < {stop}; {int(broken.sum())} rows break this "
            f"({named_rows(broken)}; see audit_intervals)"
        )
    return begins, ends


def read_list(values: Any, what: str, wrong: list[str]) -> np.ndarray:
    """Read a list of finite numbers, as int64 when all are whole, else as float64.

    Examples
    --------
    >>> read_list([90, 180.0], "cuts", [])
    array([ 90, 180])
    """
    told = f"{what} must be finite numbers, received {values!r}"
    if isinstance(values, (str, bytes, dict)) or not isinstance(values, Iterable):
        wrong.append(told)
        return np.array([], dtype=np.int64)
    given = list(values)
    if not all(is_real(value) for value in given):
        wrong.append(f"{what} must be finite numbers, received {given!r}")
        return np.array([], dtype=np.int64)
    real = np.array(given, dtype=float)
    whole = (real == np.floor(real)).all() and (np.abs(real) < 2**53).all()
    return real.astype(np.int64) if whole else real


def check_events(frame: pd.DataFrame, names: Iterable[str], wrong: list[str]) -> None:
    """Require event columns that can hold a 0: numbers or true and false."""
    for name in names:
        dtype = frame[name].dtype
        real = not pd.api.types.is_complex_dtype(dtype)
        if not (pd.api.types.is_numeric_dtype(dtype) and real):
            wrong.append(
                f"the event column {name!r} must hold numbers or true and false, "
                f"is {dtype}"
            )


def event_columns(
    frame: Any, event: str | Sequence[str] | None, more: Sequence[str] = ()
) -> list[str]:
    """List the event columns: those named, and those that a merge is known to have made.

    Examples
    --------
    >>> event_columns(pd.DataFrame(), "event")
    ['event']
    """
    single = event is not None and not isinstance(event, (list, tuple))
    named: list[Any] = [event] if single else list(event or ())
    attrs = getattr(frame, "attrs", {})
    known = attrs.get("jdm_stats", {}).get("event_columns", ())
    there = [name for name in known if name in frame.columns]
    return [*named, *(name for name in [*there, *more] if name not in named)]


def name_list(given: Any, what: str, wrong: list[str]) -> list[Any]:
    """Read one column name or several as a list.

    Examples
    --------
    >>> name_list("sex", "by", []), name_list(["sex", "age"], "by", [])
    (['sex'], ['sex', 'age'])
    """
    if isinstance(given, str):
        return [given]
    usable = isinstance(given, Iterable) and not isinstance(
        given, (bytes, pd.DataFrame)
    )
    names = list(given) if usable else [given]
    if not usable or not all(map(_is_name, names)):
        wrong.append(
            f"{what} must be a column name or a list of them, received {given!r}"
        )
        return []
    return names


def one_name(given: Any, what: str) -> list[str]:
    """Say that what must be the name of one column is not; empty when it is.

    Examples
    --------
    >>> one_name(["sex"], "by")
    ["by must be the name of one column, received ['sex']"]
    """
    if _is_name(given) and not isinstance(given, tuple):
        return []
    return [f"{what} must be the name of one column, received {given!r}"]


def check_free(names: Iterable[Any], taken: Iterable[str], wrong: list[str]) -> None:
    """Refuse columns of groups that are called as a column of the result is."""
    taken = set(taken)
    clash = [name for name in names if isinstance(name, str) and name in taken]
    if clash:
        wrong.append(f"rename the column {', '.join(clash)}: the result has one too")


def _is_name(name: Any) -> bool:
    return isinstance(name, Hashable) and name is not pd.NA


def is_real(value: Any) -> bool:
    """Tell whether a value is one finite real number."""
    if not pd.api.types.is_number(value) or isinstance(
        value, (complex, np.complexfloating)
    ):
        return False
    try:
        return bool(np.isfinite(float(value)))
    except (OverflowError, ValueError):
        return False


def loose_numbers(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Values as floats (NaN where there is none) and a mask of what is no number.

    Numbers in a column of objects or categories count as numbers.

    Examples
    --------
    >>> loose_numbers(pd.Series([1, "two", None], dtype=object))
    (array([ 1., nan, nan]), array([False,  True, False]))
    """
    dtype = column.dtype
    real = not pd.api.types.is_complex_dtype(dtype)
    if pd.api.types.is_numeric_dtype(dtype) and real:
        values = column.to_numpy(dtype=float, na_value=np.nan)
        return values, np.zeros(len(column), bool)
    given = column.to_numpy(dtype=object)
    absent = np.asarray(pd.isna(column), dtype=bool)
    numeric = np.array([_is_float(value) for value in given], dtype=bool)
    values = np.full(len(given), np.nan)
    values[numeric] = given[numeric].astype(float)
    return values, ~absent & ~numeric


def _is_float(value: Any) -> bool:
    return is_real(value) or (isinstance(value, float) and bool(np.isinf(value)))


def group_codes(column: pd.Series) -> tuple[np.ndarray, Any]:
    """Give equal values equal numbers from 0 up, missing -1; lists go by how they print."""
    try:
        return pd.factorize(column)
    except TypeError:
        printed = [None if _is_absent(value) else repr(value) for value in column]
        return pd.factorize(np.array(printed, dtype=object))


def _is_absent(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def check_level(conf_level: Any, wrong: list[str]) -> None:
    """Require a confidence level between 0 and 1."""
    if not (is_real(conf_level) and 0 < conf_level < 1):
        wrong.append(f"conf_level must lie between 0 and 1, received {conf_level!r}")


def check_positive(value: Any, name: str, wrong: list[str]) -> None:
    """Require a finite number above 0."""
    if not (is_real(value) and value > 0):
        wrong.append(f"{name} must be a number above 0, received {value!r}")


def check_lag(lag: Any, wrong: list[str]) -> None:
    """Require a finite number from 0 up."""
    if not (is_real(lag) and 0 <= lag < 2**53):
        wrong.append(f"lag must be a number from 0 up, received {lag!r}")


def as_given(values: np.ndarray, original: pd.Series) -> Any:
    """Give times back in the column's own dtype when that holds them exactly."""
    dtype = original.dtype
    if pd.api.types.is_integer_dtype(dtype):
        whole = values.dtype.kind == "i" or bool((values == np.floor(values)).all())
        given = values.astype(np.int64, copy=False) if whole else values
        if not whole or dtype == given.dtype:
            return given
        return pd.array(given).astype(dtype)
    given = values.astype(float, copy=False)
    return given if isinstance(dtype, np.dtype) else pd.array(given).astype(dtype)


def repeated(
    frame: pd.DataFrame, parent: np.ndarray, replaced: dict[str, Any]
) -> pd.DataFrame:
    """Repeat rows, with some columns replaced and new ones behind.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Not changed.
    parent : ndarray of shape (p,)
        Row of the frame each new row is made of.
    replaced : dict of str to array of shape (p,)
        Columns by name; the frame's own are replaced in place, others come last.

    Returns
    -------
    DataFrame of shape (p, columns)
        With a fresh index and the frame's ``attrs``.
    """
    others = {
        name: (
            frame[name].to_numpy().take(parent)
            if isinstance(frame[name].dtype, np.dtype)
            else frame[name].array.take(parent)
        )
        for name in frame.columns
        if name not in replaced
    }
    return _assembled(frame, others | replaced, len(parent))


def repeated_in_place(
    frame: pd.DataFrame, times: np.ndarray, replaced: dict[str, Any]
) -> pd.DataFrame:
    """Repeat each row so many times; otherwise as :func:`repeated`, and faster."""
    others = {
        name: (
            np.repeat(frame[name].to_numpy(), times)
            if isinstance(frame[name].dtype, np.dtype)
            else frame[name].array.repeat(times)
        )
        for name in frame.columns
        if name not in replaced
    }
    return _assembled(frame, others | replaced, int(times.sum()))


def _assembled(frame: pd.DataFrame, columns: dict[str, Any], size: int) -> pd.DataFrame:
    added = [name for name in columns if name not in frame.columns]
    ordered = {name: columns[name] for name in [*frame.columns, *added]}
    pieces = pd.DataFrame(ordered, index=pd.RangeIndex(size), copy=False)
    pieces.columns = pieces.columns if added else frame.columns
    pieces.columns.name = frame.columns.name
    pieces.attrs = dict(frame.attrs)
    return pieces
