"""One block of a mapping applied to its rows: every column read, nothing counted yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from jdm_stats.cohort.cells import as_objects
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.antibodies import antibody_named
from jdm_stats.cohort.mapping.columns_read import Slice, columns_of, read_column
from jdm_stats.cohort.mapping.model import CohortMapping
from jdm_stats.cohort.mapping.rules import Block, ColumnRule, UnitColumn, Word
from jdm_stats.cohort.mapping.understanding import (
    Column,
    Note,
    Objects,
    Refused,
    distinct,
)
from jdm_stats.cohort.mapping.words import as_word, plain
from jdm_stats.schema import TABLES

__all__ = ["RULES", "Complaint", "Part", "chosen_rows", "read_block", "used_columns"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "columns_contradict": (
            "A dose's unit or words do not contradict the columns beside it."
        ),
    }
)

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Complaint:
    """Rows of a part, from 0, that break one rule in one column.

    ``source`` is the column of the export in which the value stands.
    """

    rows: Rows
    column: str
    refused: Refused
    source: str | None


@dataclass(slots=True)
class Part:
    """What one block makes of its rows.

    Parameters
    ----------
    table, label : str
        The table it fills; the block as the tally calls it.
    block : Block
    rows : Slice
    columns : dict of str to object array
        Our columns; dates still stand as days since 1970-01-01.
    complaints : list of Complaint
    tally : list of (str, Note, int)
        Column, what was done, in how many rows.
    spans : object array or None
        Days in a row that the words of a dose say.
    silent : dict of str to bool array
        Cells missing for a fault told elsewhere: the child has no date of diagnosis.
    """

    table: str
    label: str
    block: Block
    rows: Slice
    columns: dict[str, Objects] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)
    tally: list[tuple[str, Note, int]] = field(default_factory=list)
    spans: Objects | None = None
    silent: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows.rows)

    def refused(self, column: str) -> npt.NDArray[np.bool_]:
        """Return which rows were refused in a column."""
        mask = np.zeros(len(self), dtype=bool)
        for complaint in self.complaints:
            if complaint.column == column:
                mask[complaint.rows] = True
        return mask

    def source_of(self, column: str) -> str | None:
        """Return the column of the export that one of ours is read from."""
        rule = self.block.columns.get(column)
        if rule is None:
            return None
        named = columns_of(rule)
        return named[0] if named and rule.panel is None else None

    def read_from(self) -> dict[str, str]:
        """Return the column of the export behind each of ours.

        Constants and panels have none; a column that another one brings (the basis of a
        dose, Ro52 beside the antibody) or that is derived from a date has that one's.
        """
        named = {name: self.source_of(name) for name in self.columns}
        own = self.block.columns
        if "dose_mg" in own:
            dose, unit = self.source_of("dose_mg"), own["dose_mg"].unit
            for name in _OF_A_DOSE - own.keys() & self.columns.keys():
                named[name] = dose
            if isinstance(unit, UnitColumn) and "dose_basis" not in own:
                named["dose_basis"] = unit.column
        if "every_n_days" in own and "as_needed" not in own:
            named["as_needed"] = self.source_of("every_n_days")
        if "ro52" not in own and "antibody" in own:
            named["ro52"] = self.source_of("antibody") or _ro52_of(own["antibody"])
        for name, date in _OF_DATES.items():
            heading = getattr(self.rows.dates, date)
            if name not in own and heading in self.rows.raw.frame.columns:
                named[name] = heading
        return {name: source for name, source in named.items() if source is not None}


_OF_A_DOSE = frozenset({"dose_basis", "every_n_days", "as_needed", "stop_day"})
_OF_DATES = MappingProxyType(
    {"diagnosis_year": "diagnosis", "age_at_diagnosis_years": "birth"}
)


def _ro52_of(rule: ColumnRule) -> str | None:
    """Return the column of a panel that is Ro52, if one is."""
    for name, test in (rule.panel or {}).items():
        target = antibody_named(name)
        if target is not None and target.antibody == "Ro52":
            return test.column
    return None


def chosen_rows(block: Block, raw: RawTable) -> Rows:
    """Return the rows that a block's conditions choose."""
    mask = np.ones(len(raw.frame), dtype=bool)
    for column, words in block.where.items():
        mask &= _holds(raw, column, words)
    for column, words in block.where_not.items():
        mask &= ~_holds(raw, column, words)
    return np.flatnonzero(mask)


def _holds(raw: RawTable, column: str, words: Sequence[Word]) -> npt.NDArray[np.bool_]:
    wanted = {plain(as_word(word)) for word in words}
    codes, cells = distinct(as_objects(raw.frame[column]))
    verdicts = [plain(as_word(cell)) in wanted for cell in cells] + ["" in wanted]
    held: npt.NDArray[np.bool_] = np.array(verdicts, dtype=bool)[codes]
    return held


def used_columns(block: Block) -> Iterator[tuple[str, str]]:
    """Return each column of the export that a block names, with its place in the file."""
    for key in ("where", "where_not"):
        for column in getattr(block, key):
            yield key, column
    for name, rule in block.columns.items():
        for column in columns_of(rule):
            yield f"columns.{name}", column


def read_block(
    table: str, label: str, block: Block, raw: RawTable, mapping: CohortMapping
) -> Part:
    """Read every column of a block.

    Parameters
    ----------
    table, label : str
    block : Block
    raw : RawTable
        The table of the export that the block names.
    mapping : CohortMapping
    """
    rows = Slice(raw, chosen_rows(block, raw), mapping.dates, mapping.read)
    part = Part(table, label, block, rows)
    schema = TABLES[table]
    brought: dict[str, list[tuple[str, Objects]]] = {}
    names = sorted(block.columns, key=lambda name: name == "value")  # after its measure
    for name in names:
        column = read_column(
            schema[name],
            block.columns[name],
            rows,
            measures=part.columns.get("measure") if name == "value" else None,
            basis_apart="dose_basis" in block.columns,
        )
        _take(part, name, column, block.columns[name])
        for other, values in column.brought.items():
            brought.setdefault(other, []).append((name, values))
    _take_spans(part, brought)
    for name, others in brought.items():
        for origin, values in others:
            _join(part, name, origin, values)
    return part


def _take(part: Part, name: str, column: Column, rule: ColumnRule) -> None:
    part.columns[name] = column.values
    source = part.source_of(name)
    part.complaints += [
        Complaint(rows, name, refused, source) for rows, refused in column.wrong
    ]
    part.tally += [(name, note, count) for note, count in column.notes]


def _take_spans(part: Part, brought: dict[str, list[tuple[str, Objects]]]) -> None:
    for _, values in brought.pop("days in a row", []):
        part.spans = values


def _join(part: Part, name: str, origin: str, values: Objects) -> None:
    """Put what a column brought beside what the column of that name says itself."""
    said = np.array([value is not None for value in values], dtype=bool)
    own = part.columns.get(name)
    if own is None:
        if said.any():
            part.columns[name] = values
        return
    gone = np.array([value is None for value in own], dtype=bool)
    differs = said & ~gone
    differs[differs] = [
        a != b for a, b in zip(own[differs], values[differs], strict=True)
    ]
    for row in np.flatnonzero(differs):
        refused = Refused(
            "columns_contradict",
            f"{name} is {own[row]} by its column and {values[row]} by that of {origin}",
            "correct one of them in the source",
        )
        where = part.source_of(name) or part.source_of(origin)
        part.complaints.append(Complaint(np.array([row]), name, refused, where))
    filled = np.where(gone & ~part.refused(name), values, own)
    filled[differs] = None
    part.columns[name] = filled
