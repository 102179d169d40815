"""Rows that repeat another one, told apart from rows that only lost what made them differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from jdm_stats.errors import Fault

__all__ = ["truly_repeated"]

Cell = tuple[str, int | None, str | None]


def truly_repeated(
    faults: Iterable[Fault],
    tables: Mapping[str, pd.DataFrame],
    emptied: Iterable[Cell],
) -> list[Fault]:
    """Leave out rows that repeat another only since cells at fault were emptied.

    Two measurements of one value on two days look alike once their days cannot be
    counted. Whether such rows repeat can be said when their faults are mended.

    Parameters
    ----------
    faults : iterable of Fault
    tables : mapping of str to DataFrame
        As they were checked.
    emptied : iterable of (table, row, column)
        Cells that are missing for a fault that is told; rows count from 1.

    Returns
    -------
    list of Fault
        Without ``duplicate_row`` where a row is alike only for what is missing.

    Examples
    --------
    >>> frame = pd.DataFrame({"day": [None, None, 4, 4], "value": [1, 1, 1, 1]})
    >>> said = [
    ...     Fault("assessments", row, "P1", None, "duplicate_row", "again", "remove it")
    ...     for row in (2, 4)
    ... ]
    >>> gone = {("assessments", 1, "day"), ("assessments", 2, "day")}
    >>> [fault.row for fault in truly_repeated(said, {"assessments": frame}, gone)]
    [4]
    """
    spoilt: dict[str, list[int]] = {}
    for table, row, _ in emptied:
        if row is not None:
            spoilt.setdefault(table, []).append(row - 1)
    repeats: dict[str, set[int]] = {}
    kept = []
    for fault in faults:
        if fault.rule == "duplicate_row" and fault.table in spoilt:
            if fault.table not in repeats:
                repeats[fault.table] = _repeats(
                    tables[fault.table], spoilt[fault.table]
                )
            if fault.row not in repeats[fault.table]:
                continue
        kept.append(fault)
    return kept


def _repeats(frame: pd.DataFrame, left_out: list[int]) -> set[int]:
    frame = frame.reset_index(drop=True).drop(index=left_out, errors="ignore")
    return {int(row) + 1 for row in frame.index[frame.duplicated().to_numpy(bool)]}
