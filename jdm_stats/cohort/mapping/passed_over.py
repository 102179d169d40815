"""Rows of an export that no block of a mapping takes: a record type may be misspelt.

A block that says ``where`` leaves rows to other blocks. A row that every block leaves, and
that no ``where_not`` names, is told: else an event could be lost by a slip of one letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from jdm_stats.cohort.cells import Mask, as_objects
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.blocks import Part, chosen_rows
from jdm_stats.errors import Fault

__all__ = ["RULES", "passed_over"]

RULES: Mapping[str, str] = MappingProxyType(
    {"row_not_taken": "Every row of the export is taken by a block or kept out by one."}
)


def passed_over(parts: Iterable[Part]) -> list[Fault]:
    """Return a warning for each kind of row that no block takes or names.

    Parameters
    ----------
    parts : iterable of Part
        All blocks, with the rows of the export they read from.

    Returns
    -------
    list of Fault
        Warnings, each with the place of the first such row. Rows are of one kind when
        they hold the same in the columns that the blocks ask; blank rows are none.
    """
    considered: dict[int, Mask] = {}
    asked: dict[int, dict[str, None]] = {}
    raws: dict[int, RawTable] = {}
    for part in parts:
        raw, key = part.rows.raw, id(part.rows.raw)
        raws[key] = raw
        held = considered.setdefault(key, np.zeros(len(raw.frame), dtype=bool))
        held[chosen_rows(part.block.model_copy(update={"where_not": {}}), raw)] = True
        asked.setdefault(key, {}).update(dict.fromkeys(part.block.where))
    return [
        fault
        for key, raw in raws.items()
        for fault in _kinds(raw, ~considered[key], list(asked[key]))
    ]


def _kinds(raw: RawTable, left: Mask, asked: list[str]) -> Iterator[Fault]:
    if not left.any():
        return
    filled = np.zeros(len(raw.frame), dtype=bool)
    for place in range(raw.frame.shape[1]):
        filled |= pd.notna(as_objects(raw.frame.iloc[:, place]))
    rows = np.flatnonzero(left & filled)
    said = [as_objects(raw.frame[column])[rows] for column in asked]
    kinds: dict[tuple[str | None, ...], list[int]] = {}
    for row, *cells in zip(rows.tolist(), *said, strict=True):
        kind = tuple(None if cell is None else str(cell) for cell in cells)
        kinds.setdefault(kind, []).append(row)
    for kind, places in kinds.items():
        yield _told(raw, asked, kind, places)


def _told(
    raw: RawTable, asked: list[str], kind: tuple[str | None, ...], places: list[int]
) -> Fault:
    cells = ", ".join(
        f"{column} {'empty' if cell is None else repr(cell)}"
        for column, cell in zip(asked, kind, strict=True)
    )
    count = "1 row" if len(places) == 1 else f"{len(places):,} rows"
    return Fault(
        table=raw.name,
        row=None,
        patient_id=None,
        column=None,
        rule="row_not_taken",
        message=f"no block of the mapping takes {count} with {cells}",
        remedy="correct the word, add it to a block's where, or name it under where_not "
        "if such rows are to stay out",
        severity="warning",
        source=raw.place(places[0], asked[0] if len(asked) == 1 else None),
    )
