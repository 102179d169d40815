"""Several time scales at once: by hand, as R's survSplit and splitLexis, and back again."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.errors import UsageError
from jdm_stats.intervals.joining import collapse_rows
from jdm_stats.intervals.scales import split_on_scales
from jdm_stats.intervals.split import split_rows
from jdm_stats.intervals.time_scale import TimeScale, age_scale, calendar_scale

REFERENCE = Path(__file__).parents[1] / "reference" / "intervals_split.json"
R = json.loads(REFERENCE.read_text(encoding="utf-8"))
PEOPLE = pd.DataFrame(R["people"]).rename(columns={"entry": "start", "exit": "stop"})
THREE = {
    "years": TimeScale(R["three"]["years"], units=365.25),
    "age": age_scale(R["three"]["age"], at_zero="a0"),
    "cal": TimeScale(R["three"]["cal"], at_zero="y0", units=365.25),
}


def test_one_scale_as_in_survsplit():
    heart = pd.DataFrame(R["heart"])
    got = split_rows(heart, R["heart_cuts"])
    expected = pd.DataFrame(R["heart_split"])
    for name in ("id", "start", "stop", "event"):
        assert got[name].tolist() == expected[name].tolist()


def test_three_scales_as_in_splitlexis():
    got = split_on_scales(PEOPLE, THREE)
    expected = pd.DataFrame(R["lexis"])
    assert got["id"].tolist() == expected["id"].tolist()
    for name in ("start", "stop"):
        np.testing.assert_allclose(got[name], expected[name], rtol=0, atol=1e-8)
    assert got["event"].tolist() == expected["event"].tolist()
    for name in THREE:
        assert got[name].cat.codes.tolist() == expected[name].tolist()
    years = got.groupby("id").agg(a=("start", "min"), b=("stop", "max"))
    assert (years["a"].to_numpy() == PEOPLE["start"]).all()
    assert (years["b"].to_numpy() == PEOPLE["stop"]).all()


def test_the_order_of_the_scales_does_not_matter():
    one = split_on_scales(PEOPLE, THREE)
    other = split_on_scales(PEOPLE, dict(reversed(THREE.items())))
    pd.testing.assert_frame_equal(one, other[one.columns])
    stepwise = PEOPLE
    for name, scale in THREE.items():
        stepwise = split_on_scales(stepwise, {name: scale})
    pd.testing.assert_frame_equal(
        one[["id", "start", "stop"]], stepwise[["id", "start", "stop"]]
    )


def test_an_age_is_reached_within_the_band_that_ends_there():
    """A child of exactly 5 on day 100 has that day in (2, 5], the next in (5, 10]."""
    rows = pd.DataFrame(
        {"start": [0], "stop": [200], "event": [0], "a0": 5 - 100 / 365.25}
    )
    got = split_on_scales(rows, {"age": age_scale([2, 5, 10], at_zero="a0")})
    assert got[["start", "stop"]].values.tolist() == [[0, 100], [100, 200]]
    assert got["age"].astype(str).tolist() == ["(2, 5]", "(5, 10]"]
    assert got["age"].cat.ordered
    assert list(got["age"].cat.categories) == [
        "(-inf, 2]",
        "(2, 5]",
        "(5, 10]",
        "(10, inf)",
    ]
    assert got["stop"].dtype == np.dtype("int64")
    at_once = split_on_scales(
        got.drop(columns="age"), {"age": age_scale([5], at_zero="a0")}
    )
    assert len(at_once) == 2


def test_whole_days_keep_every_event_in_its_band():
    exact = split_on_scales(PEOPLE, THREE)
    whole = split_on_scales(PEOPLE, THREE, whole_days=True)
    assert whole[["start", "stop"]].dtypes.tolist() == [np.dtype("int64")] * 2
    assert (whole["stop"] - whole["start"]).sum() == (
        PEOPLE["stop"] - PEOPLE["start"]
    ).sum()
    columns = ["id", *THREE]
    pd.testing.assert_frame_equal(
        exact.loc[exact["event"] == 1, columns].reset_index(drop=True),
        whole.loc[whole["event"] == 1, columns].reset_index(drop=True),
    )
    for name in THREE:
        by = [exact.groupby(name, observed=False), whole.groupby(name, observed=False)]
        days = [(g["stop"].sum() - g["start"].sum()) for g in by]
        assert (abs(days[0] - days[1]) < 2 * len(PEOPLE)).all()


def test_calendar_years_from_dates_by_the_day():
    rows = pd.DataFrame(
        {
            "start": [0, 0],
            "stop": [31, 800],
            "event": [1, 1],
            "diagnosed": pd.to_datetime(["2014-12-01", "2013-06-15"]),
        }
    )
    got = split_on_scales(rows, {"year": calendar_scale([2014, 2015], "diagnosed")})
    assert got["year"].astype(str).tolist() == [
        "2014",
        "from 2015",
        "to 2013",
        "2014",
        "from 2015",
    ]
    # day 30 is 31 December; an event on day 31, 1 January 2015, is one of 2015
    assert got[["start", "stop", "event"]].values.tolist()[:2] == [
        [0, 30, 0],
        [30, 31, 1],
    ]
    assert got["stop"].iloc[2] == (date(2013, 12, 31) - date(2013, 6, 15)).days
    days = split_on_scales(
        rows.assign(diagnosed=rows["diagnosed"].dt.date),
        {"period": calendar_scale(["2014-03-01", date(2015, 3, 1)], "diagnosed")},
    )
    assert list(days["period"].cat.categories) == [
        "to 2014-02-28",
        "2014-03-01 to 2015-02-28",
        "from 2015-03-01",
    ]


def test_bands_without_cuts_and_frames_without_rows():
    rows = PEOPLE.iloc[:0]
    empty = split_on_scales(rows, THREE)
    assert len(empty) == 0 and list(empty.columns) == [*rows.columns, *THREE]
    none = split_on_scales(PEOPLE, {"all": []})
    assert none["all"].astype(str).unique().tolist() == ["(-inf, inf)"]
    pd.testing.assert_frame_equal(none.drop(columns="all"), PEOPLE)
    assert len(split_on_scales(PEOPLE, {})) == len(PEOPLE)


def test_other_names_several_events_and_the_mark():
    rows = pd.DataFrame(
        {"from": [0.0], "to": [9.0], "died": [True], "ill": [2], "x": ["a"]}
    )
    rows.attrs["jdm_stats"] = {"synthetic": True, "outcome": "died"}
    got = split_on_scales(
        rows, {"t": [4, 5]}, start="from", stop="to", event=["died", "ill"]
    )
    assert got["died"].tolist() == [False, False, True]
    assert got["ill"].tolist() == [0, 0, 2]
    assert got["x"].tolist() == ["a"] * 3
    assert got.attrs["jdm_stats"] == {
        "synthetic": True,
        "outcome": "died",
        "split": {"rows": 1, "pieces": 3, "cuts_t": 2},
    }
    assert rows.attrs["jdm_stats"] == {"synthetic": True, "outcome": "died"}


def test_everything_wrong_is_told_at_once():
    rows = pd.DataFrame(
        {
            "start": [0, 5],
            "stop": [9, 5],
            "event": ["no", "yes"],
            "age": [4, np.nan],
            "day": ["x", "y"],
        }
    )
    with pytest.raises(UsageError) as told:
        split_on_scales(
            rows,
            {
                "age": [1],
                "a": age_scale([5, "six"], at_zero="age"),
                "b": age_scale([5], at_zero="birth"),
                "c": calendar_scale([2014.5], at_zero="day"),
                "d": TimeScale([1], units=0),
                "e": 7,
            },
        )
    for part in (
        "start < stop; 1 rows",
        "event column 'event'",
        "column 'age' already",
        "scale 'a': cuts must be finite numbers",
        "scale 'a': column 'age' holds missing or infinite values at time 0 (row 2)",
        "scale 'b': no column 'birth'",
        "scale 'c': 2014.5 is no year",
        "scale 'c': column 'day' must hold dates",
        "scale 'd': units",
        "scale 'e': cuts",
    ):
        assert part in str(told.value), part
    with pytest.raises(UsageError, match="must map"):
        split_on_scales(rows, [1, 2])
    half = pd.DataFrame({"start": [0.5], "stop": [3.0], "event": [0]})
    with pytest.raises(UsageError, match="whole_days needs whole times"):
        split_on_scales(half, {"t": [2]}, whole_days=True)
    when = pd.to_datetime(["2020-01-01 12:00", None])
    timed = pd.DataFrame({"start": 0, "stop": 9, "event": 0, "day": when})
    with pytest.raises(
        UsageError, match=r"missing dates \(row 2\).*times of day \(row 1\)"
    ):
        split_on_scales(timed, {"t": calendar_scale([2020], "day")})


@pytest.mark.parametrize(
    "cuts", ["12", None, 5, [None], [np.inf], ["3"], [2 + 1j], {"a": 1}]
)
def test_cuts_that_are_no_list_of_numbers_are_refused(cuts):
    rows = pd.DataFrame({"start": [0], "stop": [9], "event": [0]})
    with pytest.raises(UsageError, match="cuts must be finite numbers"):
        split_rows(rows, cuts)
    with pytest.raises(UsageError, match="cuts must be finite numbers"):
        split_on_scales(rows, {"t": cuts})


@pytest.mark.parametrize("frame", [None, [1], {"start": [0]}, pd.Series([1])])
def test_what_is_no_frame_is_refused(frame):
    with pytest.raises(UsageError, match="must be a pandas DataFrame"):
        split_rows(frame, [1])
    with pytest.raises(UsageError, match="must be a pandas DataFrame"):
        split_on_scales(frame, {"t": [1]})


def test_column_names_that_cannot_be_told_apart_are_refused():
    rows = pd.DataFrame([[0, 1, 1, 2]], columns=["start", "stop", "event", "event"])
    with pytest.raises(UsageError, match="'event' twice"):
        split_rows(rows, [1])
    levels = pd.DataFrame(
        [[0, 1]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])
    )
    with pytest.raises(UsageError, match="several levels"):
        split_rows(levels, [1])


@pytest.mark.parametrize(
    "dtype", ["Int64", "boolean", "bool", "Float64", "int8", "float32"]
)
def test_dtypes_of_events_and_times_are_kept(dtype):
    rows = pd.DataFrame({"start": [0, 2], "stop": [4, 9], "event": [1, 0]})
    rows = rows.astype({"event": dtype, "start": "Int32", "stop": "Float64"})
    got = split_rows(rows, [3])
    assert got.dtypes.equals(rows.dtypes)
    assert got["event"].astype(int).tolist() == [0, 1, 0, 0]


CHILDREN = st.lists(
    st.tuples(
        st.integers(-30, 300), st.integers(1, 900), st.floats(0, 17), st.integers(0, 2)
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    CHILDREN,
    st.lists(st.integers(-50, 900), max_size=5),
    st.lists(st.floats(0, 19), max_size=5),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_split_and_join_gives_the_rows_back(children, cuts, ages, whole, shuffle):
    rows = pd.DataFrame(
        [(f"c{n}", a, a + d, e, age) for n, (a, d, age, e) in enumerate(children)],
        columns=["patient_id", "start", "stop", "event", "age"],
    )
    scales = {"t": cuts, "band": age_scale(ages, at_zero="age")}
    got = split_on_scales(rows, scales, whole_days=whole)
    assert (got["start"] < got["stop"]).all()
    moment = (got["start"] + got["stop"]) / 2
    if not whole:
        code = np.searchsorted(
            np.unique(ages), got["age"] + moment / 365.25, side="left"
        )
        assert (np.abs(got["band"].cat.codes - code) <= 0).all()
    code = np.searchsorted(np.unique(cuts), moment, side="left")
    assert (got["t"].cat.codes == code).all()
    order = list(range(len(got)))
    shuffle.shuffle(order)
    back = collapse_rows(got.iloc[order], ignore=["t", "band"])
    back = back.sort_values("patient_id", ignore_index=True)
    pd.testing.assert_frame_equal(back, rows, check_dtype=whole)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(CHILDREN, st.lists(st.integers(-50, 900), max_size=5), st.integers(-1000, 1000))
def test_shifting_time_shifts_the_pieces(children, cuts, shift):
    rows = pd.DataFrame(
        [(a, a + d, e) for a, d, _, e in children], columns=["start", "stop", "event"]
    )
    one = split_on_scales(rows, {"t": cuts})
    moved = rows.assign(start=rows["start"] + shift, stop=rows["stop"] + shift)
    other = split_on_scales(moved, {"t": TimeScale(cuts, at_zero=-shift)})
    other[["start", "stop"]] -= shift
    pd.testing.assert_frame_equal(one, other)
    mixed = rows.iloc[::-1]
    again = split_rows(mixed, cuts).sort_values(
        ["start", "stop", "event"], ignore_index=True
    )
    plain = split_rows(rows, cuts).sort_values(
        ["start", "stop", "event"], ignore_index=True
    )
    pd.testing.assert_frame_equal(again, plain)
