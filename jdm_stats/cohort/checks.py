"""Every rule of the schema, applied to a whole cohort at once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from jdm_stats.cohort import agreement, columns, doses, metadata
from jdm_stats.cohort.faults import in_order
from jdm_stats.errors import Fault
from jdm_stats.schema import TABLES

__all__ = ["RULES", "check_tables"]

RULES: Mapping[str, str] = MappingProxyType(
    {**columns.RULES, **agreement.RULES, **doses.RULES, **metadata.RULES}
)


def check_tables(
    frames: Mapping[str, pd.DataFrame | None],
    *,
    agree: bool = True,
    synthetic: bool | None = None,
) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Bring the four tables to shape and report every rule they break.

    Parameters
    ----------
    frames : mapping of str to DataFrame or None
        ``patients``, ``courses``, ``events`` and ``assessments``; a table that is
        None or an empty frame without columns has no rows.
    agree : bool
        Whether to check rows and tables against each other too; not when a table
        could not be read.
    synthetic : bool, optional
        Whether the children are said to be simulated; None when nothing is said, and
        then nothing is asked of ``pattern``.

    Returns
    -------
    tables : dict of str to DataFrame
        All four tables with all columns of the schema.
    faults : list of Fault
        In the order of tables and rows.

    Examples
    --------
    >>> tables, faults = check_tables(
    ...     {"patients": pd.DataFrame({"patient_id": ["P1"]})}
    ... )
    >>> [fault.column for fault in faults]
    ['antibody', 'entry_day', 'exit_day', 'exit_reason']
    """
    tables: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    for name, table in TABLES.items():
        frame = frames.get(name)
        if frame is None or (isinstance(frame, pd.DataFrame) and frame.shape == (0, 0)):
            tables[name], _ = columns.conform(pd.DataFrame(), table)
            continue
        tables[name], found = columns.conform(frame, table)
        faults += found
    if agree:
        told = {(fault.table, fault.row, fault.column) for fault in faults}
        found = agreement.disagreements(tables, synthetic=synthetic)
        found += doses.implausible_doses(tables)
        found = [f for f in found if (f.table, f.row, f.column) not in told]
        faults += _truly_repeated(found, faults, frames, tables)
    return tables, in_order(faults)


def _truly_repeated(
    found: list[Fault],
    told: list[Fault],
    frames: Mapping[str, pd.DataFrame | None],
    tables: Mapping[str, pd.DataFrame],
) -> list[Fault]:
    """Leave out rows that seem repeated only because cells at fault are missing by now."""
    repeats = {f.table for f in found if f.rule == "duplicate_row"}
    spoilt = {f.table for f in told if f.rule == "missing_column"} & repeats
    as_given = {
        name: _duplicated_as_given(name, told, frames, tables)
        for name in repeats & {f.table for f in told if f.row is not None} - spoilt
    }
    return [
        f
        for f in found
        if f.rule != "duplicate_row"
        or (f.table not in spoilt and f.row in as_given.get(f.table, {f.row}))
    ]


def _duplicated_as_given(
    name: str,
    told: list[Fault],
    frames: Mapping[str, pd.DataFrame | None],
    tables: Mapping[str, pd.DataFrame],
) -> set[int]:
    """Return the rows that repeat another one when cells at fault are as they came."""
    raw, cells = frames[name], tables[name].astype(object)
    assert raw is not None
    headings = [str(heading) for heading in raw.columns]
    columns: dict[str, list[object]] = {}
    for fault in told:
        row, column = fault.row, fault.column
        if fault.table != name or row is None or column is None or column not in cells:
            continue
        given = columns.setdefault(column, cells[column].tolist())
        given[row - 1] = f"as given: {raw.iat[row - 1, headings.index(column)]!r}"
    for column, values in columns.items():
        cells[column] = pd.Series(values, dtype=object)
    return {int(row) + 1 for row in np.flatnonzero(cells.duplicated())}
