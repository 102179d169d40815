"""Multiple imputation of a cohort: antibody, strength and weight, the outcome known.

Imputed cells can be told from real ones for ever: each imputed cohort says in its name,
its description and its provenance that it is one, and which cells were filled in; written
to a folder, it says so in cohort.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.exposure.follow_up import read_endpoint
from jdm_stats.imputation.chain import ITERATIONS, Chain
from jdm_stats.imputation.engine import impute_variables
from jdm_stats.imputation.frame import completed_frame
from jdm_stats.imputation.matching import DONORS
from jdm_stats.imputation.predictors import (
    check_columns,
    child_variables,
    measured_first,
)
from jdm_stats.imputation.result import Imputations
from jdm_stats.imputation.variables import Variable
from jdm_stats.intervals.marks import marked

MARK = "imputation"
SENSITIVITY = (
    "Imputing the antibody is a sensitivity analysis: the primary one leaves the untested "
    "out and counts them."
)


def impute_cohort(
    cohort: Cohort,
    *,
    m: int = 20,
    columns: Sequence[str] = ("antibody", "cmas", "weight_kg"),
    predictors: Sequence[str] | None = None,
    outcome: str = "gi_perforation",
    competing: str | Sequence[str] | None = "death",
    definite_only: bool = False,
    rng: int | np.random.Generator,
    iterations: int = ITERATIONS,
    donors: int = DONORS,
) -> Imputations:
    """Fill in what is missing of the children m times, by chained equations.

    Parameters
    ----------
    cohort : Cohort
        As observed; it is not changed.
    m : int, default 20
        Imputations; pooling needs two or more. A hundred times the fraction of missing
        information is a good number.
    columns : sequence of str
        Of the patients table: antibody (the untested are given a subtype, or "none"),
        cmas, weight_kg, height_cm, mmt8, physician_global, ck_u_l, dysphagia, oedema,
        skin_ulcer, calcinosis.
    predictors : sequence of str, optional
        Baseline columns that help; by default age, sex, centre and height. The columns
        themselves always help each other, and so do the outcome, steroids begun by
        entry, and the first measurement of each column within half a year after day 0. A
        value that stands among the assessments of day 0 is taken from there, not imputed.
    outcome, competing : str, sequence of str or None
        Event types whose indicator and Nelson-Aalen cumulative hazard enter every model;
        those of the analysis to come.
    definite_only : bool, default False
        Leave out events that are not definite, as the analysis will.
    rng : int or Generator
        Seed. Imputation k is the same whatever ``m``, and whatever the order of children
        and columns; no global generator is touched.
    iterations : int, default 10
        Passes of each chain through the incomplete columns.
    donors : int, default 5
        Observed children from whom each number is drawn.

    Returns
    -------
    Imputations
        A sequence of m cohorts. Observed values are as they were; an imputed antibody
        has no day of testing, as no test was made.

    Raises
    ------
    UsageError
        When a column cannot be imputed, an argument is out of range, or the cohort is an
        imputed one.

    See Also
    --------
    pool_fits : fits each cohort and pools.
    imputed_cells : tells imputed cells of a cohort from real ones.

    Notes
    -----
    Models and priors are described, with the reasons, in
    docs/decisions/0008-imputation.md. The outcome belongs into the models of its
    covariates: White and Royston, Stat Med 2009;28:1982-1998.

    Examples
    --------
    >>> import jdm_stats as jdm
    >>> cohort = jdm.simulate_cohort(120, rng=4)
    >>> imputed = impute_cohort(cohort, m=2, rng=1)
    >>> bool((cohort.patients["antibody"] == "untested").any())
    True
    >>> [int((c.patients["antibody"] == "untested").sum()) for c in imputed]
    [0, 0]
    """
    if not isinstance(cohort, Cohort):
        raise UsageError(
            f"impute_cohort takes a Cohort, not {type(cohort).__name__}; impute_frame "
            "takes a data frame"
        )
    if MARK in cohort.metadata["provenance"]:
        raise UsageError(
            "this cohort holds imputed values already; impute the cohort as it was observed"
        )
    chosen, helping = check_columns(columns, predictors)
    cohort, taken = _with_day_0(cohort, chosen)
    endpoint = read_endpoint(outcome, competing, definite_only)
    variables = child_variables(cohort, chosen, helping, endpoint)
    return impute_variables(
        variables,
        m=m,
        rng=rng,
        iterations=iterations,
        donors=donors,
        complete=partial(_completed, cohort),
        ids=cohort.patients["patient_id"],
        what="cohort",
        synthetic=cohort.synthetic,
        notes=[*taken, *_notes(variables, chosen, endpoint.names)],
    )


def imputed_cells(cohort: Cohort) -> pd.DataFrame:
    """Tell which cells of a cohort were imputed; none in a cohort as observed.

    Parameters
    ----------
    cohort : Cohort
        Also one that was written to a folder and read again, or from which children were
        left out.

    Returns
    -------
    DataFrame
        ``patient_id`` and ``column``, one row per imputed cell of the patients table.

    Examples
    --------
    >>> import jdm_stats as jdm
    >>> len(imputed_cells(jdm.simulate_cohort(20, rng=1)))
    0
    """
    told: dict[str, Any] = cohort.metadata["provenance"].get(MARK, {})
    pairs = [(c, name) for name, ids in told.get("cells", {}).items() for c in ids]
    cells = pd.DataFrame(pairs, columns=["patient_id", "column"], dtype=object)
    there = cells["patient_id"].isin(cohort.patients["patient_id"])
    return marked(cells[there].reset_index(drop=True), cohort.synthetic)


def _with_day_0(cohort: Cohort, columns: Sequence[str]) -> tuple[Cohort, list[str]]:
    """Fill cells of the patients table with what was measured on day 0, and say so."""
    patients, told = cohort.patients, []
    for name in columns:
        measured = measured_first(cohort, name, (0, 0))
        if measured is None:
            continue
        gaps = patients[name].isna().to_numpy(dtype=bool) & np.isfinite(measured)
        if gaps.any():
            patients.loc[gaps, name] = measured[gaps]
            count = int(gaps.sum())
            whose = f"{count} {'child' if count == 1 else 'children'}"
            told.append(
                f"{name} of {whose} is missing at diagnosis but measured on day 0, and was "
                "taken from there, not imputed."
            )
    if not told:
        return cohort, told
    tables = (cohort.courses, cohort.events, cohort.assessments)
    return Cohort(patients, *tables, metadata=cohort.metadata), told


def _completed(
    cohort: Cohort, variables: Sequence[Variable], chain: Chain, number: int
) -> Cohort:
    """Put one imputed cohort together, checked like any other, and marked."""
    patients = cohort.patients
    filled = completed_frame(patients, variables, chain, number)
    cells = filled.attrs.pop("jdm_stats")["imputed"]["cells"]
    ids = patients["patient_id"].to_numpy(dtype=object)
    about = cohort.metadata
    named = {column: ids[rows].tolist() for column, rows in cells.items()}
    count = sum(map(len, named.values()))
    said = (
        f"IMPUTED: {count} cells of the patients table are draws from a model, not "
        "observations (provenance lists them)."
    )
    return Cohort(
        filled,
        cohort.courses,
        cohort.events,
        cohort.assessments,
        metadata={
            **about,
            "name": f"{about['name']} (IMPUTED, number {number})",
            "description": f"{said} {about['description']}".strip(),
            "provenance": {
                **about["provenance"],
                MARK: {"imputed": True, "number": number, "cells": named},
            },
        },
    )


def _notes(
    variables: Sequence[Variable], chosen: Sequence[str], events: Sequence[str]
) -> list[str]:
    """Write what is particular to children: antibody, rare subtypes, the outcome."""
    told = [
        "The models know the outcome: indicator and cumulative hazard of "
        f"{' and '.join(events)}. An analysis of another outcome needs its own imputation."
    ]
    if "antibody" not in chosen:
        return told
    antibody = next(v for v in variables if v.name == "antibody")
    if antibody.missing.any():
        told.insert(0, SENSITIVITY)
    counts = np.bincount(antibody.values[~antibody.missing].astype(int))
    rare = [
        f"{level} ({count})"
        for level, count in zip(antibody.levels, counts, strict=True)
        if count < 10
    ]
    if rare:
        told.append(
            f"Rare subtypes are imputed from few children: {', '.join(rare)}; read nothing "
            "into which child was given one."
        )
    return told
