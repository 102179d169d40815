"""Slices of one cohort: some of its children, drawn block by block, as typed tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.schema import TABLES
from jdm_stats.simulation.course.lives import Lives, draw_lives
from jdm_stats.simulation.draws import AT_ONCE
from jdm_stats.simulation.index_case.pattern import index_case_rows
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.tables.frames import conformed, in_doubt, typed_tables
from jdm_stats.simulation.tables.rows import life_rows, patient_ids

__all__ = ["Slices", "slice_tables"]

# Children drawn side by side: few enough for a processor's cache.


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
        for start in range(first - first % AT_ONCE, last, AT_ONCE):
            index = np.arange(max(start, first), min(start + AT_ONCE, last))
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
    if first < cohort.n_index_pattern:
        followers = _followers(cohort, range(first, min(last, cohort.n_index_pattern)))
        tables = {
            name: pd.concat([followers[name], tables[name]], ignore_index=True)
            for name in TABLES
        }
    if in_doubt(tables):
        Cohort(**tables, metadata={"synthetic": True})
    return tables


def _followers(cohort: Slices, children: range) -> dict[str, pd.DataFrame]:
    """Return the tables of the children who follow the index case, in order."""
    names = [str(name) for name in patient_ids(np.array(children))]
    listed: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for child, patient_id in zip(children, names, strict=True):
        rows = index_case_rows(patient_id, cohort.seed, child, cohort.scenario)
        for table, own in rows.items():
            listed[table] += own
    place = {name: k for k, name in enumerate(names)}
    return {
        name: frame.sort_values(
            ["patient_id", *_ORDER[name]],
            kind="stable",
            ignore_index=True,
            key=lambda values: _rank(values, place),
        )
        for name, frame in conformed(listed).items()
    }


_ORDER = {
    "patients": [],
    "courses": ["start_day", "drug"],
    "events": ["day", "event"],
    "assessments": ["day", "measure"],
}


def _rank(values: pd.Series, place: Mapping[str, int]) -> pd.Series:
    """Put children in order of their number, events in the schema's, all else in its own."""
    if values.name == "patient_id":
        return values.map(place)
    if values.name == "event":
        return values.map(list(TABLES["events"]["event"].allowed).index)
    return values
