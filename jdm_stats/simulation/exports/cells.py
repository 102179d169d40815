"""The columns of a register, written from those of a cohort, with the rules that lead back."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.mapping.numbers import tidy_product
from jdm_stats.schema import ANTIBODIES, FLAG, INTEGER, NUMBER, TABLES, Column
from jdm_stats.simulation.exports.styles import Style
from jdm_stats.simulation.exports.words import ANTIBODY_NAMES

__all__ = ["SLOT", "Calendar", "Variant", "Written", "write_date", "write_table"]

SLOT = "\x00"  # stands behind each heading in a rule, for the number of a slot
_MONTHS = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]


@dataclass(frozen=True, slots=True)
class Variant:
    """What registers of one style do one way or another."""

    panel: bool  # antibodies in a column each, or in one cell
    dose_in_words: bool  # "2 mg/kg/Tag" in one cell, or figure and unit apart
    grams: bool  # weight in grams
    numbered: bool  # intervals in figures, not in words
    missing: str  # the word for an empty cell
    merged: bool  # the mapping merges rows of one child
    declared: bool  # the mapping declares encoding and delimiter
    own_year: bool  # the year of diagnosis has a column of its own

    @classmethod
    def drawn(
        cls, style: Style, rng: np.random.Generator, tables: Mapping[str, pd.DataFrame]
    ) -> Variant:
        """Let chance choose, as far as the cohort allows."""
        panel, words, grams, numbered, gap, merged, declared = rng.random(7) < 0.5
        said = {
            str(value).strip()
            for table, column in (("patients", "centre"), ("events", "site"))
            for value in tables[table][column].dropna()
        }
        whole = [
            round(w * 1000) / 1000 for w in tables["patients"]["weight_kg"].dropna()
        ]
        exact = whole == tables["patients"]["weight_kg"].dropna().tolist()
        return cls(
            *(bool(panel), bool(words), bool(grams and exact), bool(numbered)),
            style.missing if gap and style.missing not in said else "",
            *(bool(merged), bool(declared)),
            bool(tables["patients"]["diagnosis_year"].isna().any()),
        )


@dataclass(frozen=True, slots=True)
class Calendar:
    """Day 0 and the birth of each child."""

    diagnosis: Mapping[str, datetime.date]
    birth: Mapping[str, datetime.date]
    last: datetime.date

    @classmethod
    def drawn(
        cls, tables: Mapping[str, pd.DataFrame], rng: np.random.Generator
    ) -> Calendar:
        """Choose a date of diagnosis in the child's year, and a birth before all else."""
        patients = tables["patients"]
        ids = patients["patient_id"].tolist()
        years = patients["diagnosis_year"].fillna(2012).astype(int).tolist()
        spread = rng.integers(0, 365, len(ids)).tolist()
        zero = {
            child: datetime.date(year, 1, 1) + datetime.timedelta(days=days)
            for child, year, days in zip(ids, years, spread, strict=True)
        }
        days = _all_days(tables)
        first = days.groupby("patient_id")["day"].min().to_dict()
        age = dict(zip(ids, patients["age_at_diagnosis_years"].fillna(8), strict=True))
        birth = {
            child: zero[child]
            + datetime.timedelta(days=min(int(-age[child] * 365.25), int(first[child])))
            for child in ids
        }
        latest = days.groupby("patient_id")["day"].max().to_dict()
        last = max(zero[c] + datetime.timedelta(days=int(latest[c])) for c in ids)
        return cls(zero, birth, last + datetime.timedelta(days=10))


def _all_days(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    parts = [
        tables[name][["patient_id", column.name]]
        .dropna()
        .set_axis(["patient_id", "day"], axis=1)
        for name, table in TABLES.items()
        for column in table.columns
        if column.unit == "days from diagnosis"
    ]
    zeros = tables["patients"][["patient_id"]].assign(day=0)
    return pd.concat([zeros, *(part.astype({"day": float}) for part in parts)])


@dataclass(slots=True)
class Written:
    """One table as the register writes it.

    Parameters
    ----------
    cells : dict of heading to list of str
    rules : dict of our column to its rule in the mapping
        Headings end in `SLOT`.
    headings : dict of our column to the heading it is read from
    """

    cells: dict[str, list[str]] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)


def write_date(day: datetime.date, style: Style, *, short: bool = False) -> str:
    """Write a date; ``short`` leaves out noughts in front.

    Examples
    --------
    >>> from jdm_stats.simulation.exports.styles import STYLES
    >>> write_date(datetime.date(2019, 3, 2), STYLES["english"])
    '02-Mar-2019'
    """
    month = _MONTHS[day.month - 1]
    parts = {"YYYY": f"{day.year:04d}", "MMM": month}
    parts |= {
        "MM": f"{day.month}" if short else f"{day.month:02d}",
        "DD": f"{day.day}" if short else f"{day.day:02d}",
    }
    said = style.date
    for token, part in parts.items():
        said = said.replace(token, part, 1) if token in said else said
    return said


def _quoted(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)


def write_table(
    name: str,
    frame: pd.DataFrame,
    style: Style,
    variant: Variant,
    calendar: Calendar,
    rng: np.random.Generator,
) -> Written:
    """Write one table of a cohort.

    Parameters
    ----------
    name : str
    frame : DataFrame
    style : Style
    variant : Variant
    calendar : Calendar
    rng : Generator
        Chooses among the names of a drug or an antibody.
    """
    writer = _Writer(name, style, variant, calendar, rng, Written())
    ids = frame["patient_id"].tolist()
    for column in TABLES[name].columns:
        cells = [None if pd.isna(cell) else cell for cell in frame[column.name]]
        writer.column(column, cells, ids, frame)
        if name == "patients" and column.name == "sex":
            writer.child_dates(ids)
    if name == "patients":
        remark = [style.comment if rng.random() < 0.3 else "" for _ in ids]
        writer.made.cells[style.headings["patients"]["comment"]] = remark
    return writer.made


@dataclass(frozen=True, slots=True)
class _Writer:
    name: str
    style: Style
    variant: Variant
    calendar: Calendar
    rng: np.random.Generator
    made: Written

    def put(self, column: str, cells: Sequence[str | None], rule: str = "") -> None:
        heading = self.style.headings[self.name][column]
        gap = self.variant.missing if column != "patient_id" else ""
        self.made.cells[heading] = [gap if c is None else c for c in cells]
        self.made.headings[column] = heading
        if rule is not None:
            self.made.rules[column] = f"{{ column = {self.named(heading)}{rule} }}"

    @staticmethod
    def named(heading: str) -> str:
        return _quoted(heading)[:-1] + SLOT + '"'

    def child_dates(self, ids: Sequence[str]) -> None:
        for key in ("birth", "diagnosis"):
            dates = getattr(self.calendar, key)
            self.put(key, [write_date(dates[c], self.style) for c in ids])
            del self.made.rules[key]

    def column(
        self, column: Column, cells: list[Any], ids: list[str], frame: pd.DataFrame
    ) -> None:
        special = {
            **{"antibody": self.antibodies, "ro52": self.nothing},
            **{"dose_mg": self.doses, "dose_basis": self.nothing},
            **{"drug": self.drugs, "value": self.values},
            **{"every_n_days": self.intervals, "diagnosis_year": self.years},
        }
        if column.name in special:
            special[column.name](cells, frame)
        elif column.unit == "days from diagnosis":
            zero = self.calendar.diagnosis
            said = [
                None if day is None else self.date(zero[child], int(day))
                for child, day in zip(ids, cells, strict=True)
            ]
            self.put(column.name, said, ", date = true")
        elif column.name in self.style.words:
            self.coded(column.name, cells, self.style.words[column.name])
        elif column.kind == FLAG:
            yes, no = self.style.flags
            said = [None if c is None else yes if c else no for c in cells]
            values = f", values = {{ {_quoted(yes)} = true, {_quoted(no)} = false }}"
            self.put(column.name, said, values)
        elif column.kind in (NUMBER, INTEGER):
            self.figures(column, cells)
        else:
            self.put(column.name, [None if c is None else str(c) for c in cells])

    def nothing(self, cells: list[Any], frame: pd.DataFrame) -> None:
        """Leave out a column that comes with another."""

    def date(self, zero: datetime.date, day: int) -> str:
        return write_date(zero + datetime.timedelta(days=day), self.style)

    def coded(self, name: str, cells: list[Any], words: Mapping[str, str]) -> None:
        pairs = ", ".join(
            f"{_quoted(w)} = {_quoted(ours)}" for ours, w in words.items()
        )
        said = [None if c is None else words[c] for c in cells]
        self.put(name, said, f", values = {{ {pairs} }}")

    def number(self, value: float) -> str:
        said = repr(float(value)).removesuffix(".0")
        return said.replace(".", self.style.decimal)

    def figures(self, column: Column, cells: list[Any]) -> None:
        grams = self.variant.grams and column.name == "weight_kg"
        times = 1000 if grams else 1
        said = [
            None if c is None else self.number(tidy_product(c, times)) for c in cells
        ]
        units = {"weight_kg": "g" if grams else "kg", "height_cm": "cm"}
        units |= {"ck_u_l": "U/L"}
        unit = units.get(column.name)
        self.put(column.name, said, f', unit = "{unit}"' if unit else "")

    def years(self, cells: list[Any], frame: pd.DataFrame) -> None:
        if self.variant.own_year:
            self.put(
                "diagnosis_year", [None if c is None else str(int(c)) for c in cells]
            )

    def drugs(self, cells: list[Any], frame: pd.DataFrame) -> None:
        self.put("drug", [self.one_of(self.style.drugs.get(c, (c,))) for c in cells])

    def one_of(self, words: Sequence[str]) -> str:
        return words[int(self.rng.integers(len(words)))]

    def intervals(self, cells: list[Any], frame: pd.DataFrame) -> None:
        daily, often = self.style.intervals
        said: list[str | None] = []
        for n in cells:
            if n is None or self.variant.numbered:
                said.append(None if n is None else str(int(n)))
            else:
                said.append(daily if n == 1 else often.format(int(n)))
        self.put("every_n_days", said)

    def values(self, cells: list[Any], frame: pd.DataFrame) -> None:
        units = {
            "ck_u_l": "U/L",
            "ldh_u_l": "U/L",
            "weight_kg": "kg",
            "height_cm": "cm",
        }
        said = [units.get(m, self.style.points) for m in frame["measure"]]
        heading = self.style.headings[self.name]["value_unit"]
        unit = f", unit = {{ column = {self.named(heading)} }}"
        self.put("value", [None if c is None else self.number(c) for c in cells], unit)
        self.put("value_unit", said)
        del self.made.rules["value_unit"]

    def doses(self, cells: list[Any], frame: pd.DataFrame) -> None:
        units = [
            None if pd.isna(basis) or dose is None else self.style.per[basis]
            for dose, basis in zip(cells, frame["dose_basis"], strict=True)
        ]
        said = [None if c is None else self.number(c) for c in cells]
        if self.variant.dose_in_words:
            words = [
                None if d is None else f"{d} {u}"
                for d, u in zip(said, units, strict=True)
            ]
            self.put("dose_mg", words, ', read = "dose"')
            return
        heading = self.style.headings["courses"]["dose_unit"]
        self.put("dose_mg", said, f", unit = {{ column = {self.named(heading)} }}")
        self.put("dose_unit", units)
        del self.made.rules["dose_unit"]

    def antibodies(self, cells: list[Any], frame: pd.DataFrame) -> None:
        ro52 = [None if pd.isna(r) else bool(r) for r in frame["ro52"]]
        if not self.variant.panel:
            said = [self.result(a, r) for a, r in zip(cells, ro52, strict=True)]
            self.put("antibody", said, ', read = "antibodies"')
            return
        of, tests = self.style.results, []
        for name in ANTIBODIES[:-2]:
            heading = f"AK {name}"
            self.made.cells[heading] = [
                of["untested" if a == "untested" else "negative"]
                if a != name
                else of["positive"]
                for a in cells
            ]
            tests.append(f'"{name}" = {self.named(heading)}')
        heading = self.style.headings["patients"]["ro52"]
        words = {
            None: self.variant.missing,
            True: of["positive"],
            False: of["negative"],
        }
        self.made.cells[heading] = [words[r] for r in ro52]
        tests.append(f'"Ro52" = {self.named(heading)}')
        self.made.rules["antibody"] = f"{{ panel = {{ {', '.join(tests)} }} }}"

    def result(self, antibody: str, ro52: bool | None) -> str:
        of = self.style.results
        if antibody in ("none", "untested"):
            said = of[antibody]
        else:
            said = f"{self.one_of(ANTIBODY_NAMES[antibody])} {of['positive']}"
        beside = {None: "", True: ", Ro52 +", False: ", Ro52 -"}[ro52]
        return said + beside
