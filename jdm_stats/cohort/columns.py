"""Rules that look at one cell or one column heading.

`conform` brings a data frame to the shape the schema asks for (columns in order, types
that can hold a missing value, defaults filled in) and reports every cell that does not
fit. Work is done on whole columns; only the faults themselves are visited one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types as pandas_types

from jdm_stats.cohort.cells import (
    Mask,
    Objects,
    as_objects,
    read_flags,
    read_numbers,
    read_text,
)
from jdm_stats.cohort.faults import faults_at
from jdm_stats.errors import Fault, UsageError
from jdm_stats.schema import FLAG, INTEGER, NUMBER, TEXT, Column, Table, nearest

__all__ = ["RULES", "conform", "outside"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "unknown_column": "Every column is one the table knows.",
        "missing_column": "Every column the table needs is there.",
        "duplicate_column": "No column heading appears twice.",
        "missing_value": "A column that must be filled is filled in every row.",
        "wrong_type": "Numbers are numbers, words are words, flags are true or false.",
        "not_whole": "Days, years and counts are whole numbers.",
        "not_finite": "No number is infinite.",
        "out_of_range": "Every number lies in the range its column allows.",
        "value_not_allowed": "Every coded value is one of the column's words.",
        "surrounding_spaces": "No patient_id begins or ends with a space.",
        "control_character": "No text holds a line break, a tab or a control mark, and no "
        "patient_id a mark that cannot be seen.",
    }
)

_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Two pseudonyms that look the same would be two children.
_UNSEEN = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")


@dataclass(frozen=True, slots=True)
class _Complaint:
    """Cells of one column that break one rule; words are made only when needed."""

    rule: str
    mask: Mask
    message: Callable[[int], str]
    remedy: str | Callable[[int], str]


def conform(frame: pd.DataFrame, table: Table) -> tuple[pd.DataFrame, list[Fault]]:
    """Bring a data frame to the table's shape and report every cell that does not fit.

    Parameters
    ----------
    frame : DataFrame
        Columns in any order and of any type; it is not changed.
    table : Table
        One of `jdm_stats.schema.TABLES`.

    Returns
    -------
    frame : DataFrame
        All columns of the table in its order: object strings with None where missing,
        Int64, float64 and boolean. A cell at fault is missing.
    faults : list of Fault
        Rows are counted from 1 below the header.

    Raises
    ------
    UsageError
        When ``frame`` is not a DataFrame.

    Examples
    --------
    >>> from jdm_stats.schema import TABLES
    >>> frame = pd.DataFrame({"patient_id": ["P1"], "day": [4.5], "event": ["death"]})
    >>> tidy, faults = conform(frame, TABLES["events"])
    >>> [fault.rule for fault in faults], tidy["definite"].tolist()
    (['not_whole'], [True])
    """
    if not isinstance(frame, pd.DataFrame):
        raise UsageError(
            f"{table.name} must be a pandas DataFrame, not {type(frame).__name__}; "
            "pass one, or use read_cohort for files"
        )
    headings = [str(name) for name in frame.columns]
    faults = _heading_faults(headings, table)
    ids = _ids(frame, headings)
    columns: dict[str, Any] = {}
    for column in table.columns:
        if column.name not in headings:
            columns[column.name] = _settled(_missing(column, len(frame)), column)
            continue
        cells = frame.iloc[:, headings.index(column.name)]
        values, complaints = _READERS[column.kind](cells, column)
        columns[column.name] = _settled(values, column)
        for each in [*complaints, *_unfilled(cells, column)]:
            faults += faults_at(
                *(table.name, each.mask, ids, column.name),
                *(each.rule, each.message, each.remedy),
            )
    return pd.DataFrame(columns, columns=list(table.names)), faults


def _heading_faults(headings: list[str], table: Table) -> list[Fault]:
    faults = []

    def report(column: str, rule: str, message: str, remedy: str) -> None:
        faults.append(Fault(table.name, None, None, column, rule, message, remedy))

    for name in dict.fromkeys(headings):
        if name not in table.names:
            meant = nearest(name, [n for n in table.names if n not in headings])
            report(
                name,
                "unknown_column",
                f"the table {table.name} has no column {name!r}",
                f"did you mean {meant!r}? rename it"
                if meant
                else f"remove it; the columns are {', '.join(table.names)}",
            )
        if headings.count(name) > 1:
            report(
                name,
                "duplicate_column",
                f"the heading {name!r} stands {headings.count(name)} times",
                "keep one of the columns",
            )
    for column in table.columns:
        if column.required and column.name not in headings:
            report(
                column.name,
                "missing_column",
                f"the column {column.name!r} ({column.meaning}) is not there",
                "add it and fill it in every row",
            )
    return faults


def _ids(frame: pd.DataFrame, headings: list[str]) -> Objects:
    if "patient_id" not in headings:
        return np.full(len(frame), None, dtype=object)
    raw = as_objects(frame.iloc[:, headings.index("patient_id")])
    if pandas_types.infer_dtype(raw, skipna=True) in ("string", "empty"):
        return raw
    ids = [None if value is None else str(value) for value in raw]
    return np.array([*ids, None], dtype=object)[:-1]


def _missing(column: Column, rows: int) -> Any:
    if column.kind == TEXT:
        return np.full(rows, None, dtype=object)
    if column.kind == NUMBER:
        return np.full(rows, np.nan)
    dtype = "Int64" if column.kind == INTEGER else "boolean"
    return pd.Series([pd.NA] * rows, dtype=dtype).array


def _settled(values: Any, column: Column) -> Any:
    if column.kind == TEXT:  # else a later pandas makes it a string type with NaN
        return pd.Series(values, dtype=object)
    if column.default is None:
        return values
    return pd.Series(values).fillna(column.default).array


def _unfilled(cells: pd.Series, column: Column) -> Iterator[_Complaint]:
    if column.required:
        plain = pandas_types.is_numeric_dtype(cells.dtype)  # no empty strings in it
        missing = cells.isna() if plain else pd.isna(as_objects(cells))
        yield _Complaint(
            "missing_value",
            np.array(missing, dtype=bool),
            lambda row: f"{column.name} is missing",
            column.if_missing,
        )


def _read_text_column(
    cells: pd.Series, column: Column
) -> tuple[Objects, list[_Complaint]]:
    values, unread = read_text(cells)
    complaints = [_wrong_type(cells, unread, column)]
    if column.allowed:
        wrong = ~pd.Series(values).isin([*column.allowed, None]).to_numpy(dtype=bool)
        complaints.append(_not_allowed(values.copy(), wrong, column))
        values[wrong] = None
        return values, complaints
    codes, words = pd.factorize(values)
    complaints.append(
        _Complaint(
            "control_character",
            _where(codes, [bool(_CONTROL.search(word)) for word in words]),
            lambda row: f"{values[row]!r} holds a line break or a control mark",
            "remove it",
        )
    )
    if column.name == "patient_id":
        complaints.append(
            _Complaint(
                "control_character",
                _where(codes, [bool(_UNSEEN.search(word)) for word in words]),
                lambda row: f"{values[row]!r} holds a mark that cannot be seen",
                "remove it",
            )
        )
        complaints.append(
            _Complaint(
                "surrounding_spaces",
                _where(codes, [word != word.strip() for word in words]),
                lambda row: f"{values[row]!r} begins or ends with a space",
                "remove the spaces",
            )
        )
    return values, complaints


def _where(codes: npt.NDArray[np.intp], verdicts: list[bool]) -> Mask:
    return np.array([*verdicts, False], dtype=bool)[codes]


def _not_allowed(values: Objects, wrong: Mask, column: Column) -> _Complaint:
    def remedy(row: int) -> str:
        meant = nearest(values[row], column.allowed)
        choices = f"use one of {', '.join(column.allowed)}"
        return f"did you mean {meant!r}? {choices}" if meant else choices

    return _Complaint(
        "value_not_allowed",
        wrong,
        lambda row: f"{values[row]!r} is not a value of {column.name}",
        remedy,
    )


def _wrong_type(cells: pd.Series, unread: Mask, column: Column) -> _Complaint:
    wanted, remedy = {
        TEXT: ("text", "write it as text"),
        INTEGER: ("a whole number", "write digits only"),
        NUMBER: ("a number", "write digits with a decimal point"),
        FLAG: ("true or false", "write true or false (or 1 or 0)"),
    }[column.kind]

    def mend(row: int) -> str:
        value = cells.iloc[row]
        if isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value):
            return f"write a decimal point: {value.replace(',', '.')}"
        if hasattr(value, "year") and column.unit == "days from diagnosis":
            return "give days counted from diagnosis, which is day 0, not dates"
        return remedy

    return _Complaint(
        "wrong_type",
        unread,
        lambda row: f"{_shown(cells.iloc[row])} is not {wanted}",
        mend,
    )


def _shown(value: Any) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    return repr(value)


def _read_number_column(
    cells: pd.Series, column: Column
) -> tuple[Any, list[_Complaint]]:
    values, unread = read_numbers(cells)
    infinite = np.isinf(values)
    given = values.copy()
    values[infinite] = np.nan
    complaints = [
        _wrong_type(cells, unread, column),
        _Complaint(
            "not_finite",
            infinite,
            lambda row: f"{column.name} is {given[row]}",
            "give a finite number"
            + ("" if column.required else ", or leave it empty when not known"),
        ),
    ]
    if column.kind == INTEGER:
        broken = np.isfinite(values) & (values != np.trunc(values))
        complaints.append(
            _Complaint(
                "not_whole",
                broken,
                lambda row: f"{column.name} {given[row]:.12g} is not a whole number",
                f"give whole {column.unit}",
            )
        )
        values[broken] = np.nan
    beyond = outside(values, column)
    complaints.append(
        _Complaint(
            "out_of_range",
            beyond,
            lambda row: f"{column.name} {given[row]:.12g} is out of range",
            f"it must be {column.range_in_words}; check the value and its unit",
        )
    )
    values[beyond] = np.nan
    if column.kind == INTEGER:
        return pd.Series(values).astype("Int64").array, complaints
    return values, complaints


def outside(values: npt.NDArray[np.float64], column: Column) -> Mask:
    """Return where ``values`` lie outside the column's range; missing never does.

    Examples
    --------
    >>> from jdm_stats.schema import MEASURES
    >>> outside(np.array([52.0, 53.0, np.nan]), MEASURES["cmas"])
    array([False,  True, False])
    """
    beyond = np.zeros(len(values), dtype=bool)
    if column.low is not None:
        beyond |= values < column.low
    if column.high is not None:
        beyond |= values > column.high
    if column.above is not None:
        beyond |= values <= column.above
    if column.below is not None:
        beyond |= values >= column.below
    return beyond


def _read_flag_column(cells: pd.Series, column: Column) -> tuple[Any, list[_Complaint]]:
    values, unread = read_flags(cells)
    return values, [_wrong_type(cells, unread, column)]


_READERS: Mapping[str, Callable[[pd.Series, Column], tuple[Any, list[_Complaint]]]] = {
    TEXT: _read_text_column,
    INTEGER: _read_number_column,
    NUMBER: _read_number_column,
    FLAG: _read_flag_column,
}
