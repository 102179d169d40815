"""Values over time on (start, stop] rows: by hand, as R's tmerge, and day by day."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.errors import IntervalError, UsageError
from jdm_stats.intervals.merging import merge_tally, merge_values
from jdm_stats.intervals.split import split_rows
from jdm_stats.intervals.terms import event_at, event_count, last_value, running_total

REFERENCE = Path(__file__).parents[1] / "reference" / "intervals_merge.json"
R = json.loads(REFERENCE.read_text(encoding="utf-8"))
NAMES = {"patient_id": "id", "start": "tstart", "stop": "tstop"}


def frame(columns):
    return pd.DataFrame({name: values for name, values in columns.items()})


def rows_of(*rows):
    return pd.DataFrame(rows, columns=["patient_id", "start", "stop", "event"])


def days(*rows, columns=("patient_id", "day", "x")):
    return pd.DataFrame(rows, columns=list(columns))


def assert_as_in_r(got, expected, columns):
    assert len(got) == len(frame(expected))
    for name in ["id", "tstart", "tstop", *columns]:
        wanted = pd.to_numeric(pd.Series(expected[name]))
        np.testing.assert_allclose(
            got[name].to_numpy(dtype=float, na_value=np.nan), wanted, err_msg=name
        )


def assert_tally_as_in_r(got, expected):
    expected = frame(expected).rename(columns={"_row": "column"})
    expected["column"] = expected["column"].str.removesuffix(".1")
    pd.testing.assert_frame_equal(
        got[expected.columns].reset_index(drop=True), expected, check_dtype=False
    )


def test_visits_of_pbc_as_in_tmerge():
    case = R["pbc"]
    terms = {name: last_value(name) for name in ("ascites", "bili", "chol")}
    got = merge_values(
        frame(case["rows"]),
        frame(case["values"]),
        terms | {"visits": running_total()},
        event="death",
        **NAMES,
    )
    assert_as_in_r(got, case["merged"], ["death", *terms, "visits"])
    assert_tally_as_in_r(merge_tally(got), case["tcount"])
    keeping = merge_values(
        frame(case["rows"]),
        frame(case["values"]),
        {"chol": last_value("chol")},
        event="death",
        carry_missing=True,
        **NAMES,
    )
    assert_as_in_r(keeping, case["merged_keeping_missing"], ["death", "chol"])


def test_infections_of_cgd_as_in_tmerge():
    case = R["cgd"]
    terms = {"infect": event_at(), "number": event_count(), "before": running_total()}
    got = merge_values(
        frame(case["rows"]), frame(case["values"]), terms, event="end", **NAMES
    )
    assert_as_in_r(got, case["merged"], [*terms, "end"])
    assert_tally_as_in_r(merge_tally(got), case["tcount"])


def test_transplants_of_jasa_as_in_tmerge():
    case = R["jasa"]
    got = merge_values(
        frame(case["rows"]),
        frame(case["values"]),
        {"transplant": last_value()},
        day="wait",
        event="death",
        **NAMES,
    )
    assert_as_in_r(got, case["merged"], ["death", "transplant"])
    assert_tally_as_in_r(merge_tally(got), case["tcount"])


def test_gaps_ties_and_a_second_merge_as_in_tmerge():
    case = R["made_up"]
    rows, values = frame(case["rows"]), frame(case["values"])
    terms = {
        "x": last_value("x"),
        "sum_x": running_total("x"),
        "n": event_at("n"),
        "number": event_count("n"),
        "counted": running_total(),
    }
    order = np.random.default_rng(5).permutation(len(rows))
    got = merge_values(rows.iloc[order], values, terms, event="e", **NAMES)
    tally = merge_tally(got)
    sorted_got = got.sort_values(["id", "tstart"])
    assert_as_in_r(sorted_got, case["merged"], ["e", *terms])
    assert_tally_as_in_r(tally, case["tcount"])
    later = merge_values(
        got,
        frame(case["later_values"]),
        {
            "x": last_value("x", keep_existing=True),
            "n": event_at("n", keep_existing=True),
        },
        event="e",
        **NAMES,
    )
    later_tally = merge_tally(later)
    later = later.sort_values(["id", "tstart"])
    assert_as_in_r(later, case["later_merged"], ["e", *terms])
    assert_tally_as_in_r(
        later_tally, {k: v[1:] for k, v in case["later_tcount"].items()}
    )


def test_two_children_by_hand():
    rows = rows_of(("A", 0, 10, 0), ("A", 10, 20, 1), ("B", 5, 9, 0))
    labs = days(
        *[("B", 2, 7.0), ("A", 4, 1.0), ("A", 10, 2.0), ("A", 20, 3.0), ("C", 1, 9.0)]
    )
    got = merge_values(rows, labs, {"x": last_value("x"), "sum": running_total("x")})
    assert got.drop(columns="patient_id").fillna(-1).values.tolist() == [
        [0, 4, 0, -1, 0],
        [4, 10, 0, 1, 1],
        [10, 20, 1, 2, 3],
        [5, 9, 0, 7, 7],
    ]
    assert got["patient_id"].tolist() == ["A", "A", "A", "B"]
    tally = merge_tally(got).set_index("column")
    assert tally.loc["x"].to_dict() == {
        **{"early": 1, "late": 0, "gap": 0, "within": 1, "boundary": 1, "leading": 0},
        **{"trailing": 1, "tied": 0, "missid": 1, "missing": 0},
    }
    assert got.attrs["jdm_stats"]["synthetic"] is False


def test_a_lag_moves_every_value_and_no_event():
    rows = rows_of(("A", 0, 30, 0))
    labs = days(("A", -2, 1), ("A", 10, 2))
    got = merge_values(
        rows, labs, {"x": last_value("x", default=0), "seen": event_at()}, lag=7
    )
    assert got[["start", "stop", "x", "seen"]].values.tolist() == [
        [0, 5, 0, 0],
        [5, 10, 1, 1],
        [10, 17, 1, 0],
        [17, 30, 2, 0],
    ]
    assert got.dtypes[["start", "stop", "x"]].tolist() == [np.dtype("int64")] * 3
    half = merge_values(rows, labs, {"x": last_value("x")}, lag=0.5)
    assert half["stop"].tolist() == [10.5, 30.0]


def test_values_of_any_type_keep_it():
    rows = rows_of(("A", 0, 9, 1))
    labs = pd.DataFrame(
        {
            "patient_id": ["A", "A"],
            "day": [3, 5],
            "word": ["low", "high"],
            "grade": pd.Categorical(["b", "a"], categories=["a", "b"], ordered=True),
            "flag": [True, False],
            "count": pd.array([4, 5], dtype="Int64"),
            "date": pd.to_datetime(["2020-01-01", "2020-02-01"]),
        }
    )
    names = ["word", "grade", "flag", "count", "date"]
    got = merge_values(rows, labs, {name: last_value(name) for name in names})
    assert got["word"].isna().tolist() == [True, False, False]
    assert got["grade"].dtype == labs["grade"].dtype
    assert got["count"].tolist()[1:] == [4, 5] and got["count"].dtype == "Int64"
    assert got["date"].iloc[2] == pd.Timestamp("2020-02-01")
    with_default = merge_values(
        rows,
        labs,
        {
            "word": last_value("word", default="none"),
            "grade": last_value("grade", default="a"),
            "flag": last_value("flag", default=False),
        },
    )
    assert with_default["word"].tolist() == ["none", "low", "high"]
    assert with_default["grade"].dtype == labs["grade"].dtype
    assert with_default["flag"].tolist() == [False, True, False]


def test_an_event_of_an_earlier_merge_stays_on_the_last_piece():
    rows = rows_of(("A", 0, 30, 1)).drop(columns="event")
    first = merge_values(rows, days(("A", 20, 1)), {"ill": event_at()}, event=None)
    again = merge_values(first, days(("A", 5, 3)), {"x": last_value("x")}, event=None)
    assert again["ill"].tolist() == [0, 1, 0]
    assert split_rows(again, [7], event=None)["ill"].tolist() == [0, 0, 1, 0]


def test_nothing_to_merge_and_no_rows():
    rows = rows_of(("A", 0, 30, 1))
    none = days(("A", 1, 1.0)).iloc[:0]
    terms = {
        "x": last_value("x"),
        "y": last_value("x", default=1.5),
        "n": running_total(),
        "e": event_count(),
    }
    got = merge_values(rows, none, terms)
    assert got[["y", "n", "e"]].values.tolist() == [[1.5, 0.0, 0]]
    assert got["x"].isna().all()
    assert len(merge_values(rows.iloc[:0], days(("A", 1, 1.0)), terms)) == 0


def test_synthetic_values_mark_the_rows():
    values = days(("A", 3, 1))
    values.attrs["jdm_stats"] = {"synthetic": True}
    got = merge_values(rows_of(("A", 0, 9, 1)), values, {"x": last_value("x")})
    assert got.attrs["jdm_stats"]["synthetic"] is True


def test_what_cannot_be_merged_is_told_all_at_once():
    rows, labs = rows_of(("A", 0, 9, 1)), days(("A", 1, "high"))
    with pytest.raises(UsageError) as told:
        merge_values(
            rows,
            labs,
            {
                "event": last_value("x"),
                "s": running_total("x"),
                "z": last_value("z"),
                "k": last_value("x", keep_existing=True),
            },
            lag=-1,
        )
    for part in (
        "has a column 'event' already",
        "running_total needs numbers, column 'x'",
        "no column 'z' in the values",
        "no column 'k' to keep",
        "lag must be",
    ):
        assert part in str(told.value)
    for terms in ({}, {"x": "last"}, None):
        with pytest.raises(UsageError, match="term"):
            merge_values(rows, labs, terms)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"day": [np.nan]}, "missing or infinite times"),
        ({"day": [np.inf]}, "missing or infinite times"),
        ({"day": ["3"]}, "must be numeric"),
        ({"patient_id": [None]}, "names no child"),
        ({"patient_id": [1]}, "one type"),
    ],
)
def test_values_that_cannot_be_placed_are_refused(change, told):
    values = days(("A", 1, 2.0)).assign(**change)
    with pytest.raises(UsageError, match=told):
        merge_values(rows_of(("A", 0, 9, 1)), values, {"x": last_value("x")})


def test_overlapping_rows_are_refused_by_name():
    rows = rows_of(("A", 0, 9, 0), ("B", 0, 4, 0), ("A", 8, 12, 0))
    with pytest.raises(IntervalError, match="overlap") as told:
        merge_values(rows, days(("A", 1, 2.0)), {"x": last_value("x")})
    assert [fault.row for fault in told.value.faults] == [3]


SPANS = st.lists(
    st.tuples(st.sampled_from("ABC"), st.lists(st.integers(0, 12), max_size=5)),
    max_size=4,
    unique_by=lambda spans: spans[0],
)
VALUES = st.lists(
    st.tuples(
        st.sampled_from("ABCD"),
        st.integers(-3, 15),
        st.one_of(st.none(), st.integers(0, 9)),
    ),
    max_size=10,
)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(SPANS, VALUES, st.integers(0, 3), st.randoms(use_true_random=False))
def test_merging_agrees_with_going_day_by_day(children, values, lag, shuffle):
    rows = [
        (child, a, b, (a + b) % 2)
        for child, edges in children
        for a, b in zip(sorted(set(edges)), sorted(set(edges))[1:], strict=False)
        if (a + b) % 3  # leaves gaps
    ]
    shuffle.shuffle(rows)
    table = rows_of(*rows).astype({"start": int, "stop": int, "event": int})
    labs = days(*values).astype({"day": int, "x": float})
    got = merge_values(
        table,
        labs,
        {"x": last_value("x"), "sum": running_total("x"), "hit": event_at("x")},
        lag=lag,
    )
    assert (got["stop"] - got["start"]).sum() == sum(b - a for _, a, b, _ in rows)
    assert got["event"].sum() == sum(event for *_, event in rows)
    known = [value for value in values if value[2] is not None]
    for piece in got.itertuples():
        for day in range(piece.start, piece.stop):
            until = sorted(
                (v for v in known if v[0] == piece.patient_id and v[1] + lag <= day),
                key=lambda value: value[1],
            )
            assert piece.sum == sum(value[2] for value in until)
            assert piece.x == until[-1][2] if until else np.isnan(piece.x)
        hits = [v[2] for v in known if v[:2] == (piece.patient_id, piece.stop)]
        assert piece.hit == (hits[-1] if hits else 0)
    tally = merge_tally(got).set_index("column").drop(columns="tied")
    assert (tally.sum(axis=1) == len(values)).all()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(VALUES, st.integers(-50, 50), st.randoms(use_true_random=False))
def test_order_of_rows_and_origin_of_time_do_not_matter(values, shift, shuffle):
    rows = rows_of(("A", 0, 6, 0), ("A", 8, 11, 1), ("B", -2, 9, 0), ("C", 3, 4, 1))
    labs = days(*values).astype({"day": int, "x": float})
    terms = {"x": last_value("x"), "n": event_count()}
    got = merge_values(rows, labs, terms)
    order = list(range(4))
    shuffle.shuffle(order)
    moved = rows.iloc[order].assign(start=rows.start + shift, stop=rows.stop + shift)
    other = merge_values(moved, labs.assign(day=labs.day + shift), terms)
    other[["start", "stop"]] -= shift
    columns = ["patient_id", "start"]
    pd.testing.assert_frame_equal(
        got.sort_values(columns, ignore_index=True),
        other.sort_values(columns, ignore_index=True),
    )
    assert merge_tally(got).equals(merge_tally(other))
