"""One row per simulated child, as the world has it: nothing lost, nothing cut at an exit.

Follow-up in a registry is cut by referral, loss and the end of the study; published figures
such as "by 24 months" mean the children, not the cut. So every child here is followed for five
years or to death. Doses are those taken, on days up to the death.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.simulation.course.lives import Lives, draw_lives
from jdm_stats.simulation.course.readings import MEASURES
from jdm_stats.simulation.course.treatment import STEP_DAYS, taper_table
from jdm_stats.simulation.draws import BLOCK
from jdm_stats.simulation.scenario import Scenario

TWO_YEARS, FIVE_YEARS, YEAR = 730, 1826, 365
NEVER = np.inf
# A stop is a month without oral steroid: a pulse takes its place for three days only.
STOP_FOR = 28
_AT_ONCE = 2 * BLOCK


def described_children(scenario: Scenario, count: int, seed: int) -> pd.DataFrame:
    """Draw children and describe each in one row.

    Parameters
    ----------
    scenario : Scenario
    count, seed : int

    Returns
    -------
    DataFrame
        Days are infinite where nothing came; ``ideal`` and ``major`` are missing in children
        without steroids.
    """
    parts = []
    for first in range(0, count, _AT_ONCE):
        index = np.arange(first, min(first + _AT_ONCE, count))
        # The first attempt only: children who die before referral are children too.
        parts.append(_described(draw_lives(seed, index, scenario)[0], scenario))
    return pd.concat(parts, ignore_index=True)


def _described(lives: Lives, scenario: Scenario) -> pd.DataFrame:
    children, plan, after = lives.children, lives.plan, lives.aftermath
    first = _day(lives.histories.perforation_day)
    death = np.minimum(_day(lives.death), _day(children.death))
    perforated = (first <= np.minimum(death, FIVE_YEARS)) & np.isfinite(first)
    first = np.where(perforated, first, NEVER)
    background = np.where(_day(children.death) <= death, death, NEVER)
    surgery = np.where(after.surgeries[0] >= 0, first + after.surgeries[0], NEVER)
    again = np.where(after.perforations[1] >= 0, first + after.perforations[1], NEVER)
    pulses = np.where(after.pulse > 0, first + after.pulse, NEVER)
    gi = _day(lives.histories.gi_day)
    frame = {
        "antibody": children.antibody,
        "tested": children.tested,
        "ro52": children.ro52,
        "female": children.female,
        "age": children.age,
        **children.features,
        **{measure: lives.readings.value[measure][0] for measure in MEASURES},
        "gi_day": np.where(gi <= death, gi, NEVER),
        "perforation_day": first,
        "site": np.where(perforated, after.sites[0], None),
        "surgery": np.isfinite(surgery) & (surgery <= death),
        "again": np.isfinite(again) & (again <= death),
        "pulsed_after": (pulses <= death) & np.isfinite(pulses),
        "cmas_before": _last_cmas(lives, first),
        "death_day": death,
        "background_death_day": background,
        **_steroids(lives, scenario, np.minimum(death, first)),
    }
    for drug in plan.drugs:
        last = np.minimum(death, FIVE_YEARS)
        frame[drug.drug] = drug.given & (drug.start <= last)
    return pd.DataFrame(frame)


def _day(day: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(day <= FIVE_YEARS, day, NEVER).astype(float)


def _last_cmas(lives: Lives, first: NDArray[np.float64]) -> NDArray[np.float64]:
    """Last CMAS read up to the day before the first perforation."""
    day, value = lives.readings.day, lives.readings.value["cmas"]
    held = (day >= 0) & (day < first) & np.isfinite(value) & np.isfinite(first)
    place = np.where(held, np.arange(len(day))[:, None], -1).max(axis=0)
    found = value[np.maximum(place, 0), np.arange(day.shape[1])]
    return np.where(place >= 0, found, np.nan)


def _steroids(
    lives: Lives, scenario: Scenario, end: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Describe the doses taken; those after a first perforation are left out.

    ``ideal``: each oral dose up to 24 months is that of the protocol for the first dose, on
    its day. ``major``: by 24 months the oral dose went up again, or the whole taper ran at six
    tenths of its speed. ``planned_ideal``, ``planned_major``: what was drawn at diagnosis.
    """
    plan, oral, pulse = lives.plan, lives.histories.oral, lives.histories.pulse
    day = np.arange(len(oral))[:, None]
    lived = day < end
    given = (oral > 0) & lived
    start = np.where(given.any(axis=0), given.argmax(axis=0).astype(float), NEVER)
    initial = oral[
        np.where(np.isfinite(start), start, 0).astype(int), np.arange(len(end))
    ]
    table = taper_table(scenario.taper)
    step = np.clip((day - plan.start) // STEP_DAYS, 0, table.shape[1] - 1)
    planned = table[plan.level, step] * ((day >= plan.start) & plan.steroid)
    two_years = lived & (day <= TWO_YEARS) & (pulse == 0)
    followed = ~(two_years & (oral != planned)).any(axis=0)
    rose = _rises(oral, two_years)
    on = plan.steroid
    half = given & (oral * 2 <= initial)
    began = np.where(np.isfinite(start), start, 0.0)
    return {
        "pulse_day": _first(lived & (pulse > 0)),
        "any_pulse_day": _first(pulse > 0),
        "ideal": np.where(on, followed, np.nan),
        "major": np.where(on, rose | (plan.speed == 6), np.nan),
        "planned_ideal": np.where(on, (plan.speed == 10) & ~plan.flares, np.nan),
        "planned_major": np.where(on, plan.flares, np.nan),
        "half_dose_day": np.where(on, _first(half) - began, np.nan),
        "stop_day": np.where(on, _stopped(oral, pulse, start), np.nan),
        "on_steroid_24": np.where(on & (end > TWO_YEARS), oral[TWO_YEARS] > 0, np.nan),
        "followed_to": end,
    }


def _first(there: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(there.any(axis=0), there.argmax(axis=0).astype(float), NEVER)


def _rises(oral: NDArray[np.int16], within: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether the oral dose of a day without pulse ever exceeds that of the day before it.

    Days with a pulse hold no oral dose and are skipped.
    """
    held = np.where(within, oral, -1).astype(np.int32)
    place = np.maximum.accumulate(
        np.where(within, np.arange(len(oral))[:, None], 0), axis=0
    )
    last = np.take_along_axis(held, place, axis=0)
    before = np.vstack([np.full((1, oral.shape[1]), 10**6), last[:-1]])
    started = np.maximum.accumulate(held, axis=0) > 0
    earlier = np.vstack([np.zeros((1, oral.shape[1]), bool), started[:-1]])
    return ((held > before) & earlier & within).any(axis=0)


def _stopped(
    oral: NDArray[np.int16], pulse: NDArray[np.int16], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """First day of a month without oral steroid or pulse, after the first dose."""
    free = ((oral == 0) & (pulse == 0)).astype(np.int32)
    total = np.vstack([np.zeros((1, oral.shape[1]), np.int32), np.cumsum(free, axis=0)])
    whole = np.zeros(oral.shape, bool)
    whole[: len(oral) - STOP_FOR + 1] = total[STOP_FOR:] - total[:-STOP_FOR] == STOP_FOR
    return _first(whole & (np.arange(len(oral))[:, None] > start))
