"""A short text cut into parts that are all known, or the part that is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["Part", "Unknown", "patterns", "scan"]

# What stands in the text: its kind, what is known of it, the words themselves.
Part = tuple[str, Any, str]
Finder = Callable[[str, int], tuple[int, str, Any] | None]


class Unknown(Exception):
    """A part of the text that nothing knows; ``args[0]`` is the words."""


def patterns(known: Iterable[tuple[str, str, Any]]) -> Finder:
    """Make a finder of the longest of several patterns.

    Parameters
    ----------
    known : iterable of (pattern, kind, meaning)
        ``meaning`` may be a function of the match.
    """
    compiled = [(re.compile(pattern), kind, means) for pattern, kind, means in known]

    def find(text: str, start: int) -> tuple[int, str, Any] | None:
        best: tuple[int, str, Any] | None = None
        for pattern, kind, means in compiled:
            found = pattern.match(text, start)
            if (
                found
                and found.end() > start
                and (best is None or found.end() > best[0])
            ):
                meaning = means(found) if callable(means) else means
                best = found.end(), kind, meaning
        return best

    return find


_WORD = re.compile(r"[^\s,;()]+")


def scan(text: str, finders: Iterable[Finder]) -> list[Part]:
    """Cut a text into known parts, the longest first; white space parts them.

    Raises
    ------
    Unknown
        With the first words that no finder knows.

    Examples
    --------
    >>> find = patterns(
    ...     [(r"[0-9]+", "number", lambda m: int(m[0])), (r"mg", "unit", 1)]
    ... )
    >>> scan("40 mg", [find])
    [('number', 40, '40'), ('unit', 1, 'mg')]
    """
    finders = list(finders)
    parts: list[Part] = []
    start = 0
    while start < len(text):
        if text[start] == " ":
            start += 1
            continue
        best: tuple[int, str, Any] | None = None
        for find in finders:
            found = find(text, start)
            if found and (best is None or found[0] > best[0]):
                best = found
        if best is None:
            rest = _WORD.match(text, start)
            raise Unknown(rest[0] if rest else text[start])
        end, kind, meaning = best
        parts.append((kind, meaning, text[start:end]))
        start = end
    return parts
