"""The catalogue of faults: every code, its law, why it matters and what to do.

A law is one sentence and stands beside the check that asks for it, in a mapping called
``RULES`` of code to sentence; whatever module of the rooms of cohorts and intervals has one
is found here. The rest stands in ``words/*.toml``, one table per code::

    [exit_before_entry]
    tables = ["patients"]
    why = "The child would have negative time at risk."
    remedy = "Correct one of the two days; were they exchanged?"
    example = "entry_day 60, exit_day 40"

A code without words is explained by its law alone; a law may be written in the file instead
(``law = "..."``), and ``severity = "warning"`` where that is not told by
`jdm_stats.cohort.second_look.RULES`.
"""

from __future__ import annotations

import pkgutil
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import pandas as pd

from jdm_stats.cohort import second_look
from jdm_stats.errors import UsageError
from jdm_stats.html import html_table
from jdm_stats.schema import nearest

__all__ = ["FaultKind", "explain_fault", "fault_catalogue", "faults_page", "known_laws"]

_ROOMS = ("jdm_stats.cohort", "jdm_stats.intervals")
_FAMILIES = {
    "tables": "Cells, rows and tables",
    "steroids": "What steroid exposure needs",
    "files": "Files, sheets and databases",
    "mapping": "Mapping a registry's own words",
    "intervals": "Intervals",
    "warnings": "Warnings: worth a second look",
}


@dataclass(frozen=True, slots=True)
class FaultKind:
    """What is to be known of one code.

    Parameters
    ----------
    code : str
        The rule, as a fault names it.
    severity : {"error", "warning"}
        An error keeps data from being used; a warning does not.
    tables : tuple of str
        Where it is told.
    law : str
        The rule in a sentence.
    why : str
        What would go wrong in an analysis.
    remedy : str
        What to do.
    example : str
        A value that breaks it.
    family : str
        The heading it stands under.
    """

    code: str
    severity: str
    tables: tuple[str, ...]
    law: str
    why: str = ""
    remedy: str = ""
    example: str = ""
    family: str = ""

    def __repr__(self) -> str:
        return f"FaultKind({self.severity} {self.code!r}: {self.law})"

    def __str__(self) -> str:
        parts = [
            f"{self.code} ({self.severity}; {', '.join(self.tables) or 'any table'})"
        ]
        parts += [f"  {name + ':':<12}{said}" for name, said in self._said().items()]
        return "\n".join(parts)

    def _said(self) -> dict[str, str]:
        said = {"law": self.law, "why": self.why, "what to do": self.remedy}
        said["example"] = self.example
        return {name: words for name, words in said.items() if words}

    def _repr_html_(self) -> str:
        rows = {"severity": self.severity, "told of": ", ".join(self.tables)}
        rows |= self._said()
        return html_table(
            pd.DataFrame({"Of this code": rows.keys(), "it is said": rows.values()}),
            caption=f"Fault {self.code}",
        )


def explain_fault(code: str) -> FaultKind:
    """Explain a code: the law that is broken, why it matters and what to do.

    Parameters
    ----------
    code : str
        As `jdm_stats.errors.Fault.rule` gives it.

    Returns
    -------
    FaultKind

    Raises
    ------
    UsageError
        When there is no such code; names the nearest one.

    Examples
    --------
    >>> kind = explain_fault("exit_before_entry")
    >>> kind
    FaultKind(error 'exit_before_entry': Observation does not end before it begins.)
    >>> kind.why
    'The child would have negative time at risk.'
    """
    known = _kinds()
    if code in known:
        return known[code]
    meant = nearest(str(code), known)
    raise UsageError(
        f"there is no fault {code!r}; "
        + (f"did you mean {meant!r}? " if meant else "")
        + "fault_catalogue() and 'jdm-stats check --explain all' list them"
    )


def fault_catalogue() -> pd.DataFrame:
    """Return every code with its law, why it matters and what to do.

    Returns
    -------
    DataFrame
        One row per code: ``code severity tables law why remedy example family``.

    Examples
    --------
    >>> table = fault_catalogue()
    >>> table.loc[table["code"] == "duplicate_patient", "tables"].item()
    'patients'
    """
    rows = [asdict(kind) for kind in _kinds().values()]
    for row in rows:
        row["tables"] = ", ".join(row["tables"])
    return pd.DataFrame(rows)


def faults_page() -> str:
    """Return the page of the faults, in Markdown: what ``docs/faults.md`` holds.

    Examples
    --------
    >>> print(faults_page().splitlines()[0])
    # The faults of a cohort
    """
    parts = [_OPENING]
    kinds = list(_kinds().values())
    for heading in dict.fromkeys(kind.family for kind in kinds):
        parts.append(f"## {heading}\n")
        parts += [_told(kind) for kind in kinds if kind.family == heading]
    return "\n".join(parts)


_OPENING = """\
# The faults of a cohort

`jdm-stats check SOURCE` tells every fault at once: where it stands, what is wrong and what to do.
`jdm-stats check --explain CODE` prints what stands here of one code. An **error** keeps the data
from being used; a **warning** is admissible, asks for a second look and changes nothing. Nothing is
dropped, repaired or guessed because of either. This page is made from the checks themselves and
from `jdm_stats/diagnostics/faults/words/`.
"""


def _told(kind: FaultKind) -> str:
    lines = [f"### `{kind.code}`\n", f"{kind.law} ({kind.severity}; {_where(kind)})\n"]
    said = {"Why": kind.why, "What to do": kind.remedy, "Example": kind.example}
    given = [f"- **{name}.** {words}" for name, words in said.items() if words]
    return "\n".join([*lines, *given, ""])


def _where(kind: FaultKind) -> str:
    return ", ".join(kind.tables) or "any table"


def known_laws() -> Mapping[str, str]:
    """Return the law of every code that stands beside its check.

    Examples
    --------
    >>> known_laws()["two_deaths"]
    'A child dies once.'
    """
    laws: dict[str, str] = {}
    for room in map(import_module, _ROOMS):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            rules = getattr(import_module(module.name), "RULES", None)
            if isinstance(rules, Mapping):
                laws |= {str(code): str(law) for code, law in rules.items()}
    return MappingProxyType(laws)


@cache
def _words() -> Mapping[str, Mapping[str, Any]]:
    words: dict[str, dict[str, Any]] = {}
    folder = files("jdm_stats.diagnostics.faults") / "words"
    for name in _FAMILIES:
        told = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        words |= {code: {"family": name, **said} for code, said in told.items()}
    return MappingProxyType(words)


@cache
def _kinds() -> Mapping[str, FaultKind]:
    laws, words = known_laws(), _words()
    kinds: dict[str, FaultKind] = {}
    for code in (*words, *(code for code in laws if code not in words)):
        said = words.get(code, {})
        doubted = code in second_look.RULES
        kinds[code] = FaultKind(
            code,
            said.get("severity", "warning" if doubted else "error"),
            tuple(said.get("tables", ())),
            said.get("law") or laws[code],
            said.get("why", ""),
            said.get("remedy", ""),
            said.get("example", ""),
            _FAMILIES[said.get("family", "warnings" if doubted else "mapping")],
        )
    return MappingProxyType(kinds)
