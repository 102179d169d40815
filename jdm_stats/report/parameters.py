"""Parameters of a run: read in the type of the template's default, checked, all faults at once."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from jdm_stats.errors import UsageError
from jdm_stats.report.templates import Template, cell_text, has_tag

__all__ = ["bind_parameters", "parse_assignments", "parse_value"]


def parse_value(text: str, default: Any) -> Any:
    """Read a value typed on the command line in the type of the default.

    Text stays as typed, so that the identifier ``007`` is not turned into a number.

    Raises
    ------
    ValueError
        If the text cannot be read in that type.

    Examples
    --------
    >>> parse_value("007", ""), parse_value("90", 30), parse_value("true", False)
    ('007', 90, True)
    """
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        truth = {"true": True, "false": False}.get(text.lower())
        if truth is None:
            raise ValueError("expected true or false")
        return truth
    if isinstance(default, int):
        return int(text)
    if isinstance(default, float):
        return float(text)
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"expected a literal such as {default!r}") from error


def parse_assignments(template: Template, texts: Iterable[str]) -> dict[str, Any]:
    """Read ``NAME=VALUE`` texts in the types of the template's defaults.

    Raises
    ------
    UsageError
        With all faults at once: no equals sign, an unknown name, an unreadable value.
    """
    given: dict[str, Any] = {}
    faults = []
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            faults.append(f"{text!r} is not of the form NAME=VALUE")
        elif name not in template.defaults:
            faults.append(_unknown(template, name))
        else:
            try:
                given[name] = parse_value(value, template.defaults[name])
            except ValueError as error:
                faults.append(f"parameter {name!r} received {value!r}: {error}")
    _refuse(template, faults)
    return given


def bind_parameters(template: Template, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check given values against the template's defaults.

    Parameters
    ----------
    template : Template
        As read by `read_template`.
    given : mapping of str to object
        Values for some of its parameters.

    Returns
    -------
    dict
        A value for every parameter, in the template's order.

    Raises
    ------
    UsageError
        With all faults at once: a name the template does not have, a value of another type than
        its default, or a parameter that no cell reads.
    """
    faults = []
    words = _words_read(template)
    for name, value in given.items():
        if name not in template.defaults:
            faults.append(_unknown(template, name))
        elif not _same_kind(value, template.defaults[name]):
            kind = type(template.defaults[name]).__name__
            faults.append(f"parameter {name!r} takes {kind}, received {value!r}")
        elif name not in words and name != "report_date":  # shown at the foot
            faults.append(f"parameter {name!r} is not read by any cell of the template")
    _refuse(template, faults)
    return {
        name: _settled(given.get(name, old), old)
        for name, old in template.defaults.items()
    }


def _unknown(template: Template, name: str) -> str:
    known = ", ".join(template.defaults) or "none"
    return f"unknown parameter {name!r} (the template has: {known})"


def _refuse(template: Template, faults: list[str]) -> None:
    if faults:
        raise UsageError(f"template {template.name}: " + "; ".join(faults))


def _words_read(template: Template) -> set[str]:
    code = [
        cell_text(cell)
        for cell in template.cells
        if cell["cell_type"] == "code" and not has_tag(cell, "parameters")
    ]
    return set(re.findall(r"[^\W\d]\w*", "\n".join(code)))


def _same_kind(value: Any, default: Any) -> bool:
    if default is None:
        return _is_literal(value)
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, (int, float)) and math.isfinite(value)
    return isinstance(value, type(default)) and _is_literal(value)


def _is_literal(value: Any) -> bool:
    """Whether the value can be written into a cell and read back."""
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError):
        return False


def _settled(value: Any, default: Any) -> Any:
    return float(value) if isinstance(default, float) else value
