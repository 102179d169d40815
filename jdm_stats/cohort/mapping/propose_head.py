"""The head of a proposed mapping: what it is of, how it is read, how dates are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.propose_dates import DateSettlement
from jdm_stats.cohort.mapping.propose_looks import ColumnLook, TableLook
from jdm_stats.cohort.mapping.propose_reading import Looked
from jdm_stats.cohort.mapping.propose_roles import roles
from jdm_stats.cohort.mapping.propose_rules import doubts_of
from jdm_stats.cohort.mapping.propose_toml import Draft
from jdm_stats.cohort.mapping.propose_values import UNSETTLED

__all__ = ["write_head"]


def write_head(
    draft: Draft,
    kind: str,
    tables: Mapping[str, RawTable],
    parts: Sequence[TableLook],
    dates: DateSettlement,
    looked: Looked,
) -> None:
    """Write everything that stands before the blocks."""
    name = ", ".join(dict.fromkeys(table.source for table in tables.values()))
    questions, draft.unsure = draft.unsure, []
    draft.say(f"Proposed for {name}.")
    draft.say("Fill in what holds a question mark, and look at each UNSURE.")
    draft.lines.append("version = 1")
    draft.head("[cohort]")
    draft.put("name", UNSETTLED, "what is the register called?")
    _write_synthetic(draft, parts)
    if kind != "tables":
        draft.head("[source]")
        draft.put("kind", kind)
        codes = _counted(parts, "sentinels")
        if codes:
            draft.put(
                "missing_codes", list(codes), f"does {_listed(codes)} mean missing?"
            )
        for question in questions:
            draft.ask(question)
    _write_read(draft, kind, tables, parts, looked)
    _write_dates(draft, parts, dates)


def _write_synthetic(draft: Draft, parts: Sequence[TableLook]) -> None:
    said = [
        word
        for part in parts
        for one in part.columns
        if one.meaning == "synthetic"
        for word in one.words
    ]
    told = bool(said) and all("synthetic" in word.casefold() for word in said)
    if told:
        draft.put("synthetic", True, note="a column of the export says SYNTHETIC")
    else:
        draft.put("synthetic", False, note="these are taken for real children")


def _write_read(
    draft: Draft,
    kind: str,
    tables: Mapping[str, RawTable],
    parts: Sequence[TableLook],
    looked: Looked,
) -> None:
    decimals = {table.decimal for table in tables.values()} - {None}
    words = _counted(parts, "missing")
    figures = {} if kind == "redcap" else _counted(parts, "sentinels")
    declared = looked.declared
    if (
        not decimals
        and not words
        and not figures
        and not looked.faults
        and not declared
    ):
        return
    draft.head("[read]")
    for key, (value, ask) in declared.items():
        draft.put(key, value, ask)
    for note in dict.fromkeys(n for table in tables.values() for n in table.notes):
        draft.say(note)
    if len(decimals) == 1:
        draft.put("decimal", decimals.pop())
    if words or figures:
        found = f"an empty cell, and {_listed(words | figures)}"
        ask = f"does {_listed(figures)} mean missing?" if figures else ""
        draft.put("missing", ["", *words, *figures], ask, found)
    for fault in looked.faults[:5]:
        draft.ask(f"read: {fault.message}; {fault.remedy}")


def _counted(parts: Sequence[TableLook], what: str) -> dict[str, int]:
    """Count the cells that stand for nothing: words that say so, or likely figures."""
    counts: dict[str, int] = {}
    for part in parts:
        for one in part.columns:
            for word in getattr(one, what):
                counts[word] = counts.get(word, 0) + one.words[word]
    return counts


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{word} in {count} cells" for word, count in counts.items())


def _write_dates(
    draft: Draft, parts: Sequence[TableLook], dates: DateSettlement
) -> None:
    found: dict[str, tuple[TableLook, ColumnLook]] = {}
    for key in ("diagnosis", "birth"):
        for part in parts:
            one = part.of_children().meaning(key)
            if one is not None and "patients" in roles(part) and key not in found:
                found[key] = part, one
    bare = [one.name for _, one in found.values() if one.dates is None]
    draft.head("[dates]")
    _write_format(draft, dates, bare)
    for key, (part, one) in found.items():
        draft.used.add((part.name, one.name))
        asks = doubts_of(part, one, "the date of " + key)
        if one.dates is None:
            asks.append("its cells are no dates in a format known here")
        elif one.dates.odd:
            asks.append(f"written otherwise: {', '.join(map(repr, one.dates.odd))}")
        draft.put(key, one.name, "; ".join(asks))
    if "diagnosis" not in found:
        ask = (
            "which column holds the date of diagnosis, day 0? (take the line out if every "
            "time is counted in days from diagnosis already)"
        )
        draft.put("diagnosis", UNSETTLED, ask)


def _write_format(draft: Draft, dates: DateSettlement, bare: Sequence[str]) -> None:
    if bare:
        ask = (
            f"how are {', '.join(map(repr, bare))} written? figures as 43101 are the serial "
            "numbers of a workbook: 'excel'"
        )
        draft.put("format", UNSETTLED, ask)
        return
    draft.put("format", dates.format, " ".join(dates.questions))
    if dates.format.endswith("YY") and not dates.format.endswith("YYYY"):
        draft.put(
            "pivot", UNSETTLED, "which is the last two-digit year of this century?"
        )
