"""Numerals as they are written: decimal marks, thousands, limits, fractions, units.

A numeral is read only by the decimal mark that is declared or that its file was found to
have. Where none is known (text in a workbook), a decimal point is read unless just three
figures follow it, and a comma is refused. Grouping of thousands is read only when it is
declared, and only in threes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from jdm_stats.cohort.mapping.understanding import Note, Refused
from jdm_stats.cohort.mapping.words import plain

__all__ = [
    "RULES",
    "Notation",
    "Numeral",
    "is_round_thousand",
    "read_numeral",
    "round_thousand",
    "spelled_out",
    "tidy_product",
]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "number_not_understood": "A figure is a numeral, alone or with its unit.",
        "decimal_mark_unclear": "A figure's decimal mark is declared or known.",
        "number_is_a_limit": (
            "A figure given as a limit (<5, >100) is read as the mapping says."
        ),
        "number_is_a_date": "No date stands where a figure belongs.",
    }
)


@dataclass(frozen=True, slots=True)
class Notation:
    """How figures are written.

    Parameters
    ----------
    decimal : {".", ","} or None
        None when not known.
    thousands : str or None
    below, above : str
        What ``<5`` and ``>100`` become: refuse, limit, half (below only), missing.
    fractions : bool
        Whether ``1/2`` is a half.
    out_of : float or None
        The top of a scale, so that ``48/52`` is 48.
    """

    decimal: str | None = None
    thousands: str | None = None
    below: str = "refuse"
    above: str = "refuse"
    fractions: bool = True
    out_of: float | None = None


@dataclass(frozen=True, slots=True)
class Numeral:
    """A figure as read: its value (None: missing), its unit in the cell, what was done."""

    value: float | None
    unit: str | None = None
    notes: tuple[Note, ...] = ()


_CELL = re.compile(
    r"(?P<limit><=|>=|[<>≤≥]?)\s*(?P<sign>[+-]?)\s*"
    r"(?P<figure>[0-9][0-9.,' ]*(?<=[0-9.,])(?:e[+-]?[0-9]+)?|[.,][0-9]+)"
    r"(?P<fraction>\s*(?:[/⁄]\s*[0-9]+))?"
    r"\s*(?P<unit>(?:[^\W\d_]|[%°]).*)?"
)
_MIXED = re.compile(r"(?:([0-9]+)\s+)?([0-9]+)\s*[/⁄]\s*([0-9]+)(?:\s*([^\W\d].*))?")
_HALVES = {Fraction(n, d) for n, d in ((1, 2), (1, 4), (3, 4), (1, 3), (2, 3))}
_VULGAR = {"½": " 1/2", "¼": " 1/4", "¾": " 3/4", "⅓": " 1/3", "⅔": " 2/3"}


def read_numeral(cell: Any, notation: Notation) -> Numeral | Refused:
    """Read one cell as a figure with its unit, if it has one.

    Examples
    --------
    >>> read_numeral("20,5 kg", Notation(","))
    Numeral(value=20.5, unit='kg', notes=())
    >>> read_numeral("1.234,5", Notation(",", thousands=".")).value
    1234.5
    >>> read_numeral("1.234", Notation(",")).rule
    'number_not_understood'
    """
    if not isinstance(cell, str):
        return _typed(cell)
    text = spelled_out(cell)
    fraction = _MIXED.fullmatch(text)
    if fraction:
        return _fraction(cell, fraction, notation)
    found = _CELL.fullmatch(text)
    if found is None or found["fraction"]:
        return _not_understood(cell)
    value = _figure(found["figure"], notation)
    if isinstance(value, str):
        return _mark_unclear(cell) if value == "unclear" else _not_understood(cell)
    value = -value if found["sign"] == "-" else value
    unit = found["unit"] or None
    if found["limit"]:
        return _limited(cell, found["limit"], value, unit, notation)
    return Numeral(value, unit)


def spelled_out(cell: str) -> str:
    """Return a text for comparison, with its fraction signs written out.

    Examples
    --------
    >>> spelled_out("1½ MG")
    '1 1/2 mg'
    """
    for sign, spelled in _VULGAR.items():
        cell = cell.replace(sign, spelled)
    return plain(cell)


def _typed(cell: Any) -> Numeral | Refused:
    if isinstance(cell, np.generic):
        cell = cell.item()
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        try:
            return Numeral(float(cell))
        except OverflowError:
            return _not_understood(cell)
    if hasattr(cell, "year"):
        return Refused(
            "number_is_a_date",
            f"the date {cell} stands where a figure belongs",
            "look it up in the source: a spreadsheet turns 1.2 into a date",
        )
    return _not_understood(cell)


def _not_understood(cell: Any) -> Refused:
    return Refused(
        "number_not_understood",
        f"{cell!r} is not a figure that can be read",
        "write one figure, with its unit if it has one; declare thousands where they are "
        "grouped, or give the cell a meaning under values",
    )


def _mark_unclear(cell: str) -> Refused:
    return Refused(
        "decimal_mark_unclear",
        f"the mark in {cell!r} may be a decimal mark or group thousands",
        "declare decimal ('.' or ',') for the column or under [read]",
    )


_ROUND = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}([.,])000(?![0-9.,])")


def is_round_thousand(text: str, notation: Notation) -> bool:
    """Tell whether a text holds 1,000 though the comma is the decimal mark (or a point).

    Examples
    --------
    >>> is_round_thousand("1,000 mg", Notation(","))
    True
    >>> is_round_thousand("1,000 mg", Notation(".", thousands=","))
    False
    """
    found = None if notation.thousands is not None else _ROUND.search(text)
    return found is not None and found[1] == notation.decimal


def round_thousand(text: str, notation: Notation) -> Refused:
    """Say why 1,000 is not read."""
    return Refused(
        "decimal_mark_unclear",
        f"{text!r} may be a small number, or a thousand times as much",
        f"write it plainly, or write decimal = {notation.decimal!r} for this column itself "
        "if it is kept to three decimals",
    )


@lru_cache(maxsize=64)
def _grouped(decimal: str, thousands: str) -> re.Pattern[str]:
    group = re.escape(thousands)
    return re.compile(
        rf"[0-9]{{1,3}}(?:{group}[0-9]{{3}})+(?:{re.escape(decimal)}[0-9]*)?"
    )


_PLAIN = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?")
_THREE = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")


def _figure(said: str, notation: Notation) -> float | str:
    """Return the value, or why not: "unclear" or "no"."""
    decimal, thousands = notation.decimal, notation.thousands
    if thousands and thousands in said:
        if not _grouped(
            decimal or ("," if thousands == "." else "."), thousands
        ).fullmatch(said):
            return "no"
        said = said.replace(thousands, "")
    if decimal is None and thousands is None:
        if "," in said or _THREE.fullmatch(said):
            return "unclear"
    elif decimal == "," or (decimal is None and thousands == "."):
        if "." in said:
            return "no"
        said = said.replace(",", ".")
    return float(said) if _PLAIN.fullmatch(said) else "no"


def _fraction(cell: str, found: re.Match[str], notation: Notation) -> Numeral | Refused:
    whole, over, under, unit = found.groups()
    if int(under) == 0:
        return _not_understood(cell)
    if notation.out_of is not None and whole is None and int(under) == notation.out_of:
        note = Note("points out of the top of the scale", f"#/{under}", "#")
        return Numeral(float(over), unit, (note,))
    part = Fraction(int(over), int(under))
    if not notation.fractions or part not in _HALVES:
        return _not_understood(cell)
    value = float(int(whole or 0) + part)
    return Numeral(value, unit, (Note("fraction", cell, f"{value:g}"),))


def _limited(
    cell: str, limit: str, value: float, unit: str | None, notation: Notation
) -> Numeral | Refused:
    below = limit in ("<", "<=", "≤")
    choice = notation.below if below else notation.above
    sign = "<" if below else ">"
    if choice == "refuse":
        more = ", 'half'" if below else ""
        return Refused(
            "number_is_a_limit",
            f"{cell!r} says a limit, not a figure",
            f"say with {'below' if below else 'above'} what it becomes: 'limit'{more} "
            "or 'missing'",
        )
    note = Note("limit of detection", f"{sign} #", choice)
    if choice == "missing":
        return Numeral(None, None, (note,))
    return Numeral(value / 2 if choice == "half" else value, unit, (note,))


def tidy_product(value: float, times: float) -> float:
    """Multiply and round to 12 significant figures, so that 0.07 g is 70 mg.

    Examples
    --------
    >>> 0.07 * 1000, tidy_product(0.07, 1000)
    (70.0, 70.0)
    >>> 1.1 * 1.1, tidy_product(1.1, 1.1)
    (1.2100000000000002, 1.21)
    """
    return value if times == 1 else float(f"{value * times:.12g}")
