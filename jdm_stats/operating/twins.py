"""The twin of a cohort at hand: a scenario that resembles it as far as the cohort tells.

Only counts and days are read, never an effect: what steroids do in the twin is what the
scenario says. Each value is listed as taken from the cohort or from the scenario.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort, as_cohort
from jdm_stats.html import html_table
from jdm_stats.operating.plan_rows import first_perforations
from jdm_stats.schema import DAYS_PER_YEAR
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.simulate import simulate_cohort

__all__ = ["Twin", "twin_scenario"]

FROM_COHORT = "taken from the cohort"
FROM_SCENARIO = "from the scenario"
_SHORTEST_FOLLOW_UP = 365
_MATCHING_CHILDREN = 10_000
_MATCHING_ROUNDS = 2

Found = tuple[Any, str]


@dataclass(frozen=True, eq=False)
class Twin:
    """A scenario drawn in the likeness of a cohort; frozen.

    Parameters
    ----------
    scenario : Scenario
    n_patients : int
        Children of the cohort, those of the index case's pattern left out.
    sources : DataFrame
        ``what, value, source, how``: each value, whether it was taken from the cohort or
        stays as in the scenario, and how or why.
    """

    scenario: Scenario
    n_patients: int
    sources: pd.DataFrame = field(repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Twin):
            return NotImplemented
        mine = (self.scenario, self.n_patients)
        same = mine == (other.scenario, other.n_patients)
        return bool(same and self.sources.equals(other.sources))

    __hash__ = None  # type: ignore[assignment]

    def _repr_html_(self) -> str:
        return html_table(
            self.sources.rename(columns=str.capitalize),
            caption=f"A twin of {self.n_patients:,} children: what it shares with the cohort",
            synthetic=True,
        )


def twin_scenario(
    cohort: Cohort,
    scenario: Scenario | str | None = None,
    *,
    match_events: bool = False,
    seed: int = 0,
) -> Twin:
    """Change a scenario so that its children resemble those of a cohort.

    Taken from the cohort, where it tells: the mix of antibodies among the tested, the
    share untested, sex, years of diagnosis, the year in which observation ended, the
    longest follow-up, delayed entry, loss. All else is the scenario's: severity, steroids,
    their effects, GI involvement and, unless asked, the rate of perforation.

    Parameters
    ----------
    cohort : Cohort
        Real or synthetic; children of the index case's pattern are left out.
    scenario : Scenario or str, optional
        What the twin has where the cohort does not tell.
    match_events : bool, default False
        Scale the baseline hazard until as many children of the twin are expected to
        perforate after entry as did in the cohort. The count it is matched to is itself
        uncertain: five events are compatible with two to twelve.
    seed : int, default 0
        Seed of the children on whom the expected number is found.

    Returns
    -------
    Twin

    Raises
    ------
    UsageError, PlanError
        For what is no cohort or no scenario, or a cohort of the index pattern alone.

    Examples
    --------
    >>> cohort = simulate_cohort(200, rng=1)
    >>> twin = twin_scenario(cohort, "steroids_harmless")
    >>> twin.n_patients, twin.scenario.pulse_hr, twin.scenario.lock_year
    (199, 1.0, 2024)
    >>> twin.sources["source"].value_counts().to_dict()
    {'taken from the cohort': 11, 'from the scenario': 2}
    """
    world = as_scenario(scenario)
    own = as_cohort(cohort).without_index_pattern()
    patients = own.patients
    found: dict[str, Found] = {}
    for read in _READERS:
        found |= read(patients, world)
    changes = {name: value for name, (value, _) in found.items() if value is not None}
    twin = world.with_values(**changes, name=f"{world.name}, twin")
    matched: Found = (None, "not asked for: match_events=True would scale it")
    if match_events:
        matched = _matched_mass(own, twin, seed)
        if matched[0] is not None:
            twin = twin.with_values(h0_mass=matched[0], name=twin.name)
    found["h0_mass"] = matched
    rest = "severity, steroids, their effects, GI involvement, deaths, ages"
    rows = [
        (
            name,
            _shown(getattr(twin, name)),
            FROM_SCENARIO if value is None else FROM_COHORT,
            how,
        )
        for name, (value, how) in found.items()
    ]
    rows.insert(0, ("children", f"{own.n_patients:,}", FROM_COHORT, "counted"))
    rows.append(("all else", world.name, FROM_SCENARIO, rest))
    table = pd.DataFrame(rows, columns=["what", "value", "source", "how"])
    return Twin(twin, own.n_patients, table)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"{name} {share:.1%}" for name, share in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _antibodies(patients: pd.DataFrame, world: Scenario) -> dict[str, Found]:
    antibody = patients["antibody"].astype(object)
    tested = antibody[antibody != "untested"]
    share = float(np.mean(antibody == "untested"))
    mix: Found = (None, "no child was tested")
    if len(tested):
        counts = tested.value_counts()
        names = sorted(counts.index, key=lambda name: (-counts[name], name))
        shares = tuple((str(name), float(counts[name] / len(tested))) for name in names)
        mix = shares, f"among {len(tested):,} tested children"
    told = f"of {len(antibody):,} children"
    return {"antibody_mix": mix, "untested_share": (share, told)}


def _sex(patients: pd.DataFrame, world: Scenario) -> dict[str, Found]:
    known = patients["sex"][patients["sex"].isin(["female", "male"])]
    if known.empty:
        return {"female_share": (None, "sex is not recorded")}
    share = float(np.mean(known == "female"))
    return {"female_share": (share, f"of {len(known):,} children of known sex")}


def _calendar(patients: pd.DataFrame, world: Scenario) -> dict[str, Found]:
    """Years of diagnosis, and the year in which the last child was seen."""
    dated = patients[patients["diagnosis_year"].notna()]
    if dated.empty:
        why = "years of diagnosis are not recorded"
        return dict.fromkeys(("first_year", "last_year", "lock_year"), (None, why))
    year = dated["diagnosis_year"].to_numpy(dtype=float)
    last = int(year.max())
    seen = year + dated["exit_day"].to_numpy(dtype=float) / 365.0
    lock = max(math.floor(float(seen.max())), last + 1)
    return {
        "first_year": (int(year.min()), "earliest diagnosis; years are drawn evenly"),
        "last_year": (last, "latest diagnosis"),
        "lock_year": (lock, "year of the latest exit; follow-up ends 31 December"),
    }


def _follow_up(patients: pd.DataFrame, world: Scenario) -> dict[str, Found]:
    longest = int(patients["exit_day"].max())
    told = f"longest follow-up, {longest:,} days from diagnosis"
    if longest < _SHORTEST_FOLLOW_UP:
        told += f"; a scenario has {_SHORTEST_FOLLOW_UP} or more"
    return {"follow_up_days": (max(longest, _SHORTEST_FOLLOW_UP), told)}


def _entry(patients: pd.DataFrame, world: Scenario) -> dict[str, Found]:
    entry = patients["entry_day"].to_numpy(dtype=float)
    late = entry[entry > 0]
    mean: Found = (None, "no child entered late")
    if len(late):
        mean = float(late.mean()), f"mean of {len(late):,} children who entered late"
    share = float(len(late) / len(entry))
    return {
        "delayed_entry_share": (share, "entered after diagnosis"),
        "delayed_entry_mean_days": mean,
    }


def _losses(patients: pd.DataFrame, world: Scenario) -> dict[str, Found]:
    lost = int((patients["exit_reason"] == "lost").sum())
    days = (patients["exit_day"] - patients["entry_day"]).to_numpy(dtype=float).sum()
    years = float(days) / DAYS_PER_YEAR
    if years <= 0:
        return {"losses_per_year": (None, "no person-time was observed")}
    told = f"{lost:,} lost in {years:,.0f} person-years"
    return {"losses_per_year": (lost / years, told)}


_READERS: tuple[Callable[[pd.DataFrame, Scenario], dict[str, Found]], ...] = (
    _antibodies,
    _sex,
    _calendar,
    _follow_up,
    _entry,
    _losses,
)


def _matched_mass(cohort: Cohort, twin: Scenario, seed: int) -> Found:
    """Scale the baseline so that the events expected are those observed."""
    observed = first_perforations(cohort)
    if not observed:
        return None, "no perforation after entry in the cohort to match"
    mass, expected = twin.h0_mass, 0.0
    for _ in range(_MATCHING_ROUNDS):
        drawn = simulate_cohort(
            _MATCHING_CHILDREN,
            scenario=twin.with_values(h0_mass=mass),
            rng=seed,
            n_index_pattern=0,
        )
        expected = first_perforations(drawn) * cohort.n_patients / drawn.n_patients
        if not expected:
            return None, "no perforation is expected in the scenario at all"
        mass = float(f"{mass * observed / expected:.4g}")
    return mass, (
        f"{observed} children perforated after entry; scaled from {twin.h0_mass:g} on "
        f"{_MATCHING_CHILDREN:,} simulated children"
    )
