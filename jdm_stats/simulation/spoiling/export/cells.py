"""Faults of one cell of an export: dates, figures and coded words."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

from jdm_stats.cohort.mapping.drugs import drug_named
from jdm_stats.simulation.exports.layouts import Record
from jdm_stats.simulation.spoiling.export.draft import ExportDraft, ExportKind

__all__ = ["DATES", "FIGURES", "WORDS"]

Place = tuple[str, str]
Make = Callable[[ExportDraft, Record, str], str | None]

_DATED: tuple[Place, ...] = (
    *(("patients", name) for name in ("birth", "diagnosis", "antibody_test_day")),
    *(("patients", "entry_day"), ("patients", "exit_day"), ("courses", "start_day")),
    *(("courses", "stop_day"), ("events", "day"), ("assessments", "day")),
)
_LATER = (
    *(("patients", "antibody_test_day"), ("courses", "start_day"), ("events", "day")),
    ("assessments", "day"),
)
_MEASURED: tuple[Place, ...] = (
    *(("patients", name) for name in ("weight_kg", "height_cm", "cmas", "mmt8")),
    *(("patients", name) for name in ("physician_global", "ck_u_l")),
    *(("patients", "age_at_diagnosis_years"), ("assessments", "value")),
)
_CODED: tuple[Place, ...] = (
    *(("patients", name) for name in ("sex", "exit_reason", "dysphagia", "oedema")),
    *(("courses", "route"), ("courses", "as_needed"), ("events", "event")),
    *(("events", "definite"), ("assessments", "measure")),
)
_EXCEL = ("#NV", "#REF!", "#WERT!", "#N/A", "#DIV/0!")


def in_one_of(
    places: Sequence[Place], rule: str, make: Make
) -> Callable[[ExportDraft], bool]:
    """Return a way to spoil a cell of any of the columns."""

    def put(draft: ExportDraft) -> bool:
        for at in draft.rng.permutation(len(places)):
            table, column = places[at]
            record = draft.find(table, column)
            if record is None:
                continue
            new = make(draft, record, column)
            if new is not None and new != record.cell(column):
                return draft.spoil(record, column, new, rule)
        return False

    return put


def _word(*words: str) -> Make:
    return lambda draft, record, column: str(draft.one_of(words))


def _dated(draft: ExportDraft, day: int, month: int, year: int) -> str:
    style = draft.export.style.date
    said = draft.written(datetime.date(year, 3, 15))
    if "MMM" in style:
        return said.replace("15-Mar", f"{day:02d}-" + ("Feb", "Jun")[month == 6])
    sep = style[2]
    return said.replace(f"15{sep}03", f"{day:02d}{sep}{month:02d}")


def _no_such_day(draft: ExportDraft, record: Record, column: str) -> str:
    day, month = draft.one_of(((31, 2), (30, 2), (31, 6), (29, 2)))
    return _dated(draft, day, month, 2019)


def _month_alone(draft: ExportDraft, record: Record, column: str) -> str:
    return str(record.cell(column))[3:]


def _year_alone(draft: ExportDraft, record: Record, column: str) -> str:
    return str(draft.date(record, column).year)


def _two_digits(draft: ExportDraft, record: Record, column: str) -> str:
    said = str(record.cell(column))
    return said[:-4] + said[-2:]


def _american(draft: ExportDraft, record: Record, column: str) -> str | None:
    day = draft.date(record, column)
    return day.strftime("%m/%d/%Y") if day.day > 12 else None


def _american_in_own_marks(
    draft: ExportDraft, record: Record, column: str
) -> str | None:
    day, mark = draft.date(record, column), draft.export.style.date[2]
    if draft.export.style.name == "english" or day.day <= 12:
        return None
    return day.strftime(f"%m{mark}%d{mark}%Y")


def _iso(draft: ExportDraft, record: Record, column: str) -> str:
    return draft.date(record, column).isoformat()


def _serial(draft: ExportDraft, record: Record, column: str) -> str:
    return str((draft.date(record, column) - datetime.date(1899, 12, 30)).days)


def _zoned(draft: ExportDraft, record: Record, column: str) -> str:
    return f"{record.cell(column)} 10:30 UTC"


def _future(draft: ExportDraft, record: Record, column: str) -> str:
    ahead = datetime.timedelta(days=int(draft.rng.integers(1, 9000)))
    return draft.written(draft.export.calendar.last + ahead)


def _past(draft: ExportDraft, record: Record, column: str) -> str:
    day = draft.date(record, column)
    return draft.written(datetime.date(1819, day.month, min(day.day, 28)))


def _unborn(draft: ExportDraft, record: Record, column: str) -> str:
    birth = draft.export.calendar.birth[record.child]
    return draft.written(
        birth - datetime.timedelta(days=int(draft.rng.integers(1, 400)))
    )


def _gap(draft: ExportDraft, record: Record, column: str) -> str:
    return str(draft.one_of(draft.gaps))


def _cell(name: str, places: Sequence[Place], make: Make, says: str) -> ExportKind:
    return ExportKind(
        name, "cells", in_one_of(places, name.partition(".")[0], make), says
    )


DATES: tuple[ExportKind, ...] = (
    _cell("date_impossible.calendar", _DATED, _no_such_day, "31.02.2019"),
    _cell(
        *("date_impossible.american", _DATED, _american_in_own_marks),
        "month before day, in the marks of the file",
    ),
    _cell("date_incomplete.month", _DATED, _month_alone, "month and year alone"),
    _cell("date_incomplete.year", _DATED, _year_alone, "the year alone"),
    _cell("date_two_digit_year", _DATED, _two_digits, "a year of two digits"),
    ExportKind(
        "date_not_understood.american",
        "cells",
        lambda draft: (
            draft.export.style.name != "french"  # whose marks these are
            and in_one_of(_DATED, "date_not_understood", _american)(draft)
        ),
        "an American date among others",
    ),
    _cell("date_not_understood.iso", _DATED, _iso, "an ISO date among others"),
    _cell("date_not_understood.serial", _DATED, _serial, "a workbook's serial number"),
    _cell(
        *(
            "date_not_understood.word",
            _DATED,
            _word("unklar", "ca. 2019", "letztes Jahr"),
        ),
        "words for a date",
    ),
    _cell(
        "date_not_understood.excel", _DATED, _word(*_EXCEL), "Excel's word for an error"
    ),
    _cell("date_time_zone", _DATED, _zoned, "a time with its zone"),
    _cell("date_out_of_range.future", _DATED, _future, "after the export was made"),
    _cell("date_out_of_range.past", _DATED, _past, "1819 for 2019"),
    _cell(
        "date_before_birth.later", _LATER, _unborn, "a date before the child's birth"
    ),
    _cell(
        *("date_before_birth.diagnosis", (("patients", "diagnosis"),), _unborn),
        "diagnosis before birth",
    ),
    _cell(
        *("diagnosis_date_missing", (("patients", "diagnosis"),), _gap),
        "no date of diagnosis",
    ),
)


def _other_mark(draft: ExportDraft, record: Record, column: str) -> str:
    mark = {",": ".", ".": ","}[draft.export.style.decimal]
    whole = str(record.cell(column)).partition(draft.export.style.decimal)[0]
    return f"{whole}{mark}{draft.one_of('12345')}"


def _thousands(draft: ExportDraft, record: Record, column: str) -> str:
    mark = draft.one_of(({",": ".", ".": ","}[draft.export.style.decimal], " ", "'"))
    return f"1{mark}234"


def _limit(draft: ExportDraft, record: Record, column: str) -> str:
    whole = str(record.cell(column)).partition(draft.export.style.decimal)[0]
    return draft.one_of(("<", ">", "< ")) + whole


def _span(draft: ExportDraft, record: Record, column: str) -> str:
    return f"{record.cell(column)}-{record.cell(column)}"


def _strange_unit(draft: ExportDraft, record: Record, column: str) -> str:
    return f"{record.cell(column)} {draft.one_of(('Pfd', 'Hub', 'mol'))}"


_BEYOND = {
    **{"weight_kg": "9999999", "height_cm": "1", "cmas": "60", "mmt8": "81"},
    **{"physician_global": "11", "ck_u_l": "-5", "age_at_diagnosis_years": "18"},
}


def _beyond(draft: ExportDraft, record: Record, column: str) -> str:
    return _BEYOND[column]


FIGURES: tuple[ExportKind, ...] = (
    _cell(
        *("number_not_understood.mark", _MEASURED, _other_mark),
        "a decimal point among commas, or a comma among points",
    ),
    _cell(
        "number_not_understood.thousands", _MEASURED, _thousands, "grouped thousands"
    ),
    _cell(
        *(
            "number_not_understood.word",
            _MEASURED,
            _word("normal", "erhöht", "siehe oben"),
        ),
        "a word for a figure",
    ),
    _cell(
        "number_not_understood.excel", _MEASURED, _word(*_EXCEL), "Excel's error word"
    ),
    _cell("number_not_understood.span", _MEASURED, _span, "from one figure to another"),
    _cell("number_is_a_limit", _MEASURED, _limit, "<5 for a figure"),
    _cell(
        "unit_unknown.cell", _MEASURED, _strange_unit, "a unit the column cannot have"
    ),
    _cell("out_of_range", _MEASURED[:-1], _beyond, "a figure no child can have"),
    _cell(
        *("unit_missing.value", (("assessments", "value_unit"),), _gap),
        "a measurement without its unit",
    ),
    _cell(
        *("unit_unknown.value", (("assessments", "value_unit"),), _word("Hub", "mol")),
        "a measurement in a unit it cannot have",
    ),
)


def _misspelt(draft: ExportDraft, record: Record, column: str) -> str | None:
    """Change places of two letters, or lose one, so that it is no drug's name."""
    said = str(record.cell(column))
    for _ in range(8):
        at = int(draft.rng.integers(len(said) - 1))
        swapped = said[:at] + said[at + 1] + said[at] + said[at + 2 :]
        new = draft.one_of((swapped, said[:at] + said[at + 1 :])).strip()
        if new.casefold() != said.casefold() and len(new) > 4 and not drug_named(new):
            return str(new)
    return None


def _coded(name: str, words: Sequence[str], says: str) -> ExportKind:
    return _cell(name, _CODED, _word(*words), says)


WORDS: tuple[ExportKind, ...] = (
    _coded("value_not_mapped.code", ("7", "X", "-1"), "a code nobody declared"),
    _coded(
        "value_not_mapped.word", ("divers", "s. Akte", "wohl ja"), "an unknown word"
    ),
    _coded("value_not_mapped.excel", _EXCEL, "Excel's word for an error"),
    _cell(
        "drug_unknown.misspelt", (("courses", "drug"),), _misspelt, "a misspelt drug"
    ),
    _cell("drug_unknown.excel", (("courses", "drug"),), _word(*_EXCEL), "Excel's word"),
    _cell(
        *("drug_ambiguous", (("courses", "drug"),), _word("Pred.", "MP", "Kortison")),
        "a short name of two drugs",
    ),
    _cell(
        *("interval_not_understood", (("courses", "every_n_days"),)),
        _word("3x/Woche", "1x monatlich", "wie gehabt"),
        "an interval that is no number of days",
    ),
)
