"""Weight and height as measured: the usual curves, and what steroids do to them.

Weight rises with the weighted dose of all steroid so far, up to a share of body weight that
the scenario names, and falls back with it. Growth in height is slowed in proportion to the
plateau of the oral dose; what is lost is not caught up. Both sizes are assumed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jdm_stats.simulation.course.children import Children
from jdm_stats.simulation.course.histories import Histories, weighted_dose
from jdm_stats.simulation.hazards import dose_plateau
from jdm_stats.simulation.scenario import Scenario

__all__ = ["measured_growth"]

_EVERY = 4
_WEIGHTED_SCALE = 100.0


def measured_growth(
    children: Children,
    histories: Histories,
    scenario: Scenario,
    day: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    """Return weight and height at every fourth visit, NaN at the others.

    Parameters
    ----------
    children, histories, scenario
        The n children and what happened to them.
    day : array of int, shape (visits, n)
        Day of each visit.

    Returns
    -------
    dict of str to array of float, shape (visits, n)
        ``weight_kg`` and ``height_cm``, one decimal.
    """
    chosen = slice(None, None, _EVERY)
    at = day[chosen]
    weighted = weighted_dose(histories.oral, histories.pulse)
    steroid = np.take_along_axis(weighted, at, axis=0)
    gain = scenario.weight_gain * -np.expm1(-steroid / _WEIGHTED_SCALE)
    weight = np.full(day.shape, np.nan)
    weight[chosen] = np.round(children.weight_on(at) * np.round(1 + gain, 6), 1)
    height = np.full(day.shape, np.nan)
    lost = _height_lost(children, histories, scenario, len(day))[chosen]
    height[chosen] = np.round(children.height_on(at) - lost, 1)
    return {"weight_kg": weight, "height_cm": height}


def _height_lost(
    children: Children, histories: Histories, scenario: Scenario, visits: int
) -> NDArray[np.float64]:
    """Centimetres not grown by each planned visit; shape (visits, n)."""
    every, n = scenario.visit_every_days, len(children.age)
    doses = np.arange(int(histories.oral.max(initial=0)) + 1) / 100
    plateau = dose_plateau(doses, scenario)
    daily = histories.oral[: (visits - 1) * every].reshape(visits - 1, every, n)
    planned = np.arange(visits)[:, None] * every
    usual = np.diff(children.height_on(planned), axis=0)
    slowed = scenario.height_slowing * plateau[daily].mean(axis=1) * usual
    lost = np.zeros((visits, n))
    np.cumsum(slowed, axis=0, out=lost[1:])
    return np.round(lost, 4)
