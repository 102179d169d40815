"""Reading cells: from whatever a data frame holds to text, numbers and flags.

Each reader takes a column of any type and hands back its values with a mask of the
cells it could not read; nothing is guessed and nothing is said. An empty string is a
missing value; the words "none", "NA" or "nan" are words.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types as pandas_types
from pandas.api.extensions import ExtensionArray

__all__ = ["as_objects", "read_flags", "read_numbers", "read_text"]

Objects = npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

_NUMERAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_FLAG_WORDS = {"true": True, "false": False, "1": True, "0": False}


def as_objects(cells: pd.Series) -> Objects:
    """Return the cells as objects, None where missing or an empty string.

    Examples
    --------
    >>> as_objects(pd.Series(["NA", "", None, 7], dtype=object))
    array(['NA', None, None, 7], dtype=object)
    """
    values = np.array(cells.astype(object).to_numpy(dtype=object), dtype=object)
    values[cells.isna().to_numpy(dtype=bool)] = None
    if pandas_types.is_numeric_dtype(cells.dtype):  # flags too: no text among them
        return values
    if pandas_types.infer_dtype(values, skipna=True) in ("string", "empty"):
        values[values == ""] = None
    else:  # a cell may be an array, which does not compare
        values[[isinstance(value, str) and not value for value in values]] = None
    return values


def read_text(cells: pd.Series) -> tuple[Objects, Mask]:
    """Read words; whole numbers become their digits.

    Returns
    -------
    values : object array, shape (rows,)
        Strings, None where missing or unreadable.
    unread : bool array, shape (rows,)
        Cells that are not text.

    Examples
    --------
    >>> values, unread = read_text(pd.Series(["007", 7, 7.5, None], dtype=object))
    >>> values, unread
    (array(['007', '7', None, None], dtype=object), array([False, False,  True, False]))
    """
    values = as_objects(cells)
    unread = np.zeros(len(values), dtype=bool)
    if pandas_types.infer_dtype(values, skipna=True) not in ("string", "empty"):
        for position, value in enumerate(values):
            if value is None or isinstance(value, str):
                continue
            if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
                values[position] = str(value)
            else:
                values[position], unread[position] = None, True
    return values, unread


def read_numbers(cells: pd.Series) -> tuple[Numbers, Mask]:
    """Read numbers, or numerals written with a decimal point.

    Returns
    -------
    values : float array, shape (rows,)
        NaN where missing or unreadable; infinities stay.
    unread : bool array, shape (rows,)
        Cells that are not numbers (flags, dates, words, decimal commas).

    Examples
    --------
    >>> read_numbers(pd.Series(["1.5", "1,5", None], dtype=object))
    (array([1.5, nan, nan]), array([False,  True, False]))
    """
    if pandas_types.is_numeric_dtype(cells.dtype) and not (
        pandas_types.is_bool_dtype(cells.dtype)
        or pandas_types.is_complex_dtype(cells.dtype)
    ):
        plain = np.array(cells.to_numpy(dtype=np.float64, na_value=np.nan))
        return plain, np.zeros(len(plain), dtype=bool)
    raw = as_objects(cells)
    if pandas_types.infer_dtype(raw, skipna=True) == "string":
        codes, words = pd.factorize(raw)
        read = np.array([*(_number(word) for word in words), np.nan])
        values = read[codes]
    else:
        values = np.array([_number(value) for value in raw], dtype=np.float64)
    missing = np.array(pd.isna(raw), dtype=bool)
    return values, np.isnan(values) & ~missing


def _number(value: Any) -> float:
    if isinstance(value, str):
        return float(value) if _NUMERAL.fullmatch(value) else np.nan
    if isinstance(value, (bool, np.bool_)):
        return np.nan
    if isinstance(value, (int, float, Decimal, np.integer, np.floating)):
        try:
            return float(value)
        except OverflowError:
            return np.inf
    return np.nan


def read_flags(cells: pd.Series) -> tuple[ExtensionArray, Mask]:
    """Read true and false, 1 and 0, in any case and as words or values.

    Returns
    -------
    values : pandas boolean array, shape (rows,)
        NA where missing or unreadable.
    unread : bool array, shape (rows,)
        Cells that are neither.

    Examples
    --------
    >>> values, unread = read_flags(pd.Series(["TRUE", 0, "yes", None], dtype=object))
    >>> values.tolist(), unread.tolist()
    ([True, False, <NA>, <NA>], [False, False, True, False])
    """
    if pandas_types.is_bool_dtype(cells.dtype):
        settled = pd.Series(cells.array).astype("boolean").array
        return settled, np.zeros(len(settled), dtype=bool)
    raw = as_objects(cells)
    if pandas_types.infer_dtype(raw, skipna=True) == "string":
        codes, words = pd.factorize(raw)
        values = np.array([*(_flag(word) for word in words), None], dtype=object)[codes]
    else:
        values = np.array([*(_flag(value) for value in raw), None], dtype=object)[:-1]
    unread = np.array(pd.isna(values) & ~pd.isna(raw), dtype=bool)
    return pd.Series(values, dtype="boolean").array, unread


def _flag(value: Any) -> bool | None:
    if isinstance(value, str):
        return _FLAG_WORDS.get(value.lower())
    number = _number(int(value) if isinstance(value, (bool, np.bool_)) else value)
    return bool(number) if number in (0, 1) else None
