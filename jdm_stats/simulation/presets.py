"""The named scenarios, and the constants that were solved for them.

``tertiary`` holds the defaults of `jdm_stats.simulation.scenario.Scenario`. Its constants
graded "solved" were worked out once by `solve_baseline` on 24,576 children (seed 1):
GI involvement 25% and pulses 57% within 24 months, risk of a first perforation 2.0% by
24 months, median 9 months (274 days) from diagnosis to perforation, NXP2's total rate
ratio 8 before and 2 after 18 months. Those children leave a Monte Carlo error of about
0.04 percentage points in the risk. ``population`` was solved in the same way for a risk
of 0.7%. ``steroids_harmless`` shares every constant of ``tertiary``: only the three
hazard ratios of steroids are 1, so its risk is lower, and severity still confounds.
"""

from __future__ import annotations

from difflib import get_close_matches

from jdm_stats.errors import PlanError
from jdm_stats.simulation.scenario import Scenario

__all__ = ["PRESETS", "as_scenario"]

_TERTIARY = Scenario(name="tertiary")

PRESETS: dict[str, Scenario] = {
    "tertiary": _TERTIARY,
    "population": _TERTIARY.with_values(
        name="population",
        h0_mass=0.008851,
        h0_median_days=334.3,
        nxp2_early_hr=3.768,
        nxp2_late_hr=1.238,
    ),
    "steroids_harmless": _TERTIARY.with_values(
        name="steroids_harmless", dose_hr=1.0, pulse_hr=1.0, cumulative_hr=1.0
    ),
}


def as_scenario(scenario: Scenario | str | None) -> Scenario:
    """Return a scenario, given itself, the name of a preset or None for ``tertiary``.

    Raises
    ------
    PlanError
        If no preset bears that name.

    Examples
    --------
    >>> as_scenario("steroids_harmless").pulse_hr
    1.0
    >>> as_scenario("tertary")
    Traceback (most recent call last):
    ...
    jdm_stats.errors.PlanError: no preset is named 'tertary'; did you mean 'tertiary'?
    known are tertiary, population, steroids_harmless
    """
    if scenario is None:
        return _TERTIARY
    if isinstance(scenario, Scenario):
        return scenario
    if isinstance(scenario, str) and scenario in PRESETS:
        return PRESETS[scenario]
    near = get_close_matches(str(scenario), PRESETS, n=1)
    hint = f" did you mean {near[0]!r}?" if near else ""
    raise PlanError(
        f"no preset is named {scenario!r};{hint} known are {', '.join(PRESETS)}"
    )
