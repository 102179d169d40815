"""Faults of rows of an export: ids that are not the child's, rows twice, tables apart."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from jdm_stats.simulation.exports.layouts import Record
from jdm_stats.simulation.spoiling.export.draft import ExportDraft, ExportKind

__all__ = ["ROWS"]

_LOOSE = ("courses", "events", "assessments")


def _days(count: int) -> datetime.timedelta:
    return datetime.timedelta(days=count)


def _loose(draft: ExportDraft) -> Record | None:
    """Return a row that stands on a line apart from its child's."""
    for at in draft.rng.permutation(len(_LOOSE)):
        record = draft.find(_LOOSE[at], "patient_id", own=True)
        if record is not None:
            return record
    return None


def _id(rule: str, make: Callable[[str], str]) -> Callable[[ExportDraft], bool]:
    def put(draft: ExportDraft) -> bool:
        record = _loose(draft)
        if record is None:
            return False
        new = make(record.child)
        old = draft.write(record, "patient_id", new)
        for other in draft.on(record.line):
            draft.tell(other, "patient_id", rule, child=new or None, old=old, new=new)
        return True

    return put


def _own_id(draft: ExportDraft) -> bool:
    """Put a blank behind an id in patients: what stands elsewhere has no child then."""
    record = draft.find(
        "patients", "patient_id", lambda record: record.child not in draft.dead
    )
    if record is None:
        return False
    new = record.child + draft.one_of((" ", "\u00a0"))
    draft.write(record, "patient_id", new)
    for other in draft.on(record.line):
        draft.tell(other, "patient_id", "surrounding_spaces", child=new, new=new)
    for other in draft.elsewhere(record.child, record.line):
        draft.tell(other, "patient_id", "unknown_patient")
    return True


def _lost_child(draft: ExportDraft) -> bool:
    record = draft.find("patients", "patient_id")
    if record is None or not draft.elsewhere(record.child, record.line):
        return False
    draft.note("row removed", record.sheet.name, record.line, None, None, None)
    record.sheet.lines.remove(record.line)
    for other in draft.elsewhere(record.child, record.line):
        draft.tell(other, "patient_id", "unknown_patient")
    draft.take(record.child)
    return True


def _child_twice(draft: ExportDraft) -> bool:
    if draft.export.variant.merged:
        return False
    record = draft.find("patients", "patient_id")
    if record is None:
        return False
    copy = draft.add(record.sheet, draft.copied(record), "patients", record.child)
    draft.tell(copy, "patient_id", "duplicate_patient", new=record.child)
    draft.take(record.child)
    return True


def _disagreeing(draft: ExportDraft) -> bool:
    """Add a row that says another value in one column and nothing in the others."""
    column, new = draft.one_of(
        (("weight_kg", "17"), ("cmas", "3"), ("centre", "Nord"), ("height_cm", "111"))
    )
    record = draft.find("patients", column)
    if not draft.export.variant.merged or record is None or record.cell(column) == new:
        return False
    return _beside(draft, record, column, new)


def _other_diagnosis(draft: ExportDraft) -> bool:
    record = draft.find("patients", "diagnosis")
    if not draft.export.variant.merged or record is None:
        return False
    later = draft.date(record, "diagnosis") + _days(int(draft.rng.integers(3, 40)))
    return _beside(draft, record, "diagnosis", draft.written(later))


def _beside(draft: ExportDraft, record: Record, column: str, new: str) -> bool:
    of = record.headings
    cells = {of["patient_id"]: record.child, of[column]: new}
    cells |= _record_type(draft, "patients")
    row = draft.add(record.sheet, cells, "patients", record.child)
    for each in (record, row):
        draft.tell(each, column, "rows_disagree", old=record.cell(column), new=new)
    draft.take(record.child)
    return True


def _record_type(draft: ExportDraft, table: str) -> dict[str, str]:
    if draft.layout != "long":
        return {}
    return {"Typ": draft.export.style.words["record"][table]}


def _row_twice(draft: ExportDraft) -> bool:
    record = _loose(draft)
    if record is None or draft.layout == "wide":
        return False
    copy = draft.add(record.sheet, record.line.cells, record.table, record.child)
    draft.tell(copy, None, "duplicate_row")
    draft.take(record.child)
    return True


def _moved(
    column: str,
    rule: str,
    told: str,
    make: Callable[[ExportDraft, Record], datetime.date],
    *,
    table: str = "patients",
    alive: bool = False,
) -> Callable[[ExportDraft], bool]:
    """Return a way to move a date so that two no longer agree."""

    def put(draft: ExportDraft) -> bool:
        def fit(record: Record) -> bool:
            day = make(draft, record)
            born = draft.export.calendar.birth[record.child]
            in_time = born <= day <= draft.export.calendar.last
            return in_time and not (alive and record.child in draft.dead)

        record = draft.find(table, column, fit)
        if record is None:
            return False
        new = draft.written(make(draft, record))
        old = draft.write(record, column, new)
        draft.tell(record, told, rule, old=old, new=new)
        return True

    return put


def _after_exit(draft: ExportDraft, record: Record) -> datetime.date:
    return draft.date(draft.child_of(record), "exit_day") + _days(5)


def _before_diagnosis(draft: ExportDraft, record: Record) -> datetime.date:
    return draft.date(record, "diagnosis") - _days(9)


def _before_start(draft: ExportDraft, record: Record) -> datetime.date:
    return draft.date(record, "start_day") - _days(2)


def _death_without_date(draft: ExportDraft) -> bool:
    record = draft.find("patients", "exit_reason", lambda r: r.child not in draft.dead)
    if record is None:
        return False
    new = draft.export.style.words["exit_reason"]["death"]
    old = draft.write(record, "exit_reason", new)
    draft.tell(record, "exit_reason", "death_without_event", old=old, new=new)
    return True


def _date_without_death(draft: ExportDraft) -> bool:
    """Add a death on the last day of a child who is said to live."""
    if draft.layout == "wide" or "events" not in {
        r.table for r in draft.export.laid.records
    }:
        return False
    record = draft.find("patients", "exit_day", lambda r: r.child not in draft.dead)
    like = next(r for r in draft.export.laid.records if r.table == "events")
    if record is None:
        return False
    of = like.headings
    cells = {of["patient_id"]: record.child, of["day"]: str(record.cell("exit_day"))}
    cells |= {of["event"]: draft.export.style.words["event"]["death"]}
    cells |= _record_type(draft, "events")
    row = draft.add(like.sheet, cells, "events", record.child)
    draft.tell(row, "event", "death_not_exit", new=cells)
    draft.take(record.child)
    return True


def _status_alive(draft: ExportDraft) -> bool:
    record = draft.find("patients", "exit_reason", lambda r: r.child in draft.dead)
    if record is None:
        return False
    death = draft.export.style.words["event"]["death"]
    row = next(
        r
        for r in draft.export.laid.records
        if r.table == "events" and r.child == record.child and r.cell("event") == death
    )
    new = draft.export.style.words["exit_reason"]["administrative"]
    old = draft.write(record, "exit_reason", new)
    draft.tell(row, "event", "death_not_exit", old=old, new=new)
    return True


_NEEDED = {
    "patients": ("antibody", "entry_day", "exit_day", "exit_reason"),
    "courses": ("drug", "route", "start_day"),
    "events": ("day", "event"),
    "assessments": ("day", "measure", "value"),
}


def _footer(draft: ExportDraft) -> bool:
    """Put a line of sums under a table of its own."""
    tables = ["patients"] if draft.layout == "wide" else list(_NEEDED)
    table = draft.one_of(tables)
    like = [r for r in draft.export.laid.records if r.table == table]
    if draft.layout == "long" or not like or f"footer {table}" in draft.claimed:
        return False
    draft.claimed.add(f"footer {table}")
    word = draft.one_of(("Summe:", "Total", "Stand: 01.02.2024"))
    sheet = like[0].sheet
    row = draft.add(sheet, {like[0].headings["patient_id"]: word}, table, word)
    if table == "patients":
        draft.tell(row, "diagnosis", "diagnosis_date_missing")
    else:
        draft.tell(row, "patient_id", "unknown_patient", new=word)
    for column in _NEEDED[table]:
        draft.tell(row, column, "missing_value")
    return True


def _sums(draft: ExportDraft) -> bool:
    """Put a line of sums where each line says what kind it is: no block takes it."""
    if draft.layout != "long" or "sums" in draft.claimed:
        return False
    draft.claimed.add("sums")
    sheet = draft.export.laid.sheets[0]
    kind = sheet.columns[0]
    row = draft.add(sheet, {kind: "Summe:"}, "patients", "")
    draft.tell(
        *(row, None, "row_not_taken"),
        severity="warning",
        child=None,
        at=kind,
        new="Summe:",
    )
    return True


_OF_HEADINGS = {
    "courses": {
        **{"patient_id": "unknown_patient", "drug": "drug_unknown"},
        **{"route": "value_not_mapped", "start_day": "date_not_understood"},
        **{"stop_day": "date_not_understood", "as_needed": "value_not_mapped"},
        "every_n_days": "interval_not_understood",
    },
    "events": {
        **{"patient_id": "unknown_patient", "day": "date_not_understood"},
        **{"event": "value_not_mapped", "definite": "value_not_mapped"},
    },
    "assessments": {
        **{"patient_id": "unknown_patient", "day": "date_not_understood"},
        **{"measure": "value_not_mapped", "value": "number_not_understood"},
    },
}


def _headings_again(draft: ExportDraft) -> bool:
    """Put the headings under the rows, as files laid one under another have them."""
    table = draft.one_of(list(_OF_HEADINGS))
    like = [r for r in draft.export.laid.records if r.table == table]
    if draft.layout != "several" or not like or f"headings {table}" in draft.claimed:
        return False
    draft.claimed.add(f"headings {table}")
    sheet = like[0].sheet
    word = like[0].headings["patient_id"]
    row = draft.add(sheet, {h: h for h in sheet.columns}, table, word)
    told = dict(_OF_HEADINGS[table])
    if table == "courses":
        apart = not draft.export.variant.dose_in_words
        told["dose_mg"] = "number_not_understood" if apart else "dose_not_understood"
    for column, rule in told.items():
        draft.tell(row, column, rule)
    return True


def _kind(name: str, put: Callable[[ExportDraft], bool], says: str) -> ExportKind:
    return ExportKind(name, "rows", put, says)


ROWS: tuple[ExportKind, ...] = (
    _kind(
        "surrounding_spaces.blank",
        _id("surrounding_spaces", "{} ".format),
        "a blank behind an id",
    ),
    _kind(
        *("surrounding_spaces.hard", _id("surrounding_spaces", "\u00a0{}".format)),
        "a non-breaking space before an id",
    ),
    _kind("surrounding_spaces.own", _own_id, "a blank behind an id in patients"),
    _kind(
        *("unknown_patient.typo", _id("unknown_patient", lambda said: said + "7")),
        "a digit too many in an id",
    ),
    _kind(
        *("unknown_patient.case", _id("unknown_patient", str.lower)),
        "an id in small letters",
    ),
    _kind(
        *("unknown_patient.excel", _id("unknown_patient", lambda said: "#REF!")),
        "Excel's word for an error as an id",
    ),
    _kind(
        *("missing_value.id", _id("missing_value", lambda said: "")),
        "a row without an id",
    ),
    _kind("unknown_patient.lost", _lost_child, "a child missing from patients"),
    _kind("duplicate_patient", _child_twice, "a child twice"),
    _kind("rows_disagree.value", _disagreeing, "a child twice, contradicting itself"),
    _kind("rows_disagree.diagnosis", _other_diagnosis, "two dates of diagnosis"),
    _kind("duplicate_row", _row_twice, "a row twice"),
    _kind(
        "exit_before_entry",
        _moved("entry_day", "exit_before_entry", "exit_day", _after_exit),
        "entry after exit",
    ),
    _kind(
        "entry_before_diagnosis",
        _moved("entry_day", "entry_before_diagnosis", "entry_day", _before_diagnosis),
        "entry before diagnosis",
    ),
    _kind(
        "stop_before_start",
        _moved(
            *("stop_day", "stop_before_start", "stop_day", _before_start),
            table="courses",
        ),
        "the end of a course before its start",
    ),
    _kind(
        "event_after_exit",
        _moved(
            *("day", "event_after_exit", "day", _after_exit), table="events", alive=True
        ),
        "an event after the last contact",
    ),
    _kind("death_without_event", _death_without_date, "a death without its date"),
    _kind("death_not_exit.added", _date_without_death, "a date of death, and lives"),
    _kind("death_not_exit.status", _status_alive, "died, and the status says lives"),
    _kind("unknown_patient.headings", _headings_again, "the headings a second time"),
    _kind("missing_value.footer", _footer, "a line of sums at the end"),
    _kind("row_not_taken.sums", _sums, "a line of sums that no block takes"),
)
