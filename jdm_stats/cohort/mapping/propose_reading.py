"""An export read so that it can be looked at, with what had to be taken on trust for it.

Where a file is refused as it stands, because lines of a title stand above its header or
because its letters have several readings, it is read with the likeliest declaration to be
looked at; that declaration stands in the proposal as a question.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.mapping.headings import read_heading
from jdm_stats.cohort.mapping.propose_values import UNSETTLED
from jdm_stats.errors import CohortError, Fault

__all__ = ["Looked", "look_in"]

_LAST_HEADER = 9
_LIKELIEST = "cp1252"


@dataclass(frozen=True, slots=True)
class Looked:
    """Tables to look at.

    Parameters
    ----------
    tables : dict of str to RawTable
    faults : list of Fault
        Of the reading.
    declared : dict of key to (value, question)
        What ``[read]`` has to say for the tables to be read so.
    """

    tables: dict[str, RawTable]
    faults: list[Fault] = field(default_factory=list)
    declared: dict[str, tuple[Any, str]] = field(default_factory=dict)


def look_in(
    source: str | os.PathLike[str] | Mapping[str, RawTable], reading: Reading | None
) -> Looked:
    """Read an export to be looked at.

    Raises
    ------
    CohortError
        When nothing can be read as a table.
    """
    if isinstance(source, Mapping):
        if not source:
            raise CohortError([], "the export has")
        return Looked(dict(source))
    from jdm_stats.cohort.doors.tables import read_tables

    tables, faults = read_tables(source, reading=reading)
    if reading is not None:
        return _readable(Looked(tables, faults))
    declared: dict[str, tuple[Any, str]] = {}
    trial = Reading()
    if any(fault.rule == "encoding_unsettled" for fault in faults):
        said = next(f.message for f in faults if f.rule == "encoding_unsettled")
        trial = replace(trial, encoding=_LIKELIEST)
        ask = f"{said}; looked at as {_LIKELIEST}: write which it is"
        declared["encoding"] = UNSETTLED, ask
        tables, faults = read_tables(source, reading=trial)
    looked = _below_a_title(source, trial, Looked(tables, faults, declared))
    return _readable(looked)


def _readable(looked: Looked) -> Looked:
    if not looked.tables:
        raise CohortError(looked.faults, "the export has")
    return looked


def _below_a_title(source: Any, trial: Reading, looked: Looked) -> Looked:
    """Look for the header further down when the first line is none."""
    from jdm_stats.cohort.doors.tables import read_tables

    best, known = looked, _known(looked.tables)
    named = looked.tables and all(
        table.frame.shape[1] > 1 for table in looked.tables.values()
    )
    sound = named and not looked.faults
    if known >= 2 or sound or os.path.isdir(str(source)) or "://" in str(source):
        return looked
    for line in range(2, _LAST_HEADER):
        below = replace(trial, header_line=line)
        tables, faults = read_tables(source, reading=below)
        count = _known(tables)
        if count > max(known, 2):
            ask = f"the lines above line {line} are taken for a title; are they?"
            declared = {**looked.declared, "header_line": (line, ask)}
            best, known = Looked(tables, faults, declared), count
    return best


def _known(tables: Mapping[str, RawTable]) -> int:
    """Count the headings that mean something."""
    return sum(
        read_heading(str(name)).meaning is not None
        for table in tables.values()
        for name in table.frame.columns
    )
