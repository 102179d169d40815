"""Which date format every date of an export fits, and whether more than one does.

Columns are looked at one by one and together: 03/04/2019 alone may be March or April, but
where another cell of the same kind reads 25/04/2019 the file has settled it. Where no
cell settles it, nothing does, and the proposal asks.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

__all__ = ["ColumnDates", "DateSettlement", "look_for_dates", "settle_dates"]

_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_YEAR_FIRST = re.compile(rf"\d{{4}}([-/.])\d{{1,2}}\1\d{{1,2}}{_TIME}")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}")
_MONTH_WORD = re.compile(r"\d{1,2}(\.? |-|\.)[^\W\d_]{3,}\.?( |-)(\d{4})")
_SHARE = 0.8  # of the filled cells, for a column to be one of dates
TYPED = "typed"


@dataclass(frozen=True, slots=True)
class ColumnDates:
    """What the cells of a column say of dates.

    Parameters
    ----------
    shape : str
        ``"typed"``, a whole format (``"YYYY-MM-DD"``), or with the order of day and
        month open (``"?./YYYY"`` is written ``"xx/xx/YYYY"``).
    cells, fit : int
        Filled cells, and those of this shape.
    day_first, month_first : int
        Cells that only fit with the day, or the month, in front.
    odd : tuple of str
        Up to three cells of another shape.
    """

    shape: str
    cells: int
    fit: int
    day_first: int = 0
    month_first: int = 0
    odd: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DateSettlement:
    """The format of the whole export, of columns that differ, and what is open.

    Parameters
    ----------
    format : str
        For ``[dates]``; ``"?"`` when nothing settles it.
    own : mapping of column key to format
        Columns that are written in another way.
    questions : tuple of str
    """

    format: str
    own: Mapping[tuple[str, str], str] = field(default_factory=dict)
    questions: tuple[str, ...] = ()


def look_for_dates(cells: pd.Series) -> ColumnDates | None:
    """Return what a column says of dates, or None when it is not one of dates.

    Examples
    --------
    >>> look_for_dates(pd.Series(["31.12.2019", "01.02.2020", None], dtype=object))
    ColumnDates(shape='xx.xx.YYYY', cells=2, fit=2, day_first=1, month_first=0, odd=())
    >>> look_for_dates(pd.Series(["1,5", "2,5"], dtype=object)) is None
    True
    """
    given = cells.dropna()
    if given.empty:
        return None
    listed = Counter(given.tolist())
    if all(isinstance(cell, (datetime.date, pd.Timestamp)) for cell in listed):
        return ColumnDates(TYPED, len(given), len(given))
    read = {str(cell): _shape(str(cell).strip()) for cell in listed}
    counts = {str(cell): int(count) for cell, count in listed.items()}
    fit: dict[str, int] = {}
    for cell, found in read.items():
        if found is not None:
            fit[found[0]] = fit.get(found[0], 0) + counts[cell]
    shape = max(fit, key=lambda one: (fit[one], one), default="")
    if not shape or fit[shape] < _SHARE * len(given):
        return None
    told = {cell: found for cell, found in read.items() if found and found[0] == shape}
    return ColumnDates(
        shape,
        len(given),
        fit[shape],
        sum(counts[cell] for cell, (_, day, _) in told.items() if day),
        sum(counts[cell] for cell, (_, _, month) in told.items() if month),
        tuple(cell for cell in read if cell not in told)[:3],
    )


def _shape(cell: str) -> tuple[str, bool, bool] | None:
    """Return the shape of a date; whether only day first, or only month first, fits."""
    found = _YEAR_FIRST.fullmatch(cell)
    if found:
        return f"YYYY{found[1]}MM{found[1]}DD", False, False
    found = _YEAR_LAST.fullmatch(cell)
    if found:
        first, second = int(found[1]), int(found[3])
        if not (1 <= first <= 31 and 1 <= second <= 31):
            return None
        shape = f"xx{found[2]}xx{found[2]}{'Y' * len(found[4])}"
        return shape, first > 12, second > 12
    found = _MONTH_WORD.fullmatch(cell)
    return (f"DD{found[1]}MMM{found[2]}YYYY", False, False) if found else None


def settle_dates(columns: Mapping[tuple[str, str], ColumnDates]) -> DateSettlement:
    """Settle the format of an export from all its columns of dates.

    Parameters
    ----------
    columns : mapping of (table, column) to ColumnDates

    Examples
    --------
    >>> def dated(*cells):
    ...     return look_for_dates(pd.Series(cells, dtype=object))
    >>> settle_dates({("a", "x"): dated("03/04/2019"), ("a", "y"): dated("25/04/2019")})
    DateSettlement(format='DD/MM/YYYY', own={}, questions=())
    >>> settle_dates({("a", "x"): dated("03/04/2019")}).format
    '?'
    """
    by_shape: dict[str, list[tuple[str, str]]] = {}
    for key, look in columns.items():
        by_shape.setdefault(look.shape, []).append(key)
    formats: dict[tuple[str, str], str] = {}
    questions: list[str] = []
    for shape, keys in by_shape.items():
        settled, asked = _settle_shape(shape, {key: columns[key] for key in keys})
        formats |= settled
        questions += asked
    written = {
        key: said for key, said in formats.items() if columns[key].shape != TYPED
    }
    if not written:
        return DateSettlement("YYYY-MM-DD")
    weight: dict[str, int] = {}
    for key, said in written.items():
        weight[said] = weight.get(said, 0) + columns[key].fit
    main = max(weight, key=lambda said: (weight[said], said))
    own = {key: said for key, said in written.items() if said != main}
    return DateSettlement(main, own, tuple(questions))


def _settle_shape(
    shape: str, looks: Mapping[tuple[str, str], ColumnDates]
) -> tuple[dict[tuple[str, str], str], list[str]]:
    if not shape.startswith("xx"):
        return dict.fromkeys(looks, shape), []
    day_first, month_first = "DD" + shape[2] + "MM", "MM" + shape[2] + "DD"
    tail = shape[5:]
    day = any(look.day_first for look in looks.values())
    month = any(look.month_first for look in looks.values())
    if day != month:
        return dict.fromkeys(looks, (day_first if day else month_first) + tail), []
    if not day:
        said = (
            f"dates: all of {_named(looks)} fit both {day_first + tail} and "
            f"{month_first + tail}; write which of the two is meant"
        )
        return dict.fromkeys(looks, "?"), [said]
    formats, questions = {}, []
    for key, look in looks.items():
        own = bool(look.day_first), bool(look.month_first)
        formats[key] = {
            (True, False): day_first + tail,
            (False, True): month_first + tail,
        }.get(own, "?")
        if formats[key] == "?":
            questions.append(
                _undecided(key, look, day_first + tail, month_first + tail)
            )
    return formats, questions


def _undecided(key: tuple[str, str], look: ColumnDates, one: str, other: str) -> str:
    column = f"{key[1]!r} in {key[0]}"
    if look.day_first:
        return (
            f"dates: {column} has {look.day_first} cells that only fit {one} and "
            f"{look.month_first} that only fit {other}; mend the fewer, or say which is meant"
        )
    return (
        f"dates: {column} fits both {one} and {other}, and other columns use each of them; "
        "write which is meant"
    )


def _named(keys: Sequence[tuple[str, str]] | Mapping[tuple[str, str], object]) -> str:
    names = [f"{column!r} in {table}" for table, column in keys]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
