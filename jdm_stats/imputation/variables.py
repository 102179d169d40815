"""Columns as the imputation models see them: numbers or classes, what is missing in each.

A number enters other models centred and divided by two standard deviations, a class as
yes-or-no columns, so that one prior suits both (Gelman, Stat Med 2008;27:2865-2873).
Classes seen in few children share one column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types as pandas_types

from jdm_stats.schema import ANTIBODIES, SEXES

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Words that stand for a value that is not known, by column.
MISSING_WORDS: Mapping[str, tuple[str, ...]] = {
    "antibody": (ANTIBODIES[-1],),
    "sex": (SEXES[-1],),
}
# A text column with more classes says who the row is, not what it is like.
MOST_CLASSES = 30
# A class seen in fewer children has no column of its own in other variables' models.
FEWEST_FOR_A_COLUMN = 5


@dataclass(frozen=True, eq=False)
class Variable:
    """One column of n rows.

    Parameters
    ----------
    name : str
    values : (n,) float array
        Numbers, or codes of ``levels``; NaN where missing.
    levels : tuple
        The classes observed, most frequent first; empty for a number.
    target : bool
        Whether what is imputed is handed out; else it only helps inside the chain.
    """

    name: str
    values: FloatArray
    levels: tuple[Any, ...] = ()
    target: bool = False

    @property
    def missing(self) -> Mask:
        """Rows without a value, shape (n,)."""
        return np.isnan(self.values)

    @property
    def is_class(self) -> bool:
        """Whether it holds classes."""
        return bool(self.levels)

    def columns(self, filled: FloatArray) -> FloatArray:
        """Predictor columns (n, c) of this variable with its gaps filled.

        Parameters
        ----------
        filled : (n,) float array
            As ``values``, without NaN.

        Returns
        -------
        (n, c) float array
            None when nothing varies. Centre and scale are those of the observed rows.
        """
        seen = self.values[~self.missing]
        if not len(seen):
            return np.empty((len(filled), 0))
        if not self.is_class:
            return _number_column(seen, filled)
        counts = np.bincount(seen.astype(int), minlength=len(self.levels))
        frequent = counts >= FEWEST_FOR_A_COLUMN
        frequent[0] = False  # the reference
        groups = [filled == code for code in np.flatnonzero(frequent)]
        rare = ~frequent
        rare[0] = False
        if counts[rare].sum() >= FEWEST_FOR_A_COLUMN:
            groups.append(rare[filled.astype(int)])
        if not groups:
            return np.empty((len(filled), 0))
        dummies = np.column_stack(groups).astype(float)
        return np.asarray(dummies - dummies[~self.missing].mean(axis=0))


def _number_column(seen: FloatArray, filled: FloatArray) -> FloatArray:
    spread = float(np.std(seen))
    if spread <= 1e-12 * max(1.0, float(np.abs(seen).max())):
        return np.empty((len(filled), 0))
    two_valued = len(np.unique(seen)) == 2
    scale = float(np.ptp(seen)) if two_valued else 2.0 * spread
    return np.asarray((filled - seen.mean()) / scale)[:, None]


def missing_cells(column: pd.Series, words: Sequence[str] = ()) -> Mask:
    """Mark the cells of a column that hold no value.

    Parameters
    ----------
    column : Series
    words : sequence of str
        Values that stand for a missing one, such as ``"untested"``.

    Returns
    -------
    (n,) bool array
        True for None, NaN, NA, an empty string and the words.

    Examples
    --------
    >>> missing_cells(pd.Series(["NXP2", "untested", None, ""]), ["untested"]).tolist()
    [False, True, True, True]
    """
    missing = column.isna().to_numpy(dtype=bool)
    if pandas_types.is_numeric_dtype(column.dtype) or is_date(column):
        return missing
    return missing | column.isin(["", *words]).to_numpy(dtype=bool, na_value=False)


def read_variable(
    column: pd.Series,
    *,
    words: Sequence[str] = (),
    first: object = None,
    target: bool = False,
) -> Variable:
    """Read a column as numbers or classes.

    Parameters
    ----------
    column : Series
        Numbers (whole ones too) are numbers; truth values, text and categories are
        classes.
    words : sequence of str
        Values that stand for a missing one.
    first : object, optional
        A class to be told apart first; by default the most frequent.
    target : bool

    Returns
    -------
    Variable

    Examples
    --------
    >>> read_variable(pd.Series(["A", "B", "B", None], name="centre")).levels
    ('B', 'A')
    """
    missing = missing_cells(column, words)
    name = str(column.name)
    if is_number(column):
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
        return Variable(name, np.array(numbers), target=target)
    objects = column.astype(object).to_numpy(dtype=object)
    counts: dict[Any, int] = {}
    for value in objects[~missing]:
        counts[value] = counts.get(value, 0) + 1
    order = sorted(counts, key=lambda v: (v != first, -counts[v], str(v)))
    place = {value: float(code) for code, value in enumerate(order)}
    values = np.array(
        [
            np.nan if gap else place[value]
            for value, gap in zip(objects, missing, strict=True)
        ]
    )
    return Variable(name, values, tuple(order), target)


def is_date(column: pd.Series) -> bool:
    """Whether a column holds moments or spans of time."""
    return column.dtype.kind in "mM" or isinstance(column.dtype, pd.PeriodDtype)


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers, and not truth values."""
    dtype = column.dtype
    return pandas_types.is_numeric_dtype(dtype) and not pandas_types.is_bool_dtype(
        dtype
    )
