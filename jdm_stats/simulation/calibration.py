"""Solving the constants of a scenario so that overall figures come out, published or assumed.

Figures of the evidence base marked "overall" are targets, not coefficients: NXP2 raises
severity, GI involvement and pulses as well as the hazard itself, so its direct hazard
ratio must be smaller than the total one. Everything is worked out from the hazards
themselves, not from simulated events: each child's history runs without its perforation,
and the chance of a first perforation by a day, death competing, is then exact for that
child. What is left of Monte Carlo error comes from the children drawn, and is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.errors import PlanError, UsageError
from jdm_stats.replicates.numbers import is_number
from jdm_stats.simulation.course.children import draw_children, logistic
from jdm_stats.simulation.course.histories import Histories
from jdm_stats.simulation.course.lives import natural_course
from jdm_stats.simulation.course.treatment import plan_treatment
from jdm_stats.simulation.draws import AT_ONCE, BLOCK, Streams
from jdm_stats.simulation.hazards import (
    NXP2_EARLY_DAYS,
    chance_alive,
    first_perforations,
    gi_baseline,
    gi_hazard,
    perforation_baseline,
)
from jdm_stats.simulation.scenario import Scenario

__all__ = ["Targets", "expected_figures", "nxp2_weights", "solve_baseline"]

_TWO_YEARS = 730
_FIVE_YEARS = 1826
_SHARE = (1.0, "a share above 0 and below 1")
_RATIO = (math.inf, "a finite number above 0")
# What each target must stay below, and how that is said.
_WITHIN = {
    **dict.fromkeys(("risk", "pulsed", "gi"), _SHARE),
    **dict.fromkeys(("nxp2_early", "nxp2_late"), _RATIO),
    "median_days": (_FIVE_YEARS, f"a finite number above 0 and below {_FIVE_YEARS}"),
}
_ROUNDS = 40
_TOLERANCE = 1e-5
_LOWEST, _HIGHEST = 1e-6, 1e6
_TINY = 1e-200  # where all have perforated, nobody is at risk


@dataclass(frozen=True)
class Targets:
    """Overall figures that the solved constants must give; none assumes follow-up.

    ``risk``: first perforation by 24 months, death competing. ``median_days``: median
    day of a first perforation among those of the first five years. ``nxp2_early``,
    ``nxp2_late``: ratio of the rates of NXP2 and other children before and from day
    540. ``pulsed`` and ``gi``: shares by 24 months.

    Raises
    ------
    PlanError
        If a target is impossible; every fault is listed, each with its field.

    Examples
    --------
    >>> Targets(risk=1.2, nxp2_late=0.0)
    Traceback (most recent call last):
    ...
    jdm_stats.errors.PlanError: the targets are at fault:
      risk must be a share above 0 and below 1, not 1.2
      nxp2_late must be a finite number above 0, not 0.0
    """

    risk: float = 0.02
    median_days: float = 274.0
    nxp2_early: float = 8.0
    nxp2_late: float = 2.0
    pulsed: float = 0.57
    gi: float = 0.25

    def __post_init__(self) -> None:
        """Refuse impossible targets, all at once."""
        faults = []
        for name, value in vars(self).items():
            top, wanted = _WITHIN[name]
            if not is_number(value) or not 0 < value < top:
                faults.append(f"{name} must be {wanted}, not {value!r}")
        if faults:
            raise PlanError("the targets are at fault:\n  " + "\n  ".join(faults))


@dataclass(frozen=True)
class _Paths:
    """Histories of n children without perforation, shape (D, n) where daily."""

    nxp2: NDArray[np.float64]
    relative: NDArray[np.float64]
    gi_sum: NDArray[np.float64]
    pulsed: NDArray[np.bool_]
    start_log_odds: NDArray[np.float64]


def solve_baseline(
    scenario: Scenario,
    targets: Targets | None = None,
    *,
    children: int = 16_384,
    seed: int = 1,
) -> Scenario:
    """Return the scenario with its solved constants worked out anew.

    Parameters
    ----------
    scenario : Scenario
        Its fields graded "solved" are replaced: ``gi_rate_per_year``,
        ``pulse_start_log_odds``, ``h0_mass``, ``h0_median_days``, ``nxp2_early_hr`` and
        ``nxp2_late_hr``.
    targets : Targets, optional
    children : int, default 16384
        Children drawn; 256 or more.
    seed : int, default 1

    Returns
    -------
    Scenario
        Constants rounded to four significant digits.

    Raises
    ------
    PlanError
        If a target is out of reach of this scenario; each is named, with what was
        reached.
    UsageError
        If there are too few children.

    Notes
    -----
    The rate of GI involvement and the odds of a pulse at start are solved by bisection.
    The other four are solved together by repeated proportional correction, which
    converges because perforation is rare.
    """
    targets = targets or Targets()
    _check(children)
    solved = scenario.with_values(follow_up_days=_FIVE_YEARS)
    paths = _paths(solved.with_values(gi_rate_per_year=1.0), children, seed)
    weight = nxp2_weights(paths.nxp2, solved)
    gi_rate = _bisect(
        lambda rate: float(weight @ (1 - np.exp(-rate * paths.gi_sum))),
        "gi",
        targets.gi,
    )
    solved = solved.with_values(gi_rate_per_year=_short(gi_rate))
    paths = _paths(solved, children, seed)
    rest = np.where(paths.pulsed, 1.0, 0.0)
    odds = _bisect(
        lambda odds: float(
            weight @ np.maximum(rest, logistic(math.log(odds) + paths.start_log_odds))
        ),
        "pulsed",
        targets.pulsed,
    )
    solved = solved.with_values(pulse_start_log_odds=_short(math.log(odds)))
    paths = _paths(solved, children, seed, with_start=True)
    solved = _solve_perforation(solved, paths, targets)
    return solved.with_values(
        name=scenario.name, follow_up_days=scenario.follow_up_days
    )


def expected_figures(
    scenario: Scenario, *, children: int = 4096, seed: int = 2
) -> pd.DataFrame:
    """Return the overall figures a scenario implies, with their Monte Carlo error.

    Parameters
    ----------
    scenario : Scenario
    children : int, default 4096
        Children drawn; 256 or more.
    seed : int, default 2

    Returns
    -------
    pandas.DataFrame
        Indexed by ``figure`` (risk, median_days, nxp2_early, nxp2_late, gi, pulsed);
        columns value and std_error, the latter from 16 groups of children.
    """
    _check(children)
    longer = scenario.with_values(follow_up_days=_FIVE_YEARS)
    paths = _paths(longer, children, seed, with_start=True)
    groups = np.arange(children) % 16
    parts = [_figures(_some(paths, groups == g), longer) for g in range(16)]
    frame = pd.DataFrame({"value": pd.Series(_figures(paths, longer))})
    frame["std_error"] = pd.DataFrame(parts).std(ddof=1) / 4
    return frame.rename_axis("figure")


def _check(children: int) -> None:
    if children < BLOCK:
        raise UsageError(f"children must be {BLOCK} or more, not {children}")


def _paths(
    scenario: Scenario, children: int, seed: int, *, with_start: bool = False
) -> _Paths:
    """Histories under unit baselines: direct NXP2 ratios 1 and ``h0_mass`` 1."""
    changes = {"nxp2_early_hr": 1.0, "nxp2_late_hr": 1.0, "h0_mass": 1.0}
    if not with_start:
        changes["pulse_start_log_odds"] = -50.0
    unit = scenario.with_values(**changes)
    h0 = perforation_baseline(unit, unit.follow_up_days + 1)
    parts = []
    for first in range(0, children, AT_ONCE):
        indices = np.arange(first, min(first + AT_ONCE, children))
        streams = Streams(seed, indices)
        drawn = draw_children(streams, unit)
        severity = drawn.severity_at_diagnosis(unit)
        plan = plan_treatment(streams, drawn, severity, unit)
        histories = natural_course(streams, drawn, unit, plan)
        assert histories.hazard is not None
        ill = math.log(unit.pulse_severity_or) * severity
        parts.append(
            _Paths(
                nxp2=drawn.nxp2,
                relative=histories.hazard / h0[:, None],
                gi_sum=_gi_sum(histories, drawn.nxp2, unit),
                pulsed=histories.pulse[: _TWO_YEARS + 1].max(axis=0) > 0,
                start_log_odds=np.where(plan.steroid, ill + plan.pulse_log_odds, -50.0),
            )
        )
    return _Paths(
        nxp2=np.concatenate([part.nxp2 for part in parts]),
        relative=np.concatenate([part.relative for part in parts], axis=1),
        gi_sum=np.concatenate([part.gi_sum for part in parts]),
        pulsed=np.concatenate([part.pulsed for part in parts]),
        start_log_odds=np.concatenate([part.start_log_odds for part in parts]),
    )


def _gi_sum(
    histories: Histories, nxp2: NDArray[np.float64], scenario: Scenario
) -> NDArray[np.float64]:
    severity = histories.severity[:_TWO_YEARS]
    baseline = gi_baseline(scenario, _TWO_YEARS)[:, None]
    sums: NDArray[np.float64] = gi_hazard(severity, nxp2, scenario, baseline).sum(
        axis=0
    )
    return sums


def _some(paths: _Paths, chosen: NDArray[np.bool_]) -> _Paths:
    return _Paths(
        nxp2=paths.nxp2[chosen],
        relative=paths.relative[:, chosen],
        gi_sum=paths.gi_sum[chosen],
        pulsed=paths.pulsed[chosen],
        start_log_odds=paths.start_log_odds[chosen],
    )


def nxp2_weights(nxp2: NDArray[np.float64], scenario: Scenario) -> NDArray[np.float64]:
    """Return weights that give NXP2 its exact share; they sum to 1.

    Parameters
    ----------
    nxp2 : array of float, shape (n,)
        1.0 for children drawn with anti-NXP2, 0.0 for the others.
    scenario : Scenario

    Examples
    --------
    >>> half = Scenario(antibody_mix=(("NXP2", 0.5), ("none", 0.5)))
    >>> nxp2_weights(np.array([1.0, 0.0, 0.0]), half).round(3).tolist()
    [0.5, 0.25, 0.25]
    """
    share = dict(scenario.antibody_mix).get("NXP2", 0.0)
    drawn = nxp2.mean()
    has, has_not = share / max(drawn, 1e-12), (1 - share) / max(1 - drawn, 1e-12)
    weights: NDArray[np.float64] = np.where(nxp2 == 1, has, has_not) / len(nxp2)
    return weights


def _figures(paths: _Paths, scenario: Scenario) -> dict[str, float]:
    days = paths.relative.shape[0] - 1
    day = np.arange(days)
    early = day < NXP2_EARLY_DAYS
    direct = np.where(early, scenario.nxp2_early_hr, scenario.nxp2_late_hr)[:, None]
    events, time = np.zeros((2, days)), np.zeros((2, days))
    h0 = perforation_baseline(scenario, days)[:, None]
    alive = chance_alive(scenario, day)[:, None]
    weight = nxp2_weights(paths.nxp2, scenario)
    for first in range(0, len(weight), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        has = paths.nxp2[part] == 1
        hazard = paths.relative[:days, part] * h0 * np.where(has, direct, 1.0)
        free, perforated = first_perforations(hazard, alive)
        shares = np.array([weight[part] * ~has, weight[part] * has])
        events += shares @ perforated.T
        time += shares @ free.T
    rates = [
        events[:, part].sum(1) / (time[:, part].sum(1) + _TINY)
        for part in (early, ~early)
    ]
    total = np.cumsum(events.sum(axis=0))
    half = np.interp(total[-1] / 2, total, day + 1.0)
    return {
        "risk": float(total[_TWO_YEARS - 1]),
        "median_days": float(half),
        "nxp2_early": float(rates[0][1] / (rates[0][0] + _TINY)),
        "nxp2_late": float(rates[1][1] / (rates[1][0] + _TINY)),
        "gi": float(weight @ (1 - np.exp(-paths.gi_sum))),
        "pulsed": float(weight @ paths.pulsed),
    }


def _solve_perforation(scenario: Scenario, paths: _Paths, targets: Targets) -> Scenario:
    names = {
        "h0_mass": ("risk", targets.risk, 1.0),
        "h0_median_days": ("median_days", targets.median_days, 1.5),
        "nxp2_early_hr": ("nxp2_early", targets.nxp2_early, 1.0),
        "nxp2_late_hr": ("nxp2_late", targets.nxp2_late, 1.0),
    }
    current, got = scenario, _figures(paths, scenario)
    for _ in range(_ROUNDS):
        ratios = {
            name: (target / max(got[figure], 1e-12)) ** power
            for name, (figure, target, power) in names.items()
        }
        if not all(_LOWEST < r < _HIGHEST for r in ratios.values()):
            break
        if max(abs(math.log(ratio)) for ratio in ratios.values()) < _TOLERANCE:
            return current.with_values(
                **{name: _short(getattr(current, name)) for name in names}
            )
        try:
            current = current.with_values(
                **{name: getattr(current, name) * ratios[name] for name in names}
            )
        except PlanError:  # beyond any number a scenario may hold
            break
        got = _figures(paths, current)
    missed = [
        f"{figure} of {target:g} (reached: {got[figure]:.4g})"
        for figure, target, _ in names.values()
        if not abs(got[figure] / target - 1) < 100 * _TOLERANCE
    ]
    raise PlanError(
        "targets out of reach of this scenario: " + ", ".join(missed or ["all"])
    )


def _bisect(figure: Callable[[float], float], name: str, target: float) -> float:
    """Return the positive argument at which a rising figure meets its target."""
    low, high = 1e-6, 1e6
    if not figure(low) < target < figure(high):
        raise PlanError(
            f"targets out of reach of this scenario: {name} of {target:g} (it can lie "
            f"between {figure(low):.4g} and {figure(high):.4g})"
        )
    for _ in range(100):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if figure(middle) < target else (low, middle)
    return math.sqrt(low * high)


def _short(value: float) -> float:
    return float(f"{value:.4g}")
