"""Slices of one cohort: some of its children, drawn block by block, as typed tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.schema import TABLES
from jdm_stats.simulation.draws import BLOCK
from jdm_stats.simulation.frames import conformed, in_doubt, typed_tables
from jdm_stats.simulation.index_case import index_case_rows
from jdm_stats.simulation.lives import Lives, draw_lives
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.tables import life_rows, patient_ids

__all__ = ["Slices", "slice_tables"]

# Children drawn side by side: few enough for a processor's cache.
_AT_ONCE = 2 * BLOCK


@dataclass(frozen=True)
class Slices:
    """A cohort of ``n_patients`` children, of whom any can be drawn on their own.

    Parameters
    ----------
    scenario : Scenario
    seed : int
    n_patients : int
    n_index_pattern : int
        How many of the first children follow the index case.

    Examples
    --------
    >>> cohort = Slices(Scenario(), seed=7, n_patients=100, n_index_pattern=1)
    >>> list(cohort.bounds(40))
    [(0, 40), (40, 80), (80, 100)]
    """

    scenario: Scenario
    seed: int
    n_patients: int
    n_index_pattern: int

    def bounds(self, chunk: int) -> Iterator[tuple[int, int]]:
        """Yield the first child of each slice and the one after its last."""
        for first in range(0, self.n_patients, chunk):
            yield first, min(first + chunk, self.n_patients)

    def drawn(self, first: int, last: int) -> Iterator[list[Lives]]:
        """Yield the lives of children ``first, ..., last - 1``, some at a time.

        Each list has one entry per attempt, as `draw_lives` returns it. Children who
        follow the index case are not drawn and have no entry.
        """
        first = max(first, self.n_index_pattern)
        for start in range(first - first % _AT_ONCE, last, _AT_ONCE):
            index = np.arange(max(start, first), min(start + _AT_ONCE, last))
            if len(index):
                yield draw_lives(self.seed, index, self.scenario)


def slice_tables(
    cohort: Slices,
    first: int,
    last: int,
    watch: Callable[[Lives, int], None] | None = None,
) -> dict[str, pd.DataFrame]:
    """Draw the tables of children ``first, ..., last - 1``.

    Parameters
    ----------
    cohort : Slices
    first, last : int
        Children are counted from 0.
    watch : function of (Lives, int), optional
        Is shown the lives of each attempt, with its number, before they are let go.

    Returns
    -------
    dict of str to DataFrame
        The four tables, as `jdm_stats.cohort.columns.conform` would type them, children
        in order of their index.

    Raises
    ------
    CohortError
        When the scenario asks for what no child can have; carries every fault.

    Examples
    --------
    >>> world = Slices(Scenario(), seed=7, n_patients=100, n_index_pattern=1)
    >>> slice_tables(world, 40, 42)["patients"]["patient_id"].tolist()
    ['SYN-00041', 'SYN-00042']
    """
    parts = []
    for attempts in cohort.drawn(first, last):
        for attempt, lives in enumerate(attempts):
            parts.append(life_rows(lives))
            if watch is not None:
                watch(lives, attempt)
    tables = typed_tables(parts, first, last)
    followers = [
        _follower(cohort, child)
        for child in range(first, min(last, cohort.n_index_pattern))
    ]
    if followers:
        tables = {
            name: pd.concat(
                [*(frames[name] for frames in followers), tables[name]],
                ignore_index=True,
            )
            for name in TABLES
        }
    if in_doubt(tables):
        Cohort(**tables, metadata={"synthetic": True})
    return tables


def _follower(cohort: Slices, child: int) -> dict[str, pd.DataFrame]:
    """Return the tables of one child who follows the index case, in order."""
    patient_id = str(patient_ids(np.array([child]))[0])
    listed = index_case_rows(patient_id, cohort.seed, child, cohort.scenario)
    return {
        name: frame.sort_values(
            _ORDER[name], kind="stable", ignore_index=True, key=_rank
        )
        for name, frame in conformed(listed).items()
    }


_ORDER = {
    "patients": ["patient_id"],
    "courses": ["start_day", "drug"],
    "events": ["day", "event"],
    "assessments": ["day", "measure"],
}


def _rank(values: pd.Series) -> pd.Series:
    """Put events in the schema's order, everything else in its own."""
    if values.name != "event":
        return values
    return values.map(list(TABLES["events"]["event"].allowed).index)
