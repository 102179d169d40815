"""Whether the list of changes is true: undone in the spoilt files, it gives the sound ones."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from jdm_stats.simulation.exports.files import Paper
from jdm_stats.simulation.exports.layouts import Line
from jdm_stats.simulation.spoiling.export.draft import Change, ExportDraft

__all__ = ["Filed", "check_files"]

Rows = dict[int, list[str]]


class Filed:
    """A file as written: its bytes, its paper, and the line each row begins on."""

    def __init__(self, content: bytes, lines: Mapping[Line, int], paper: Paper) -> None:
        self.content, self.lines, self.paper = content, lines, paper

    def rows(self) -> Rows:
        """Read the bytes again: cells by the line on which each row begins."""
        text = self.content.decode(self.paper.encoding)
        skipped = self.paper.before.count("\n")
        text = text.removeprefix(self.paper.before)
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=self.paper.delimiter
        )
        rows, at = {}, 0
        for cells in reader:
            if cells:
                rows[at + 1 + skipped] = cells
            at = reader.line_num
        return rows


def check_files(
    draft: ExportDraft, sound: Mapping[str, Filed], spoilt: Mapping[str, Filed]
) -> None:
    """Compare the spoilt files with the sound ones, and both with the list.

    Raises
    ------
    RuntimeError
        When a difference is not on the list, or something listed made no difference.
    """
    for name, before in sound.items():
        listed = [change for change in draft.changes if change.sheet == name]
        after = spoilt[name]
        if bool(listed) != (before.content != after.content):
            raise RuntimeError(f"{name}: the list of changes is not true")
        if any(change.what == "file" for change in listed):
            _check_lines(name, listed, before, after)
        elif listed:
            _undo(name, listed, before, after)


def _check_lines(name: str, listed: list[Change], before: Filed, after: Filed) -> None:
    """See that only the lines that are listed differ, where a file cannot be read."""
    if before.paper.encoding != after.paper.encoding:
        same = after.content.decode(after.paper.encoding)
        if same.lstrip("\ufeff") != before.content.decode(before.paper.encoding):
            raise RuntimeError(f"{name}: more than the encoding differs")
        return
    one, other = before.content.split(b"\n"), after.content.split(b"\n")
    told = {1 if c.at is None else after.lines[c.at] for c in listed}
    differ = {n for n, (a, b) in enumerate(zip(one, other, strict=True), 1) if a != b}
    if differ != told:
        raise RuntimeError(f"{name}: lines {differ ^ told} are not as listed")


def _undo(name: str, listed: list[Change], before: Filed, after: Filed) -> None:
    rows, clean = after.rows(), before.rows()
    headings = next(iter(rows.values()))
    for change in reversed(listed):
        if change.what == "column added":
            place = headings.index(change.heading or "")
            if {cells.pop(place) for cells in rows.values()} - {
                change.new,
                change.heading,
            }:
                raise RuntimeError(f"{name}: the column {change.heading!r} is another")
        elif change.what == "row added":
            assert change.at is not None
            cells = rows.pop(after.lines[change.at])
            if not {c for c in cells if c} >= {c for c in change.new.values() if c}:
                raise RuntimeError(f"{name}: the row added is not {change.new}")
        elif change.what == "row removed":
            assert change.at is not None
            clean.pop(before.lines[change.at])
        elif change.what == "cell":
            assert change.at is not None
            if change.at not in after.lines:
                continue
            _put_back(name, rows[after.lines[change.at]], headings, change)
    if list(rows.values()) != list(clean.values()):
        raise RuntimeError(f"{name}: a difference is not on the list of changes")


def _put_back(name: str, cells: list[str], headings: list[str], change: Change) -> None:
    place = headings.index(str(change.heading))
    if cells[place] != change.new or change.new == change.old:
        raise RuntimeError(
            f"{name}: {change.heading} is {cells[place]!r}, not {change.new!r}"
        )
    cells[place] = change.old
