"""How many events stand behind each level of a factor: the gate's second figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jdm_stats.intervals.marks import marked
from jdm_stats.models.design import is_binary
from jdm_stats.models.plain_sums import INTERCEPT

if TYPE_CHECKING:
    from jdm_stats.models.fit import FitResult


def events_per_level(fit: FitResult) -> pd.DataFrame:
    """Rows and events at every level of each factor and 0/1 term.

    Parameters
    ----------
    fit : FitResult

    Returns
    -------
    DataFrame
        ``variable, level, rows, events``. The reference level of a factor stands first.
    """
    rows = fit.rows
    columns = ["variable", "level", "rows", "events"]
    if rows is None:
        return pd.DataFrame(columns=columns)
    told: list[tuple[str, str, int, int]] = []
    grouped: dict[str, list[int]] = {}
    for j, term in enumerate(fit.terms):
        if term == INTERCEPT or not is_binary(rows.covariates[:, j]):
            continue
        factor = next(
            (f for f in fit.design.references if term.startswith(f"{f}[")), ""
        )
        grouped.setdefault(factor or term, []).append(j)
    for variable, places in grouped.items():
        marks = rows.covariates[:, places] == 1.0
        rest = ~marks.any(axis=1)
        reference = fit.design.references.get(variable, "0")
        told.append(_counted(variable, str(reference), rest, rows.outcome))
        for place, column in zip(places, marks.T, strict=True):
            level = (
                fit.terms[place].removeprefix(variable).strip("[]").removeprefix("T.")
            )
            told.append(_counted(variable, level or "1", column, rows.outcome))
    return marked(pd.DataFrame(told, columns=columns), fit.synthetic)


def _counted(
    variable: str, level: str, chosen: np.ndarray, outcome: np.ndarray
) -> tuple[str, str, int, int]:
    return variable, level, int(chosen.sum()), int(outcome[chosen].sum())
