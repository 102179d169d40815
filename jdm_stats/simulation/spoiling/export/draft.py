"""An export being spoilt: every change goes through here and is written down.

A fault is first told by the line and heading it was put at; numbers of lines are known
when the file is written, for rows are added and taken out on the way.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.mapping.dates import Calendar, date_reader
from jdm_stats.cohort.mapping.understanding import Understood
from jdm_stats.simulation.exports.cells import write_date
from jdm_stats.simulation.exports.export import Export
from jdm_stats.simulation.exports.layouts import Line, Record, Sheet

__all__ = ["Change", "ExportDraft", "ExportKind", "Told", "told_column"]

_EPOCH = datetime.date(1970, 1, 1)
_TOLD_AS = {"diagnosis": "diagnosis_year", "birth": "age_at_diagnosis_years"}


def told_column(column: str) -> str:
    """Return the column of ours in which a fault of a cell is told."""
    return {"dose_unit": "dose_mg", "value_unit": "value"}.get(
        column, _TOLD_AS.get(column, column)
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A fault as a check must tell it; ``line`` is None for a whole file."""

    injection: int
    rule: str
    severity: str
    sheet: str
    line: Line | int | None
    heading: str | None
    child: str | None
    column: str | None
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One thing done to a file; ``at`` is its line, or None for all of it."""

    injection: int
    what: str
    sheet: str
    at: Line | None
    heading: str | None
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class ExportKind:
    """One way in which an export goes wrong, or looks as if it did.

    Parameters
    ----------
    name : str
        The code of the rule it breaks, and after a point the way it is broken; for what
        breaks none, ``harmless`` or ``unseen``.
    stage : {"cells", "rows", "files", "harmless", "unseen"}
    put : function of an ExportDraft
        Puts it in; False when there is no place for it.
    says : str
    """

    name: str
    stage: str
    put: Callable[[ExportDraft], bool]
    says: str

    @property
    def code(self) -> str:
        """The code of the rule that is broken; empty for what breaks none."""
        return self.name.partition(".")[0] if self.told else ""

    @property
    def told(self) -> bool:
        """Whether a check must tell it."""
        return self.stage in ("cells", "rows", "files")


@dataclass
class ExportDraft:
    """An export that is being spoilt, and what was done to it."""

    export: Export
    frames: Mapping[str, pd.DataFrame]
    rng: np.random.Generator
    free: set[str]
    dead: set[str]
    layout: str
    told: list[Told] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    claimed: set[str] = field(default_factory=set)
    injection: int = 0

    # --- looking for a place ---------------------------------------------------------

    @property
    def gaps(self) -> tuple[str, str]:
        """What stands in an empty cell."""
        return "", self.export.variant.missing

    def sheet(self, name: str) -> Sheet:
        """Return a file by its name."""
        return next(s for s in self.export.laid.sheets if s.name == name)

    def one_of(self, words: Sequence[Any]) -> Any:
        """Choose one."""
        return words[int(self.rng.integers(len(words)))]

    def find(
        self,
        table: str,
        column: str,
        fit: Callable[[Record], bool] = lambda record: True,
        *,
        filled: bool = True,
        own: bool = False,
    ) -> Record | None:
        """Return a row of a child that nothing was done to yet; deaths are left alone.

        ``own`` asks for a line that belongs to the table alone.
        """
        death = self.export.style.words["event"]["death"]
        found = [
            record
            for record in self.export.laid.records
            if record.table == table
            and record.child in self.free
            and record.cell(column) is not None
            and not (filled and record.cell(column) in self.gaps)
            and not (own and self.shares(record))
            and not (table == "events" and record.cell("event") == death)
            and fit(record)
        ]
        return self.one_of(found) if found else None

    def shares(self, record: Record) -> bool:
        """Whether a row stands on the line of its child."""
        return self.layout == "wide" and record.table in ("courses", "events")

    def known(self, record: Record, column: str) -> Any:
        """Return what the sound cohort says of a row."""
        return self.frames[record.table][column].iloc[record.row]

    def child_of(self, record: Record) -> Record:
        """Return the row of patients of a row's child."""
        return next(
            other
            for other in self.export.laid.records
            if other.table == "patients" and other.child == record.child
        )

    def elsewhere(self, child: str, line: Line) -> list[Record]:
        """Return the rows of a child that stand on other lines."""
        records = self.export.laid.records
        return [r for r in records if r.child == child and r.line is not line]

    def on(self, line: Line) -> list[Record]:
        """Return the rows that stand on a line."""
        return [r for r in self.export.laid.records if r.line is line]

    def date(self, record: Record, column: str) -> datetime.date:
        """Read a date that is written."""
        read = date_reader(Calendar((self.export.style.date,)))(record.cell(column))
        assert isinstance(read, Understood)
        return _EPOCH + datetime.timedelta(days=int(read.value))

    def written(self, day: datetime.date) -> str:
        """Write a date."""
        return write_date(day, self.export.style)

    # --- changing --------------------------------------------------------------------

    def take(self, child: str | None) -> None:
        """Leave a child alone from now on, so that no fault hides another."""
        self.free.discard(child or "")

    def write(self, record: Record, column: str, new: str) -> str:
        """Write a cell; return what stood there."""
        heading = record.headings[column]
        old = record.line.cells[heading]
        record.line.cells[heading] = new
        self.take(record.child)
        self.note("cell", record.sheet.name, record.line, heading, old, new)
        return old

    def spoil(self, record: Record, column: str, new: str, rule: str) -> bool:
        """Write a cell at fault: each row that reads it is told."""
        old = self.write(record, column, new)
        heading = record.headings[column]
        for other in self.on(record.line):
            if other.headings.get(column) == heading:
                self.tell(other, column, rule, old=old, new=new)
        return True

    def tell(
        self,
        record: Record,
        column: str | None,
        rule: str,
        *,
        severity: str = "error",
        child: str | None = "",
        at: str | None = "",
        old: Any = None,
        new: Any = None,
    ) -> None:
        """Write down a fault; its child and heading are the row's when not said."""
        if at == "" and column is not None:
            read_from = {"dose_unit": "dose_mg", "value_unit": "value"}.get(
                column, column
            )
            at = record.headings.get(read_from)
        told = Told(
            *(self.injection, rule, severity, record.sheet.name, record.line),
            at or None,
            record.child if child == "" else child,
            None if column is None else told_column(column),
            *(old, new),
        )
        if told not in self.told:  # several rows may read one cell, which is told once
            self.told.append(told)

    def add(
        self, sheet: Sheet, cells: Mapping[str, str], table: str, child: str
    ) -> Record:
        """Add a line at the end; it is a row of the table and nothing else."""
        line = Line(dict.fromkeys(sheet.columns, "") | dict(cells))
        sheet.lines.append(line)
        self.note("row added", sheet.name, line, None, None, dict(cells))
        like = next(r for r in self.export.laid.records if r.table == table)
        return Record(table, -1, child, sheet, line, like.headings)

    def copied(self, record: Record) -> dict[str, str]:
        """Return the cells of a row alone: of a wide line, those of its table."""
        if record.table != "patients" or self.layout != "wide":
            return dict(record.line.cells)
        slots = set()
        for other in self.export.laid.records:
            if other.table in ("courses", "events"):
                slots |= {h for c, h in other.headings.items() if c != "patient_id"}
        return {h: c for h, c in record.line.cells.items() if h not in slots}

    def note(
        self,
        what: str,
        sheet: str,
        at: Line | None,
        heading: str | None,
        old: Any,
        new: Any,
    ) -> None:
        """Write down a change."""
        self.changes.append(Change(self.injection, what, sheet, at, heading, old, new))

    def whole(
        self,
        rule: str,
        sheet: str,
        line: Line | int | None,
        heading: str | None = None,
        *,
        severity: str = "error",
        new: Any = None,
    ) -> bool:
        """Write down a fault of a file."""
        self.told.append(
            Told(
                self.injection,
                rule,
                severity,
                sheet,
                line,
                heading,
                None,
                heading,
                None,
                new,
            )
        )
        return True
