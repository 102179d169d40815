"""Multiple imputation of any data frame by chained equations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.imputation.chain import ITERATIONS, Chain
from jdm_stats.imputation.engine import impute_variables
from jdm_stats.imputation.matching import DONORS
from jdm_stats.imputation.result import Imputations
from jdm_stats.imputation.variables import (
    MISSING_WORDS,
    MOST_CLASSES,
    Variable,
    is_date,
    is_number,
    missing_cells,
    read_variable,
)
from jdm_stats.intervals.marks import is_synthetic


def impute_frame(
    frame: pd.DataFrame,
    *,
    m: int = 20,
    columns: Sequence[str] | None = None,
    predictors: Sequence[str] | None = None,
    rng: int | np.random.Generator,
    iterations: int = ITERATIONS,
    donors: int = DONORS,
) -> Imputations:
    """Fill in the missing values of a data frame m times.

    Parameters
    ----------
    frame : DataFrame
        One row per child (unit). It is not changed. Columns of numbers are imputed by
        predictive mean matching, columns of text, categories or truth values as
        classes. Missing are None, NaN, NA, empty strings, and the words "untested" in a
        column ``antibody`` and "unknown" in a column ``sex``.
    m : int, default 20
        Imputations; pooling needs two or more.
    columns : sequence of str, optional
        Columns to fill in; by default all with missing values. Dates cannot be.
    predictors : sequence of str, optional
        Columns the models may use beside ``columns``; by default all others, but
        ``patient_id``, dates and text of more than 30 different values (a note names
        them). For the covariates of
        an outcome model these must hold the outcome; for a Cox model the event
        indicator and `cumulative_hazard`. Missing values of predictors are filled in
        inside the chains only.
    rng : int or Generator
        Seed. Imputation k is the same whatever ``m``, and whatever the order of the columns;
        that of the rows too where there is a ``patient_id``.
    iterations : int, default 10
        Passes of each chain through the incomplete columns.
    donors : int, default 5
        Observed rows from which each matched number is drawn.

    Returns
    -------
    Imputations
        A sequence of m data frames with the columns, dtypes and index of ``frame``;
        ``attrs["jdm_stats"]["imputed"]`` names imputation and cells.

    Raises
    ------
    UsageError
        When a column is not there, nothing can be learnt for one, an id repeats, or an
        argument is out of range; all faults at once.

    See Also
    --------
    impute_cohort : does this for a cohort, outcome and all.
    pool_fits : fits and pools.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> frame = pd.DataFrame({"age": rng.uniform(2, 17, 40).round(1)})
    >>> frame["weight_kg"] = (3 * frame["age"] + 8).where(frame.index % 4 > 0)
    >>> filled = impute_frame(frame, m=3, rng=1)
    >>> filled
    <Imputations: 3 of a frame, 10 cells filled in each (weight_kg)>
    >>> [bool(each["weight_kg"].notna().all()) for each in filled]
    [True, True, True]
    """
    _check_frame(frame)
    chosen = _columns(frame, columns)
    others = _predictors(frame, predictors, chosen)
    variables = [_read(frame, name, target=True) for name in chosen]
    variables += [_read(frame, name) for name in others]
    return impute_variables(
        variables,
        m=m,
        rng=rng,
        iterations=iterations,
        donors=donors,
        complete=partial(completed_frame, frame.copy()),
        ids=frame.get("patient_id"),
        what="frame",
        synthetic=is_synthetic(frame),
        notes=_left_out(frame) if predictors is None else (),
    )


def completed_frame(
    frame: pd.DataFrame, variables: Sequence[Variable], chain: Chain, number: int
) -> pd.DataFrame:
    """Write the imputed cells of one imputation into a copy of the frame."""
    made = frame.copy()
    cells: dict[str, list[int]] = {}
    for variable in variables:
        if not (variable.target and variable.missing.any()):
            continue
        gaps = variable.missing
        drawn = chain.drawn[variable.name]
        made[variable.name] = _with_gaps_filled(made[variable.name], variable, drawn)
        cells[variable.name] = np.flatnonzero(gaps).tolist()
    noted = dict(frame.attrs.get("jdm_stats", {}))
    made.attrs["jdm_stats"] = {
        **noted,
        "imputed": {"imputation": number, "cells": cells},
    }
    return made


def _with_gaps_filled(
    column: pd.Series, variable: Variable, drawn: np.ndarray
) -> pd.Series:
    """Give a column of the same dtype, observed cells as they were."""
    cells = column.astype(object).to_numpy(dtype=object, copy=True)
    if variable.is_class:
        values = [variable.levels[int(code)] for code in drawn]
    else:
        whole = pd.api.types.is_integer_dtype(column.dtype)
        values = [int(value) if whole else float(value) for value in drawn]
    for place, value in zip(np.flatnonzero(variable.missing), values, strict=True):
        cells[place] = value
    return pd.Series(cells, index=column.index, name=column.name, dtype=column.dtype)


def _read(frame: pd.DataFrame, name: str, *, target: bool = False) -> Variable:
    words = MISSING_WORDS.get(name, ())
    return read_variable(frame[name], words=words, target=target)


def _check_frame(frame: pd.DataFrame) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise UsageError(f"impute_frame takes a DataFrame, not {type(frame).__name__}")
    named = frame.columns
    if not (named.is_unique and all(isinstance(name, str) for name in named)):
        raise UsageError("give every column of the frame a name of its own, as text")
    wrong = []
    if "patient_id" in frame.columns and frame["patient_id"].duplicated().any():
        wrong.append(
            "patient_id repeats: rows of one child would be given different values; impute "
            "one row per child (impute_cohort), then expand"
        )
    for name in frame.columns:
        if is_number(frame[name]):
            values = frame[name].to_numpy(dtype=float, na_value=np.nan)
            if np.isinf(values).any():
                wrong.append(f"{name} holds an infinite number")
    if wrong:
        raise UsageError("; ".join(wrong))


def _columns(frame: pd.DataFrame, columns: Sequence[str] | None) -> list[str]:
    if columns is not None:
        return _named(frame, columns, "columns")
    return [
        str(name)
        for name in frame.columns
        if name != "patient_id"
        and _readable(frame[name])
        and missing_cells(frame[name], MISSING_WORDS.get(str(name), ())).any()
    ]


def _predictors(
    frame: pd.DataFrame, predictors: Sequence[str] | None, chosen: Sequence[str]
) -> list[str]:
    if predictors is not None:
        named = _named(frame, predictors, "predictors")
        return [name for name in named if name not in chosen]
    return [
        str(name)
        for name in frame.columns
        if name not in (*chosen, "patient_id") and _helpful(frame[name])
    ]


def _readable(column: pd.Series) -> bool:
    """Whether the models can read a column: numbers, truth values, text, categories."""
    if is_date(column):
        return False
    scalars = column.map(pd.api.types.is_scalar, na_action="ignore")
    return bool(scalars.dropna().astype(bool).all())


def _helpful(column: pd.Series) -> bool:
    """Whether a column is used as a predictor when none is named."""
    if is_number(column):
        return True
    return _readable(column) and column.nunique() <= MOST_CLASSES


def _left_out(frame: pd.DataFrame) -> list[str]:
    """Name the columns that nobody named and the models did not use."""
    names = [n for n in frame.columns if n != "patient_id" and not _helpful(frame[n])]
    return [f"Not used: {', '.join(names)} (dates, or text of many values)."] * bool(
        names
    )


def _named(frame: pd.DataFrame, names: Sequence[str], what: str) -> list[str]:
    given = [names] if isinstance(names, str) else list(names)
    absent = [name for name in given if name not in frame.columns]
    if absent:
        raise UsageError(
            f"{what} names {', '.join(map(repr, absent))}, which the frame has not; it has "
            f"{', '.join(map(str, frame.columns))}"
        )
    odd = [name for name in given if not _readable(frame[name])]
    if odd:
        raise UsageError(
            f"{what} names {', '.join(odd)}, which hold dates or lists; give days since "
            "diagnosis as a number, and one value a cell"
        )
    if len(set(given)) < len(given):
        raise UsageError(f"{what} names a column twice: {given}")
    return given
