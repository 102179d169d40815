"""What parts the cells of a text file: declared, said by the file, or sniffed.

Each candidate is tried on the first records; one is taken only if no other fits too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

from jdm_stats.cohort.doors.reading import AUTO, Reading
from jdm_stats.cohort.doors.refusal import Refusal

__all__ = ["CANDIDATES", "RULES", "Dialect", "records_of", "settle_dialect"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "delimiter_unsettled": "One mark parts the cells of a text file, and only one.",
    }
)

CANDIDATES = (",", ";", "\t", "|")
_SAMPLE = 1000
_SAID = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)
_DECLARE = 'declare the delimiter, such as delimiter = ";"'

Lines = Callable[[], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file is cut into cells, and where its headings stand.

    Parameters
    ----------
    delimiter, quote : str
        ``quote`` is empty when there is none.
    header_line : int
        Line of the headings, from 1.
    notes : tuple of str
    """

    delimiter: str
    quote: str
    header_line: int
    notes: tuple[str, ...] = ()


def records_of(lines: Iterator[str], delimiter: str, quote: str) -> Any:
    """Return a strict reader of records."""
    if not quote:
        return csv.reader(
            lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True
        )
    return csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True)


def settle_dialect(lines: Lines, reading: Reading) -> Dialect:
    r"""Return how a file is cut into cells.

    Parameters
    ----------
    lines : function returning an iterator of str
        The file's lines with their ends, from the first, at each call.
    reading : Reading

    Raises
    ------
    Refusal
        When more than one delimiter fits, or none.

    Examples
    --------
    >>> text = "PatNr;Gewicht\n1;20,5\n2;30,5\n"
    >>> settle_dialect(lambda: iter(text.splitlines(True)), Reading()).delimiter
    ';'
    """
    said = _SAID.fullmatch(next(lines(), ""))
    first = 2 if said and reading.header_line == 1 else reading.header_line
    if said and reading.delimiter not in (AUTO, said[1]):
        raise Refusal(
            "delimiter_unsettled",
            f"the file says sep={said[1]!r}, but {reading.delimiter!r} is declared",
            "declare what the file says, or remove its first line",
            line=1,
        )
    if said:
        note = f"delimiter {said[1]!r}, as the first line of the file says"
        return Dialect(said[1], reading.quote, first, (note,))
    if reading.delimiter != AUTO:
        return Dialect(reading.delimiter, reading.quote, first)

    def below() -> Iterator[str]:
        return islice(lines(), first - 1, None)

    delimiter = _sniffed(below, reading.quote, first)
    notes = (f"delimiter {delimiter!r}, sniffed",) if delimiter != "," else ()
    return Dialect(delimiter, reading.quote, first, notes)


@dataclass(frozen=True, slots=True)
class _Trial:
    """What one delimiter makes of the first records."""

    heading: int = 0
    widest: int = 0
    agreeing: int = 0
    records: int = 0

    @property
    def share(self) -> float:
        return self.agreeing / self.records if self.records else 1.0


def _sniffed(lines: Lines, quote: str, first: int) -> str:
    trials = {mark: _tried(lines(), mark, quote) for mark in CANDIDATES}
    likely = {mark: trial for mark, trial in trials.items() if trial.heading > 1}
    others = [trial.widest for mark, trial in trials.items() if mark not in likely]
    if len(likely) == 1:
        mark, trial = next(iter(likely.items()))
        if trial.share > 0.1 or max(others) <= 1:
            return mark
    if len(likely) < 2:
        if max(trial.widest for trial in trials.values()) <= 1:
            return ","  # one column: there is nothing to part
        raise Refusal(
            "delimiter_unsettled",
            f"line {first} holds no headings that fit the rows below it",
            "declare header_line if the headings stand further down; else " + _DECLARE,
            line=first,
        )
    best, *rest = sorted(likely, key=lambda mark: -likely[mark].share)
    if likely[best].share >= 0.9 and all(likely[o].share < 0.5 for o in rest):
        return best
    seen = " or ".join(
        f"{mark!r} ({trial.heading} headings, {trial.share:.0%} of the rows agree)"
        for mark, trial in likely.items()
    )
    raise Refusal("delimiter_unsettled", f"cells may be parted by {seen}", _DECLARE)


def _tried(lines: Iterator[str], mark: str, quote: str) -> _Trial:
    if mark == quote:
        return _Trial()
    reader = records_of(lines, mark, quote)
    heading = widest = agreeing = records = 0
    try:
        heading = widest = len(next(reader, []))
        for record in islice(reader, _SAMPLE):
            if record:
                records += 1
                agreeing += len(record) == heading
                widest = max(widest, len(record))
    except csv.Error:  # told with its line when the file is read
        records += 1
    return _Trial(heading, widest, agreeing, records)
