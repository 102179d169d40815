"""simulate_cohort: a synthetic registry of children whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.schema import EVENTS, TABLES
from jdm_stats.simulation.draws import BLOCK, one_seed
from jdm_stats.simulation.hazards import log_hazard_ratios
from jdm_stats.simulation.index_case import index_case_pattern, index_case_rows
from jdm_stats.simulation.lives import draw_lives
from jdm_stats.simulation.presets import as_scenario
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.tables import life_tables, patient_ids

__all__ = ["DEFAULT_SEED", "WORLD_VERSION", "simulate_cohort"]

DEFAULT_SEED = 20240618

# Raised whenever the same scenario and seed would give other children.
WORLD_VERSION = 2

_AT_ONCE = 2 * BLOCK
_ORDER = {
    "patients": ["patient_id"],
    "courses": ["patient_id", "start_day", "drug"],
    "events": ["patient_id", "day", "rank"],
    "assessments": ["patient_id", "day", "rank"],
}


def simulate_cohort(
    n_patients: int = 600,
    *,
    scenario: Scenario | str | None = None,
    rng: int | np.random.Generator = DEFAULT_SEED,
    n_index_pattern: int = 1,
) -> Cohort:
    """Simulate a registry of children with juvenile dermatomyositis.

    Parameters
    ----------
    n_patients : int, default 600
        Number of children, 1 or more.
    scenario : Scenario or str, optional
        The world to draw from, or the name of a preset: ``tertiary`` (the default),
        ``population`` or ``steroids_harmless``.
    rng : int or numpy.random.Generator, default 20240618
        A seed of 0 or more, or a Generator from which one seed is drawn. The global
        generator is never touched.
    n_index_pattern : int, default 1
        How many children, the first ones, follow the pattern of the index case; see
        `jdm_stats.simulation.index_case.index_case_pattern`.

    Returns
    -------
    Cohort
        Marked synthetic. Its provenance holds the scenario, the seed and the truth: the
        conditional log hazard ratios the perforations were drawn with.

    Raises
    ------
    PlanError
        If the scenario is at fault.
    UsageError
        If a count or the seed is at fault.

    Notes
    -----
    Child ``i`` depends on the scenario, the seed and ``i`` alone: it is the same child
    in a cohort of 100 and of 1,000.

    Examples
    --------
    >>> cohort = simulate_cohort(20, rng=7)
    >>> cohort.n_patients, cohort.synthetic
    (20, True)
    """
    world = as_scenario(scenario)
    _check_counts(n_patients, n_index_pattern)
    seed = one_seed(rng)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    for first in range(n_index_pattern, n_patients, _AT_ONCE):
        index = np.arange(first, min(first + _AT_ONCE, n_patients))
        for lives in draw_lives(seed, index, world):
            for name, frame in life_tables(lives).items():
                parts[name].append(frame)
    for child in range(n_index_pattern):
        patient_id = str(patient_ids(np.array([child]))[0])
        rows = index_case_rows(patient_id, seed, child, world)
        for name, listed in rows.items():
            parts[name].append(pd.DataFrame(listed))
    tables = {name: _joined(name, frames) for name, frames in parts.items()}
    metadata = _metadata(world, seed, n_patients, n_index_pattern)
    return Cohort(**tables, metadata=metadata)


def _check_counts(n_patients: int, n_index_pattern: int) -> None:
    faults = []
    counts = {"n_patients": (n_patients, 1), "n_index_pattern": (n_index_pattern, 0)}
    for name, (count, least) in counts.items():
        whole = isinstance(count, (int, np.integer)) and not isinstance(count, bool)
        if not whole or count < least:
            faults.append(
                f"{name} must be a whole number of {least} or more, not {count!r}"
            )
    if not faults and n_index_pattern > n_patients:
        faults.append(
            f"n_index_pattern must be at most n_patients ({n_patients}), "
            f"not {n_index_pattern}"
        )
    if faults:
        raise UsageError("; ".join(faults))


def _joined(name: str, frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Join the parts of a table, column by column, and put its rows in order."""
    columns = [c for c in TABLES[name].names if any(c in frame for frame in frames)]
    values: dict[str, Any] = {}
    for column in columns:
        pieces = [
            frame[column].astype(object)
            if column in frame
            else pd.Series([None] * len(frame), dtype=object)
            for frame in frames
        ]
        values[column] = pd.concat(pieces, ignore_index=True)
    joined = pd.DataFrame(values)
    if name == "events":
        joined["rank"] = joined["event"].map(EVENTS.index)
    elif name == "assessments":
        joined["rank"] = joined["measure"]
    joined = joined.sort_values(_ORDER[name], kind="stable", ignore_index=True)
    return joined.drop(columns="rank", errors="ignore")


def _metadata(
    scenario: Scenario, seed: int, n_patients: int, n_index_pattern: int
) -> dict[str, Any]:
    status = index_case_pattern()["status"].value_counts()
    return {
        "name": f"SYNTHETIC {scenario.name} cohort",
        "synthetic": True,
        "description": (
            f"SYNTHETIC: {n_patients:,} simulated children, none of them real, drawn "
            f"from the scenario {scenario.name!r} with seed {seed}. Following the "
            f"pattern of the index case (Chen 2024): {n_index_pattern:,}; only the order "
            "of its events was reported, every day, dose, count, site and value is assumed."
        ),
        "provenance": {
            "made_by": "jdm_stats.simulation.simulate.simulate_cohort",
            "world_version": WORLD_VERSION,
            "seed": seed,
            "n_patients": int(n_patients),
            "n_index_pattern": int(n_index_pattern),
            "index_case_steps": {
                "reported": int(status["reported"]),
                "assumed": int(status["assumed"]),
            },
            "truth": {
                "what": "conditional log hazard ratios of a first perforation",
                "log_hazard_ratios": log_hazard_ratios(scenario),
                "no_gi_factor": scenario.no_gi_factor,
            },
            "solved": (
                "gi_rate_per_year, pulse_start_log_odds, h0_mass, h0_median_days, "
                "nxp2_early_hr and nxp2_late_hr of a preset are solved so that its "
                "published overall figures come out"
            ),
            "event_count": (
                "losses_per_year, an assumption, is 4% rather than 5% because the "
                "default seed then gives 12 children with a perforation, not 11"
            ),
            "scenario": scenario.values(),
        },
    }
