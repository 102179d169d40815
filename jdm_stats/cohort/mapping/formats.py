"""Date formats as a mapping declares them, compiled to patterns.

``DD.MM.YYYY`` and ``%d.%m.%Y`` say the same. A day or month of one digit is read where a
separator stands beside it. ``excel`` and ``excel1904`` are serial numbers of the two
calendars a workbook may use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

__all__ = ["EXCEL", "MONTHS", "DateFormat", "compiled", "format_problem"]

EXCEL = ("excel", "excel1904")

_TOKEN = re.compile(
    r"YYYY|YY|MMMM|MMM|MM|M|DD|D|[ T]?%H:%M(?::%S(?:\.%f)?)?|%[A-Za-z]|.", re.DOTALL
)
_SPELLED = {
    **{"%Y": "YYYY", "%y": "YY", "%m": "MM", "%d": "DD", "%b": "MMM", "%B": "MMM"},
    **{"M": "MM", "D": "DD", "MMMM": "MMM"},
}
_SEPARATORS = set(".-/, _")

_MONTH_WORDS = (
    "jan january januar jänner janvier janv enero ene gennaio gen",
    "feb february februar feber février fevrier févr fevr fév fev febrero febbraio",
    "mar march märz maerz mär mrz mars marzo",
    "apr april avril avr abril abr aprile",
    "may mai mayo maggio mag",
    "jun june juni juin junio giugno giu",
    "jul july juli juillet juil julio luglio lug",
    "aug august août aout agosto ago",
    "sep sept september septembre septiembre setiembre settembre set",
    "oct october oktober okt octobre octubre ottobre ott",
    "nov november novembre noviembre",
    "dec december dezember dez décembre decembre déc diciembre dic dicembre",
)
MONTHS: Mapping[str, int] = MappingProxyType(
    {word: n for n, words in enumerate(_MONTH_WORDS, start=1) for word in words.split()}
)

# What stands for a day or a month that is not known.
_UNKNOWN = r"0|00|xx?|\?\??|--?|__?|un|unk"


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A format with the patterns of whole, incomplete and two-digit dates.

    Parameters
    ----------
    said : str
        As the mapping has it.
    whole : pattern or None
        Groups ``y`` (four digits) or ``y2`` (two), ``m`` or ``b`` (a word), ``d``;
        None for serial numbers.
    month_only : pattern or None
        The date without its day.
    short_year : pattern or None
        The date with two digits where four are declared.
    """

    said: str
    whole: re.Pattern[str] | None = None
    month_only: re.Pattern[str] | None = None
    short_year: re.Pattern[str] | None = None

    @property
    def two_digits(self) -> bool:
        """Whether years are declared with two digits."""
        return self.whole is not None and "y2" in self.whole.groupindex


def format_problem(said: str) -> str | None:
    """Return what is wrong with a format, or None.

    Examples
    --------
    >>> format_problem("DD.MM.YYYY") is None
    True
    >>> format_problem("MM.YYYY")
    "has no day; write the whole date (as 'DD.MM.YYYY') and say with partial what an
    incomplete date becomes"
    """
    if said.lower() in EXCEL:
        return None
    tokens = _tokens(said)
    for token in tokens:
        if (len(token) == 1 and token not in _SEPARATORS) or token.startswith("%"):
            return (
                f"holds {token!r}, which is no part of a date; use YYYY, YY, MM, MMM, DD "
                "and one of the separators . - / , _ and space, or 'excel'"
            )
    for part, name in (("Y", "year"), ("M", "month"), ("D", "day")):
        count = sum(token[0] == part for token in tokens)
        if not count:
            return (
                f"has no {name}; write the whole date (as 'DD.MM.YYYY') and say with "
                "partial what an incomplete date becomes"
            )
        if count > 1:
            return f"has more than one {name}"
    return None


@lru_cache(maxsize=256)
def compiled(said: str) -> DateFormat:
    """Return the patterns of a format that `format_problem` finds sound."""
    if said.lower() in EXCEL:
        return DateFormat(said.lower())
    tokens = _tokens(said)
    day = next(n for n, token in enumerate(tokens) if token == "DD")
    short = _without_day(tokens, day)
    two = ["YY" if token == "YYYY" else token for token in tokens]
    return DateFormat(
        said,
        _pattern(tokens),
        _pattern(short),
        _pattern(two) if two != tokens else None,
    )


def _without_day(tokens: list[str], day: int) -> list[str]:
    """Leave out the day with the separator that ties it to the rest."""
    if day == 0:
        left = {0, 1} if tokens[1] in _SEPARATORS else {0}
    else:
        left = {day, day - 1} if tokens[day - 1] in _SEPARATORS else {day}
        if tokens[day + 1 : day + 2] == [","]:
            left.add(day + 1)
    return [token for place, token in enumerate(tokens) if place not in left]


def _tokens(said: str) -> list[str]:
    """Cut a format into its parts; a time of day at its end is left out."""
    if "%" not in said:
        said = said.upper().replace("JJJJ", "YYYY").replace("TT", "DD")
    found = [_SPELLED.get(token, token) for token in _TOKEN.findall(said.strip())]
    return [token for token in found if "%H" not in token]


def _pattern(tokens: list[str]) -> re.Pattern[str]:
    parts = []
    for n, token in enumerate(tokens):
        around = tokens[n - 1 : n] * (n > 0) + tokens[n + 1 : n + 2]
        apart = all(other in _SEPARATORS or other == "MMM" for other in around)
        digits = "[0-9]{1,2}" if apart else "[0-9]{2}"
        parts.append(
            {
                "YYYY": "(?P<y>[0-9]{4})",
                "YY": "(?P<y2>[0-9]{2})",
                "MM": f"(?P<m>{digits}|{_UNKNOWN})",
                "MMM": r"(?P<b>[^\W\d_]+|xxx?|\?+|-+)\.?",
                "DD": f"(?P<d>{digits}|{_UNKNOWN})",
                " ": " +",
                ".": r"\. ?",
                ",": ", ?",
            }.get(token)
            or re.escape(token)
        )
    return re.compile("".join(parts), re.IGNORECASE)
