"""Faults of whole files of an export: another encoding, ragged lines, headings twice."""

from __future__ import annotations

from collections.abc import Callable

from jdm_stats.simulation.exports.files import Paper, render
from jdm_stats.simulation.exports.layouts import Line, Sheet
from jdm_stats.simulation.spoiling.export.draft import ExportDraft, ExportKind

__all__ = ["FILES"]

Put = Callable[[ExportDraft], bool]


def _claim(draft: ExportDraft) -> Sheet | None:
    """Take a file that nothing was done to yet."""
    free = [s for s in draft.export.laid.sheets if s.name not in draft.claimed]
    free = [s for s in free if len(s.lines) > 2]
    return draft.one_of(free) if free else None


def _paper(draft: ExportDraft, sheet: Sheet) -> Paper:
    return draft.export.papers[sheet.name]


def _note(draft: ExportDraft, sheet: Sheet, line: Line | None, what: str) -> None:
    draft.claimed.add(sheet.name)
    draft.note("file", sheet.name, line, None, None, what)


def _line_edit(
    rule: str, make: Callable[[str, str], str], *, last: bool = False
) -> Put:
    def put(draft: ExportDraft) -> bool:
        sheet = _claim(draft)
        if sheet is None:
            return False
        line = sheet.lines[-1] if last else draft.one_of(sheet.lines[:-1])
        mark = _paper(draft, sheet).delimiter
        line.edits.append(lambda text: make(text, mark))
        _note(draft, sheet, line, rule)
        return draft.whole(rule, sheet.name, line)

    return put


def _unquoted(draft: ExportDraft) -> bool:
    """Take the quotes away around a remark that holds delimiters."""
    heading = draft.export.style.headings["patients"]["comment"]
    sheet = _claim(draft)
    if sheet is None or heading not in sheet.columns:
        return False
    mark = _paper(draft, sheet).delimiter
    lines = [each for each in sheet.lines[:-1] if mark in each.cells[heading]]
    if not lines:
        return False
    line = draft.one_of(lines)
    line.edits.append(lambda text: text.replace('"', ""))
    _note(draft, sheet, line, "quotes lost")
    return draft.whole("ragged_row", sheet.name, line)


def _heading(rule: str) -> Put:
    def put(draft: ExportDraft) -> bool:
        sheet = _claim(draft)
        if sheet is None:
            return False
        filled = [
            place
            for place, column in enumerate(sheet.columns)
            if place and any(line.cells.get(column) for line in sheet.lines)
        ]
        place = draft.one_of(filled)
        new = "" if rule == "blank_heading" else sheet.headings[place - 1]
        sheet.headings[place] = new
        _note(draft, sheet, None, f"heading {place + 1} is {new!r}")
        return draft.whole(rule, sheet.name, None, new or None, new=new)

    return put


def _reencoded(written: str) -> Put:
    """Write a file in another encoding than is declared."""

    def put(draft: ExportDraft) -> bool:
        style = draft.export.style
        wide = style.encoding.startswith("utf")
        if not draft.export.variant.declared or wide == (written == "utf-8"):
            return False
        free = [s for s in draft.export.laid.sheets if s.name not in draft.claimed]
        for sheet in free:
            paper = _paper(draft, sheet)
            sound, paper.encoding = paper.encoding, written
            content, _ = render(sheet, paper)
            place = next((p for p, byte in enumerate(content) if byte > 127), None)
            if place is None:
                paper.encoding = sound
                continue
            _note(draft, sheet, None, f"written in {written}")
            line = content[:place].count(b"\n") + 1
            return draft.whole("encoding_mismatch", sheet.name, line)
        return False

    return put


def _one_line_reencoded(draft: ExportDraft) -> bool:
    """Paste a name in Windows letters into a file of UTF-8."""
    sheet = _claim(draft)
    plain = draft.export.style.encoding.startswith("utf-8")
    if sheet is None or not (plain and draft.export.variant.declared):
        return False
    line = draft.one_of(sheet.lines)
    line.edits.append(lambda text: text + "RESUME")
    _paper(draft, sheet).edit = lambda content: content.replace(
        b"RESUME", b"r\xe9sum\xe9"
    )
    _note(draft, sheet, line, "Windows letters in UTF-8")
    return draft.whole("encoding_mismatch", sheet.name, line)


def _blank_line(draft: ExportDraft) -> bool:
    sheet = _claim(draft)
    if sheet is None:
        return False
    line = draft.one_of(sheet.lines[:-1])
    line.edits.append(lambda text: "")
    _note(draft, sheet, line, "line emptied")
    return draft.whole("ragged_row", sheet.name, line)


def _nul(draft: ExportDraft) -> bool:
    """Write a NUL where the letters are settled; else it is they that are refused."""
    settled = draft.export.variant.declared or draft.export.style.encoding != "cp1252"
    return settled and _line_edit("malformed_csv", lambda s, mark: f"{s}\0")(draft)


def _kind(name: str, put: Put, says: str) -> ExportKind:
    return ExportKind(name, "files", put, says)


FILES: tuple[ExportKind, ...] = (
    _kind(
        *("ragged_row.long", _line_edit("ragged_row", lambda s, mark: f"{s}{mark}x")),
        "a cell too many",
    ),
    _kind(
        "ragged_row.short",
        _line_edit("ragged_row", lambda s, mark: s.split(mark)[0]),
        "a line cut short",
    ),
    _kind(
        "ragged_row.footer",
        _line_edit("ragged_row", lambda s, mark: f"Summe:{mark}40", last=True),
        "a line of sums with two cells",
    ),
    _kind("ragged_row.remark", _unquoted, "a remark with delimiters, not quoted"),
    _kind("ragged_row.blank", _blank_line, "a blank line between rows"),
    _kind("repeated_heading", _heading("repeated_heading"), "a heading twice"),
    _kind("blank_heading", _heading("blank_heading"), "a column without a heading"),
    _kind(
        "encoding_mismatch.utf8", _reencoded("utf-8"), "UTF-8, and cp1252 is declared"
    ),
    _kind(
        *("encoding_mismatch.cp1252", _reencoded("cp1252")),
        "cp1252, and UTF-8 is declared",
    ),
    _kind(
        *("encoding_mismatch.line", _one_line_reencoded),
        "one line of other letters than the file",
    ),
    _kind(
        "malformed_csv.quote",
        _line_edit("malformed_csv", lambda s, mark: f'"{s}', last=True),
        "a quote that is not closed",
    ),
    _kind(
        "malformed_csv.nul",
        _nul,
        "a NUL character",
    ),
)
