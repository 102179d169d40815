"""Periods laid over rows at risk, and rows joined again: by hand and day by day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.errors import IntervalError, UsageError
from jdm_stats.intervals.joining import collapse_rows
from jdm_stats.intervals.overlay import merge_intervals


def rows_of(*rows):
    return pd.DataFrame(rows, columns=["patient_id", "start", "stop", "event"])


def spells_of(*rows):
    return pd.DataFrame(rows, columns=["patient_id", "start", "stop", "mg"])


def test_courses_by_hand():
    rows = rows_of(("A", 0, 30, 1), ("B", 10, 20, 0))
    courses = spells_of(
        ("A", -5, 4, 40), ("A", 10, 10, 9), ("B", 0, 3, 7), ("C", 1, 2, 5)
    )
    got = merge_intervals(
        rows, courses, {"dose": "mg", "on": None}, inclusive=True, lag=1
    )
    assert got[["start", "stop", "event", "dose", "on"]].values.tolist() == [
        [0, 6, 0, 40, 1],
        [6, 11, 0, 0, 0],
        [11, 12, 0, 9, 1],
        [12, 30, 1, 0, 0],
        [10, 20, 0, 0, 0],
    ]
    assert got.attrs["jdm_stats"]["overlaid"] == [
        {
            "columns": ["dose", "on"],
            "spells": 4,
            "spells_missid": 1,
            "spells_outside": 1,
            "rows_cut": 3,
            "time_covered": 7.0,
        }
    ]
    assert got.attrs["jdm_stats"]["synthetic"] is False


def test_what_holds_where_spells_overlap_is_said():
    rows = rows_of(("A", 0, 10, 0))
    spells = spells_of(("A", 0, 10, 0.1), ("A", 2, 4, 0.2), ("A", 6, 8, -0.3))
    with pytest.raises(
        UsageError, match=r"2 spells start before .*rows 2, 3 of the spells"
    ):
        merge_intervals(rows, spells, ["mg"])
    for overlap, expected in {
        "sum": [0.1, 0.1 + 0.2, 0.1, 0.1 - 0.3, 0.1],
        "max": [0.1, 0.2, 0.1, 0.1, 0.1],
        "min": [0.1, 0.1, 0.1, -0.3, 0.1],
        "last": [0.1, 0.2, 0.1, -0.3, 0.1],
        "count": [1, 2, 1, 2, 1],
        "any": [1, 1, 1, 1, 1],
    }.items():
        got = merge_intervals(rows, spells, ["mg"], overlap=overlap)
        assert got["mg"].tolist() == expected, overlap
        assert got["stop"].tolist() == [2, 4, 6, 8, 10]


def test_outside_every_spell_the_value_may_be_missing():
    got = merge_intervals(
        rows_of(("A", 0, 9, 1)), spells_of(("A", 2, 4, 3)), ["mg"], default=None
    )
    assert got["mg"].isna().tolist() == [True, False, True]
    none = merge_intervals(
        rows_of(("A", 0, 9, 1)), spells_of(("A", 2, 4, 3)).iloc[:0], ["mg"]
    )
    assert none["mg"].tolist() == [0]


def test_wrong_spells_are_told_at_once():
    rows = rows_of(("A", 0, 9, 1))
    with pytest.raises(UsageError) as told:
        merge_intervals(
            rows.assign(mg=1),
            spells_of((None, 5, 5, np.nan), ("A", 9, 2, 1.0)),
            ["mg"],
            lag=np.nan,
        )
    for part in (
        "column 'mg' already",
        "start < stop (rows 1, 2",
        "values (row 1)",
        "names no child",
        "lag",
    ):
        assert part in str(told.value), part
    for call, part in (
        ({"columns": ["dose"]}, "no column 'dose' in the spells"),
        ({"overlap": "mean"}, "overlap is one of"),
    ):
        with pytest.raises(UsageError, match=part):
            merge_intervals(
                rows, spells_of(("A", 1, 2, 3)), **({"columns": ["mg"]} | call)
            )
    with pytest.raises(IntervalError, match="overlap"):
        merge_intervals(
            rows_of(("A", 0, 9, 1), ("A", 3, 5, 0)), spells_of(("A", 1, 2, 3)), ["mg"]
        )


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.integers(0, 9)), max_size=5, unique=True
    ),
    st.lists(
        st.tuples(
            st.sampled_from("ABC"),
            st.integers(-3, 12),
            st.integers(0, 6),
            st.integers(1, 9),
        ),
        max_size=6,
    ),
    st.sampled_from(["sum", "max", "min", "last", "count", "any"]),
    st.booleans(),
    st.integers(0, 2),
)
def test_overlay_agrees_with_going_day_by_day(blocks, spells, overlap, inclusive, lag):
    rows = rows_of(*[(child, 2 * n, 2 * n + 2, n % 2) for child, n in blocks])
    rows = rows.astype({"start": int, "stop": int, "event": int})
    table = spells_of(*[(c, a, a + d + (not inclusive), mg) for c, a, d, mg in spells])
    table = table.astype({"start": int, "stop": int, "mg": int})
    got = merge_intervals(
        rows, table, ["mg"], inclusive=inclusive, lag=lag, overlap=overlap
    )
    days = {}
    for piece in got.itertuples():
        for day in range(piece.start, piece.stop):
            days[piece.patient_id, day] = piece.mg
    assert len(days) == 2 * len(blocks)
    rule = {
        "sum": sum,
        "max": max,
        "min": min,
        "last": lambda values: values[-1],
        "count": len,
        "any": lambda values: 1,
    }[overlap]
    for (child, day), value in days.items():
        over = [
            (a, mg)
            for c, a, d, mg in spells
            if c == child and a + lag <= day <= a + d + lag
        ]
        mgs = [mg for _, mg in sorted(over, key=lambda spell: spell[0])]
        assert value == (rule(mgs) if mgs else 0)
    assert got["event"].sum() == rows["event"].sum()
    back = collapse_rows(got, ignore=["mg"])
    assert back.equals(collapse_rows(rows))


def test_rows_are_joined_by_hand():
    rows = pd.DataFrame(
        {
            "id": ["b", "a", "a", "a", "a", "b", "a"],
            "from": [0, 0, 5, 9, 12, 3, 20],
            "to": [3, 5, 9, 12, 14, 4, 25],
            "died": [False, False, False, True, False, True, False],
            "dose": [1.0, 2.0, 2.0, 2.0, 2.0, np.nan, 2.0],
            "band": list("uvwxyzq"),
        }
    )
    rows.attrs["jdm_stats"] = {"synthetic": True}
    names = {"patient_id": "id", "start": "from", "stop": "to", "event": "died"}
    got = collapse_rows(rows, ignore="band", **names)
    assert got.fillna(-1).values.tolist() == [
        ["b", 0, 3, False, 1],
        ["a", 0, 12, True, 2],
        ["a", 12, 14, False, 2],
        ["b", 3, 4, True, -1],
        ["a", 20, 25, False, 2],
    ]
    assert got.attrs["jdm_stats"]["synthetic"] is True
    assert got.attrs["jdm_stats"]["collapsed"] == {"rows": 7, "rows_left": 5}
    assert len(collapse_rows(rows, **names)) == 7
    missing = rows.assign(dose=np.nan)
    assert len(collapse_rows(missing, ignore=["band"], **names)) == 4
    assert len(collapse_rows(rows.iloc[:0], **names)) == 0


def test_what_cannot_be_joined_is_refused():
    rows = rows_of(("A", 0, 9, 1))
    for call, told in (
        ({"patient_id": "kid"}, "no column 'kid'"),
        ({"ignore": ["band"]}, "no column 'band'"),
        ({"ignore": ["stop"]}, "which the rows need"),
    ):
        with pytest.raises(UsageError, match=told):
            collapse_rows(rows, **call)
    with pytest.raises(UsageError, match="names no child"):
        collapse_rows(rows.assign(patient_id=None))
    with pytest.raises(IntervalError, match="duplicate_row"):
        collapse_rows(rows_of(("A", 0, 9, 0), ("A", 0, 9, 0)))
