"""The decimal mark of a text file, settled for the whole file or refused.

"1,5" can only have a decimal comma and "2.5" only a point; "1,234" may be a thousand or
little more than one, and proves nothing. Dates ("31.12.2019", "03.2019") are no numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import AUTO
from jdm_stats.cohort.doors.refusal import MAX_TOLD, told
from jdm_stats.errors import Fault

__all__ = ["RULES", "Mark", "settle_decimal"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "decimal_mixed": "Numbers of one file are written with one decimal mark.",
        "decimal_unsettled": "The decimal mark of a file is shown by it, or declared.",
    }
)

_DECLARE = 'declare decimal = "," or decimal = "."'
_UNIT = r"\s*([A-Za-zµμ%°/].*)?$"
_SIGN = r"^\s*[<>≤≥~≈=]{0,2}\s*[+-]?"
_COMMA = (
    rf"{_SIGN}([0-9]*,[0-9]{{1,2}}|[0-9]*,[0-9]{{4,}}|(0[0-9]*)?,[0-9]{{3}}"
    rf"|[0-9]{{4,}},[0-9]{{3}}|[0-9]{{1,3}}(\.[0-9]{{3}})+,[0-9]+"
    rf"|[1-9][0-9]{{0,2}}(\.[0-9]{{3}}){{2,}}|[0-9]+,[0-9]+[eE][+-]?[0-9]+){_UNIT}"
)
# no leading nought before other digits: "03.2019" is a month
_POINT = (
    rf"{_SIGN}((0|[1-9][0-9]*)?\.([0-9]{{1,2}}|[0-9]{{4,}})|(0)?\.[0-9]{{3}}"
    rf"|[1-9][0-9]{{3,}}\.[0-9]{{3}}|[0-9]{{1,3}}(,[0-9]{{3}})+\.[0-9]+"
    rf"|[1-9][0-9]{{0,2}}(,[0-9]{{3}}){{2,}}|[0-9]+\.[0-9]+[eE][+-]?[0-9]+){_UNIT}"
)
_EITHER = rf"{_SIGN}[1-9][0-9]{{0,2}}[.,][0-9]{{3}}{_UNIT}"
_NUMERAL = rf"{_SIGN}[0-9.,]*[0-9]([eE][+-]?[0-9]+)?{_UNIT}"
_DATE = r"[0-9]{1,4}\.[0-9]{1,2}\.[0-9]{1,4}|[0-9]{1,2}[.:][0-9]{2}\s*(Uhr|h)\b"
_MONTH = r"^\s*(0?[1-9]|1[0-2])\.(19|20)[0-9]{2}\s*$"
_MARKED = r"[0-9][.,][0-9]|^[.,][0-9]"

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Mark:
    """The decimal mark of a file, with what showed it."""

    mark: str | None
    notes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """Rows of one column whose numbers show a comma, a point, or either."""

    column: str
    comma: npt.NDArray[np.intp]
    point: npt.NDArray[np.intp]
    either: npt.NDArray[np.intp]


def settle_decimal(
    table: RawTable, declared: str = AUTO, *, numbers: Collection[str] | None = None
) -> Mark:
    """Return the decimal mark of a text file.

    Parameters
    ----------
    table : RawTable
        Cells as text, None where empty.
    declared : {"auto", ".", ","}
    numbers : collection of str, optional
        The columns that hold numbers, when they are known; else those count of which at
        least half of the cells read like one.

    Returns
    -------
    Mark
        ``mark`` is None when numbers could be read with either mark; that is a fault
        where the columns are known to hold numbers, and else a warning.
        Without any number that holds a mark it is the point.

    Examples
    --------
    >>> frame = pd.DataFrame({"Gewicht": ["20,5", "31"], "Tag": ["31.12.2019", None]})
    >>> settle_decimal(RawTable("kinder", "kinder.csv", frame)).mark
    ','
    >>> frame = pd.DataFrame({"CK": ["1,234"]})
    >>> [f.rule for f in settle_decimal(RawTable("ck", "ck.csv", frame)).faults]
    ['decimal_unsettled']
    """
    if declared != AUTO:
        return Mark(declared)
    seen = [
        found
        for place, name in enumerate(table.frame.columns)
        if numbers is None or name in numbers
        for found in _evidence(table.frame.iloc[:, place], name, numbers is not None)
    ]
    commas = sum(len(each.comma) for each in seen)
    points = sum(len(each.point) for each in seen)
    if commas and points:
        return _mixed(table, seen, commas, points)
    if commas:
        return Mark(",", (f"decimal comma, sniffed: {_first(table, seen, 'comma')}",))
    if not points and any(len(each.either) for each in seen):
        said = (
            f"{_first(table, seen, 'either')} may be a thousand or a decimal, and no "
            "other number shows which"
        )
        fault = Fault(
            *(table.name, None, None, None, "decimal_unsettled", said, _DECLARE),
            # a mapping refuses the cells it needs; known columns need them all
            severity="warning" if numbers is None else "error",
            source=table.source,
        )
        return Mark(None, (), (fault,))
    return Mark(".")


def _evidence(cells: pd.Series, name: str, is_number: bool) -> list[_Seen]:
    """Return what a column shows; nothing when it holds no marked number."""
    words = pa.array(cells.to_numpy(dtype=object), type=pa.string(), from_pandas=True)
    marked = _rows(words, _MARKED)
    if not len(marked):
        return []
    subset = words.take(pa.array(marked))
    if len(_rows(subset, _DATE)) or len(_rows(subset, _MONTH)) == len(subset):
        return []
    given = len(words) - words.null_count
    if not is_number and 2 * len(_rows(words, _NUMERAL)) < given:
        return []
    comma, point, either = (
        marked[_rows(subset, pattern)] for pattern in (_COMMA, _POINT, _EITHER)
    )
    return [_Seen(str(name), comma, point, either)]


def _rows(words: pa.Array, pattern: str) -> npt.NDArray[np.intp]:
    found = pc.fill_null(pc.match_substring_regex(words, pattern), False)
    return np.flatnonzero(found.to_numpy(zero_copy_only=False))


def _first(table: RawTable, seen: list[_Seen], kind: str) -> str:
    each = next(each for each in seen if len(getattr(each, kind)))
    return _shown(table, each.column, int(getattr(each, kind)[0]))


def _shown(table: RawTable, column: str, row: int) -> str:
    value = table.frame[column].iloc[row]
    return f"{value!r} ({table.place(row, column)})"


def _mixed(table: RawTable, seen: list[_Seen], commas: int, points: int) -> Mark:
    """Tell each number of the rarer mark; neither is taken for a slip."""
    rarer, usual, count = (
        ("point", "comma", points) if points <= commas else ("comma", "point", commas)
    )
    other = _first(table, seen, usual)
    faults: list[Fault] = []
    for each in seen:
        for row in getattr(each, rarer)[: MAX_TOLD - len(faults)]:
            value = table.frame[each.column].iloc[row]
            faults.append(
                Fault(
                    *(table.name, int(row) + 1, None, each.column, "decimal_mixed"),
                    f"{value!r} has a decimal {rarer}, but {other} a {usual}",
                    "write all numbers with one mark; if a column holds no numbers, "
                    + _DECLARE,
                    source=table.place(int(row), each.column),
                )
            )
    mark = "," if usual == "comma" else "."
    return Mark(mark, (), tuple(told(faults, count)))
