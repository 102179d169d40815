"""Every rule of the schema, applied to a whole cohort at once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

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
        faults += [f for f in found if (f.table, f.row, f.column) not in told]
    return tables, in_order(faults)
