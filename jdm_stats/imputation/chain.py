"""Chained equations: each incomplete variable in turn drawn given all the others.

One chain makes one imputation. It starts from random observed values, then goes through
the incomplete variables, least incomplete first, so many times; what it hands out are the
last draws (van Buuren, Stat Methods Med Res 2007;16:219-242).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.imputation.dichotomies import draw_classes
from jdm_stats.imputation.matching import draw_donors
from jdm_stats.imputation.variables import Variable

FloatArray = NDArray[np.float64]

# Passes through the incomplete variables.
ITERATIONS = 10


@dataclass(frozen=True, eq=False)
class Chain:
    """One finished chain.

    Parameters
    ----------
    drawn : dict of str to float array
        For each incomplete variable its imputed numbers or codes, in the order of the
        rows where it is missing.
    trace : DataFrame
        ``iteration, column, level, statistic, value``: mean and sd of imputed numbers,
        share of each class among imputed classes (``level`` is the class).
    """

    drawn: dict[str, FloatArray]
    trace: pd.DataFrame


def stream(seed: int, imputation: int) -> np.random.Generator:
    """Give the random numbers of one imputation, the same however many are made.

    Examples
    --------
    >>> float(stream(1, 3).random()) == float(stream(1, 3).random())
    True
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(imputation,)))


def run_chain(
    variables: Sequence[Variable],
    rng: np.random.Generator,
    iterations: int,
    donors: int,
) -> Chain:
    """Run one chain.

    Parameters
    ----------
    variables : sequence of Variable
        Complete ones are predictors only. Their order does not matter.
    rng : Generator
    iterations : int
        Passes; with one incomplete variable a single pass is made, as nothing has to
        settle.
    donors : int
        For predictive mean matching.

    Returns
    -------
    Chain
    """
    variables = sorted(variables, key=lambda v: v.name)
    incomplete = sorted(
        (v for v in variables if v.missing.any()), key=lambda v: int(v.missing.sum())
    )
    filled = {v.name: _started(v, rng) for v in variables}
    blocks = {v.name: v.columns(filled[v.name]) for v in variables}
    trace: list[tuple[int, str, object, str, float]] = []
    for iteration in range(1, (1 if len(incomplete) == 1 else iterations) + 1):
        for variable in incomplete:
            name, gaps = variable.name, variable.missing
            others = [block for key, block in blocks.items() if key != name]
            given = np.column_stack([np.empty((len(gaps), 0)), *others])
            filled[name][gaps] = _drawn(variable, given, rng, donors)
            blocks[name] = variable.columns(filled[name])
            trace += _traced(variable, filled[name][gaps], iteration)
    columns = ["iteration", "column", "level", "statistic", "value"]
    return Chain(
        {v.name: filled[v.name][v.missing] for v in incomplete},
        pd.DataFrame(trace, columns=columns),
    )


def _started(variable: Variable, rng: np.random.Generator) -> FloatArray:
    """Fill gaps with values drawn from the observed ones."""
    filled, gaps = variable.values.copy(), variable.missing
    if gaps.any():
        filled[gaps] = rng.choice(filled[~gaps], int(gaps.sum()))
    return filled


def _drawn(
    variable: Variable, given: FloatArray, rng: np.random.Generator, donors: int
) -> FloatArray:
    gaps = variable.missing
    known, unknown = given[~gaps], given[gaps]
    values = variable.values[~gaps]
    if variable.is_class:
        codes = values.astype(np.int64)
        order = range(len(variable.levels))
        return draw_classes(rng, known, codes, unknown, order).astype(float)
    return values[draw_donors(rng, known, values, unknown, donors)]


def _traced(
    variable: Variable, drawn: FloatArray, iteration: int
) -> list[tuple[int, str, object, str, float]]:
    name = variable.name
    if variable.is_class:
        return [
            (iteration, name, level, "share", float(np.mean(drawn == code)))
            for code, level in enumerate(variable.levels)
        ]
    return [
        (iteration, name, "", "mean", float(np.mean(drawn))),
        (iteration, name, "", "sd", float(np.std(drawn))),
    ]
