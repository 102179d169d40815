"""A cohort written out as a register would: in its own dates, units, words and columns.

`exported` writes the four tables of a cohort in a declared dialect and the mapping that
leads back; mapping the export must give the cohort's tables again.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.schema import ANTIBODIES, TABLES

DATE_FORMATS = {
    "DD.MM.YYYY": "%d.%m.%Y",
    "YYYY-MM-DD": "%Y-%m-%d",
    "%d/%m/%Y": "%d/%m/%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "YYYYMMDD": "%Y%m%d",
    "DD MMM YYYY": "%d %b %Y",
    "excel": None,
}
SEXES = {
    "german": {"female": "weiblich", "male": "männlich", "unknown": "unbekannt"},
    "letters": {"female": "W", "male": "M", "unknown": "U"},
    "codes": {"female": "1", "male": "2", "unknown": "9"},
}
FLAGS = {
    "ja": {True: "ja", False: "nein"},
    "yes": {True: "Yes", False: "No"},
    "codes": {True: "1", False: "2"},
}
NAMES = {
    "NXP2": ("MJ (p140)", "anti-NXP2", "NXP-2", "p140"),
    "TIF1g": ("p155/140", "TIF1-γ", "TRIM33", "anti-TIF1gamma"),
    "MDA5": ("CADM-140", "MDA-5", "IFIH1", "anti-MDA5"),
    "Mi2": ("Mi-2", "Mi2α/β", "anti-Mi-2β", "Mi2"),
    "ARS": ("Jo-1", "PL-7", "PL-12", "EJ"),
    "SRP": ("SRP54", "SRP", "anti-SRP", "SRP-54"),
    "HMGCR": ("HMGCR", "HMG-CoA", "anti-HMGCR", "HMG-CoA-Reduktase"),
    "SAE": ("SAE1/2", "SAE", "anti-SAE1", "SAE-1"),
    "PMScl": ("PM-Scl 75/100", "PM/Scl", "PM-Scl-100", "PM-Scl75"),
    "other": ("anti-Ku", "U1-RNP", "Ku", "cN1A"),
}
DOSE_UNITS = {
    "per_day": ("mg/Tag", "mg/d", "g/d"),
    "per_kg_day": ("mg/kg KG/Tag", "mg/kg/d", "g/kg/d"),
    "per_dose": ("mg/Dosis", "mg/dose", "g/ED"),
    "per_m2": ("mg/m²", "mg/m2", "g/m2"),
}


@dataclass(frozen=True)
class Dialect:
    """How an export is written."""

    dates: str = "DD.MM.YYYY"
    decimal: str = ","
    thousands: str = ""
    sex: str = "german"
    flags: str = "ja"
    antibodies: str = "cell"  # or "panel"
    name: int = 0
    weight: str = "kg"
    height: str = "cm"
    ck: str = "U/L"
    age: str = "years"
    dose: str = "column"  # or "cell"
    dose_unit: int = 0
    missing: str = ""
    stacked: bool = False
    typed: bool = False


FACTORS = {"kg": 1, "g": 1000, "cm": 1, "m": 0.01, "U/L": 1, "µkat/L": 1 / 60}
FACTORS |= {"years": 1, "months": 12}


def exported(
    tables: dict[str, pd.DataFrame], diagnosis: pd.Series, dialect: Dialect
) -> tuple[dict[str, RawTable], str]:
    """Write tables out; return them as a door would hand them over, and the mapping.

    Parameters
    ----------
    tables : dict of str to DataFrame
        In the schema's shape.
    diagnosis : Series of date
        By the child's id.
    dialect : Dialect
    """
    writer = _Writer(dialect, diagnosis)
    frames = {name: writer.table(name, tables[name]) for name in TABLES}
    if dialect.stacked:
        for name, frame in frames.items():
            frame.insert(0, "Satzart", name)
        frames = {"alles": pd.concat(frames.values(), ignore_index=True)}
    raws = {}
    for name, frame in frames.items():
        frame = frame.astype(object)
        frame[frame.isna()] = None
        decimal = None if dialect.typed else dialect.decimal
        lines = np.arange(2, len(frame) + 2)
        raws[name] = RawTable(name, f"{name}.csv", frame, lines, decimal)
    return raws, writer.mapping()


class _Writer:
    def __init__(self, dialect: Dialect, diagnosis: pd.Series) -> None:
        self.dialect, self.diagnosis = dialect, diagnosis
        self.rules: dict[str, dict[str, str]] = {name: {} for name in TABLES}

    def table(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        out: dict[str, Any] = {}
        ids = list(frame["patient_id"])
        for column in TABLES[name].columns:
            if column.name in ("pattern", "diagnosis_year"):
                continue
            self._column(name, column, frame, ids, out)
        if name == "patients":
            out["Diagnosedatum"] = [self._date(child, 0) for child in ids]
        return pd.DataFrame(out, index=range(len(frame)), dtype=object)

    def _column(self, name: str, column: Any, frame: Any, ids: list, out: dict) -> None:
        cells = [None if pd.isna(cell) else cell for cell in frame[column.name]]
        heading, rules = f"x {column.name}", self.rules[name]
        rule = f'{{ column = "{heading}" }}'
        if column.unit == "days from diagnosis":
            rule = f'{{ column = "{heading}", date = true }}'
            cells = [
                None if day is None else self._date(child, int(day))
                for child, day in zip(ids, cells, strict=True)
            ]
        elif column.kind == "flag" and column.name != "ro52":
            words = FLAGS[self.dialect.flags]
            cells = [None if cell is None else words[bool(cell)] for cell in cells]
            values = ", ".join(f'"{w}" = {str(f).lower()}' for f, w in words.items())
            rule = f'{{ column = "{heading}", values = {{ {values} }} }}'
        elif column.name == "sex":
            words = SEXES[self.dialect.sex]
            cells = [None if cell is None else words[cell] for cell in cells]
            values = ", ".join(f'"{w.upper()}" = "{s}"' for s, w in words.items())
            rule = f'{{ column = "{heading}", values = {{ {values} }} }}'
        elif column.name in ("antibody", "ro52"):
            if column.name == "antibody":
                rules["antibody"] = self._antibodies(frame, out)
            return
        elif column.name in ("dose_mg", "dose_basis"):
            if column.name == "dose_mg":
                rules["dose_mg"] = self._doses(frame, out)
            return
        elif column.kind in ("number", "integer"):
            cells, rule = self._figures(column, cells, heading)
        out[heading] = [self.dialect.missing or None if c is None else c for c in cells]
        rules[column.name] = rule

    def _date(self, child: str, day: int) -> Any:
        date = self.diagnosis[child] + datetime.timedelta(days=day)
        if self.dialect.typed:
            return pd.Timestamp(date)
        style = DATE_FORMATS[self.dialect.dates]
        if style is None:
            return str((date - datetime.date(1899, 12, 30)).days)
        return date.strftime(style)

    def _number(self, value: float, times: float = 1, text: bool = False) -> Any:
        value = value * times
        if self.dialect.typed and not text:
            return value
        said = repr(float(value)).removesuffix(".0")
        whole, dot, part = said.partition(".")
        if self.dialect.thousands and "e" not in said and len(whole.lstrip("-")) > 3:
            whole = f"{int(whole):,}".replace(",", self.dialect.thousands)
        return whole + (self.dialect.decimal if dot else "") + part

    def _figures(self, column: Any, cells: list, heading: str) -> tuple[list, str]:
        units = {
            **{"weight_kg": self.dialect.weight, "height_cm": self.dialect.height},
            **{"ck_u_l": self.dialect.ck, "age_at_diagnosis_years": self.dialect.age},
        }
        unit = units.get(column.name)
        times = FACTORS[unit] if unit else 1
        written = [None if c is None else self._number(c, times) for c in cells]
        return written, (
            f'{{ column = "{heading}"'
            + (f', unit = "{unit}"' if unit else "")
            + (
                f', thousands = "{self.dialect.thousands}"'
                if self.dialect.thousands
                else ""
            )
            + " }"
        )

    def _antibodies(self, frame: pd.DataFrame, out: dict) -> str:
        antibodies, ro52 = list(frame["antibody"]), list(frame["ro52"])
        if self.dialect.antibodies == "cell":
            out["Myositis-AK"] = [
                self._cell(a, r) for a, r in zip(antibodies, ro52, strict=True)
            ]
            return (
                '{ column = "Myositis-AK", read = "antibodies", not_tested = ["n.d."] }'
            )
        names = [*ANTIBODIES[:-2], "Ro52"]
        for name in names:
            out[f"AK {name}"] = [
                _panel_word(name, a, r) for a, r in zip(antibodies, ro52, strict=True)
            ]
        panel = ", ".join(f'"{name}" = "AK {name}"' for name in names)
        words = 'negative = ["-"], not_tested = ["n.d."]'
        return f"{{ panel = {{ {panel} }}, {words} }}"

    def _cell(self, antibody: str, ro52: Any) -> str:
        if antibody == "none":
            said = ("MSA neg.", "negativ", "kein Nachweis", "MSA: negative")
            said = said[self.dialect.name]
        elif antibody == "untested":
            said = ("n.d.", "nicht getestet", "ausstehend", "not tested")[
                self.dialect.name
            ]
        else:
            mark = ("pos.", "++", "positiv", "+")[self.dialect.name]
            said = f"{NAMES[antibody][self.dialect.name]} {mark}"
        return said + ("" if pd.isna(ro52) else ", Ro52 +" if ro52 else ", Ro52 neg")

    def _doses(self, frame: pd.DataFrame, out: dict) -> str:
        doses, units, text = [], [], self.dialect.dose == "cell"
        for dose, basis in zip(frame["dose_mg"], frame["dose_basis"], strict=True):
            unit = None if pd.isna(basis) else DOSE_UNITS[basis][self.dialect.dose_unit]
            times = 0.001 if unit and unit.startswith("g") else 1
            doses.append(None if pd.isna(dose) else self._number(dose, times, text))
            units.append(unit)
        if self.dialect.dose == "column":
            out["Dosis"], out["Einheit"] = doses, units
            unit_column = 'unit = { column = "Einheit" }'
            return '{ column = "Dosis", ' + unit_column + self._thousands()
        out["Dosierung"] = [
            None if dose is None else f"{dose} {unit}"
            for dose, unit in zip(doses, units, strict=True)
        ]
        return '{ column = "Dosierung", read = "dose"' + self._thousands()

    def _thousands(self) -> str:
        mark = self.dialect.thousands
        return f', thousands = "{mark}" }}' if mark else " }"

    def mapping(self) -> str:
        dialect = self.dialect
        lines = ["version = 1", "[dates]", f'format = "{dialect.dates}"']
        lines += [
            'diagnosis = "Diagnosedatum"',
            "[read]",
            f'decimal = "{dialect.decimal}"',
        ]
        lines += [f'missing = ["", {json.dumps(dialect.missing)}]']
        for name, rules in self.rules.items():
            lines.append(f"[{name}]")
            if dialect.stacked:
                lines.append(f'where = {{ Satzart = ["{name.upper()}"] }}')
            else:
                lines.append(f'from = "{name}"')
            lines.append(f"[{name}.columns]")
            lines += [f"{column} = {rule}" for column, rule in rules.items()]
        return "\n".join(lines)


def _panel_word(name: str, antibody: str, ro52: Any) -> str | None:
    if name == "Ro52":
        return None if pd.isna(ro52) else "+" if ro52 else "-"
    if antibody == "untested":
        return "n.d."
    return "positiv" if antibody == name else "negativ"
