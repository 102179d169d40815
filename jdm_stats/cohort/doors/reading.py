"""How an export is to be read: what a person declares, and what is left to be settled.

Everything may be left at "auto"; what a file does not settle beyond doubt is then refused
with the line to declare, never guessed.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from jdm_stats.errors import UsageError

__all__ = ["AUTO", "Reading"]

AUTO = "auto"
_DECIMALS = (AUTO, ".", ",")
_NO_DELIMITERS = "\r\n\0\"'"
# codecs that name no set of letters a file could be saved in
_NOT_FOR_FILES = {
    *("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"),
    *("mbcs", "oem", "utf-7"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    r"""How the files of an export are read.

    Parameters
    ----------
    encoding : str
        Name of the set of letters (``"utf-8"``, ``"cp1252"``, ``"utf-16"``), or
        ``"auto"``: settled from the bytes, refused where they do not settle it.
    delimiter : str
        The one character between cells, or ``"auto"``: comma, semicolon, tab or bar,
        whichever alone fits the file.
    decimal : {"auto", ".", ","}
        The decimal mark of numbers written as text.
    quote : str
        The character around cells that hold a delimiter; empty for none.
    header_line : int
        Line of the file (row of the sheet) with the headings, from 1. Lines above it
        are passed over.
    missing : tuple of str
        Words that stand for an empty cell. Blanks around such a word do not count;
        the number -9 is meant by ``"-9"`` too.
    tables : tuple of str, optional
        The sheets, files or database tables to read; None for all of them.
    queries : mapping of str to str, optional
        Tables made by a query to a database: name and SQL.

    Raises
    ------
    UsageError
        When a value cannot be meant; lists all that are wrong.

    Examples
    --------
    >>> Reading(delimiter=";", decimal=",").encoding
    'auto'
    >>> Reading(delimiter=";;")
    Traceback (most recent call last):
    ...
    jdm_stats.errors.UsageError: delimiter must be one character, such as ';' or '\t',
    not ';;'
    """

    encoding: str = AUTO
    delimiter: str = AUTO
    decimal: str = AUTO
    quote: str = '"'
    header_line: int = 1
    missing: tuple[str, ...] = ("",)
    tables: tuple[str, ...] | None = None
    queries: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        for name in ("missing", "tables"):
            words = getattr(self, name)
            if isinstance(words, list):
                object.__setattr__(self, name, tuple(words))
        wrong = [*_wrong_text(self), *_wrong_words(self)]
        if wrong:
            raise UsageError("; ".join(wrong))
        if self.queries is not None:
            frozen = MappingProxyType(dict(self.queries))
            object.__setattr__(self, "queries", frozen)


def _wrong_text(reading: Reading) -> list[str]:
    wrong = []
    if not _is_encoding(reading.encoding):
        wrong.append(
            f"encoding {reading.encoding!r} is not known; give one such as 'utf-8', "
            "'cp1252', 'latin-1' or 'utf-16'"
        )
    mark = reading.delimiter
    if mark != AUTO and not (_is_character(mark) and mark not in _NO_DELIMITERS):
        wrong.append(
            "delimiter must be one character, such as ';' or '\\t', not " + repr(mark)
        )
    if reading.decimal not in _DECIMALS:
        wrong.append(f"decimal must be '.', ',' or 'auto', not {reading.decimal!r}")
    elif mark != AUTO and mark == reading.quote:
        wrong.append(f"delimiter and quote are both {mark!r}")
    quote = reading.quote
    if quote != "" and not (_is_character(quote) and quote not in "\r\n\0 "):
        wrong.append(f"quote must be one character or empty, not {quote!r}")
    line = reading.header_line
    if isinstance(line, bool) or not isinstance(line, int) or line < 1:
        wrong.append(f"header_line must be a whole number from 1, not {line!r}")
    return wrong


def _wrong_words(reading: Reading) -> list[str]:
    wrong = []
    for name in ("missing", "tables"):
        words = getattr(reading, name)
        if words is None and name == "tables":
            continue
        if not (isinstance(words, tuple) and all(isinstance(w, str) for w in words)):
            wrong.append(f"{name} must be a list of words, not {words!r}")
    queries = reading.queries
    if queries is not None and not (
        isinstance(queries, Mapping)
        and all(isinstance(text, str) for pair in queries.items() for text in pair)
    ):
        wrong.append("queries must give a name and an SQL text for each table")
    return wrong


def _is_character(mark: object) -> bool:
    return isinstance(mark, str) and len(mark) == 1


def _is_encoding(name: object) -> bool:
    if name == AUTO:
        return True
    if not isinstance(name, str):
        return False
    try:
        codec = codecs.lookup(name)
        "a".encode(name)  # refuses what turns bytes into bytes
    except (LookupError, ValueError):
        return False
    return codec.name.replace("-", "_") not in {
        other.replace("-", "_") for other in _NOT_FOR_FILES
    }
