"""Units of measurement and what each is in the unit of our column.

A conversion multiplies by an exact factor and rounds to 12 significant figures, so that
0.07 g is 70 mg. One katal is one mole a second and one unit (U) one micromole a minute:
1 µkat/L is 60 U/L. A pound is 0.45359237 kg and an inch 2.54 cm, by definition. A year
has 12 months or 365.25 days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from jdm_stats.cohort.mapping.words import plain
from jdm_stats.schema import DAYS_PER_YEAR, MEASURES, Column

__all__ = ["UNITS", "DoseUnit", "dose_unit", "dose_unit_at", "factor", "unit_problem"]


def _table(**units: float) -> Mapping[str, float]:
    return MappingProxyType(units)


# Base unit -> factor -> words, as `plain` leaves them.
_WORDS: Mapping[str, Mapping[float, str]] = MappingProxyType(
    {
        "kg": {
            1: "kg kilo kilos kilogramm kilogram kilograms kilogramme kilogrammes",
            0.001: "g gr gramm gram grams gramme grammes",
            0.45359237: "lb lbs pound pounds",
        },
        "cm": {
            1: "cm zentimeter centimeter centimeters centimetre centimetres",
            100: "m meter meters metre metres mètre mètres metro metros metri",
            0.1: "mm millimeter millimetre",
            2.54: "in inch inches zoll",
        },
        "U/L": {
            1: "u/l iu/l ui/l ie/l e/l u/i mu/ml miu/ml",
            1000: "u/ml iu/ml ku/l",
            60: "μkat/l ukat/l mikrokat/l microkat/l",
            0.06: "nkat/l",
        },
        "years": {
            1: "years year yrs yr y jahre jahr j a ans an años año anni anno",
            1 / 12: "months month mths mo monate monat mon mois meses mes mesi mese",
            1 / DAYS_PER_YEAR: "days day d tage tag jours jour días día giorni giorno",
        },
        "points": {1: "points point punkte punkt pts pkt"},
        "days": {
            1: "days day d tage tag jours jour días día giorni giorno",
            7: "weeks week wk w wochen woche semaines semaine semanas semana settimane",
        },
    }
)
UNITS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        unit: _table(**{w: times for times, words in by.items() for w in words.split()})
        for unit, by in _WORDS.items()
    }
)
# A visual analogue scale is marked on a line of ten centimetres.
_SCALE_UNITS = _table(**UNITS["points"], cm=1, mm=0.1)

_MASS = {
    **dict.fromkeys(("mg", "milligramm", "milligram", "milligrams", "milligrammes"), 1),
    **dict.fromkeys(("g", "gr", "gramm", "gram", "grams", "grammes"), 1000),
    **dict.fromkeys(
        ("μg", "ug", "mcg", "mikrogramm", "microgram", "micrograms"), 0.001
    ),
}
_PER = r"\s*(?:/|\bpro\b|\bper\b|\bje\b|\bpar\b|\bpor\b|\bal\b|\bau\b)\s*"
_DAY = r"d|die|day|tag|tg|24 ?h|24 ?std\.?|jour|jr|j|día|dia|giorno|g"
_DAILY = (
    r"tgl\.?|täglich|taeglich|am tag|daily|a day|od|o\.d\.|qd|q\.d\.|quotidien"
    r"|diario|al día|al giorno"
)
_DOSE = (
    r"dose|dosis|dosi|ed|e\.d\.|einzeldosis|gabe|einzelgabe|infusion|inf\.?|puls|pulse"
    r"|prise|toma|mal|applikation|injektion|injection"
)
_WEEK = r"woche|wo\.?|wk|week|w|semaine|sem\.?|semana|settimana"
_WEEKLY = r"wöchentlich|woechentlich|weekly|hebdomadaire|semanal|settimanale"
_DOSE_UNIT = re.compile(
    rf"(?P<mass>{'|'.join(sorted(_MASS, key=len, reverse=True))})"
    rf"(?:{_PER}(?P<kg>kg(?:\s?-?(?:kg|bw|body weight|körpergewicht|gewicht))?)"
    rf"|{_PER}(?P<m2>m2|qm|m\^2|m\*\*2)(?:\s?(?:kof|bsa|ko))?)?"
    rf"(?:{_PER}(?P<day>{_DAY})|\s+(?P<daily>{_DAILY})|{_PER}(?P<dose>{_DOSE})"
    rf"|{_PER}(?P<week>{_WEEK})|\s+(?P<weekly>{_WEEKLY}))?"
)
_DOSE_UNIT_AT = re.compile(rf"(?:{_DOSE_UNIT.pattern})(?![^\W_])")


@dataclass(frozen=True, slots=True)
class DoseUnit:
    """What a dose is counted in.

    Parameters
    ----------
    mg : float
        Milligrams in one of it.
    basis : str or None
        The dose_basis it says; None for a bare mass, which says none.
    every : int or None
        Days between doses, when the unit tells (per week: 7).
    daily : bool
        Whether it says per day in so many words.
    """

    mg: float
    basis: str | None
    every: int | None = None
    daily: bool = False


@lru_cache(maxsize=4096)
def dose_unit(said: str) -> DoseUnit | None:
    """Read the unit of a dose; None when it is not one.

    Examples
    --------
    >>> dose_unit("mg/kg KG/Tag")
    DoseUnit(mg=1, basis='per_kg_day', every=None, daily=True)
    >>> dose_unit("g")
    DoseUnit(mg=1000, basis=None, every=None, daily=False)
    >>> dose_unit("mg/m²/Woche")
    DoseUnit(mg=1, basis='per_m2', every=7, daily=False)
    >>> dose_unit("Hub") is None
    True
    """
    found = _DOSE_UNIT.fullmatch(plain(said).rstrip("."))
    return None if found is None else _meaning(found)


def dose_unit_at(text: str, start: int) -> tuple[int, DoseUnit] | None:
    """Return the end and the meaning of the unit of a dose that begins at ``start``."""
    found = _DOSE_UNIT_AT.match(text, start)
    return None if found is None else (found.end(), _meaning(found))


def _meaning(found: re.Match[str]) -> DoseUnit:
    weekly = bool(found["week"] or found["weekly"])
    daily = bool(found["day"] or found["daily"])
    basis = None
    if found["kg"]:
        basis = "per_kg_day"
    elif found["m2"]:
        basis = "per_m2"
    elif daily:
        basis = "per_day"
    elif found["dose"] or weekly:
        basis = "per_dose"
    return DoseUnit(_MASS[found["mass"]], basis, 7 if weekly else None, daily)


def factor(column: Column, said: str) -> float | None:
    """Return what one of a unit is in the unit of a column; None when it is none.

    Examples
    --------
    >>> factor(MEASURES["ck_u_l"], "µkat/L"), factor(MEASURES["weight_kg"], "cm")
    (60, None)
    """
    known = UNITS.get(column.unit, {})
    if column.name == "physician_global":
        known = _SCALE_UNITS
    return known.get(plain(said).replace(" ", "").rstrip("."))


def unit_problem(column: Column, said: str) -> str | None:
    """Return why a unit cannot be that of a column, or None.

    Examples
    --------
    >>> unit_problem(MEASURES["height_cm"], "kg")
    'is no unit of height_cm that is known here; known are cm, m, mm, in'
    """
    if column.name == "dose_mg":
        if dose_unit(said):
            return None
        return "is no unit of a dose; write as mg, g, µg, mg/kg/day, mg/m2 or mg/dose"
    measured = MEASURES.values() if column.name == "value" else (column,)
    if any(factor(each, said) is not None for each in measured):
        return None
    words = _WORDS.get(column.unit, {}).values()
    known = ", ".join(said.split()[0] for said in words)
    known = known.replace("u/l, u/ml, μkat/l, nkat/l", "U/L, U/mL, µkat/L, nkat/L")
    return (
        f"is no unit of {column.name} that is known here; known are {known or 'none'}"
    )
