"""Whether what a mapping says makes sense together, before any data are seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jdm_stats.cohort.mapping.formats import compiled, format_problem
from jdm_stats.cohort.mapping.rules import Block, ColumnRule, Dates, Word
from jdm_stats.cohort.mapping.words import as_word, plain
from jdm_stats.schema import (
    ANTIBODIES,
    FLAG,
    INTEGER,
    NUMBER,
    TABLES,
    TEXT,
    Column,
    Table,
    nearest,
)

__all__ = ["DAY_UNIT", "complaints", "has_figures", "is_day"]

DAY_UNIT = "days from diagnosis"

_READ_FOR = {
    "antibodies": ("antibody",),
    "dose": ("dose_mg",),
    "interval": ("every_n_days",),
}
_ANTIBODY_KEYS = (
    *("panel", "positive", "negative", "borderline", "not_tested", "order", "cut_off"),
)
_FIGURE_KEYS = ("decimal", "thousands")


def complaints(blocks: Mapping[str, tuple[Block, ...]], dates: Dates) -> Iterator[str]:
    """Say everything that cannot be meant, each with its place in the file.

    Parameters
    ----------
    blocks : mapping of a table's name to its blocks
    dates : Dates
    """
    yield from _dates(dates)
    for name, table_blocks in blocks.items():
        table = TABLES[name]
        for place, block in _places(name, table_blocks):
            yield from _block(place, table, block, dates)
        yield from _unfilled(name, table, table_blocks)
    used = [
        rule for each in blocks.values() for b in each for rule in b.columns.values()
    ]
    if dates.diagnosis is None and any(rule.date or rule.origin for rule in used):
        yield (
            "dates.diagnosis: is missing; name the column that holds the date of "
            "diagnosis, which is day 0"
        )


def _places(name: str, blocks: Sequence[Block]) -> Iterator[tuple[str, Block]]:
    for number, block in enumerate(blocks, start=1):
        yield (name if len(blocks) == 1 else f"{name}[{number}]"), block


def _dates(dates: Dates) -> Iterator[str]:
    yield from _formats("dates.format", dates.format, dates.pivot)
    if (dates.diagnosis or dates.birth) and not dates.format:
        yield "dates.format: is missing; say how dates are written, as 'DD.MM.YYYY'"


def _formats(place: str, formats: Sequence[str], pivot: int | None) -> Iterator[str]:
    for said in formats:
        problem = format_problem(said)
        if problem:
            yield f"{place}: {said!r} {problem}"
        elif compiled(said).two_digits and pivot is None:
            yield (
                f"{place}: {said!r} has years of two digits; say with pivot which is the "
                "last one of this century (pivot = 30: 30 is 2030, 31 is 1931)"
            )


def _block(place: str, table: Table, block: Block, dates: Dates) -> Iterator[str]:
    if block.rows == "merged" and table.name != "patients":
        yield f"{place}.rows: only rows of patients can be merged"
    if "patient_id" not in block.columns:
        yield f"{place}.columns.patient_id: is missing; name the column of the child's id"
    for name in block.skip_if_missing:
        if name not in block.columns:
            yield f"{place}.skip_if_missing: {name!r} is not among the block's columns"
    for name, rule in block.columns.items():
        where = f"{place}.columns.{name}"
        if name not in table.names:
            meant = nearest(name, table.names)
            hint = f"; did you mean {meant!r}?" if meant else ""
            yield f"{where}: the table {table.name} has no such column{hint}"
            continue
        for said in _rule(table[name], rule, dates):
            yield f"{where}: {said}"


def _unfilled(name: str, table: Table, blocks: Sequence[Block]) -> Iterator[str]:
    """Say which columns no block fills though every row needs them."""
    together = name == "patients"  # blocks may hold one part of each child
    groups = [list(_places(name, blocks))] if together else []
    groups = groups or [[each] for each in _places(name, blocks)]
    for group in groups:
        brought = {column for _, block in group for column in block.columns}
        for column in table.columns:
            if column.required and column.name not in brought | {"patient_id"}:
                yield (
                    f"{group[0][0]}.columns.{column.name}: is missing; it holds "
                    f"{column.meaning} and must be filled in every row (a constant is "
                    f"written {column.name} = {{ value = ... }})"
                )


def _rule(column: Column, rule: ColumnRule, dates: Dates) -> Iterator[str]:
    yield from _source(rule)
    yield from _words(column, rule)
    yield from _time(column, rule, dates)
    yield from _figures(column, rule)
    yield from _free_text(column, rule)


def _source(rule: ColumnRule) -> Iterator[str]:
    given = [key for key in ("column", "value", "panel") if _given(rule, key)]
    if len(given) != 1:
        said = f"both {given[0]} and {given[1]}" if given else "none of them"
        yield f"give one of column, value (a constant) or panel; received {said}"
    if rule.value is not None and len(rule.model_fields_set) > 1:
        more = sorted(rule.model_fields_set - {"value"})
        yield f"a constant stands alone; take out {', '.join(more)}"


def _given(rule: ColumnRule, key: str) -> bool:
    value = getattr(rule, key)
    return value is not None and value != ()


def _words(column: Column, rule: ColumnRule) -> Iterator[str]:
    seen: dict[str, tuple[str, Word]] = {}
    for word, meaning in (rule.values or {}).items():
        said = _meaning(column, meaning)
        if said:
            yield f"values: {word!r} = {meaning!r} {said}"
        before = seen.setdefault(plain(word), (word, meaning))
        if before[1] != meaning:
            yield (
                f"values: {word!r} and {before[0]!r} are the same word but for case and "
                "spaces, and mean different things"
            )
    if rule.otherwise is not None:
        yield from _otherwise(column, rule)
    for key in ("blank", "value"):
        meaning = getattr(rule, key)
        if meaning is not None:
            said = _meaning(column, meaning)
            if said:
                yield f"{key}: {meaning!r} {said}"


def _otherwise(column: Column, rule: ColumnRule) -> Iterator[str]:
    if rule.values is None:
        yield "otherwise: needs values, the words it is not about"
    if rule.otherwise == "keep":
        if column.kind != TEXT or column.allowed:
            yield f"otherwise: 'keep' is for free text, which {column.name} is not"
    elif rule.otherwise is not None and rule.otherwise != "refuse":
        said = _meaning(column, rule.otherwise)
        if said:
            yield f"otherwise: {rule.otherwise!r} {said}"
    if is_day(column) or rule.read or rule.panel or has_figures(column):
        yield "otherwise: cannot stand for dates, figures or readings"


def _meaning(column: Column, meaning: Word) -> str | None:
    """Return why a value cannot stand in a column, or None."""
    if meaning == "missing":
        return None
    if column.kind == FLAG:
        return None if isinstance(meaning, bool) else "must be true, false or 'missing'"
    if column.kind in (INTEGER, NUMBER):
        whole = isinstance(meaning, int) or column.kind == NUMBER
        if isinstance(meaning, (bool, str)) or not whole:
            kind = "a whole number" if column.kind == INTEGER else "a number"
            return f"must be {kind} or 'missing'"
        return None
    if not column.allowed:
        return None if isinstance(meaning, str) else "must be text"
    if meaning in column.allowed:
        return None
    meant = nearest(as_word(meaning), column.allowed)
    hint = f"did you mean {meant!r}? " if meant else ""
    return (
        f"is not a value of {column.name}; {hint}use one of "
        f"{', '.join(column.allowed)} or 'missing'"
    )


def is_day(column: Column) -> bool:
    """Whether a column counts days from diagnosis."""
    return column.unit == DAY_UNIT


def has_figures(column: Column) -> bool:
    """Whether a column holds figures that may have a unit."""
    return column.kind in (INTEGER, NUMBER) and not is_day(column)


def _time(column: Column, rule: ColumnRule, dates: Dates) -> Iterator[str]:
    day = is_day(column)
    if not day:
        for key in ("date", "days", "origin", "plus"):
            if key in rule.model_fields_set:
                yield f"{key}: is for days, which {column.name} is not"
        return
    if day and rule.value is None and bool(rule.date) == rule.days:
        yield (
            "say either date = true (a date, turned into days from diagnosis) or "
            "days = true (already a count of days)"
        )
    if isinstance(rule.date, tuple):
        pivot = rule.pivot if rule.pivot is not None else dates.pivot
        yield from _formats("date", rule.date, pivot)
    elif rule.date and not dates.format:
        yield "date: no format is declared; give date = 'DD.MM.YYYY' or [dates] format"
    if rule.date and any(what != "missing" for what in (rule.values or {}).values()):
        yield "values: in a column of dates a word can only be 'missing'"
    if (rule.origin or rule.plus) and not rule.days:
        yield "origin, plus: belong to days = true"


def _figures(column: Column, rule: ColumnRule) -> Iterator[str]:
    figures = has_figures(column) or is_day(column) or column.name == "antibody"
    for key in _FIGURE_KEYS:
        if getattr(rule, key) is not None and not figures:
            yield f"{key}: is for figures, which {column.name} does not hold"
    if rule.decimal is not None and rule.decimal == rule.thousands:
        yield f"thousands: cannot be {rule.thousands!r} as the decimal mark is"
    if rule.read == "dose" and rule.unit is not None and not isinstance(rule.unit, str):
        yield "unit: doses in words have their unit with them; give one for bare figures"
    if rule.unit is not None and not has_figures(column):
        yield f"unit: {column.name} has none"
    elif isinstance(rule.unit, str):
        yield from _unit(column, rule.unit, "unit")
    elif rule.unit is not None:
        for word, unit in rule.unit.values.items():
            yield from _unit(column, unit, f"unit.values: {word!r}")
    if rule.per is not None and column.name != "dose_mg":
        yield "per: is for dose_mg alone"


def _unit(column: Column, unit: str, place: str) -> Iterator[str]:
    from jdm_stats.cohort.mapping.units import unit_problem  # reads this module's law

    said = unit_problem(column, unit)
    if said:
        yield f"{place}: {unit!r} {said}"


def _free_text(column: Column, rule: ColumnRule) -> Iterator[str]:
    if rule.read and column.name not in _READ_FOR[rule.read]:
        yield f"read: {rule.read!r} is for {', '.join(_READ_FOR[rule.read])}"
    for key in _ANTIBODY_KEYS:
        if _given(rule, key) and column.name != "antibody":
            yield f"{key}: is for antibody alone"
    if column.name != "antibody":
        return
    for name in rule.order:
        if name not in ANTIBODIES[:-2]:
            meant = nearest(name, ANTIBODIES[:-2])
            hint = f"; did you mean {meant!r}?" if meant else ""
            yield f"order: {name!r} is not an antibody{hint}"
    yield from _panel(rule)


def _panel(rule: ColumnRule) -> Iterator[str]:
    from jdm_stats.cohort.mapping.antibodies import antibody_named
    from jdm_stats.cohort.mapping.cutoffs import cut_off_problem

    for name, test in (rule.panel or {}).items():
        if antibody_named(name) is None:
            yield f"panel: {name!r} is not an antibody that is known here"
        if test.cut_off is not None:
            said = cut_off_problem(test.cut_off)
            if said:
                yield f"panel: {name!r} cut_off {said}"
    if rule.cut_off is not None:
        said = cut_off_problem(rule.cut_off)
        if said:
            yield f"cut_off: {said}"
    if rule.read and rule.panel:
        yield "panel: stands without read"
    yield from _status_words(rule)


def _status_words(rule: ColumnRule) -> Iterator[str]:
    seen: dict[str, str] = {}
    for key in ("positive", "negative", "borderline", "not_tested"):
        words: Any = getattr(rule, key)
        for word in () if isinstance(words, str) else words:
            before = seen.setdefault(plain(as_word(word)), key)
            if before != key:
                yield f"{key}: {word!r} stands under {before} too"
