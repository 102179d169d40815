"""What looks like a fault and is none: it must be read as before, and not be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jdm_stats.simulation.exports.cells import write_date
from jdm_stats.simulation.exports.files import Paper, render
from jdm_stats.simulation.exports.layouts import Record, Sheet
from jdm_stats.simulation.spoiling.export.draft import ExportDraft, ExportKind

__all__ = ["HARMLESS", "ODD_LETTERS"]

Put = Callable[[ExportDraft], bool]


def _cell(
    places: tuple[tuple[str, str], ...], make: Callable[[ExportDraft, Record, str], str]
) -> Put:
    def put(draft: ExportDraft) -> bool:
        for at in draft.rng.permutation(len(places)):
            table, column = places[at]
            record = draft.find(table, column)
            if record is not None and make(draft, record, column) != record.cell(
                column
            ):
                draft.write(record, column, make(draft, record, column))
                return True
        return False

    return put


_DATES = (("patients", "entry_day"), ("courses", "start_day"), ("assessments", "day"))
_WORDS = (("patients", "sex"), ("courses", "route"), ("events", "event"))
_SIZES = (("patients", "weight_kg"), ("patients", "height_cm"))


def _short(draft: ExportDraft, record: Record, column: str) -> str:
    day = draft.date(record, column)
    return write_date(day, draft.export.style, short=True)


def _with_unit(draft: ExportDraft, record: Record, column: str) -> str:
    grams = draft.export.variant.grams and column == "weight_kg"
    unit = "g" if grams else {"weight_kg": "kg", "height_cm": "cm"}[column]
    return f"{record.cell(column)} {unit}"


def _remark(draft: ExportDraft) -> bool:
    """Write a remark with quotes, delimiters and a line break."""
    heading = draft.export.style.headings["patients"]["comment"]
    record = draft.find("patients", "patient_id")
    if record is None:
        return False
    mark = draft.export.style.delimiter
    old, new = record.line.cells[heading], f'sagt "müde"{mark} seit Mai\nKontrolle'
    record.line.cells[heading] = new
    draft.note("cell", record.sheet.name, record.line, heading, old, new)
    draft.take(record.child)
    return True


def _agreeing(draft: ExportDraft) -> bool:
    record = draft.find("patients", "patient_id")
    if record is None or not draft.export.variant.merged:
        return False
    draft.add(record.sheet, draft.copied(record), "patients", record.child)
    draft.take(record.child)
    return True


def _file(
    fit: Callable[[ExportDraft, Paper], bool], edit: Callable[[Paper], str]
) -> Put:
    """Change how a file is put to bytes, where the bytes become others by it."""

    def put(draft: ExportDraft) -> bool:
        papers = draft.export.papers
        for at in draft.rng.permutation(len(draft.export.laid.sheets)):
            sheet: Sheet = draft.export.laid.sheets[at]
            trial = replace(papers[sheet.name])
            if f"paper {sheet.name}" in draft.claimed or not fit(draft, trial):
                continue
            said = edit(trial)
            if render(sheet, trial)[0] == render(sheet, papers[sheet.name])[0]:
                continue
            papers[sheet.name] = trial
            draft.claimed.add(f"paper {sheet.name}")
            draft.note("paper", sheet.name, None, None, None, said)
            return True
        return False

    return put


def _always(draft: ExportDraft, paper: Paper) -> bool:
    return True


def _undeclared(draft: ExportDraft, paper: Paper) -> bool:
    return not draft.export.variant.declared


def _plain_utf8(draft: ExportDraft, paper: Paper) -> bool:
    return paper.encoding == "utf-8"


def _mixed_ends(paper: Paper) -> str:
    paper.mixed = True
    return "line ends mixed"


def _as_utf8(paper: Paper) -> str:
    paper.encoding = "utf-8" if paper.encoding != "utf-8" else "utf-8-sig"
    return paper.encoding


def _as_utf16(paper: Paper) -> str:
    paper.encoding = "utf-16"
    return paper.encoding


def _marked(paper: Paper) -> str:
    paper.encoding = "utf-8-sig"
    return "byte order mark"


def _says_delimiter(paper: Paper) -> str:
    paper.before = f"sep={paper.delimiter}{paper.line_end}"
    return paper.before


def _blank_end(paper: Paper) -> str:
    paper.after = paper.line_end * 3
    return "blank lines at the end"


def _more_columns(draft: ExportDraft) -> bool:
    """Add a column that no mapping names, and one with nothing in it."""
    if "columns" in draft.claimed:
        return False
    draft.claimed.add("columns")
    sheet: Sheet = draft.one_of(draft.export.laid.sheets)
    for heading, word in (("intern", "x;y,z"), ("", "")):
        sheet.columns.append(heading)
        sheet.headings.append(heading)
        for line in sheet.lines:
            line.cells[heading] = word
        draft.note("column added", sheet.name, None, heading, None, word)
    return True


def _kind(name: str, put: Put, says: str) -> ExportKind:
    return ExportKind(f"harmless.{name}", "harmless", put, says)


HARMLESS: tuple[ExportKind, ...] = (
    _kind("short_date", _cell(_DATES, _short), "a date without noughts in front"),
    _kind(
        "time_of_day",
        _cell(_DATES, lambda d, r, c: f"{r.cell(c)} 00:00:00"),
        "a date with a time of day",
    ),
    _kind("case", _cell(_WORDS, lambda d, r, c: str(r.cell(c)).upper()), "capitals"),
    _kind("blanks", _cell(_WORDS, lambda d, r, c: f" {r.cell(c)}  "), "blanks around"),
    _kind(
        "hard_blank",
        _cell(_WORDS, lambda d, r, c: f"{r.cell(c)}\u00a0"),
        "a non-breaking space behind a word",
    ),
    _kind("number_with_unit", _cell(_SIZES, _with_unit), "a figure with its own unit"),
    _kind("remark", _remark, "a remark with quotes, delimiters and a line break"),
    _kind("child_twice", _agreeing, "a child twice, both rows alike, rows are merged"),
    _kind("columns", _more_columns, "columns that nobody reads"),
    _kind("line_ends", _file(_always, _mixed_ends), "line ends of two kinds"),
    _kind("blank_end", _file(_always, _blank_end), "blank lines at the end"),
    _kind("says_delimiter", _file(_always, _says_delimiter), "a first line sep=;"),
    _kind("byte_order_mark", _file(_plain_utf8, _marked), "a byte order mark"),
    _kind(
        "other_utf8", _file(_undeclared, _as_utf8), "another encoding, none declared"
    ),
    _kind("utf16", _file(_undeclared, _as_utf16), "UTF-16, none declared"),
)


def _letters(rule: str, word: str) -> Put:
    def put(draft: ExportDraft) -> bool:
        heading = draft.export.style.headings["patients"]["comment"]
        record = draft.find("patients", "patient_id")
        if record is None or f"letters {rule}" in draft.claimed:
            return False
        if draft.export.style.encoding == "cp1252":
            return False
        draft.claimed.add(f"letters {rule}")
        old = record.line.cells[heading]
        record.line.cells[heading] = word
        draft.note("cell", record.sheet.name, record.line, heading, old, word)
        draft.take(record.child)
        sheet = record.sheet.name
        return draft.whole(rule, sheet, record.line, severity="warning", new=word)

    return put


ODD_LETTERS: tuple[ExportKind, ...] = (
    ExportKind(
        *("mojibake", "cells", _letters("mojibake", "GrÃ¶ÃŸe")),
        "UTF-8 that was read as Windows letters",
    ),
    ExportKind(
        *("lost_letters", "cells", _letters("lost_letters", "Gr\ufffd\ufffde")),
        "letters that were lost",
    ),
)
