"""The pattern as data: children are drawn from the very distributions that are told."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from jdm_stats.simulation.draws import Streams
from jdm_stats.simulation.index_case.pattern import (
    index_case_distributions,
    index_case_pattern,
    index_case_rows,
)
from jdm_stats.simulation.index_case.spread import Spread
from jdm_stats.simulation.index_case.steps import ROWS, SPREADS, STEPS
from jdm_stats.simulation.index_case.timeline import pattern_gaps
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.simulate import simulate_cohort


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort(250, rng=11, n_index_pattern=250)


def test_steps_are_in_order_and_numbers_belong_to_assumed_steps_only():
    assert [step.order for step in STEPS] == list(range(1, 34))
    for step in STEPS:
        assert step.status in ("reported", "assumed")
        assert step.status == "assumed" or not step.spreads
    with pytest.raises(dataclasses.FrozenInstanceError):
        STEPS[0].what = "another"
    told = index_case_pattern()
    assert told["what"].tolist() == [step.what for step in STEPS]
    # A gap leads to an event that a step begins.
    events = {step.event for step in STEPS}
    assert {spread.event for spread in SPREADS.values()} <= events


def test_no_two_numbers_are_drawn_from_one_uniform():
    rows = [
        row
        for spread in SPREADS.values()
        if spread.law != "one value"
        for row in range(spread.row, spread.row + spread.draws)
    ]
    assert len(rows) == len(set(rows))
    assert not set(rows) & set(range(40, 45))  # sites
    assert 0 <= min(rows) <= max(rows) < ROWS


@pytest.mark.parametrize(
    ("spread", "share", "drawn", "words"),
    [
        (Spread("n", "whole", 3, 14, "days", 0), 0.0, 3, "3 to 14"),
        (Spread("n", "whole", 3, 14, "days", 0), 0.9999, 14, "3 to 14"),
        (Spread("n", "whole", 3, 14, "days", 0), 0.5, 9, "3 to 14"),
        (Spread("n", "uniform", 32, 44, "kg", 0, decimals=1), 0.25, 35.0, "32 to 44"),
        (Spread("n", "log-uniform", 200, 3000, "U/L", 0), 0.0, 200, "200 to 3,000"),
        (Spread("n", "either", 20, 30, "mg/kg", 0), 0.49, 30, "20 or 30"),
        (Spread("n", "either", 20, 30, "mg/kg", 0), 0.5, 20, "20 or 30"),
        (
            Spread("n", "steps", 0.3, 0.5, "mg/kg", 0, decimals=2, by=0.05),
            *(0.999, 0.5, "0.3 to 0.5"),
        ),
        (Spread("n", "one value", 2, 2, "mg/kg"), 0.7, 2, "2"),
    ],
)
def test_a_number_is_drawn_as_its_law_says(spread, share, drawn, words):
    assert spread.draw(np.array([share])) == drawn
    assert spread.in_words() == words


def test_words_and_draws_share_their_numbers():
    told = index_case_distributions()
    assert (told["status"] == "assumed").all()
    assert (told["low"] <= told["high"]).all()
    gaps = told[(told["unit"] == "days") & (told["event"] != "")]
    assert (gaps["from_step"] != "").all()
    what = {step.order: step.what for step in STEPS}
    for row in told.query("number in ['gi', 'further', 'exchange']").itertuples():
        assert f"{row.low:g} to {row.high:g}" in what[row.order]


def test_gaps_of_many_children_fill_their_ranges_and_no_more(cohort):
    told = index_case_distributions()
    told = told[told["event"] != ""].set_index("event")
    gaps = pattern_gaps(cohort).groupby("event")["days"].agg(["min", "max"])
    assert set(told.index) - set(gaps.index) == {"slow recovery"}
    for event, row in gaps.drop(index="end of follow-up").iterrows():
        assert row["min"] == told.loc[event, "low"], event
        assert row["max"] == told.loc[event, "high"], event
    last = gaps.loc["end of follow-up"]
    assert 540 <= last["min"] < 550
    assert 890 < last["max"] <= 900


def test_doses_and_scores_of_many_children_stay_within_what_is_told(cohort):
    told = index_case_distributions().set_index("number")
    patients = cohort.patients
    for column, number in [
        *(("age_at_diagnosis_years", "age"), ("weight_kg", "weight")),
        *(("height_cm", "height"), ("antibody_test_day", "antibody_test")),
        *((name, name) for name in ("cmas", "mmt8", "physician_global", "ck_u_l")),
    ]:
        values = patients[column].astype(float)
        low, high = told.loc[number, ["low", "high"]].astype(float)
        assert values.between(low, high).all()
        assert values.max() - values.min() > 0.9 * (high - low)


def test_a_changed_step_changes_what_is_drawn_and_what_is_told(monkeypatch):
    later = dataclasses.replace(SPREADS["gi"], low=100, high=100)
    before = index_case_rows("P", 5, 3, as_scenario(None))
    monkeypatch.setattr(
        "jdm_stats.simulation.index_case.pattern.SPREADS", dict(SPREADS) | {"gi": later}
    )
    after = index_case_rows("P", 5, 3, as_scenario(None))
    first = before["courses"][0]["start_day"]
    assert after["courses"][0]["start_day"] == first
    assert after["events"][0]["day"] == first + 100
    assert before["events"][0]["day"] == first + SPREADS["gi"].day(
        Streams(5, np.array([3])).uniforms("index_case", ROWS)[:, 0]
    )
    assert later.in_words() == "100"
