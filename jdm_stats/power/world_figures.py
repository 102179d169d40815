"""What a synthetic world says to a planner: its risk, its time course, its exposures.

Nothing is drawn that could perforate: each child's history runs without its perforation,
and its hazard gives the chance of one on each day. What is left of Monte Carlo error comes
from the children drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from jdm_stats.errors import UsageError
from jdm_stats.power.time_course import TWO_YEARS, TimeCourse
from jdm_stats.simulation.calibration import nxp2_weights
from jdm_stats.simulation.course.children import draw_children
from jdm_stats.simulation.course.lives import natural_course
from jdm_stats.simulation.draws import BLOCK, Streams
from jdm_stats.simulation.hazards import PULSE_WINDOW_DAYS, perforation_baseline
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.origin import presets_of, target_risk
from jdm_stats.simulation.scenario.presets import PRESETS, as_scenario

__all__ = ["EXPOSURES", "WorldFigures", "world_figures"]

EXPOSURES = {
    "nxp2": "anti-NXP2",
    "recent_pulse": "a pulse in the last 30 days",
    "high_dose": "an oral dose of 1 mg/kg/day or more",
}
_FIVE_YEARS, _TWENTY_YEARS, _A_YEAR = 1826, 7305, 365
_EVERY = 7  # days between points of the course
_HIGH = 100  # hundredths of mg/kg/day


@dataclass(frozen=True)
class WorldFigures:
    """Figures of one scenario; SYNTHETIC.

    Parameters
    ----------
    scenario : str
    children : int
        Children drawn.
    risk_24_months : float
        Risk of a first perforation by day 730, no other death and no loss. Of a preset
        whose constants were solved for a risk, that risk.
    std_error : float
        Monte Carlo error of the risk as drawn.
    time_course : TimeCourse
        From the histories over five years; then to twenty as the baseline hazard goes on.
    exposure_shares : mapping of str to float
        Exposed share of the children at risk at the time of an average event: a mean over
        days, each weighted by how many events fall on it.
    """

    scenario: str
    children: int
    risk_24_months: float
    std_error: float
    time_course: TimeCourse
    exposure_shares: Mapping[str, float]

    def __repr__(self) -> str:
        shares = ", ".join(f"{k} {v:.3f}" for k, v in self.exposure_shares.items())
        return (
            f"<WorldFigures of {self.scenario}, SYNTHETIC: risk by 24 months "
            f"{self.risk_24_months:.4f} (Monte Carlo error {self.std_error:.4f}, "
            f"{self.children} children); exposed at an average event: {shares}>"
        )


def world_figures(
    scenario: Scenario | str | None = None, *, children: int = 4096, seed: int = 1
) -> WorldFigures:
    """Work out risk, time course and exposure shares of a scenario.

    Parameters
    ----------
    scenario : Scenario, str or None
        A scenario or the name of a preset; by default ``tertiary``.
    children : int, default 4096
        Children drawn, 256 or more.
    seed : int, default 1

    Returns
    -------
    WorldFigures
        The risk weighted so that NXP2 has its exact share. Kept, so that asking again for
        the same scenario costs nothing.

    Raises
    ------
    UsageError
        For fewer than 256 children.
    PlanError
        For an unknown preset.

    Examples
    --------
    >>> figures = world_figures("population", children=512)
    >>> figures.risk_24_months, sorted(figures.exposure_shares)
    (0.007, ['high_dose', 'nxp2', 'recent_pulse'])
    """
    if children < BLOCK:
        raise UsageError(f"children must be {BLOCK} or more, not {children}")
    return _figures(as_scenario(scenario), int(children), int(seed))


@lru_cache(maxsize=16)
def _figures(scenario: Scenario, children: int, seed: int) -> WorldFigures:
    longer = scenario.with_values(follow_up_days=_FIVE_YEARS)
    parts = [
        _part(longer, np.arange(first, min(first + 2 * BLOCK, children)), seed)
        for first in range(0, children, 2 * BLOCK)
    ]
    share = dict(scenario.antibody_mix).get("NXP2", 0.0)
    weight = nxp2_weights(np.concatenate([part.nxp2 for part in parts]), scenario)
    risk = np.concatenate([part.risk for part in parts], axis=1)
    overall = risk @ weight
    by_24 = float(overall[TWO_YEARS])
    events = np.diff(overall) / overall[-1]
    course = _prolonged(overall / by_24, scenario)
    kept = np.unique(np.append(np.arange(0, len(course), _EVERY), TWO_YEARS))
    shares = {
        name: round(float(events @ (exposed @ weight)), 4)
        for name in ("recent_pulse", "high_dose")
        for exposed in [np.concatenate([getattr(p, name) for p in parts], axis=1)]
    }
    return WorldFigures(
        scenario=scenario.name,
        children=children,
        risk_24_months=_solved_for(scenario) or float(f"{by_24:.4g}"),
        std_error=float(np.sqrt(weight**2 @ (risk[TWO_YEARS] - by_24) ** 2)),
        time_course=TimeCourse(
            name=f"world {scenario.name}",
            kind="tabulated",
            days=tuple(kept.astype(float).tolist()),
            shares=tuple(np.round(course[kept], 6).tolist()),
            synthetic=True,
        ),
        exposure_shares=MappingProxyType({"nxp2": float(share), **shares}),
    )


def _solved_for(scenario: Scenario) -> float | None:
    """Risk for which the constants of a preset were solved, if it is one of these."""
    named = set(scenario.name.split("+"))
    preset = named <= PRESETS.keys() and as_scenario(scenario.name) == scenario
    if not preset or "steroids" in presets_of(scenario):
        return None
    return target_risk(scenario)


def _prolonged(course: NDArray[np.float64], scenario: Scenario) -> NDArray[np.float64]:
    """Go on to twenty years as the baseline does, from the rate of the last year drawn."""
    baseline = np.concatenate(
        [[0.0], np.cumsum(perforation_baseline(scenario, _TWENTY_YEARS))]
    )
    last = len(course) - 1
    risen = baseline[last] - baseline[last - _A_YEAR]
    rate = (course[last] - course[last - _A_YEAR]) / risen if risen > 0 else 0.0
    return np.append(
        course, course[last] + rate * (baseline[last + 1 :] - baseline[last])
    )


@dataclass(frozen=True)
class _Part:
    """Some children: risk by each day, shape (D + 1, n); who is exposed, (D, n)."""

    nxp2: NDArray[np.float64]
    risk: NDArray[np.float32]
    recent_pulse: NDArray[np.bool_]
    high_dose: NDArray[np.bool_]


def _part(scenario: Scenario, indices: NDArray[np.int64], seed: int) -> _Part:
    streams = Streams(seed, indices)
    drawn = draw_children(streams, scenario)
    lived = natural_course(streams, drawn, scenario)
    assert lived.hazard is not None
    days = len(lived.hazard) - 1
    risk = np.zeros((days + 1, len(indices)), dtype=np.float32)
    risk[1:] = -np.expm1(-np.cumsum(lived.hazard[:days], axis=0))
    pulses = np.cumsum(lived.pulse[:days] > 0, axis=0, dtype=np.int32)
    before = np.zeros_like(pulses)
    before[PULSE_WINDOW_DAYS:] = pulses[:-PULSE_WINDOW_DAYS]
    return _Part(drawn.nxp2, risk, pulses > before, lived.oral[:days] >= _HIGH)
