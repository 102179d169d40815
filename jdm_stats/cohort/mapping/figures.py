"""Columns of figures: numerals and their units, to the unit of our column.

The unit stands in the cell, in a column of its own, or in the mapping; a cell's own unit
comes before the mapping's, and may not contradict its column's. Every conversion is
tallied. A dose brings its basis with it, so that mg, mg/kg and mg/m² of one column stay
apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.mapping.numbers import (
    Notation,
    is_round_thousand,
    read_numeral,
    round_thousand,
)
from jdm_stats.cohort.mapping.recodes import Settled
from jdm_stats.cohort.mapping.rules import ColumnRule, UnitColumn
from jdm_stats.cohort.mapping.understanding import (
    BLANK,
    Column,
    Note,
    Objects,
    Refused,
    Understood,
    distinct,
    rows_of,
)
from jdm_stats.cohort.mapping.units import DoseUnit, dose_unit, factor
from jdm_stats.cohort.mapping.words import as_word, plain
from jdm_stats.schema import MEASURES
from jdm_stats.schema import Column as SchemaColumn

__all__ = ["RULES", "Figures", "parse_figures", "read_figures"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "unit_unknown": "A figure's unit is one that its column can have.",
        "unit_missing": "A figure has a unit where its unit stands in a column.",
        "unit_contradictory": "A figure's unit is the same in its cell and its column.",
    }
)

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


@dataclass(slots=True)
class Figures:
    """Figures as written, before their units.

    Parameters
    ----------
    values : float array, shape (rows,)
    unit : int array, shape (rows,)
        Place in ``units``; -1 where the cell has none.
    units : list of str
    settled : bool array, shape (rows,)
        Values that the mapping declared, already in our unit.
    blank : bool array, shape (rows,)
        Words that mean an empty cell.
    """

    values: Numbers
    unit: Codes
    units: list[str]
    settled: npt.NDArray[np.bool_]
    blank: npt.NDArray[np.bool_]
    wrong: list[tuple[Codes, Refused]] = field(default_factory=list)
    notes: list[tuple[Note, int]] = field(default_factory=list)


def parse_figures(
    cells: Objects, notation: Notation, settled: Settled, *, sure: bool = False
) -> Figures:
    """Read numerals, each distinct cell once, plain ones all together.

    ``sure`` says that the column itself declares its decimal mark, so that ``1,000`` is
    one and not a thousand.
    """
    codes, distincts = distinct(cells)
    size = len(distincts)
    values, quick = _plain_ones(distincts, notation, settled)
    unit = np.full(size, -1, dtype=np.intp)
    declared, blank = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    units: dict[str, int] = {}
    counts = np.bincount(codes[codes >= 0], minlength=size)
    refused = {} if sure else _round_thousands(distincts, notation, settled)
    values[list(refused)] = np.nan
    notes: dict[Note, int] = {}
    for place in np.flatnonzero(~quick):
        if place in refused:
            continue
        outcome = _one(distincts[place], notation, settled)
        if isinstance(outcome, Refused):
            refused[int(place)] = outcome
            continue
        for note in outcome.notes:
            notes[note] = notes.get(note, 0) + int(counts[place])
        if outcome.value is BLANK:
            blank[place] = True
        elif isinstance(outcome.value, tuple):
            values[place], said = outcome.value
            if said is not None:
                unit[place] = units.setdefault(said, len(units))
        else:
            declared[place] = True
            values[place] = np.nan if outcome.value is None else float(outcome.value)
    figures = Figures(
        _over(values, codes, np.nan),
        _over(unit, codes, -1),
        list(units),
        _over(declared, codes, False),
        _over(blank, codes, False),
    )
    figures.wrong = rows_of(codes, refused)
    figures.notes = list(notes.items())
    return figures


def _over(values: npt.NDArray[Any], codes: Codes, gone: Any) -> npt.NDArray[Any]:
    laid: npt.NDArray[Any] = np.append(values, np.array([gone], dtype=values.dtype))[
        codes
    ]
    return laid


def _plain_ones(
    distincts: Sequence[Any], notation: Notation, settled: Settled
) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Read the cells that are a numeral and nothing else, all at once."""
    values = np.full(len(distincts), np.nan)
    quick = np.zeros(len(distincts), dtype=bool)
    if notation.decimal is None or not all(isinstance(each, str) for each in distincts):
        return values, quick
    words = pd.Series(list(distincts), dtype=object)
    mark = r"\." if notation.decimal == "." else ","
    plainly = words.str.fullmatch(rf"-?[0-9]+(?:{mark}[0-9]+)?").to_numpy(dtype=bool)
    quick = plainly & ~words.isin(settled.words).to_numpy(dtype=bool)
    chosen = words[quick]
    if notation.decimal == ",":
        chosen = chosen.str.replace(",", ".", regex=False)
    values[quick] = chosen.to_numpy(dtype=object).astype(np.float64)
    return values, quick


_THREE_DECIMALS = re.compile(r"-?[0-9]+[.,](?!000)[0-9]{3}(?![0-9.,])")


def _round_thousands(
    distincts: Sequence[Any], notation: Notation, settled: Settled
) -> dict[int, Refused]:
    """Refuse 1,000 where no other cell of the column is written to three decimals."""
    texts = {n: each for n, each in enumerate(distincts) if isinstance(each, str)}
    if any(_THREE_DECIMALS.match(text) for text in texts.values()):
        return {}
    return {
        n: round_thousand(text, notation)
        for n, text in texts.items()
        if is_round_thousand(text, notation) and settled(text) is None
    }


def _one(cell: Any, notation: Notation, settled: Settled) -> Understood | Refused:
    """Read one cell: the value is (figure, unit), or what the mapping declares."""
    known = settled(cell)
    if known is not None:
        return known
    number = read_numeral(cell, notation)
    if isinstance(number, Refused):
        return number
    value = np.nan if number.value is None else number.value
    return Understood((value, number.unit), number.notes)


def read_figures(
    cells: Objects,
    target: SchemaColumn,
    rule: ColumnRule,
    notation: Notation,
    settled: Settled,
    *,
    unit_cells: Objects | None = None,
    measures: Objects | None = None,
    basis_apart: bool = False,
) -> Column:
    """Read a column of figures to the unit of ours.

    Parameters
    ----------
    cells : object array, shape (rows,)
    target : schema Column
    rule : ColumnRule
    notation : Notation
    settled : Settled
        The words and values that need no reading.
    unit_cells : object array, optional
        The unit of each row.
    measures : object array, optional
        What each row measures, for the values of assessments.
    basis_apart : bool
        Whether a dose's basis stands in a column of its own.

    Returns
    -------
    Column
        Floats; BLANK where a word means an empty cell. A dose brings ``dose_basis`` and
        ``every_n_days``.
    """
    figures = parse_figures(cells, notation, settled, sure=rule.decimal is not None)
    rows = len(cells)
    unit_codes, unit_words = _unit_column(rule, unit_cells, rows)
    kind_codes, kinds = _kinds(measures, rows)
    combined = (
        ((figures.unit + 1) * (len(unit_words) + 1) + unit_codes + 1) * (len(kinds) + 1)
        + kind_codes
        + 1
    )
    live = np.isfinite(figures.values) & ~figures.settled
    column = Column(np.full(rows, None, dtype=object), figures.wrong, figures.notes)
    values = figures.values
    brought = {name: np.full(rows, None, dtype=object) for name in _BROUGHT}
    for combination in np.unique(combined[live]):
        here = np.flatnonzero(live & (combined == combination))
        first = here[0]
        own = figures.units[figures.unit[first]] if figures.unit[first] >= 0 else None
        beside = unit_words[unit_codes[first]] if unit_codes[first] >= 0 else None
        kind = kinds[kind_codes[first]] if kind_codes[first] >= 0 else target.name
        if measures is not None and kind_codes[first] < 0:
            continue  # told in its own column; what its value is counted in is not known
        judged = _judge(own, beside, MEASURES.get(kind, target), rule, basis_apart)
        if isinstance(judged, Refused):
            column.wrong.append((here, judged))
            values[here] = np.nan
            continue
        values[here] = _times(values[here], judged.mg)
        brought["dose_basis"][here] = judged.basis
        brought["every_n_days"][here] = judged.every
        column.notes += [
            (note, len(here)) for note in _notes(own, beside, judged, target, rule)
        ]
    column.values = _as_cells(values, figures.blank)
    if target.name == "dose_mg":
        column.brought = brought
    return column


_BROUGHT = ("dose_basis", "every_n_days")


def _times(values: Numbers, times: float) -> Numbers:
    """Multiply and round to 12 significant figures, all at once."""
    if times == 1:
        return values
    with np.errstate(over="ignore", invalid="ignore"):  # infinities are told later
        product = values * times
        size = np.floor(np.log10(np.abs(np.where(product == 0, 1, product))))
        scale = np.power(10.0, np.clip(11 - size, -300, 300))
        rounded: Numbers = np.rint(product * scale) / scale
    return rounded


def _as_cells(values: Numbers, blank: npt.NDArray[np.bool_]) -> Objects:
    cells = values.astype(object)
    cells[np.isnan(values)] = None
    cells[blank] = BLANK
    return cells


def _unit_column(
    rule: ColumnRule, unit_cells: Objects | None, rows: int
) -> tuple[Codes, list[str]]:
    if unit_cells is None or not isinstance(rule.unit, UnitColumn):
        return np.full(rows, -1, dtype=np.intp), []
    codes, cells = distinct(unit_cells)
    declared = {plain(word): unit for word, unit in rule.unit.values.items()}
    return codes, [declared.get(plain(as_word(cell)), as_word(cell)) for cell in cells]


def _kinds(measures: Objects | None, rows: int) -> tuple[Codes, list[str]]:
    if measures is None:
        return np.full(rows, -1, dtype=np.intp), []
    codes, kinds = distinct(measures)
    return codes, kinds


def _judge(
    own: str | None,
    beside: str | None,
    target: SchemaColumn,
    rule: ColumnRule,
    basis_apart: bool,
) -> DoseUnit | Refused:
    """Say what a figure is multiplied by, and for a dose its basis."""
    if beside is None and isinstance(rule.unit, UnitColumn) and own is None:
        return Refused(
            "unit_missing",
            f"the figure has no unit, in its cell or in {rule.unit.column!r}",
            "give its unit",
        )
    declared = rule.unit if isinstance(rule.unit, str) else None
    units: list[str | None] = [said for said in (own, beside) if said is not None]
    units = units or [declared]
    read = [_meaning(said, target) for said in units]
    for said, unit in zip(units, read, strict=True):
        if unit is None:
            return Refused(
                "unit_unknown",
                f"{said!r} is no unit of {target.name}",
                f"write it in {target.unit or 'its unit'}"
                + (", or name the unit under unit.values" if said == beside else ""),
            )
    if len(read) == 2 and read[0] != read[1]:
        return Refused(
            "unit_contradictory",
            f"the unit is {own!r} in the cell and {beside!r} in its column",
            "correct one of them",
        )
    unit = read[0]
    assert unit is not None
    if target.name != "dose_mg":
        return unit
    return _with_basis(unit, units[0], rule, basis_apart)


def _meaning(said: str | None, target: SchemaColumn) -> DoseUnit | None:
    if said is None:
        return DoseUnit(1, None)
    if target.name == "dose_mg":
        return dose_unit(said)
    times = factor(target, said)
    return None if times is None else DoseUnit(times, None)


def _with_basis(
    unit: DoseUnit, said: str | None, rule: ColumnRule, basis_apart: bool
) -> DoseUnit | Refused:
    if said is None and not basis_apart:
        return Refused(
            "dose_without_unit",
            "the dose has no unit",
            "declare it: unit = 'mg', or unit = { column = ... }",
        )
    if unit.basis is not None or basis_apart:
        return unit
    basis = "per_dose" if rule.per == "dose" else "per_day"
    return DoseUnit(unit.mg, basis, unit.every)


def _notes(
    own: str | None,
    beside: str | None,
    unit: DoseUnit,
    target: SchemaColumn,
    rule: ColumnRule,
) -> list[Note]:
    said = own or beside or (rule.unit if isinstance(rule.unit, str) else None)
    if said is None:
        return []
    if target.name == "dose_mg":
        became = " ".join(filter(None, ("mg", unit.basis)))
        stated = dose_unit(said)
        spanless = (
            stated is not None and stated.basis is None and unit.basis is not None
        )
        what = "dose of no stated span, by rule" if spanless else "unit of the dose"
        return [Note(what, said, became)]
    if unit.mg == 1 and own is None:
        return []
    return [Note("unit", said, target.unit)]
