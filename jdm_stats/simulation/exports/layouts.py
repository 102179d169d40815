"""A register's tables laid out on its files: several files, one long one, or a wide one.

Each row of a cohort's table is a `Record`: it knows the line it stands on and the heading
under which each of its cells does, whatever the layout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from jdm_stats.schema import MEASURES
from jdm_stats.simulation.exports.cells import SLOT, Written
from jdm_stats.simulation.exports.styles import Style

__all__ = ["LAYOUTS", "Block", "Laid", "Line", "Record", "Sheet", "lay_out"]


@dataclass(slots=True, eq=False)
class Line:
    """One line of a file: its cells by heading; ``edits`` are made to its text."""

    cells: dict[str, str]
    edits: list[Callable[[str], str]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Sheet:
    """One file; ``headings`` may be spoilt where ``columns``, the keys of cells, are not."""

    name: str
    columns: list[str]
    lines: list[Line] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.headings = list(self.columns)


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A row of one of the four tables, where it stands in the export."""

    table: str
    row: int
    child: str
    sheet: Sheet
    line: Line
    headings: Mapping[str, str]

    def cell(self, column: str) -> str | None:
        """Return what is written; None where the layout has no such column."""
        heading = self.headings.get(column)
        return None if heading is None else self.line.cells[heading]


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the mapping."""

    table: str
    sheet: str
    columns: Mapping[str, str]
    where: str = ""
    skip: str = ""


@dataclass(slots=True)
class Laid:
    """The files of an export with the places of all rows, and the mapping's blocks."""

    sheets: list[Sheet]
    records: list[Record]
    blocks: list[Block]


def lay_out(
    tables: Mapping[str, Written],
    frames: Mapping[str, pd.DataFrame],
    style: Style,
    layout: str,
) -> Laid:
    """Lay written tables out on files.

    Parameters
    ----------
    tables : mapping of str to Written
    frames : mapping of str to DataFrame
        The cohort's.
    style : Style
    layout : {"several", "long", "wide"}
    """
    return LAYOUTS[layout](tables, frames, style)


Frames = Mapping[str, pd.DataFrame]
Tables = Mapping[str, Written]


def _rules(written: Written, slot: str = "") -> dict[str, str]:
    return {name: rule.replace(SLOT, slot) for name, rule in written.rules.items()}


def _row(written: Written, row: int, slot: str = "") -> dict[str, str]:
    return {heading + slot: cells[row] for heading, cells in written.cells.items()}


def _several(tables: Tables, frames: Frames, style: Style) -> Laid:
    laid = Laid([], [], [])
    for name, written in tables.items():
        sheet = Sheet(style.files[name], list(written.cells))
        laid.sheets.append(sheet)
        for row, child in enumerate(frames[name]["patient_id"]):
            line = Line(_row(written, row))
            sheet.lines.append(line)
            laid.records.append(Record(name, row, child, sheet, line, written.headings))
        laid.blocks.append(Block(name, sheet.name, _rules(written)))
    return laid


def _long(tables: Tables, frames: Frames, style: Style) -> Laid:
    kind = "Typ"
    headings = [kind, *dict.fromkeys(h for w in tables.values() for h in w.cells)]
    sheet = Sheet(style.files["long"], headings)
    laid = Laid([sheet], [], [])
    for name, written in tables.items():
        word = style.words["record"][name]
        for row, child in enumerate(frames[name]["patient_id"]):
            line = Line(dict.fromkeys(headings, "") | {kind: word} | _row(written, row))
            sheet.lines.append(line)
            laid.records.append(Record(name, row, child, sheet, line, written.headings))
        where = f'where = {{ "{kind}" = ["{word}"] }}'
        laid.blocks.append(Block(name, sheet.name, _rules(written), where))
    return laid


def _wide(tables: Tables, frames: Frames, style: Style) -> Laid:
    """Courses and events in numbered columns beside the child, one visit a line."""
    written = tables["patients"]
    sheet = Sheet(style.files["patients"], list(written.cells))
    laid = Laid([sheet], [], [Block("patients", sheet.name, _rules(written))])
    lines: dict[str, Line] = {}
    for row, child in enumerate(frames["patients"]["patient_id"]):
        lines[child] = Line(_row(written, row))
        sheet.lines.append(lines[child])
        laid.records.append(
            Record("patients", row, child, sheet, lines[child], written.headings)
        )
    for name in ("courses", "events"):
        _slots(laid, name, tables[name], frames[name], lines)
    _visits(laid, tables["assessments"], frames["assessments"], style)
    return laid


def _slots(
    laid: Laid, name: str, written: Written, frame: pd.DataFrame, lines: dict[str, Line]
) -> None:
    sheet = laid.sheets[0]
    number = (frame.groupby("patient_id").cumcount() + 1).tolist()
    owner = written.headings["patient_id"]
    own = [heading for heading in written.cells if heading != owner]
    key = {"courses": "drug", "events": "event"}[name]
    rules = {k: r for k, r in written.rules.items() if k != "patient_id"}
    for slot in range(1, max(number, default=0) + 1):
        sheet.columns += [f"{heading} {slot}" for heading in own]
        columns = {
            "patient_id": f'{{ column = "{owner}" }}',
            **{k: rule.replace(SLOT, f" {slot}") for k, rule in rules.items()},
        }
        skip = f'skip_if_missing = ["{key}"]'
        laid.blocks.append(Block(name, sheet.name, columns, skip=skip))
    for line in sheet.lines:
        line.cells = dict.fromkeys(sheet.columns, "") | line.cells
    sheet.headings = list(sheet.columns)
    for row, (child, slot) in enumerate(zip(frame["patient_id"], number, strict=True)):
        cells = {h: c for h, c in _row(written, row).items() if h != owner}
        lines[child].cells |= {f"{h} {slot}": cell for h, cell in cells.items()}
        headings = {
            column: heading if column == "patient_id" else f"{heading} {slot}"
            for column, heading in written.headings.items()
        }
        laid.records.append(Record(name, row, child, sheet, lines[child], headings))


def _visits(laid: Laid, written: Written, frame: pd.DataFrame, style: Style) -> None:
    words, of = style.words["measure"], written.headings
    present = [m for m in MEASURES if (frame["measure"] == m).any()]
    columns = [of["patient_id"], of["day"], *(words[m] for m in present)]
    sheet = Sheet(style.files["visits"], columns)
    laid.sheets.append(sheet)
    again = frame.groupby(["patient_id", "day", "measure"]).cumcount()
    visits: dict[tuple[str, int, int], Line] = {}
    for row, (child, day, measure, n) in enumerate(
        zip(frame["patient_id"], frame["day"], frame["measure"], again, strict=True)
    ):
        line = visits.get((child, day, n))
        if line is None:
            line = visits[child, day, n] = Line(dict.fromkeys(columns, ""))
            sheet.lines.append(line)
        cells = _row(written, row)
        line.cells |= {of[c]: cells[of[c]] for c in ("patient_id", "day")}
        line.cells[words[measure]] = cells[of["value"]]
        headings = {c: of[c] for c in ("patient_id", "day")}
        headings["value"] = words[measure]
        laid.records.append(Record("assessments", row, child, sheet, line, headings))
    rules = _rules(written)
    for measure in present:
        block = {name: rules[name] for name in ("patient_id", "day")}
        block["measure"] = f'{{ value = "{measure}" }}'
        block["value"] = f'{{ column = "{words[measure]}" }}'
        skip = 'skip_if_missing = ["value"]'
        laid.blocks.append(Block("assessments", sheet.name, block, skip=skip))


LAYOUTS: Mapping[str, Callable[[Tables, Frames, Style], Laid]] = {
    "several": _several,
    "long": _long,
    "wide": _wide,
}


def line_records(records: Sequence[Record], line: Line) -> list[Record]:
    """Return the rows that stand on one line."""
    return [record for record in records if record.line is line]
