"""True risks: closed forms first, then against events drawn by the generator."""

from __future__ import annotations

import dataclasses
import math
import pickle

import numpy as np
import pytest

from jdm_stats.errors import PlanError, UsageError
from jdm_stats.simulation.course.children import draw_children
from jdm_stats.simulation.course.histories import Histories
from jdm_stats.simulation.course.lives import draw_lives
from jdm_stats.simulation.draws import Streams
from jdm_stats.simulation.hazards import perforation_baseline
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.truth.arms import draw_arms
from jdm_stats.simulation.truth.eligibility import Eligibility, eligible_children
from jdm_stats.simulation.truth.following import natural_course
from jdm_stats.simulation.truth.risk import asked, true_risk
from jdm_stats.strategies import Strategy

PLAIN = Scenario(
    name="plain",
    severity_hr=1.0,
    nxp2_early_hr=1.0,
    nxp2_late_hr=1.0,
    no_gi_factor=1.0,
    dose_hr=1.4,
    pulse_hr=1.0,
    cumulative_hr=1.0,
    jak_hr=1.0,
    deaths_per_1000_years=0.0,
    h0_mass=0.5,
)
GRAVE = Scenario(name="grave", h0_mass=0.8, deaths_per_1000_years=150.0)


def constant(dose, **rules):
    return Strategy(
        name=f"{dose:g} mg/kg/day", schedule=[(0, float(dose))], pulses="none", **rules
    )


def lasting(scenario, dose, days, ratio=1.0):
    """Hazards of one child at a constant dose, straight from the formula."""
    plateau = 1 - math.exp(-dose / scenario.dose_scale_mg_kg)
    h0 = perforation_baseline(scenario, days)
    return h0 * scenario.dose_hr**plateau * ratio


@pytest.mark.parametrize("dose", [0.0, 0.3, 2.0])
def test_a_constant_dose_has_a_closed_form(dose):
    got = true_risk(
        PLAIN, constant(dose), time_zero="diagnosis", horizon_days=400, children=256
    )
    plateau = 1 - math.exp(-dose / 0.4)
    baseline = perforation_baseline(PLAIN, 400).sum()
    expected = 1 - math.exp(-baseline * 1.4**plateau)
    assert got.risk == pytest.approx(expected, abs=1e-10)
    assert got.std_error < 1e-8
    assert got.curve["risk"].iloc[-1] == got.risk
    assert got.curve["risk"].iloc[0] == 0.0


def test_death_competes_day_by_day():
    world = PLAIN.with_values(deaths_per_1000_years=400.0)
    got = true_risk(
        world, constant(1.0), time_zero="diagnosis", horizon_days=300, children=256
    )
    hazard, free, expected = lasting(world, 1.0, 300), 1.0, 0.0
    for day in range(300):
        alive = math.exp(-0.4 / 365.25 * day)
        expected += alive * free * (1 - math.exp(-hazard[day]))
        free *= math.exp(-hazard[day])
    assert got.risk == pytest.approx(expected, abs=1e-10)


def test_a_landmark_leaves_out_who_perforated_or_died_before():
    world = PLAIN.with_values(deaths_per_1000_years=400.0)
    got = true_risk(world, constant(1.0), time_zero=200, horizon_days=100, children=256)
    later = lasting(world, 1.0, 300)[200:]
    alive = np.exp(-0.4 / 365.25 * np.arange(100))
    free = np.exp(-(np.cumsum(later) - later))
    assert got.risk == pytest.approx(
        (alive * free * -np.expm1(-later)).sum(), abs=1e-10
    )
    # Steroids before day 200 act as they come; without them the share is exact.
    harmless = world.with_values(dose_hr=1.0)
    got = true_risk(
        harmless, constant(1.0), time_zero=200, horizon_days=1, children=256
    )
    survived = math.exp(-0.4 / 365.25 * 200 - perforation_baseline(world, 200).sum())
    assert got.eligible_share == pytest.approx(survived, abs=1e-10)


def test_the_hazard_of_one_child_follows_the_formula_under_its_doses():
    """Every term, day by day, with the doses a strategy gives."""
    world = Scenario(h0_mass=0.5, jak_hr=2.0, jak_after_gi_share=1.0)
    days, high = 120, Strategy.high_dose(grace_days=0, sustain_days=60)
    question = asked(world, [high], None, "diagnosis", days, 256, 5)
    arms = draw_arms(question, [high])
    streams = Streams(5, np.arange(256))
    longer = world.with_values(follow_up_days=365)
    children = draw_children(streams, longer)
    natural = natural_course(streams, children, longer)
    expected = 0.0
    for i in range(256):
        summed = weighted = 0.0
        pulses = []
        for d in range(days):
            oral, pulse = natural.oral[d, i] / 100, natural.pulse[d, i] / 100
            if d < 3:
                oral, pulse = 0.0, 20.0
            elif d < 60 and not pulse:
                oral = max(oral, 2.0)
            pulses.append(pulse > 0)
            weighted = weighted * 0.5 ** (1 / 90) + oral + 1.25 * pulse
            jak = natural.jak_from[i] <= d < natural.jak_from[i] + 365
            hazard = (
                perforation_baseline(world, days)[d]
                * world.severity_hr ** natural.severity[d, i]
                * (world.nxp2_early_hr if children.antibody[i] == "NXP2" else 1.0)
                * world.dose_hr ** (1 - math.exp(-oral / 0.4))
                * (world.pulse_hr if any(pulses[-30:]) else 1.0)
                * world.cumulative_hr ** (weighted / 100)
                * (world.jak_hr if jak else 1.0)
                * (1.0 if natural.gi_day[i] <= d - 1 else world.no_gi_factor)
            )
            alive = math.exp(-world.deaths_per_1000_years / 1000 / 365.25 * d)
            expected += alive * math.exp(-summed) * (1 - math.exp(-hazard))
            summed += hazard
    assert arms.risk()[0, -1] == pytest.approx(expected / 256, rel=1e-6)


def test_a_longer_follow_up_leaves_the_days_before_as_they_were():
    streams, courses = Streams(5, np.arange(256)), []
    for days in (365, 800):
        world = Scenario(follow_up_days=days)
        courses.append(natural_course(streams, draw_children(streams, world), world))
    short, longer = courses
    for name in ("oral", "pulse", "severity", "hazard"):
        assert np.array_equal(getattr(short, name), getattr(longer, name)[:366]), name
    reached = short.gi_day <= 365
    assert np.array_equal(short.gi_day[reached], longer.gi_day[reached])
    assert (longer.gi_day[~reached] > 365).all()


@pytest.mark.parametrize("time_zero", ["gi_involvement", 60])
@pytest.mark.parametrize(
    "n", [2048, pytest.param(32_768, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_the_natural_course_agrees_with_events_that_the_generator_draws(time_zero, n):
    horizon = 200
    world = GRAVE.with_values(follow_up_days=400, delayed_entry_share=0.0)
    (lives,) = draw_lives(3, np.arange(n), world)
    first, death = lives.histories.perforation_day, lives.children.death
    gi = lives.histories.gi_day
    zero = gi if time_zero == "gi_involvement" else np.full(n, time_zero)
    asked_for = Eligibility(latest_day=200, no_pulse_days=20)
    pulse, row = lives.histories.pulse, np.arange(401)[:, None]
    pulsed = ((pulse > 0) & (row < zero) & (row >= zero - 20)).any(axis=0)
    eligible = (zero <= 200) & (first > zero) & (death > zero) & ~pulsed
    perforates = (first <= zero + horizon) & (first <= death)
    drawn, count = perforates[eligible].mean(), eligible.sum()
    got = true_risk(
        world,
        Strategy.natural(),
        time_zero=time_zero,
        horizon_days=horizon,
        eligibility=asked_for,
        children=n,
        rng=4,
    )
    error = math.hypot(got.std_error, math.sqrt(drawn * (1 - drawn) / count))
    assert 0.08 < drawn < 0.6
    assert abs(got.risk - drawn) < 3.5 * error
    share_error = 2 * math.sqrt(0.25 / n)
    assert abs(got.eligible_share - eligible.mean()) < 3.5 * share_error


def test_the_monte_carlo_error_is_what_other_seeds_show():
    risks = [
        true_risk(
            GRAVE,
            Strategy.low_dose(),
            time_zero="gi_involvement",
            horizon_days=60,
            eligibility={"latest_day": 60},
            children=512,
            rng=seed,
        )
        for seed in range(12)
    ]
    spread = np.std([r.risk for r in risks], ddof=1)
    told = np.mean([r.std_error for r in risks])
    assert 0.5 < spread / told < 1.7  # chi on 11 degrees: 0.53 to 1.5 at 1 in 100


def test_a_strategy_of_another_name_has_the_same_risk():
    rules = {"time_zero": 30, "horizon_days": 90, "children": 256}
    one = true_risk("tertiary", Strategy(oral_at_most=0.5, name="a"), **rules)
    other = true_risk("tertiary", Strategy(oral_at_most=0.5, name="b"), **rules)
    assert one.risk == other.risk
    assert one.curve.equals(other.curve)


def test_eligibility_narrows_the_population():
    rules = {"time_zero": "gi_involvement", "horizon_days": 100, "children": 512}
    everyone = true_risk(GRAVE, Strategy.natural(), **rules)
    parts = [
        true_risk(GRAVE, Strategy.natural(), eligibility={"sex": sex}, **rules)
        for sex in ("female", "male")
    ]
    assert sum(part.n_eligible for part in parts) == everyone.n_eligible
    total = sum(part.eligible_share for part in parts)
    assert total == pytest.approx(everyone.eligible_share, rel=1e-12)
    mean = sum(part.risk * part.eligible_share for part in parts) / total
    assert mean == pytest.approx(everyone.risk, rel=1e-12)


def test_conditions_at_time_zero_by_hand():
    """Four children, six days; time zero is day 3, for the last child day 0."""
    #                1st  2nd  3rd  4th
    oral = np.array(
        [
            [200, 200, 0, 50],
            [200, 0, 0, 50],
            [100, 0, 0, 50],
            [50, 100, 0, 50],
            [50, 100, 0, 50],
            [50, 100, 0, 50],
        ]
    )
    pulse = np.zeros_like(oral)
    pulse[1:3, 1] = 3000
    pulse[0, 3] = 2000
    never = np.full(4, 10**7)
    history = Histories(
        oral=oral,
        pulse=pulse,
        severity=np.zeros((6, 4)),
        gi_day=np.array([3, 4, 10**7, 0]),
        perforation_day=never,
        jak_from=never,
        hazard=None,
    )
    drawn = draw_children(Streams(1, np.arange(4)), Scenario())
    children = dataclasses.replace(
        drawn,
        age=np.array([3.0, 5.995, 6.0, 12.0]),
        female=np.array([True, False, True, False]),
        antibody=np.array(["NXP2", "TIF1g", "none", "NXP2"], dtype=object),
    )
    zero = np.array([3, 3, 3, 0])

    def meets(**conditions):
        asked_for = Eligibility(**conditions)
        return (
            eligible_children(asked_for, children, history, zero).astype(int).tolist()
        )

    assert meets() == [1, 1, 1, 1]
    # The dose before: 1; 2, before the pulses; 0; none before day 0.
    assert meets(oral_at_least=1.0) == [1, 1, 0, 0]
    assert meets(oral_at_most=1.0) == [1, 0, 1, 1]
    # Pulses on days 1 and 2; one on the day of time zero is not before it.
    assert meets(no_pulse_days=1) == [1, 0, 1, 1]
    assert meets(gi_involved=True) == [1, 0, 0, 1]
    assert meets(gi_involved=False) == [0, 1, 1, 0]
    # Three days are 0.008 years: the second child is 6.003 at time zero.
    assert meets(age_from_years=6.0) == [0, 1, 1, 1]
    assert meets(age_below_years=6.0) == [1, 0, 0, 0]
    assert meets(sex="male", antibodies=["NXP2", "none"]) == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("asked_for", "told"),
    [
        ({"antibodies": ["NXP3"]}, "did you mean 'NXP2'"),
        ({"sex": "girl", "latest_day": -1}, "latest_day"),
        ({"age_from_years": 12.0, "age_below_years": 6.0}, "age_from_years: must not"),
        ({"oral_at_least": 2.0, "oral_at_most": 1.0}, "oral_at_least: must not"),
        ({"weight": 3}, "weight: not a field"),
    ],
)
def test_faults_of_an_eligibility(asked_for, told):
    with pytest.raises(PlanError, match=told):
        Eligibility(**asked_for)


def test_every_fault_of_a_call_is_told():
    with pytest.raises(UsageError) as caught:
        true_risk("tertiary", "low", time_zero="entry", horizon_days=0, children=10)
    for field in ("strategy", "time_zero", "horizon_days", "children"):
        assert field in str(caught.value)
    with pytest.raises(UsageError, match="lies before time_zero"):
        true_risk(
            "tertiary",
            Strategy.natural(),
            time_zero=90,
            horizon_days=10,
            eligibility={"latest_day": 30},
        )
    with pytest.raises(UsageError, match="none of 256 children"):
        true_risk(
            "tertiary",
            Strategy.natural(),
            time_zero="diagnosis",
            horizon_days=10,
            eligibility={"gi_involved": True},
            children=256,
        )


def test_a_risk_pickles_and_says_that_it_is_synthetic():
    got = true_risk(
        "tertiary",
        Strategy.low_dose(),
        time_zero="gi_involvement",
        horizon_days=30,
        children=256,
    )
    assert pickle.loads(pickle.dumps(got)) == got
    assert "SYNTHETIC" in repr(got) and "SYNTHETIC" in got._repr_html_()
    assert got.curve.attrs["jdm_stats"] == {"synthetic": True}
    assert "registry" in dict(got.in_words())["Population"]


def test_faults_of_every_kind_are_told_together():
    with pytest.raises(UsageError) as caught:
        true_risk(
            "tertary",
            "high dose",
            time_zero=np.array([1, 2]),
            horizon_days=0,
            eligibility={"sex": "girl"},
            rng=-1,
        )
    for said in ("tertiary", "strategy", "time_zero", "horizon_days", "sex", "rng"):
        assert said in str(caught.value)
