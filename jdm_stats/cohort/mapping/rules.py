"""What a mapping may say of one column, one block of rows, and the whole export.

These records only hold what the file says; whether it makes sense together is asked in
`jdm_stats.cohort.mapping.soundness`, and what is done with it stands in
`jdm_stats.cohort.mapping.apply`.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
)

__all__ = [
    "About",
    "Block",
    "ColumnRule",
    "Dates",
    "PanelTest",
    "Reads",
    "UnitColumn",
    "Word",
]

Word = StrictBool | StrictInt | StrictFloat | StrictStr
Name = Annotated[str, Field(min_length=1)]
Partial = Literal["refuse", "first", "middle"]
Pivot = Annotated[int, Field(strict=True, ge=0, le=99)]
Borderline = Literal["refuse", "positive", "negative", "untested"]


def _words(value: Any) -> Any:
    """Let one word stand for a list of one."""
    return value if isinstance(value, (list, tuple)) else (value,)


Words = Annotated[tuple[Word, ...], BeforeValidator(_words)]
Formats = Annotated[tuple[Name, ...], BeforeValidator(_words)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class About(_Record):
    """Section ``[cohort]``: what the cohort says of itself."""

    name: Name = "cohort"
    synthetic: StrictBool = False
    description: str = ""


class Reads(_Record):
    """Section ``[read]``: how the files are read, in the words of the doors."""

    encoding: Name = "auto"
    delimiter: Name = "auto"
    decimal: Literal["auto", ".", ","] = "auto"
    quote: str = '"'
    header_line: Annotated[int, Field(strict=True, ge=1)] = 1
    missing: tuple[str, ...] = ("",)
    tables: tuple[str, ...] | None = None
    queries: Mapping[str, str] | None = None


class Dates(_Record):
    """Section ``[dates]``: how dates are written and where day 0 stands.

    ``format`` may be one format or several; ``pivot`` is the last two-digit year of this
    century; ``extracted`` is the day the export was made, after which no date can lie.
    """

    format: Formats = ()
    diagnosis: Name | None = None
    birth: Name | None = None
    partial: Partial = "refuse"
    pivot: Pivot | None = None
    extracted: datetime.date | None = None


class UnitColumn(_Record):
    """A unit that stands in a column of its own, with the words used there."""

    column: Name
    values: Mapping[str, str] = Field(default_factory=dict)


class PanelTest(_Record):
    """The column of one antibody in a panel, with its cut-off when it holds figures."""

    column: Name
    cut_off: float | str | None = None


def _test(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class ColumnRule(_Record):
    """How one column of a table is made from the export.

    Parameters
    ----------
    column : str
        The column of the export.
    value : word
        A constant, in place of a column.
    values : mapping of the export's words to ours
        Matched without regard to case, spaces and Unicode form; ``"missing"`` empties
        the cell.
    otherwise : word
        What words that ``values`` does not name become: ``"refuse"`` (when not said),
        ``"missing"``, ``"keep"`` or a value.
    blank : word
        What an empty cell means; when not said, it stays missing.
    missing : words
        Words of this column that mean an empty cell, beside those of ``[read]``.
    date, days, origin, plus, pivot, partial
        A date and its format; or a count of days, from diagnosis or from the date in
        column ``origin``, with ``plus`` days added.
    unit, per, decimal, thousands, below, above
        How figures are read.
    read : str
        A reading of free text: ``"antibodies"``, ``"dose"``, ``"interval"``.
    panel, positive, negative, borderline, borderline_as, not_tested, incomplete, order
        How antibody results are read.
    """

    column: Name | None = None
    value: Word | None = None
    values: Mapping[str, Word] | None = None
    otherwise: Word | None = None
    blank: Word | None = None
    missing: Words = ()

    date: StrictBool | Formats = False
    days: StrictBool = False
    origin: Name | None = None
    plus: StrictInt = 0
    pivot: Pivot | None = None
    partial: Partial | None = None

    unit: str | UnitColumn | None = None
    per: Literal["day", "dose"] | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", " ", "'"] | None = None
    below: Literal["refuse", "limit", "half", "missing"] = "refuse"
    above: Literal["refuse", "limit", "missing"] = "refuse"

    read: Literal["antibodies", "dose", "interval"] | None = None
    panel: Mapping[str, Annotated[PanelTest, BeforeValidator(_test)]] | None = None
    positive: Words = ()
    negative: Words = ()
    borderline: Borderline | tuple[Word, ...] = ()
    borderline_as: Borderline = "refuse"
    not_tested: Words = ()
    incomplete: Literal["refuse", "untested", "none"] = "refuse"
    cut_off: float | str | None = None
    order: tuple[str, ...] = ()


def _rule(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Rule = Annotated[ColumnRule, BeforeValidator(_rule)]


class Block(_Record):
    """Rows of one table of the export that become rows of one of the four tables.

    Parameters
    ----------
    source : str, optional
        ``from`` in the file: the table's name in the export; left out when the export
        is one table.
    where, where_not : mapping of a column to the words that take (or leave) a row
    rows : {"one_per_child", "merged"}
        For patients: whether several rows of one child are merged where they agree.
    skip_if_missing : tuple of str
        Rows that hold nothing in one of these columns of ours make no row.
    columns : mapping of our column to its rule
    """

    source: Name | None = Field(default=None, alias="from")
    where: Mapping[str, Words] = Field(default_factory=dict)
    where_not: Mapping[str, Words] = Field(default_factory=dict)
    rows: Literal["one_per_child", "merged"] = "one_per_child"
    skip_if_missing: tuple[str, ...] = ()
    columns: Mapping[str, Rule]
