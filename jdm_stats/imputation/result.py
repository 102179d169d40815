"""What imputation hands out: m completed data sets, what was filled in, how it went."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
import pandas as pd

from jdm_stats.html import html_table, notes_list
from jdm_stats.imputation.variables import Variable
from jdm_stats.intervals.marks import marked


@dataclass(frozen=True, eq=False)
class Imputations(Sequence[Any]):
    """Completed data sets, one per imputation; a sequence, nothing in it changes.

    Made by `impute_cohort` (a sequence of cohorts) and `impute_frame` (of data frames).
    ``imputations[0]`` is the first; a data set is put together when it is asked for.

    Parameters
    ----------
    m : int
        Imputations.
    seed : int
        With which imputation k can be made again, whatever ``m``.
    iterations : int
        Passes of each chain; 1 when one column only was incomplete, 0 when none was.
    variables : tuple of Variable
        What the models saw; those with ``target`` were filled in.
    drawn : tuple of dict of str to float array
        Per imputation and variable the imputed numbers or codes.
    chains : DataFrame
        ``column, level, statistic, imputation, iteration, value``: mean and sd of the
        imputed numbers, share of each class among the imputed; to see that chains mix
        and have no trend.
    tally : DataFrame
        ``column, role, rows, missing, imputed, learnt_from``: per column how many cells
        were missing, how many were filled in, and from how many observed ones the model
        learnt; a column of role "helper" is handed out as it came.
    notes : tuple of str
        What a careful reader must know, in words.
    complete : callable
        Puts data set number k (from 0) together.
    what : str
        "cohort" or "frame".
    synthetic : bool
    """

    m: int
    seed: int
    iterations: int
    variables: tuple[Variable, ...] = field(repr=False)
    drawn: tuple[dict[str, np.ndarray], ...] = field(repr=False)
    chains: pd.DataFrame = field(repr=False)
    tally: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = field(repr=False)
    complete: Callable[[int], Any] = field(repr=False)
    what: str = "frame"
    synthetic: bool = False

    def __len__(self) -> int:
        return self.m

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> list[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self.complete(k) for k in range(*place.indices(self.m))]
        if not -self.m <= place < self.m:
            raise IndexError(f"there are {self.m} imputations, counted from 0")
        return self.complete(place % self.m)

    def __iter__(self) -> Iterator[Any]:
        return (self.complete(k) for k in range(self.m))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that were filled in."""
        return tuple(v.name for v in self.variables if v.target)

    def imputed_values(self) -> pd.DataFrame:
        """Every imputed cell of every imputation.

        Returns
        -------
        DataFrame
            ``column, row`` (position in the table, from 0), ``imputation`` (from 1) and
            ``value``.
        """
        parts = []
        for variable in self._filled():
            rows = np.flatnonzero(variable.missing)
            for number, drawn in enumerate(self.drawn, start=1):
                values = _shown(variable, drawn[variable.name])
                part = {"column": variable.name, "row": rows, "imputation": number}
                parts.append(pd.DataFrame({**part, "value": values}))
        names = ["column", "row", "imputation", "value"]
        made = pd.concat(parts) if parts else pd.DataFrame(columns=names)
        return marked(made.reset_index(drop=True), self.synthetic)

    def distributions(self) -> pd.DataFrame:
        """Observed beside imputed values, column by column.

        They need not agree: children without a value may differ from those with one. A
        difference wants an explanation, though.

        Returns
        -------
        DataFrame
            ``column, level, statistic, observed, imputed``: mean, sd, lowest, median and
            highest number, or the share of each class; over all imputations.
        """
        rows: list[tuple[str, object, str, float, float]] = []
        for variable in self._filled():
            seen = variable.values[~variable.missing]
            drawn = np.concatenate([each[variable.name] for each in self.drawn])
            rows += _compared(variable, seen, drawn)
        names = ["column", "level", "statistic", "observed", "imputed"]
        return marked(pd.DataFrame(rows, columns=names), self.synthetic)

    def convergence(self) -> pd.DataFrame:
        """Compare the variance between chains with that within them, in the second half.

        Returns
        -------
        DataFrame
            ``column, level, statistic, rhat``: the potential scale reduction factor of
            Gelman and Rubin; near 1 when the chains have mixed, NaN when there are too
            few passes (fewer than 3) or nothing varies.
        """
        keys = ["column", "level", "statistic"]
        late = self.chains[self.chains["iteration"] > self.iterations // 2]
        rows = []
        for key, part in late.groupby(keys, sort=False, observed=True):
            wide = part.pivot(index="iteration", columns="imputation", values="value")
            rows.append((*key, _scale_reduction(wide.to_numpy(float))))
        return marked(pd.DataFrame(rows, columns=[*keys, "rhat"]), self.synthetic)

    def _filled(self) -> list[Variable]:
        return [v for v in self.variables if v.target and v.missing.any()]

    def __repr__(self) -> str:
        mark = "SYNTHETIC " if self.synthetic else ""
        cells = int(self.tally["imputed"].sum())
        return (
            f"<{mark}Imputations: {self.m} of a {self.what}, {cells:,} cells filled in "
            f"each ({', '.join(self.columns)})>"
        )

    def _repr_html_(self) -> str:
        mark = "SYNTHETIC. " if self.synthetic else ""
        table = html_table(
            self.tally.rename(columns=lambda name: name.replace("_", " ").capitalize()),
            caption=f"{mark}Cells filled in, {self.m} imputations",
        )
        return table + notes_list(self.notes)


def _shown(variable: Variable, drawn: np.ndarray) -> np.ndarray:
    """Imputed codes as their classes; numbers as they are."""
    if not variable.is_class:
        return drawn
    return np.array([*variable.levels, None], dtype=object)[:-1][drawn.astype(int)]


def _compared(
    variable: Variable, seen: np.ndarray, drawn: np.ndarray
) -> list[tuple[str, object, str, float, float]]:
    if variable.is_class:
        return [
            (
                *(variable.name, level, "share"),
                *(float(np.mean(values == code)) for values in (seen, drawn)),
            )
            for code, level in enumerate(variable.levels)
        ]
    statistics: dict[str, Callable[[np.ndarray], Any]] = {
        "mean": np.mean,
        "sd": np.std,
        "lowest": np.min,
        "median": np.median,
        "highest": np.max,
    }
    return [
        (variable.name, "", name, float(of(seen)), float(of(drawn)))
        for name, of in statistics.items()
    ]


def _scale_reduction(values: np.ndarray) -> float:
    """Gelman and Rubin's factor of an (iterations, chains) array."""
    n, chains = values.shape
    if n < 2 or chains < 2:
        return np.nan
    within = float(np.mean(np.var(values, axis=0, ddof=1)))
    between = float(np.var(values.mean(axis=0), ddof=1))
    if within == 0.0:
        return np.nan
    return float(np.sqrt(((n - 1) / n * within + between) / within))
