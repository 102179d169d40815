"""Crude, adjusted and true answers side by side: made-up rows, then small cohorts.

By hand: four children on one day, where one of two with a pulse perforates and none of two
without; then a table of two lines.
"""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest

from jdm_stats.analysis.beside_truth import (
    EXPOSURES,
    STEPS,
    BesideTruth,
    answer,
    answers_beside_truth,
)
from jdm_stats.analysis.known_worlds import (
    KnownWorld,
    draw_worlds,
    registries_table,
    strategy_risks,
    told,
    truths_table,
)
from jdm_stats.analysis.risk_sets import complete_cohort, risk_set_rows
from jdm_stats.analysis.small_registries import small_registries
from jdm_stats.errors import UsageError
from jdm_stats.simulation.scenario.presets import as_scenario

OFTEN = as_scenario("steroids_harmless").with_values(name="often", h0_mass=1.2)


def risk_set(pulse, event, day):
    return pd.DataFrame(
        {
            "patient_id": [f"c{k}" for k in range(len(pulse))],
            "start": day,
            "stop": day + 1,
            "event": event,
            "pulse": np.array(pulse, float),
        }
    )


def test_an_answer_worked_on_paper():
    """Of day 1: pulsed, two of four, the case pulsed: r / (2r + 2). Of day 5: one of two
    pulsed, the case not: 1 / (r + 1). The product r / (2 (r + 1)^2) is greatest at r = 1.
    """
    rows = pd.concat(
        [risk_set([1, 1, 0, 0], [1, 0, 0, 0], 1), risk_set([1, 0], [0, 1], 5)]
    )
    found = answer(rows, ["pulse"], 0.95)
    assert found["estimate"] == pytest.approx(1.0, abs=1e-6)
    # Its information at 1: 1/4 of each day, so an error of sqrt(2).
    assert found["conf_high"] == pytest.approx(
        math.exp(1.959964 * math.sqrt(2)), rel=1e-4
    )
    assert (found["events"], found["n"]) == (2, 4)


def test_where_nobody_differs_there_is_no_answer_and_a_reason():
    found = answer(risk_set([0, 0], [1, 0], 3), ["pulse"], 0.95)
    assert math.isnan(found["estimate"])
    assert found["reason"] == "nobody at risk differs in it"


def test_a_step_without_estimate_says_so_in_the_table():
    rows = [
        ("pulse", "Crude", 2.0, 1.0, 4.0, ""),
        ("pulse", "All", math.nan, math.nan, math.nan, "why"),
    ]
    names = ["exposure", "model", "estimate", "conf_low", "conf_high", "reason"]
    made = pd.DataFrame(rows, columns=names)
    others = [made.assign(exposure=name) for name in EXPOSURES]
    estimates = pd.concat(others, ignore_index=True).assign(truth=1.5, term="")
    answers = BesideTruth("made", 4, 2, 0, estimates)
    shown = answers.table()
    assert shown["Adjusted for"].tolist() == ["Crude", "All", "Truth"]
    assert shown["Pulse in the last 30 days"].tolist() == [
        "2.00 (1.00 to 4.00)",
        "no estimate: why",
        "1.50",
    ]
    assert "SYNTHETIC" in answers._repr_html_()
    assert "SYNTHETIC" in repr(answers)


@pytest.fixture(scope="module")
def cohort():
    return complete_cohort(OFTEN, 384, rng=9)


def test_nothing_is_missing_in_a_complete_cohort(cohort):
    assert (cohort.patients["antibody"] != "untested").all()
    assert cohort.patients["cmas"].notna().all()
    assert (cohort.patients["pattern"] == "background").all()
    assert cohort.truth.scenario["name"] == "often"


def test_readings_of_a_row_are_those_known_at_its_start(cohort):
    rows = risk_set_rows(cohort)
    read = cohort.assessments[cohort.assessments["measure"] == "cmas"]
    for row in rows.iloc[:: max(len(rows) // 60, 1)].itertuples():
        own = read[(read["patient_id"] == row.patient_id) & (read["day"] <= row.start)]
        latest = own.sort_values("day")["value"]
        assert row.cmas_latest == latest.iloc[-1]
        assert row.cmas_first == latest.iloc[0]


def test_sampling_keeps_every_event_and_leaves_the_rest_to_chance(cohort):
    whole, few = risk_set_rows(cohort), risk_set_rows(cohort, controls=20, rng=1)
    assert few["event"].sum() == whole["event"].sum()
    a_day = few[few["event"] == 0].groupby("stop").size().mean()
    assert 17 < a_day < 23
    again = risk_set_rows(cohort, controls=20, rng=1)
    pd.testing.assert_frame_equal(few, again)
    everybody = risk_set_rows(cohort, controls=10**6)
    pd.testing.assert_frame_equal(whole, everybody)


def test_answers_hold_every_step_of_every_exposure_beside_the_truth(cohort):
    answers = answers_beside_truth(cohort, controls=60)
    for exposure in EXPOSURES:
        own = answers.of(exposure)
        assert own["term"].tolist() == list(STEPS)
        assert (own["truth"] == 1.0).all()
        assert (own["estimate"].notna() | (own["reason"] != "")).all()
    assert answers.left_out == 0
    crude, full = answers.of("cumulative")["estimate"].iloc[[0, -1]]
    assert crude > 1.5
    assert abs(math.log(full)) < math.log(crude)
    again = pickle.loads(pickle.dumps(answers))
    pd.testing.assert_frame_equal(again.estimates, answers.estimates)


def test_a_term_that_acts_in_some_worlds_joins_the_last_step_there():
    world = as_scenario("dose_threshold").with_values(h0_mass=0.4)
    found = answers_beside_truth(complete_cohort(world, 256, rng=2), controls=30)
    assert (found.of("dose")["truth"] == 1.0).all()


def test_missing_readings_are_counted_not_dropped_in_silence():
    gaps = OFTEN.with_values(missing_reading_share=0.3)
    from jdm_stats.simulation.simulate import simulate_cohort

    cohort = simulate_cohort(256, scenario=gaps, rng=4, n_index_pattern=0)
    found = answers_beside_truth(cohort, controls=30)
    assert found.left_out > 20
    assert found.children + found.left_out <= 256


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: answers_beside_truth(c, controls=0), "controls must be 1 or more"),
        (
            lambda c: answers_beside_truth(c, controls=10).of("statins"),
            "no exposure 'statins'",
        ),
        (lambda c: small_registries(c, exposure="statins"), "no exposure 'statins'"),
        (lambda c: small_registries(c, size=5000), "a registry of 5000 children"),
        (lambda c: small_registries(c, size=0), "a registry of 0 children"),
        (lambda c: draw_worlds([], 300), "at least one preset"),
    ],
)
def test_wrong_calls_are_refused(cohort, call, message):
    with pytest.raises(UsageError, match=message):
        call(cohort)


def test_small_registries_are_cut_in_order_and_keep_their_events(cohort):
    found = small_registries(cohort, size=128)
    assert found["term"].tolist() == [f"Registry {k}" for k in range(1, 4)]
    rows = risk_set_rows(cohort)
    assert found["events"].sum() == rows["event"].sum()
    first = rows[rows["patient_id"].isin(cohort.patients["patient_id"][:128])]
    assert found["events"].iloc[0] == first["event"].sum()
    assert (found["conf_low"] < found["estimate"]).all()


def test_a_registry_without_a_perforation_says_so():
    found = small_registries(complete_cohort("tertiary", 512, rng=9), size=16)
    empty = found[found["events"] == 0]
    assert len(empty) > 5
    assert set(empty["reason"]) == {"no perforation"}
    assert empty["estimate"].isna().all()


def test_worlds_side_by_side_tell_their_truths_and_answers():
    worlds = draw_worlds(
        ["steroids_harmless", "steroids_harmful"],
        256,
        times=4,
        registry_size=128,
        rng=4,
    )
    assert [world.label for world in worlds] == [
        "Steroids harmless",
        "Steroids harmful",
    ]
    truths = truths_table(worlds)
    assert truths["Pulse in the last 30 days"].tolist() == ["1.00", "4.00"]
    said = told(worlds)
    assert said[0].startswith("Steroids harmless: the true hazard ratio is 1.00")
    assert registries_table(worlds)["World"].tolist() == [w.label for w in worlds]
    risks, contrasts = strategy_risks(worlds, children=256, horizon_days=90)
    assert risks.loc[0, "Difference, points"] == "0.00 (0.00)"
    assert contrasts["Steroids harmful"].risk_ratio > 1
    assert isinstance(worlds[0], KnownWorld)
    assert "SYNTHETIC" in repr(worlds[0])
