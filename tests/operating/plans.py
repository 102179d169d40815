"""Plans that are functions, in a module so that other processes find them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort

TRUTH, SPREAD = 0.5, 0.2


def seed_of(cohort: Cohort) -> int:
    return cohort.metadata["provenance"]["seed"]


def draws(cohort: Cohort) -> pd.DataFrame:
    """Two fits that look at no child: one normal draw each, with its true spread."""
    rng = np.random.default_rng(seed_of(cohort))
    estimate = np.array([TRUTH, TRUTH + 1.0]) + SPREAD * rng.normal(size=2)
    return pd.DataFrame(
        {
            "model": ["honest", "biased"],
            "term": "x",
            "estimate": estimate,
            "std_error": SPREAD,
            "conf_low": estimate - 1.96 * SPREAD,
            "conf_high": estimate + 1.96 * SPREAD,
            "p_value": np.nan,
        }
    )


def sometimes_fails(cohort: Cohort) -> pd.DataFrame:
    """Raise in half of the twins; in the others leave the biased fit out now and then."""
    if seed_of(cohort) % 2:
        raise ZeroDivisionError("no child of that kind")
    table = draws(cohort)
    return table.iloc[:1] if seed_of(cohort) % 3 else table


def no_table(cohort: Cohort) -> list[int]:
    return [1]


def poor_table(cohort: Cohort) -> pd.DataFrame:
    return draws(cohort).drop(columns=["term", "p_value"])
