"""A quick look at rows that stand in order, child by child and in time.

Most tables do, and then three comparisons of neighbours show that no law is broken. Where the
look finds anything it cannot vouch for, the full audit tells what and where.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class InOrder:
    """Rows found lawful at a glance.

    Parameters
    ----------
    start, stop, code : (n,) float arrays
    child : (n,) int array or None
        Codes from 0 in row order; None when no column names the child.
    """

    start: np.ndarray
    stop: np.ndarray
    code: np.ndarray
    child: np.ndarray | None


def in_order(
    frame: pd.DataFrame, start: str, stop: str, event: str, patient_id: str | None
) -> InOrder | None:
    """Read rows that are in order and break no law; None when a closer look is needed.

    Parameters
    ----------
    frame : DataFrame
    start, stop, event : str
        Columns.
    patient_id : str or None

    Returns
    -------
    InOrder or None
        None proves nothing: `jdm_stats.audit_intervals` decides.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {"patient_id": ["A", "A"], "start": [0, 3], "stop": [3, 9], "event": [0, 1]}
    ... )
    >>> in_order(frame, "start", "stop", "event", "patient_id").child.tolist()
    [0, 0]
    >>> in_order(
    ...     frame.assign(start=[0, 2]), "start", "stop", "event", "patient_id"
    ... ) is None
    True
    """
    if not isinstance(frame, pd.DataFrame) or frame.columns.nlevels > 1:
        return None
    names = [start, stop, event, *([] if patient_id is None else [patient_id])]
    if frame.empty or any((frame.columns == name).sum() != 1 for name in names):
        return None
    columns = [frame[name] for name in (start, stop, event)]
    if not all(_plain_numbers(column) for column in columns):
        return None
    begin, end, code = (column.to_numpy(dtype=float) for column in columns)
    finite = np.isfinite(begin).all() and np.isfinite(end).all()
    if not (finite and (begin < end).all() and _codes(code)):
        return None
    if patient_id is None:
        return InOrder(begin, end, code, None)
    child = _children(frame[patient_id])
    if child is None:
        return None
    same = child[1:] == child[:-1]
    lawful = ((begin[1:] >= end[:-1]) & (code[:-1] == 0)) | ~same
    return InOrder(begin, end, code, child) if lawful.all() else None


def _plain_numbers(column: pd.Series) -> bool:
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb"


def _codes(code: np.ndarray) -> bool:
    return bool(np.isfinite(code).all() and (code >= 0).all() and _whole(code))


def _whole(values: np.ndarray) -> bool:
    return bool((values == np.floor(values)).all())


def _children(column: pd.Series) -> np.ndarray | None:
    """Codes of children whose rows stand together; None when some do not or have no name."""
    names = column.to_numpy()
    if names.dtype == object and not all(type(name) is str for name in names):
        return None
    if names.dtype.kind not in "iuUO":
        return None
    new = np.append(True, names[1:] != names[:-1])
    heads = names[new]
    if len(pd.unique(heads)) < len(heads):
        return None
    return np.cumsum(new) - 1
