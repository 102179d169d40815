"""Whether the list of changes is complete: the spoilt tables against the sound ones."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.simulation.spoiling.cohort.draft import Draft

__all__ = ["check_listing", "differences"]

Difference = tuple[str, int | None, str | None]


def check_listing(draft: Draft) -> None:
    """Compare the spoilt tables with the sound ones, and both with the list.

    Raises
    ------
    RuntimeError
        When a difference is not on the list, or something listed made no difference.
    """
    listed = {
        (change["table"], change["row"], change["column"])
        for change in draft.changes
        if change["what"] not in ("file", "metadata")
    }
    emptied = {t for t, rows in draft.tables.items() if not len(rows)}
    found: set[Difference] = set()
    for name, sound in draft.sound.items():
        if name in emptied and (name, None, None) in listed:
            found.add((name, None, None))
            continue
        found |= differences(name, sound, draft.tables[name])
    if found != listed:
        raise RuntimeError(
            f"the list of changes is not true: not listed {sorted(map(str, found - listed))}, "
            f"listed in vain {sorted(map(str, listed - found))}"
        )


def differences(
    name: str, sound: pd.DataFrame, spoilt: pd.DataFrame
) -> set[Difference]:
    """Return every cell, heading and row in which two tables differ.

    Examples
    --------
    >>> sound = pd.DataFrame({"day": [1, 2]})
    >>> found = differences("events", sound, pd.DataFrame({"day": ["1", 2, 3]}))
    >>> found == {("events", 1, "day"), ("events", 3, None)}
    True
    """
    before, after = Counter(map(str, sound)), Counter(map(str, spoilt))
    headings = ((after - before) | (before - after)).keys()
    found: set[Difference] = {(name, None, column) for column in headings}
    found |= {(name, row + 1, None) for row in range(len(sound), len(spoilt))}
    rows = min(len(sound), len(spoilt))
    for column in before.keys() & after.keys():
        old = sound[column].astype(object).to_numpy(dtype=object)[:rows]
        new = spoilt.iloc[:, list(spoilt).index(column)].to_numpy(dtype=object)[:rows]
        changed = np.array(
            [not _same(a, b) for a, b in zip(old, new, strict=True)], dtype=bool
        )
        found |= {(name, int(row) + 1, column) for row in np.flatnonzero(changed)}
    return found


def _same(one: Any, other: Any) -> bool:
    if _missing(one) or _missing(other):
        return _missing(one) and _missing(other)
    return type(one) is type(other) and bool(one == other)


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value != value
