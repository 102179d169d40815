"""What registries of a size that exists would have said, one after another."""

from __future__ import annotations

import math

import pandas as pd

from jdm_stats.analysis.beside_truth import EXPOSURES, answer
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.intervals.marks import marked
from jdm_stats.simulation.truth.known import true_rows

__all__ = ["small_registries"]


def small_registries(
    cohort: Cohort,
    *,
    size: int = 600,
    exposure: str = "pulse",
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Answer the crude question in one small registry after another.

    The children of a large cohort are taken ``size`` at a time, each lot a registry of its
    own; those left at the end are not used.

    Parameters
    ----------
    cohort : Cohort
        Synthetic, of this version of the world.
    size : int, default 600
        Children of a registry.
    exposure : {"pulse", "dose", "cumulative"}
    conf_level : float, default 0.95

    Returns
    -------
    DataFrame
        Tidy, a row a registry: Firth's Cox model with profile limits beside the truth.

    Raises
    ------
    UsageError
        If there is no such exposure, or the cohort is smaller than one registry.
    """
    if exposure not in EXPOSURES:
        raise UsageError(f"no exposure {exposure!r}; there are {', '.join(EXPOSURES)}")
    lots = cohort.n_patients // size if size > 0 else 0
    if not lots:
        raise UsageError(
            f"a registry of {size!r} children needs a cohort of at least as many, and one "
            f"child or more; this one has {cohort.n_patients}"
        )
    rows = true_rows(cohort)
    place = pd.Series(range(cohort.n_patients), index=cohort.patients["patient_id"])
    lot = rows["patient_id"].map(place) // size
    truth = math.exp(cohort.truth.log_hazard_ratios[exposure])
    found = []
    for number in range(lots):
        own = rows[lot == number]
        own = own[own["stop"].isin(own.loc[own["event"] == 1, "stop"])]
        row = {"term": f"Registry {number + 1}", "exposure": exposure, "truth": truth}
        if own["event"].any():
            row |= answer(own, [exposure], conf_level, "firth")
        else:
            row |= dict.fromkeys(("estimate", "conf_low", "conf_high"), math.nan)
            row |= {"scale": "hazard ratio", "n": size, "events": 0}
            row |= {"interval": "profile", "reason": "no perforation"}
        found.append(row)
    return marked(pd.DataFrame(found), True)
