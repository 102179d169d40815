"""Faults only a clinic makes: doses and their units, results of antibody tests."""

from __future__ import annotations

from collections.abc import Callable

from jdm_stats.cohort.steroids import PREDNISONE_EQUIVALENT_PER_MG
from jdm_stats.schema import MAX_STEROID_MG_KG_DAY
from jdm_stats.simulation.exports.layouts import Record
from jdm_stats.simulation.spoiling.export.cells import in_one_of
from jdm_stats.simulation.spoiling.export.draft import ExportDraft, ExportKind

__all__ = ["ANTIBODIES", "DOSES", "UNSEEN"]

_DOSE = (("courses", "dose_mg"),)


def _apart(draft: ExportDraft) -> bool:
    return not draft.export.variant.dose_in_words


def _figure(draft: ExportDraft, record: Record) -> str:
    return str(record.cell("dose_mg")).partition(" ")[0]


def _unit(draft: ExportDraft, record: Record) -> str:
    if _apart(draft):
        return str(record.cell("dose_unit"))
    return str(record.cell("dose_mg")).partition(" ")[2]


def _if_apart(put: Callable[[ExportDraft], bool]) -> Callable[[ExportDraft], bool]:
    return lambda draft: _apart(draft) and put(draft)


def _if_in_words(put: Callable[[ExportDraft], bool]) -> Callable[[ExportDraft], bool]:
    return lambda draft: not _apart(draft) and put(draft)


def _no_unit_apart(draft: ExportDraft) -> bool:
    record = draft.find("courses", "dose_unit")
    return record is not None and draft.spoil(record, "dose_unit", "", "unit_missing")


def _contradicting(draft: ExportDraft, record: Record, column: str) -> str:
    units = {"mg", "mg/kg", "mg/m2"} - {_unit(draft, record).partition("/T")[0]}
    basis = str(draft.known(record, "dose_basis"))
    units -= {{"per_kg_day": "mg/kg", "per_m2": "mg/m2"}.get(basis, "mg")}
    return f"{record.cell(column)} {draft.one_of(sorted(units))}"


def _steroid(draft: ExportDraft, record: Record) -> float:
    """Return mg/kg of prednisone, were the dose's mg written as mg/kg; 0 for none."""
    factor = PREDNISONE_EQUIVALENT_PER_MG.get(draft.known(record, "drug"))
    weight = draft.known(draft.child_of(record), "weight_kg")
    per_kg = draft.known(record, "dose_basis") == "per_kg_day"
    if factor is None or not per_kg or not weight > 0:
        return 0.0
    return float(factor * round(draft.known(record, "dose_mg") * weight))


def _rewritten(draft: ExportDraft, record: Record, figure: str, unit: str) -> None:
    if not _apart(draft):
        draft.write(record, "dose_mg", f"{figure} {unit}")
        return
    if figure != _figure(draft, record):
        draft.write(record, "dose_mg", figure)
    if unit != _unit(draft, record):
        draft.write(record, "dose_unit", unit)


def _mg_as_mg_kg(rule: str, severity: str) -> Callable[[ExportDraft], bool]:
    def fit(draft: ExportDraft, record: Record) -> bool:
        much = _steroid(draft, record)
        if severity == "error":
            return much > 1.05 * MAX_STEROID_MG_KG_DAY
        daily = much / float(draft.known(record, "every_n_days"))
        iv = draft.known(record, "route") == "iv"
        return not iv and daily > 5 and much < 0.95 * MAX_STEROID_MG_KG_DAY

    def put(draft: ExportDraft) -> bool:
        record = draft.find("courses", "dose_mg", lambda record: fit(draft, record))
        if record is None:
            return False
        weight = draft.known(draft.child_of(record), "weight_kg")
        figure = str(round(draft.known(record, "dose_mg") * weight))
        old = record.cell("dose_mg")
        _rewritten(draft, record, figure, _unit(draft, record))
        draft.tell(record, "dose_mg", rule, severity=severity, old=old, new=figure)
        return True

    return put


def _g_for_mg(draft: ExportDraft) -> bool:
    record = draft.find(
        "courses", "dose_mg", lambda record: _steroid(draft, record) > 0
    )
    if record is None:
        return False
    if 1000 * draft.known(record, "dose_mg") <= 1.05 * MAX_STEROID_MG_KG_DAY:
        return False
    unit = _unit(draft, record)
    _rewritten(draft, record, _figure(draft, record), unit[1:])
    draft.tell(record, "dose_mg", "dose_implausible", old=unit, new=unit[1:])
    return True


def _mg_kg_as_mg(draft: ExportDraft) -> bool:
    record = draft.find(
        "courses", "dose_mg", lambda record: _steroid(draft, record) > 0
    )
    if record is None:
        return False
    per_day = draft.export.style.per["per_day"]
    _rewritten(draft, record, _figure(draft, record), per_day)
    return True


def _said(text: str) -> Callable[[ExportDraft, Record, str], str]:
    def make(draft: ExportDraft, record: Record, column: str) -> str:
        return text.format(n=_figure(draft, record), unit=_unit(draft, record))

    return make


def _dose(name: str, put: Callable[[ExportDraft], bool], says: str) -> ExportKind:
    return ExportKind(name, "cells", put, says)


DOSES: tuple[ExportKind, ...] = (
    _dose("unit_missing.dose", _if_apart(_no_unit_apart), "a dose without a unit"),
    _dose(
        "unit_contradictory",
        _if_apart(in_one_of(_DOSE, "unit_contradictory", _contradicting)),
        "a unit in the cell, another beside it",
    ),
    _dose(
        "unit_unknown.dose",
        _if_apart(
            in_one_of(
                (("courses", "dose_unit"),), "unit_unknown", lambda d, r, c: "Hub"
            )
        ),
        "a dose in a unit that is none",
    ),
    _dose(
        "dose_without_unit",
        _if_in_words(in_one_of(_DOSE, "dose_without_unit", _said("{n}"))),
        "a dose in words without a unit",
    ),
    *(
        _dose(
            f"dose_not_understood.{way}",
            _if_in_words(in_one_of(_DOSE, "dose_not_understood", _said(text))),
            says,
        )
        for way, text, says in (
            ("times", "3 x {n} {unit}", "times a day or days in a row"),
            ("span", "{n} - 90 {unit}", "from one dose to another"),
            ("word", "{n} {unit} bzw. nach Plan", "words that say no dose"),
            ("excel", "#REF!", "Excel's word for an error"),
        )
    ),
    _dose(
        "dose_implausible.mg_as_mg_kg",
        _mg_as_mg_kg("dose_implausible", "error"),
        "mg written where mg/kg is said, beyond any dose",
    ),
    _dose("dose_implausible.g_for_mg", _g_for_mg, "g written for mg"),
    _dose(
        "high_daily_dose.mg_as_mg_kg",
        _mg_as_mg_kg("high_daily_dose", "warning"),
        "mg written where mg/kg is said, more than is given",
    ),
)

UNSEEN: tuple[ExportKind, ...] = (
    ExportKind(
        *("unseen.mg_kg_as_mg", "unseen", _mg_kg_as_mg),
        "mg/kg written where mg is said: a small dose, and no rule can know",
    ),
)

# --- antibodies ------------------------------------------------------------------------

_CELL = (("patients", "antibody"),)


def _result(text: str) -> Callable[[ExportDraft, Record, str], str]:
    def make(draft: ExportDraft, record: Record, column: str) -> str:
        of = draft.export.style.results
        return text.format(
            pos=of["positive"],
            neg=of["negative"],
            gw=of["borderline"],
            found=of["found"],
        )

    return make


def _in_cell(name: str, text: str, says: str) -> ExportKind:
    rule = name.partition(".")[0]
    return ExportKind(name, "cells", in_one_of(_CELL, rule, _result(text)), says)


def _in_panel(name: str, antibody: str, words: dict[str, str], says: str) -> ExportKind:
    """Change results of a child of this antibody (or none), in columns of a panel."""

    def put(draft: ExportDraft) -> bool:
        if not draft.export.variant.panel:
            return False
        record = draft.find(
            *("patients", "patient_id"),
            lambda record: draft.known(record, "antibody") == antibody,
        )
        if record is None:
            return False
        _test(draft, record, words)
        draft.tell(record, "antibody", name.partition(".")[0], at=None, new=str(words))
        return True

    return ExportKind(name, "cells", put, says)


def _test(draft: ExportDraft, record: Record, words: dict[str, str]) -> None:
    of = draft.export.style.results
    for name, status in words.items():
        heading, new = f"AK {name}", of.get(status, status)
        old = record.line.cells[heading]
        if old != new:
            record.line.cells[heading] = new
            draft.note("cell", record.sheet.name, record.line, heading, old, new)
    draft.take(record.child)


def _untested_with_day(draft: ExportDraft) -> bool:
    record = draft.find(
        *("patients", "antibody_test_day"),
        lambda record: draft.known(record, "antibody") != "untested",
    )
    if record is None:
        return False
    if draft.export.variant.panel:
        names = [h[3:] for h in record.sheet.columns if h.startswith("AK ")]
        of_panel = [n for n in names if f"AK {n}" not in record.headings.values()]
        tests = [n for n in of_panel if n != "Ro52"]
        _test(draft, record, dict.fromkeys(tests, "untested"))
    else:
        draft.write(record, "antibody", draft.export.style.results["untested"])
    draft.tell(record, "antibody_test_day", "untested_with_test_day")
    return True


ANTIBODIES: tuple[ExportKind, ...] = (
    _in_cell("antibody_borderline.cell", "MJ {gw}", "a borderline result"),
    _in_cell("antibody_ambiguous", "140 kDa {pos}", "a weight that several have"),
    _in_cell("antibody_not_named", "MSA {found}", "positive, and not for what"),
    _in_cell("several_antibodies.cell", "SRP {pos}, Mi-2 {pos}", "two, and not NXP2"),
    _in_cell(
        *("antibody_panel_incomplete.cell", "TRIM33 {neg}, Mi-2 {neg}"),
        "nothing found, NXP2 not tested",
    ),
    _in_cell("antibody_contradictory", "MJ {pos}, NXP-2 {neg}", "found and not found"),
    _in_cell("antibody_not_understood.word", "siehe Befund vom Mai", "other words"),
    _in_cell("antibody_not_understood.excel", "#NV", "Excel's word for an error"),
    _in_cell("antibody_status_unclear", "+", "a mark alone"),
    _in_panel(
        *("antibody_borderline.panel", "none", {"MDA5": "borderline"}),
        "a borderline result in a panel",
    ),
    _in_panel(
        *("several_antibodies.panel", "none", {"SRP": "positive", "Mi2": "positive"}),
        "two positive results, and not NXP2",
    ),
    _in_panel(
        *("antibody_panel_incomplete.panel", "none", {"NXP2": "untested"}),
        "a panel without NXP2",
    ),
    _in_panel(
        *("antibody_not_understood.panel", "none", {"SAE": "s. Befund"}),
        "a result that is none",
    ),
    ExportKind(
        *("untested_with_test_day", "cells", _untested_with_day),
        "not tested, and the day of the test is given",
    ),
)
