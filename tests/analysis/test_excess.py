"""Multiples of the truth, by hand: 8 where 2 is true is four times too much."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pandas as pd
import pytest

from jdm_stats.analysis.beside_truth import EXPOSURES, STEPS, BesideTruth
from jdm_stats.analysis.excess import excess_table, excess_told
from jdm_stats.analysis.known_worlds import KnownWorld

NAN = float("nan")


def world(estimates: list[float], truth: float = 2.0) -> KnownWorld:
    rows = pd.DataFrame(
        {
            "exposure": "pulse",
            "model": list(STEPS),
            "term": EXPOSURES["pulse"],
            "estimate": estimates,
            "truth": truth,
        }
    )
    answers = BesideTruth("made by hand", 100, 9, 0, rows)
    return KnownWorld(
        label="By hand",
        scenario=SimpleNamespace(name="none"),
        children=100,
        answers=answers,
        registries=pd.DataFrame(),
    )


def test_the_line_that_mends_most_is_named():
    by_hand = world([8.0, 7.0, 7.2, 6.0, 3.0, 2.5, 2.1])
    assert excess_told([by_hand]) == [
        "By hand: the crude answer is 4.00 times the truth (pulse in the last 30 days); "
        'with all that a registry records it is 1.25 times, and the line "+ GI involvement" '
        "mends most; with latent severity 1.05."
    ]


def test_a_line_that_overshoots_is_not_the_one_that_mends_most():
    # 4 to 1/4 of the truth is no nearer on the scale of ratios; 1/4 to 1/2 is.
    told = excess_told([world([8.0, 8.0, 0.5, 1.0, 1.0, 1.0, 2.0])])[0]
    assert '"+ latest CMAS" mends most' in told


def test_where_no_step_mends_none_is_named():
    told = excess_told([world([2.0, 2.2, 2.4, 2.6, 2.8, 3.0, 2.0])])[0]
    assert told.startswith("By hand: the crude answer is 1.00 times the truth")
    assert "1.50 times; with latent severity 1.00." in told
    assert "mends" not in told


@pytest.mark.parametrize("missing", [0, 3, 6])
def test_an_answer_that_is_missing_is_not_made_up(missing):
    estimates = [8.0, 7.0, 7.2, 6.0, 3.0, 2.5, 2.1]
    estimates[missing] = NAN
    by_hand = world(estimates)
    told = excess_told([by_hand])[0]
    assert "nan" not in told
    assert ("no crude answer" in told) == (missing == 0)
    assert ("latent severity" in told) == (missing == 3)
    assert ("all that a registry records" in told) == (missing == 6)
    shown = excess_table([by_hand]).set_index("Adjusted for")["By hand"]
    assert shown.iloc[missing] == "–"


def test_the_table_holds_every_step_beside_the_truth():
    table = excess_table([world([8.0, 7.0, 7.2, 6.0, 3.0, 2.5, 2.1])])
    assert table["Adjusted for"].tolist() == list(STEPS)
    assert table["By hand"].tolist() == [
        *("4.00", "3.50", "3.60", "3.00", "1.50", "1.25", "1.05"),
    ]
    assert math.isclose(float(table["By hand"].iloc[0]), 8.0 / 2.0)
