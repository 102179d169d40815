"""Several worlds that differ in what steroids do, each with answers beside the truth.

What the template ``known_truth`` shows: for each preset, crude, adjusted and true answers in a
cohort with perforations enough to see them, a row of registries of a real size, and the true
risk under two strategies. The worlds share every random number and so differ by what steroids
do alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from jdm_stats.analysis.beside_truth import (
    EXPOSURES,
    STEPS,
    BesideTruth,
    answers_beside_truth,
)
from jdm_stats.analysis.risk_sets import complete_cohort
from jdm_stats.analysis.small_registries import small_registries
from jdm_stats.errors import UsageError
from jdm_stats.html import format_number, format_ratio
from jdm_stats.intervals.marks import marked
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.truth.contrast import TrueContrast, true_contrast
from jdm_stats.strategies import Strategy

__all__ = [
    "KnownWorld",
    "draw_worlds",
    "registries_table",
    "strategy_risks",
    "told",
    "truths_table",
]

LABELS: Mapping[str, str] = {
    "steroids_harmless": "Steroids harmless",
    "tertiary": "Steroids as assumed",
    "steroids_harmful": "Steroids harmful",
}


@dataclass(frozen=True, eq=False, repr=False)
class KnownWorld:
    """One world: its scenario, its answers beside the truth, its small registries.

    Parameters
    ----------
    label : str
        What the world is called in tables and figures.
    scenario : Scenario
    children : int
        Children of each of its two cohorts.
    answers : BesideTruth
    registries : DataFrame
        As `jdm_stats.analysis.small_registries.small_registries`.
    """

    label: str
    scenario: Scenario
    children: int
    answers: BesideTruth
    registries: pd.DataFrame = field(repr=False)

    def __repr__(self) -> str:
        return f"KnownWorld(SYNTHETIC {self.label!r}, {self.children:,} children)"


def draw_worlds(
    names: Sequence[str],
    n_children: int,
    *,
    times: float = 4.0,
    registry_size: int = 600,
    rng: int = 1,
) -> list[KnownWorld]:
    """Draw each world twice: as it is, and with more perforations to answer with.

    Parameters
    ----------
    names : sequence of str
        Presets, alone or joined by ``+``.
    n_children : int
        Children of each cohort.
    times : float, default 4
        How many times the hazard of the preset the answers are worked out with. It is the
        same for every child and day, so that no hazard ratio changes.
    registry_size : int, default 600
        Children of the small registries, cut from a cohort with the preset's own hazard.
    rng : int, default 1
        Seed, the same for every world.

    Returns
    -------
    list of KnownWorld

    Raises
    ------
    UsageError
        If no world is named, or a cohort is smaller than one registry.

    Examples
    --------
    >>> (world,) = draw_worlds(["steroids_harmful"], 256, registry_size=128, rng=4)
    >>> world.label, len(world.registries)
    ('Steroids harmful', 2)
    """
    if not names:
        raise UsageError("draw_worlds needs the name of at least one preset")
    worlds = []
    for name in names:
        scenario = as_scenario(name)
        oftener = scenario.with_values(
            name=scenario.name, h0_mass=scenario.h0_mass * times
        )
        clear = complete_cohort(oftener, n_children, rng=rng)
        usual = complete_cohort(scenario, n_children, rng=rng)
        worlds.append(
            KnownWorld(
                label=LABELS.get(name, name),
                scenario=scenario,
                children=clear.n_patients,
                answers=answers_beside_truth(clear, rng=rng),
                registries=small_registries(usual, size=registry_size),
            )
        )
    return worlds


def truths_table(worlds: Sequence[KnownWorld]) -> pd.DataFrame:
    """Show the true hazard ratio of every exposure, a row a world, with its perforations."""
    rows = []
    for world in worlds:
        truth = {
            label: format_number(world.answers.of(exposure)["truth"].iloc[0])
            for exposure, label in EXPOSURES.items()
        }
        preset = {"World": world.label, "Preset": world.scenario.name}
        rows.append(preset | truth | {"Perforations here": world.answers.events})
    return marked(pd.DataFrame(rows), True)


def told(worlds: Sequence[KnownWorld], exposure: str = "pulse") -> list[str]:
    """Say in one sentence a world what was asked, what was said and what is true.

    Parameters
    ----------
    worlds : sequence of KnownWorld
    exposure : {"pulse", "dose", "cumulative"}
    """
    first, *_, before_last, last = STEPS
    sentences = []
    for world in worlds:
        rows = world.answers.of(exposure)
        by_step = dict(zip(rows["term"], rows.index, strict=True))
        crude, held, full = (
            _ratio(rows.loc[by_step[step]]) for step in (first, before_last, last)
        )
        sentences.append(
            f"{world.label}: the true hazard ratio is {format_number(rows['truth'].iloc[0])} "
            f"({EXPOSURES[exposure].lower()}). The crude answer is {crude}; adjusted for all "
            f"that a registry records, {held}; with latent severity, which none records, {full}."
        )
    return sentences


def _ratio(row: Any) -> str:
    if math.isnan(row["estimate"]):
        return f"none ({row['reason']})"
    return format_ratio(row["estimate"], row["conf_low"], row["conf_high"])


def registries_table(worlds: Sequence[KnownWorld]) -> pd.DataFrame:
    """Say how far small registries lie apart: a row a world.

    Columns: fewest and most perforations; lowest and highest estimate; narrowest and widest
    limits, as the ratio of upper to lower; how many limits hold 1 and how many the truth.
    """
    rows = []
    for world in worlds:
        own = world.registries
        known = own[own["estimate"].notna()]
        wide = known["conf_high"] / known["conf_low"]
        holds = [
            int(((known["conf_low"] <= at) & (at <= known["conf_high"])).sum())
            for at in (1.0, float(own["truth"].iloc[0]))
        ]
        rows.append(
            {
                "World": world.label,
                "Perforations": f"{own['events'].min()} to {own['events'].max()}",
                "Estimates": _range(known["estimate"]),
                "Upper / lower limit": _range(wide),
                "1 inside": f"{holds[0]} of {len(known)}",
                "Truth inside": f"{holds[1]} of {len(known)}",
            }
        )
    return marked(pd.DataFrame(rows), True)


def _range(values: pd.Series) -> str:
    if not len(values):
        return "none estimated"
    return " to ".join(
        format_number(end, digits=None) for end in (values.min(), values.max())
    )


def strategy_risks(
    worlds: Sequence[KnownWorld],
    *,
    horizon_days: int = 180,
    children: int = 4096,
    rng: int = 1,
) -> tuple[pd.DataFrame, dict[str, TrueContrast]]:
    """Give the true risk after GI involvement under high and under low dose, a row a world.

    Parameters
    ----------
    worlds : sequence of KnownWorld
    horizon_days : int, default 180
        Days from GI involvement.
    children : int, default 4096
        Children drawn for each world.
    rng : int, default 1

    Returns
    -------
    table : DataFrame
        Risks in percent and their difference in percentage points, with Monte Carlo errors.
    contrasts : dict of str to TrueContrast
        By label of the world.
    """
    high, low = Strategy.high_dose(), Strategy.low_dose()
    contrasts, rows = {}, []
    for world in worlds:
        found = true_contrast(
            world.scenario,
            high,
            low,
            time_zero="gi_involvement",
            horizon_days=horizon_days,
            children=children,
            rng=rng,
        )
        contrasts[world.label] = found
        rows.append(
            {
                "World": world.label,
                "High dose, %": _percent(found.strategy.risk, found.strategy.std_error),
                "Low dose, %": _percent(
                    found.reference.risk, found.reference.std_error
                ),
                "Difference, points": _percent(
                    found.risk_difference, found.risk_difference_error
                ),
                "Risk ratio": format_number(found.risk_ratio),
                "Eligible": f"{found.strategy.n_eligible:,} of {children:,}",
            }
        )
    return marked(pd.DataFrame(rows), True), contrasts


def _percent(share: float, error: float) -> str:
    return f"{100 * share:.2f} ({100 * error:.2f})"
