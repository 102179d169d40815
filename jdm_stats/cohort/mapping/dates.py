"""Dates as they are written, to days of the calendar, by a declared format alone.

A date is read when it fits one declared format (or, of several, when all that fit give
the same day), is a day of the calendar, and lies in 1900 or later and not after the day
the export was made, when that is declared. A typed date (of a workbook, a Parquet file or
a database) needs no format. Nothing else is read.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from jdm_stats.cohort.mapping.formats import EXCEL, MONTHS, DateFormat, compiled
from jdm_stats.cohort.mapping.understanding import Note, Refused, Understood
from jdm_stats.cohort.mapping.words import as_word, plain

__all__ = ["RULES", "Calendar", "anniversary_years", "date_reader", "iso_dates"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "date_not_understood": "A date is written in a declared format.",
        "date_impossible": "A date is a day of the calendar.",
        "date_incomplete": (
            "A date has its day and month, or the mapping says what it becomes."
        ),
        "date_two_digit_year": "A year has four digits, or the mapping gives the pivot.",
        "date_ambiguous": "A date means one day in all the formats that fit it.",
        "date_time_zone": "A date has no time zone.",
        "date_out_of_range": (
            "A date lies between 1900 and 2099, and not after the export was made."
        ),
    }
)

_FIRST = datetime.date(1900, 1, 1)
_LAST = datetime.date(2099, 12, 31)
_EPOCH = datetime.date(1970, 1, 1)
_TIME = re.compile(
    r"(?P<date>.+?)(?:[ t] ?|, )(?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)"
    r"(?: ?uhr| ?h)?(?P<zone> ?(?:z|utc|gmt|[+-][0-9]{2}:?[0-9]{2}|cet|cest|mez|mesz))?"
)
_SERIAL = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]+))?")
_COMMON = (
    "YYYY-MM-DD",
    "DD.MM.YYYY",
    "MM/DD/YYYY",
    "DD-MMM-YYYY",
    "YYYYMMDD",
    "DD.MM.YY",
)


@dataclass(frozen=True, slots=True)
class Calendar:
    """How the dates of a column are written.

    Parameters
    ----------
    formats : tuple of str
    pivot : int or None
        The last two-digit year of this century.
    partial : {"refuse", "first", "middle"}
        What a month or a year becomes: its first day; or the 15th of the month, the 1st
        of July of the year.
    extracted : date or None
        After which no date can lie.
    """

    formats: tuple[str, ...] = ()
    pivot: int | None = None
    partial: str = "refuse"
    extracted: datetime.date | None = None


def date_reader(calendar: Calendar) -> Callable[[Any], Understood | Refused]:
    """Return what reads one cell to days since 1970-01-01.

    Examples
    --------
    >>> read = date_reader(Calendar(("DD.MM.YYYY",)))
    >>> read("2.1.1970").value
    1
    >>> [
    ...     read(cell).rule
    ...     for cell in ("31.02.2019", "03.2019", "12.03.19", "2019-03-12")
    ... ]
    ['date_impossible', 'date_incomplete', 'date_two_digit_year', 'date_not_understood']
    """

    def read(cell: Any) -> Understood | Refused:
        outcome = _typed(cell, calendar) if not isinstance(cell, str) else None
        if outcome is None:
            outcome = _written(as_word(cell), calendar)
        if isinstance(outcome, Refused):
            return outcome
        day = outcome.value
        if day < _FIRST:
            return _out_of_range(cell, day, "before 1900")
        if day > _LAST:
            return _out_of_range(cell, day, "after 2099")
        if calendar.extracted is not None and day > calendar.extracted:
            return _out_of_range(
                cell, day, f"after the export was made ({calendar.extracted})"
            )
        return Understood((day - _EPOCH).days, outcome.notes)

    return read


def _out_of_range(cell: Any, day: datetime.date, where: str) -> Refused:
    return Refused(
        "date_out_of_range",
        f"{as_word(cell)!r} ({day}) lies {where}",
        "correct the date, or list it under missing if it stands for none",
    )


def _typed(cell: Any, calendar: Calendar) -> Understood | Refused | None:
    """Read a typed date; None for a figure, which is read as text is."""
    if isinstance(cell, np.datetime64):
        cell = cell.astype("datetime64[us]").item()
    if isinstance(cell, datetime.datetime):
        if cell.tzinfo is not None:
            return _zone(str(cell))
        notes: tuple[Note, ...] = (Note("typed date"),)
        if cell.time() != datetime.time():
            notes += (Note("time of day dropped"),)
        return Understood(cell.date(), notes)
    if isinstance(cell, datetime.date):
        return Understood(cell, (Note("typed date"),))
    if isinstance(cell, (bool, np.bool_)) or not isinstance(
        cell, (int, float, np.integer, np.floating)
    ):
        return _not_understood(as_word(cell), calendar)
    return None


def _zone(said: str) -> Refused:
    return Refused(
        "date_time_zone",
        f"{said!r} has a time zone, so that its day depends on the place",
        "write the local date without time and zone",
    )


def _written(said: str, calendar: Calendar) -> Understood | Refused:
    text = plain(said)
    timed = _TIME.fullmatch(text)
    notes: tuple[Note, ...] = ()
    if timed:
        if timed["zone"]:
            return _zone(said)
        text, notes = timed["date"], (Note("time of day dropped"),)
    refusals: list[Refused] = []
    read: dict[datetime.date, Understood] = {}
    for name in calendar.formats:
        outcome = _by_format(text, said, compiled(name), calendar)
        if isinstance(outcome, Refused):
            refusals.append(outcome)
        elif outcome is not None:
            read.setdefault(outcome.value, outcome)
    if len(read) > 1:
        days = " or ".join(str(day) for day in sorted(read))
        return Refused(
            "date_ambiguous",
            f"{said!r} may be {days}",
            "declare one format for the column: date = '...'",
        )
    if read:
        outcome = next(iter(read.values()))
        return Understood(outcome.value, notes + outcome.notes)
    if refusals:
        return refusals[0]
    return _not_understood(said, calendar)


def _not_understood(said: str, calendar: Calendar) -> Refused:
    declared = " or ".join(calendar.formats) or "a date"
    looks = [name for name in _COMMON if _fits(plain(said), compiled(name))]
    hint = f"; it looks like {' or '.join(looks)}" if looks else ""
    return Refused(
        "date_not_understood",
        f"{said!r} is not {declared}{hint}",
        "correct it, declare its format (several may be given), or list it under missing "
        "if it stands for no date",
    )


def _fits(text: str, style: DateFormat) -> bool:
    found = style.whole.fullmatch(text) if style.whole else None
    return found is not None and not isinstance(_day_and_month(found), str)


def _by_format(
    text: str, said: str, style: DateFormat, calendar: Calendar
) -> Understood | Refused | None:
    """Read by one format; None when the text does not have its shape."""
    if style.whole is None:
        return _serial(text, said, style.said)
    note = Note("date", style.said, "days")
    found = style.whole.fullmatch(text)
    if found is None:
        return _of_another_shape(text, said, style, calendar)
    parts = _day_and_month(found)
    if isinstance(parts, str):
        return None if parts == "word" else _impossible(said)
    day, month = parts
    year = _year(found, calendar)
    if day is None or month is None:
        return _partial(said, year, month, calendar)
    try:
        return Understood(datetime.date(year, month, day), (note,))
    except ValueError:
        return _impossible(said)


def _impossible(said: str) -> Refused:
    return Refused(
        "date_impossible",
        f"there is no day {said!r}",
        "look the date up in the source and correct it",
    )


def _year(found: re.Match[str], calendar: Calendar) -> int:
    parts = found.groupdict()
    if parts.get("y"):
        return int(parts["y"])
    short = int(parts["y2"])
    pivot = calendar.pivot if calendar.pivot is not None else 99
    return short + (2000 if short <= pivot else 1900)


def _day_and_month(found: re.Match[str]) -> tuple[int | None, int | None] | str:
    """Return day and month, None where a placeholder stands; "word" if no month is one."""
    parts = found.groupdict()
    day, month = (_figures(parts.get(name)) for name in ("d", "m"))
    word = parts.get("b")
    if word is not None:
        month = MONTHS.get(word)
        if month is None and not re.fullmatch(r"x+|\?+|-+|unk?", word):
            return "word"
    if month is not None and month > 12:
        return "impossible"
    return day, month


def _figures(said: str | None) -> int | None:
    return int(said) or None if said and said.isdigit() else None


def _of_another_shape(
    text: str, said: str, style: DateFormat, calendar: Calendar
) -> Understood | Refused | None:
    month = style.month_only.fullmatch(text) if style.month_only else None
    if month is not None:
        parts = _day_and_month(month)
        if isinstance(parts, str):
            return None if parts == "word" else _impossible(said)
        return _partial(said, _year(month, calendar), parts[1], calendar)
    if style.short_year is not None and style.short_year.fullmatch(text):
        return Refused(
            "date_two_digit_year",
            f"{said!r} has a year of two digits",
            "write four digits, or declare a format with YY beside this one, and pivot",
        )
    if not style.two_digits and re.fullmatch("[0-9]{4}", text):
        return _partial(said, int(text), None, calendar)
    return None


def _partial(
    said: str, year: int, month: int | None, calendar: Calendar
) -> Understood | Refused:
    if year == 0:
        return _impossible(said)
    known = "the year alone" if month is None else "month and year alone"
    if calendar.partial == "refuse":
        return Refused(
            "date_incomplete",
            f"{said!r} gives {known}",
            "complete it, or say with partial what it becomes ('first' or 'middle')",
        )
    middle = calendar.partial == "middle"
    if month is None:
        day = datetime.date(year, 7 if middle else 1, 1)
    else:
        day = datetime.date(year, month, 15 if middle else 1)
    became = "middle of it" if middle else "first day of it"
    return Understood(day, (Note("incomplete date", known, became),))


def _serial(text: str, said: str, system: str) -> Understood | Refused | None:
    """Read a serial number of a workbook's calendar.

    The 1900 system counts a day that never was (29 February 1900, serial 60), so that
    serials before and after it are counted from different days.
    """
    found = _SERIAL.fullmatch(text)
    if found is None:
        return None
    serial = int(found[1])
    notes: tuple[Note, ...] = (Note("date", f"{system} serial number", "days"),)
    if found[2] and int(found[2]):
        notes += (Note("time of day dropped"),)
    if system == EXCEL[1]:
        start = datetime.date(1904, 1, 1)
    elif serial in (0, 60):
        return _impossible(said)
    else:
        start = datetime.date(1899, 12, 31 if serial < 60 else 30)
    try:
        return Understood(start + datetime.timedelta(days=serial), notes)
    except OverflowError:
        return _impossible(said)


def anniversary_years(birth: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return exact ages: birthdays passed, and the part of the year since the last.

    A child is 18 on the 18th birthday and younger the day before, whatever leap years
    lie between. One born on 29 February has the birthday on 1 March in other years.

    Parameters
    ----------
    birth, day : float arrays, shape (rows,)
        Days since 1970-01-01; NaN where not known.

    Returns
    -------
    float array, shape (rows,)
        Years; NaN where either is not known; negative before birth.

    Examples
    --------
    >>> def days(*dates):
    ...     return np.array(dates, dtype="datetime64[D]").astype(float)
    >>> anniversary_years(days("2001-03-10"), days("2019-03-10"))
    array([18.])
    >>> anniversary_years(days("2001-03-10"), days("2019-03-09")).round(4)
    array([17.9973])
    """
    known = np.isfinite(birth) & np.isfinite(day)
    years = np.full(len(birth), np.nan)
    born = birth[known].astype(np.int64).astype("datetime64[D]")
    now = day[known].astype(np.int64).astype("datetime64[D]")
    passed = now.astype("datetime64[Y]").astype(np.int64) - born.astype(
        "datetime64[Y]"
    ).astype(np.int64)
    passed -= _birthday(born, passed) > now
    last, following = _birthday(born, passed), _birthday(born, passed + 1)
    part = (now - last).astype(np.float64) / (following - last).astype(np.float64)
    years[known] = passed + part
    return years


def _birthday(born: np.ndarray, nth: np.ndarray) -> np.ndarray:
    month = born.astype("datetime64[M]")
    return (month + 12 * nth).astype("datetime64[D]") + (
        born - month.astype("datetime64[D]")
    )


def iso_dates(days: Sequence[float]) -> list[str]:
    """Say days since 1970-01-01 as dates."""
    return [str(np.datetime64(int(day), "D")) for day in days]
