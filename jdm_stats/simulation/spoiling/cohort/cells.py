"""Faults of one cell or one heading: words for numbers, commas for points, lost columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jdm_stats.schema import FLAG, INTEGER, MEASURES, NUMBER, TABLES, TEXT, Column
from jdm_stats.simulation.spoiling.cohort.draft import Draft, Kind, Spot

__all__ = ["CELLS", "HEADINGS"]

Place = tuple[str, Column]

_SYNONYMS = {
    "antibody": ("anti-MJ", "p155/140", "nxp2", "positive"),
    "sex": ("f", "w", "M"),
    "exit_reason": ("dead", "lost to follow-up", "?"),
    "drug": ("Decortin", "MTX", "prednisolon"),
    "route": ("p.o.", "i.v.", "tablet"),
    "dose_basis": ("mg/kg", "daily"),
    "event": ("perforation", "GI bleed"),
    "measure": ("CMAS", "weight"),
}
# Columns that may be lost as a whole; kinds that need one of them say so.
_LOSABLE = (
    ("patients", "antibody"),
    ("patients", "entry_day"),
    ("patients", "exit_reason"),
    ("courses", "route"),
    ("events", "day"),
    ("assessments", "day"),
)


def _columns(fit: Callable[[Column], bool]) -> list[Place]:
    return [
        (name, column)
        for name, table in TABLES.items()
        for column in table.columns
        if column.name not in ("patient_id", "pattern") and fit(column)
    ]


def _filled(draft: Draft, place: Place, *, needed: bool) -> int | None:
    table, column = place
    frame = draft.sound[table]
    fit = frame[column.name].notna() if needed else frame["patient_id"].notna()
    if table == "events":  # a death must stay one, or its child is told as well
        fit &= frame["event"] != "death"
    return draft.row(table, fit)


def _cell(
    places: list[Place], spoil: Callable[[Draft, Column, Any], Any], *, needed: bool
) -> Callable[[Draft], Spot | None]:
    """Return a way to spoil one cell of any of the columns."""

    def put(draft: Draft) -> Spot | None:
        for at in draft.rng.permutation(len(places)):
            table, column = places[at]
            if f"{table}.{column.name}" in draft.lost or table in draft.claimed:
                continue
            place = _filled(draft, places[at], needed=needed)
            if place is None:
                continue
            old = draft.value(table, place, column.name)
            return draft.put(table, place, column.name, spoil(draft, column, old))
        return None

    return put


def _one_of(draft: Draft, words: tuple[Any, ...]) -> Any:
    return words[int(draft.rng.integers(len(words)))]


def _outside(draft: Draft, column: Column, old: Any) -> float:
    ends = []
    if column.high is not None:
        ends.append(column.high + 1)
    if column.below is not None:
        ends.append(column.below)
    if column.low is not None:
        ends.append(column.low - 1)
    if column.above is not None:
        ends.append(column.above)
    value = _one_of(draft, tuple(ends))
    return int(value) if column.kind == INTEGER else float(value)


def _measured_outside(draft: Draft) -> Spot | None:
    if "assessments" in draft.claimed:
        return None
    place = draft.row("assessments")
    if place is None:
        return None
    measure = MEASURES[draft.value("assessments", place, "measure")]
    return draft.put("assessments", place, "value", _outside(draft, measure, None))


def _wrong_unit(draft: Draft) -> Spot | None:
    place = draft.row("patients", draft.sound["patients"]["height_cm"].notna())
    if place is None or "patients" in draft.claimed:
        return None
    metres = draft.value("patients", place, "height_cm") / 100
    return draft.put("patients", place, "height_cm", round(float(metres), 3))


def _spaced_id(draft: Draft) -> Spot | None:
    tables = [name for name in ("courses", "assessments") if name not in draft.claimed]
    for table in draft.rng.permutation(tables):
        place = draft.row(str(table))
        if place is not None:
            name = draft.value(table, place, "patient_id")
            return draft.put(str(table), place, "patient_id", f"{name} ")
    return None


def _lost_id(draft: Draft) -> Spot | None:
    tables = [name for name in ("courses", "assessments") if name not in draft.claimed]
    for table in draft.rng.permutation(tables):
        place = draft.row(str(table))
        if place is not None:
            return draft.put(str(table), place, "patient_id", None)
    return None


def _control(draft: Draft) -> Spot | None:
    place = None if "patients" in draft.claimed else draft.row("patients")
    if place is None:
        return None
    mark = _one_of(draft, ("\n", "\t", "\x1f", "\u2028"))
    return draft.put("patients", place, "centre", f"north{mark}west")


# --- headings ----------------------------------------------------------------------------


def _renamed(draft: Draft) -> Spot | None:
    table, old, new = "patients", "physician_global", "physican_global"
    if table in draft.claimed or f"{table}.{old}" in draft.lost:
        return None
    draft.tables[table] = draft.tables[table].rename(columns={old: new})
    draft.lost.add(f"{table}.{old}")
    draft.note("column dropped", table, None, old, old, None)
    draft.note("column added", table, None, new, None, new)
    return Spot(table, None, None, new, old, new)


def _extra(draft: Draft) -> Spot | None:
    tables = [
        name
        for name in TABLES
        if name not in draft.claimed and "remarks" not in draft.tables[name]
    ]
    if not tables:
        return None
    table = str(draft.rng.permutation(tables)[0])
    draft.tables[table] = draft.tables[table].assign(remarks="none")
    draft.note("column added", table, None, "remarks", None, "none")
    return Spot(table, None, None, "remarks", None, "remarks")


def _twice(draft: Draft) -> Spot | None:
    table, column = "events", "definite"
    frame = draft.tables[table]
    if table in draft.claimed or list(frame.columns).count(column) != 1:
        return None
    again = frame.copy()
    again.insert(len(frame.columns), column, frame[column], allow_duplicates=True)
    draft.tables[table] = again
    draft.lost.add(f"{table}.{column}")  # the later heading is told and not read
    draft.note("column added", table, None, column, None, "a second heading")
    return Spot(table, None, None, column, column, f"{column}, {column}")


def _lost(draft: Draft) -> Spot | None:
    for at in draft.rng.permutation(len(_LOSABLE)):
        table, column = _LOSABLE[at]
        name = f"{table}.{column}"
        if name in draft.lost | draft.claimed or table in draft.claimed:
            continue
        draft.tables[table] = draft.tables[table].drop(columns=column)
        draft.lost.add(name)
        draft.note("column dropped", table, None, column, column, None)
        return Spot(table, None, None, column, column, None)
    return None


_REQUIRED = _columns(lambda c: c.required)
_NUMBERS = _columns(lambda c: c.kind == NUMBER)
_WHOLE = _columns(lambda c: c.kind == INTEGER)
_DAYS = _columns(lambda c: c.unit == "days from diagnosis")
_FLAGS = _columns(lambda c: c.kind == FLAG)
_WORDS = _columns(lambda c: c.kind == TEXT and c.name in _SYNONYMS)
_RANGED = _columns(
    lambda c: {c.low, c.high, c.above, c.below} != {None} and c.name != "value"
)

HEADINGS = (
    Kind("unknown_column.misspelt", "cells", _renamed, "a heading is misspelt"),
    Kind("unknown_column.remarks", "cells", _extra, "a column of remarks is left in"),
    Kind(
        "duplicate_column", "frames", _twice, "a heading of a data frame stands twice"
    ),
    Kind("missing_column", "cells", _lost, "a column was not exported"),
)

CELLS = (
    Kind(
        "missing_value",
        "cells",
        _cell(_REQUIRED, lambda d, c, old: None, needed=True),
        "a cell that must be filled is empty",
    ),
    Kind("missing_value.patient_id", "cells", _lost_id, "a row names no child"),
    Kind(
        "wrong_type.word",
        "cells",
        _cell(_NUMBERS + _WHOLE, lambda d, c, old: "not known", needed=False),
        "a word stands for a number",
    ),
    Kind(
        "wrong_type.decimal_comma",
        "cells",
        _cell(
            _NUMBERS,
            lambda d, c, old: repr(float(old)).replace(".", ","),
            needed=True,
        ),
        "a number has a decimal comma",
    ),
    Kind(
        "wrong_type.date",
        "cells",
        _cell(_DAYS, lambda d, c, old: "2019-02-31", needed=False),
        "a date, and an impossible one, stands for a day",
    ),
    Kind(
        "wrong_type.flag",
        "cells",
        _cell(_FLAGS, lambda d, c, old: _one_of(d, ("yes", "no", "?")), needed=False),
        "a flag is written in words",
    ),
    Kind(
        "not_whole",
        "cells",
        _cell(_WHOLE, lambda d, c, old: float(old) + 0.5, needed=True),
        "a day or a year has a fraction",
    ),
    Kind(
        "not_finite",
        "cells",
        _cell(_NUMBERS, lambda d, c, old: "1e999", needed=False),
        "a number is too large to be one",
    ),
    Kind(
        "out_of_range",
        "cells",
        _cell(_RANGED, _outside, needed=True),
        "a number lies beyond its range",
    ),
    Kind(
        "out_of_range.measured",
        "rows",
        _measured_outside,
        "a measurement lies beyond its range",
    ),
    Kind("out_of_range.unit", "cells", _wrong_unit, "a height is given in metres"),
    Kind(
        "value_not_allowed",
        "cells",
        _cell(_WORDS, lambda d, c, old: _one_of(d, _SYNONYMS[c.name]), needed=True),
        "a code is written in the clinic's own words",
    ),
    Kind("surrounding_spaces", "cells", _spaced_id, "an id ends with a space"),
    Kind("control_character", "cells", _control, "a line break was typed into a cell"),
)
