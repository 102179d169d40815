"""Splitting rows: what moves, what stays, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.errors import UsageError
from jdm_stats.intervals.split import cut_spans, split_rows


def test_two_rows_by_hand():
    rows = pd.DataFrame(
        {"start": [0, 10], "stop": [10, 30], "event": [0, 2], "sex": ["f", "m"]},
        index=[7, 3],
    )
    pieces = split_rows(rows, [25, 10, 5, 30, 0, 25])
    assert pieces.values.tolist() == [
        [0, 5, 0, "f"],
        [5, 10, 0, "f"],
        [10, 25, 0, "m"],
        [25, 30, 2, "m"],
    ]
    assert pieces.dtypes.equals(rows.dtypes)
    assert rows["stop"].tolist() == [10, 30]


def test_half_days_and_other_names():
    rows = pd.DataFrame({"from": [0.0], "to": [2.5], "died": [True]})
    pieces = split_rows(rows, [0.5], start="from", stop="to", event="died")
    assert pieces["to"].tolist() == [0.5, 2.5]
    assert pieces["died"].tolist() == [False, True]
    whole = pd.DataFrame({"start": [0], "stop": [3]})
    assert split_rows(whole, [1.5], event=None)["stop"].tolist() == [1.5, 3.0]


def test_attributes_travel_and_no_cut_changes_nothing():
    rows = pd.DataFrame({"start": [0], "stop": [3], "event": [1]})
    rows.attrs["jdm_stats"] = {"outcome": "gi_perforation"}
    same = split_rows(rows, [])
    pd.testing.assert_frame_equal(same, rows)
    assert same.attrs == rows.attrs
    empty = split_rows(rows.iloc[:0], [1])
    assert len(empty) == 0


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    spans=st.lists(st.tuples(st.integers(-20, 20), st.integers(1, 30)), max_size=8),
    cuts=st.lists(st.integers(-30, 60), max_size=8),
)
def test_time_events_and_order_are_conserved(spans, cuts):
    rows = pd.DataFrame(
        {
            "start": np.array([a for a, _ in spans], dtype=np.int64),
            "stop": np.array([a + n for a, n in spans], dtype=np.int64),
            "event": np.array([n % 3 for _, n in spans], dtype=np.int64),
            "row": np.arange(len(spans)),
        }
    )
    pieces = split_rows(rows, cuts)
    assert (pieces["start"] < pieces["stop"]).all()
    whole = pieces.groupby("row").agg(
        start=("start", "min"), stop=("stop", "max"), event=("event", "sum")
    )
    assert whole.values.tolist() == rows[["start", "stop", "event"]].values.tolist()
    length = (pieces["stop"] - pieces["start"]).sum()
    assert length == (rows["stop"] - rows["start"]).sum()
    for cut in cuts:
        assert not ((pieces["start"] < cut) & (cut < pieces["stop"])).any()
    again = split_rows(pieces, cuts)
    pd.testing.assert_frame_equal(again, pieces)


def test_spans_are_cut_at_their_own_days_only():
    start, stop = np.array([0, 0]), np.array([10, 10])
    parent, begin, end = cut_spans(
        start, stop, np.array([1, 1, 0]), np.array([4, 4, 12])
    )
    assert parent.tolist() == [0, 1, 1]
    assert begin.tolist() == [0, 0, 4]
    assert end.tolist() == [10, 4, 10]


@pytest.mark.parametrize(
    ("rows", "cuts", "told"),
    [
        ({"start": [0], "stop": [1]}, [1], "no column 'event'"),
        ({"start": [1], "stop": [1], "event": [0]}, [1], "start < stop"),
        ({"start": [0], "stop": [np.nan], "event": [0]}, [1], "missing or infinite"),
        ({"start": ["0"], "stop": [1], "event": [0]}, [1], "must be numeric"),
        ({"start": [0], "stop": [1], "event": [0]}, [np.nan], "cuts must be finite"),
    ],
)
def test_what_cannot_be_split_is_refused(rows, cuts, told):
    with pytest.raises(UsageError, match=told):
        split_rows(pd.DataFrame(rows), cuts)
