"""The mean number of events: on paper, against R, and its variance by brute force."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import IntervalError, UsageError
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.intervals.recurrent import recurrent_rows
from jdm_stats.intervals.split import split_rows
from jdm_stats.models import mean_events
from jdm_stats.models.mean_events import mean_cumulative_function
from jdm_stats.simulation.simulate import simulate_cohort

REFERENCE = Path(__file__).resolve().parents[1] / "reference"


def children() -> pd.DataFrame:
    """A: events on 1 and 3. B dies on 2. C: to day 4. D: enters on 2, event on 3, dies on 4."""
    return pd.DataFrame(
        [
            ("A", 0, 1, 1),
            ("A", 1, 3, 1),
            ("A", 3, 4, 0),
            ("B", 0, 2, 2),
            ("C", 0, 4, 0),
            ("D", 2, 3, 1),
            ("D", 3, 4, 2),
        ],
        columns=["patient_id", "start", "stop", "event"],
    )


def test_four_children_on_paper():
    curve = mean_cumulative_function(children()).tidy().set_index("time_days")
    # Day 1: 1 of A, B, C. Day 2: B of 3 dies, so 2/3 live on. Day 3: 2 of A, C, D.
    assert curve["estimate"].to_dict() == pytest.approx(
        {0: 0, 1: 1 / 3, 2: 1 / 3, 3: 1 / 3 + 2 / 3 * 2 / 3, 4: 7 / 9}
    )
    assert curve["n_at_risk"].tolist() == [3, 3, 3, 3, 3]
    assert curve["n_events"].tolist() == [0, 1, 0, 2, 0]
    assert curve["n_censored"].tolist() == [0, 0, 0, 0, 2]
    # Day 1: A gains (1 - 1/3)/3, B and C lose 1/9 each.
    assert curve.loc[1, "std_error"] == pytest.approx(np.sqrt(4 + 1 + 1) / 9)
    assert np.isnan(curve.loc[0, "conf_low"])
    reach = np.exp(1.959963984540054 * curve.loc[1, "std_error"] * 3)
    assert curve.loc[1, "conf_high"] == pytest.approx(reach / 3)


def test_the_variance_is_that_of_giving_a_child_a_little_more_weight():
    """With everyone there m times, one more copy of a child adds a weight of 1/m to it."""
    m = 1500
    rows, days = children(), [1, 2, 3, 4]
    usual = mean_cumulative_function(rows).at(days)
    many = pd.concat(
        rows.assign(patient_id=rows["patient_id"] + str(k)) for k in range(m)
    )
    squares = np.zeros(4)
    for _, own in rows.groupby("patient_id"):
        more = pd.concat([many, own])
        moved = mean_cumulative_function(more).at(days)["estimate"]
        squares += ((moved - usual["estimate"]) * m) ** 2
    np.testing.assert_allclose(usual["std_error"] ** 2, squares, rtol=3e-3)


@pytest.mark.parametrize("group", ["all", "rifn_0", "rifn_1"])
def test_cgd_equals_survfit(group):
    expected = json.loads((REFERENCE / "recurrent.json").read_text("utf-8"))
    told = expected["mcf"][group]
    cgd = pd.read_csv(REFERENCE / "cgd.csv")
    by = None if group == "all" else "rifn"
    curves = mean_cumulative_function(cgd, by, patient_id="id")
    read = curves.at(told["times"])
    if by:
        read = read[read["group"] == int(group[-1])]
    np.testing.assert_allclose(read["estimate"], told["mean"], rtol=1e-12)
    np.testing.assert_allclose(read["std_error"], told["robust_se"], rtol=1e-9)
    assert read["n_at_risk"].tolist() == told["n_risk"]


def test_cutting_permuting_and_working_in_parts_change_nothing(monkeypatch):
    cohort = simulate_cohort(150, rng=4, n_index_pattern=6)
    rows = expand_intervals(cohort, recurrent=True)
    curves = mean_cumulative_function(rows)
    assert (rows["event"] == 1).sum() > 5 and (rows["event_number"] > 1).any()
    mixed = split_rows(rows, range(30, 900, 77)).sample(frac=1, random_state=2)
    monkeypatch.setattr(mean_events, "_CELLS", 100)
    again = mean_cumulative_function(mixed)
    pd.testing.assert_frame_equal(again.tidy(), curves.tidy(), rtol=1e-12)
    assert "SYNTHETIC" in repr(curves)


def test_without_a_second_event_or_a_death_it_is_nelson_and_aalen():
    first = children().drop(index=[1, 2, 3, 5, 6])
    curve = mean_cumulative_function(first)
    assert curve.at(4)["estimate"].tolist() == [0.5]
    none = mean_cumulative_function(first.assign(event=0)).tidy()
    assert none["estimate"].tolist() == [0.0] * len(none)


def test_notes_and_what_is_refused():
    rows = children()
    notes = " ".join(mean_cumulative_function(rows).notes)
    assert "2 children had an event that ends follow-up" in notes and "robust" in notes
    grouped = rows.assign(g=rows["patient_id"].map({"A": "x", "B": "x", "C": "y"}))
    told = mean_cumulative_function(grouped, "g")
    assert "1 children with 1 events left out: g is missing." in told.notes
    assert told.tidy()["group"].unique().tolist() == ["x", "y"]
    with pytest.raises(UsageError, match="changes within 2 children"):
        mean_cumulative_function(rows.assign(g=range(len(rows))), "g")
    with pytest.raises(UsageError, match="no column 'g' to group by"):
        mean_cumulative_function(rows, "g")
    with pytest.raises(UsageError, match="name the column of the children"):
        mean_cumulative_function(rows.drop(columns="patient_id"))
    with pytest.raises(UsageError, match="conf_level"):
        mean_cumulative_function(rows, conf_level=95)
    with pytest.raises(UsageError, match="no row is left"):
        mean_cumulative_function(rows.iloc[:0])
    with pytest.raises(UsageError, match="from the event before"):
        mean_cumulative_function(recurrent_rows(rows, scheme="pwp_gap"))
    with pytest.raises(IntervalError, match="row_after_event"):
        mean_cumulative_function(rows.assign(event=[1, 2, 0, 2, 0, 1, 2]))
