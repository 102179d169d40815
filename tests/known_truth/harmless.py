"""Steroids that do nothing, and what is said of them: ``python -m tests.known_truth.harmless``.

One large cohort of ``steroids_harmless`` for each setting of the dial of confounding. Every
true hazard ratio is 1; what a model says instead is what it has not adjusted for.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from jdm_stats.analysis.risk_sets import complete_cohort, risk_set_rows
from jdm_stats.models.array_door import fit_arrays
from jdm_stats.simulation.scenario.presets import as_scenario

HERE = Path(__file__).resolve().parent
TABLE = HERE / "harmless.csv"
CHILDREN, SEED, CONTROLS = 16_000, 31, 400
DIALS = (0.0, 1.0, 2.0)
HIGH_MG_KG = 1.0
EXPOSURES = ("high", "dose", "pulse", "cumulative")
_NXP2 = ("nxp2_early", "nxp2_late")
ADJUSTED = {
    "crude": (),
    "NXP2": _NXP2,
    "CMAS at diagnosis": ("cmas_first",),
    "latest CMAS": ("cmas_latest",),
    "GI involvement": ("no_gi",),
    "all a registry holds": (*_NXP2, "cmas_first", "cmas_latest", "no_gi"),
    "latent severity": ("severity",),
    "full": (*_NXP2, "no_gi", "severity"),
}
COLUMNS = [
    "confounding",
    "exposure",
    "adjusted",
    "log_hr",
    "std_error",
    "events",
    "children",
]


def answers(
    dial: float,
    children: int = CHILDREN,
    seed: int = SEED,
    *,
    times: float = 1.0,
) -> pd.DataFrame:
    """Fit every exposure with every adjustment in one cohort.

    Parameters
    ----------
    dial : float
        Confounding by indication: 0 none, 1 as usual, 2 doubled.
    children, seed : int
    times : float, default 1
        How many times the perforations of the preset.

    Returns
    -------
    DataFrame
        One row per exposure and adjustment, with `COLUMNS`.
    """
    preset = as_scenario("steroids_harmless")
    world = preset.with_values(
        name=preset.name, confounding=dial, h0_mass=preset.h0_mass * times
    )
    cohort = complete_cohort(world, children, rng=seed)
    rows = risk_set_rows(cohort, controls=CONTROLS)
    plateau = 1.0 - np.exp(-HIGH_MG_KG / world.dose_scale_mg_kg)
    rows["high"] = (rows["dose"] >= plateau - 1e-9).astype(float)
    rows = rows[rows[["cmas_first", "cmas_latest"]].notna().all(axis=1)]
    at = [rows[name].to_numpy() for name in ("event", "start", "stop")]
    found = []
    for exposure in EXPOSURES:
        for adjusted, terms in ADJUSTED.items():
            fit = fit_arrays(rows[[exposure, *terms]].to_numpy(float), *at)
            assert not fit.reason, fit.reason
            events = int(rows["event"].sum())
            told = (fit.coefficients[0], fit.std_errors[0], events, children)
            found.append((dial, exposure, adjusted, *told))
    return pd.DataFrame(found, columns=COLUMNS)


def main() -> None:
    """Write the table anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE)
    path = parser.parse_args().out / TABLE.name
    table = pd.concat([answers(dial) for dial in DIALS], ignore_index=True)
    table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")


if __name__ == "__main__":
    main()
