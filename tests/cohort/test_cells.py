"""Reading cells by hand: what each kind of column takes, and what it will not guess."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.cells import as_objects, read_flags, read_numbers, read_text
from jdm_stats.cohort.columns import conform
from jdm_stats.errors import UsageError
from jdm_stats.schema import TABLES

NAN = float("nan")


def cells(*values: Any, dtype: Any = object) -> pd.Series:
    return pd.Series(list(values), dtype=dtype)


@pytest.mark.parametrize(
    "column",
    [
        cells("a", None),
        cells("a", np.nan),
        cells("a", pd.NA),
        cells("a", ""),
        cells("a", None, dtype="string"),
        cells("a", None, dtype="category"),
    ],
)
def test_every_way_of_being_missing_is_none(column: pd.Series) -> None:
    assert as_objects(column).tolist() == ["a", None]


def test_words_for_missing_are_words() -> None:
    words = ["none", "NA", "nan", "null", " "]
    assert read_text(cells(*words))[0].tolist() == words


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0),
        (3.5, 3.5),
        (np.int8(3), 3.0),
        (np.float32(0.5), 0.5),
        (Decimal("2.25"), 2.25),
        ("3", 3.0),
        ("-3.50", -3.5),
        ("+.5", 0.5),
        ("1e3", 1000.0),
        ("0.1", 0.1),
        ("12345.678901234567", 12345.678901234567),
        ("1e999", np.inf),
        (10**400, np.inf),
    ],
)
def test_what_is_a_number(value: Any, number: float) -> None:
    values, unread = read_numbers(cells(value, None))
    assert values[0] == number and np.isnan(values[1])
    assert not unread.any()


@pytest.mark.parametrize(
    "value",
    [
        *("12,5", "1_000", "0x10", "1 000", " 1", "1 ", "nan", "inf", "-", "٣"),
        *(True, False, np.True_, 1 + 2j, pd.Timestamp("2020-01-01"), [1], {"a": 1}),
    ],
)
def test_what_is_not_a_number(value: Any) -> None:
    values, unread = read_numbers(cells(value, 1))
    assert np.isnan(values[0]) and unread.tolist() == [True, False]


def test_a_flag_is_not_a_number_even_beside_numbers() -> None:
    _, unread = read_numbers(cells(1, True, 0, False))
    assert unread.tolist() == [False, True, False, True]
    assert read_numbers(cells(True, False, dtype=bool))[1].all()


@pytest.mark.parametrize("dtype", ["int64", "uint8", "float32", "Int64", "Float64"])
def test_numeric_columns_are_numbers(dtype: str) -> None:
    values, unread = read_numbers(cells(1, 2, dtype=dtype))
    assert values.dtype == np.float64
    assert values.tolist() == [1.0, 2.0] and not unread.any()


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        *((True, True), (np.False_, False), (1, True), (0.0, False)),
        *(("true", True), ("FALSE", False), ("True", True), ("1", True), ("0", False)),
    ],
)
def test_what_is_a_flag(value: Any, flag: bool) -> None:
    values, unread = read_flags(cells(value, None))
    assert values.tolist() == [flag, pd.NA] and not unread.any()


@pytest.mark.parametrize("value", ["yes", "no", "t", "2", 2, -1, 0.5, [], {"a": 1}])
def test_what_is_not_a_flag(value: Any) -> None:
    values, unread = read_flags(cells(value, True))
    assert values.tolist() == [pd.NA, True]
    assert unread.tolist() == [True, False]


def test_ids_read_as_numbers_keep_their_digits() -> None:
    assert read_text(cells(7, 8, dtype="int64"))[0].tolist() == ["7", "8"]
    assert read_text(cells("007"))[0].tolist() == ["007"]
    assert read_text(cells(7.0, dtype=float))[1].tolist() == [True]


@pytest.mark.parametrize("name", TABLES)
def test_conform_gives_every_column_its_type(name: str) -> None:
    tidy, _ = conform(pd.DataFrame(index=range(2)), TABLES[name])
    kinds = {"text": "object", "integer": "Int64", "number": "float64"}
    assert [str(dtype) for dtype in tidy.dtypes] == [
        kinds.get(column.kind, "boolean") for column in TABLES[name].columns
    ]
    assert list(tidy.columns) == list(TABLES[name].names)


def test_conform_fills_defaults_and_leaves_its_argument_alone() -> None:
    frame = pd.DataFrame(
        {
            "patient_id": ["A", "B"],
            "start_day": [1.5, 2.0],
            "dose_mg": [np.inf, 5.0],
            "every_n_days": [np.nan, 2],
        },
        index=[7, 7],
    )
    before = frame.copy(deep=True)
    tidy, _ = conform(frame, TABLES["courses"])
    pd.testing.assert_frame_equal(frame, before)
    assert tidy["every_n_days"].tolist() == [1, 2]
    assert tidy["as_needed"].tolist() == [False, False]
    assert tidy["start_day"].tolist() == [pd.NA, 2]
    assert list(tidy.index) == [0, 1]


def test_conform_wants_a_frame() -> None:
    with pytest.raises(UsageError, match="must be a pandas DataFrame, not list"):
        conform([1], TABLES["events"])  # type: ignore[arg-type]
