"""One column of ours, read from the export by its rule, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jdm_stats.cohort.cells import as_objects
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.antibody_reading import read_panel, result_reader
from jdm_stats.cohort.mapping.antibody_results import AntibodyResult
from jdm_stats.cohort.mapping.dates import Calendar, date_reader
from jdm_stats.cohort.mapping.doses import Dose, dose_reader
from jdm_stats.cohort.mapping.dosing import read_interval
from jdm_stats.cohort.mapping.drugs import read_drug
from jdm_stats.cohort.mapping.figures import read_figures
from jdm_stats.cohort.mapping.numbers import (
    Notation,
    is_round_thousand,
    round_thousand,
)
from jdm_stats.cohort.mapping.recodes import Settled, word_reader
from jdm_stats.cohort.mapping.rules import ColumnRule, Dates, Reads, UnitColumn
from jdm_stats.cohort.mapping.soundness import has_figures, is_day
from jdm_stats.cohort.mapping.understanding import (
    BLANK,
    Column,
    Note,
    Objects,
    Reader,
    Refused,
    Understood,
    understand,
)
from jdm_stats.schema import NUMBER
from jdm_stats.schema import Column as SchemaColumn

__all__ = ["Slice", "columns_of", "read_column"]

_COUNT = SchemaColumn("count", NUMBER, "a count of days", unit="days")


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of one table of the export that a block takes, and how to read them.

    Parameters
    ----------
    raw : RawTable
    rows : int array
        Rows of the table, from 0.
    dates : Dates
    reads : Reads
        Sections of the mapping.
    """

    raw: RawTable
    rows: npt.NDArray[np.intp]
    dates: Dates
    reads: Reads

    def cells(self, column: str) -> Objects:
        """Return the cells of a column of the export, None where empty."""
        cells: Objects = as_objects(self.raw.frame[column])[self.rows]
        return cells

    def settled(self, rule: ColumnRule) -> Settled:
        """Return what reads missing words and declared values."""
        return Settled(rule, self.reads.missing)

    def calendar(self, rule: ColumnRule) -> Calendar:
        """Return how the dates of a column are written."""
        formats = rule.date if isinstance(rule.date, tuple) else self.dates.format
        return Calendar(
            formats,
            rule.pivot if rule.pivot is not None else self.dates.pivot,
            rule.partial or self.dates.partial,
            self.dates.extracted,
        )

    def notation(self, rule: ColumnRule, target: SchemaColumn) -> Notation:
        """Return how the figures of a column are written."""
        declared = self.reads.decimal if self.reads.decimal != "auto" else None
        points = target.high if target.unit == "points" else None
        return Notation(
            rule.decimal or self.raw.decimal or declared,
            rule.thousands,
            rule.below,
            rule.above,
            fractions=target.unit != "points",
            out_of=points,
        )


def columns_of(rule: ColumnRule) -> list[str]:
    """Return the columns of the export that a rule reads."""
    named = [rule.column, rule.origin]
    if isinstance(rule.unit, UnitColumn):
        named.append(rule.unit.column)
    named += [test.column for test in (rule.panel or {}).values()]
    return [name for name in named if name is not None]


def read_column(
    target: SchemaColumn,
    rule: ColumnRule,
    part: Slice,
    *,
    measures: Objects | None = None,
    basis_apart: bool = False,
) -> Column:
    """Read one column by its rule.

    Parameters
    ----------
    target : schema Column
    rule : ColumnRule
    part : Slice
    measures : object array, optional
        What each row measures, for the values of assessments.
    basis_apart : bool
        Whether the basis of doses has a column of its own.

    Returns
    -------
    Column
        Days stand as days since 1970-01-01 where the rule says ``date``, as counted where
        it says ``days``; antibody results bring ``ro52``; doses bring their basis,
        interval, as_needed and days in a row.
    """
    if rule.value is not None:
        return _constant(rule, len(part.rows))
    if rule.panel is not None:
        column, cells = _panel(rule, part, target), None
    else:
        assert rule.column is not None  # soundness has asked
        cells = part.cells(rule.column)
        column = _by_kind(target, rule, part, cells, measures, basis_apart)
    return _blanks_filled(column, cells, rule)


def _constant(rule: ColumnRule, rows: int) -> Column:
    value = None if rule.value == "missing" else rule.value
    column = Column(np.full(rows, value, dtype=object))
    column.notes = [(Note("constant", "", str(rule.value)), rows)]
    return column


def _blanks_filled(column: Column, cells: Objects | None, rule: ColumnRule) -> Column:
    """Give empty cells the meaning the mapping declares, or leave them missing."""
    blank = np.array([value is BLANK for value in column.values], dtype=bool)
    if cells is not None:
        blank |= np.array([cell is None for cell in cells], dtype=bool)
    else:
        gone = np.array([v is None for v in column.values], dtype=bool)
        blank |= gone & ~column.refused()
    column.values[blank] = None
    if rule.blank is not None and blank.any():
        column.values[blank] = None if rule.blank == "missing" else rule.blank
        note = Note("meaning of an empty cell", "", str(rule.blank))
        column.notes.append((note, int(blank.sum())))
    return column


def _panel(rule: ColumnRule, part: Slice, target: SchemaColumn) -> Column:
    settled = part.settled(rule)
    panel = {name: part.cells(t.column) for name, t in (rule.panel or {}).items()}
    column = read_panel(panel, rule, part.notation(rule, target), settled.empty)
    return _antibodies(column)


def _by_kind(
    target: SchemaColumn,
    rule: ColumnRule,
    part: Slice,
    cells: Objects,
    measures: Objects | None,
    basis_apart: bool,
) -> Column:
    settled, notation = part.settled(rule), part.notation(rule, target)
    if is_day(target) and rule.date:
        return understand(cells, _after(settled, date_reader(part.calendar(rule))))
    if is_day(target):
        return read_figures(cells, _COUNT, rule, notation, settled)
    if target.name == "antibody":
        return _antibody(rule, settled, notation, cells)
    if target.name == "dose_mg" and rule.read == "dose":
        unit = rule.unit if isinstance(rule.unit, str) else None
        read = dose_reader(notation, unit)
        if rule.decimal is None:
            read = _unless_round(notation, read)
        doses = understand(cells, _after(settled, read))
        return _doses(doses, rule, basis_apart)
    if target.name == "every_n_days":
        return _intervals(cells, settled, notation)
    if has_figures(target):
        unit_cells = None
        if isinstance(rule.unit, UnitColumn):
            unit_cells = _unit_cells(part, rule.unit)
        return read_figures(
            *(cells, target, rule, notation, settled),
            unit_cells=unit_cells,
            measures=measures,
            basis_apart=basis_apart,
        )
    if target.name == "drug" and rule.otherwise is None:
        return understand(cells, _after(settled, read_drug))
    return understand(cells, _after(settled, word_reader(target, rule)))


def _after(settled: Settled, read: Reader) -> Reader:
    def both(cell: Any) -> Understood | Refused:
        return settled(cell) or read(cell)

    return both


def _unless_round(notation: Notation, read: Reader) -> Reader:
    """Refuse a text with 1,000 in it: no other cell tells what its mark means."""

    def both(cell: Any) -> Understood | Refused:
        if isinstance(cell, str) and is_round_thousand(cell, notation):
            return round_thousand(cell, notation)
        return read(cell)

    return both


def _unit_cells(part: Slice, unit: UnitColumn) -> Objects:
    """Return the unit of each row; the export's words for nothing mean no unit."""
    empty = Settled(ColumnRule(), part.reads.missing)
    cells = part.cells(unit.column)

    def read(cell: Any) -> Understood:
        return Understood(None if empty.empty(cell) else cell)

    return understand(cells, read).values


def _antibody(
    rule: ColumnRule, settled: Settled, notation: Notation, cells: Objects
) -> Column:
    if rule.values is not None and rule.read is None:
        from jdm_stats.schema import TABLES

        target = TABLES["patients"]["antibody"]
        return understand(cells, _after(settled, word_reader(target, rule)))
    return _antibodies(
        understand(cells, _after(settled, result_reader(rule, notation)))
    )


def _antibodies(column: Column) -> Column:
    """Part the results into the antibody and Ro52."""
    return _parted(
        column,
        AntibodyResult,
        {"antibody": lambda r: r.antibody, "ro52": lambda r: r.ro52},
    )


def _doses(column: Column, rule: ColumnRule, basis_apart: bool) -> Column:
    said = column.values
    column = _parted(
        column,
        Dose,
        {
            "dose_mg": lambda d: d.mg,
            "dose_basis": lambda d: d.basis,
            "every_n_days": lambda d: d.every,
            "as_needed": lambda d: d.as_needed,
            "days in a row": lambda d: d.days,
        },
    )
    if not basis_apart:
        basis = "per_dose" if rule.per == "dose" else "per_day"
        spanless = np.array(
            [
                isinstance(d, Dose) and d.mg is not None and d.basis is None
                for d in said
            ],
            dtype=bool,
        )
        column.brought["dose_basis"][spanless] = basis
        if spanless.any():
            note = Note("dose of no stated span, by rule", "mg", f"mg {basis}")
            column.notes.append((note, int(spanless.sum())))
    return column


def _parted(
    column: Column, kind: type, parts: dict[str, Callable[[Any], Any]]
) -> Column:
    """Take the records apart: the first part is the column itself, the others it brings."""
    taken = {
        name: np.array(
            [part(v) if isinstance(v, kind) else None for v in column.values] + [None],
            dtype=object,
        )[:-1]
        for name, part in parts.items()
    }
    first = next(iter(parts))
    plainly = np.array([not isinstance(v, kind) for v in column.values], dtype=bool)
    own = taken.pop(first)
    own[plainly] = column.values[plainly]
    return Column(own, column.wrong, column.notes, taken)


def _intervals(cells: Objects, settled: Settled, notation: Notation) -> Column:
    column = understand(
        cells, _after(settled, lambda cell: read_interval(cell, notation))
    )
    needed = np.array([v == "as_needed" for v in column.values], dtype=bool)
    column.values[needed] = None
    flags = np.full(len(cells), None, dtype=object)
    flags[needed] = True
    column.brought["as_needed"] = flags
    return column
