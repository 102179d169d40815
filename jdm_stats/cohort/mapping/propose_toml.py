"""Lines of a proposed mapping: TOML with a comment wherever something is not sure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Draft", "Raw", "inline", "quoted"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")


class Raw(str):
    """TOML that is already written."""


def quoted(text: str) -> str:
    r"""Write a text as a TOML string.

    Examples
    --------
    >>> print(quoted('Größe "cm"'))
    "Größe \"cm\""
    """
    written = json.dumps(text, ensure_ascii=False)
    return "".join(
        f"\\u{ord(mark):04x}" if ord(mark) == 0x7F else mark for mark in written
    )


def inline(value: object) -> str:
    """Write a value: a flag, a number, a text, a list or a table in one line.

    Examples
    --------
    >>> inline({"column": "von", "date": True, "missing": ["k.A."]})
    '{ column = "von", date = true, missing = ["k.A."] }'
    """
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(k)} = {inline(v)}" for k, v in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(inline(each) for each in value) + "]"
    raise TypeError(f"{type(value).__name__} is not written here")


def _key(name: object) -> str:
    return str(name) if _BARE.fullmatch(str(name)) else quoted(str(name))


@dataclass
class Draft:
    """The text as far as it is written, the questions, and the columns already used.

    Parameters
    ----------
    lines, unsure : list of str
    used : set of (table, column)
    """

    lines: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)
    section: str = ""

    def head(self, section: str, comment: str = "") -> None:
        """Begin a section: ``[patients.columns]``, ``[[events]]``."""
        self.section = section.strip("[]")
        if self.lines and not section.endswith(".columns]"):
            self.lines.append("")
        self.lines += [f"# {comment}"] if comment else []
        self.lines.append(section)

    def put(self, key: str, value: object, question: str = "", note: str = "") -> None:
        """Write ``key = value``, with what is to be asked or said beside it."""
        line = f"{_key(key)} = {inline(value)}"
        if question:
            place = f"{self.section}.{key}".replace(".columns", "")
            self.unsure.append(f"{place}: {question}")
            line += f"  # UNSURE: {_one_line(question)}"
        elif note:
            line += f"  # {_one_line(note)}"
        self.lines.append(line)

    def say(self, comment: str) -> None:
        """Write a line of comment."""
        self.lines.append(f"# {_one_line(comment)}")

    def ask(self, question: str) -> None:
        """Write a question that belongs to no one line."""
        self.unsure.append(question)
        self.lines.append(f"# UNSURE: {_one_line(question)}")

    def text(self) -> str:
        """Return the whole text."""
        return "\n".join(self.lines) + "\n"


def _one_line(comment: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f\u2028\u2029\x85]", " ", comment).split())
