"""Strata: counting events in them, and finding each in a published table."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.intervals.columns import (
    check_frame,
    check_free,
    named_rows,
    read_numbers,
)
from jdm_stats.intervals.rates import incidence_rates

_RESULT = (
    *("observed", "expected", "events", "person_years", "ratio", "crude_rate", "rate"),
    *("conf_low", "conf_high", "p_value", "strata"),
)
__all__ = ["check_reference", "counted", "matched", "strata_of"]


def counted(
    frame: Any,
    layers: list[str],
    counts: tuple[str, str] | None,
    rows: dict[str, Any],
    wrong: list[str],
) -> pd.DataFrame:
    """Give events and person-years by stratum; missing strata are told in ``wrong``.

    Parameters
    ----------
    frame : DataFrame
        Rows at risk, or a table of counts when ``counts`` names its two columns.
    layers : list of str
        Columns that make the strata.
    counts : tuple of str or None
    rows : dict
        What `incidence_rates` is told.
    wrong : list of str
    """
    if counts is not None and not _is_pair(counts):
        wrong.append(
            "counts must be the names of two columns, events and person-years, "
            f"received {counts!r}"
        )
        return pd.DataFrame()
    needed = [*layers, *(counts or ())]
    check_free(layers, _RESULT, wrong)
    if len(set(needed)) != len(needed):
        wrong.append(f"a column is named twice: {', '.join(map(repr, needed))}")
    wrong += check_frame(frame, needed)
    if wrong:
        return pd.DataFrame()
    for name in layers:
        absent = frame[name].isna().to_numpy()
        if absent.any():
            wrong.append(f"column {name!r} is missing in {named_rows(absent)}")
        wrong += _check_plain(frame[name], "the frame")
    if wrong:
        return pd.DataFrame()
    if counts is None:
        table = incidence_rates(frame, by=layers, **rows)
        return table[[*layers, "events", "person_years"]]
    return _summed(frame, layers, *counts, wrong)


def _is_pair(counts: Any) -> bool:
    return isinstance(counts, (tuple, list)) and len(counts) == 2


def _summed(
    frame: pd.DataFrame, layers: list[str], events: str, years: str, wrong: list[str]
) -> pd.DataFrame:
    """Sum a table of counts by stratum."""
    number = read_numbers(frame, events, wrong, "counts")
    time = read_numbers(frame, years, wrong, "person-years")
    if ((number < 0) | (number != np.floor(number))).any():
        wrong.append(f"column {events!r} must hold whole counts from 0 up")
    if (time < 0).any():
        wrong.append(f"column {years!r} must hold person-years from 0 up")
    if ((time == 0) & (number > 0)).any():
        wrong.append("a stratum has events and no person-years")
    if wrong:
        return pd.DataFrame()
    table = frame[layers].copy()
    table["events"], table["person_years"] = number.astype(np.int64), time
    summed = table.groupby(layers, observed=True, sort=False)[
        ["events", "person_years"]
    ]
    return summed.sum().reset_index()


def _check_plain(column: pd.Series, what: str) -> list[str]:
    plain = all(isinstance(value, Hashable) for value in column)
    return [] if plain else [f"column {column.name!r} of {what} must hold plain values"]


def check_reference(
    reference: Any, layers: list[str], value: str, what: str
) -> list[str]:
    """Say what keeps a published table from being read; empty when nothing does."""
    wrong = check_frame(reference, [*layers, value], f"the {what}")
    if not layers:
        wrong.append("by names no column")
    if wrong:
        return wrong
    for name in layers:
        wrong += _check_plain(reference[name], f"the {what}")
    if wrong:
        return wrong
    numbers = read_numbers(reference, value, wrong, "values")
    if (numbers < 0).any():
        wrong.append(f"column {value!r} of the {what} holds negative values")
    twice = reference.duplicated(subset=layers).to_numpy()
    if twice.any():
        wrong.append(f"the {what} names a stratum twice ({named_rows(twice)})")
    return wrong


def matched(
    table: pd.DataFrame,
    reference: pd.DataFrame,
    layers: list[str],
    what: str,
    column: str,
) -> np.ndarray:
    """Row of the reference for each stratum; all strata without one are listed."""
    known = {key: row for row, key in enumerate(strata_of(reference, layers))}
    asked = strata_of(table, layers)
    lost = list(dict.fromkeys(key for key in asked if key not in known))
    if lost:
        names = "; ".join(", ".join(map(str, key)) for key in lost[:50])
        more = f" and {len(lost) - 50} more" if len(lost) > 50 else ""
        written = {tuple(map(str, key)) for key in known}
        alike = any(tuple(map(str, key)) in written for key in lost)
        hint = "; one table holds numbers and the other words" if alike else ""
        raise UsageError(
            f"the {what} has no {column} for {len(lost)} strata "
            f"({', '.join(layers)}): {names}{more}{hint}"
        )
    return np.array([known[key] for key in asked], dtype=np.int64)


def strata_of(table: pd.DataFrame, layers: list[str]) -> list[tuple[Any, ...]]:
    """Give the strata of a table's rows, one tuple a row."""
    columns = [table[name].astype(object).tolist() for name in layers]
    return list(zip(*columns, strict=True))
