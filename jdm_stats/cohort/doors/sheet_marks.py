"""What a sheet shows besides its values: merged cells, hidden rows, open formulas.

openpyxl's reader of large sheets hands on values only; these marks are read from the
sheet's own XML, and only if a quick search finds any.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, iterparse

__all__ = ["SheetMarks", "column_letters", "marks_of"]

_ANY = re.compile(rb"<(?:\w+:)?(?:f[ />]|mergeCell[ />])|\shidden=")
_STALE = re.compile(rb"<(?:\w+:)?calcPr[^>]*\sfullCalcOnLoad=.(?:1|true)\b")
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")
_CHUNK = 2**20

Box = tuple[int, int, int, int]


@dataclass
class SheetMarks:
    """Marks of one sheet.

    Parameters
    ----------
    merged : list of (text, (left, top, right, bottom))
        Columns count from 0, rows from 1.
    uncomputed : list of (row, column)
        Formulas of which the file holds no result.
    hidden_rows : int
    """

    merged: list[tuple[str, Box]] = field(default_factory=list)
    uncomputed: list[tuple[int, int]] = field(default_factory=list)
    hidden_rows: int = 0


def column_letters(place: int) -> str:
    """Return the letters a spreadsheet puts over a column; ``place`` counts from 0.

    Examples
    --------
    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def marks_of(archive: zipfile.ZipFile, sheet: Any) -> SheetMarks:
    """Return the marks of a sheet opened read-only by openpyxl.

    A workbook that asks to be computed when it is opened was written by a program that
    computed nothing; a nought stands for each result then, and no result counts.
    """
    marks = SheetMarks()
    stale = _to_be_computed(archive)
    part = sheet._worksheet_path
    if not _has_any(archive, part):
        return marks
    with archive.open(part) as file:
        row = 0
        for event, element in iterparse(file, events=("start", "end")):
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                if tag == "row":
                    row = int(element.get("r") or row + 1)
                    marks.hidden_rows += element.get("hidden") in ("1", "true")
                continue
            if tag == "c":
                _open_formula(element, row, marks, stale=stale)
            elif tag == "mergeCell":
                box = _box(element.get("ref", ""))
                if box:
                    marks.merged.append((element.get("ref", ""), box))
            if tag in ("row", "mergeCell"):
                element.clear()
    return marks


def _has_any(archive: zipfile.ZipFile, part: str) -> bool:
    with archive.open(part) as file:
        tail = b""
        while chunk := file.read(_CHUNK):
            if _ANY.search(tail + chunk):
                return True
            tail = chunk[-64:]
    return False


def _to_be_computed(archive: zipfile.ZipFile) -> bool:
    try:
        return bool(_STALE.search(archive.read("xl/workbook.xml")))
    except KeyError:
        return False


def _open_formula(cell: Element, row: int, marks: SheetMarks, *, stale: bool) -> None:
    """Note a formula without a result; a text may truly have come out empty."""
    names = {child.tag.rpartition("}")[2]: child for child in cell}
    if "f" not in names:
        return
    value = names.get("v")
    empty = (value is None or not value.text) and cell.get("t") != "str"
    if stale or empty:
        box = _box(cell.get("r", ""))
        marks.uncomputed.append((box[1], box[0]) if box else (row, 0))


def _box(text: str) -> Box | None:
    match = _RANGE.fullmatch(text)
    if not match:
        return None
    left, top = _column(match[1]), int(match[2])
    if match[3] is None:
        return left, top, left, top
    return left, top, _column(match[3]), int(match[4])


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1
