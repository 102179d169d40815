"""What must not change a Fine-Gray fit, and what must."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from jdm_stats.models.cox import fit_cox
from jdm_stats.models.fine_gray import fit_fine_gray
from jdm_stats.models.priors import NormalPrior

child = st.tuples(
    st.integers(0, 3),  # entry
    st.integers(1, 9),  # length
    st.integers(0, 2),  # event
    st.integers(0, 1),  # nxp2
    st.integers(-2, 2),  # age
)
children = st.lists(child, min_size=8, max_size=30)
few = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)


def frame_of(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["start", "stop", "event", "nxp2", "age"])
    frame["stop"] += frame["start"]
    return frame.assign(patient_id=[f"P{i}" for i in range(len(frame))])


def held(frame: pd.DataFrame, **options):
    """A fit with a wide prior, which exists wherever an event sees a contrast."""
    fit = fit_fine_gray(
        frame, "nxp2 + age", penalty=NormalPrior(sd=3), interval="wald", **options
    )
    assume(fit.converged and np.isfinite(fit.summary["coef"]).all())
    return fit


def same(one, other, rtol: float = 1e-7) -> None:
    np.testing.assert_allclose(
        one.summary["coef"], other.summary["coef"], rtol=rtol, atol=1e-7
    )
    values = [fit.inference.solution.penalised_log_likelihood for fit in (one, other)]
    assert values[0] == pytest.approx(values[1], rel=1e-9)


@few
@given(rows=children, day=st.integers(1, 8), seed=st.integers(0, 99))
def test_splitting_and_permuting_change_nothing(rows, day, seed):
    frame = frame_of(rows)
    whole = held(frame)
    long = (frame["start"] < day) & (frame["stop"] > day)
    cut = frame.assign(
        stop=frame["stop"].where(~long, day), event=frame["event"].where(~long, 0)
    )
    parts = pd.concat([cut, frame[long].assign(start=day)], ignore_index=True)
    order = np.random.default_rng(seed).permutation(len(parts))
    same(whole, held(parts.iloc[order]))


@few
@given(rows=children, shift=st.integers(-50, 50), scale=st.sampled_from([0.5, 30.4]))
def test_shifting_and_scaling_time_change_nothing(rows, shift, scale):
    frame = frame_of(rows)
    moved = frame.assign(
        start=frame["start"] * scale + shift, stop=frame["stop"] * scale + shift
    )
    same(held(frame), held(moved))


@few
@given(rows=children)
def test_the_code_of_a_competing_event_does_not_matter(rows):
    frame = frame_of(rows)
    coded = frame.assign(event=frame["event"].replace(2, 5))
    same(held(frame), held(coded))
    swapped = frame.assign(event=frame["event"].map({0: 0, 1: 2, 2: 1}))
    same(held(frame), held(swapped, cause=2))


@few
@given(rows=children)
def test_without_competing_events_it_is_cox(rows):
    frame = frame_of(rows)
    frame["event"] = (frame["event"] == 1).astype(int)
    ours = held(frame)
    cox = fit_cox(
        frame,
        "nxp2 + age",
        penalty=NormalPrior(sd=3),
        interval="wald",
        ties="breslow",
    )
    same(ours, cox, rtol=1e-12)


@few
@given(rows=children)
def test_a_weight_of_two_is_two_children_when_no_one_is_censored(rows):
    """The censoring law takes no notice of weights, so it must be trivial here."""
    frame = frame_of(rows).assign(start=0)
    frame["event"] = frame["event"].replace(0, 2)
    frame["w"] = 1 + frame["nxp2"]
    twice = frame[frame["w"] == 2].assign(patient_id=lambda f: f["patient_id"] + "b")
    weighted = held(frame, weights="w")
    same(weighted, held(pd.concat([frame, twice], ignore_index=True)))


def test_followed_to_the_end_the_dead_stay_whole():
    """Without censoring the fit is Cox with the dead followed beyond the last event."""
    rng = np.random.default_rng(3)
    frame = frame_of(
        list(
            zip(
                np.zeros(60, int),
                rng.integers(1, 20, 60),
                rng.integers(1, 3, 60),
                rng.integers(0, 2, 60),
                rng.integers(-2, 3, 60),
                strict=True,
            )
        )
    )
    ours = fit_fine_gray(frame, "nxp2 + age", interval="wald")
    stayed = frame.assign(stop=frame["stop"].where(frame["event"] == 1, 99))
    stayed["event"] = (frame["event"] == 1).astype(int)
    cox = fit_cox(stayed, "nxp2 + age", ties="breslow", interval="wald")
    pd.testing.assert_frame_equal(ours.summary, cox.summary, rtol=1e-10)
