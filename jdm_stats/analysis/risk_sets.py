"""Synthetic cohorts without gaps, and their risk sets with truth and readings side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.measures import last_assessment
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.simulate import simulate_cohort
from jdm_stats.simulation.truth.known import true_rows

__all__ = ["complete_cohort", "risk_set_rows"]


def complete_cohort(
    scenario: Scenario | str | None,
    n_patients: int,
    *,
    rng: int | np.random.Generator = 1,
) -> Cohort:
    """Draw a cohort in which nothing is missing, so that only confounding is left to see.

    Every child is tested for antibodies and every reading is taken; no child follows the
    index case's pattern.

    Parameters
    ----------
    scenario : Scenario or str or None
        The world, or the name of a preset.
    n_patients : int
    rng : int or numpy.random.Generator, default 1

    Returns
    -------
    Cohort

    Examples
    --------
    >>> cohort = complete_cohort("steroids_harmless", 40, rng=3)
    >>> int((cohort.patients["antibody"] == "untested").sum())
    0
    """
    world = as_scenario(scenario)
    nothing = {"untested_share": 0.0, "missing_reading_share": 0.0}
    whole = world.with_values(name=world.name, **nothing)
    return simulate_cohort(n_patients, scenario=whole, rng=rng, n_index_pattern=0)


def risk_set_rows(
    cohort: Cohort,
    *,
    controls: int | None = None,
    rng: int | np.random.Generator = 1,
) -> pd.DataFrame:
    """Return the children at risk on each day with a perforation, with all that is asked.

    Parameters
    ----------
    cohort : Cohort
        Synthetic, of this version of the world.
    controls : int, optional
        Children without the event kept, on average, on each day with one; by default all.
    rng : int or numpy.random.Generator, default 1
        Draws those children.

    Returns
    -------
    DataFrame
        As `jdm_stats.simulation.truth.known.true_rows`, with ``cmas_first`` (at diagnosis)
        and ``cmas_latest`` (known at the start of the row) beside the hazard's own terms.

    Raises
    ------
    UsageError
        For a cohort that is real or without a perforation, or fewer than one control.
    """
    if controls is not None and controls < 1:
        raise UsageError(
            f"controls must be 1 or more, or None for all; not {controls!r}"
        )
    rows = true_rows(cohort)
    if controls is not None:
        # The same share on every row of a day, so that no weights are needed.
        at_risk = rows.groupby("stop")["event"].transform("size").to_numpy()
        drawn = np.random.default_rng(rng).random(len(rows)) < controls / at_risk
        rows = rows[drawn | (rows["event"] == 1).to_numpy()]
    road = expand_intervals(
        cohort,
        measures=[last_assessment("cmas", name="cmas_latest")],
        covariates=["cmas"],
    )
    known = road.rename(columns={"cmas": "cmas_first"})
    known = known[["patient_id", "stop", "cmas_first", "cmas_latest"]]
    joined = pd.merge_asof(
        rows.sort_values("stop"),
        known.sort_values("stop"),
        on="stop",
        by="patient_id",
        direction="forward",
    )
    return joined.sort_values(["stop", "patient_id"], ignore_index=True)
