"""The solved constants meet their targets, within their Monte Carlo error."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from jdm_stats.errors import PlanError, UsageError
from jdm_stats.simulation.calibration import Targets, expected_figures, solve_baseline
from jdm_stats.simulation.course.lives import draw_lives
from jdm_stats.simulation.scenario.presets import PRESETS

N = 4096


@pytest.fixture(scope="module")
def figures():
    return expected_figures(PRESETS["tertiary"], children=N, seed=11)


@pytest.mark.parametrize(
    ("figure", "target"), dataclasses.asdict(Targets()).items(), ids=lambda x: str(x)
)
def test_the_tertiary_preset_meets_each_target(figures, figure, target):
    value, error = figures.loc[figure, ["value", "std_error"]]
    assert error < 0.15 * target
    # Four errors, and a little for the error of the children it was solved on.
    assert abs(value - target) < 4 * error + 0.01 * target


def test_the_population_preset_is_rarer():
    got = expected_figures(PRESETS["population"], children=N, seed=11)
    value, error = got.loc["risk", ["value", "std_error"]]
    assert abs(value - 0.007) < 4 * error + 0.0001


def test_drawn_perforations_follow_the_expected_risk(figures):
    world = PRESETS["tertiary"].with_values(
        losses_per_year=0.0, delayed_entry_share=0.0
    )
    (lives,) = draw_lives(11, np.arange(N), world)
    first = lives.histories.perforation_day
    drawn = ((first <= 730) & (first <= lives.children.death)).mean()
    risk = figures.loc["risk", "value"]
    assert abs(drawn - risk) < 3.5 * np.sqrt(risk * (1 - risk) / N)


def test_harmless_steroids_lower_the_risk_and_nothing_else(figures):
    got = expected_figures(PRESETS["steroids_harmless"], children=N, seed=11)
    assert got.loc["risk", "value"] < figures.loc["risk", "value"]
    assert got.loc[["gi", "pulsed"], "value"].equals(
        figures.loc[["gi", "pulsed"], "value"]
    )


def test_solving_again_meets_other_targets():
    targets = Targets(risk=0.03, median_days=300.0, nxp2_early=6.0, pulsed=0.4)
    solved = solve_baseline(PRESETS["tertiary"], targets, children=512, seed=3)
    got = expected_figures(solved, children=512, seed=3)["value"]
    # Pulses are solved as a chance and counted as drawn: the error of 512 children.
    assert got.pop("pulsed") == pytest.approx(0.4, abs=3 * np.sqrt(0.4 * 0.6 / 512))
    wanted = dataclasses.asdict(targets)
    del wanted["pulsed"]
    assert got.to_dict() == pytest.approx(wanted, rel=0.005)
    assert solved.severity_hr == PRESETS["tertiary"].severity_hr


def test_too_few_children_are_refused():
    with pytest.raises(UsageError, match="256 or more"):
        expected_figures(PRESETS["tertiary"], children=10)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"risk": 1.0}, "risk must be a share above 0 and below 1"),
        ({"gi": 0.0}, "gi must be a share"),
        ({"nxp2_early": -8.0}, "nxp2_early must be a finite number above 0"),
        (
            {"median_days": 4000.0},
            "median_days must be a finite number above 0 and below",
        ),
        ({"pulsed": "often"}, "pulsed must be a share"),
    ],
)
def test_impossible_targets_are_refused_by_name(wrong, said):
    with pytest.raises(PlanError, match=said):
        Targets(**wrong)


def test_all_impossible_targets_are_told_at_once():
    with pytest.raises(PlanError, match=r"(?s)risk must .* nxp2_late must"):
        Targets(risk=0.0, nxp2_late=float("nan"))


@pytest.mark.parametrize(
    ("scenario", "targets", "named"),
    [
        ({"no_steroid_share": 0.6}, {"pulsed": 0.9}, "pulsed of 0.9"),
        ({"deaths_per_1000_years": 2000.0}, {"risk": 0.9}, "risk of 0.9"),
        ({}, {"median_days": 1800.0}, "median_days of 1800"),
    ],
)
def test_targets_out_of_reach_are_refused_by_name(scenario, targets, named):
    world = PRESETS["tertiary"].with_values(**scenario)
    with pytest.raises(PlanError, match=f"out of reach of this scenario.*{named}"):
        solve_baseline(world, Targets(**targets), children=256, seed=3)
