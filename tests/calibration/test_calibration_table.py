"""The committed calibration table is whole, told as it is, and comes out again.

By hand first: doses of one child over twelve days, and six children whose figures are worked
on paper.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from jdm_stats.simulation.scenario.presets import PRESETS
from tests.calibration import children as described
from tests.calibration import measures as m
from tests.calibration.figures import figures_of
from tests.calibration.misses import REASONS
from tests.calibration.page import PAGE, misses, number, tables
from tests.calibration.published import TOLERATED, Published, published
from tests.calibration.table import (
    CHILDREN,
    COLUMNS,
    NEARLY,
    SEED,
    WITHIN,
    drawn_table,
    read_table,
    rows_of,
    within,
    write_table,
)
from tests.marked_tables import MARKED

COMMITTED = read_table()
TEXT = PAGE.read_text(encoding="utf-8")
KEY = ["preset", "figure"]
DAY = m.MONTH


def column(*doses: int) -> np.ndarray:
    return np.array(doses, np.int16)[:, None]


def test_a_dose_that_goes_back_up_is_seen_over_pulse_days():
    """2, 2, pulses on two days, then 2 again: no rise. 1 after the pulses, then 2: a rise."""
    pulse = column(0, 0, 100, 100, 0, 0)
    inside = pulse == 0
    flat, fallen = column(200, 200, 0, 0, 200, 200), column(200, 100, 0, 0, 100, 200)
    assert not described._rises(flat, inside)[0]
    assert described._rises(fallen, inside)[0]
    # The first dose ever given is no rise, nor is one after the days looked at.
    assert not described._rises(column(0, 0, 200, 200, 100, 100), inside | True)[0]
    early = np.arange(6)[:, None] < 5
    assert not described._rises(fallen, inside & early)[0]


def test_a_stop_is_a_month_without_steroid():
    """Doses on days 1 and 2; a pulse on day 20 breaks the first month without them."""
    oral = np.zeros((80, 1), np.int16)
    oral[1:3] = 50
    pulse = np.zeros_like(oral)
    start = np.array([1.0])
    assert described._stopped(oral, pulse, start)[0] == 3
    pulse[20] = 3000
    assert described._stopped(oral, pulse, start)[0] == 21
    pulse[60] = 3000
    oral[40] = 5
    assert np.isinf(described._stopped(oral, pulse, start)[0])


SIX = pd.DataFrame(
    {
        "antibody": ["NXP2", "NXP2", "none", "none", "none", "Mi2"],
        "perforation_day": [100.0, np.inf, 600.0, np.inf, np.inf, 400.0],
        "death_day": [150.0, 900.0, np.inf, 300.0, np.inf, np.inf],
        "background_death_day": [np.inf, 900.0, np.inf, 300.0, np.inf, np.inf],
        "dysphagia": [True, False, True, False, False, False],
        "surgery": [True, False, True, False, False, False],
        "again": [False, False, True, False, False, False],
    }
)


def test_figures_of_six_children_are_those_worked_on_paper():
    assert m.risk()(SIX).value == 3 / 6
    assert m.risk("NXP2")(SIX).value == 1 / 2
    assert m.median_perforation_months(SIX).value == pytest.approx(400 / DAY)
    assert m.early_perforations(SIX).value == 1 / 3
    assert m.nxp2_among_perforated(SIX).value == 1 / 3
    assert m.case_fatality(SIX).value == 1 / 3
    assert m.recurrence_after_repair(SIX).value == 1 / 2
    assert m.odds_ratio_of("dysphagia")(SIX).value == pytest.approx(1 * 3 / (1 * 1))
    # Before day 540: NXP2 1 event in 100 + 540 days; others 1 in 540 + 300 + 540 + 400.
    early = m.nxp2_rate_ratio(True)(SIX)
    assert early.value == pytest.approx((1 / 640) / (1 / 1780))
    assert early.std_error == pytest.approx(early.value * np.sqrt(2))
    # From day 540 on no child with NXP2 perforates: no ratio.
    assert np.isnan(m.nxp2_rate_ratio(False)(SIX).value)
    # Two deaths without perforation in 100 + 900 + 600 + 300 + 1826 + 400 days.
    deaths = m.background_mortality(SIX)
    assert deaths.value == pytest.approx(2000 / (4126 / 365.25))


def test_errors_of_shares_and_quantiles():
    half = m.share_of(pd.Series([True, False, None, True, False]))
    assert (half.value, half.n) == (0.5, 4)
    assert half.std_error == pytest.approx(0.25)
    assert m.share_of(pd.Series([False] * 10)).std_error > 0
    drawn = np.random.default_rng(1).normal(size=(400, 500))
    medians = np.median(drawn, axis=1)
    told = np.mean([m.quantile_of(pd.Series(row), 0.5).std_error for row in drawn[:50]])
    assert told == pytest.approx(medians.std(), rel=0.15)


def test_every_preset_and_figure_is_there():
    assert list(COMMITTED.columns) == COLUMNS
    wanted = [(name, figure.name) for name in PRESETS for figure in figures_of(name)]
    assert list(map(tuple, COMMITTED[KEY].to_numpy())) == wanted
    assert COMMITTED["simulated"].notna().all()
    assert len(PRESETS) == 7


@pytest.mark.parametrize("preset", PRESETS)
def test_published_values_are_those_of_the_evidence_today(preset):
    own = COMMITTED[COMMITTED["preset"] == preset].set_index("figure")
    for figure in figures_of(preset):
        told, row = published(figure, preset), own.loc[figure.name]
        assert row["published"] == pytest.approx(told.value, rel=1e-4)
        assert row["low"] == pytest.approx(told.low, rel=1e-4)
        assert row["high"] == pytest.approx(told.high, rel=1e-4)
        text = ["range_kind", "grade", "status", "source"]
        assert row[text].tolist() == [
            str(dataclasses.asdict(told)[name]) for name in text
        ]
        assert row["note"] == figure.note


def test_what_is_assumed_says_so():
    assumed = COMMITTED[COMMITTED["status"] == "assumed"]
    assert set(assumed["grade"]) == {"C"}
    assert "perforation: median months" not in set(assumed["figure"])
    assert {"first site: colon", "NXP2 rate ratio before 18 months"} <= set(
        assumed["figure"]
    )
    made = COMMITTED["range_kind"].str.contains("here")
    assert made.any()
    assert (COMMITTED.loc[COMMITTED["range_kind"] == TOLERATED, "low"].notna()).all()


def test_what_was_calculated_here_is_not_shown_as_printed():
    shown = dict.fromkeys(("assumed", "calculated here"), 0)
    for _, row in COMMITTED[COMMITTED["preset"] == "tertiary"].iterrows():
        if row["status"] in shown:
            shown[row["status"]] += 1
            word = row["status"].split()[0]
            assert f"| {row['figure']} | {number(row['published'])} ({word}) |" in TEXT
    assert min(shown.values()) > 5


def test_within_follows_from_the_numbers():
    for row in COMMITTED.itertuples():
        got = m.Measured(row.simulated, row.mc_error, row.n)
        told = Published(row.published, row.low, row.high, "", "", "", "")
        assert within(got, told) == row.within, (row.preset, row.figure)


def test_western_and_tertiary_are_one_world():
    values = PRESETS["western"].values(), PRESETS["tertiary"].values()
    assert {**values[0], "name": ""} == {**values[1], "name": ""}
    one, other = (
        COMMITTED[COMMITTED["preset"] == name]
        .drop(columns="preset")
        .reset_index(drop=True)
        for name in ("western", "tertiary")
    )
    pd.testing.assert_frame_equal(one, other)


def test_the_misses_are_exactly_those_the_page_names():
    assert set(misses(COMMITTED)["figure"]) == set(REASONS)
    shown = next(body for _, name, body, _ in MARKED.findall(TEXT) if name == "misses")
    named = [line.split(" | ")[0].removeprefix("| ") for line in shown.splitlines()[2:]]
    assert named == list(REASONS)


def test_the_tables_of_the_page_are_those_of_the_study():
    shown = {name: body.strip() for _, name, body, _ in MARKED.findall(TEXT)}
    assert shown == tables(COMMITTED)
    assert f"{CHILDREN:,} children are drawn (seed {SEED})" in " ".join(TEXT.split())


MAIN = (
    *("antibody: NXP2", "share of girls", "age at onset: median, years"),
    *("pulsed by 24 months", "taper ideal, lived", "major change, lived"),
    *(
        "steroid stopped by 60 months",
        "methotrexate ever",
        "GI involvement by 24 months",
    ),
    *("perforation by 24 months", "NXP2 among the perforated", "operated on"),
    *("dead within 12 months of perforation", "first site: duodenum"),
)


@pytest.mark.parametrize("preset", ["tertiary", "east_asia"])
def test_fewer_children_of_another_seed_agree(preset):
    count = 2_000
    children = described.described_children(PRESETS[preset], count, SEED + 1)
    fresh = rows_of(preset, children).set_index("figure")
    own = COMMITTED[COMMITTED["preset"] == preset].set_index("figure")
    checked = [figure for figure in own.index if figure.endswith(MAIN)]
    assert len(checked) == len(MAIN)
    for figure in checked:
        error = np.hypot(fresh.loc[figure, "mc_error"], own.loc[figure, "mc_error"])
        assert 0 < error < 0.6
        apart = abs(fresh.loc[figure, "simulated"] - own.loc[figure, "simulated"])
        assert apart < 4 * error, figure


def test_most_figures_that_carry_the_world_agree():
    """What the world was solved for stands within its range in the presets solved."""
    solved = COMMITTED[
        COMMITTED["preset"].isin(["tertiary", "population", "east_asia"])
    ]
    for figure in (
        "pulsed by 24 months",
        "GI involvement by 24 months",
        "perforation by 24 months",
        "NXP2 rate ratio before 18 months",
        "NXP2 rate ratio from 18 months",
        "perforation: median months",
    ):
        own = solved[solved["figure"] == figure]
        assert len(own) == 3
        assert set(own["within"]) <= {WITHIN, NEARLY}


@pytest.mark.slow
def test_the_table_comes_out_again(tmp_path):
    path = tmp_path / "again.csv"
    write_table(drawn_table(), path)
    again = read_table(path)
    numbers = ["published", "low", "high", "simulated", "mc_error", "n"]
    pd.testing.assert_frame_equal(
        again.drop(columns=numbers), COMMITTED.drop(columns=numbers)
    )
    assert np.allclose(again[numbers], COMMITTED[numbers], rtol=2e-4, atol=1e-9)
