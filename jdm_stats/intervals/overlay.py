"""Laying one table of periods over another, and joining rows that differ in nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.intervals.columns import (
    as_given,
    check_events,
    check_frame,
    check_lag,
    event_columns,
    name_list,
    named_rows,
    raise_all,
    read_numbers,
    read_spans,
    repeated,
)
from jdm_stats.intervals.keys import (
    check_no_overlap,
    number_children,
    pair_keys,
    same_children,
)
from jdm_stats.intervals.marks import is_synthetic
from jdm_stats.intervals.split import at_last_piece, cut_spans

__all__ = ["merge_intervals"]

OVERLAPS = ("refuse", "sum", "max", "min", "last", "count", "any")


def merge_intervals(
    frame: pd.DataFrame,
    spells: pd.DataFrame,
    columns: Mapping[str, str | None] | Sequence[str],
    *,
    patient_id: str = "patient_id",
    spells_id: str | None = None,
    start: str = "start",
    stop: str = "stop",
    event: str | Sequence[str] | None = "event",
    spell_start: str = "start",
    spell_stop: str = "stop",
    inclusive: bool = False,
    lag: float = 0,
    overlap: str = "refuse",
    default: Any = 0,
) -> pd.DataFrame:
    """Lay periods, such as courses of treatment, over rows at risk.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Rows at risk in (start, stop], in any order; a child's rows must not overlap.
    spells : DataFrame of shape (m, columns)
        One row per period.
    columns : mapping of str to str, or sequence of str
        New column and the numeric column of ``spells`` it takes its values from; None
        stands for a 1 in each spell.
    patient_id : str
        Column that says whose row it is, in both tables.
    spells_id : str, optional
        Its name in ``spells`` when that differs.
    start, stop, spell_start, spell_stop : str
        Names of the time columns of both tables.
    event : str, sequence of str or None
        Event columns of ``frame``: they stay on the last piece of a row.
    inclusive : bool, default False
        False: a spell is the time (start, stop]. True: it runs from its first to its
        last day, both included, and by the law of intervals a dose on day d acts on
        (d, d + 1]: from a to b is (a, b + 1].
    lag : float, default 0
        Spells act this much later.
    overlap : {"refuse", "sum", "max", "min", "last", "count", "any"}
        What holds where spells of a child overlap. ``last`` takes the one that started
        last, and of several the one further down; ``count`` counts spells, ``any`` is 1.
    default : object, default 0
        Value outside every spell; None leaves it missing.

    Returns
    -------
    DataFrame
        The rows cut where a spell begins or ends, in the order given and of time.
        ``attrs["jdm_stats"]["overlaid"]`` counts spells, those of unknown children,
        those that meet no time at risk, and the time covered.

    Raises
    ------
    UsageError
        If a column is not there or not numeric, a value, day or name is missing, a
        spell ends before it starts, or spells overlap and ``overlap`` is ``refuse``.
    IntervalError
        If rows at risk of one child overlap.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {"patient_id": ["A"], "start": [0], "stop": [30], "event": [1]}
    ... )
    >>> courses = pd.DataFrame(
    ...     {"patient_id": ["A"], "from": [5], "to": [9], "mg": [40]}
    ... )
    >>> merge_intervals(
    ...     rows, courses, ["mg"], spell_start="from", spell_stop="to", inclusive=True
    ... )
      patient_id  start  stop  event  mg
    0          A      0     5      0   0
    1          A      5    10      0  40
    2          A     10    30      1   0
    """
    theirs = patient_id if spells_id is None else spells_id
    wrong: list[str] = []
    wanted = columns if isinstance(columns, Mapping) else None
    if wanted is None:
        wanted = {name: name for name in name_list(columns, "columns", wrong)}
    events = event_columns(frame, event)
    sources = [name for name in wanted.values() if name is not None]
    wrong += check_frame(frame, [patient_id, start, stop, *events])
    needed = [theirs, spell_start, spell_stop, *sources]
    wrong += check_frame(spells, needed, "the spells")
    if not isinstance(overlap, str) or overlap not in OVERLAPS:
        wrong.append(f"overlap is one of {', '.join(OVERLAPS)}, received {overlap!r}")
    raise_all(wrong)
    there = [name for name in wanted if name in frame.columns]
    if there:
        wrong.append(f"the frame has a column {', '.join(map(repr, there))} already")
    check_events(frame, events, wrong)
    begins, ends = read_spans(frame, start, stop, wrong)
    child, labels = number_children(frame[patient_id], patient_id, wrong, "the rows")
    whose = same_children(spells[theirs], theirs, labels, wrong, "the spells")
    when = _spell_times(spells, spell_start, spell_stop, inclusive, lag, wrong)
    values = {name: _values(spells, name, wrong) for name in sources}
    raise_all(wrong)
    order = np.lexsort((begins, child))
    check_no_overlap(frame, order, child, start, stop, patient_id)
    known = np.flatnonzero(whose >= 0)
    known = known[np.lexsort((when[0][known], whose[known]))]
    periods = _Periods(known, whose[known], when[0][known], when[1][known])
    if overlap == "refuse":
        _refuse_overlap(periods)
    parent, pieces, met = _overlay(child[order], begins[order], ends[order], periods)
    back = np.argsort(order[parent], kind="stable")
    parent = order[parent][back]
    new: dict[str, Any] = {
        start: as_given(pieces.begins[back], frame[start]),
        stop: as_given(pieces.ends[back], frame[stop]),
    }
    new |= {name: at_last_piece(frame[name], parent) for name in events}
    for name, source in wanted.items():
        given = np.ones(len(spells), np.int64) if source is None else values[source]
        combined = _combined(given[known], met, len(parent), overlap, default)
        new[name] = combined[back]
    result = repeated(frame, parent, new)
    covered = np.zeros(len(parent), dtype=bool)
    covered[met.piece] = True
    tally = {
        "spells": len(spells),
        "spells_missid": int((whose < 0).sum()),
        "spells_outside": len(known) - len(np.unique(met.spell)),
        "rows_cut": len(parent) - len(frame),
        "time_covered": float((pieces.ends - pieces.begins)[covered].sum()),
    }
    noted = result.attrs.get("jdm_stats", {})
    result.attrs["jdm_stats"] = {
        **noted,
        "synthetic": is_synthetic(frame) or is_synthetic(spells),
        "overlaid": [*noted.get("overlaid", []), {"columns": list(wanted), **tally}],
    }
    return result


@dataclass(frozen=True)
class _Periods:
    """Spells sorted by child and start, as (begins, ends]."""

    row: np.ndarray
    child: np.ndarray
    begins: np.ndarray
    ends: np.ndarray


@dataclass(frozen=True)
class _Met:
    """Pairs of a piece of time at risk and a spell that covers it."""

    piece: np.ndarray
    spell: np.ndarray


def _spell_times(
    spells: pd.DataFrame,
    spell_start: str,
    spell_stop: str,
    inclusive: bool,
    lag: float,
    wrong: list[str],
) -> tuple[np.ndarray, np.ndarray]:
    begins = read_numbers(spells, spell_start, wrong)
    ends = read_numbers(spells, spell_stop, wrong) + int(inclusive)
    broken = begins >= ends
    if broken.any():
        wrong.append(
            f"every spell needs {spell_start} {'<=' if inclusive else '<'} {spell_stop} "
            f"({named_rows(broken)} of the spells)"
        )
    told = len(wrong)
    check_lag(lag, wrong)
    if len(wrong) > told:
        return begins, ends
    return begins + lag, ends + lag


def _values(spells: pd.DataFrame, name: str, wrong: list[str]) -> np.ndarray:
    return read_numbers(spells, name, wrong, "values")


def _refuse_overlap(periods: _Periods) -> None:
    """Raise UsageError that names every spell which starts inside an earlier one."""
    reach = pd.Series(periods.ends).groupby(periods.child).cummax().to_numpy()
    same = periods.child[1:] == periods.child[:-1]
    twice = np.zeros(len(periods.row), dtype=bool)
    twice[1:] = same & (periods.begins[1:] < reach[:-1])
    if twice.any():
        mask = np.zeros(periods.row.max() + 1, dtype=bool)
        mask[periods.row[twice]] = True
        raise_all(
            [
                f"{twice.sum()} spells start before an earlier one of the same child ends "
                f"({named_rows(mask)} of the spells); say what holds there: overlap="
                f"{', '.join(map(repr, OVERLAPS[1:]))}"
            ]
        )


def _overlay(
    child: np.ndarray, begins: np.ndarray, ends: np.ndarray, periods: _Periods
) -> tuple[np.ndarray, _Periods, _Met]:
    """Cut rows at the spells' ends; pair each piece with the spells that cover it."""
    edges = np.concatenate([periods.begins, periods.ends])
    owner = np.concatenate([periods.child, periods.child])
    row_start, cut = pair_keys((child, begins), (owner, edges))
    row = np.searchsorted(row_start, cut, side="right") - 1
    ours = row >= 0
    ours[ours] = child[row[ours]] == owner[ours]
    parent, starts, stops = cut_spans(begins, ends, row[ours], edges[ours])
    pieces = _Periods(parent, child[parent], starts, stops)
    from_key, piece_key, to_key = pair_keys(
        (periods.child, periods.begins),
        (pieces.child, starts),
        (periods.child, periods.ends),
    )
    first = np.searchsorted(piece_key, from_key, side="left")
    count = np.maximum(np.searchsorted(piece_key, to_key, side="left") - first, 0)
    spell = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(spell)) - np.repeat(np.cumsum(count) - count, count)
    return parent, pieces, _Met(np.repeat(first, count) + place, spell)


def _combined(
    values: np.ndarray, met: _Met, size: int, overlap: str, default: Any
) -> np.ndarray:
    """Give each piece the value of the spells over it, and the default where none is."""
    given = values[met.spell]
    if overlap in ("count", "any"):
        given = np.ones(len(met.spell), dtype=np.int64)
    result = np.zeros(size, dtype=given.dtype)
    if overlap in ("sum", "count"):
        np.add.at(result, met.piece, given)
    elif overlap in ("max", "min"):
        order = np.argsort(given if overlap == "max" else -given, kind="stable")
        result[met.piece[order]] = given[order]
    else:  # pairs come in order of the spells' starts: the last one written holds
        result[met.piece] = given
    bare = np.ones(size, dtype=bool)
    bare[met.piece] = False
    if not bare.any():
        return result
    if default is None:
        result = result.astype(float)
        result[bare] = np.nan
        return result
    return np.where(bare, default, result)
