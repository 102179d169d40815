"""From rows to the four tables, typed as a checked cohort holds them.

The tables of simulated children are right by construction, so they are not checked cell by
cell: they are made in the shape `jdm_stats.cohort.columns.conform` would give them, and a
test compares the two. A scenario may ask for the impossible all the same (a dose of a kilo,
a year 3000); whatever might break a rule of the schema is seen here in a few passes over
whole columns, and then every check is run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.cohort.columns import conform, outside
from jdm_stats.errors import CohortError
from jdm_stats.schema import (
    FLAG,
    INTEGER,
    MAX_STEROID_MG_KG_DAY,
    MEASURES,
    NUMBER,
    STEROIDS,
    TABLES,
    TEXT,
    Column,
)
from jdm_stats.simulation.tables.rows import Rows, patient_ids

__all__ = ["conformed", "in_doubt", "typed_tables"]

# A mg of these is worth at most 1.25 mg of prednisone.
_PLAIN_STEROIDS = ("prednisone", "prednisolone", "methylprednisolone")
_SURE_MG_KG = MAX_STEROID_MG_KG_DAY / 1.25


def typed_tables(
    parts: Sequence[Mapping[str, Rows]], first: int, last: int
) -> dict[str, pd.DataFrame]:
    """Join the rows of children and make the four tables of them.

    Parameters
    ----------
    parts : sequence of mapping of str to Rows
        As `jdm_stats.simulation.tables.rows.life_rows` returns them, in any order.
    first, last : int
        The children are ``first, ..., last - 1``.

    Returns
    -------
    dict of str to DataFrame
        Rows in order of children, all columns of the schema, each typed.
    """
    ids = patient_ids(np.arange(first, last))
    return {name: _typed(name, parts, ids, first) for name in TABLES}


def _typed(
    name: str, parts: Sequence[Mapping[str, Rows]], ids: NDArray[np.object_], first: int
) -> pd.DataFrame:
    pieces = [part[name] for part in parts]
    child = np.concatenate([rows["child"] for rows in pieces]) if pieces else None
    n = 0 if child is None else len(child)
    order = None
    if child is not None and (child[1:] < child[:-1]).any():
        order = np.argsort(child, kind="stable")
    columns: dict[str, Any] = {}
    for column in TABLES[name].columns:
        if column.name == "patient_id" and child is not None:
            values = ids[child - first]
        elif pieces and column.name in pieces[0]:
            values = _end_to_end([rows[column.name] for rows in pieces])
        else:
            columns[column.name] = _as_kind(_default(column, n), column)
            continue
        columns[column.name] = _as_kind(
            values if order is None else values[order], column
        )
    return pd.DataFrame(columns, columns=list(TABLES[name].names))


def _end_to_end(pieces: Sequence[NDArray[Any]]) -> NDArray[Any]:
    masked = any(isinstance(piece, np.ma.MaskedArray) for piece in pieces)
    joined: NDArray[Any] = (np.ma if masked else np).concatenate(pieces)
    return joined


def _default(column: Column, n: int) -> Any:
    if column.kind == TEXT:
        return np.full(n, None, dtype=object)
    if column.kind == NUMBER:
        return np.full(n, np.nan)
    filled = np.full(n, column.default or 0)
    return np.ma.array(filled, mask=np.full(n, column.default is None))


def _as_kind(values: Any, column: Column) -> Any:
    """Return the values as `jdm_stats.cohort.columns.conform` would type them."""
    plain = np.ma.getdata(values)
    if column.kind == TEXT:
        if plain.dtype != object:  # places in the list of words, -1 where missing
            plain = np.array([*column.allowed, None], dtype=object)[plain]
        return pd.Series(plain, dtype=object)
    if column.kind == NUMBER:
        return plain.astype(np.float64)
    missing = np.array(np.ma.getmaskarray(values))
    if column.kind == FLAG:
        return pd.arrays.BooleanArray(plain.astype(bool), missing)
    whole = np.where(missing, 1, plain).astype(np.int64)
    return pd.arrays.IntegerArray(whole, missing)


def conformed(
    listed: Mapping[str, Sequence[Mapping[str, Any]]],
) -> dict[str, pd.DataFrame]:
    """Make typed tables of rows written one by one.

    Parameters
    ----------
    listed : mapping of str to sequence of mapping
            Rows of each table.

    Raises
    ------
    CohortError
        When a cell does not fit; carries every fault.
    """
    made = {
        name: conform(pd.DataFrame(list(listed[name])), table)
        for name, table in TABLES.items()
    }
    faults = [
        fault for name, (_, found) in made.items() if listed[name] for fault in found
    ]
    if faults:
        raise CohortError(faults, "the simulated cohort has")
    return {name: frame for name, (frame, _) in made.items()}


def in_doubt(tables: Mapping[str, pd.DataFrame]) -> bool:
    """Whether a rule of the schema might be broken, so that every check must be run.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The four tables, typed, with a child's rows in order.

    Examples
    --------
    >>> child = {"patient_id": "P1", "antibody": "none", "exit_reason": "lost"}
    >>> patients = [child | {"entry_day": 0, "exit_day": day} for day in (9,)]
    >>> rest = {name: [] for name in ("courses", "events", "assessments")}
    >>> in_doubt(conformed({"patients": patients, **rest}))
    False
    >>> patients[0]["exit_day"] = -1
    >>> in_doubt(conformed({"patients": patients, **rest}))
    True
    """
    patients, courses = tables["patients"], tables["courses"]
    return (
        any(_beyond(tables[name], name) for name in TABLES)
        or bool((patients["entry_day"] < 0).any())
        or bool((patients["exit_day"] < patients["entry_day"]).any())
        or bool((courses["stop_day"] < courses["start_day"]).any())
        or _large_doses(courses)
        or _repeated(tables["assessments"])
    )


def _beyond(frame: pd.DataFrame, name: str) -> bool:
    columns = [column for column in TABLES[name].columns if column.name != "measure"]
    strange = any(_strange(frame[column.name], column) for column in columns)
    return strange or (name == "assessments" and _readings_beyond(frame))


def _strange(values: pd.Series, column: Column) -> bool:
    if column.kind in (INTEGER, NUMBER):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return bool(outside(numbers, column).any() or np.isinf(numbers).any())
    return bool(column.allowed) and not set(pd.unique(values)) <= {
        *column.allowed,
        None,
    }


def _readings_beyond(frame: pd.DataFrame) -> bool:
    codes, measures = pd.factorize(frame["measure"])
    value = frame["value"].to_numpy(dtype=np.float64)
    if not set(measures) <= set(MEASURES):
        return True
    return any(
        outside(value[codes == place], MEASURES[measure]).any()
        for place, measure in enumerate(measures)
    )


def _large_doses(courses: pd.DataFrame) -> bool:
    drug, basis = courses["drug"], courses["dose_basis"]
    dose = courses["dose_mg"].to_numpy(dtype=np.float64)
    other = [steroid for steroid in STEROIDS if steroid not in _PLAIN_STEROIDS]
    sure = basis.eq("per_kg_day").to_numpy(bool) & (dose <= _SURE_MG_KG)
    unsure = drug[~sure & ~np.isnan(dose)].isin(STEROIDS).any()
    return bool(unsure or set(pd.unique(drug)) & set(other))


def _repeated(assessments: pd.DataFrame) -> bool:
    """Whether a measure is read twice on one day of one child."""
    day = assessments["day"].to_numpy(dtype=np.int64)
    near = np.flatnonzero(day[1:] == day[:-1])
    if not len(near):
        return False
    measure = assessments["measure"].to_numpy()
    near = near[measure[near] == measure[near + 1]]
    ids = assessments["patient_id"].to_numpy()
    return bool((ids[near] == ids[near + 1]).any())
