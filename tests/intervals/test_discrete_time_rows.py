"""Whole-period rows: by hand, what is conserved, and the Cox model they come near to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import IntervalError, UsageError
from jdm_stats.intervals.discrete import discrete_time_rows
from jdm_stats.models.conditional_logistic import fit_conditional_logistic
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic


def five_children() -> pd.DataFrame:
    """Periods (0, 30], (30, 60], (60, 90]."""
    rows = [
        ("a", 0, 20, 0, 0),  # exposed from day 20: acts from the second period on
        ("a", 20, 70, 1, 1),  # outcome on day 70
        ("b", 0, 74, 0, 0),  # lost on day 74: 14 of 30 days
        ("c", 0, 75, 0, 0),  # lost on day 75: 15 of 30 days
        ("d", 50, 60, 1, 1),  # enters on day 50, outcome on day 60
        ("e", 0, 31, 2, 0),  # dies on day 31
    ]
    return pd.DataFrame(rows, columns=["patient_id", "start", "stop", "event", "pulse"])


def kept(rows: pd.DataFrame) -> list[tuple[str, int]]:
    return list(zip(rows["patient_id"], rows["period"], strict=True))


def test_periods_by_hand():
    rows = discrete_time_rows(five_children())
    assert kept(rows) == [
        *[("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1)],
        *[("c", 0), ("c", 1), ("c", 2), ("d", 1), ("e", 0), ("e", 1)],
    ]
    assert rows["event"].tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 2]
    assert rows["pulse"].tolist() == [0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0]
    share = dict(zip(kept(rows), rows["share_of_period"], strict=True))
    assert share[("a", 2)] == 1.0  # to the end of the period, not to the outcome
    assert share[("d", 1)] == pytest.approx(10 / 30)
    assert share[("e", 1)] == pytest.approx(1 / 30)
    assert share[("c", 2)] == 0.5
    assert rows.attrs["jdm_stats"]["tally"] == {
        "rows_given": 6,
        "rows": 11,
        "periods": 3,
        "periods_without_outcome": 1,
        "outcomes": 2,
        "competing_events": 1,
        "incomplete_rows": 2,
        "incomplete_rows_left_out": 1,
    }


def test_the_rule_for_a_period_followed_in_part():
    for rule, last in (
        ("keep", {("b", 2), ("c", 2)}),
        ("half", {("c", 2)}),
        ("drop", set()),
    ):
        rows = discrete_time_rows(five_children(), incomplete=rule)
        assert {k for k in kept(rows) if k[1] == 2 and k[0] in "bc"} == last
        assert rows["event"].tolist().count(1) == 2
        assert rule == rows.attrs["jdm_stats"]["incomplete"]


def test_person_time_and_events_are_conserved_when_all_is_kept():
    frame = five_children()
    rows = discrete_time_rows(frame, width_days=7, incomplete="keep")
    assert rows["days_at_risk"].sum() == (frame["stop"] - frame["start"]).sum()
    assert (rows["stop"] - rows["start"]).sum() == rows["days_at_risk"].sum()
    assert np.allclose(np.exp(rows["log_share"]), rows["share_of_period"])


def test_splitting_a_row_first_changes_nothing():
    from jdm_stats.intervals.split import split_rows

    frame = five_children()
    again = discrete_time_rows(split_rows(frame, [5, 33, 61]))
    pd.testing.assert_frame_equal(discrete_time_rows(frame), again)


def test_cuts_and_bands():
    rows = discrete_time_rows(five_children(), cuts=[60], bands=[60])
    assert rows["period_stop"].unique().tolist() == [60.0, 75.0]
    assert rows["band"].tolist() == [
        "from 60" if late else "from 0" for late in rows["period_start"] >= 60
    ]


def test_a_value_of_a_later_day_is_refused():
    frame = five_children().assign(cumulative=1.0)
    frame.attrs["jdm_stats"] = {"daily_measures": ["cumulative"], "every_days": None}
    with pytest.raises(UsageError, match=r"cumulative change daily.*every_days"):
        discrete_time_rows(frame)
    frame.attrs["jdm_stats"]["every_days"] = 10
    assert len(discrete_time_rows(frame)) == 11
    with pytest.raises(UsageError, match="every_days"):
        discrete_time_rows(frame, width_days=25)


def test_life_after_an_event_and_rows_at_fault_are_refused():
    frame = five_children()
    more = pd.concat(
        [frame, frame.iloc[[1]].assign(start=70, stop=80)], ignore_index=True
    )
    with pytest.raises((UsageError, IntervalError), match="a"):
        discrete_time_rows(more)
    with pytest.raises(IntervalError):
        discrete_time_rows(frame.assign(stop=frame["start"]))
    with pytest.raises(UsageError, match="width_days"):
        discrete_time_rows(frame, width_days=0)
    with pytest.raises(UsageError, match="incomplete"):
        discrete_time_rows(frame, incomplete="maybe")
    with pytest.raises(UsageError, match="period"):
        discrete_time_rows(frame.assign(period=1))


def cohort(n: int, seed: int) -> pd.DataFrame:
    """Hazard ratio 2 for the exposed, a rare outcome, whole days."""
    rng = np.random.default_rng(seed)
    exposed = rng.random(n) < 0.5
    day = np.ceil(rng.exponential(1 / (0.0004 * np.where(exposed, 2.0, 1.0))))
    lost = rng.integers(50, 400, n)
    return pd.DataFrame(
        {
            "patient_id": np.arange(n).astype(str),
            "start": 0,
            "stop": np.minimum(day, lost).astype(int),
            "event": (day <= lost).astype(int),
            "nxp2": exposed.astype(float),
        }
    )


def test_a_fine_grid_comes_near_the_cox_model():
    """An intercept for each day with an outcome; days without one say nothing of it."""
    frame = cohort(250, 3)
    cox = fit_cox(frame, "nxp2", ties="breslow", interval="wald").summary.loc["nxp2"]
    gaps = []
    for width in (60, 10, 1):
        rows = discrete_time_rows(frame, width_days=width, incomplete="half")
        busy = rows.loc[rows["event"] == 1, "period"].unique()
        pooled = fit_logistic(
            rows[rows["period"].isin(busy)], "C(period) + nxp2", interval="wald"
        ).summary.loc["nxp2"]
        gaps.append(abs(pooled["coef"] - cox["coef"]))
        assert abs(pooled["se(coef)"] - cox["se(coef)"]) < 0.02
    assert gaps[-1] < 0.005
    assert max(gaps) < 0.1


def test_periods_as_matched_sets_are_the_exact_cox_model():
    """Without ties on a day, days as sets give the partial likelihood itself."""
    frame = cohort(120, 11)
    happened = frame["event"] == 1
    frame = frame[~(happened & frame.loc[happened, "stop"].duplicated())]
    cox = fit_cox(frame, "nxp2")
    sets = discrete_time_rows(frame, width_days=1)
    fit = fit_conditional_logistic(sets, "nxp2", set_id="period")
    assert fit.n_events == cox.n_events
    assert fit.summary.loc["nxp2", "coef"] == pytest.approx(
        cox.summary.loc["nxp2", "coef"], abs=1e-9
    )
    assert fit.covariance.iloc[0, 0] == pytest.approx(
        cox.covariance.iloc[0, 0], rel=1e-9
    )


def test_a_pooled_fit_by_child_has_robust_limits():
    rows = discrete_time_rows(cohort(250, 3), width_days=30, bands=[120, 240])
    fit = fit_logistic(rows, "C(band) + nxp2", cluster="patient_id")
    assert fit.interval == "robust"
    notes = " ".join(fit.notes)
    assert "Whole-period rows" in notes and "by patient_id" in notes


def test_bands_give_a_finite_fit_where_periods_do_not():
    rows = discrete_time_rows(cohort(250, 3), width_days=30, bands=[120, 240])
    fit = fit_logistic(rows, "C(band) + nxp2", interval="wald")
    assert fit.converged
    assert 0 < fit.summary.loc["nxp2", "coef"] < 1.5
