"""simulate_cohort: a synthetic registry of children whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort, of_checked_tables
from jdm_stats.cohort.metadata import conform_metadata
from jdm_stats.errors import UsageError
from jdm_stats.replicates.numbers import is_whole
from jdm_stats.schema import TABLES
from jdm_stats.simulation.draws import BLOCK, one_seed
from jdm_stats.simulation.hazards import log_hazard_ratios
from jdm_stats.simulation.index_case import index_case_pattern
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.tables.slices import Slices, slice_tables

__all__ = [
    "CHUNK",
    "DEFAULT_SEED",
    "WORLD_VERSION",
    "about_cohort",
    "simulate_chunks",
    "simulate_cohort",
    "told_together",
    "whole_cohort",
]

DEFAULT_SEED = 20240618

# Raised whenever the same scenario and seed would give other children.
WORLD_VERSION = 2

# Children in a slice of a large cohort: some 40 MB of rows.
CHUNK = 32 * BLOCK


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
        The world to draw from, or presets joined by ``+``: ``tertiary`` (the default),
        ``population``; ``western``, ``east_asia``; ``steroids_harmless``,
        ``steroids_harmful``, ``dose_threshold``.
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
    whole = whole_cohort(n_patients, scenario, rng, n_index_pattern)
    slices = [slice_tables(whole, *ends) for ends in whole.bounds(CHUNK)]
    tables = {
        name: pd.concat([tables.pop(name) for tables in slices], ignore_index=True)
        for name in TABLES
    }
    return of_checked_tables(tables, about_cohort(whole))


def simulate_chunks(
    n_patients: int,
    *,
    scenario: Scenario | str | None = None,
    rng: int | np.random.Generator = DEFAULT_SEED,
    n_index_pattern: int = 1,
    chunk: int = CHUNK,
) -> Iterator[Cohort]:
    """Simulate a large registry slice by slice; memory does not grow with it.

    Parameters
    ----------
    n_patients : int
        Number of children in all, 1 or more.
    scenario, rng, n_index_pattern
        As for `simulate_cohort`.
    chunk : int, default 8192
        Children in each slice but the last; it changes nothing but memory.

    Returns
    -------
    iterator of Cohort
        Slices in order of children. One after the other their rows are those of
        ``simulate_cohort(n_patients, ...)``; the provenance of each says which children
        it holds.

    Raises
    ------
    PlanError
        If the scenario is at fault.
    UsageError
        If a count or the seed is at fault.

    Examples
    --------
    >>> for part in simulate_chunks(100, rng=7, chunk=60):
    ...     print(part.n_patients, part.metadata["provenance"]["slice"])
    60 {'first_child': 1, 'last_child': 60}
    40 {'first_child': 61, 'last_child': 100}
    """
    whole = whole_cohort(n_patients, scenario, rng, n_index_pattern, chunk)
    return (
        of_checked_tables(slice_tables(whole, *ends), about_cohort(whole, ends))
        for ends in whole.bounds(chunk)
    )


def whole_cohort(
    n_patients: int,
    scenario: Scenario | str | None,
    rng: int | np.random.Generator,
    n_index_pattern: int,
    chunk: int = CHUNK,
) -> Slices:
    """Check a call and return the cohort it asks for, of which nothing is drawn yet.

    Raises
    ------
    PlanError, UsageError
        As `simulate_chunks`.

    Examples
    --------
    >>> whole_cohort(100, "tertiary", 7, 1).seed
    7
    """
    world, _, seed = told_together(
        lambda: as_scenario(scenario),
        lambda: _check_counts(n_patients, n_index_pattern, chunk),
        lambda: one_seed(rng),
    )
    return Slices(world, seed, int(n_patients), int(n_index_pattern))


def told_together(*checks: Callable[[], Any]) -> list[Any]:
    """Run every check and return what each returns, or raise all that they refuse.

    Raises
    ------
    UsageError
        The one that was raised, or one that says all.

    Examples
    --------
    >>> told_together(lambda: one_seed(7), lambda: as_scenario("tertiary").name)
    [7, 'tertiary']
    >>> told_together(lambda: one_seed(-7), lambda: one_seed("x"))
    Traceback (most recent call last):
    ...
    jdm_stats.errors.UsageError: rng must be a whole number of 0 or more or a numpy
    Generator, not -7; pass a seed such as 20240618
    rng must be a whole number of 0 or more or a numpy Generator, not 'x'; pass a seed
    such as 20240618
    """
    returned, faults = [], []
    for check in checks:
        try:
            returned.append(check())
        except UsageError as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise UsageError("\n".join(str(fault) for fault in faults))
    return returned


def _check_counts(n_patients: int, n_index_pattern: int, chunk: int) -> None:
    faults = []
    counts = {
        "n_patients": (n_patients, 1),
        "n_index_pattern": (n_index_pattern, 0),
        "chunk": (chunk, 1),
    }
    for name, (count, least) in counts.items():
        if not is_whole(count) or count < least:
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


def about_cohort(
    cohort: Slices, children: tuple[int, int] | None = None
) -> dict[str, Any]:
    """Return what a simulated cohort, or a slice of it, says of itself.

    Parameters
    ----------
    cohort : Slices
    children : (int, int), optional
        The first child of a slice and the one after its last, counted from 0.

    Returns
    -------
    dict
        As `jdm_stats.cohort.metadata.conform_metadata` returns it.

    Examples
    --------
    >>> about_cohort(whole_cohort(100, "tertiary", 7, 1))["name"]
    'SYNTHETIC tertiary cohort'
    """
    said = _metadata(
        cohort.scenario, cohort.seed, cohort.n_patients, cohort.n_index_pattern
    )
    if children is not None:
        first, last = children
        said["name"] += f", children {first + 1:,} to {last:,} of {cohort.n_patients:,}"
        ends = {"first_child": first + 1, "last_child": last}
        said["provenance"]["slice"] = ends
    return conform_metadata(said)[0]


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
                "overall figures come out, published or assumed"
            ),
            "event_count": (
                "losses_per_year, an assumption, is 4% rather than 5% because the "
                "default seed then gives 12 children with a perforation, not 11"
            ),
            "scenario": scenario.values(),
        },
    }
