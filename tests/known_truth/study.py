"""Run the study: ``python -m tests.known_truth.study --out DIR [--worlds NAME ...]``.

Twenty cohorts of each world; a Cox fit of each with every term of the hazard. Worlds with ten
times the perforations stand beside the preset itself, so that the terms have events enough.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from jdm_stats.models.array_door import fit_arrays
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.presets import as_scenario
from tests.known_truth.rows import smaller_groups, true_rows, true_values

HERE = Path(__file__).resolve().parent
TABLE = HERE / "known_truth.csv"
SEEDS = range(1, 21)
FEWEST, MOST_ERRORS = 30, 3.0
COLUMNS = [
    "world",
    "seed",
    "term",
    "truth",
    "estimate",
    "std_error",
    "events",
    "smaller",
]


@dataclass(frozen=True)
class World:
    """A preset, how many times its perforations, how many children, what else is changed."""

    preset: str
    times: float
    children: int
    changes: tuple[tuple[str, Any], ...] = ()

    @property
    def scenario(self) -> Scenario:
        """Its scenario; only ``h0_mass`` is multiplied."""
        world = as_scenario(self.preset)
        return world.with_values(
            h0_mass=world.h0_mass * self.times, **dict(self.changes)
        )


_JAK = (("jak_hr", 2.0), ("jak_after_gi_share", 0.6), ("jak_first_year", 2009))
_LATER = (("h0_median_days", 1_200.0), ("nxp2_late_hr", 3.0))
WORLDS = {
    "tertiary, 10 times": World("tertiary", 10, 2_500),
    "steroids_harmless, 10 times": World("steroids_harmless", 10, 2_500),
    "steroids_harmful, 4 times": World("steroids_harmful", 4, 2_500),
    "dose_threshold, 10 times": World("dose_threshold", 10, 2_500),
    "JAK inhibitor harmful, 10 times": World("tertiary", 10, 2_500, _JAK),
    "given blindly, 10 times": World("tertiary", 10, 4_000, (("confounding", 0.0),)),
    "tertiary": World("tertiary", 1, 8_000),
    "later perforations, 12 times": World("tertiary", 12, 3_000, _LATER),
}


def records_of(
    name: str, seed: int, worlds: Mapping[str, World] | None = None
) -> list[dict[str, Any]]:
    """Fit one cohort of a world; one record per term.

    Where no event falls into one of a term's groups there is no plain estimate of any term,
    and the records say so by their missing estimates.
    """
    world = (worlds or WORLDS)[name]
    rows = true_rows(world.scenario, world.children, seed)
    fit = fit_arrays(rows.x, rows.event, rows.start, rows.start + 1)
    smaller, events = smaller_groups(rows), int(rows.event.sum())
    truth = true_values(world.scenario)
    return [
        {
            "world": name,
            "seed": seed,
            "term": term,
            "truth": truth[term],
            "estimate": fit.coefficients[place],
            "std_error": fit.std_errors[place],
            "events": events,
            "smaller": smaller[term],
        }
        for place, term in enumerate(rows.terms)
    ]


def judged(table: pd.DataFrame) -> pd.DataFrame:
    """Add ``errors`` (estimate less truth in standard errors), ``counts`` and ``miss``."""
    errors = (table["estimate"] - table["truth"]) / table["std_error"]
    counts = table["smaller"] >= FEWEST
    return table.assign(
        errors=errors, counts=counts, miss=counts & (errors.abs() > MOST_ERRORS)
    )


def read_table(path: Path = TABLE) -> pd.DataFrame:
    """Read the committed table."""
    return pd.read_csv(path)


def main() -> None:
    """Run the worlds asked for; the file is written anew after each cohort."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--worlds", nargs="*", default=list(WORLDS))
    asked = parser.parse_args()
    path, found = asked.out / TABLE.name, []
    for name in asked.worlds:
        for seed in SEEDS:
            begun = time.perf_counter()
            found += records_of(name, seed)
            table = pd.DataFrame(found, columns=COLUMNS)
            table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")
            sys.stderr.write(f"{name}, {seed}: {time.perf_counter() - begun:.0f} s\n")


if __name__ == "__main__":
    main()
