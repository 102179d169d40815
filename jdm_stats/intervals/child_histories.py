"""The rows of one child against each other: overlap, rows after an event, gaps.

The audit asks this module, which works on arrays alone. Where events recur, an event of
code 1 ends nothing and only a competing event does; on a clock that starts anew after
each event, the rows between two events are a history of their own.
"""

from __future__ import annotations

import numpy as np

__all__ = ["check_histories"]


def check_histories(
    start: np.ndarray,
    stop: np.ndarray,
    event: np.ndarray,
    patient: np.ndarray,
    sound: np.ndarray,
    *,
    recurrent: bool = False,
    spell: np.ndarray | None = None,
) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Find the rows that contradict other rows of their child.

    Parameters
    ----------
    start, stop, event : ndarray of float, shape (n,)
        Rows (start, stop] and event codes, NaN where there is none.
    patient : ndarray of int, shape (n,)
        Child of each row.
    sound : ndarray of int, shape (m,)
        Rows that have a place in time and a child; the others are left aside.
    recurrent : bool, default False
        Whether a child stays at risk after an event of code 1.
    spell : ndarray of int, shape (n,), optional
        Stretch of each row, where every stretch of a child has its own clock.

    Returns
    -------
    masks : dict of str to ndarray of bool, shape (n,)
        Rows that break each rule.
    tally : dict of str to int
        Patients, delayed entries and gaps.

    Examples
    --------
    >>> start, stop, event = (
    ...     np.array([0.0, 4.0]),
    ...     np.array([4.0, 9.0]),
    ...     np.array([1, 1]),
    ... )
    >>> child, rows = np.array([0, 0]), np.arange(2)
    >>> for recurrent in (False, True):
    ...     masks, _ = check_histories(
    ...         start, stop, event, child, rows, recurrent=recurrent
    ...     )
    ...     print([rule for rule, mask in masks.items() if mask.any()])
    ['row_after_event', 'several_events']
    []
    """
    size = len(start)
    history = patient if spell is None else _numbered(patient, spell)
    order = sound[np.lexsort((stop[sound], start[sound], history[sound]))]
    history, begin, end = history[order], start[order], stop[order]
    code = np.nan_to_num(event[order])
    happened, ends = code > 0, code > (1 if recurrent else 0)
    first = np.append(True, history[1:] != history[:-1])[: len(order)]
    covered = _covered_before(history, end, first)
    twin = np.zeros(len(order), dtype=bool)
    twin[1:] = (
        ~first[1:]
        & (begin[1:] == begin[:-1])
        & (end[1:] == end[:-1])
        & (happened[1:] == happened[:-1])
    )
    first_event = np.full(int(history.max(initial=-1)) + 1, np.inf)
    np.minimum.at(first_event, history[ends], end[ends])
    number = np.cumsum(ends)
    before_child = np.maximum.accumulate(np.where(first, number - ends, 0))
    found = {
        "duplicate_row": twin,
        "overlap": ~first & ~twin & (begin < covered),
        "row_after_event": begin >= first_event[history],
        "several_events": ends & (number - before_child > 1) & ~twin,
    }
    gap = ~first & (begin > covered)
    tally = {
        "patients": len(np.unique(patient[order])),
        "delayed_entry": int((begin[first] > 0).sum()),
        "gaps": int(gap.sum()),
        "patients_with_gaps": len(np.unique(patient[order][gap])),
    }
    return {rule: _at_rows(size, order[mask]) for rule, mask in found.items()}, tally


def _numbered(patient: np.ndarray, spell: np.ndarray) -> np.ndarray:
    """Give each pair of child and spell a number, in order."""
    width = int(spell.max(initial=0)) + 2
    pair = patient.astype(np.int64) * width + spell + 1
    return np.unique(pair, return_inverse=True)[1]


def _at_rows(size: int, rows: np.ndarray) -> np.ndarray:
    flagged = np.zeros(size, dtype=bool)
    flagged[rows] = True
    return flagged


def _covered_before(
    history: np.ndarray, end: np.ndarray, first: np.ndarray
) -> np.ndarray:
    """Latest stop among the earlier rows of the same history; -inf on its first row."""
    levels, rank = np.unique(end, return_inverse=True)
    key = np.maximum.accumulate(history.astype(np.int64) * (len(levels) + 1) + rank)
    covered = np.full(len(end), -np.inf)
    later = np.flatnonzero(~first)
    covered[later] = levels[key[later - 1] % (len(levels) + 1)]
    return covered
