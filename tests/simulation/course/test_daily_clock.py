"""The daily clock replayed child by child, in plain Python, from doses and events."""

from __future__ import annotations

import math

import numpy as np
import pytest

from jdm_stats.simulation.course.aftermath import draw_aftermath
from jdm_stats.simulation.course.children import draw_children
from jdm_stats.simulation.course.histories import JAK_DAYS, NEVER, nxp2_shift, walk
from jdm_stats.simulation.course.treatment import plan_treatment
from jdm_stats.simulation.draws import Streams, exponential
from jdm_stats.simulation.hazards import perforation_baseline
from jdm_stats.simulation.scenario import Scenario

# A world with many events, so that few children show every part of the hazard.
WORLD = Scenario(
    follow_up_days=800,
    gi_rate_per_year=2.0,
    h0_mass=0.3,
    jak_after_gi_share=1.0,
    jak_hr=2.0,
    first_year=2018,
)


def live(world):
    streams = Streams(21, np.arange(64))
    children = draw_children(streams, world)
    severity = children.deviation + world.severity_nxp2_shift * children.nxp2
    plan = plan_treatment(streams, children, severity, world)
    aftermath = draw_aftermath(streams, world)
    histories = walk(streams, children, plan, aftermath, world, keep_hazard=True)
    return streams, children, plan, histories


@pytest.fixture(scope="module")
def lived():
    return live(WORLD)


def replayed(child: int, day: int, children, histories, h0) -> float:
    oral = histories.oral[: day + 1, child] / 100
    pulse = histories.pulse[: day + 1, child] / 100
    age = day - np.arange(day + 1)
    weighted = math.fsum((oral + 1.25 * pulse) * 0.5 ** (age / 90))
    log_ratio = math.log(WORLD.severity_hr) * histories.severity[day, child]
    if children.antibody[child] == "NXP2":
        direct = WORLD.nxp2_early_hr if day < 540 else WORLD.nxp2_late_hr
        log_ratio += math.log(direct)
    log_ratio += math.log(WORLD.dose_hr) * (1 - math.exp(-oral[day] / 0.4))
    if (pulse[max(day - 29, 0) :] > 0).any():
        log_ratio += math.log(WORLD.pulse_hr)
    log_ratio += math.log(WORLD.cumulative_hr) * weighted / 100
    if 0 <= day - histories.jak_from[child] < JAK_DAYS:
        log_ratio += math.log(WORLD.jak_hr)
    gate = 1.0 if histories.gi_day[child] <= day - 1 else 0.05
    return float(h0[day]) * math.exp(log_ratio) * gate


def test_the_hazard_of_every_tenth_day_replayed(lived):
    _, children, _, histories = lived
    h0 = perforation_baseline(WORLD, 801)
    assert (histories.gi_day < NEVER).sum() > 20
    assert (histories.jak_from < NEVER).sum() > 10
    for child in range(0, 64, 3):
        for day in range(0, 801, 10):
            again = replayed(child, day, children, histories, h0)
            assert histories.hazard[day, child] == pytest.approx(
                again, rel=1e-6, abs=1e-14
            )


def test_a_perforation_comes_the_day_after_the_hazard_passed_the_threshold(lived):
    streams, _, _, histories = lived
    threshold = exponential(streams.uniforms("events", 2)[1], 12)
    total = np.cumsum(histories.hazard, axis=0)
    passed = total >= threshold
    expected = np.where(passed.any(axis=0), passed.argmax(axis=0) + 1, NEVER)
    assert (histories.perforation_day == expected).all()
    assert (expected < NEVER).sum() > 10


def test_severity_reverts_and_carries_the_fading_shift_of_nxp2(lived):
    _, children, _, histories = lived
    nxp2 = children.nxp2
    shift = nxp2_shift(WORLD, 801)[:, None] * nxp2
    deviation = histories.severity - shift
    assert np.allclose(deviation[0], children.deviation)
    lag = 120  # the half-life: half of a deviation is left
    pairs = deviation[:-lag].ravel(), deviation[lag:].ravel()
    assert np.corrcoef(*pairs)[0, 1] == pytest.approx(0.5, abs=0.12)
    assert deviation.std() == pytest.approx(1.0, abs=0.12)


def test_the_planned_taper_is_printo_s_in_a_child_who_follows_it():
    _, _, plan, histories = live(WORLD.with_values(gi_rate_per_year=0.0, h0_mass=0.0))
    quiet = (plan.level == 0) & (plan.speed == 10) & ~plan.flares & plan.steroid
    quiet &= histories.pulse.max(axis=0) == 0
    child = int(np.flatnonzero(quiet)[0])
    oral = histories.oral[plan.start[child] :, child] / 100
    assert oral[0] == 2.0
    assert oral[60] == 1.05  # 1 mg/kg at two months, in steps of 28 days
    assert oral[200] == 0.2
    assert oral[740] == 0.0
    assert (np.diff(oral) <= 0).all()
