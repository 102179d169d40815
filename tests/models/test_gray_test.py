"""Gray's test: on paper, against cmprsk, and what it refuses."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.errors import IntervalError, UsageError
from jdm_stats.models.gray import gray_test
from tests.models.conftest import REFERENCE, read_json


@pytest.fixture(scope="module")
def mgus2() -> pd.DataFrame:
    frame = pd.read_csv(REFERENCE / "mgus2.csv").rename(columns={"id": "patient_id"})
    return frame.assign(decade=(frame["age"] // 10).clip(5, 8))


def four(**columns) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": list("ABCD"),
            "start": 0,
            "stop": [1, 2, 3, 4],
            "event": [1, 2, 1, 0],
            "group": ["a", "a", "b", "b"],
            **columns,
        }
    )


def test_four_children_on_paper():
    """Day 1: both groups have 2. Day 3: a has 1/2 of F left but nobody at risk."""
    frame = four(event=[1, 2, 1, 0])
    test = gray_test(frame, "group")
    assert test.table["observed"].tolist() == [1, 1]
    # day 1 expects 1/2 of a; on day 3 nobody of a is at risk, so b's event is expected of b
    np.testing.assert_allclose(test.table["expected"], [0.5, 1.5], rtol=1e-15)
    # variance of a's score from the event on day 1: (1/2 x 1/2 x 2 x 2) / (2 + 2) = 1/4
    assert test.statistic == pytest.approx(0.25 / 0.25, rel=1e-14)


def test_those_who_died_count_on():
    """Log-rank would not see the dead: with C dead on day 2 he still is expected to have events."""
    frame = four(event=[2, 1, 0, 1], group=["a", "a", "a", "b"])
    test = gray_test(frame, "group")
    # day 2: a has 2 at risk standing for 2 / (2/3) = 3, of F = 0; b has 1: share 3/4
    # day 4: nobody of a
    np.testing.assert_allclose(test.table["expected"], [0.75, 1.25], rtol=1e-15)


@pytest.mark.parametrize("cause", [1, 2])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("by_male", {"by": "male"}),
        ("by_decade", {"by": "decade"}),
        ("by_male_strata_decade", {"by": "male", "strata": "decade"}),
        ("by_male_rho1", {"by": "male", "rho": 1}),
    ],
)
def test_equals_cuminc(mgus2, cause, name, options):
    expected = read_json("competing_risks.json")["gray"][name]
    found = gray_test(mgus2, cause=cause, **options)
    assert found.statistic == pytest.approx(expected["stat"][cause - 1], rel=1e-10)
    assert found.p_value == pytest.approx(expected["p"][cause - 1], rel=1e-8, abs=1e-15)
    assert found.degrees_of_freedom == expected["df"][cause - 1]


@pytest.mark.parametrize("number", [0, 1, 2, 3])
@pytest.mark.parametrize("cause", [1, 2])
def test_small_groups_with_ties_equal_cuminc(number, cause):
    record = read_json("fine_gray.json")["gray"][number]
    frame = pd.DataFrame(record["data"]).assign(start=0)
    for name, options in {
        "plain": {},
        "strata": {"strata": ["layer"]},
        "rho": {"rho": 1},
        "both": {"strata": "layer", "rho": 0.5},
    }.items():
        statistic, p_value, degrees = record[name][cause - 1]
        found = gray_test(frame, "group", cause=cause, **options)
        assert found.statistic == pytest.approx(statistic, rel=1e-10)
        assert found.p_value == pytest.approx(p_value, rel=1e-9)
        assert found.degrees_of_freedom == degrees


row = st.tuples(st.integers(1, 6), st.integers(0, 2), st.sampled_from("ab"))


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(row, min_size=6, max_size=25), seed=st.integers(0, 99))
def test_splitting_permuting_shifting_and_scaling_change_nothing(rows, seed):
    frame = pd.DataFrame(rows, columns=["stop", "event", "group"])
    frame["patient_id"], frame["start"] = [f"P{i}" for i in range(len(frame))], 0
    if frame["group"].nunique() < 2:
        return
    rng = np.random.default_rng(seed)
    whole = gray_test(frame, "group")
    long = frame["stop"] > 2
    cut = frame.assign(
        stop=frame["stop"].where(~long, 2), event=frame["event"].where(~long, 0)
    )
    parts = pd.concat([cut, frame[long].assign(start=2)])
    parts = parts.iloc[rng.permutation(len(parts))].reset_index(drop=True)
    parts[["start", "stop"]] = parts[["start", "stop"]] * 3.5 + 40
    other = gray_test(parts, "group")
    assert other.statistic == pytest.approx(whole.statistic, rel=1e-9, nan_ok=True)
    assert other.reason == whole.reason


def test_swapped_names_of_the_groups_change_nothing(mgus2):
    one = gray_test(mgus2, "decade")
    other = gray_test(mgus2.assign(decade=-mgus2["decade"]), "decade")
    assert one.statistic == pytest.approx(other.statistic, rel=1e-10)


def test_what_it_shows(mgus2):
    test = gray_test(mgus2, "male")
    assert "chi-square 1.19 on 1 degrees" in test.in_words()
    row = test.tidy().iloc[0]
    assert (row["n"], row["events"], row["test"]) == (len(mgus2), 115, "Gray's test")
    assert test.table["expected"].sum() == pytest.approx(test.table["observed"].sum())
    assert "p" in test._repr_html_()
    assert pickle.loads(pickle.dumps(test)) == test
    with pytest.raises(dataclasses.FrozenInstanceError):
        test.rho = 1


def test_children_without_a_group_are_counted():
    frame = pd.concat(
        [four(), four(patient_id=list("EFGH"), group=[None, "a", "b", "b"])]
    )
    test = gray_test(frame, "group")
    assert test.table["n"].sum() == 7
    assert any("1 children with 1 event left out: group" in note for note in test.notes)
    assert any("rough guide" in note for note in test.notes)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (four(group="a"), "only one group"),
        (four(event=[2, 2, 0, 0]), "no event of this cause"),
        (four(event=[2, 2, 1, 1]), "singular"),
        (four(stop=[1, 1, 2, 3], event=1, group=list("bbaa")), "comes to 1 before"),
    ],
)
def test_no_test_without_a_reason(frame, words):
    test = gray_test(frame, "group")
    assert np.isnan(test.statistic)
    assert np.isnan(test.p_value)
    assert words in test.reason
    assert words in test.in_words()


def test_delayed_entry_is_refused_with_the_reason():
    with pytest.raises(UsageError, match=r"1 of 4 children enter later.*fit_fine_gray"):
        gray_test(four(start=[0, 0, 1, 0]), "group")


def test_a_gap_is_refused():
    frame = pd.DataFrame(
        {
            "patient_id": ["A", "A"],
            "start": [0, 5],
            "stop": [3, 9],
            "event": [0, 1],
            "g": 1,
        }
    )
    with pytest.raises(IntervalError, match="day 3 to 5"):
        gray_test(frame, "g")


def test_a_group_that_changes_is_refused_with_the_child():
    frame = pd.DataFrame(
        {
            "patient_id": ["A", "A", "B"],
            "start": [0, 3, 0],
            "stop": [3, 9, 5],
            "event": [0, 1, 1],
            "group": ["a", "b", "b"],
        }
    )
    with pytest.raises(IntervalError, match="fixed at the start") as caught:
        gray_test(frame, "group")
    assert [fault.patient_id for fault in caught.value.faults] == ["A"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"by": "nowhere"}, "no columns"),
        ({"by": "group", "strata": "nowhere"}, "no columns"),
        ({"by": "group", "cause": 0}, "cause must be"),
        ({"by": "group", "cause": True}, "cause must be"),
        ({"by": "group", "rho": np.inf}, "rho must be"),
    ],
)
def test_wrong_calls(options, words):
    with pytest.raises(UsageError, match=words):
        gray_test(four(), **options)
