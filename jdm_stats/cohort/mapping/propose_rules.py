"""The rule of one column, as a proposal would write it, with what is to be asked."""

from __future__ import annotations

import re
from typing import Any

from jdm_stats.cohort.mapping.propose_dates import DateSettlement
from jdm_stats.cohort.mapping.propose_looks import ColumnLook, TableLook
from jdm_stats.cohort.mapping.propose_toml import Draft
from jdm_stats.cohort.mapping.propose_values import MISSING, UNSETTLED, read_codes
from jdm_stats.cohort.mapping.units import dose_unit, factor
from jdm_stats.schema import MEASURES, TABLES, Column

__all__ = ["Rules", "doubts_of"]

_DAILY = re.compile(
    r"tagesdosis|daily|journali|diaria|giornaliera|per day|pro tag|/d\b"
)


class Rules:
    """Writes one rule after another into a draft, and asks where it must.

    Parameters
    ----------
    draft : Draft
    dates : DateSettlement
    """

    def __init__(self, draft: Draft, dates: DateSettlement) -> None:
        self.draft, self.dates = draft, dates

    def put(
        self, look: TableLook, one: ColumnLook, ours: str, rule: Any, ask: str
    ) -> None:
        """Write a rule and note that its column is used; a doubtful heading is asked."""
        self.draft.used.add((look.name, one.name))
        doubts = [ask] if ask else []
        doubts = doubts_of(look, one, ours) + doubts
        if isinstance(rule, dict) and set(rule) == {"column"}:
            rule = rule["column"]
        self.draft.put(ours, rule, "; ".join(doubts))

    def plain(self, look: TableLook, one: ColumnLook, ours: str) -> None:
        """Write a column that is taken as it stands."""
        self.put(look, one, ours, one.name, "")

    def date(self, look: TableLook, one: ColumnLook, ours: str, ask: str = "") -> None:
        """Write a date, in its own format where it has one."""
        rule: dict[str, Any] = {"column": one.name, "date": True}
        if one.dates is None:
            ask = "its cells are no dates in any format known here"
            if one.numeric:
                ask = (
                    "its cells are figures: a count of days (write days = true) or a "
                    "spreadsheet's serial number (date = 'excel')? Months and ages must be "
                    "turned into days first"
                )
            rule["date"] = UNSETTLED
        else:
            own = self.dates.own.get((look.table.name, one.name))
            rule["date"] = own if own else True
            if own == UNSETTLED:
                ask = "day and month cannot be told apart"
            elif one.dates.odd:
                cells = ", ".join(map(repr, one.dates.odd))
                count = one.dates.cells - one.dates.fit
                ask = f"written otherwise ({count}): {cells}"
        self.put(look, one, ours, rule, ask)

    def codes(self, look: TableLook, one: ColumnLook, ours: str, kind: str) -> None:
        """Write the meaning of each code; ``"?"`` where no word says it."""
        words = one.given()
        meanings = read_codes(kind, words)
        values: dict[str, Any] = {
            word: {"true": True, "false": False}.get(m, m) if kind == "flag" else m
            for word, m in meanings.items()
        }
        rule: dict[str, Any] = {"column": one.name, "values": values}
        open_words = [w for w, meaning in meanings.items() if meaning == UNSETTLED]
        if len(open_words) > 12:
            rule["values"] = UNSETTLED
        ask = ""
        if open_words:
            listed = ", ".join(map(repr, open_words[:6]))
            ask = f"what {listed} mean{'s' if len(open_words) == 1 else ''} is for you to say"
            if kind == "exit_reason":
                ask += "; a death needs a block of [[events]] too"
        elif kind == "exit_reason":
            ask = "see whether these words mean the same in your register"
        elif MISSING in meanings.values():
            ask = "the words for not known become missing"
        self.put(look, one, ours, rule, ask)

    def figure(
        self, look: TableLook, one: ColumnLook, ours: str, measure: str = ""
    ) -> None:
        """Write a measured figure with the unit its heading names."""
        column = _schema_column(measure or ours)
        rule: dict[str, Any] = {"column": one.name}
        unit, ask = one.heading.unit, ""
        if unit and factor(column, unit) is not None:
            rule["unit"] = unit
        elif unit:
            rule["unit"], ask = (
                UNSETTLED,
                f"{unit!r} is no unit of {column.name} known here",
            )
        elif column.unit in ("years", "year") and not _within(one, column):
            rule["unit"] = UNSETTLED
            ask = f"no unit is named, and {_range(one)} are no {column.unit}: which?"
        elif column.unit not in ("", "points", "years", "year"):
            ask = f"no unit is named; {_range(one)} is taken for {column.unit}"
            if not _within(one, column):
                rule["unit"] = UNSETTLED
                ask = (
                    f"no unit is named, and {_range(one)} are no {column.unit}: which?"
                )
        if one.figures < one.filled and not one.missing:
            ask = ask or "not all cells are figures"
        self.put(look, one, ours, rule, ask)

    def dose(self, look: TableLook, one: ColumnLook, unit: ColumnLook | None) -> None:
        """Write a dose with its unit: in a column, in the heading or in the cell."""
        rule: dict[str, Any] = {"column": one.name}
        asks = []
        written: list[str] = []
        if not one.numeric and one.given():
            rule["read"] = "dose"
        elif unit is not None:
            rule["unit"] = {"column": unit.name}
            self.draft.used.add((look.name, unit.name))
            written = unit.given()
            strange = [word for word in written if dose_unit(word) is None]
            if strange:
                rule["unit"]["values"] = dict.fromkeys(strange, UNSETTLED)
                asks.append(f"{', '.join(map(repr, strange))}: no unit known here")
        elif one.heading.unit and dose_unit(one.heading.unit):
            written = [one.heading.unit]
            rule["unit"] = one.heading.unit
        else:
            rule["unit"] = UNSETTLED
            asks.append("no unit is named; write 'mg', 'mg/kg', or { column = ... }")
        if any(_bare_mass(word) for word in written):
            daily = _DAILY.search(one.name.casefold())
            rule["per"] = "day" if daily else UNSETTLED
            if not daily:
                asks.append(
                    "is a dose in plain mg one of a day or of one giving (dose)?"
                )
        self.put(look, one, "dose_mg", rule, "; ".join(asks))

    def constant(self, ours: str, value: Any, ask: str) -> None:
        """Write a constant, or a question where no column was found."""
        self.draft.put(ours, value, ask)


def doubts_of(look: TableLook, one: ColumnLook, ours: str) -> list[str]:
    """Return what is not plain of a heading: its meaning, or that others mean it too."""
    said = []
    if one.heading.told_by == "cells":
        said.append(f"the cells of {one.name!r} look like {ours}; see whether they are")
    elif not one.heading.sure:
        said.append(f"the heading {one.name!r} only suggests {ours}")
    rivals = [] if ":" in str(one.meaning) else look.rivals(one)
    if rivals:
        listed = ", ".join(map(repr, rivals[:3]))
        said.append(f"{listed} may be meant as well")
    return said


def _bare_mass(word: str) -> bool:
    unit = dose_unit(word)
    return unit is not None and unit.basis is None


def _schema_column(ours: str) -> Column:
    if ours in MEASURES:
        return MEASURES[ours]
    return TABLES["patients"][ours]


def _figures_of(one: ColumnLook) -> list[float]:
    figures = []
    for word in one.words:
        try:
            figures.append(float(word.replace(",", ".")))
        except ValueError:
            continue
    return figures


def _known(*ends: float | None) -> list[float]:
    return [end for end in ends if end is not None]


def _within(one: ColumnLook, column: Column) -> bool:
    """Whether most figures could stand in a column of ours as they are."""
    figures = _figures_of(one)
    low = max(_known(column.low, column.above), default=float("-inf"))
    high = min(_known(column.high, column.below), default=float("inf"))
    return sum(low <= each <= high for each in figures) >= 0.5 * len(figures)


def _range(one: ColumnLook) -> str:
    figures = _figures_of(one)
    if not figures:
        return "the column"
    return f"{min(figures):g} to {max(figures):g}"
