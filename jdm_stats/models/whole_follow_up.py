"""One row a child: rows of a child joined end to end, for methods that see whole courses.

Fine-Gray and Gray's test need to know how each child's follow-up began and ended, once. Rows
that were merely split are joined; a gap is a fault there, for nobody knows what would have
been seen in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.errors import Fault, IntervalError
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray
from jdm_stats.models.rows import AtRisk


@dataclass(frozen=True, eq=False)
class WholeFollowUp:
    """Entry, end and outcome of each child.

    Parameters
    ----------
    entry, leave : (n,) float arrays
        Under observation in (entry, leave].
    code : (n,) int array
        Event code at ``leave``; 0 is censored.
    first : (n,) int array
        Position of the child's first row among the rows given.
    child_of_row : (r,) int array
        Number of the child, 0 to n - 1, of each row given; children are numbered in order
        of their first rows.
    joined : int
        Rows that were joined to an earlier one of the same child.
    """

    entry: FloatArray
    leave: FloatArray
    code: IntArray
    first: IntArray
    child_of_row: IntArray
    joined: int


def whole_follow_up(
    at_risk: AtRisk, children: np.ndarray | None, method: str
) -> WholeFollowUp:
    """Join the rows of each child.

    Parameters
    ----------
    at_risk : AtRisk
        Audited rows.
    children : (r,) array or None
        Whose row it is; None takes each row as a child.
    method : str
        Named in the message, such as ``"Gray's test"``.

    Returns
    -------
    WholeFollowUp

    Raises
    ------
    IntervalError
        When a child's rows leave a gap; every one is listed.

    Examples
    --------
    >>> import numpy as np
    >>> from jdm_stats.models.rows import AtRisk
    >>> start, stop = np.array([0.0, 3.0]), np.array([3.0, 8.0])
    >>> rows = AtRisk(start, stop, np.array([0.0, 1.0]), "id", None, False, ())
    >>> whole = whole_follow_up(rows, np.array(["A", "A"]), "this method")
    >>> whole.entry.tolist(), whole.leave.tolist(), whole.code.tolist()
    ([0.0], [8.0], [1])
    """
    start, stop = at_risk.start, at_risk.stop
    own = np.arange(len(start)) if children is None else pd.factorize(children)[0]
    order = np.lexsort((start, own))
    child, begin, end = own[order], start[order], stop[order]
    opens = np.append(True, child[1:] != child[:-1])
    closes = np.append(opens[1:], True)
    gaps = np.flatnonzero(~opens[1:] & (begin[1:] != end[:-1])) + 1
    if len(gaps):
        assert children is not None
        raise IntervalError(
            [
                Fault(
                    "intervals",
                    int(order[k]) + 1,
                    str(children[order[k]]),
                    None,
                    "gap",
                    f"no row covers day {end[k - 1]:g} to {begin[k]:g} of this child",
                    f"{method} needs whole follow-up: end it before the gap, or close the gap",
                )
                for k in gaps
            ],
            heading="the rows have",
        )
    # `own` counts children in order of appearance, and so do the blocks of `order`.
    return WholeFollowUp(
        entry=begin[opens],
        leave=end[closes],
        code=at_risk.code[order][closes].astype(np.intp),
        first=order[opens],
        child_of_row=own,
        joined=int((~opens).sum()),
    )


def joined_note(whole: WholeFollowUp) -> tuple[str, ...]:
    """Say how many rows were joined; nothing when none was."""
    if not whole.joined:
        return ()
    rows = f"{whole.joined} row{'s' if whole.joined != 1 else ''}"
    return (
        f"{rows} continued an earlier row of the same child and were joined to it.",
    )


def refuse_change(
    frame: pd.DataFrame,
    columns: Sequence[str],
    whole: WholeFollowUp,
    named: str | None,
    remedy: str,
) -> None:
    """Refuse columns that change within a child.

    Parameters
    ----------
    frame : DataFrame
        The rows given to `whole_follow_up`.
    columns : sequence of str
        Missing values equal each other.
    whole : WholeFollowUp
    named : str or None
        Column that names the child.
    remedy : str
        What to do instead.

    Raises
    ------
    IntervalError
        Listing every child in which one of them changes.
    """
    if not whole.joined:
        return
    first = whole.first[whole.child_of_row]
    found: dict[int, list[str]] = {}
    for name in columns:
        codes, _ = pd.factorize(frame[name])
        for child in np.unique(whole.child_of_row[codes != codes[first]]):
            found.setdefault(int(whole.first[child]), []).append(str(name))
    if not found:
        return
    assert named is not None
    raise IntervalError(
        [
            Fault(
                "intervals",
                row + 1,
                str(frame[named].iloc[row]),
                names[0],
                "changes_within_child",
                f"{', '.join(names)} changed after this child's entry",
                remedy,
            )
            for row, names in sorted(found.items())
        ],
        heading="the rows have",
    )
