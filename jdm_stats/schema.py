"""The four tables of a cohort, written down as data.

For each column: its kind, its unit, whether it must be filled, the values or the range
it may hold, and one line on what it means. Nothing here touches a data frame; the rules
are applied in `jdm_stats.cohort.columns` (one cell at a time) and
`jdm_stats.cohort.agreement` (rows and tables that must agree). Days are whole days
counted from diagnosis, which is day 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

__all__ = [
    "ANTIBODIES",
    "DAYS_PER_MONTH",
    "DAYS_PER_YEAR",
    "DOSE_BASES",
    "EVENTS",
    "EXIT_REASONS",
    "FLAG",
    "INTEGER",
    "MAX_STEROID_MG",
    "MAX_STEROID_MG_KG_DAY",
    "MEASURES",
    "NUMBER",
    "OTHER_DRUGS",
    "ROUTES",
    "SCHEMA_VERSION",
    "SEXES",
    "STEROIDS",
    "TABLES",
    "TEXT",
    "Column",
    "Table",
    "did_you_mean",
    "nearest",
]

SCHEMA_VERSION = 1

TEXT, INTEGER, NUMBER, FLAG = "text", "integer", "number", "flag"

SEXES = ("female", "male", "unknown")
ANTIBODIES = (
    *("NXP2", "TIF1g", "MDA5", "Mi2", "ARS", "SRP", "HMGCR", "SAE", "PMScl"),
    *("other", "none", "untested"),
)
EXIT_REASONS = ("administrative", "lost", "death", "transfer")
PATTERNS = ("index_case", "background")
STEROIDS = (
    *("prednisone", "prednisolone", "methylprednisolone", "hydrocortisone"),
    *("dexamethasone", "betamethasone", "triamcinolone", "deflazacort"),
)
OTHER_DRUGS = (
    *("methotrexate", "ivig", "cyclophosphamide", "ciclosporin", "tacrolimus"),
    *("mycophenolate", "azathioprine", "hydroxychloroquine", "rituximab"),
    *("tofacitinib", "ruxolitinib", "baricitinib", "plasma_exchange"),
    *("fresh_frozen_plasma", "infliximab", "adalimumab", "abatacept"),
    *("vedolizumab", "thalidomide", "other"),
)
ROUTES = ("oral", "iv", "im", "sc", "other")
DOSE_BASES = ("per_day", "per_kg_day", "per_dose", "per_m2")
# Days of a mean year and month, for person-years and for months on an axis.
DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12

EVENTS = ("gi_involvement", "gi_perforation", "surgery", "death", "remission")

_DAY_LIMIT = 40_000.0

# No steroid course is larger; a dose above is a slip of unit. Pulses of 30 mg/kg of
# methylprednisolone, at most 1,000 mg, are 37.5 mg/kg of prednisone.
MAX_STEROID_MG_KG_DAY = 100.0  # of prednisone-equivalent
MAX_STEROID_MG = 5_000.0  # of the drug itself, on a day or at a dose


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name, meaning : str
        What it is called and, in one line, what it holds.
    kind : {"text", "integer", "number", "flag"}
        How it is stored: object strings, Int64, float64, boolean.
    unit : str
        Unit of the values; empty for words and flags.
    required : bool
        Whether the column must be there and filled in every row.
    allowed : tuple of str
        The words it may hold; empty when any text will do.
    low, high : float or None
        Ends of the range, included.
    above, below : float or None
        Ends of the range, left out.
    default : bool or int or None
        What a missing value means, when it means something.
    if_missing : str
        What to write where a required value is missing.
    """

    name: str
    kind: str
    meaning: str
    unit: str = ""
    required: bool = False
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    default: bool | int | None = None
    if_missing: str = "fill it in from the child's record"

    @property
    def range_in_words(self) -> str:
        """The range as a data manager would say it.

        Examples
        --------
        >>> TABLES["patients"]["age_at_diagnosis_years"].range_in_words
        '0 or more and less than 18 years'
        """
        ends = (
            (self.low, "{:g} or more"),
            (self.above, "more than {:g}"),
            (self.high, "{:g} or less"),
            (self.below, "less than {:g}"),
        )
        said = [words.format(end) for end, words in ends if end is not None]
        return f"{' and '.join(said) or 'any number'} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name, its meaning and its columns in order."""

    name: str
    meaning: str
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that a misspelt word most likely meant, or None.

    Case, blanks and punctuation are ignored before letters are compared.

    Examples
    --------
    >>> nearest("anti-nxp-2", ANTIBODIES)
    'NXP2'
    >>> nearest("prednisolon", STEROIDS)
    'prednisolone'
    >>> nearest("zzz", STEROIDS) is None
    True
    """
    plain: dict[str, str] = {}
    for candidate in candidates:
        plain.setdefault(_letters(candidate), candidate)
    given = _letters(word)
    for trial in (given, given.removeprefix("anti")):
        if trial in plain:
            return plain[trial]
    close = get_close_matches(given, plain, n=1, cutoff=0.6)
    return plain[close[0]] if close else None


def did_you_mean(words: Iterable[str], candidates: Iterable[str]) -> str:
    """Return the end of a message that refuses unknown names: what they most likely meant.

    Examples
    --------
    >>> did_you_mean(["tofacitinb", "zzz"], OTHER_DRUGS)
    "; did you mean 'tofacitinib'?"
    >>> did_you_mean(["zzz"], OTHER_DRUGS)
    ''
    """
    known = list(candidates)
    near = {nearest(word, known) for word in words} - {None}
    return (
        f"; did you mean {', '.join(map(repr, sorted(map(str, near))))}?"
        if near
        else ""
    )


def _letters(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())


def _text(name: str, meaning: str, **more: Any) -> Column:
    return Column(name, TEXT, meaning, **more)


def _word(name: str, allowed: tuple[str, ...], meaning: str, **more: Any) -> Column:
    return Column(name, TEXT, meaning, allowed=allowed, **more)


def _day(name: str, meaning: str, **more: Any) -> Column:
    more |= {"low": -_DAY_LIMIT, "high": _DAY_LIMIT}
    return Column(name, INTEGER, meaning, unit="days from diagnosis", **more)


def _score(name: str, high: float, meaning: str) -> Column:
    return Column(name, NUMBER, meaning, unit="points", low=0, high=high)


def _flag(name: str, meaning: str, default: bool | None = None) -> Column:
    return Column(name, FLAG, meaning, default=default)


_ID = _text(
    "patient_id",
    "the child's pseudonym in this cohort",
    required=True,
    if_missing="give the child's pseudonym",
)
_CMAS = _score("cmas", 52, "Childhood Myositis Assessment Scale; 52 is full strength")
_MMT8 = _score("mmt8", 80, "manual muscle testing of eight groups; 80 is full strength")
_GLOBAL = _score(
    "physician_global", 10, "physician's global assessment of activity; 0 is none"
)
_CK = Column("ck_u_l", NUMBER, "creatine kinase", unit="U/L", above=0)
_WEIGHT = Column("weight_kg", NUMBER, "body weight", unit="kg", low=1, high=200)
_HEIGHT = Column("height_cm", NUMBER, "height", unit="cm", low=30, high=220)

# What an assessment may measure, with the range of its value.
MEASURES: Mapping[str, Column] = MappingProxyType(
    {
        column.name: column
        for column in (
            _CMAS,
            _MMT8,
            _GLOBAL,
            _score("chaq", 3, "Childhood Health Assessment Questionnaire; 0 is best"),
            _CK,
            Column("ldh_u_l", NUMBER, "lactate dehydrogenase", unit="U/L", above=0),
            _WEIGHT,
            _HEIGHT,
        )
    }
)

_PATIENTS = Table(
    "patients",
    "one row per child: who they are, how they were at diagnosis, when followed",
    (
        _ID,
        _word("sex", SEXES, "sex as recorded"),
        Column(
            "age_at_diagnosis_years",
            NUMBER,
            "age at diagnosis; juvenile disease begins before 18",
            unit="years",
            low=0,
            below=18,
        ),
        Column(
            "diagnosis_year",
            INTEGER,
            "calendar year of diagnosis",
            unit="year",
            low=1900,
            high=2100,
        ),
        _WEIGHT,
        _HEIGHT,
        _word(
            "antibody",
            ANTIBODIES,
            "myositis-specific antibody",
            required=True,
            if_missing="write untested if no test was done, none if tested and nothing "
            "found; keep the child's row",
        ),
        _day("antibody_test_day", "day the antibody was tested"),
        _flag("ro52", "anti-Ro52 found beside the myositis antibody"),
        _text("centre", "treating centre"),
        _day(
            "entry_day",
            "first day under observation",
            required=True,
            if_missing="write 0 if observed from diagnosis, else the first day in the "
            "registry; keep the child's row",
        ),
        _day(
            "exit_day",
            "last day under observation, included",
            required=True,
            if_missing="give the last day on which the child's state was known; keep the "
            "child's row",
        ),
        _word(
            "exit_reason",
            EXIT_REASONS,
            "why observation ended",
            required=True,
            if_missing="write administrative, lost, death or transfer; lost if nothing "
            "was heard again; keep the child's row",
        ),
        _CMAS,
        _MMT8,
        _GLOBAL,
        _CK,
        _flag("dysphagia", "difficulty in swallowing at diagnosis"),
        _flag("oedema", "oedema at diagnosis"),
        _flag("skin_ulcer", "skin ulceration at diagnosis"),
        _flag("calcinosis", "calcinosis at diagnosis"),
        _word("pattern", PATTERNS, "simulated pattern of disease; synthetic only"),
    ),
)

_COURSES = Table(
    "courses",
    "one row per course of treatment at one dose",
    (
        _ID,
        _word("drug", STEROIDS + OTHER_DRUGS, "drug or procedure", required=True),
        _word("route", ROUTES, "route of administration", required=True),
        _day("start_day", "first day of treatment", required=True),
        _day("stop_day", "last day of treatment, included; missing when not known"),
        Column("dose_mg", NUMBER, "dose, read with dose_basis", unit="mg", above=0),
        _word("dose_basis", DOSE_BASES, "what dose_mg is counted per"),
        Column(
            "every_n_days",
            INTEGER,
            "a dose is given every n-th day, from start_day on",
            unit="days",
            low=1,
            high=3660,
            default=1,
        ),
        _flag("as_needed", "given when needed, so the days are not known", False),
    ),
)

_EVENTS = Table(
    "events",
    "one row per clinical event",
    (
        _ID,
        _day("day", "day of the event", required=True),
        _word("event", EVENTS, "what happened", required=True),
        _text("site", "part of the gut, for gut events and surgery"),
        _flag("definite", "confirmed, rather than suspected", True),
    ),
)

_ASSESSMENTS = Table(
    "assessments",
    "one row per measurement",
    (
        _ID,
        _day("day", "day of the measurement", required=True),
        _word("measure", tuple(MEASURES), "what was measured", required=True),
        Column(
            "value",
            NUMBER,
            "its value, in the measure's unit",
            required=True,
            if_missing="fill it in; a measurement that was not made has no row",
        ),
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {table.name: table for table in (_PATIENTS, _COURSES, _EVENTS, _ASSESSMENTS)}
)
