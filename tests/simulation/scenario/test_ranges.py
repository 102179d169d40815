"""Every value of a scenario has a plausible range, and every preset lies within its own."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from jdm_stats.evidence.proportions import exact_proportion
from jdm_stats.evidence.published import parameters
from jdm_stats.simulation.calibration import Targets, solve_baseline
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.origin import SOLVED_NAMES, target_risk
from jdm_stats.simulation.scenario.presets import (
    GROUPS,
    PRESETS,
    as_scenario,
    solved_ranges,
)
from jdm_stats.simulation.scenario.status import standings

EVIDENCE = parameters()
KINDS = [(kind, risk) for kind in GROUPS["children"] for risk in GROUPS["risk"]]


@pytest.mark.parametrize("name", PRESETS)
def test_every_value_has_a_range_of_its_own_form(name):
    table = as_scenario(name).parameters()
    for parameter, row in table.iterrows():
        value, low, high = row["value"], row["low"], row["high"]
        if isinstance(value, dict):
            assert list(low) == list(high) == list(value), parameter
            assert all(low[label] < high[label] for label in value), parameter
            assert sum(low.values()) < sum(value.values()) < sum(high.values())
        elif isinstance(low, list):
            assert low[0][1] < high[0][1], parameter
        else:
            assert low < high, parameter
    assert not table["outside"].any()


@pytest.mark.parametrize(
    ("field", "counts"),
    [
        (
            "antibody_mix",
            {
                "MDA5": (32, 371),
                "ARS": (14, 371),
                "Mi2": (13, 371),
                "SRP": (7, 371),
                "HMGCR": (4, 371),
            },
        ),
        (
            "regimen_mix",
            {
                "ideal": (30, 139),
                "minor change": (43, 139),
                "major change": (66, 139),
            },
        ),
        ("ivig_share", (119, 320)),
        ("antimalarial_share", (153, 320)),
    ],
)
def test_the_range_of_a_count_is_its_exact_limits(field, counts):
    row = Scenario().parameters().loc[field]
    low, high = row["low"], row["high"]
    if isinstance(counts, tuple):
        low, high, counts = {field: low}, {field: high}, {field: counts}
    for label, (count, of) in counts.items():
        exact = exact_proportion(count, of)
        assert low[label] == pytest.approx(exact[1], abs=6e-4), label
        assert high[label] == pytest.approx(exact[2], abs=6e-4), label


def test_counts_are_those_noted_in_the_evidence():
    noted = {
        name: re.match(r"(\d+) of (\d+)", note)
        for name, note in EVIDENCE["note"].items()
    }
    for name, of in (
        ("antibody_share_western_mda5", "32 of 371"),
        ("antibody_share_western_ars", "14 of 371"),
        ("antibody_share_western_mi2", "13 of 371"),
        ("antibody_share_western_srp", "7 of 371"),
        ("antibody_share_western_hmgcr", "4 of 371"),
        ("taper_ideal_share", "30 of 139"),
        ("taper_major_change_share", "66 of 139"),
        ("ivig_ever_share", "119 of 320"),
        ("antimalarial_ever_share", "153 of 320"),
    ):
        assert noted[name] is not None and noted[name][0] == of


def test_outside_is_told_of_a_share_an_offset_and_a_day_of_a_schedule():
    world = Scenario().with_values(
        centre_pulse_offsets=(0.0, 0.9, 0.2, 0.6),
        taper=((0, 2.0), (90, 0.2), (180, 0.1), (730, 0.0)),
        pulse_mix={"30": 0.9, "10": 0.1},
        first_year=1999,
        site_mix={"duodenum": 0.6, "appendix": 0.4},
    )
    table = world.parameters()
    assert set(table.index[table["outside"]]) == {
        *("centre_pulse_offsets", "taper", "pulse_mix", "first_year"),
    }


def test_a_label_left_out_has_the_share_0():
    # Without anti-NXP2, of which 15% is the least that is plausible; all else lies inside.
    mix = dict(Scenario().antibody_mix) | {"none": 0.43, "other": 0.04}
    assert mix.pop("NXP2") == 0.21
    told = standings(Scenario(antibody_mix=mix))["antibody_mix"]
    assert told.parts == ("NXP2",) and told.outside
    assert (dict(told.low)["NXP2"], dict(told.high)["NXP2"]) == (0.15, 0.25)
    # 0 of "unknown" sites is plausible; with labels of one's own nothing is left out.
    sites = dict(Scenario().site_mix) | {"duodenum": 0.68}
    del sites["unknown"]
    assert not standings(Scenario(site_mix=sites))["site_mix"].outside
    sites = {"duodenum": 0.6, "large bowel": 0.4}
    assert not standings(Scenario(site_mix=sites))["site_mix"].outside
    # One scenario of other children, with a label that has no range there and no NXP2.
    world = as_scenario("east_asia").with_values(antibody_mix={"Mi2": 0.6, "none": 0.4})
    assert standings(world)["antibody_mix"].parts == ()
    assert "That 0% of the children have anti-NXP2 is set by the user." in str(world)


def test_a_sum_that_is_rounded_does_not_lie_outside():
    assert 0.1 + 0.2 > 0.3
    share = 0.1 + 0.2
    mix = {
        "duodenum": 0.5,
        "colon": share,
        "small bowel": 0.1,
        "stomach": 1 - 0.6 - share,
    }
    assert not standings(Scenario(site_mix=mix))["site_mix"].outside
    assert not standings(Scenario(weight_gain=share))["weight_gain"].outside
    assert standings(Scenario(weight_gain=0.3001))["weight_gain"].outside


@pytest.mark.parametrize(
    "taper",
    [
        *(((0, 0.85), (277, 0.0)), ((0, 0.85), (143, 0.0))),  # 9.1 and 4.7 months
        ((0, 2.0), (60, 1.0), (180, 0.2), (730, 0.0)),  # PRINTO
    ],
)
def test_published_tapers_are_plausible(taper):
    assert not standings(Scenario(taper=taper))["taper"].outside


@pytest.mark.parametrize(
    ("name", "quartile", "published"),
    [("age_shape", 0.25, (3.5, 4.31)), ("age_scale_years", 0.5, (6.3, 7.0))],
)
def test_published_ages_lie_between_the_ends_of_their_range(name, quartile, published):
    row = Scenario().parameters().loc[name]
    ages = []
    for end in ("low", "high"):
        world = Scenario(**{name: row[end]})
        below_18 = 1 - math.exp(-((18 / world.age_scale_years) ** world.age_shape))
        hazard = -math.log1p(-quartile * below_18)
        ages.append(world.age_scale_years * hazard ** (1 / world.age_shape))
    assert ages[0] <= published[0] < published[1] <= ages[1]


def test_a_taper_is_judged_between_its_points():
    # 0.25 mg/kg/day on day 90 is the lower end; halfway to it from 0.5 lies 0.375 on day 45.
    on_the_line = ((0, 0.5), (45, 0.375), (90, 0.25), (180, 0.1), (730, 0.0))
    below = ((0, 0.5), (45, 0.37), (90, 0.25), (180, 0.1), (730, 0.0))
    assert not standings(Scenario(taper=on_the_line))["taper"].outside
    assert standings(Scenario(taper=below))["taper"].outside


@pytest.mark.parametrize(("kind", "risk"), KINDS)
def test_a_solved_constant_has_the_range_of_its_preset(kind, risk):
    world = as_scenario(f"{kind}+{risk}")
    table = world.parameters()
    for name, (low, high) in solved_ranges(kind, risk).items():
        assert table.loc[name, ["low", "high"]].tolist() == [low, high]
        assert low < getattr(world, name) < high
    assert set(solved_ranges(kind, risk)) == set(SOLVED_NAMES)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "risk"), KINDS)
def test_the_ends_of_a_solved_constant_are_solved_for_the_ends_of_its_target(
    kind, risk
):
    share = EVIDENCE.loc[f"perforation_risk_24_months_{risk}"]
    months = EVIDENCE.loc["time_to_perforation_median_months"]
    early, late = (
        EVIDENCE.loc[f"nxp2_hazard_ratio_{when}_18_months"]
        for when in ("first", "after")
    )
    pulsed = {"low": 0.35, "high": EVIDENCE.loc["pulse_ever_share", "high"]}
    world = as_scenario(f"{kind}+{risk}")
    month = 365.25 / 12
    for end, gi in (("low", 0.22), ("high", 0.37)):
        place = ("low", "high").index(end)
        ranges = {name: both[place] for name, both in solved_ranges(kind, risk).items()}
        for name, target in (
            ("gi_rate_per_year", {"gi": gi}),
            ("pulse_start_log_odds", {"pulsed": pulsed[end]}),
            ("h0_mass", {"risk": share[end]}),
            ("h0_median_days", {"median_days": round(months[end] * month)}),
            ("nxp2_early_hr", {"nxp2_early": early[end]}),
            ("nxp2_late_hr", {"nxp2_late": late[end]}),
        ):
            targets = replace(Targets(risk=target_risk(world)), **target)
            solved = solve_baseline(world, targets, children=8192, seed=1)
            assert getattr(solved, name) == pytest.approx(ranges[name], rel=0.06)
