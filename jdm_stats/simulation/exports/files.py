"""The files of an export and its mapping, as text and bytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jdm_stats.simulation.exports.cells import Calendar, Variant
from jdm_stats.simulation.exports.layouts import Block, Line, Sheet
from jdm_stats.simulation.exports.styles import Style

__all__ = ["Paper", "mapping_text", "render"]


@dataclass(slots=True)
class Paper:
    """How one file is put to bytes, beyond its cells.

    Parameters
    ----------
    encoding, delimiter, line_end : str
    mixed : bool
        Every other line ends in another way.
    before, after : str
        Text before the headings and behind the last line.
    edit : function of bytes, optional
        Done to the file at last.
    """

    encoding: str
    delimiter: str
    line_end: str
    mixed: bool = False
    before: str = ""
    after: str = ""
    edit: Callable[[bytes], bytes] | None = None
    heading_edits: list[Callable[[str], str]] = field(default_factory=list)


def render(sheet: Sheet, paper: Paper) -> tuple[bytes, dict[Line, int]]:
    """Return the bytes of a file, and the line, from 1, on which each row begins."""
    text = [paper.before]
    at = 1 + paper.before.count("\n")
    ends = ("\n", "\r\n") if paper.mixed else (paper.line_end,)
    numbers: dict[Line, int] = {}
    heading = _joined(sheet.headings, paper.delimiter)
    for edit in paper.heading_edits:
        heading = edit(heading)
    for place, line in enumerate((None, *sheet.lines)):
        if line is None:
            said = heading
        else:
            numbers[line] = at
            cells = [line.cells.get(column, "") for column in sheet.columns]
            said = _joined(cells, paper.delimiter)
            for edit in line.edits:
                said = edit(said)
        text.append(said + ends[place % len(ends)])
        at += 1 + said.count("\n")
    content = ("".join(text) + paper.after).encode(paper.encoding)
    return paper.edit(content) if paper.edit else content, numbers


def _joined(cells: Sequence[str], delimiter: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="").writerow(cells)
    return buffer.getvalue()


def mapping_text(
    name: str,
    style: Style,
    variant: Variant,
    calendar: Calendar,
    blocks: Sequence[Block],
) -> str:
    """Return the mapping that leads from an export back to the cohort."""
    reads = [f'decimal = "{style.decimal}"']
    if variant.declared:
        reads.append(f'encoding = "{style.encoding}"')
        reads.append(f"delimiter = {json.dumps(style.delimiter)}")
    gaps = ["", variant.missing] if variant.missing else [""]
    reads.append(f"missing = {json.dumps(gaps, ensure_ascii=False)}")
    headings = style.headings["patients"]
    lines = [
        *("version = 1", "", "[cohort]"),
        f"name = {json.dumps(name, ensure_ascii=False)}",
        *("synthetic = true", "", "[read]", *reads, "", "[dates]"),
        f'format = "{style.date}"',
        f"diagnosis = {json.dumps(headings['diagnosis'], ensure_ascii=False)}",
        f"birth = {json.dumps(headings['birth'], ensure_ascii=False)}",
        f"extracted = {calendar.last.isoformat()}",
    ]
    for block in blocks:
        lines += _block(block, variant, single=block.table == "patients")
    return "\n".join(lines) + "\n"


def _block(block: Block, variant: Variant, *, single: bool) -> list[str]:
    opened = f"[{block.table}]" if single else f"[[{block.table}]]"
    lines = ["", opened, f'from = "{block.sheet}"']
    lines += [said for said in (block.where, block.skip) if said]
    if single and variant.merged:
        lines.append('rows = "merged"')
    lines.append(f"[{block.table}.columns]")
    return lines + [f"{column} = {rule}" for column, rule in block.columns.items()]
