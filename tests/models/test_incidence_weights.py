"""Cumulative incidence with case weights, and its jackknife variance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.errors import DesignError, UsageError
from jdm_stats.models.incidence import cumulative_incidence
from tests.models.conftest import REFERENCE, read_json


def four(**columns) -> pd.DataFrame:
    """The outcome on day 1, a death on day 2, two followed to day 3."""
    return pd.DataFrame(
        {
            "patient_id": list("ABCD"),
            "start": 0,
            "stop": [1, 2, 3, 3],
            "event": [1, 2, 0, 0],
            "w": [2.0, 1.0, 1.0, 4.0],
            **columns,
        }
    )


def test_weights_on_paper():
    """Day 1: 2 of 8. Day 2: 6/8 times 1 of 6."""
    found = cumulative_incidence(four(), weights="w").at([1, 2]).set_index("cause")
    np.testing.assert_allclose(found.loc[1, "estimate"], [1 / 4, 1 / 4], rtol=1e-15)
    np.testing.assert_allclose(found.loc[2, "estimate"], [0, 1 / 8], rtol=1e-15)
    assert found.loc[1, "n_at_risk"].tolist() == [4, 3]
    assert found.loc[1, "n_events"].tolist() == [1, 1]
    # influence on day 1: w (own - 1/4) / 8: (6/4, -1/4, -1/4, -1) / 8
    squares = np.array([6 / 4, 1 / 4, 1 / 4, 1]) / 8
    assert found.loc[1, "std_error"].iloc[0] == pytest.approx(
        np.sqrt(squares @ squares), rel=1e-14
    )


def test_jackknife_without_weights_on_paper():
    """F(1) = 1/4 of four: influences 3/16 once and -1/16 three times."""
    found = cumulative_incidence(four(), variance="jackknife").at(1)
    assert found["std_error"].iloc[0] == pytest.approx(np.sqrt(12) / 16, rel=1e-14)


@pytest.fixture(scope="module")
def mgus2() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "mgus2.csv").rename(columns={"id": "patient_id"})


@pytest.mark.parametrize("cause", [1, 2])
@pytest.mark.parametrize(
    "name", ["plain", "by_male", "weighted", "delayed", "delayed_weighted"]
)
def test_equals_survfit(mgus2, name, cause):
    record = read_json("competing_risks.json")
    expected = record["aalen_johansen"][name]
    frame, start = mgus2, "start"
    if "delayed" in name:
        frame, start = mgus2[mgus2["entry"] < mgus2["stop"]], "entry"
    curves = cumulative_incidence(
        frame,
        by="male" if name == "by_male" else None,
        weights="weight" if "weighted" in name else None,
        variance="jackknife",
        start=start,
    )
    found = curves.at(record["times"]).query("cause == @cause")
    np.testing.assert_allclose(
        found["estimate"],
        np.array(expected["pstate"])[:, cause],
        rtol=1e-12,
        atol=1e-15,
    )
    np.testing.assert_allclose(
        found["std_error"],
        np.array(expected["std_err"])[:, cause],
        rtol=1e-9,
        atol=1e-15,
    )


def halves(frame: pd.DataFrame) -> pd.DataFrame:
    """Cut every child at day 15."""
    long = (frame["start"] < 15) & (frame["stop"] > 15)
    first = frame.assign(
        stop=frame["stop"].where(~long, 15), event=frame["event"].where(~long, 0)
    )
    return pd.concat([first, frame[long].assign(start=15)], ignore_index=True)


@pytest.mark.parametrize("changing", [False, True])
def test_rows_of_a_child_equal_survfit(competing, changing):
    expected = read_json("fine_gray.json")["jackknife"]
    frame = halves(competing)
    frame["w"] = np.where(frame["group"] == "b", 1.5, 1.0)
    if changing:
        frame["w"] *= np.where(frame["start"] >= 15, 2.5, 1.0)
    curves = cumulative_incidence(frame, weights="w")
    risk = np.array(expected["changing" if changing else "pstate"])
    for cause in (1, 2):
        found = curves.at(expected["time"]).query("cause == @cause")
        np.testing.assert_allclose(found["estimate"], risk[:, cause], rtol=1e-12)
        if not changing:
            np.testing.assert_allclose(
                found["std_error"], np.array(expected["std_err"])[:, cause], rtol=1e-9
            )


@pytest.mark.parametrize("seed", range(4))
def test_jackknife_is_the_derivative(seed):
    """Sum over children of (dF / d log weight) squared; weights change within a child."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"start": rng.integers(0, 20, 9), "event": rng.integers(0, 3, 9)}
    )
    frame["stop"] = frame["start"] + rng.integers(1, 12, 9)
    frame["patient_id"] = [f"P{i}" for i in range(9)]
    frame = halves(frame).astype({"start": float})
    if seed % 2:  # a gap in a child's follow-up
        frame.loc[frame["start"] == 15, "start"] += 0.5
    frame["w"] = rng.uniform(0.5, 2, len(frame))

    def risk(weights):
        curves = cumulative_incidence(frame.assign(w=weights), weights="w")
        return curves.at(np.arange(1, 32)).query("cause == 1").reset_index(drop=True)

    step, total = 1e-5, 0.0
    for child in frame["patient_id"].unique():
        change = step * frame["w"] * (frame["patient_id"] == child)
        up, down = (risk(frame["w"] + s * change)["estimate"] for s in (1, -1))
        total = total + ((up - down) / (2 * step)) ** 2
    expected = risk(frame["w"])["std_error"] ** 2
    np.testing.assert_allclose(expected, total, atol=1e-9)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([0.01, 7.0]))
def test_scale_of_weights_splits_and_order_change_nothing(seed, scale):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "patient_id": [f"P{i}" for i in range(12)],
            "start": rng.integers(0, 10, 12),
            "event": rng.integers(0, 3, 12),
            "w": rng.uniform(0.5, 2, 12),
        }
    )
    frame["stop"] = frame["start"] + rng.integers(1, 20, 12)
    days = [5, 10, 20]
    whole = cumulative_incidence(frame, weights="w").at(days)
    parts = halves(frame).assign(w=lambda f: f["w"] * scale)
    parts = parts.iloc[rng.permutation(len(parts))]
    other = cumulative_incidence(parts, weights="w").at(days)
    columns = ["estimate", "std_error", "n_at_risk", "n_events", "n_censored"]
    pd.testing.assert_frame_equal(whole[columns], other[columns], atol=1e-9)


def test_equal_weights_are_none(competing):
    plain = cumulative_incidence(competing, variance="jackknife").tidy()
    ones = cumulative_incidence(competing.assign(w=3), weights="w").tidy()
    pd.testing.assert_frame_equal(plain, ones, atol=1e-12)


def test_what_it_says_of_weights():
    curves = cumulative_incidence(four(w=[2.0, 1.0, 0.0, 4.0]), weights="w")
    said = " ".join(curves.notes)
    assert "Left out for a weight of zero: 1 row." in said
    assert "weighted by w (1 to 4; they carry as much as 2.3 of 3 rows" in said
    without = cumulative_incidence(
        four()[lambda f: f["patient_id"] != "C"], weights="w"
    )
    pd.testing.assert_frame_equal(curves.tidy(), without.tidy())


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"weights": "nowhere"}, UsageError, "no such column"),
        (
            {"weights": "w", "variance": "greenwood"},
            UsageError,
            "takes weights for numbers",
        ),
        ({"variance": "aalen"}, UsageError, "variance must be"),
        ({"weights": "minus"}, DesignError, "below zero in 1 row .*patients B"),
        ({"weights": "gone"}, DesignError, "missing or infinite in 2 rows"),
        ({"weights": "none"}, DesignError, "every weight is zero"),
    ],
)
def test_wrong_weights(options, error, words):
    frame = four(minus=[1, -1, 1, 1], gone=[1, np.nan, np.inf, 1], none=0)
    with pytest.raises(error, match=words):
        cumulative_incidence(frame, **options)
